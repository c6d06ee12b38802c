"""Somebody with a telephone, for tests: texts from fictional numbers, read as they come."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from consult import db, intake, ledger, rounds
from consult.channels import relay, sms, twilio
from consult.tables.comments import CommentRow, LinkKind, LinkRow, Placement, StandingRow
from consult.tables.intake import Channel, Outcome, RecordOutcomeRow
from consult.tables.messages import MessageRow
from tests import factories

ASHA, BARAKA = "+255700000001", "+255700000002"


class Telephone:
    """The clock moves on by a minute with each text, unless told otherwise."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.reading = sms.Reading()
        self.serial = count(1)

    def text(self, words: str, sender: str = ASHA, *, after: float = 60, **fields: str) -> list[str]:
        """Send a text. Returns what is answered to it."""
        self.now += timedelta(seconds=after)
        before = self._sent()
        self.keep(words, sender, **fields)
        self.read()
        return [words for id_, words in self._sent().items() if id_ not in before]

    def part(
        self,
        words: str,
        part: int,
        parts: int,
        *,
        reference: str = "77",
        sender: str = ASHA,
        after: float = 1,
    ) -> list[str]:
        """Send one part of a long text. Returns what is answered to it."""
        self.now += timedelta(seconds=after)
        before = self._sent()
        self.keep_part(words, part, parts, reference=reference, sender=sender)
        self.read()
        return [words for id_, words in self._sent().items() if id_ not in before]

    def keep(self, words: str, sender: str = ASHA, **fields: str) -> UUID:
        """Put a text into the ledger without reading it."""
        sid = f"SM{next(self.serial):032x}"
        form = {"MessageSid": sid, "From": sender, "To": "+12025550100", "Body": words, **fields}
        arrival = intake.Arrival(
            Channel.SMS, "twilio", sid, twilio.as_body(list(form.items())), content_type=twilio.FORM
        )
        return intake.accept(arrival, now=self.now).id

    def keep_part(
        self, words: str, part: int, parts: int, *, reference: str = "77", sender: str = ASHA
    ) -> UUID:
        """Put one part of a long text into the ledger, as a relay telephone brings it."""
        name = f"relay-{next(self.serial)}"
        said = {
            "id": name,
            "from": sender,
            "to": "+12025550100",
            "text": words,
            "reference": reference,
            "part": part,
            "parts": parts,
        }
        arrival = intake.Arrival(Channel.SMS, "relay", name, json.dumps(said).encode(), relay.JSON)
        return intake.accept(arrival, now=self.now).id

    def read(self, *, after: float = 0) -> None:
        """Read what waits, so many seconds later."""
        self.now += timedelta(seconds=after)
        sms.read_waiting(now=self.now, reading=self.reading)

    @property
    def outcomes(self) -> list[Outcome]:
        """What the records became, oldest first."""
        with db.reading() as session:
            rows = session.exec(select(RecordOutcomeRow).order_by(col(RecordOutcomeRow.at))).all()
        return [row.outcome for row in rows]

    @property
    def comments(self) -> list[CommentRow]:
        """Every comment, oldest first."""
        with db.reading() as session:
            return list(session.exec(select(CommentRow).order_by(CommentRow.received_at, CommentRow.id)))  # type: ignore[arg-type]

    @property
    def texts(self) -> list[str]:
        """The words of every comment, oldest first."""
        return [comment.text for comment in self.comments]

    def _sent(self) -> dict[UUID, str]:
        with db.reading() as session:
            rows = session.exec(select(MessageRow).order_by(col(MessageRow.created_at), col(MessageRow.id)))
            return {row.id: row.words for row in rows}


def open_round(
    session: Session, now: datetime, *, asked: Mapping[str, str] | None = None, **fields: Any
) -> dict[str, UUID]:
    """A round in two languages with a question on 2.2; gives the ids of its clauses by number.

    `asked` gives other questions in English, by the number of their clause.
    """
    version = factories.a_version(session, status="consultation")
    clauses = {number: factories.clause_numbered(session, version, number) for number in factories.CLAUSES}
    in_two = {
        "en": "One retort for 40 people. Can your group do that?",
        "sw": "Retort moja kwa watu 40. Mnaweza?",
    }
    questions = {number: {"en": words} for number, words in asked.items()} if asked else {"2.2": in_two}
    wanted = rounds.NewRound(
        **{
            "slug": "gold-2026",
            "title": "Round one",
            "languages": ("en", "sw"),
            "join_words": {"en": ("gold",), "sw": ("dhahabu",)},
            "opens_at": now - timedelta(days=1),
            "closes_at": now + timedelta(days=30),
            "questions": tuple(
                rounds.Question(clause_id=clauses[number], words=words) for number, words in questions.items()
            ),
        }
        | fields
    )
    rounds.open_round(session, version, wanted, now=now)
    session.commit()
    return clauses


def placement_of(comment: CommentRow) -> tuple[Placement, set[tuple[UUID | None, LinkKind]]]:
    """Where a comment stands, and its links."""
    with db.reading() as session:
        found = session.exec(select(LinkRow).where(LinkRow.comment_id == comment.id)).all()
        standing = session.get_one(StandingRow, comment.id)
        return standing.placement, {(one.clause_id, one.kind) for one in found}


def faults() -> Sequence[str]:
    """What the ledger finds wrong with itself."""
    with db.transaction() as session:
        ledger.seal_new(session, now=factories.NOW)
        return ledger.verify(session).faults
