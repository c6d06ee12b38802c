"""Answers to consent questions noted or withdrawn at the desk: operations, as from any device.

Whoever withdraws is told before what will happen. A reason is kept in the audit
trail, masked; the trail names nobody who came.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult import masking
from consult.errors import Misfilled, NotFound
from consult.field import keeping, people
from consult.field.operations import Kind
from consult.tables.comments import CommentRow, StandingRow
from consult.tables.field import AttendeeRow, PhotoRow, RecordingRow
from consult.tables.rounds import RoundRow
from consult.tables.workshops import TranscriptRow, UtteranceRow, WorkshopRow
from consult.workshops import consents, withdrawn
from consult.workshops.consent_words import ABOUT
from consult.workshops.consents import GIVEN, GROUP, NO, REFUSED
from consult.workshops.meetings import Consent
from consult.workshops.voices import names_to_mask
from standards.identity import new_id

HOW = ("spoken", "written", "witnessed")


@dataclass(frozen=True)
class Going:
    """What a withdrawal takes with it, counted before.

    `decided` of the `comments` stay counted as empty places; `files` are transcripts
    whose file goes although others speak in it.
    """

    utterances: int = 0
    comments: int = 0
    decided: int = 0
    published: int = 0
    files: int = 0
    photographs: int = 0
    recordings: int = 0
    contacts: int = 0


def answer(
    session: Session,
    round_: RoundRow,
    workshop: WorkshopRow,
    about: str,
    attendee: str,
    said: str,
    *,
    how: str = "",
    wording: str = "",
    now: datetime,
) -> None:
    """Note what a person, or the group, answered on paper. Raises Misfilled, NotFound."""
    _check(session, workshop, about, attendee)
    if said not in (GIVEN, REFUSED):
        raise Misfilled({"answer": "Say whether they agreed or not."})
    if how not in ("", *HOW):
        raise Misfilled({"how": "Say whether they answered aloud, in writing or before a witness."})
    found = consents.state(session, workshop)
    row = found.row(about, attendee)
    if row is not None and row.withdrawn_at is not None:
        raise Misfilled(
            {"answer": "This was withdrawn and what was kept is gone. List them anew, and ask again."}
        )
    if said == REFUSED and about == "notes":
        _check_nothing_kept(session, workshop, attendee, "answer")
    fields = {"about": about, "attendee": attendee, "answer": said, "how": how, "wording": wording}
    keeping.put(session, round_, workshop, Kind.CONSENT, people.entity_of(about, attendee), fields, now=now)


def check_on_paper(session: Session, workshop: WorkshopRow, agreed: Consent) -> None:
    """Refuse a no from the workshop's form where words are kept already. Raises Misfilled."""
    row = consents.state(session, workshop).row("notes")
    known = row is not None and row.answer in NO
    if agreed is Consent.REFUSED and not known:
        _check_nothing_kept(session, workshop, GROUP, "consent")


def _check_nothing_kept(session: Session, workshop: WorkshopRow, attendee: str, field: str) -> None:
    if what_would_go(session, workshop, "notes", attendee).utterances:
        raise Misfilled(
            {
                field: "Their words are kept here already. Withdraw the consent instead, "
                "on the page of consents: it says first what will be removed."
            }
        )


def told_on_paper(
    session: Session,
    round_: RoundRow,
    workshop: WorkshopRow,
    agreed: Consent,
    *,
    quotable: bool,
    now: datetime,
) -> None:
    """Take what the workshop's own form says of the group as its answers. Raises Misfilled.

    Nothing noted is no answer; what was withdrawn stays so, whatever the form says.
    """
    found = consents.state(session, workshop)
    if agreed is Consent.UNRECORDED:
        people.sum_up(session, workshop)
        return
    wanted = {"notes": REFUSED if agreed is Consent.REFUSED else GIVEN}
    wanted["quotes"] = GIVEN if quotable and agreed is not Consent.REFUSED else ""
    if not wanted["quotes"] and (row := found.row("quotes")) is not None and row.answer == GIVEN:
        wanted["quotes"] = REFUSED
    how = agreed.value if agreed in (Consent.SPOKEN, Consent.WRITTEN) else ""
    for about, said in wanted.items():
        row = found.row(about)
        # The form knows no witness: aloud before one is aloud.
        other_way = about == "notes" and row is not None and {row.how, how} == {"spoken", "written"}
        same = row is not None and (row.withdrawn_at is not None or (row.answer == said and not other_way))
        if said and not same:
            answer(session, round_, workshop, about, GROUP, said, how=how, now=now)
    people.sum_up(session, workshop)


def put_on_list(
    session: Session,
    round_: RoundRow,
    workshop: WorkshopRow,
    *,
    label: str,
    category: str,
    name: str = "",
    contact: str = "",
    now: datetime,
) -> str:
    """Put somebody on the list of a meeting on paper; their entity. Raises Misfilled.

    A name is for the secretary alone; without one the label is all there is.
    """
    label = " ".join(label.split()) or _next_label(session, workshop)
    if len(label) > 10:
        raise Misfilled({"label": "Give a short label that names nobody, such as P3."})
    if masking.masked(label) != label:
        raise Misfilled({"label": "This label looks like a number to call. Give one such as P3."})
    entity = f"attendee:{new_id()}"
    fields = {"label": label, "category": category.strip()[:100]}
    fields |= {"name": name.strip()[:300]} if name.strip() else {}
    fields |= {"contact": contact.strip()[:300]} if contact.strip() else {}
    keeping.put(session, round_, workshop, Kind.ATTENDEE, entity, fields, now=now)
    return entity


def withdraw(
    session: Session,
    round_: RoundRow,
    workshop: WorkshopRow,
    about: str,
    attendee: str,
    *,
    reason: str,
    by: UUID,
    now: datetime,
) -> Going:
    """Withdraw a consent for good; what went. Raises Misfilled, NotFound."""
    _check(session, workshop, about, attendee)
    if not reason.strip():
        raise Misfilled({"reason": "Write how you know, such as “told the facilitator by telephone”."})
    went = what_would_go(session, workshop, about, attendee)
    listed = session.exec(select(AttendeeRow).where(AttendeeRow.workshop_id == workshop.id)).all()
    told = masking.masked(reason.strip()[:300], names_to_mask(row.name for row in listed))
    entity = people.entity_of(about, attendee)
    people.remember(session, workshop, entity, by=by, reason=told, now=now)
    people.end(session, workshop, entity, now=now)
    withdrawn.enforce(session, workshop, by=by, now=now)
    fields = {"about": about, "attendee": attendee, "answer": "withdrawn"}
    keeping.put(session, round_, workshop, Kind.CONSENT, entity, fields, now=now)
    return went


def what_would_go(session: Session, workshop: WorkshopRow, about: str, attendee: str) -> Going:
    """What goes when this person, or the group, no longer agrees. Raises NotFound."""
    _check(session, workshop, about, attendee)
    if about == "photo":
        return Going(photographs=_count(session, PhotoRow, workshop))
    if about == "audio":
        return Going(recordings=_count(session, RecordingRow, workshop))
    found = consents.state(session, workshop)
    if about == "contact":
        theirs = [one for one in found.people if _is_meant(found, about, attendee, one.entity)]
        return Going(contacts=sum(one.contact is not None for one in theirs))
    rows = _said(session, workshop)
    said = [row for row in rows if _is_meant(found, about, attendee, row.attendee)]
    made = {row.comment_id for row in said if row.comment_id is not None}
    published, decided = _made_public(session, made)
    if about == "quotes":
        return Going(published=published)
    files = {row.transcript_id for row in said if not row.entity}
    return Going(len(said), len(made), decided, published, len(files))


def _is_meant(found: consents.State, about: str, attendee: str, who: str) -> bool:
    """Whether an answer of `attendee` holds for `who`: the group's for all without one of their own."""
    return who == attendee or (attendee == GROUP and found.row(about, who) is None)


def _said(session: Session, workshop: WorkshopRow) -> list[UtteranceRow]:
    rows = session.exec(
        select(UtteranceRow)
        .join(TranscriptRow, col(TranscriptRow.id) == UtteranceRow.transcript_id)
        .where(TranscriptRow.workshop_id == workshop.id, UtteranceRow.words != "")
    ).all()
    return list(rows)


def _made_public(session: Session, ids: set[UUID]) -> tuple[int, int]:
    """How many of these comments everybody may read, and how many have a decision."""
    rows = session.exec(
        select(CommentRow.public, StandingRow.hidden, StandingRow.disposition_id)
        .join(StandingRow, col(StandingRow.comment_id) == CommentRow.id)
        .where(col(CommentRow.id).in_(ids), col(CommentRow.erased_at).is_(None))
    ).all()
    decided = sum(disposition is not None for _, _, disposition in rows)
    return sum(public and not hidden for public, hidden, _ in rows), decided


def _count(session: Session, table: type[PhotoRow] | type[RecordingRow], workshop: WorkshopRow) -> int:
    counted = select(sa.func.count()).select_from(table).where(table.workshop_id == workshop.id)
    return int(session.exec(counted.where(col(table.removed).is_(False))).one())


def _check(session: Session, workshop: WorkshopRow, about: str, attendee: str) -> None:
    if about not in ABOUT:
        raise NotFound("There is no such question of consent. Open the list of consents again.")
    if attendee != GROUP and session.get(AttendeeRow, (workshop.id, attendee)) is None:
        raise NotFound("There is nobody of this label on the list. Open the list of consents again.")


def _next_label(session: Session, workshop: WorkshopRow) -> str:
    taken = set(session.exec(select(AttendeeRow.label).where(AttendeeRow.workshop_id == workshop.id)).all())
    return next(label for n in range(1, len(taken) + 2) if (label := f"P{n}") not in taken)
