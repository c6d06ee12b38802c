"""The form of a workshop: what was typed, what has to be looked at again, and the meeting it tells of."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from consult.errors import Misfilled
from consult.tables.workshops import AttendanceRow, WorkshopKind, WorkshopRow
from consult.workshops.meetings import (
    Attended,
    AudioKept,
    Consent,
    Meeting,
    agenda_of,
    check_attendance,
    consent_of,
    counted,
)
from standards.document import Document
from standards.stages import ENTRY, rank

EXTRA_ROWS = 3
"""Empty rows for categories that are no stakeholder group."""
# No group has such a key: keys are written with hyphens.
OTHER = "other_"
TRIAL = ("title", "stage", "producer", "mineral")
FIELDS = (
    *("place", "region", "held_on", "facilitator", "agenda", "notes", "consent", "other_language"),
    *("kind", "audio_kept", "first_language", *(f"trial_{name}" for name in TRIAL)),
)


@dataclass(frozen=True)
class Row:
    """One line of the attendance as it was typed."""

    key: str
    category: str
    people: str = ""
    women: str = ""


@dataclass(frozen=True)
class Typed:
    """Everything that was typed into the form."""

    values: Mapping[str, str]
    languages: tuple[str, ...]
    quotable: bool
    rows: tuple[Row, ...]
    extra: tuple[Row, ...]

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")


def empty(categories: Sequence[tuple[str, str]], languages: Sequence[str], facilitator: UUID | None) -> Typed:
    """The form before anybody has typed."""
    values = {
        "facilitator": str(facilitator or ""),
        "consent": Consent.UNRECORDED.value,
        "kind": WorkshopKind.MEETING.value,
        "audio_kept": AudioKept.VERIFIED.value,
        "trial_stage": ENTRY,
    }
    rows = tuple(Row(key, word) for key, word in categories)
    return Typed(values, tuple(languages[:1]), False, rows, _extra(()))


def written(
    workshop: WorkshopRow,
    attendance: Sequence[AttendanceRow],
    categories: Sequence[tuple[str, str]],
    document: Document,
) -> Typed:
    """The form as it was kept."""
    consent, quotable = consent_of(workshop)
    numbers = [document.by_id[id_].number for id_ in agenda_of(workshop) if id_ in document.by_id]
    values = {
        "place": workshop.place,
        "region": workshop.region,
        "held_on": workshop.held_on.isoformat(),
        "facilitator": str(workshop.facilitator_id or ""),
        "agenda": ", ".join(numbers),
        "notes": workshop.notes,
        "consent": consent.value,
        "kind": workshop.kind.value,
        "audio_kept": workshop.audio_kept,
        "first_language": workshop.languages[0] if workshop.languages else "",
    } | {f"trial_{name}": str(workshop.trial.get(name, "")) for name in TRIAL}
    came = {row.category: row for row in attendance}
    rows = [
        Row(key, word, str(came[key].people), "" if came[key].women is None else str(came[key].women))
        if key in came
        else Row(key, word)
        for key, word in categories
    ]
    known = dict(categories)
    others = [
        Row("", row.category, str(row.people), "" if row.women is None else str(row.women))
        for row in attendance
        if row.category not in known
    ]
    return Typed(values, tuple(workshop.languages), quotable, tuple(rows), _extra(others))


def typed(form: MultiDict[str, str], categories: Sequence[tuple[str, str]]) -> Typed:
    """What a form holds."""
    rows = (
        Row(key, word, form.get(f"people-{key}", "").strip(), form.get(f"women-{key}", "").strip())
        for key, word in categories
    )
    others = [
        Row("", category.strip(), people.strip(), women.strip())
        for category, people, women in zip(
            form.getlist("category"), form.getlist("people"), form.getlist("women"), strict=False
        )
        if category.strip() or people.strip() or women.strip()
    ]
    return Typed(
        values={name: form.get(name, "").replace("\0", "").replace("\r\n", "\n").strip() for name in FIELDS},
        languages=tuple(form.getlist("languages")),
        quotable=form.get("quotable") == "yes",
        rows=tuple(rows),
        extra=_extra(others),
    )


def _extra(filled: Sequence[Row]) -> tuple[Row, ...]:
    rows = [*filled, *(Row("", "") for _number in range(max(EXTRA_ROWS - len(filled), 1)))]
    return tuple(
        Row(f"{OTHER}{number}", row.category, row.people, row.women) for number, row in enumerate(rows, 1)
    )


def meeting(sent: Typed, document: Document, facilitators: Sequence[UUID]) -> Meeting:
    """The meeting that a form tells of. Raises Misfilled with every field that needs another look."""
    problems: dict[str, str] = {}
    if not sent["place"]:
        problems["place"] = _("Where was it? Give the village or town.")
    elif len(sent["place"]) > 200:
        problems["place"] = _("This is long for a place. Keep the name of the village or town.")
    if len(sent["region"]) > 100:
        problems["region"] = _("This is long for a district. Keep its name alone.")
    held_on = _day(sent["held_on"], problems)
    languages = _languages(sent, problems)
    agenda = _agenda(sent["agenda"], document, problems)
    attendance = _attendance(sent, problems)
    kind, trial = _kind(sent, problems)
    facilitator = next((id_ for id_ in facilitators if str(id_) == sent["facilitator"]), None)
    if problems:
        raise Misfilled(problems)
    consent = Consent(sent["consent"]) if sent["consent"] in set(Consent) else Consent.UNRECORDED
    kept = AudioKept(sent["audio_kept"]) if sent["audio_kept"] in set(AudioKept) else AudioKept.VERIFIED
    agreed = consent in (Consent.SPOKEN, Consent.WRITTEN)
    return Meeting(
        place=sent["place"],
        held_on=held_on,
        region=sent["region"],
        languages=languages,
        facilitator_id=facilitator,
        agenda=agenda,
        notes=sent["notes"],
        consent=consent,
        quotable=sent.quotable and agreed,
        attendance=attendance,
        kind=kind,
        trial=trial,
        audio_kept=kept,
    )


def _kind(sent: Typed, problems: dict[str, str]) -> tuple[WorkshopKind, dict[str, str]]:
    """What people meet for; what was typed of a trial stays, also while it is an ordinary meeting."""
    trial = {name: said for name in TRIAL if (said := sent[f"trial_{name}"])}
    for name, said in trial.items():
        if len(said) > (300 if name == "title" else 60):
            problems[f"trial_{name}"] = _("This is long. Keep the name alone.")
    if sent["kind"] != WorkshopKind.TRIAL.value:
        return WorkshopKind.MEETING, trial if sent["trial_title"] else {}
    if not sent["trial_title"]:
        problems["trial_title"] = _("What is tried? Give the field trial a title, such as “Retorts, Geita”.")
    if rank(sent["trial_stage"]) is None:
        problems["trial_stage"] = _("For which stage is it tried? Choose one of the list.")
    return WorkshopKind.TRIAL, trial


def _day(written: str, problems: dict[str, str]) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        problems["held_on"] = _("On which day was it? Write it as year-month-day, such as 2026-11-03.")
        return date.min


def _languages(sent: Typed, problems: dict[str, str]) -> tuple[str, ...]:
    other = sent["other_language"].lower().split()
    for code in (*sent.languages, *other, *filter(None, [sent["first_language"]])):
        if not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", code):
            problems["other_language"] = _(
                "“%(code)s” is no language code. It has two or three letters, such as sw or suk.",
                code=code[:20],
            )
    # Whatever is to be shown first is spoken there too.
    first = [sent["first_language"]] if sent["first_language"] and (sent.languages or other) else []
    found = tuple(dict.fromkeys((*first, *sent.languages, *other)))
    if not found:
        problems["languages"] = _("Which languages were spoken? Tick at least one.")
    return found


def _agenda(written: str, document: Document, problems: dict[str, str]) -> tuple[UUID, ...]:
    found: dict[UUID, None] = {}
    unknown = []
    for number in re.split(r"[\s,;]+", written):
        if not number:
            continue
        clause = document.by_number.get(number.rstrip("."))
        if clause is None:
            unknown.append(number)
        else:
            found[clause.id] = None
    if unknown:
        problems["agenda"] = _(
            "The text has no clause %(numbers)s. Look the number up and write it as it stands there.",
            numbers=", ".join(unknown)[:100],
        )
    return tuple(found)


def _attendance(sent: Typed, problems: dict[str, str]) -> tuple[Attended, ...]:
    found: list[Attended] = []
    for row in (*sent.rows, *sent.extra):
        if not row.people and not row.women and (row.key == "" or not row.key.startswith(OTHER)):
            continue
        if not row.category and not row.people and not row.women:
            continue
        if not row.category:
            problems[f"category-{row.key}"] = _("Who were they? Name the category of this count.")
            continue
        if not row.people:
            problems[f"people-{row.key}"] = _(
                "%(category)s: how many came altogether? The women are counted among them.",
                category=row.category,
            )
            continue
        # A group counts under its key, whatever the page's language calls it.
        name = row.category if row.key.startswith(OTHER) else row.key
        try:
            one = counted(row.category, row.people, row.women)
        except Misfilled as refusal:
            problems.update({f"{field}-{row.key}": said for field, said in refusal.problems.items()})
            continue
        if one.people:
            found.append(one._replace(category=name))
    if not problems:
        try:
            check_attendance(found)
        except Misfilled as refusal:
            problems[f"category-{OTHER}1"] = " ".join(refusal.problems.values())
    return tuple(found)
