"""Participation: people against goals, and cells that nobody may work out."""

from datetime import datetime
from itertools import count
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from consult import comments, intake, participants, participation
from consult.comments import Said
from consult.participation import kept_back
from consult.tables.intake import Channel, RecordRow
from consult.tables.rounds import RoundRow
from consult.tables.workshops import AttendanceRow, WorkshopRow
from tests import factories

_serial = count()


def say(
    session: Session,
    round_: RoundRow,
    now: datetime,
    *,
    group: UUID | None = None,
    participant: UUID | None = None,
    channel: Channel = Channel.WEB,
) -> None:
    recorded = intake.record(
        session,
        intake.Arrival(channel, "test", str(next(_serial)), b"{}", round_id=round_.id),
        now=now,
    )
    said = Said("Words", group_id=group, participant_id=participant)
    comments.make(session, round_, session.get_one(RecordRow, recorded.id), said, now=now)


class TestPeople:
    def test_a_participant_counts_once(self, session: Session, now: datetime) -> None:
        group, round_ = factories.a_group(session), factories.a_round(session)
        person = participants.enrol(session, now=now, group_id=group.id)
        for _ in range(3):
            say(session, round_, now, participant=person.id, channel=Channel.SMS)
        say(session, round_, now, group=group.id)

        (figure,) = participation.of(session, round_).figures

        assert (figure.people, participation.of(session, round_).comments) == (2, 4)

    def test_a_workshop_counts_who_came_and_not_its_comments(self, session: Session, now: datetime) -> None:
        group, round_ = factories.a_group(session), factories.a_round(session)
        workshop = WorkshopRow(
            round_id=round_.id, place="Geita", held_on=now.date(), languages=["sw"], created_at=now
        )
        session.add(workshop)
        session.flush()
        session.add(AttendanceRow(workshop_id=workshop.id, category="Pit", group_id=group.id, people=12))
        session.flush()
        say(session, round_, now, group=group.id, channel=Channel.WORKSHOP)

        seen = participation.of(session, round_)

        assert (seen.people, seen.workshops, seen.channels) == (12, 1, {Channel.WORKSHOP: 1})

    def test_a_goal_nobody_came_for_is_shown_as_unmet(self, session: Session) -> None:
        factories.a_group(session)
        round_ = factories.a_round(session, goals={"pit-miners": 40})

        (figure,) = participation.of(session, round_).figures

        assert (figure.people, figure.goal, figure.is_met) == (0, 40, False)


class TestKeptBack:
    def test_a_lone_small_cell_takes_the_next_smallest_with_it(self) -> None:
        assert kept_back({"a": 3, "b": 40, "c": 9}) == {"a", "c"}

    def test_small_cells_whose_sum_is_small_take_another_with_them(self) -> None:
        assert kept_back({"a": 1, "b": 0, "c": 9, "d": 20}) == {"a", "b", "c"}

    def test_nothing_is_kept_back_without_small_cells(self) -> None:
        assert kept_back({"a": 5, "b": 40}) == set()

    @settings(max_examples=100)
    @given(st.dictionaries(st.text("abcdef", min_size=1, max_size=2), st.integers(0, 60), max_size=8))
    def test_what_is_hidden_cannot_be_worked_out_from_the_total(self, counts: dict[str, int]) -> None:
        hidden = kept_back(counts)

        assert all(counts[key] >= 5 for key in counts if key not in hidden)
        if hidden and hidden != set(counts):
            assert len(hidden) > 1
            assert sum(counts[key] for key in hidden) >= 5
