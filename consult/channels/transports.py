"""The transports of text messages: who reads what they bring, and who sends for them.

A transport is named by the `source` of its records. Of those that are connected,
the first of `KNOWN` writes to people whose own way to us is not.
"""

from collections.abc import Callable, Iterator
from typing import Final

from consult.channels import at, carried, relay, twilio
from consult.channels.ports import Gateway, Inbound
from consult.config import Config

KNOWN: Final = ("twilio", "at", "relay")
PULLED: Final = ("relay",)
"""Transports that fetch what they send, instead of being handed it."""
BY_HAND: Final = "by-hand"
"""Messages that a person carries, on paper or in a file, and whose answers a person carries back."""

READERS: dict[str, Callable[[bytes, str], Inbound]] = {
    "twilio": twilio.inbound,
    "at": at.inbound,
    "relay": relay.inbound,
    BY_HAND: carried.inbound,
}
"""What turns the bytes of a record into the message they hold, by source."""


def gateways_of(config: Config) -> dict[str, Gateway]:
    """A gateway for each transport that has settings."""
    found: dict[str, Gateway] = {}
    if config.twilio is not None and config.twilio.senders:
        found["twilio"] = twilio.TwilioGateway(config.twilio, config.base_url)
    if config.at is not None:
        found["at"] = at.AtGateway(config.at)
    if config.relay is not None:
        found["relay"] = relay.RelayGateway()
    return found


def number_to_text(config: Config) -> str:
    """The number of ours that people are told to text: the first that is one; "" without any."""
    numbers = (number for _, number, _ in senders_of(config))
    # A name, or a provider's pool, can send but not be texted.
    return next((number for number in numbers if number.removeprefix("+").isdigit()), "")


def senders_of(config: Config) -> Iterator[tuple[str, str, float]]:
    """Each number of ours that may send: transport, number, segments a second."""
    if config.twilio is not None:
        yield from (("twilio", number, config.sms_rate) for number in config.twilio.senders)
    if config.at is not None:
        yield from (("at", number, config.sms_rate) for number in config.at.senders)
    if config.relay is not None:
        yield "relay", config.relay.number, config.sms_rate
