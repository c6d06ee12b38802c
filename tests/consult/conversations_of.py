"""Rounds and designed conversations for tests; only the facts that matter are given."""

from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from consult import rounds
from consult.channels.scripts import Asking, Script
from consult.conversations import designing
from consult.tables.rounds import RoundRow
from standards.tables import VersionRow
from tests import factories


def an_open_round(session: Session, now: datetime, **fields: Any) -> RoundRow:
    """A round in English and Swahili with a question on 2.2, joined by GOLD and DHAHABU."""
    version = factories.a_version(session, status="consultation")
    asked = factories.clause_numbered(session, version, "2.2")
    wanted = {
        "slug": "gold-2026",
        "title": "Round one",
        "languages": ("en", "sw"),
        "join_words": {"en": ("GOLD",), "sw": ("DHAHABU",)},
        "opens_at": now - timedelta(days=1),
        "closes_at": now + timedelta(days=30),
        "questions": (rounds.Question(clause_id=asked, words={"en": "One retort?", "sw": "Retort moja?"}),),
    }
    return rounds.open_round(session, version, rounds.NewRound(**wanted | fields), now=now)


def clause_of(session: Session, round_: RoundRow, number: str) -> Any:
    """The id of a clause of a round's version."""
    return factories.clause_numbered(session, session.get_one(VersionRow, round_.version_id), number)


def a_whole_script(session: Session, round_: RoundRow, **words: str) -> Script:
    """A script that may start: ready-made but for an English opening, thanks and question of its own."""
    made = designing.ready_made(session, round_)
    own = {
        "opening": "Our own opening for {alias}. Nobody sees your number. STOP ends.",
        "thanks": "We thank you. {receipt}",
        **words,
    }
    question = Asking(
        clause_of(session, round_, "2.2"),
        {"en": "Our own question on retorts?", "sw": "Swali letu kuhusu retort?"},
        {},
        "2.2",
    )
    wording = {code: dict(sentences) for code, sentences in made.wording.items()}
    wording["en"] |= own
    return Script(made.join_words, (question,), wording)
