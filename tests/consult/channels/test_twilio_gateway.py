"""The provider's REST interface: handing over, finding what may have left, listing what came in, blanking."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from consult.channels import twilio
from consult.channels.ports import Blanker, FateUnknown, Finder, Lister, Outbound, Sent, TryLater
from consult.channels.twilio import TwilioGateway
from consult.config import Twilio
from consult.tables.messages import MessageState
from tests.standins import twilio_server
from tests.standins.twilio_server import OURS, Provider

ASHA, BARAKA = "+255700000001", "+255700000002"
MESSAGE = Outbound(ASHA, "asante", "key", sender=OURS)


@pytest.fixture
def provider() -> Iterator[Provider]:
    with twilio_server.serving() as provider:
        yield provider


def gateway(provider: Provider, *, token: str = "", number: str = OURS) -> TwilioGateway:
    account = Twilio(provider.account, (token or provider.token,), number, provider.url)
    return TwilioGateway(account, "https://baraza.example.org", seconds_to_answer=0.3)


class TestSend:
    def test_a_message_is_handed_over_with_the_address_of_its_callback_that_names_it(self, provider):
        sent = gateway(provider).send(MESSAGE)

        assert sent == Sent(MessageState.SENT, provider.accepted[0]["Sid"])
        callback = "https://baraza.example.org/twilio/status?message=key"
        assert provider.accepted[0]["StatusCallback"] == callback

    def test_it_leaves_from_the_sender_it_was_given_or_the_first_of_ours(self, provider):
        pool = gateway(provider, number=f"{OURS}, +12025550101")
        pool.send(Outbound(ASHA, "a", "1", sender="+12025550101"))
        pool.send(Outbound(ASHA, "b", "2"))

        assert [one["From"] for one in provider.accepted] == ["+12025550101", OURS]

    def test_a_pool_of_the_providers_own_is_named_as_such(self, provider):
        gateway(provider, number="MG1").send(Outbound(ASHA, "a", "1"))

        assert provider.accepted[0]["MessagingServiceSid"] == "MG1"
        assert "From" not in provider.accepted[0]

    @pytest.mark.parametrize(
        "mood",
        [{"status": 429, "code": 20429}, {"status": 400, "code": 21611}, {"status": 400, "code": 30001}],
    )
    def test_throttled_or_a_full_queue_means_later(self, provider, mood):
        provider.will(**mood)

        with pytest.raises(TryLater):
            gateway(provider).send(MESSAGE)

    @pytest.mark.parametrize("mood", [{"status": 500}, {"seconds": 1.0}, {"breaks": True}])
    def test_a_broken_conversation_is_an_unknown_fate(self, provider, mood):
        provider.will(**mood)

        with pytest.raises(FateUnknown):
            gateway(provider).send(MESSAGE)

    def test_refused_is_failed_and_opted_out_is_blocked(self, provider):
        provider.will(status=400, code=21211)
        provider.will(status=400, code=21610)

        states = [gateway(provider).send(MESSAGE).state for _ in range(2)]

        assert states == [MessageState.FAILED, MessageState.BLOCKED]

    def test_nobody_listening_means_later(self):
        account = Twilio("AC1", ("t",), "+1", "http://127.0.0.1:9")

        with pytest.raises(TryLater):
            TwilioGateway(account, "https://a.org").send(MESSAGE)

    def test_a_wrong_secret_means_later_because_an_operator_mends_it(self, provider):
        with pytest.raises(TryLater):
            gateway(provider, token="wrong").send(MESSAGE)


class TestFind:
    SINCE = datetime.now(UTC) - timedelta(hours=1)

    def test_a_message_that_left_though_nobody_heard_so_is_found_with_its_state(self, provider):
        provider.will(breaks=True)
        with pytest.raises(FateUnknown):
            gateway(provider).send(MESSAGE)
        provider.settle(provider.accepted[0]["Sid"], "delivered")

        found = gateway(provider).find(MESSAGE, self.SINCE)

        assert found == Sent(MessageState.DELIVERED, provider.accepted[0]["Sid"])

    def test_other_words_other_people_and_what_they_wrote_themselves_are_not_it(self, provider):
        gateway(provider).send(Outbound(ASHA, "other", "1"))
        gateway(provider).send(Outbound(BARAKA, "asante", "2"))
        provider.receive("asante", ASHA)
        provider.will(breaks=True, accepts=False)
        with pytest.raises(FateUnknown):
            gateway(provider).send(MESSAGE)

        assert gateway(provider).find(MESSAGE, self.SINCE) is None

    def test_what_left_long_before_is_not_it(self, provider):
        provider.clock = lambda: self.SINCE - timedelta(days=1)
        gateway(provider).send(MESSAGE)

        assert gateway(provider).find(MESSAGE, self.SINCE) is None

    def test_the_newest_of_several_alike_is_it(self, provider):
        for _ in range(2):
            gateway(provider).send(MESSAGE)

        found = gateway(provider).find(MESSAGE, self.SINCE)

        assert found is not None
        assert found.provider_id == provider.accepted[1]["Sid"]

    def test_it_stands_on_any_page(self, provider):
        provider.page = 2
        gateway(provider).send(MESSAGE)
        for place in range(5):
            gateway(provider).send(Outbound(ASHA, f"later {place}", "1"))

        assert gateway(provider).find(MESSAGE, self.SINCE) is not None

    def test_what_is_blank_there_is_told_by_its_name(self, provider):
        for words in ("asante", "later"):
            gateway(provider).send(Outbound(ASHA, words, "1"))
        gateway(provider).send(Outbound(BARAKA, "asante", "2"))
        blank, _, others = (one["Sid"] for one in provider.accepted)
        for name in (blank, others):
            provider.settle(name, "delivered")
            gateway(provider).blank(name)

        assert list(gateway(provider).emptied(ASHA, self.SINCE)) == [blank]

    @pytest.mark.parametrize("mood", [{"status": 429, "code": 20429}, {"status": 500}, {"seconds": 1.0}])
    def test_a_list_that_cannot_be_had_says_nothing_about_it(self, provider, mood):
        provider.will(**mood)

        with pytest.raises(TryLater):
            gateway(provider).find(MESSAGE, self.SINCE)


class TestReceived:
    SINCE = datetime.now(UTC) - timedelta(hours=1)

    def test_what_came_in_reads_as_its_webhook_would_have_posted_it(self, provider):
        one = provider.receive("12 zebaki ni ghali 😀", ASHA, NumMedia="1")

        (kept,) = gateway(provider).received(self.SINCE)

        assert kept.provider_id == one.sid
        posted = twilio.inbound(twilio.as_body(one.posted(provider.account)))
        assert twilio.inbound(kept.payload, kept.content_type) == posted

    def test_every_page_is_read_and_what_we_sent_is_left_out(self, provider):
        provider.page = 3
        wanted = {provider.receive(f"m{place}", ASHA).sid for place in range(10)}
        gateway(provider).send(MESSAGE)

        assert {kept.provider_id for kept in gateway(provider).received(self.SINCE)} == wanted

    def test_only_our_own_numbers_count_on_an_account_that_others_use_too(self, provider):
        provider.receive("ours", ASHA)
        provider.receive("theirs", ASHA, to="+12025550177")

        assert len(list(gateway(provider).received(self.SINCE))) == 1

    def test_of_a_pool_of_the_providers_own_what_names_the_pool_is_ours(self, provider):
        provider.receive("ours", ASHA, to="+12025550188", MessagingServiceSid="MG1")
        provider.receive("theirs", ASHA, to="+12025550177")

        (kept,) = gateway(provider, number="MG1").received(self.SINCE)

        assert twilio.inbound(kept.payload).words == "ours"

    def test_a_provider_that_is_down_half_way_is_tried_later(self, provider):
        provider.page = 1
        provider.receive("one", ASHA)
        provider.receive("two", ASHA)
        provider.will()
        provider.will(status=500)

        listed = gateway(provider).received(self.SINCE)

        assert next(listed)
        with pytest.raises(TryLater):
            next(listed)


class TestBlank:
    def test_the_words_are_gone_and_the_message_stays(self, provider):
        one = provider.receive("siri", ASHA)

        gateway(provider).blank(one.sid)

        assert (one.body, len(provider.messages)) == ("", 1)

    def test_what_is_not_there_any_more_needs_no_blanking(self, provider):
        gateway(provider).blank("SM404")

        assert provider.asked == [f"POST /2010-04-01/Accounts/{provider.account}/Messages/SM404.json"]

    def test_a_message_still_on_its_way_is_tried_later(self, provider):
        gateway(provider).send(MESSAGE)

        with pytest.raises(TryLater, match="20009"):
            gateway(provider).blank(provider.accepted[0]["Sid"])


def test_it_can_do_what_only_some_transports_can(provider):
    assert all(isinstance(gateway(provider), port) for port in (Finder, Lister, Blanker))
