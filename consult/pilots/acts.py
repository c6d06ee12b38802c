"""Bringing a pilot's answers in, and finding the pilots there are."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlmodel import Session, col, select

from consult import audit, masking, publications, rounds
from consult.errors import BarazaError, NotFound
from consult.pilots.reading import Returned, read
from consult.pilots.understanding import Found, Respondent, Understood, understand
from consult.tables.pilots import PilotFindingRow, PilotRow
from standards import store
from standards.checklists import Pin
from standards.tables import StandardRow, VersionRow


@dataclass(frozen=True)
class Pilot:
    """What is told about a field trial besides its answers."""

    title: str
    region: str = ""
    producer: str = ""
    mineral: str = ""
    stage: str = ""
    held_on: str = ""


@dataclass(frozen=True)
class Read:
    """A file against the version it answers."""

    standard: StandardRow
    version: VersionRow
    understood: Understood


@dataclass(frozen=True)
class Brought:
    """What came of a file: answers that are new, that were here already, and that say otherwise than here."""

    pilot: PilotRow
    fresh: int
    known: int
    differing: int
    left_out: tuple[str, ...] = ()

    @property
    def changed_nothing(self) -> bool:
        """Whether everything was here already."""
        return self.fresh == 0


class VersionNotSaid(BarazaError):
    """Neither the file nor the person said which version was tried."""

    def __init__(self) -> None:
        super().__init__(_("The file does not say which version was tried. Choose the version."))


class OtherVersion(BarazaError):
    """The file answers another text than the one chosen."""

    def __init__(self, said: str, chosen: str) -> None:
        super().__init__(
            _(
                "These answers are about %(said)s, and you chose %(chosen)s. "
                "Bring them in for %(said)s: a pilot counts for every version in which its clauses stand.",
                said=said,
                chosen=chosen,
            )
        )


class RowsToLookAt(BarazaError):
    """Rows that cannot be kept as they are; nothing was saved."""

    def __init__(self, understood: Understood) -> None:
        some = " ".join(str(problem) for problem in understood.problems[:20])
        rest = len(understood.problems) - 20
        more = " " + ngettext("And one more.", "And %(num)s more.", rest) if rest > 0 else ""
        end = _("Nothing was saved. Mend these rows, or say that they shall be left out.")
        super().__init__(f"{some}{more} {end}")
        self.understood = understood


class NothingToKeep(BarazaError):
    """A file in which nobody answered anything."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _("%(name)s holds no answer that can be kept. Fill in whether each clause is met.", name=name)
        )


class TitleMissing(BarazaError):
    """A pilot without a title."""

    def __init__(self) -> None:
        super().__init__(_("Give the pilot a title, such as “Retorts and helmets, Geita 2026”."))


# --- reading


def read_for(session: Session, data: bytes, name: str, chosen: str = "") -> Read:
    """A file's answers on the version it names, or on the one chosen (`slug@label`).

    Raises UnreadableSheet, NoClauseColumn, VersionNotSaid, OtherVersion, UnknownVersion.
    """
    returned = read(data, name)
    said = _version_said(returned)
    if not (chosen or said):
        raise VersionNotSaid
    if chosen and said and chosen != said:
        raise OtherVersion(said, chosen)
    standard, version = store.version_called(session, chosen or said)
    document = publications.text(session, version)
    return Read(standard, version, understand(returned, document, rounds.groups(session)))


def _version_said(returned: Returned) -> str:
    slug, label = returned.pin(Pin.STANDARD), returned.pin(Pin.VERSION)
    return f"{slug}@{label}" if slug and label else ""


# --- keeping


def bring(
    session: Session,
    read_: Read,
    pilot: Pilot,
    data: bytes,
    name: str,
    *,
    by: UUID | str,
    now: datetime,
    leave_out: bool = False,
) -> Brought:
    """Keep a file's answers under a pilot. Nothing is saved while a row must be looked at again.

    With `leave_out` those rows are left out and told. Raises RowsToLookAt, NothingToKeep, TitleMissing.
    """
    understood = read_.understood
    if understood.problems and not leave_out:
        raise RowsToLookAt(understood)
    if not understood.respondents:
        raise NothingToKeep(name)
    if not pilot.title.strip():
        raise TitleMissing
    # One writer at a time on a version: a file sent twice at once is kept once.
    store.status_in_hand(session, read_.version)
    elsewhere = _kept_keys(session, read_.version)
    staged = replace(pilot, stage=pilot.stage or understood.stage)
    row = _pilot(session, read_.version, staged, data, by, now)
    fresh = known = differing = 0
    before = _findings(session, row)
    for respondent in understood.respondents:
        if elsewhere.get(respondent.key, row.id) != row.id:
            known += len(respondent.found)
            continue
        for found in respondent.found:
            new = _finding(row, respondent, found)
            kept = before.get((respondent.key, found.clause_id))
            if kept is None:
                session.add(new)
                fresh += 1
            elif _says(kept) == _says(new):
                known += 1
            else:
                differing += 1
    session.flush()
    row.respondents = _respondents(session, row)
    row.held_on = min(filter(None, [row.held_on, _first_day(understood)]), default="")
    session.add(row)
    if fresh:
        after = {"fresh": fresh, "known": known, "version": str(read_.version.id)}
        audit.record(session, by, "bring-pilot", "pilot", row.id, after=after, now=now)
    session.flush()
    return Brought(row, fresh, known, differing, tuple(str(problem) for problem in understood.problems))


def note(
    session: Session,
    version: VersionRow,
    pilot: Pilot,
    understood: Understood,
    *,
    called: str,
    by: UUID | str,
    now: datetime,
) -> PilotRow:
    """Keep what respondents of a trial in the field say by now: who says otherwise than before is changed.

    `called` names the trial for good; the pilot of this title on this version is taken where there is one.
    """
    store.status_in_hand(session, version)
    row = _pilot(session, version, pilot, called.encode(), by, now)
    before = _findings(session, row)
    for respondent in understood.respondents:
        said = {found.clause_id: _finding(row, respondent, found) for found in respondent.found}
        for (key, clause_id), kept in before.items():
            if key == respondent.key and clause_id not in said:
                session.delete(kept)
        for new in said.values():
            session.merge(new)
    session.flush()
    row.respondents = _respondents(session, row)
    row.held_on = min(filter(None, [row.held_on, _first_day(understood)]), default="")
    session.add(row)
    session.flush()
    return row


def _pilot(
    session: Session, version: VersionRow, pilot: Pilot, data: bytes, by: UUID | str, now: datetime
) -> PilotRow:
    """The pilot these answers belong to: one that has them already, else of this title, else a new one."""
    found = pilot_for(session, version, pilot.title, data)
    if found is not None:
        return found
    row = PilotRow(
        version_id=version.id,
        title=_titled(pilot.title),
        region=masking.masked(pilot.region.strip())[:100],
        producer=pilot.producer,
        mineral=pilot.mineral.strip()[:60],
        stage=pilot.stage[:40],
        held_on=pilot.held_on,
        file_hash=hashlib.sha256(data).hexdigest(),
        by=str(by),
        at=now,
    )
    session.add(row)
    session.flush()
    return row


def pilot_for(session: Session, version: VersionRow, title: str, data: bytes) -> PilotRow | None:
    """The pilot of a version that has these answers already, else the one of this title."""
    digest = hashlib.sha256(data).hexdigest()
    here = select(PilotRow).where(PilotRow.version_id == version.id)
    same_file = session.exec(here.where(PilotRow.file_hash == digest)).first()
    return same_file or session.exec(here.where(PilotRow.title == _titled(title))).first()


def _titled(written: str) -> str:
    return masking.masked(" ".join(written.split()))[:300]


def _kept_keys(session: Session, version: VersionRow) -> dict[str, UUID]:
    """In which pilot of a version each respondent stands."""
    rows = session.exec(
        select(PilotFindingRow.respondent, PilotFindingRow.pilot_id)
        .join(PilotRow, col(PilotRow.id) == PilotFindingRow.pilot_id)
        .where(PilotRow.version_id == version.id)
        .distinct()
    )
    return dict(rows.all())


def _findings(session: Session, pilot: PilotRow) -> dict[tuple[str, UUID], PilotFindingRow]:
    rows = session.exec(select(PilotFindingRow).where(PilotFindingRow.pilot_id == pilot.id))
    return {(row.respondent, row.clause_id): row for row in rows}


def _finding(pilot: PilotRow, respondent: Respondent, found: Found) -> PilotFindingRow:
    return PilotFindingRow(
        pilot_id=pilot.id,
        respondent=respondent.key,
        clause_id=found.clause_id,
        met=found.met,
        producer=respondent.producer or pilot.producer,
        group_id=respondent.group_id,
        ability=found.ability,
        evidence=found.evidence,
        cost=found.cost,
        obstacle=found.obstacle,
        benefit=found.benefit,
        note=found.note,
        photo=found.photo,
    )


def _first_day(understood: Understood) -> str:
    return min((one.held_on for one in understood.respondents if one.held_on), default="")


def _says(row: PilotFindingRow) -> tuple[object, ...]:
    words = (row.evidence, row.cost, row.obstacle, row.benefit, row.note)
    return (row.met, row.ability, row.producer, row.group_id, *words)


def _respondents(session: Session, pilot: PilotRow) -> int:
    counted = sa.func.count(sa.distinct(PilotFindingRow.respondent))  # type: ignore[arg-type]
    query = select(counted).where(PilotFindingRow.pilot_id == pilot.id)
    return int(session.exec(query).one())


# --- finding


def every(session: Session) -> Sequence[tuple[PilotRow, StandardRow, VersionRow]]:
    """Every pilot with the version it tried, the newest first."""
    return session.exec(
        select(PilotRow, StandardRow, VersionRow)
        .join(VersionRow, col(VersionRow.id) == PilotRow.version_id)
        .join(StandardRow, col(StandardRow.id) == VersionRow.standard_id)
        .order_by(col(PilotRow.at).desc(), col(PilotRow.id).desc())
    ).all()


def pilot_called(session: Session, named: str) -> tuple[PilotRow, StandardRow, VersionRow]:
    """The pilot of this id with the version it tried. Raises NotFound."""
    try:
        wanted = UUID(named)
    except ValueError:
        wanted = UUID(int=0)
    for row, standard, version in every(session):
        if row.id == wanted:
            return row, standard, version
    raise NotFound(_("There is no pilot %(named)s.", named=named[:60]))
