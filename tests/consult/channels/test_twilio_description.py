"""Every call we make fits the provider's public description, as a mock that reads it judges."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from consult.channels import twilio
from consult.channels.ports import Outbound, Sent, TryLater
from consult.channels.twilio import TwilioGateway
from consult.config import Twilio
from consult.tables.messages import MessageState
from tests.standins import prism_server

OURS, ASHA = "+12025550100", "+255700000001"
SINCE = datetime(2026, 3, 1, tzinfo=UTC)
pytestmark = pytest.mark.xdist_group("prism")


@pytest.fixture(scope="module")
def account() -> Iterator[Twilio]:
    with prism_server.serving() as url:
        yield Twilio("AC" + "0" * 32, ("secret",), OURS, url)


def gateway(account: Twilio) -> TwilioGateway:
    return TwilioGateway(account, "https://baraza.example.org")


@pytest.mark.parametrize("sender", [OURS, "MG" + "0" * 32, ""])
@pytest.mark.parametrize("words", ["asante", "é😀 & = + %", "x" * 1600])
def test_a_message_is_taken(account, sender, words):
    sent = gateway(account).send(Outbound(ASHA, words, "0198-key", sender=sender))

    assert sent == Sent(MessageState.SENT, f"SM{1:032x}")


def test_a_message_that_left_is_found(account):
    found = gateway(account).find(Outbound(ASHA, "asante", "key"), SINCE)

    assert found == Sent(MessageState.DELIVERED, f"SM{1:032x}")


@pytest.mark.parametrize("number", [OURS, f"{OURS},+12025550101"])
def test_what_came_in_is_listed(account, number):
    kept = list(gateway(replace(account, number=number)).received(SINCE))

    assert {twilio.inbound(one.payload).words for one in kept} == {"12 zebaki ni ghali"}


def test_words_are_blanked(account):
    gateway(account).blank(f"SM{1:032x}")


@pytest.mark.parametrize(
    "message",
    [Outbound("0700000001", "a", "k"), Outbound(ASHA, "", "k"), Outbound(ASHA, "a", "k", sender="MG1")],
)
def test_the_mock_does_refuse_what_does_not_fit(account, message):
    assert gateway(account).send(message).state is MessageState.FAILED


def test_the_mock_does_refuse_a_name_that_is_none(account):
    with pytest.raises(TryLater):
        gateway(account).blank("XX1")
