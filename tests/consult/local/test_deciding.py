"""Deciding: what stands in the way, votes by category, what is frozen with them, publishing, transition."""

import threading
import time
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import select

from consult import db, rounds
from consult.errors import Misfilled
from consult.local import deciding, groups
from consult.local.deciding import DecidedAlready, NotDecided
from consult.rounds import NewRound
from consult.tables.process import AuditRow
from standards.overlays import drafting
from standards.overlays.store import OverlayFrozen, StandsInTheWay
from standards.tables import OverlayRow, Status, VersionRow
from tests.consult.local.groups_of import (
    DAY,
    a_published_base,
    a_published_text,
    agreed,
    decided_by_clause,
    seated,
    votes,
)
from tests.consult.local.texts import a_base, a_local_text
from tests.factories import NOW, a_group, a_person


@pytest.fixture
def ready(session):
    """A draft with every clause decided, and five seats of two categories."""
    version = decided_by_clause(session, a_local_text(session, a_published_base(session)))
    seated(session, version)
    return version


def decide(session, version, given, **told):
    return deciding.decide(session, version, given, **{"decided_on": DAY, "by": "x", "now": NOW, **told})


class TestWhatStandsInTheWay:
    def test_undecided_clauses_do(self, session):
        version = a_local_text(session)
        seated(session, version)

        with pytest.raises(StandsInTheWay, match=r"Nobody has decided on 1, 1\.1, 1\.2"):
            decide(session, version, agreed(session))

    def test_an_open_round_on_the_text_does(self, session, ready):
        text = deciding.freeze_for_consultation(session, ready, by="x", now=NOW)
        wanted = NewRound(slug="tz", title="Tanzania", opens_at=NOW, closes_at=NOW + timedelta(days=9))
        rounds.open_round(session, text, wanted, now=NOW)

        assert deciding.in_the_way(session, ready, NOW) == [
            "The round “Tanzania” still takes comments. Decide when it has closed."
        ]
        assert deciding.in_the_way(session, ready, NOW + timedelta(days=10)) == []

    def test_a_draft_made_from_a_consulted_text_waits_for_its_round_too(self, session, ready):
        text = deciding.freeze_for_consultation(session, ready, by="x", now=NOW)
        wanted = NewRound(slug="tz", title="Tanzania", opens_at=NOW, closes_at=NOW + timedelta(days=9))
        rounds.open_round(session, text, wanted, now=NOW)

        draft = drafting.new_draft(session, ready, "1.1", by="x", now=NOW)

        assert "still takes comments" in " ".join(deciding.in_the_way(session, draft, NOW))

    def test_a_parent_in_draft_does(self, session, ready):
        base = session.get_one(VersionRow, ready.base_id)
        child = a_local_text(session, base, slug="tz-placer", parent=ready)

        found = deciding.in_the_way(session, child, NOW)

        assert "Its parent tz-gold@1.0 is still a draft. Freeze the parent first." in found


class TestDecide:
    def test_it_passes_when_every_category_agrees_and_freezes_the_draft(self, session, ready):
        decision = decide(session, ready, agreed(session), note="In Mwanza")

        assert decision.passed
        assert decision.votes["pit-miners"] == {"for": 3, "against": 0, "abstained": 0, "seats": 3}
        assert (ready.status, decision.note, decision.decided_on) == (
            Status.DECIDED,
            "In Mwanza",
            "2026-03-01",
        )
        assert "decide-overlay" in [row.act for row in session.exec(select(AuditRow)).all()]

    @pytest.mark.parametrize(
        "given",
        [
            {"pit_miners": (3, 0, 0), "women_miners": (0, 2, 0)},
            {"pit_miners": (3, 0, 0), "women_miners": (1, 1, 0)},
            {"pit_miners": (3, 0, 0)},
            {"pit_miners": (1, 0, 0), "women_miners": (2, 0, 0)},
            {"pit_miners": (0, 0, 3), "women_miners": (2, 0, 0)},
        ],
        ids=[
            "a category is against",
            "a category is divided",
            "a category stayed away",
            "less than half of its seats came",
            "a category only abstained",
        ],
    )
    def test_it_does_not_pass_when(self, session, ready, given):
        decision = decide(session, ready, votes(session, **given))

        assert not decision.passed
        assert ready.status is Status.CONSULTATION
        with pytest.raises(NotDecided):
            deciding.publish(session, ready, by="x", now=NOW)

    def test_after_one_that_did_not_pass_the_same_text_is_voted_on_again(self, session, ready):
        decide(session, ready, votes(session, pit_miners=(0, 3, 0), women_miners=(2, 0, 0)))

        assert decide(session, ready, agreed(session)).passed
        assert ready.status is Status.DECIDED
        assert [one.passed for one in deciding.decisions_on(session, ready)] == [True, False]

    def test_one_that_passed_is_the_last(self, session, ready):
        decide(session, ready, agreed(session))

        with pytest.raises(DecidedAlready, match="decide anew on a new draft"):
            decide(session, ready, agreed(session))

    def test_the_database_keeps_it_as_it_was_recorded(self, session, ready):
        decision = decide(session, ready, agreed(session))
        decision.note = "other"
        session.add(decision)

        with pytest.raises(sa.exc.IntegrityError, match="never changes"), session.begin_nested():
            session.flush()

    def test_no_more_votes_than_seats(self, session, ready):
        with pytest.raises(Misfilled, match="3 seats and 4 votes"):
            decide(session, ready, votes(session, pit_miners=(4, 0, 0), women_miners=(2, 0, 0)))

    def test_a_form_sent_without_any_vote_is_no_decision(self, session, ready):
        with pytest.raises(Misfilled, match="No vote is given yet"):
            decide(session, ready, {})

        assert deciding.decisions_on(session, ready) == []

    def test_a_category_without_a_seat_has_no_vote(self, session, ready):
        a_group(session, "buyers", "Buyers")

        with pytest.raises(Misfilled, match="without a seat has no vote"):
            decide(session, ready, {**agreed(session), **votes(session, buyers=(1, 0, 0))})

    def test_a_day_to_come_is_refused(self, session, ready):
        with pytest.raises(Misfilled, match="still to come"):
            decide(session, ready, agreed(session), decided_on=date(2026, 3, 3))

    def test_one_category_alone_is_not_balanced(self, session):
        version = decided_by_clause(session, a_local_text(session, a_published_base(session)))
        seated(session, version, women=0)

        with pytest.raises(Misfilled, match="at least two stakeholder categories"):
            decide(session, version, votes(session, pit_miners=(3, 0, 0)))

    def test_a_seat_that_was_left_has_no_vote(self, session, ready):
        overlay = session.get_one(OverlayRow, ready.overlay_id)
        seat = next(one for one in groups.seats_of(session, overlay))
        groups.leave_seat(session, seat, now=NOW)

        with pytest.raises(Misfilled, match="2 seats and 3 votes"):
            decide(session, ready, agreed(session))


class TestGivingSeats:
    def test_a_seat_has_one_holder(self, session, ready):
        overlay, group = session.get_one(OverlayRow, ready.overlay_id), a_group(session)

        with pytest.raises(Misfilled, match="Choose somebody"):
            groups.give_seat(session, overlay, group.id, now=NOW)
        with pytest.raises(Misfilled, match="up to 120"):
            groups.give_seat(session, overlay, group.id, holder="x" * 121, now=NOW)

    def test_a_second_press_gives_no_second_vote(self, session, ready):
        overlay, group = session.get_one(OverlayRow, ready.overlay_id), a_group(session)
        groups.give_seat(session, overlay, group.id, holder="Asha Mrema", now=NOW)

        with pytest.raises(Misfilled, match="holds a seat here already"):
            groups.give_seat(session, overlay, group.id, holder=" asha  mrema", now=NOW)

    def test_pressed_at_the_same_moment_one_person_has_one_seat(self, engine):
        with db.transaction() as session:
            overlay_id = a_local_text(session, a_published_base(session)).overlay_id
            group_id, person_id = a_group(session).id, a_person(session).id
        together, said = threading.Barrier(2), []

        def give() -> None:
            together.wait(20)
            try:
                with db.transaction() as session:
                    overlay = session.get_one(OverlayRow, overlay_id)
                    groups.give_seat(session, overlay, group_id, person_id=person_id, now=NOW)
                    time.sleep(0.1)
                said.append("given")
            except Misfilled:
                said.append("refused")

        givers = [threading.Thread(target=give) for _each in range(2)]
        for one in givers:
            one.start()
        for one in givers:
            one.join()

        assert sorted(said) == ["given", "refused"]


class TestPublish:
    def test_the_agreed_text_is_in_force(self, session):
        version = a_published_text(session)

        assert version.status is Status.PUBLISHED
        assert session.get_one(VersionRow, version.text_id).status is Status.PUBLISHED

    def test_not_on_a_base_that_is_not_published(self, session):
        version = decided_by_clause(session, a_local_text(session, a_base(session)))
        seated(session, version)
        decide(session, version, agreed(session))

        with pytest.raises(StandsInTheWay, match=r"rag@2\.0, which it stands on, is not published yet"):
            deciding.publish(session, version, by="x", now=NOW)


class TestTransition:
    def test_auditors_may_use_the_version_before_until_the_day(self, session):
        first = a_published_text(session)
        draft = drafting.new_draft(session, first, "1.1", by="x", now=NOW + timedelta(days=1))
        overlay = seated(session, draft, miners=0, women=0)
        deciding.set_transition(session, draft, "2026-12-31", by="x", now=NOW)
        decide(session, draft, agreed(session))
        deciding.publish(session, draft, by="x", now=NOW)

        until, after = (deciding.in_use(session, overlay, date(2026, 12, day)) for day in (30, 31))

        assert (until.version.label, until.before.label, until.until) == ("1.1", "1.0", date(2026, 12, 31))
        assert (after.version.label, after.before) == ("1.1", None)

    def test_it_is_fixed_with_the_text(self, session, ready):
        decide(session, ready, agreed(session))

        with pytest.raises(OverlayFrozen):
            deciding.set_transition(session, ready, "2026-12-31", by="x", now=NOW)

    def test_a_day_that_is_none_is_refused(self, session, ready):
        with pytest.raises(Misfilled, match="2028-12-31"):
            deciding.set_transition(session, ready, "soon", by="x", now=NOW)
