"""The narrow port between conversations and whatever carries them.

A transport turns what it receives into an `Inbound`, sends an `Outbound`, and
reports what became of it. Conversations know nothing else, so the same ones run
over a provider's webhook, a relay telephone, a file, and later over voice.
"""

from dataclasses import dataclass
from typing import Protocol

from consult.errors import BarazaError
from consult.tables.messages import MessageState


@dataclass(frozen=True)
class Inbound:
    """A text message as received: from whom (as the network wrote it), to which number, its words."""

    sender: str
    receiver: str
    words: str
    provider_id: str
    media: int = 0
    command: str = ""


@dataclass(frozen=True)
class Outbound:
    """A message to send; `key` is our own id for it."""

    address: str
    words: str
    key: str
    subject: str = ""
    language: str = "en"


@dataclass(frozen=True)
class Sent:
    """What a gateway knows after handing a message over."""

    state: MessageState
    provider_id: str = ""
    error: str = ""


class TryLater(BarazaError):
    """The gateway did not take the message, certainly; it may be handed over again."""


class FateUnknown(BarazaError):
    """Nobody can say whether the message left; a person looks before it is sent again."""


class Gateway(Protocol):
    """Something that sends messages of one channel."""

    def send(self, message: Outbound) -> Sent:
        """Hand a message over. Raises TryLater, FateUnknown."""
        ...
