"""Approved wordings: answers the committee stands behind, per language, for texting back in a hurry.

A wording is never edited: changing one retires it and approves another, so that
what was said under it can be read as it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask_babel import gettext as _
from sqlmodel import Session, col, select

from consult import audit, masking
from consult.channels import segments
from consult.errors import BarazaError, Misfilled, NotFound
from consult.tables.conversations import WordingRow
from consult.words import LANGUAGES

LONGEST_TITLE = 120
MOST_SEGMENTS = 6
"""A text longer than this is a letter; nobody reads it on a small screen."""


class AlreadyRetired(BarazaError):
    """A wording that somebody changed or retired meanwhile."""

    def __init__(self, row: WordingRow) -> None:
        super().__init__(
            _(
                "A colleague has changed or retired “%(title)s” meanwhile. Look at the list again; "
                "what you typed was not approved.",
                title=row.title,
            )
        )
        self.row = row


@dataclass(frozen=True)
class Chosen:
    """A wording as it can be sent: in the language asked for, or in `language` for want of it."""

    words: str
    language: str
    is_fallback: bool


def current(session: Session) -> list[WordingRow]:
    """The wordings that hold, by title."""
    rows = session.exec(select(WordingRow).where(col(WordingRow.retired_at).is_(None))).all()
    return sorted(rows, key=lambda row: (row.title.casefold(), row.approved_at, row.id))


def retired(session: Session, *, limit: int = 50) -> list[WordingRow]:
    """The wordings that no longer hold, the latest first."""
    rows = session.exec(
        select(WordingRow)
        .where(col(WordingRow.retired_at).is_not(None))
        .order_by(col(WordingRow.retired_at).desc(), col(WordingRow.id))
        .limit(limit)
    ).all()
    return list(rows)


def called(session: Session, wording_id: UUID) -> WordingRow:
    """The wording of this id. Raises NotFound."""
    row = session.get(WordingRow, wording_id)
    if row is None:
        raise NotFound(_("There is no such wording."))
    return row


def approve(session: Session, title: str, words: Mapping[str, str], *, by: UUID, now: datetime) -> WordingRow:
    """Approve a new wording. Raises Misfilled."""
    title, kept = _checked(title, words)
    row = WordingRow(title=title, words=kept, approved_by=by, approved_at=now)
    session.add(row)
    session.flush()
    audit.record(
        session, by, "approve-wording", "wording", row.id, after={"languages": sorted(kept)}, now=now
    )
    return row


def change(
    session: Session, wording_id: UUID, title: str, words: Mapping[str, str], *, by: UUID, now: datetime
) -> WordingRow:
    """Approve other words in the place of a wording, which is retired; the same row when nothing differs.

    Raises Misfilled, NotFound, AlreadyRetired.
    """
    title, kept = _checked(title, words)
    row = _in_force(session, wording_id)
    if (title, kept) == (row.title, row.words):
        return row
    retire(session, wording_id, by=by, now=now)
    return approve(session, title, kept, by=by, now=now)


def retire(session: Session, wording_id: UUID, *, by: UUID, now: datetime) -> WordingRow:
    """Offer a wording no more. Raises NotFound, AlreadyRetired."""
    row = _in_force(session, wording_id)
    row.retired_at = now
    session.add(row)
    audit.record(session, by, "retire-wording", "wording", row.id, now=now)
    return row


def spoken(row: WordingRow, language: str) -> Chosen:
    """A wording in a language, else in English, else in whatever it has."""
    for code in (language, language.split("-")[0]):
        if row.words.get(code):
            return Chosen(row.words[code], code, False)
    code = next(code for code in ("en", *LANGUAGES, *sorted(row.words)) if row.words.get(code))
    return Chosen(row.words[code], code, True)


def _in_force(session: Session, wording_id: UUID) -> WordingRow:
    row = session.get(WordingRow, wording_id, with_for_update=True)
    if row is None:
        raise NotFound(_("There is no such wording."))
    if row.retired_at is not None:
        raise AlreadyRetired(row)
    return row


def _checked(title: str, words: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    title = " ".join(title.replace("\0", "").split())
    kept = {code: plain for code, said in words.items() if (plain := said.replace("\0", "").strip())}
    problems: dict[str, str] = {}
    if not title:
        problems["title"] = _("Give it a title of a few words, so that colleagues find it.")
    elif len(title) > LONGEST_TITLE:
        problems["title"] = _("Keep the title within %(most)s characters.", most=LONGEST_TITLE)
    if not kept:
        problems[f"words-{LANGUAGES[0]}"] = _("Write the wording in at least one language.")
    for code, said in kept.items():
        if segments.count(said).segments > MOST_SEGMENTS:
            problems[f"words-{code}"] = _(
                "Keep it within %(most)s segments: say less, or say where more can be read.",
                most=MOST_SEGMENTS,
            )
        elif masking.spans(said):
            problems[f"words-{code}"] = _(
                "This holds what looks like a telephone number or an e-mail address. Leave it out: "
                "others may read the telephone it is sent to."
            )
    if problems:
        raise Misfilled(problems)
    return title, kept
