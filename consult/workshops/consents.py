"""Consents: what people at a workshop agreed to, each by themselves or as a group with a witness.

A person's own answer stands before the group's. Who was not asked has not agreed
to be quoted, photographed, recorded or called; words alone are kept unless
somebody said no. What was withdrawn stays withdrawn.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session, col, select

from consult.comments import NOT_QUOTED
from consult.tables.field import AttendeeRow, ConsentRow
from consult.tables.workshops import UtteranceRow, WorkshopRow
from consult.workshops.consent_words import ABOUT
from consult.workshops.meetings import Consent, consent_of

GROUP = ""
"""In place of an attendee: the group as a whole."""
GIVEN, REFUSED, WITHDRAWN = "given", "refused", "withdrawn"
NO = (REFUSED, WITHDRAWN)
HIDDEN = NOT_QUOTED


@dataclass(frozen=True)
class State:
    """What was answered at a workshop, by attendee (`GROUP` for all together) and what it is about."""

    answers: Mapping[tuple[str, str], ConsentRow]
    people: tuple[AttendeeRow, ...]
    summary: tuple[Consent, bool]

    def row(self, about: str, attendee: str = GROUP) -> ConsentRow | None:
        """The answer this person, or the group, gave; None where they were not asked."""
        return self.answers.get((attendee, about))

    def answer(self, about: str, attendee: str = GROUP) -> str:
        """The answer that holds for a person: their own, else the group's; empty where nobody was asked."""
        row = self.row(about, attendee) or self.row(about)
        return row.answer if row is not None else self._told_in_short(about)

    def allows(self, about: str, attendee: str = GROUP) -> bool:
        """Whether what was asked may be done with what this person, or the group, said or showed."""
        answer = self.answer(about, attendee)
        return answer not in NO if about == "notes" else answer == GIVEN

    def may_quote(self, attendee: str = GROUP) -> bool:
        """Whether what this person (or the group) said may be shown in public."""
        return self.allows("notes", attendee) and self.allows("quotes", attendee)

    def _told_in_short(self, about: str) -> str:
        """What the workshop's own line says, for meetings on paper where nobody was asked one by one."""
        how, quotable = self.summary
        if about == "notes" and how is not Consent.UNRECORDED:
            return REFUSED if how is Consent.REFUSED else GIVEN
        return GIVEN if about == "quotes" and quotable and how is not Consent.REFUSED else ""


def state(session: Session, workshop: WorkshopRow) -> State:
    """What those who came agreed to, and who of them is on the list."""
    rows = session.exec(select(ConsentRow).where(ConsentRow.workshop_id == workshop.id)).all()
    people = session.exec(
        select(AttendeeRow)
        .where(AttendeeRow.workshop_id == workshop.id, col(AttendeeRow.removed).is_(False))
        .order_by(col(AttendeeRow.label), col(AttendeeRow.entity))
    ).all()
    answers = {(row.attendee, row.about): row for row in rows if row.about in ABOUT}
    return State(answers, tuple(people), consent_of(workshop))


def allows(session: Session, workshop: WorkshopRow, about: str, attendee: str = GROUP) -> bool:
    """Whether this was agreed to: by this person where they were asked, else by the group."""
    return state(session, workshop).allows(about, attendee)


def may_quote(session: Session, workshop: WorkshopRow, utterance: UtteranceRow) -> bool:
    """Whether the words of an utterance may be shown in public."""
    return state(session, workshop).may_quote(utterance.attendee)
