"""The pump: text messages leave in order, at each sender's pace, within their limits, and once."""

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlmodel import select

from consult import db
from consult.channels.ports import FateUnknown, Outbound, Sent, TryLater
from consult.config import read
from consult.outgoing import limits, pump, sending
from consult.tables.messages import Hold, MessageState, Urgency
from consult.tables.outgoing import AllowanceRow, SenderRow
from consult.tables.participants import ContactPointRow
from tests.consult import leaving
from tests.consult.leaving import NOON, Provider, a_telephone, a_text, message, pumped, pumped_for

MINUTE = timedelta(minutes=1)


@pytest.fixture
def provider(engine):
    with leaving.connected() as provider:
        yield provider


class TestOrder:
    def test_replies_go_before_answers_and_answers_before_bulk_each_oldest_first(self, provider):
        for words, urgency, minute in (
            ("bulk", Urgency.BULK, 0),
            ("answer", Urgency.ANSWER, 1),
            ("later reply", Urgency.REPLY, 3),
            ("reply", Urgency.REPLY, 2),
        ):
            a_text(words=words, urgency=urgency, at=NOON - 10 * MINUTE + minute * MINUTE)

        pumped_for(provider, 1)

        assert provider.words == ["reply", "later reply", "answer", "bulk"]

    def test_a_message_leaves_once(self, provider):
        id_ = a_text()

        assert [pumped(provider), pumped(provider, NOON + MINUTE)] == [1, 0]
        assert message(id_).state is MessageState.SENT
        assert message(id_).provider_id

    def test_a_message_whose_time_has_not_come_waits(self, provider):
        a_text(due_at=NOON + MINUTE)

        assert [pumped(provider), pumped(provider, NOON + MINUTE)] == [0, 1]

    def test_what_a_person_carries_is_not_handed_to_a_provider(self, provider):
        id_ = a_text(a_telephone(contact={"transport": "by-hand"}))

        pumped(provider)

        assert (message(id_).held, provider.sent) == (Hold.BY_HAND, [])


class TestPace:
    def test_segments_leave_at_the_configured_rate(self, engine):
        with leaving.connected(rates=[10.0]) as provider:
            for place in range(60):
                a_text(words="x" * (200 if place % 3 == 0 else 20))

            pumped_for(provider, 60)

        lasted = (provider.at[-1] - provider.at[0]).total_seconds()
        assert len(provider.sent) == 60
        assert lasted == pytest.approx(80 / 10, rel=0.10)

    def test_a_thousand_take_the_time_that_the_rates_of_several_senders_tell(self, engine):
        rate = sum(rates := [30.0, 20.0])
        with leaving.connected(rates):
            _many(1000)
            taken: list[datetime] = []
            now = NOON
            while len(taken) < 1000 and now < NOON + timedelta(seconds=300):
                with db.transaction() as session:
                    claimed = pump.claim(session, ["twilio"], now=now)
                    # Only the pace is looked at, so nobody waits for a thousand outcomes to be noted.
                    taken += [now] * len(claimed)
                now += timedelta(seconds=0.2)

        lasted = (taken[-1] - taken[0]).total_seconds()
        assert len(taken) == 1000
        assert lasted == pytest.approx(1000 / rate, rel=0.05)

    def test_somebody_is_always_written_to_from_the_number_they_wrote_to(self, engine):
        with leaving.connected([5.0, 5.0, 5.0]) as provider:
            own = a_telephone(contact={"transport": "twilio", "receiver": "+12025550101"})
            other = a_telephone()
            for _ in range(4):
                a_text(own, "own")
                a_text(other, "other")
            pumped_for(provider, 10)

        senders = {
            words: {one.sender for one in provider.sent if one.words == words} for words in ("own", "other")
        }
        assert senders["own"] == {"+12025550101"}
        assert len(senders["other"]) == 1

    def test_a_slow_sender_keeps_nobody_else_waiting(self, engine):
        with leaving.connected([0.1, 100.0]) as provider:
            for _ in range(70):
                a_text(a_telephone(contact={"transport": "twilio", "receiver": "+12025550100"}), "slow")
            for _ in range(10):
                a_text(a_telephone(contact={"transport": "twilio", "receiver": "+12025550101"}), "fast")

            pumped_for(provider, 2)

        assert Counter(provider.words)["fast"] == 10

    def test_a_reply_leaves_with_the_next_turn_while_a_thousand_wait(self, engine):
        with leaving.connected([5.0]) as provider:
            _many(1000)
            then = pumped_for(provider, 10)
            a_text(words="reply", at=then)
            pumped_for(provider, 1, since=then)

        assert "reply" in provider.words[-6:]

    def test_two_workers_at_once_keep_the_pace_together_and_send_nothing_twice(self, engine):
        with leaving.connected([1000.0]) as provider:
            _many(200)
            workers = [threading.Thread(target=_pump_until_empty, args=(provider,)) for _ in range(4)]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()

        assert len(provider.sent) == len({one.key for one in provider.sent}) == 200


class TestStop:
    def test_whoever_leaves_between_writing_and_sending_gets_nothing_more(self, provider):
        contact = a_telephone()
        ids = [a_text(contact, urgency=urgency) for urgency in Urgency]
        leaving.stop(contact)

        pumped(provider)

        assert provider.sent == []
        assert {message(id_).state for id_ in ids} == {MessageState.BLOCKED}

    def test_but_the_one_confirmation(self, provider):
        contact = a_telephone()
        leaving.stop(contact)
        a_text(contact, "We will not text you again.", dedupe="stop:1")

        pumped(provider)

        assert provider.words == ["We will not text you again."]

    def test_an_opt_out_at_the_provider_stops_every_alias_of_the_telephone(self, provider):
        first, second = a_telephone("+255711111111"), a_telephone("+255711111111")
        provider.answer = lambda _: Sent(MessageState.BLOCKED, error="opted out")
        a_text(second)

        pumped(provider)

        with db.reading() as session:
            assert all(session.get_one(ContactPointRow, id_).stopped_at for id_ in (first, second))

    def test_an_erased_number_gets_nothing(self, provider):
        id_ = a_text(a_telephone(contact={"address": None, "erased_at": NOON}))

        pumped(provider)

        assert message(id_).state is MessageState.BLOCKED


class TestTheBudget:
    def test_it_is_never_exceeded_by_one_segment(self, provider):
        round_ = leaving.a_round()
        leaving.limited(round_, limit=10)
        ids = [a_text(words="x" * 200, round_=round_) for _ in range(7)]

        pumped_for(provider, 2)

        assert (len(provider.sent), leaving.spent(round_)) == (5, 10)
        assert [message(id_).held for id_ in ids[5:]] == [Hold.BUDGET] * 2

    def test_sixteen_workers_at_once_do_not_exceed_it(self, engine):
        round_ = leaving.a_round()
        leaving.limited(round_, limit=101)
        with leaving.connected([10_000.0]) as provider:
            _many(80, words="x" * 200, round_=round_)
            workers = [threading.Thread(target=_pump_until_empty, args=(provider,)) for _ in range(16)]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()

        assert (len(provider.sent), leaving.spent(round_)) == (50, 100)

    def test_sixteen_spenders_at_once_spend_all_of_it_and_no_more(self, engine):
        round_ = leaving.a_round()
        leaving.limited(round_, limit=100)
        granted: list[bool] = []

        def spend() -> None:
            for _ in range(10):
                with db.transaction() as session:
                    granted.append(limits.charge(session, round_.id, 1))

        workers = [threading.Thread(target=spend) for _ in range(16)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

        assert (sum(granted), leaving.spent(round_)) == (100, 100)

    def test_what_certainly_never_left_is_given_back_and_makes_room(self, provider):
        round_ = leaving.a_round()
        leaving.limited(round_, limit=1)
        provider.answer = lambda _: Sent(MessageState.FAILED, error="refused")
        refused, waiting = a_text(round_=round_), a_text(round_=round_)
        pumped_for(provider, 1)
        assert message(refused).state is MessageState.FAILED

        provider.answer = lambda one: Sent(MessageState.SENT, f"SM-{one.key}")
        with db.transaction() as session:
            limits.let_go_where_room(session)
        pumped(provider, NOON + MINUTE)

        assert message(waiting).state is MessageState.SENT
        assert leaving.spent(round_) == 1

    def test_what_may_have_left_is_not_given_back(self, provider):
        round_ = leaving.a_round()
        leaving.limited(round_, limit=5)
        provider.answer = _raising(FateUnknown("The connection broke."))
        id_ = a_text(round_=round_)
        pumped(provider)
        assert (message(id_).state, leaving.spent(round_)) == (MessageState.UNKNOWN, 1)

        with db.transaction() as session:
            sending.resend(session, id_, by=leaving.factories.a_person(session).id, now=NOON)
        provider.answer = lambda one: Sent(MessageState.SENT, f"SM-{one.key}")
        pumped(provider, NOON + MINUTE)

        assert leaving.spent(round_) == 2


class TestCountriesAndHours:
    @pytest.fixture
    def round_(self, engine):
        return leaving.a_round()

    def test_a_number_of_another_country_is_not_texted_and_costs_nothing(self, provider, round_):
        leaving.limited(round_, countries=["TZ"])
        abroad, here = a_text(a_telephone("+243810000001"), round_=round_), a_text(round_=round_)

        pumped(provider)

        assert [message(id_).state for id_ in (abroad, here)] == [MessageState.BLOCKED, MessageState.SENT]
        assert leaving.spent(round_) == 1

    def test_at_night_bulk_waits_for_the_morning_and_a_direct_reply_does_not(self, provider, round_):
        night = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
        bulk = a_text(urgency=Urgency.BULK, round_=round_, words="bulk")
        answer = a_text(urgency=Urgency.ANSWER, round_=round_, words="answer")
        a_text(a_telephone(heard=night), round_=round_, words="reply")

        pumped(provider, night)

        assert provider.words == ["reply"]
        morning = datetime(2026, 3, 3, 5, 0, tzinfo=UTC)
        assert [message(id_).due_at for id_ in (bulk, answer)] == [morning] * 2
        assert pumped(provider, morning - timedelta(seconds=1)) == 0
        assert pumped(provider, morning) == 2

    def test_a_reply_that_was_kept_for_hours_is_no_direct_one_any_more(self, provider, round_):
        night = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
        a_text(a_telephone(heard=NOON), round_=round_)

        assert pumped(provider, night) == 0

    def test_hours_that_are_changed_hold_at_once(self, provider, round_):
        night = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
        a_text(urgency=Urgency.BULK, round_=round_)
        pumped(provider, night)
        with db.transaction() as session:
            by = leaving.factories.a_person(session).id
            limits.change(
                session,
                round_.id,
                limit="",
                quiet_from="00:00",
                quiet_until="00:00",
                countries="",
                by=by,
                now=night,
            )

        assert pumped(provider, night) == 1


class TestWhenTheProviderIsDown:
    def test_for_an_hour_everything_leaves_after_it_in_order_and_once(self, engine):
        with leaving.connected([20.0]) as provider:
            contact = a_telephone()
            ids = [a_text(contact, words=f"{place}", at=NOON + place * MINUTE / 10) for place in range(100)]
            provider.answer = _raising(TryLater("The provider could not be reached."))
            then = pumped_for(provider, 3600, step=5.0)
            assert provider.sent == []

            provider.answer = lambda one: Sent(MessageState.SENT, f"SM-{one.key}")
            pumped_for(provider, 600, since=then, step=0.25)

        assert len(provider.sent) == len(set(provider.words)) == 100
        assert {message(id_).state for id_ in ids} == {MessageState.SENT}

    def test_for_five_minutes_nothing_changes_its_place(self, engine):
        with leaving.connected([20.0]) as provider:
            contact = a_telephone()
            for place in range(50):
                a_text(contact, words=f"{place}", at=NOON + timedelta(milliseconds=place))
            provider.answer = _raising(TryLater("The provider could not be reached."))
            then = pumped_for(provider, 240, step=1.0)
            provider.answer = lambda one: Sent(MessageState.SENT, f"SM-{one.key}")
            pumped_for(provider, 120, since=then, step=0.25)

        assert provider.words == [f"{place}" for place in range(50)]

    def test_a_sender_that_is_refused_rests_longer_each_time(self, engine):
        with leaving.connected([20.0]) as provider:
            tries: list[datetime] = []

            def refuse(_: Outbound) -> Sent:
                tries.append(provider.now)
                raise TryLater("Wait.")

            provider.answer = refuse
            a_text()
            pumped_for(provider, 300, step=1.0)

        rests = [(after - before).total_seconds() for before, after in pairwise(tries)]
        assert rests == sorted(rests)
        assert rests[0] <= 3
        assert 60 <= rests[-1] <= 62

    def test_after_many_tries_a_person_is_asked_and_nothing_is_charged(self, provider):
        round_ = leaving.a_round()
        provider.answer = _raising(TryLater("Wait."))
        id_ = a_text(round_=round_, attempts=sending.MOST_TRIES - 1)

        pumped(provider)

        assert (message(id_).state, leaving.spent(round_)) == (MessageState.FAILED, 0)


class TestListingSenders:
    def test_the_settings_decide_who_sends_at_which_pace(self, engine, config, tmp_path):
        def configured(numbers: str, rate: str) -> None:
            settings = {
                "BARAZA_DATA_DIR": str(tmp_path),
                "TWILIO_ACCOUNT_SID": "AC1",
                "TWILIO_AUTH_TOKEN": "t",
                "TWILIO_NUMBER": numbers,
                "BARAZA_SMS_RATE": rate,
            }
            with db.transaction() as session:
                pump.list_senders(session, read(settings), now=NOON)

        configured("+12025550100,+12025550101", "1")
        configured("+12025550101,+12025550102", "2.5")

        with db.reading() as session:
            found = {row.number: (row.active, row.rate) for row in session.exec(select(SenderRow))}
        assert found == {
            "+12025550100": (False, 1.0),
            "+12025550101": (True, 2.5),
            "+12025550102": (True, 2.5),
        }


def test_a_round_without_limits_gets_them_when_it_is_first_asked(engine):
    round_ = leaving.a_round()

    with db.transaction() as session:
        limits.of_round(session, round_.id, now=NOON)
        limits.of_round(session, round_.id, now=NOON)

    with db.reading() as session:
        assert session.exec(select(AllowanceRow.limit)).all() == [None]


def _raising(error: Exception):
    def answer(_: Outbound) -> Sent:
        raise error

    return answer


def _pump_until_empty(provider: Provider) -> None:
    empty, now = 0, NOON
    while empty < 20:
        with db.transaction() as session:
            claimed = pump.claim(session, ["twilio"], now=now)
        for one in claimed:
            sending.hand_over(one, now=now)
        empty = 0 if claimed else empty + 1
        now += timedelta(seconds=0.5)


def _many(people: int, *, words: str = "asante", round_=None) -> None:
    """So many bulk messages, each to a telephone of its own, written quickly.

    Who is written to by which sender follows from the end of a contact's id; here
    the ends are spread evenly, so that no draw of random ids decides a test.
    """
    from consult import keys
    from consult.tables.messages import MessageKind, MessageRow
    from consult.tables.participants import ContactKind, ParticipantRow
    from standards.identity import new_id

    rows = [
        (new_id(), _ending(new_id(), place * 10_000 // people), leaving.number(10_000 + place))
        for place in range(people)
    ]
    with db.transaction() as session:
        session.execute(
            sa.insert(ParticipantRow),
            [
                {"id": someone, "alias": f"P{place:06d}", "created_at": NOON}
                for place, (someone, _, _) in enumerate(rows)
            ],
        )
        session.execute(
            sa.insert(ContactPointRow),
            [
                {
                    "id": contact,
                    "participant_id": someone,
                    "kind": ContactKind.SMS,
                    "lookup": keys.ring().lookup(address, "contact.sms"),
                    "address": address,
                    "created_at": NOON,
                    "joined_at": NOON,
                    "transport": "",
                    "receiver": "",
                    "thought_hash": "",
                }
                for someone, contact, address in rows
            ],
        )
        session.execute(
            sa.insert(MessageRow),
            [
                {
                    "id": new_id(),
                    "kind": MessageKind.BROADCAST,
                    "channel": "sms",
                    "contact_point_id": contact,
                    "round_id": round_.id if round_ else None,
                    "words": words,
                    "dedupe": f"many:{contact}",
                    "urgency": Urgency.BULK,
                    "created_at": NOON,
                    "changed_at": NOON,
                    "subject": "",
                }
                for _, contact, _ in rows
            ],
        )


def _ending(id_: UUID, end: int) -> UUID:
    """The id with these last four decimal digits."""
    return UUID(int=id_.int - id_.int % 10_000 + end)
