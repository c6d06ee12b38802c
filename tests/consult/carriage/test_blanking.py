"""Blanking: words do not lie at the provider longer than they must, and never go too early."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from consult import db, intake
from consult.carriage import blanking, reconciling
from consult.channels import twilio
from consult.channels.ports import Outbound
from consult.channels.twilio import TwilioGateway
from consult.config import Twilio
from consult.intake import Arrival
from consult.outgoing import messages, sending
from consult.tables.intake import Channel
from consult.tables.messages import MessageKind, MessageState
from consult.tables.outgoing import ProviderCopyRow
from tests.standins import twilio_server
from tests.standins.twilio_server import OURS, Provider, Resource

ASHA = "+255700000001"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=2)


@pytest.fixture
def provider(engine) -> Iterator[Provider]:
    with twilio_server.serving() as provider:
        provider.clock = lambda: NOW
        account = Twilio(provider.account, (provider.token,), OURS, provider.url)
        gateway = TwilioGateway(account, "https://a.org", seconds_to_answer=1)
        sending.use({"twilio": gateway})
        yield provider
    sending.use(None)


def sent(provider: Provider, state: MessageState, status: str, *, changed: datetime = NOW) -> Resource:
    """A message of ours that left, as far as it has come here and at the provider."""
    place = len(provider.messages)
    name = sending.gateways()["twilio"].send(Outbound(ASHA, f"siri {place}", "key")).provider_id
    provider.settle(name, status)
    with db.transaction() as session:
        row = messages.write(
            session, kind=MessageKind.REPLY, channel="sms", words="siri", dedupe=f"{place}", now=NOW
        )
        row.state, row.transport, row.provider_id, row.changed_at = state, "twilio", name, changed
    return provider.messages[-1]


def received(provider: Provider, *, at: datetime = NOW) -> Resource:
    """A message that came in and lies in the ledger."""
    one = provider.receive("siri", ASHA)
    body = twilio.as_body(one.posted(provider.account))
    intake.accept(Arrival(Channel.SMS, "twilio", one.sid, body, twilio.FORM), now=at)
    return one


def blank(now: datetime, noting: blanking.Noting | None = None) -> int:
    return blanking.blank_due(now=now, noting=noting or blanking.Noting())


def copies() -> list[ProviderCopyRow]:
    with db.reading() as session:
        return list(session.exec(select(ProviderCopyRow)))


class TestWhatWeSent:
    @pytest.mark.parametrize(
        ("state", "status"), [(MessageState.DELIVERED, "delivered"), (MessageState.FAILED, "undelivered")]
    )
    def test_what_is_settled_is_blanked(self, provider, state, status):
        one = sent(provider, state, status)

        assert blank(NOW) == 1
        assert one.body == ""

    @pytest.mark.parametrize("state", [MessageState.UNKNOWN, MessageState.SENT, MessageState.SENDING])
    def test_what_is_on_its_way_or_of_unknown_fate_is_left_alone(self, provider, state):
        one = sent(provider, state, "delivered")

        assert blank(LATER) == 0
        assert one.body != ""

    def test_what_no_network_ever_reported_on_is_blanked_after_days(self, provider):
        one = sent(provider, MessageState.SENT, "delivered")

        blank(NOW + timedelta(days=3))

        assert one.body == ""

    def test_what_is_of_unknown_fate_is_left_alone_after_days_too(self, provider):
        one = sent(provider, MessageState.UNKNOWN, "delivered")

        blank(NOW + timedelta(days=30))

        assert one.body != ""


class TestWhatCameIn:
    def test_it_is_blanked_an_hour_after_it_was_kept_once_the_list_was_gone_through(self, provider):
        one = received(provider)
        reconciling.catch_up(now=LATER)

        early = blank(NOW + timedelta(minutes=59))
        blank(LATER)

        assert (early, one.body) == (0, "")

    def test_it_waits_while_the_list_could_not_be_gone_through(self, provider):
        one = received(provider)
        noting = blanking.Noting()
        blank(LATER, noting)
        reconciling.catch_up(now=NOW - timedelta(minutes=1))
        blank(LATER, noting)
        waited = one.body
        reconciling.catch_up(now=LATER + timedelta(days=2))

        blank(LATER + timedelta(days=2), noting)

        assert (waited, one.body) == ("siri", "")

    def test_what_was_blanked_is_not_taken_in_again(self, provider):
        received(provider)
        reconciling.catch_up(now=LATER)
        blank(LATER)

        (again,) = reconciling.catch_up(now=LATER, since=NOW - timedelta(days=1))

        assert (again.listed, again.fresh) == (1, 0)


class TestWhatGoesWrong:
    def test_a_refusal_is_seen_and_tried_again_later_and_later(self, provider):
        one = sent(provider, MessageState.DELIVERED, "sending")

        tried = [blank(NOW + timedelta(minutes=minute)) for minute in range(12)]

        (copy,) = copies()
        assert (sum(tried), copy.tries, "20009" in copy.error) == (0, 3, True)
        with db.reading() as session:
            assert blanking.left(session) == (1, 1)
        provider.settle(one.sid, "delivered")
        assert blank(NOW + timedelta(days=2)) == 1
        assert (one.body, copies()[0].error) == ("", "")

    def test_one_that_is_refused_keeps_no_other_waiting(self, provider):
        sent(provider, MessageState.DELIVERED, "sending")
        fine = sent(provider, MessageState.DELIVERED, "delivered")

        assert blank(NOW) == 1
        assert fine.body == ""

    def test_each_is_blanked_once(self, provider):
        sent(provider, MessageState.DELIVERED, "delivered")
        noting = blanking.Noting()

        blanked = [blank(NOW + timedelta(minutes=minute), noting) for minute in range(3)]

        assert blanked == [1, 0, 0]

    def test_what_settles_later_is_noted_by_the_same_process(self, provider):
        noting = blanking.Noting()
        blank(NOW, noting)
        sent(provider, MessageState.DELIVERED, "delivered", changed=NOW + timedelta(minutes=1))

        assert blank(NOW + timedelta(minutes=2), noting) == 1

    def test_many_are_done_some_at_a_time(self, provider):
        for _ in range(5):
            sent(provider, MessageState.DELIVERED, "delivered")

        done = [blanking.blank_due(now=NOW, noting=blanking.Noting(), most=2) for _ in range(4)]

        assert done == [2, 2, 1, 0]

    def test_without_a_provider_that_can_nothing_is_noted(self, provider):
        sent(provider, MessageState.DELIVERED, "delivered")
        sending.use({})

        assert blank(NOW) == 0
        assert copies() == []
