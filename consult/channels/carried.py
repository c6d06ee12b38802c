"""Messages that somebody carries by hand: a table of them, or one typed from paper.

Each row says who spoke (a telephone number, or the alias of somebody who has
written before), their words, and when. A row that cannot be taken is told with
its place and why; the others are taken all the same.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from consult import participants
from consult.channels.bodies import JSON, object_of
from consult.channels.ports import Inbound
from consult.errors import BarazaError
from consult.sheets.cells import plain, spreadsheet

MOST_ROWS: Final = 20_000
CLOCKS_DISAGREE: Final = timedelta(days=1)
_ALIAS: Final = re.compile(r"[Pp]\s?[-–]?\s?([2-9A-Za-z]{4,6})")
_HEADINGS: Final = {
    "who": {
        "from",
        "who",
        "number",
        "phone",
        "telephone",
        "alias",
        "de",
        "von",
        "kutoka",
        "número",
        "numéro",
    },
    "words": {"text", "words", "message", "sms", "texte", "texto", "mensaje", "mensagem", "ujumbe", "maneno"},
    "when": {"when", "date", "time", "received", "date/time", "quand", "cuándo", "fecha", "quando", "lini"},
}
_WRITTEN: Final = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d")


class NoMessages(BarazaError):
    """A table without the columns that messages need."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} has no line that names the columns. Write `from`, `text` and, if you know it, `when` "
            "above the messages."
        )


@dataclass(frozen=True)
class Slip:
    """One message as it was carried: who spoke, as a number or an alias, the words, and when if known."""

    place: int
    who: str
    words: str
    when: datetime | None

    @property
    def is_alias(self) -> bool:
        """Whether the speaker is named by alias."""
        return self.who.startswith("P-")


@dataclass(frozen=True)
class Refused:
    """A row that was not taken, counted as a person counts, what to do, and in which of its cells."""

    place: int
    why: str
    cell: str


def slips_in(data: bytes, name: str, *, zone: str, now: datetime) -> tuple[list[Slip], list[Refused]]:
    """The messages of a table (CSV or XLSX), and the rows that cannot be taken.

    Raises UnreadableSheet, NoMessages.
    """
    lines = spreadsheet(data, name)[0].cells
    top, columns = _heading(lines, name)
    slips: list[Slip] = []
    refused: list[Refused] = []
    for place, line in enumerate(lines[top:], top + 1):
        cells = {key: plain(line[column]).strip() for key, column in columns.items() if column < len(line)}
        if not any(cells.values()):
            continue
        if len(slips) + len(refused) >= MOST_ROWS:
            refused.append(
                Refused(place, f"One table may have {MOST_ROWS:,} rows. Put the rest in another.", "who")
            )
            break
        found = slip_of(
            place, cells.get("who", ""), cells.get("words", ""), cells.get("when", ""), zone=zone, now=now
        )
        slips.append(found) if isinstance(found, Slip) else refused.append(found)
    return slips, refused


def slip_of(place: int, who: str, words: str, when: str, *, zone: str, now: datetime) -> Slip | Refused:
    """One message, or why it cannot be taken."""
    speaker = _speaker(who)
    if speaker is None:
        return Refused(
            place,
            "Give who spoke: a number with its country, such as +255700000001, "
            "or the alias of somebody who has written before, such as P-7Q4K2.",
            "who",
        )
    if not words.strip():
        return Refused(place, "There are no words. Write what they said.", "words")
    moment = _moment(when, zone)
    if when and moment is None:
        return Refused(
            place, "Write when it was said as 2026-03-02 14:30 or 2026-03-02, or leave it out.", "when"
        )
    if moment is not None and moment > now + CLOCKS_DISAGREE:
        return Refused(place, "This was said in the future. Look at the date.", "when")
    return Slip(place, speaker, words.strip(), moment)


def payload_of(slip: Slip, address: str) -> bytes:
    """A message as it goes into the ledger; `address` is the number of whoever spoke."""
    said = {
        "from": address,
        "alias": slip.who if slip.is_alias else "",
        "text": slip.words,
        "when": slip.when.astimezone(UTC).isoformat() if slip.when else "",
    }
    return json.dumps(said).encode()


def inbound(payload: bytes, content_type: str = JSON) -> Inbound:
    """The message in a record."""
    said = object_of(payload) or {}
    return Inbound(
        sender=str(said.get("from", "")),
        receiver="",
        words=str(said.get("text", "")),
        provider_id="",
        alias=str(said.get("alias", "")),
    )


def _heading(lines: Sequence[Sequence[str]], name: str) -> tuple[int, dict[str, int]]:
    """How many lines stand above the first message, and which column holds what. Raises NoMessages."""
    for place, line in enumerate(lines[:40], 1):
        columns = _columns(line)
        if {"who", "words"} <= set(columns):
            return place, columns
    raise NoMessages(name)


def _columns(line: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for at, cell in enumerate(line):
        for key, headings in _HEADINGS.items():
            if " ".join(cell.casefold().split()) in headings:
                found.setdefault(key, at)
    return found


def _speaker(who: str) -> str | None:
    """An alias as we write it, or a number in E.164; None for anything else."""
    alias = _ALIAS.fullmatch(who.strip())
    if alias:
        return f"P-{alias[1].upper()}"
    digits = re.sub(r"[\s().-]", "", who)
    # Spreadsheets drop the plus; with a country there are eleven digits or more.
    if re.fullmatch(r"[1-9]\d{10,14}", digits):
        digits = f"+{digits}"
    if digits.startswith("00"):
        digits = f"+{digits[2:]}"
    try:
        return participants.as_number(digits)
    except participants.NoNumber:
        return None


def _moment(written: str, zone: str) -> datetime | None:
    words = " ".join(written.replace("T", " ").split())
    for form in _WRITTEN:
        try:
            return datetime.strptime(words, form).replace(tzinfo=ZoneInfo(zone))
        except ValueError:
            continue
    try:
        found = datetime.fromisoformat(written.strip())
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))
