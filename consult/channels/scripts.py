"""Scripts: what a round's conversation asks, in which words, and under which version.

A script is a value. A round without one of its own speaks with the questions and
join words it was opened with and with our ready-made wording. A version that has
run never changes: whoever began under it ends under it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import Any, Final
from uuid import UUID

from sqlmodel import Session, select

from consult import rounds
from consult.channels import replies
from consult.tables.conversations import MembershipRow, ScriptRow, ScriptState
from consult.tables.rounds import RoundRow
from consult.words import speaker

READY_MADE: Final = {
    "opening": replies.WELCOME,
    "choices": replies.CHOICES,
    "why": replies.NOTED,
    "thanks": replies.RECEIVED,
    "placed-later": replies.UNPLACED,
    "freely": replies.FREELY,
    "outcome": replies.OUTCOME,
    "help": replies.HELP,
}
"""The sentences a secretary may put in other words, by name."""
_NAMES: Final = {message: name for name, message in READY_MADE.items()}
Wording = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Asking:
    """A question on one clause, or on the whole when `clause_id` is None; words per language.

    `choices` are the quick answers in words, in the place of `1 yes 2 with help 3 no`.
    """

    clause_id: UUID | None
    words: Mapping[str, str]
    choices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Script:
    """What a conversation says: join words, questions in order, and wording, each per language."""

    join_words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    questions: tuple[Asking, ...] = ()
    wording: Wording = field(default_factory=dict)
    id: UUID | None = None
    number: int = 0

    def say(self, language: str, message: str, **facts: object) -> str:
        """A sentence of ours in the script's words where it has its own, else ready-made."""
        own = self.wording.get(language, {}).get(_NAMES.get(message, ""), "")
        return replies.cheaper(filled(own, facts)) if own else replies.say(language, message, **facts)


NONE: Final = Script()


def ready_made(name: str, language: str) -> str:
    """One of our sentences in a language, its facts in braces: `{receipt}`."""
    message = READY_MADE[name]
    facts = {fact: f"{{{fact}}}" for fact in facts_of(name)}
    return speaker(language).gettext(message) % facts


def facts_of(name: str) -> tuple[str, ...]:
    """The facts a sentence must hold, in order: `receipt` and the like."""
    message = READY_MADE[name]
    held: list[str] = []

    class Noting(dict[str, str]):
        def __missing__(self, key: str) -> str:
            held.append(key)
            return ""

    message % Noting()
    return tuple(dict.fromkeys(held))


def filled(words: str, facts: Mapping[str, object]) -> str:
    """Words with `{facts}` put in; braces that name no fact stay as they are."""
    try:
        pieces = list(Formatter().parse(words))
    except ValueError:
        return words
    found = ""
    for literal, name, _spec, _conversion in pieces:
        found += literal
        if name is not None:
            found += str(facts[name]) if name in facts else f"{{{name}}}"
    return found


def of_round(session: Session, round_: RoundRow) -> Script:
    """The script that new conversations of a round begin with."""
    row = session.exec(
        select(ScriptRow).where(ScriptRow.round_id == round_.id, ScriptRow.state == ScriptState.RUNNING)
    ).first()
    return as_script(row) if row is not None else of_opening(session, round_)


def of_member(session: Session, member: MembershipRow | None, round_: RoundRow) -> Script:
    """The script that someone's conversation began with; the round's present one for newcomers."""
    row = session.get(ScriptRow, member.script_id) if member is not None and member.script_id else None
    return as_script(row) if row is not None else of_round(session, round_)


def of_opening(session: Session, round_: RoundRow) -> Script:
    """What a round was opened with: its join words and questions, in our own wording."""
    asked = rounds.questions_of(session, round_)
    return Script(
        join_words=_as_join_words(round_.join_words),
        questions=tuple(Asking(row.clause_id, row.words) for row in asked),
    )


def as_script(row: ScriptRow) -> Script:
    """The value of a kept version."""
    return Script(
        join_words=_as_join_words(row.join_words),
        questions=tuple(
            Asking(
                UUID(one["clause_id"]) if one.get("clause_id") else None,
                one.get("words", {}),
                one.get("choices", {}),
            )
            for one in row.questions
        ),
        wording=row.wording,
        id=row.id,
        number=row.number,
    )


def _as_join_words(words: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {language: tuple(found) for language, found in words.items()}
