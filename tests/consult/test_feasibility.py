"""Feasibility: who could do what a clause asks, counted once each, and figures that tell of nobody."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from consult import comments, db, feasibility, links, participants, pilots
from consult.feasibility import ABILITIES, Answer, ClauseFeasibility, Wanted
from consult.pilots import Pilot
from consult.tables.comments import Ability, CommentRow
from consult.tables.intake import Channel
from consult.tables.pilots import Met
from consult.tables.rounds import RoundRow
from standards import store
from standards.checklists import Field, field_name
from tests import factories
from tests.consult.desk.conftest import Desk, a_desk, desk

__all__ = ["a_desk", "desk"]

CAN, WITH_HELP, CANNOT = ABILITIES


def nothing(row: ClauseFeasibility) -> feasibility.Hidden:
    """Somebody who may see all figures."""
    return set()


def pictured(desk: Desk, wanted: Wanted = Wanted()) -> dict[str, ClauseFeasibility]:  # noqa: B008 frozen
    """The picture of a desk's version by the clauses' numbers, in its order."""
    with db.reading() as session:
        found = feasibility.answers(session, desk.version) + feasibility.tried(session, desk.version)
        rows = feasibility.picture(found, store.load(session, desk.version), wanted, nothing)
    return {row.clause.number: row for row in rows if row.clause}


def tried(desk: Desk, *answers: dict[str, str], clause: str = "2.1", title: str = "Retorts") -> None:
    """A pilot in which these respondents answered about one clause."""
    fields = [Field(name) for name in dict.fromkeys(name for one in answers for name in one)]
    clause_id = desk.clause(clause)
    lines = [",".join(["_uuid", *(field_name(clause_id, field) for field in fields)])]
    for at, one in enumerate(answers):
        lines.append(",".join([f"{title}-{clause}-{at}", *(one.get(field, "") for field in fields)]))
    data = ("\n".join(lines) + "\n").encode()
    with db.transaction() as session:
        read = pilots.read_for(session, data, "answers.csv", f"{desk.standard}@1.0")
        pilots.bring(session, read, Pilot(title), data, "answers.csv", by="test", now=datetime.now(UTC))


class TestCounting:
    def test_answers_come_from_every_channel(self, desk: Desk) -> None:
        for channel in (Channel.WEB, Channel.SMS, Channel.WORKSHOP):
            desk.say("we cannot", on="2.1", channel=channel, ability=CANNOT)

        assert pictured(desk)["2.1"].together.figures == (0, 0, 3)

    def test_a_comment_on_two_clauses_counts_once_on_each(self, desk: Desk) -> None:
        id_ = desk.say("neither of them", on="2.1", ability=CANNOT)
        with db.transaction() as session:
            links.confirm(
                session, id_, [desk.clause("2.1"), desk.clause("2.2")], by="test", now=datetime.now(UTC)
            )

        assert {number: row.together.figures for number, row in pictured(desk).items()} == {
            "2.1": (0, 0, 1),
            "2.2": (0, 0, 1),
        }

    def test_what_was_said_in_confidence_counts_and_its_words_do_not_show(self, desk: Desk) -> None:
        desk.say("he", on="2.1", ability=CANNOT, obstacle="The chief", cost="10 TZS", confidential=True)

        row = pictured(desk)["2.1"]

        assert (row.together.figures, row.together.confidential) == ((0, 0, 1), 1)
        assert feasibility.told(row.together.answers, "obstacle") == []
        assert feasibility.costs(row.together.answers, 1) == []

    def test_an_erased_comment_vanishes(self, desk: Desk) -> None:
        id_ = desk.say("we cannot", on="2.1", ability=CANNOT)
        with db.transaction() as session:
            comment = session.get_one(CommentRow, id_)
            comments.erase(session, comment, reason="asked", by="test", now=datetime.now(UTC))

        assert pictured(desk) == {}

    def test_what_waits_for_moderation_counts_when_it_is_let_in(self, desk: Desk) -> None:
        id_ = desk.say("we cannot", on="2.1", ability=CANNOT, held="too fast")
        before = pictured(desk)
        with db.transaction() as session:
            comments.release(session, id_)

        assert (before, pictured(desk)["2.1"].together.figures) == ({}, (0, 0, 1))

    def test_a_group_told_once_on_joining_counts(self, desk: Desk) -> None:
        with db.transaction() as session:
            group = factories.a_group(session)
            person = participants.enrol(
                session, now=datetime.now(UTC), group_id=group.id, region="Geita", producer="cooperative"
            )
        desk.say("we can", on="2.1", ability=CAN, participant_id=person.id)

        by_group = pictured(desk)["2.1"].cells
        by_producer = pictured(desk, Wanted("producer"))["2.1"].cells

        assert [cell.key for cell in by_group] == [group.id]
        assert [cell.key for cell in by_producer] == ["cooperative"]
        assert pictured(desk, Wanted(region="Mara")) == {}

    def test_one_round_can_be_asked_for_alone(self, desk: Desk) -> None:
        desk.say("we cannot", on="2.1", ability=CANNOT)

        with db.reading() as session:
            other = feasibility.answers(session, desk.version, round_id=uuid4())
            own = session.exec(_round_called(desk.slug)).one()
            here = feasibility.answers(session, desk.version, round_id=own.id)

        assert (len(other), len(here)) == (0, 1)


def _round_called(slug: str) -> Any:
    from sqlmodel import select

    return select(RoundRow).where(RoundRow.slug == slug)


class TestPilots:
    def test_who_met_a_clause_can_and_the_others_are_what_they_said(self, desk: Desk) -> None:
        tried(
            desk,
            {"met": "met"},
            {"met": "partly", "ability": "with_help"},
            {"met": "not-met", "ability": "cannot"},
            {"met": "not-met"},
            {"met": "not-applicable"},
        )

        together = pictured(desk)["2.1"].together

        assert together.figures == (1, 1, 1)
        assert (together.pilots.met, together.pilots.not_met, together.pilots.not_applicable) == (1, 2, 1)

    def test_a_pilot_on_another_version_counts_where_its_clauses_stand(self, desk: Desk) -> None:
        from standards import versions

        tried(desk, {"met": "met"})
        with db.transaction() as session:
            newer = versions.new_draft(session, desk.version, "1.1", now=datetime.now(UTC))

        with db.reading() as session:
            found = feasibility.tried(session, newer)

        assert [answer.clause_id for answer in found] == [desk.clause("2.1")]

    def test_comments_and_pilots_reconcile(self, desk: Desk) -> None:
        desk.say("we can", on="2.1", ability=CAN)
        desk.say("ten shillings", on="2.1", cost="10 TZS")
        tried(desk, {"met": "met"}, {"met": "not-met"})

        with db.reading() as session:
            found = feasibility.answers(session, desk.version) + feasibility.tried(session, desk.version)

        assert feasibility.counted(found) == {"answers": 2, "comments": 1, "pilots": 1}
        assert pictured(desk)["2.1"].together.comments == 1


class TestOrder:
    def test_whoever_is_shut_out_stands_first(self, desk: Desk) -> None:
        for ability in (CAN, CAN, CANNOT):
            desk.say("words", on="2.1", ability=ability)
        desk.say("words", on="3.1", ability=CANNOT)

        assert list(pictured(desk)) == ["2.1", "3.1"]
        assert list(pictured(desk, Wanted(sort="cannot"))) == ["3.1", "2.1"]


class TestCosts:
    def test_costs_of_comments_and_pilots_stand_together_by_unit(self, desk: Desk) -> None:
        for cost in ("60000 TZS", "90,000 TZS", "about 75 000 TZS"):
            desk.say("words", on="2.1", ability=CAN, cost=cost)
        tried(desk, {"met": "met", "cost": "20000 TZS"}, {"met": "met", "cost": "30000 TZS"})

        (cost,) = feasibility.costs(pictured(desk)["2.1"].together.answers)

        assert cost == ("TZS", 5, 20000, 60000, 90000)

    def test_fewer_than_five_are_not_told(self, desk: Desk) -> None:
        desk.say("words", on="2.1", ability=CAN, cost="60000 TZS")

        assert feasibility.costs(pictured(desk)["2.1"].together.answers) == []


GROUPS = [UUID(int=n) for n in range(1, 5)]


def row_of(figures: dict[UUID, tuple[int, int, int]]) -> ClauseFeasibility:
    """A clause with so many answers of each kind from each group, each from another person."""
    said = [
        Answer(None, uuid4(), group, "", "", ability)
        for group, row in figures.items()
        for ability, many in zip(ABILITIES, row, strict=True)
        for _each in range(many)
    ]
    return feasibility.of_clause(said)


class TestKeptBack:
    """What everyone may see: no figure of fewer than five people, and none that would betray one."""

    def test_one_who_says_it_five_times_is_one_person(self) -> None:
        said = [Answer(None, "P-1", GROUPS[0], "", "", CANNOT)] * 5
        row = feasibility.of_clause(said)

        assert {(cell.key, kind) for cell, kind in row.kept_back} == {
            (key, kind) for key in (GROUPS[0], None) for kind in ABILITIES
        }

    def test_a_lone_small_figure_takes_the_next_smallest_with_it(self) -> None:
        row = row_of({GROUPS[0]: (0, 0, 2), GROUPS[1]: (0, 0, 7), GROUPS[2]: (0, 0, 30)})

        assert {cell.key for cell, kind in row.kept_back if kind is CANNOT} == {GROUPS[0], GROUPS[1]}

    def test_of_a_group_of_four_who_all_say_the_same_no_nought_tells_what(self) -> None:
        row = row_of({GROUPS[0]: (0, 0, 4), GROUPS[1]: (0, 0, 10), GROUPS[2]: (6, 0, 30)})

        few, ten, many = (next(c for c in row.cells if c.key == key) for key in GROUPS[:3])

        kept = row.kept_back
        assert {kind for cell, kind in kept if cell is few} == set(ABILITIES)
        assert {kind for cell, kind in kept if cell is ten} == {CANNOT}
        assert {kind for cell, kind in kept if cell is many} == {CAN}
        assert {kind for cell, kind in kept if cell is row.together} == {WITH_HELP}

    def test_the_sums_do_not_tell_on_one_page_what_the_other_keeps_back(self) -> None:
        said = [Answer(None, at, GROUPS[0], "alone" if at < 2 else "", "", CANNOT) for at in range(9)]

        for by in ("group", "producer"):
            row = feasibility.of_clause(said, by=by)  # type: ignore[arg-type]
            assert {kind for cell, kind in row.kept_back if cell is row.together} == {CAN, WITH_HELP}

    def test_a_few_who_only_tried_it_show_nothing(self) -> None:
        row = feasibility.of_clause([Answer(None, 1, GROUPS[0], "", "", None, uuid4(), Met.NOT_MET)])

        assert {kind for cell, kind in row.kept_back if cell.key == GROUPS[0]} == set(ABILITIES)

    @settings(max_examples=150, deadline=None)
    @given(
        st.dictionaries(
            st.sampled_from(GROUPS), st.tuples(*[st.integers(min_value=0, max_value=12)] * 3), min_size=1
        )
    )
    def test_no_figure_under_five_is_shown_or_left_by_subtraction(
        self, figures: dict[UUID, tuple[int, int, int]]
    ) -> None:
        row = row_of(figures)

        for at, kind in enumerate(ABILITIES):
            hidden = [cell for cell in row.cells if (cell, kind) in row.kept_back]
            shown = [cell.figures[at] for cell in row.cells if (cell, kind) not in row.kept_back]
            assert not any(0 < figure < 5 for figure in shown)
            assert all((cell, kind) in row.kept_back for cell in row.cells if 0 < cell.whole < 5)
            if hidden and (row.together, kind) not in row.kept_back:
                left = row.together.figures[at] - sum(shown)
                assert left >= 5
                assert len(hidden) > 1

    def test_the_order_does_not_tell_what_is_kept_back(self) -> None:
        row = row_of({GROUPS[0]: (0, 0, 2), GROUPS[1]: (10, 0, 0)})

        assert row.hardest(row.kept_back) is None
        assert row.hardest(set()) is not None


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([*GROUPS, None]),
            st.sampled_from(["", "cooperative", "unorganised"]),
            st.sampled_from([*ABILITIES, None]),
        ),
        max_size=30,
    )
)
def test_both_sides_sum_to_the_same_whole(told: list[tuple[UUID | None, str, Ability | None]]) -> None:
    said = [Answer(None, at, group, producer, "", able) for at, (group, producer, able) in enumerate(told)]
    whole = Counter(ability for *_who, ability in told)

    for by in ("group", "producer"):
        row = feasibility.of_clause(said, by=by)  # type: ignore[arg-type]
        summed = [sum(column) for column in zip(*(cell.figures for cell in row.cells), strict=True)]
        assert list(row.together.figures) == [whole[kind] for kind in ABILITIES]
        assert summed == list(row.together.figures) or not told
