"""The narrow port between conversations and whatever carries them.

A transport turns what it receives into an `Inbound`, sends an `Outbound`, and
reports what became of it as a `Report`. Conversations know nothing else, so the
same ones run over a provider's webhook, a relay telephone, a file, and later
over voice: a `Caller` rings back and its speech becomes an `Inbound` whose words
a person has written down.

What only some transports can do is a port of its own: finding a message whose
fate is unknown, listing what came in while we were away, blanking words that
the provider still keeps.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from consult.errors import BarazaError
from consult.tables.messages import MessageState


@dataclass(frozen=True)
class Inbound:
    """A text message as received: from whom (as the network wrote it), to which number, its words.

    A long text may come in `parts`, of which this is number `part`, counted from
    one; all of them bear the same `reference`. `alias` is who spoke, where whoever
    carried the message knew.
    """

    sender: str
    receiver: str
    words: str
    provider_id: str
    media: int = 0
    command: str = ""
    reference: str = ""
    part: int = 1
    parts: int = 1
    alias: str = ""


@dataclass(frozen=True)
class Outbound:
    """A message to send; `key` is our own id for it, `sender` the number of ours that it leaves from."""

    address: str
    words: str
    key: str
    subject: str = ""
    language: str = "en"
    sender: str = ""


@dataclass(frozen=True)
class Sent:
    """What a gateway knows after handing a message over."""

    state: MessageState
    provider_id: str = ""
    error: str = ""


@dataclass(frozen=True)
class Report:
    """What a provider says became of a message, or of one part of it (counted from one).

    `status` is the provider's own word, `state` what it means to us, None where we
    do not know the word; `key` is our id for the message where the report carries it.
    """

    provider_id: str
    status: str
    state: MessageState | None
    error: str = ""
    part: int = 0
    parts: int = 0
    key: str = ""


@dataclass(frozen=True)
class Kept:
    """A message the provider received for us, as its webhook would have posted it."""

    provider_id: str
    payload: bytes
    content_type: str


class TryLater(BarazaError):
    """The gateway did not take the message, certainly; it may be handed over again."""


class FateUnknown(BarazaError):
    """Nobody can say whether the message left; a person looks before it is sent again."""


class Gateway(Protocol):
    """Something that sends messages of one transport."""

    def send(self, message: Outbound) -> Sent:
        """Hand a message over. Raises TryLater, FateUnknown."""
        ...


@runtime_checkable
class Finder(Protocol):
    """A gateway that can look whether a message has left after all."""

    def find(self, message: Outbound, since: datetime) -> Sent | None:
        """The message as the provider knows it; None where it knows none. Raises TryLater."""
        ...


@runtime_checkable
class Lister(Protocol):
    """A gateway that can list what came in, for the hour in which nobody listened."""

    def received(self, since: datetime) -> Iterator[Kept]:
        """Every message received since then, in any order. Raises TryLater."""
        ...


@runtime_checkable
class Emptied(Protocol):
    """A gateway that can tell which messages to somebody are there without their words."""

    def emptied(self, address: str, since: datetime) -> Iterator[str]:
        """The names of what we sent to this address since then and is blank there. Raises TryLater."""
        ...


@runtime_checkable
class Blanker(Protocol):
    """A gateway whose provider forgets a message's words when asked."""

    def blank(self, provider_id: str) -> None:
        """Have the words of a message deleted at the provider. Raises TryLater."""
        ...


class Caller(Protocol):
    """The place of voice: rings someone back at our cost and asks recorded questions."""

    def call_back(self, address: str, language: str, key: str) -> Sent:
        """Ring a number that has asked for it. Raises TryLater, FateUnknown."""
        ...
