"""A stand-in for the relay telephone: it exchanges with us as the telephone's program does.

It keeps what it is given by our name for it, so that a repetition is sent once;
it can lose an answer on the way, lose its signal, and report by parts.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

NUMBER = "+255750000000"
Exchange = Callable[[dict[str, Any]], tuple[int, dict[str, Any]]]
"""What carries one exchange to us: the posted object in, our status and answer out."""


@dataclass
class Phone:
    """The telephone's state: what it has not yet brought, what it was given, and what it sent."""

    exchange: Exchange
    number: str = NUMBER
    unsent: list[dict[str, Any]] = field(default_factory=list)
    reports: list[dict[str, Any]] = field(default_factory=list)
    held: dict[str, dict[str, str]] = field(default_factory=dict)
    sent: list[dict[str, str]] = field(default_factory=list)
    has_signal: bool = True

    def __post_init__(self) -> None:
        self._serial = count(1)

    def receive(self, words: str, sender: str, **fields: Any) -> dict[str, Any]:
        """Somebody texts the telephone."""
        one = {"id": str(next(self._serial)), "from": sender, "to": self.number, "text": words, **fields}
        self.unsent.append(one)
        return one

    def meet(self, *, want: int = 10, loses_the_answer: bool = False) -> int:
        """One exchange; without an answer the telephone will bring everything again."""
        status, answer = self.exchange({"messages": self.unsent, "reports": self.reports, "want": want})
        if status != 200 or loses_the_answer:
            return status
        self.unsent = [one for one in self.unsent if one["id"] not in answer["kept"]]
        self.reports = []
        for one in answer["send"]:
            self._hold(one)
        return status

    def send(self) -> None:
        """Send what it holds, once each, where there is a signal."""
        for name, one in self.held.items():
            if self.has_signal and one not in self.sent:
                self.sent.append(one)
                self.reports.append({"message": name, "status": "sent"})

    def _hold(self, one: dict[str, str]) -> None:
        self.held.setdefault(one["message"], one)
        self.send()
