"""Broadcasts: to those who joined, to each telephone once, whatever happens in between."""

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from consult import db
from consult.channels.ports import Sent, TryLater
from consult.errors import Misfilled, NotFound
from consult.outgoing import broadcasts, limits, preparing, recipients
from consult.outgoing.broadcasts import Wanted
from consult.tables.messages import Hold, MessageRow, MessageState
from consult.tables.outgoing import BroadcastRow, BroadcastState
from consult.tables.participants import ContactKind, ContactPointRow
from consult.tables.process import AuditRow
from consult.tables.rounds import RoundRow
from tests import factories
from tests.consult import leaving
from tests.consult.leaving import NOON, a_telephone, pumped, pumped_for

MINUTE = timedelta(minutes=1)
WORDS = {"en": "The meeting is on Friday.", "sw": "Mkutano ni Ijumaa."}


@pytest.fixture
def round_(engine) -> RoundRow:
    return leaving.a_round()


@pytest.fixture
def provider(engine):
    with leaving.connected() as provider:
        yield provider


def a_broadcast(round_: RoundRow, **fields) -> UUID:
    wanted = Wanted(**{"title": "Meeting", "words": WORDS} | fields)
    with db.transaction() as session:
        return broadcasts.draft(session, round_, wanted, by=None, now=NOON).id


def start(id_: UUID, now=NOON) -> bool:
    with db.transaction() as session:
        return broadcasts.start(session, id_, by="test", now=now)


def stop(id_: UUID, now=NOON) -> bool:
    with db.transaction() as session:
        return broadcasts.stop(session, id_, by="test", now=now)


def settle(id_: UUID) -> bool:
    with db.transaction() as session:
        return preparing.settle(session, id_, now=NOON)


def the(id_: UUID) -> BroadcastRow:
    with db.reading() as session:
        return session.get_one(BroadcastRow, id_)


def estimate(id_: UUID) -> broadcasts.Estimate:
    with db.reading() as session:
        return broadcasts.estimate(session, session.get_one(BroadcastRow, id_), now=NOON)


def progress(id_: UUID) -> broadcasts.Progress:
    with db.reading() as session:
        return broadcasts.progress(session, [session.get_one(BroadcastRow, id_)])[id_]


class TestWhom:
    def test_those_who_joined_get_it_in_their_language(self, round_, provider):
        a_telephone("+255710000001", round_=round_, language="sw")
        a_telephone("+255710000002", round_=round_, language="en")
        id_ = a_broadcast(round_)
        start(id_)
        preparing.prepare(id_, now=NOON)

        pumped_for(provider, 1)

        assert {one.address: one.words for one in provider.sent} == {
            "+255710000001": WORDS["sw"],
            "+255710000002": WORDS["en"],
        }

    def test_a_number_that_is_merely_held_is_never_written_to(self, round_, provider):
        a_telephone("+255710000001", round_=round_)
        a_telephone("+255710000002")
        a_telephone("+255710000003", round_=round_, joined=None)
        a_telephone("+255710000004", round_=leaving.a_round())
        a_telephone("+255710000005", round_=round_, contact={"kind": ContactKind.EMAIL})
        a_telephone("+255710000006", round_=round_, contact={"stopped_at": NOON})
        a_telephone(
            "+255710000007", round_=round_, contact={"erased_at": NOON, "lookup": None, "address": None}
        )
        id_ = a_broadcast(round_)
        start(id_)
        preparing.prepare(id_, now=NOON)

        pumped_for(provider, 1)

        assert provider.numbers == ["+255710000001"]

    def test_two_aliases_on_one_telephone_are_one_person_whom_the_newest_stands_for(self, round_, provider):
        a_telephone("+255710000001", round_=round_, language="en")
        a_telephone("+255710000001", round_=round_, language="sw")
        id_ = a_broadcast(round_)
        start(id_)
        preparing.prepare(id_, now=NOON)

        pumped_for(provider, 1)

        assert provider.words == [WORDS["sw"]]
        assert estimate(id_).people == 1

    def test_groups_languages_and_regions_narrow_it(self, round_):
        with db.transaction() as session:
            group = factories.a_group(session, "pit-miners")
        a_telephone(round_=round_, language="sw", region="Geita", group_id=group.id)
        a_telephone(round_=round_, language="", region="Geita", group_id=group.id)
        a_telephone(round_=round_, language="sw", region="Mara")

        def people(**wanted) -> int:
            return estimate(a_broadcast(round_, **wanted)).people

        assert people() == 3
        assert people(groups=("pit-miners",)) == 2
        assert people(regions=("Geita", "Mara")) == 3
        assert people(regions=("Mara",), groups=("pit-miners",)) == 0
        assert people(languages=("sw",)) == 2
        # Somebody who chose no language is spoken to in the round's first.
        assert people(languages=("en",)) == 1

    def test_whoever_joins_after_the_start_is_not_in_it(self, round_, provider):
        a_telephone("+255710000001", round_=round_)
        id_ = a_broadcast(round_)
        start(id_)
        a_telephone("+255710000002", round_=round_, joined=NOON + MINUTE)

        preparing.prepare(id_, now=NOON + 2 * MINUTE)

        assert progress(id_).people == 1


class TestTheEstimate:
    def test_it_tells_people_and_segments_and_who_gets_another_language(self, round_):
        leaving.limited(round_, limit=100)
        for language in ("en", "sw", "sw", "fr", ""):
            a_telephone(round_=round_, language=language)
        a_telephone(round_=round_, contact={"stopped_at": NOON})
        words = {"en": "x" * 161, "sw": "Mkutano."}

        seen = estimate(a_broadcast(round_, words=words))

        shares = {(share.language, share.gets): (share.people, share.each) for share in seen.shares}
        assert shares == {
            ("sw", "sw"): (2, 1),
            ("en", "en"): (1, 2),
            ("fr", "en"): (1, 2),
            ("", "en"): (1, 2),
        }
        assert (seen.people, seen.segments, seen.left) == (5, 8, 1)
        assert seen.room == 100
        assert [(share.language, share.gets) for share in seen.without_words] == [("fr", "en")]

    def test_looking_writes_nothing(self, round_):
        estimate(a_broadcast(round_))

        assert leaving.all_messages() == []


class TestDrafting:
    @pytest.mark.parametrize(
        ("wanted", "field"),
        [
            ({"title": " "}, "title"),
            ({"words": {}}, "words"),
            ({"words": {"en": "  "}}, "words"),
            ({"words": {"sw": "x" * 1601}}, "words-sw"),
        ],
    )
    def test_what_cannot_be_sent_is_refused_with_its_field(self, round_, wanted, field):
        with pytest.raises(Misfilled) as refused:
            a_broadcast(round_, **wanted)

        assert set(refused.value.problems) == {field}

    def test_a_draft_can_be_changed_and_what_has_started_cannot(self, round_):
        a_telephone(round_=round_)
        id_ = a_broadcast(round_)
        other = Wanted("Other", {"en": "Other words."})
        with db.transaction() as session:
            broadcasts.change(session, session.get_one(BroadcastRow, id_), other)
        assert the(id_).words == {"en": "Other words."}
        start(id_)

        with db.transaction() as session, pytest.raises(broadcasts.AlreadyStarted):
            broadcasts.change(session, session.get_one(BroadcastRow, id_), Wanted("X", WORDS))

    def test_one_that_starts_while_it_is_being_changed_keeps_its_words(self, round_):
        a_telephone(round_=round_)
        id_ = a_broadcast(round_)
        looked_at = the(id_)
        start(id_)

        with pytest.raises(broadcasts.AlreadyStarted), db.transaction() as session:
            broadcasts.change(session, looked_at, Wanted("Another", {"en": "Other words."}))

        assert the(id_).words == WORDS

    @pytest.mark.parametrize("name", ["", "x", "018f3f0e-0000-7000-8000-000000000000"])
    def test_one_that_is_not_there_is_not_found(self, engine, name):
        with db.reading() as session, pytest.raises(NotFound):
            broadcasts.called(session, name)


class TestOnce:
    def test_a_second_start_changes_nothing(self, round_, provider):
        a_telephone(round_=round_)
        id_ = a_broadcast(round_)

        assert [start(id_), start(id_)] == [True, False]
        preparing.prepare(id_, now=NOON)
        preparing.prepare(id_, now=NOON)
        pumped_for(provider, 1)

        assert len(provider.sent) == 1
        with db.reading() as session:
            assert len(session.exec(select(AuditRow).where(AuditRow.act == "start")).all()) == 1

    def test_two_people_who_both_looked_at_the_draft_start_it_once(self, engine, round_):
        if engine.dialect.name == "sqlite":
            pytest.skip("on SQLite one transaction writes at a time, so nobody looks while another starts")
        a_telephone(round_=round_)
        id_ = a_broadcast(round_)
        both_have_looked = threading.Barrier(2)
        started: list[bool] = []

        def press() -> None:
            with db.transaction() as session:
                draft = broadcasts.called(session, str(id_))
                both_have_looked.wait(timeout=10)
                started.append(broadcasts.start(session, draft.id, by="test", now=NOON))

        people = [threading.Thread(target=press) for _ in range(2)]
        for person in people:
            person.start()
        for person in people:
            person.join()

        assert sorted(started) == [False, True]

    def test_a_start_that_reaches_nobody_is_refused(self, round_):
        id_ = a_broadcast(round_)

        with pytest.raises(broadcasts.NobodyToWriteTo):
            start(id_)
        assert the(id_).state is BroadcastState.DRAFT

    @pytest.mark.parametrize("dies_after", [0, 1, 2])
    def test_a_worker_that_dies_in_the_middle_leaves_nobody_out_and_writes_to_nobody_twice(
        self, round_, monkeypatch, dies_after
    ):
        monkeypatch.setattr(preparing, "PIECE", 4)
        for _ in range(10):
            a_telephone(round_=round_)
        id_ = a_broadcast(round_)
        start(id_)
        written = preparing.prepare(id_, now=NOON, pieces=dies_after)
        assert written == 4 * dies_after

        preparing.prepare(id_, now=NOON + MINUTE)

        to = [row.contact_point_id for row in leaving.all_messages()]
        assert len(to) == len(set(to)) == 10
        assert the(id_).people == 10

    def test_a_transaction_that_breaks_writes_nothing_of_its_piece(self, round_, monkeypatch):
        for _ in range(3):
            a_telephone(round_=round_)
        id_ = a_broadcast(round_)
        start(id_)
        monkeypatch.setattr(preparing, "new_id", iter([UUID(int=1), UUID(int=2)]).__next__)
        with pytest.raises((StopIteration, RuntimeError)):
            preparing.prepare(id_, now=NOON)
        assert leaving.all_messages() == []
        monkeypatch.undo()

        assert preparing.prepare(id_, now=NOON) == 3

    def test_looking_who_has_their_message_is_one_question_however_many_they_are(self, round_, monkeypatch):
        for _ in range(5):
            a_telephone(round_=round_)
        id_ = a_broadcast(round_)
        start(id_)
        asked = []
        written = recipients.written
        monkeypatch.setattr(
            recipients, "written", lambda session, one, who: asked.append(who) or written(session, one, who)
        )

        assert preparing.prepare(id_, now=NOON) == 5

        assert asked.count(None) == 1

    def test_two_workers_that_prepare_at_once_write_each_once(self, round_, monkeypatch):
        monkeypatch.setattr(preparing, "PIECE", 7)
        for _ in range(40):
            a_telephone(round_=round_)
        id_ = a_broadcast(round_)
        start(id_)
        workers = [
            threading.Thread(target=preparing.prepare, args=(id_,), kwargs={"now": NOON}) for _ in range(3)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

        assert len(leaving.all_messages()) == 40

    def test_a_new_alias_on_a_telephone_that_has_its_message_gets_no_second(self, round_, monkeypatch):
        monkeypatch.setattr(preparing, "PIECE", 1)
        a_telephone("+255710000001", round_=round_)
        a_telephone("+255710000002", round_=round_)
        id_ = a_broadcast(round_)
        start(id_)
        preparing.prepare(id_, now=NOON, pieces=1)
        with db.reading() as session:
            (written,) = session.exec(
                select(ContactPointRow.address).join(
                    MessageRow, col(MessageRow.contact_point_id) == ContactPointRow.id
                )
            )
        a_telephone(written, round_=round_)

        preparing.prepare(id_, now=NOON)

        assert len(leaving.all_messages()) == 2


class TestStopping:
    @pytest.fixture
    def on_its_way(self, round_, provider) -> UUID:
        """Ten messages, of which four have left."""
        for _ in range(10):
            a_telephone(round_=round_)
        id_ = a_broadcast(round_)
        start(id_)
        preparing.prepare(id_, now=NOON)
        pumped(provider, most=4)
        return id_

    def test_nothing_leaves_after_a_stop_and_everything_after_going_on(self, provider, on_its_way):
        assert [stop(on_its_way), stop(on_its_way)] == [True, False]
        pumped_for(provider, 60, step=1)
        assert len(provider.sent) == 4
        assert progress(on_its_way).held == {Hold.STOPPED: 6}

        assert start(on_its_way, NOON + 2 * MINUTE)
        pumped_for(provider, 2, since=NOON + 2 * MINUTE)

        assert len(provider.sent) == len(set(provider.numbers)) == 10

    def test_what_comes_back_to_be_sent_again_is_stopped_too(self, round_, provider):
        a_telephone(round_=round_)
        id_ = a_broadcast(round_)
        start(id_)
        preparing.prepare(id_, now=NOON)

        def stopped_meanwhile(_):
            stop(id_)
            raise TryLater("Wait.")

        provider.answer = stopped_meanwhile
        pumped(provider)
        provider.answer = lambda one: Sent(MessageState.SENT, one.key)
        pumped_for(provider, 60, since=NOON + MINUTE, step=1)

        assert provider.sent == []
        assert progress(id_).held == {Hold.STOPPED: 1}

    def test_it_is_prepared_no_further_and_taken_up_where_it_was(self, round_, monkeypatch):
        monkeypatch.setattr(preparing, "PIECE", 2)
        for _ in range(5):
            a_telephone(round_=round_)
        id_ = a_broadcast(round_)
        start(id_)
        preparing.prepare(id_, now=NOON, pieces=1)
        stop(id_)
        assert preparing.prepare(id_, now=NOON) == 0

        start(id_)
        preparing.prepare(id_, now=NOON)

        assert progress(id_).states == {MessageState.WAITING: 5}
        assert progress(id_).held == {Hold.NONE: 5}

    def test_a_raised_budget_does_not_let_go_what_was_stopped(self, round_, provider, on_its_way):
        stop(on_its_way)
        with db.transaction() as session:
            limits.let_go(session, round_.id, Hold.BUDGET)

        assert pumped(provider, NOON + MINUTE) == 0

    def test_its_rest_can_be_ended_for_good(self, provider, on_its_way):
        stop(on_its_way)
        with db.transaction() as session:
            assert broadcasts.end(session, on_its_way, by="test", now=NOON)

        assert progress(on_its_way).states == {MessageState.SENT: 4, MessageState.BLOCKED: 6}
        assert the(on_its_way).state is BroadcastState.DONE
        assert not start(on_its_way)

    @pytest.mark.parametrize("answer", [Sent(MessageState.SENT, "SM1"), TryLater("Wait.")])
    def test_what_is_being_handed_over_when_it_ends_leaves_now_or_never(self, round_, provider, answer):
        leaving.limited(round_, limit=10)
        a_telephone(round_=round_)
        id_ = a_broadcast(round_)
        start(id_)
        preparing.prepare(id_, now=NOON)

        def ended_meanwhile(_):
            stop(id_)
            with db.transaction() as session:
                broadcasts.end(session, id_, by="test", now=NOON)
            if isinstance(answer, Exception):
                raise answer
            return answer

        provider.answer = ended_meanwhile
        pumped(provider)
        pumped_for(provider, 60, since=NOON + MINUTE, step=1)

        left = isinstance(answer, Sent)
        assert len(provider.sent) == leaving.spent(round_) == int(left)
        assert progress(id_).states == {MessageState.SENT if left else MessageState.BLOCKED: 1}

    def test_each_act_is_in_the_audit_trail(self, on_its_way):
        stop(on_its_way)
        start(on_its_way)

        with db.reading() as session:
            found = session.exec(
                select(AuditRow.act, AuditRow.after)
                .where(AuditRow.subject == "broadcast")
                .order_by(col(AuditRow.at), col(AuditRow.id))
            ).all()
        assert [act for act, _ in found] == ["start", "stop", "start"]
        assert {after["people"] for _, after in found} == {10}


class TestOnItsWay:
    def test_stop_from_a_person_after_preparing_reaches_only_them(self, round_, provider):
        leaves = a_telephone(round_=round_)
        a_telephone(round_=round_)
        id_ = a_broadcast(round_)
        start(id_)
        preparing.prepare(id_, now=NOON)
        leaving.stop(leaves)

        pumped_for(provider, 1)

        assert progress(id_).states == {MessageState.SENT: 1, MessageState.BLOCKED: 1}

    def test_the_budget_holds_it_and_a_reply_of_another_round_goes_on(self, round_, provider):
        leaving.limited(round_, limit=3)
        for _ in range(5):
            a_telephone(round_=round_)
        id_ = a_broadcast(round_)
        start(id_)
        preparing.prepare(id_, now=NOON)
        leaving.a_text(words="reply")

        pumped_for(provider, 1)

        assert Counter(provider.words) == {WORDS["en"]: 3, "reply": 1}
        assert progress(id_).held == {Hold.BUDGET: 2}
        assert not settle(id_)

    def test_it_is_done_when_nothing_waits_or_is_being_sent(self, round_, provider):
        a_telephone(round_=round_)
        id_ = a_broadcast(round_)
        start(id_)
        preparing.prepare(id_, now=NOON)
        assert not settle(id_)

        pumped_for(provider, 1)

        assert settle(id_)
        assert (the(id_).state, the(id_).finished_at) == (BroadcastState.DONE, NOON)
        assert (progress(id_).settled, progress(id_).people) == (1, 1)

    def test_the_worker_does_all_of_it(self, round_, provider):
        a_telephone(round_=round_)
        id_ = a_broadcast(round_)
        start(id_)

        preparing.go_on()
        pumped_for(provider, 1)
        preparing.go_on()

        assert the(id_).state is BroadcastState.DONE

    def test_one_that_was_stopped_a_month_ago_is_ended_so_that_addresses_can_go(self, round_, provider):
        a_telephone(round_=round_)
        id_ = a_broadcast(round_)
        start(id_)
        preparing.prepare(id_, now=NOON)
        stop(id_, datetime.now(UTC) - timedelta(days=31))

        preparing.go_on()

        assert progress(id_).states == {MessageState.BLOCKED: 1}

    def test_progress_of_many_is_one_question_to_the_database(self, engine, round_):
        for _ in range(3):
            a_telephone(round_=round_)
        ids = [a_broadcast(round_) for _ in range(4)]
        for id_ in ids:
            start(id_)
            preparing.prepare(id_, now=NOON)
        asked: list[str] = []
        sa.event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))

        with db.reading() as session:
            rows = broadcasts.of_round(session, round_.id)
            asked.clear()
            found = broadcasts.progress(session, rows)

        assert [found[id_].people for id_ in ids] == [3] * 4
        assert len([one for one in asked if one.startswith("SELECT")]) == 1
