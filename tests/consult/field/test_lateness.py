"""A round that closed while a telephone was offline: taken, marked late, and a person decides."""

import pytest
from sqlmodel import select

from consult import db, lateness
from consult.tables.comments import CommentRow, StandingRow
from consult.tables.process import AuditRow
from consult.tables.workshops import WorkshopRow
from tests.consult.field.telephone import Telephone
from tests.consult.field.test_api import a_workshop
from tests.consult.field.test_keeping import a_clause

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

WHY = "Said while the round was open; there was no network for three days."


@pytest.fixture
def workshop(engine) -> WorkshopRow:
    return a_workshop(closed=True)


@pytest.fixture
def secretary(workshop, signed_in):
    """The secretary, after a telephone has sent two notes of a round that had closed."""
    telephone = Telephone.signed_in_by(signed_in("secretary"), workshop.id)
    for words in ("Mbali.", "Karibu."):
        telephone.writes.notes(words, clauses=[a_clause(workshop)])
    telephone.writes.sets("meeting", "meeting", "finished", True)
    telephone.sends(*telephone.writes.written)
    return signed_in("secretary")


def standing() -> list[tuple[bool, str, bool]]:
    """Of each comment: marked late, what was decided, counts late."""
    with db.reading() as session:
        rows = session.exec(
            select(CommentRow, StandingRow).join(StandingRow, StandingRow.comment_id == CommentRow.id)
        ).all()
        return [(one.late, row.timing, lateness.counts_late(one, row)) for one, row in rows]


def test_late_comments_are_taken_and_wait_for_a_decision(secretary, workshop):
    assert standing() == [(True, "", True)] * 2
    assert "needs a decision" in secretary.get(f"/desk/workshops/{workshop.id}").text
    assert "2 comments came late" in secretary.get(f"/desk/workshops/{workshop.id}/conflicts").text


@pytest.mark.parametrize(("act", "late"), [("in-time", False), ("late", True)])
def test_a_person_decides_with_a_reason_and_the_mark_stays(secretary, workshop, act, late):
    secretary.post(f"/desk/workshops/{workshop.id}/timing", data={"act": act, "why": WHY})

    assert standing() == [(True, act, late)] * 2
    assert "came late" not in secretary.get(f"/desk/workshops/{workshop.id}/conflicts").text
    with db.reading() as session:
        lines = session.exec(select(AuditRow).where(AuditRow.act == "decide-timing")).all()
        assert [(row.after, row.reason) for row in lines] == [({"timing": act}, WHY)] * 2


def test_a_decision_needs_its_reason(secretary, workshop):
    answer = secretary.post(f"/desk/workshops/{workshop.id}/timing", data={"act": "in-time", "why": " "})

    assert (answer.status_code, "Write why" in answer.text) == (400, True)
    assert standing() == [(True, "", True)] * 2


def test_one_comment_can_be_decided_on_by_itself(secretary):
    with db.reading() as session:
        [first, _second] = session.exec(select(CommentRow.id)).all()

    secretary.post(f"/desk/comments/{first}", data={"act": "in-time", "why": WHY})

    assert sorted(late for _, _, late in standing()) == [False, True]
    assert "counts as in time" in secretary.get(f"/desk/comments/{first}").text


def test_a_facilitator_leaves_it_to_the_secretary(workshop, signed_in):
    answer = signed_in("facilitator").post(
        f"/desk/workshops/{workshop.id}/timing", data={"act": "in-time", "why": WHY}
    )

    assert answer.status_code == 403
