"""Reconciling: an hour in which nobody listened costs no message and doubles none."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from sqlmodel import select

from consult import db, intake, worker
from consult.carriage import aside, reconciling
from consult.channels import sms, twilio
from consult.channels.twilio import TwilioGateway
from consult.config import Twilio
from consult.intake import Arrival
from consult.outgoing import sending
from consult.tables.intake import Channel, RecordRow
from consult.tables.process import HeartbeatRow
from tests.standins import twilio_server
from tests.standins.twilio_server import OURS, Provider, Resource

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def provider(engine) -> Iterator[Provider]:
    with twilio_server.serving() as provider:
        provider.clock = lambda: NOW
        account = Twilio(provider.account, (provider.token,), OURS, provider.url)
        sending.use({"twilio": TwilioGateway(account, "https://a.org", seconds_to_answer=1)})
        yield provider
    sending.use(None)


def webhook(provider: Provider, one: Resource, *, now: datetime = NOW) -> bool:
    """The provider's webhook reaches us. Tells whether the message was new."""
    body = twilio.as_body(one.posted(provider.account))
    return intake.accept(Arrival(Channel.SMS, "twilio", one.sid, body, twilio.FORM), now=now).fresh


def kept() -> list[str]:
    with db.reading() as session:
        return [row.provider_id for row in session.exec(select(RecordRow).order_by(RecordRow.received_at))]  # type: ignore[arg-type]


def number(place: int) -> str:
    return f"+2557{place:08d}"


class TestAnHourInWhichNobodyListened:
    def test_some_arrived_none_is_lost_none_is_doubled_and_it_happens_twice(self, provider):
        provider.page = 50
        serial = count()
        wanted: list[str] = []
        reconciling.catch_up(now=NOW - timedelta(minutes=5))
        for hour in range(2):
            begin = NOW + timedelta(hours=3 * hour)
            for minute in range(60):
                for _ in range(3):
                    provider.clock = lambda at=begin + timedelta(minutes=minute): at
                    one = provider.receive(f"m{next(serial)}", number(next(serial) % 40))
                    wanted.append(one.sid)
                    if next(serial) % 4 == 0:
                        webhook(provider, one, now=provider.clock())

            (first,) = reconciling.catch_up(now=begin + timedelta(hours=1))
            (again,) = reconciling.catch_up(now=begin + timedelta(hours=1, minutes=5))

            assert (first.problem, again.problem, again.fresh) == ("", "", 0)
            assert sorted(kept()) == sorted(wanted)
        late = [webhook(provider, one, now=NOW + timedelta(days=1)) for one in provider.messages]
        assert not any(late)
        assert len(kept()) == len(wanted) == 360

    def test_webhooks_that_arrive_meanwhile_double_nothing(self, provider):
        messages = [provider.receive(f"m{place}", number(place)) for place in range(60)]
        posting = threading.Thread(target=lambda: [webhook(provider, one) for one in messages])
        posting.start()

        reconciling.catch_up(now=NOW)
        posting.join()
        reconciling.catch_up(now=NOW)

        assert sorted(kept()) == sorted(one.sid for one in messages)

    def test_people_are_read_in_the_order_they_wrote(self, provider):
        provider.page = 3
        wrote = [provider.receive(f"m{place}", number(1)).sid for place in range(10)]

        reconciling.catch_up(now=NOW)

        assert kept() == wrote

    def test_what_was_fetched_is_read_like_any_text(self, provider):
        provider.receive("STOP", number(1))
        reconciling.catch_up(now=NOW)

        sms.read_waiting(now=NOW, reading=sms.Reading())

        with db.reading() as session:
            assert intake.waiting(session) == []


class TestWhereItBegins:
    def test_the_first_time_looks_back_an_hour_for_a_number_may_have_had_another_use(self, provider):
        provider.clock = lambda: NOW - timedelta(hours=2)
        provider.receive("somebody else's", number(1))

        reconciling.catch_up(now=NOW)

        assert kept() == []

    def test_afterwards_it_looks_back_beyond_the_last_time(self, provider):
        reconciling.catch_up(now=NOW)
        provider.clock = lambda: NOW - timedelta(minutes=30)
        late_in_the_list = provider.receive("a", number(1))
        provider.clock = lambda: NOW + timedelta(minutes=10)
        fresh = provider.receive("b", number(1))

        reconciling.catch_up(now=NOW + timedelta(days=3))

        assert kept() == [late_in_the_list.sid, fresh.sid]

    def test_a_person_may_say_from_when(self, provider):
        provider.clock = lambda: NOW - timedelta(days=2)
        provider.receive("a", number(1))

        reconciling.catch_up(now=NOW, since=NOW - timedelta(days=3))

        assert len(kept()) == 1

    def test_a_provider_that_is_down_moves_nothing_on_and_what_was_listed_stays(self, provider):
        provider.page = 2
        messages = [provider.receive(f"m{place}", number(1)) for place in range(4)]
        provider.will()
        provider.will(status=429, code=20429)

        (broken,) = reconciling.catch_up(now=NOW)
        with db.reading() as session:
            moved = reconciling.reconciled_at(session, "twilio")
        (whole,) = reconciling.catch_up(now=NOW)

        assert (broken.fresh, "20429" in broken.problem, moved) == (2, True, None)
        assert (whole.fresh, len(kept())) == (2, len(messages))

    def test_a_clock_that_was_set_back_does_not_move_it_back(self, provider):
        reconciling.catch_up(now=NOW)
        reconciling.catch_up(now=NOW - timedelta(days=1))

        with db.reading() as session:
            assert reconciling.reconciled_at(session, "twilio") == NOW

    def test_a_list_gone_through_is_no_sign_of_life_of_a_worker(self, provider):
        reconciling.catch_up(now=NOW)

        with db.reading() as session:
            beats = session.exec(select(HeartbeatRow)).all()
            workers = session.exec(select(HeartbeatRow).where(worker.IS_A_WORKER)).all()
        assert (len(beats), workers) == (1, [])


class TestAside:
    def test_a_duty_that_takes_long_is_not_begun_again_and_one_that_fails_is(self):
        going, failed = threading.Event(), threading.Event()

        def fail() -> None:
            failed.set()
            raise RuntimeError

        assert aside.do("slow", going.wait)
        assert not aside.do("slow", going.wait)
        going.set()
        assert aside.do("broken", fail)
        assert failed.wait(5)
        aside._running["broken"].join()
        assert aside.do("broken", fail)
