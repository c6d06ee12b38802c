"""Where people stop in a round's conversations, what that costs, and what of it may be shown."""

import csv
import io
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from consult import db, participants
from consult.conversations import figures as conversation_figures
from consult.conversations.figures import EVERYONE, STEPS, Figures, Steps
from consult.participation import SMALLEST
from consult.tables.conversations import MembershipRow
from consult.tables.messages import MessageKind, MessageRow, MessageState
from consult.tables.outgoing import AllowanceRow
from consult.tables.participants import ContactKind
from consult.tables.rounds import RoundRow
from tests import factories
from tests.consult.channels.talking import Telephone, open_round


@pytest.fixture
def round_(engine, now):
    with db.transaction() as session:
        open_round(session, now)
    with db.reading() as session:
        return session.exec(select(RoundRow)).one()


def people(session, round_, count, *, language="sw", group=None, up_to="joined", left=False, answers=0, now):
    """So many people who came as far as a step."""
    came = STEPS.index(up_to)
    for _ in range(count):
        someone = participants.enrol(session, now=now, language=language, group_id=group)
        contact = participants.reach(
            session, someone.id, ContactKind.SMS, f"+25570{someone.id.int % 10**7:07d}", now=now
        )
        contact.stopped_at = now if left else None
        session.add(contact)
        session.add(
            MembershipRow(
                participant_id=someone.id,
                round_id=round_.id,
                joined_at=now,
                language_at=now if came >= 1 else None,
                answered_at=now if came >= 2 else None,
                worded_at=now if came >= 3 else None,
                answers=answers,
            )
        )
    session.flush()


def figures_of(round_) -> Figures:
    with db.reading() as session:
        return conversation_figures.of(session, session.get_one(RoundRow, round_.id))


class TestCounting:
    def test_each_step_counts_those_who_came_to_it(self, round_, now):
        with db.transaction() as session:
            people(session, round_, 3, now=now)
            people(session, round_, 2, up_to="language", now=now)
            people(session, round_, 4, up_to="answered", now=now)
            people(session, round_, 5, up_to="worded", left=True, now=now)

        assert figures_of(round_).everyone == Steps(joined=14, language=11, answered=9, worded=5, left=5)

    def test_the_same_people_stand_by_language_and_by_group(self, round_, now):
        with db.transaction() as session:
            group = factories.a_group(session)
            people(session, round_, 6, group=group.id, now=now)
            people(session, round_, 2, language="", now=now)

        found = figures_of(round_)

        assert {code: row.joined for code, row in found.by_language.items()} == {"sw": 6, "": 2}
        assert {key: row.joined for key, row in found.by_group.items()} == {group.id: 6, None: 2}

    def test_a_conversation_by_text_comes_through_the_steps(self, round_, now):
        telephone = Telephone(now)
        telephone.text("gold")
        telephone.text("1")
        telephone.text("3")
        telephone.text("we wait until night")
        telephone.text("clause 2.1 too far", "+255700000002")
        telephone.text("STOP", "+255700000002")

        found = figures_of(round_)

        assert found.everyone == Steps(joined=1, language=1, answered=1, worded=1, left=0)
        assert found.without_joining == 1

    def test_an_answer_in_words_alone_is_an_answer(self, round_, now):
        telephone = Telephone(now)
        telephone.text("gold")
        telephone.text("1")
        telephone.text("we wait until night")

        found = figures_of(round_)

        assert found.everyone == Steps(joined=1, language=1, answered=1, worded=1, left=0)

    def test_who_spoke_of_a_clause_unasked_has_come_past_the_first_answer(self, round_, now):
        with db.transaction() as session:
            people(session, round_, 3, up_to="worded", now=now)
            people(session, round_, 1, up_to="answered", answers=4, now=now)
            session.execute(
                sa.update(MembershipRow).where(MembershipRow.answers == 0).values(answered_at=None)
            )

        found = figures_of(round_)

        assert found.everyone == Steps(joined=4, language=4, answered=4, worded=3, left=0)
        assert found.stops_after == 1

    def test_most_stop_after_so_many_answers(self, round_, now):
        with db.transaction() as session:
            for answers, count in ((0, 2), (2, 7), (3, 4), (5, 1)):
                people(session, round_, count, answers=answers, now=now)

        assert figures_of(round_).stops_after == 2

    def test_another_round_counts_apart(self, round_, now):
        with db.transaction() as session:
            other = factories.a_round(session, opens=now - timedelta(days=9), closes=now - timedelta(days=2))
            people(session, other, 3, now=now)

        assert figures_of(round_).everyone.joined == 0


class TestCost:
    def test_segments_and_money_for_each_comment_and_person(self, round_, now):
        telephone = Telephone(now)
        telephone.text("gold")
        telephone.text("12 we wait until night")
        with db.transaction() as session:
            session.merge(
                AllowanceRow(
                    round_id=round_.id, limit=100, spent=30, price="29", currency="TZS", changed_at=now
                )
            )

        cost = figures_of(round_).cost

        assert (cost.for_each_comment, cost.for_each_person, cost.share) == (30, 30, 30)
        assert (str(cost.money(cost.spent)), cost.currency) == ("870.00", "TZS")

    def test_nothing_is_divided_before_the_first_comment(self, round_):
        cost = figures_of(round_).cost

        assert (cost.spent, cost.limit, cost.for_each_comment, cost.money(1.0)) == (0, None, None, None)

    def test_messages_of_unknown_fate_are_counted(self, round_, now):
        Telephone(now).text("gold")
        with db.transaction() as session:
            message = session.exec(select(MessageRow).where(MessageRow.kind == MessageKind.REPLY)).one()
            message.state = MessageState.UNKNOWN
            session.add(message)

        assert figures_of(round_).unknown == 1


class TestWhatMayBeShown:
    def test_small_cells_and_what_would_give_them_away_are_kept_back(self, round_, now):
        with db.transaction() as session:
            people(session, round_, 20, language="sw", up_to="worded", now=now)
            people(session, round_, 9, language="fr", up_to="worded", now=now)
            people(session, round_, 3, language="pt", up_to="worded", now=now)

        shown = figures_of(round_).published()

        assert {code: row.joined for code, row in shown.by_language.items()} == {
            "sw": 20,
            "fr": None,
            "pt": None,
        }
        assert shown.everyone.joined == 32

    def test_a_step_that_fewer_than_five_did_not_take_is_kept_back_too(self, round_, now):
        with db.transaction() as session:
            people(session, round_, 20, up_to="worded", now=now)
            people(session, round_, 2, up_to="language", now=now)

        shown = figures_of(round_).published().everyone

        assert shown == Steps(joined=22, language=22, answered=None, worded=None, left=None)

    rows = st.dictionaries(
        st.sampled_from("abcde"),
        st.integers(0, 40).flatmap(
            lambda joined: st.builds(
                Steps,
                joined=st.just(joined),
                language=st.integers(0, joined),
                answered=st.integers(0, joined),
                worded=st.integers(0, joined),
                left=st.integers(0, joined),
            )
        ),
        min_size=1,
    )

    @given(rows)
    def test_nothing_shown_tells_of_fewer_than_five(self, rows):
        shown = conversation_figures._published(rows)

        for key, row in shown.items():
            for step in STEPS:
                count, joined = getattr(row, step), rows[key].joined
                if count is not None:
                    assert count >= SMALLEST
                    assert joined == count or joined - count >= SMALLEST
        for step in STEPS:
            hidden = [getattr(rows[key], step) for key, row in shown.items() if getattr(row, step) is None]
            alone = len(hidden) == 1 and len(shown) > 1
            assert not alone

    def test_the_file_holds_only_what_may_be_shown(self, round_, now):
        with db.transaction() as session:
            people(session, round_, 12, language="sw", up_to="worded", now=now)
            people(session, round_, 2, language="pt", up_to="worded", now=now)
        into = io.BytesIO()

        conversation_figures.write(figures_of(round_), round_, into, language="en")

        lines = list(csv.reader(io.StringIO(into.getvalue().decode("utf-8-sig"))))
        values = {tuple(line[1:4]): line[4] for line in lines[1:]}
        assert lines[0] == ["round", "by", "of", "figure", "value"]
        assert values["", EVERYONE, "joined"] == "14"
        assert values["language", "pt", "joined"] == values["language", "sw", "joined"] == "withheld"
        assert values["", EVERYONE, "left"] == "withheld"
