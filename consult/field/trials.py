"""Trials of clauses at a site: what is asked there, and the answers from the field as a pilot's findings.

The questions are the checklist of the profile that is tried. Answers are
understood as those of a returned checklist are; whoever answers a clause again
changes what they said, and where devices differ a person looks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult import pilots, profiles, publications
from consult.field.folding import folded
from consult.field.ground import Ground
from consult.field.merging import Entity
from consult.field.operations import Kind
from consult.pilots.reading import Cell, Returned, Submission
from consult.pilots.understanding import FREE, Respondent, Understood, understand
from consult.tables.field import OperationRow, PhotoRow, StoredObjectRow
from consult.tables.pilots import PilotFindingRow, PilotRow
from consult.tables.rounds import RoundRow
from consult.tables.workshops import WorkshopKind, WorkshopRow
from consult.words import spoken_language
from standards.checklists import Field, Head, NothingToAsk
from standards.profiles import Asked, UnknownValue
from standards.stages import ENTRY
from standards.tables import StandardRow, VersionRow

BY = "field"
WORDS = tuple(field.value for field in FREE)
"""The fields of an answer that hold somebody's words."""


def questions(session: Session, workshop: WorkshopRow) -> list[dict[str, str]]:
    """What is asked at the site, in the order of the text, in the workshop's first language.

    Only the clauses of the agenda where it names some of them; nothing where the profile asks nothing.
    """
    version = _version(session, workshop)
    standard = session.get_one(StandardRow, version.standard_id)
    told = workshop.trial
    asked = Asked(
        stage=told.get("stage") or ENTRY,
        producer=told.get("producer", ""),
        mineral=told.get("mineral", ""),
        on=workshop.held_on,
    )
    language = spoken_language(str((workshop.languages or ["en"])[0]))
    ground = profiles.ground_of(session, standard, version, on=workshop.held_on)
    try:
        found = profiles.checklist_of(session, ground, asked, [language])
    except (NothingToAsk, UnknownValue):
        return []
    chosen = [item for item in found.items if str(item.clause_id) in workshop.agenda] or found.items
    return [
        {
            "clause": str(item.clause_id),
            "number": item.number,
            "heading": found.wording(item, language).heading,
            "text": found.wording(item, language).words,
            "how": "\n".join(found.hints(item, language)),
        }
        for item in chosen
    ]


def derive(ground: Ground, entities: Iterable[Entity]) -> None:
    """Bring the pilot of a trial up to date with what these entities say of its respondents."""
    touched = {_respondent_of(one) for one in entities if one.kind in (Kind.RESPONDENT, Kind.ANSWER)}
    for respondent in sorted(touched - {""}):
        _note(ground, respondent)


def _respondent_of(entity: Entity) -> str:
    """The id of a respondent, of themselves or of an answer of theirs; "" where it is none."""
    _kind, _, rest = entity.key.partition(":")
    try:
        return str(UUID(rest.partition(":")[0]))
    except ValueError:
        return ""


def _note(ground: Ground, respondent: str) -> None:
    session, workshop = ground.session, ground.workshop
    about = folded(session, workshop, _entities_of(session, workshop, respondent))
    who = next((one for one in about if one.kind is Kind.RESPONDENT), None)
    answers = [one for one in about if one.kind is Kind.ANSWER]
    version = _version(session, workshop)
    document = publications.text(session, version)
    gone = who is not None and who.is_removed
    told = _submission(respondent, who, [] if gone else answers)
    photos = {_clause_of(one): str(one.get("photo", "")) for one in answers}
    understood = understand(Returned(workshop.place, (told,)), document, ground.groups)
    pilots.note(
        session,
        version,
        _pilot(workshop),
        _with_photos(understood, respondent, photos),
        called=_called(workshop),
        by=workshop.facilitator_id or BY,
        now=ground.now,
    )


def _submission(respondent: str, who: Entity | None, answers: Iterable[Entity]) -> Submission:
    """What one respondent said, as a returned checklist would hold it: a row for each clause."""
    head = {}
    for name, field in ((Head.PRODUCER, "producer"), (Head.GROUP, "group"), (Head.HELD_ON, "held_on")):
        words = str(who.get(field, "")) if who else ""
        if words:
            head[name] = Cell(0, name.value, words)
    told = {}
    for row, answer in enumerate(answers, 1):
        said = {field: str(answer.get(field.value, "")) for field in Field}
        cells = {field: Cell(row, field.value, words) for field, words in said.items() if words.strip()}
        if (clause_id := _clause_of(answer)) is not None and cells:
            told[clause_id] = cells
    return Submission(0, respondent, head, {}, told)


def _clause_of(answer: Entity) -> UUID | None:
    try:
        return UUID(str(answer.get("clause") or answer.key.rpartition(":")[2]))
    except ValueError:
        return None


def _with_photos(understood: Understood, respondent: str, photos: Mapping[UUID | None, str]) -> Understood:
    """The answers with the photographs that show them; who took every answer back stays, with none."""
    one = next(iter(understood.respondents), Respondent(respondent))
    found = tuple(replace(told, photo=photos.get(told.clause_id, "")) for told in one.found)
    return replace(understood, respondents=(replace(one, found=found),))


def _pilot(workshop: WorkshopRow) -> pilots.Pilot:
    told = workshop.trial
    return pilots.Pilot(
        title=told.get("title") or workshop.place,
        region=workshop.region,
        producer=told.get("producer", ""),
        mineral=told.get("mineral", ""),
        stage=told.get("stage", ""),
        held_on=workshop.held_on.isoformat(),
    )


def _called(workshop: WorkshopRow) -> str:
    return f"field trial {workshop.id}"


def _version(session: Session, workshop: WorkshopRow) -> VersionRow:
    """The text that is tried."""
    tried = workshop.version_id or session.get_one(RoundRow, workshop.round_id).version_id
    return session.get_one(VersionRow, tried)


def _entities_of(session: Session, workshop: WorkshopRow, respondent: str) -> list[str]:
    """What the operations of a workshop call this respondent and their answers."""
    found = select(OperationRow.entity).where(
        OperationRow.workshop_id == workshop.id,
        sa.or_(
            col(OperationRow.entity) == f"respondent:{respondent}",
            col(OperationRow.entity).startswith(f"answer:{respondent}:"),
        ),
    )
    return list(session.exec(found.distinct()).all())


# --- looking, and forgetting


def pilot_of(session: Session, workshop: WorkshopRow) -> PilotRow | None:
    """The pilot that the answers of a trial lie in; None before the first."""
    title = _pilot(workshop).title
    return pilots.pilot_for(session, _version(session, workshop), title, _called(workshop).encode())


def photographs(session: Session, entities: Iterable[str]) -> dict[str, UUID]:
    """The workshop of each of these photographs; those that are away or gone are left out."""
    rows = session.exec(
        select(PhotoRow.entity, PhotoRow.workshop_id)
        .join(StoredObjectRow, col(StoredObjectRow.id) == PhotoRow.object_id)
        .where(
            col(PhotoRow.entity).in_(list(entities)),
            col(PhotoRow.removed).is_(False),
            col(StoredObjectRow.sealed_key).is_not(None),
        )
    ).all()
    return dict(rows)


def forget_words(session: Session, workshop: WorkshopRow) -> None:
    """Empty what respondents said in their own words; whether a clause was met stays counted."""
    found = pilot_of(session, workshop) if workshop.kind is WorkshopKind.TRIAL else None
    if found is None:
        return
    said = select(OperationRow.entity).where(
        OperationRow.workshop_id == workshop.id, OperationRow.kind == Kind.ANSWER.value
    )
    keys = {entity.split(":")[1] for entity in session.exec(said.distinct()).all() if ":" in entity}
    session.execute(
        sa.update(PilotFindingRow)
        .where(col(PilotFindingRow.pilot_id) == found.id, col(PilotFindingRow.respondent).in_(keys))
        .values(dict.fromkeys(WORDS, ""))
    )
