"""Restored: what waited in a backup leaves only where nobody can say that it has left since."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask_babel import force_locale

from consult import backups, db
from consult.channels.ports import Sent, TryLater
from consult.desk import trace
from consult.outgoing import broadcasts, restored, sending
from consult.tables.messages import Hold, MessageKind, MessageState
from consult.tables.outgoing import BroadcastRow, BroadcastState
from consult.views import outbox
from tests import factories
from tests.consult import leaving
from tests.consult.leaving import (
    NOON,
    Provider,
    a_round,
    a_telephone,
    a_text,
    limited,
    message,
    pumped,
    spent,
)


class Forgetful(Provider):
    """A provider that deletes words when asked, and can tell where it has."""

    def __init__(self) -> None:
        super().__init__()
        self.blank_there: list[str] = []

    def blank(self, provider_id: str) -> None:
        self.blank_there.append(provider_id)

    def emptied(self, address: str, since: datetime) -> Iterator[str]:
        yield from self.blank_there


class Mute:
    """A gateway that can tell nothing of what it has sent."""

    def send(self, message: Any) -> Sent:
        raise AssertionError


class Reticent(Provider):
    """A provider that deletes words, and cannot tell where it has."""

    def blank(self, provider_id: str) -> None: ...


@pytest.fixture
def provider(engine: Any) -> Iterator[Provider]:
    with leaving.connected() as provider:
        yield provider


def a_held_text(**fields: Any) -> UUID:
    return a_text(held=Hold.RESTORED, **fields)


def look() -> int:
    return restored.look_through(now=NOON)


def test_a_restore_holds_every_text_that_waited(
    engine: sa.Engine, tmp_path: Path, provider: Provider
) -> None:
    waiting, over_budget = a_text(), a_text(held=Hold.BUDGET)
    backups.back_up(engine, tmp_path / "b.zip", now=NOON)
    pumped(provider)

    backups.restore(engine, tmp_path / "b.zip", replace=True, now=NOON)
    pumped(provider)

    assert [message(id_).held for id_ in (waiting, over_budget)] == [Hold.RESTORED] * 2
    assert len(provider.sent) == 1


def test_what_the_provider_knows_has_left_and_is_charged_once(provider: Provider) -> None:
    round_ = a_round()
    limited(round_, limit=10)
    id_ = a_held_text(round_=round_, segments=2)
    provider.known[str(id_)] = Sent(MessageState.SENT, "SM1")

    assert look() == 1
    assert look() == 0
    pumped(provider)

    row = message(id_)
    assert (row.state, row.provider_id, row.transport, row.held) == (
        MessageState.SENT,
        "SM1",
        "twilio",
        Hold.NONE,
    )
    assert (spent(round_), provider.sent) == (2, [])


def test_what_the_provider_does_not_know_leaves_in_its_turn(provider: Provider) -> None:
    a_held_text()

    assert look() == 0
    pumped(provider)
    pumped(provider)

    assert len(provider.sent) == 1


def test_the_same_words_sent_for_another_reason_are_not_this_message(provider: Provider) -> None:
    a_text(state=MessageState.SENT, transport="twilio", provider_id="SM1")
    id_ = a_held_text()
    provider.known[str(id_)] = Sent(MessageState.SENT, "SM1")

    look()

    assert (message(id_).state, message(id_).held) == (MessageState.WAITING, Hold.NONE)


@pytest.mark.parametrize("error", [TryLater("Down."), RuntimeError("a fault of ours")])
def test_while_the_provider_cannot_be_asked_it_stays_held(
    provider: Provider, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    id_ = a_held_text()

    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(provider, "find", refuse)
    look()

    assert (message(id_).held, message(id_).looked_at) == (Hold.RESTORED, None)


def test_a_message_whose_words_were_deleted_there_may_be_this_one(provider: Provider) -> None:
    forgetful = Forgetful()
    forgetful.blank_there = ["SM1", "SM9"]
    sending.use({"twilio": forgetful})
    a_text(state=MessageState.DELIVERED, transport="twilio", provider_id="SM1")
    id_ = a_held_text()

    look()

    row = message(id_)
    assert (row.held, row.looked_at, row.error) == (Hold.RESTORED, NOON, restored.WITHOUT_WORDS)


def test_deleted_words_of_messages_we_know_are_in_nobodys_way(provider: Provider) -> None:
    forgetful = Forgetful()
    forgetful.blank_there = ["SM1"]
    sending.use({"twilio": forgetful})
    a_text(state=MessageState.DELIVERED, transport="twilio", provider_id="SM1")
    id_ = a_held_text()

    look()

    assert message(id_).held == Hold.NONE


@pytest.mark.parametrize("gateway", [Mute(), Reticent()])
def test_where_nobody_can_tell_a_person_sends_it_again_or_gives_it_up(
    provider: Provider, gateway: Any
) -> None:
    sending.use({"twilio": gateway})
    again, never = a_held_text(), a_held_text()
    look()
    held = [message(id_).held for id_ in (again, never)]
    with db.transaction() as session:
        person = factories.a_person(session)
        sending.resend(session, again, by=person.id, now=NOON)
        sending.give_up(session, never, by=person.id, now=NOON)
    sending.use({"twilio": provider})
    pumped(provider)

    assert held == [Hold.RESTORED] * 2
    assert (message(again).state, message(never).state) == (MessageState.SENT, MessageState.BLOCKED)


def test_what_was_carried_by_hand_is_asked_about_nowhere(provider: Provider) -> None:
    id_ = a_held_text(contact=a_telephone(contact={"transport": "by-hand"}))

    look()

    assert message(id_).held == Hold.RESTORED


def test_whom_nothing_may_be_sent_to_is_asked_about_nowhere(provider: Provider) -> None:
    contact = a_telephone()
    id_ = a_held_text(contact=contact)
    leaving.stop(contact)
    provider.known[str(id_)] = Sent(MessageState.SENT, "SM1")

    look()
    pumped(provider)

    assert (message(id_).state, message(id_).error) == (MessageState.BLOCKED, "they have left (STOP)")


def test_stopping_a_broadcast_and_letting_it_go_on_does_not_send_what_may_have_left(
    provider: Provider,
) -> None:
    round_ = a_round()
    with db.transaction() as session:
        row = BroadcastRow(
            round_id=round_.id,
            title="Closing",
            words={"en": "Soon."},
            state=BroadcastState.RUNNING,
            created_at=NOON,
        )
        session.add(row)
        session.flush()
        broadcast = row.id
    id_ = a_held_text(round_=round_, broadcast_id=broadcast)
    with db.transaction() as session:
        broadcasts.stop(session, broadcast, by="test", now=NOON)
        broadcasts.start(session, broadcast, by="test", now=NOON)

    assert message(id_).held == Hold.RESTORED


def test_it_stands_in_the_outbox_with_its_reason_also_when_it_is_one_of_many(engine: Any) -> None:
    id_ = a_held_text()

    with db.reading() as session:
        (line,) = outbox._lines(session, [message(id_)])

    assert line.may_leave_again
    assert line.held == str(outbox.HELD[Hold.RESTORED])


def test_every_reason_kind_and_state_has_its_words() -> None:
    with force_locale("en"):
        assert set(trace.state_words()) == set(MessageState)
    assert (set(outbox.HELD), set(outbox.KINDS)) == (set(Hold), set(MessageKind))


def test_a_message_that_came_back_is_found_from_when_it_was_written(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_held_text(at=NOON - timedelta(days=3))
    asked: list[datetime] = []
    monkeypatch.setattr(provider, "find", lambda _, since: asked.append(since))

    look()

    assert asked == [NOON - timedelta(days=3, minutes=5)]
