"""Scripts: what a round's conversation asks, in which words, and under which version.

A script is a value. A round without one of its own speaks with the questions and
join words it was opened with and with our ready-made wording. A version that has
run never changes: whoever began under it ends under it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from string import Formatter
from typing import Any, Final
from uuid import UUID

from sqlmodel import Session, col, select

from consult import rounds
from consult.channels import replies, segments
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

    `choices` are the quick answers in words, in the place of the conversation's own;
    `clause` is the number as somebody typed it into a draft.
    """

    clause_id: UUID | None
    words: Mapping[str, str]
    choices: Mapping[str, str] = field(default_factory=dict)
    clause: str = ""


@dataclass(frozen=True)
class Script:
    """What a conversation says: join words, questions in order, and wording, each per language."""

    join_words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    questions: tuple[Asking, ...] = ()
    wording: Wording = field(default_factory=dict)
    id: UUID | None = None
    number: int = 0

    def speaks(self, language: str) -> bool:
        """Whether somebody has put its sentences into this language."""
        return any(self.wording.get(language, {}).values())

    def say(self, language: str, message: str, **facts: object) -> str:
        """A sentence of ours in the script's words where it has its own, else ready-made."""
        own = self._wording_in(language).get(_NAMES.get(message, ""), "")
        return self.leaving(own, filled(own, facts)) if own else replies.say(language, message, **facts)

    def _wording_in(self, language: str) -> Mapping[str, str]:
        """The wording of this language, else of a variety of it: `pt-BR` for `pt`."""
        varieties = (code for code in self.wording if code.split("-")[0] == language)
        return self.wording.get(language) or self.wording.get(next(varieties, ""), {})

    def leaving(self, own: str, whole: str) -> str:
        """A message as it leaves: designed words stay as they were designed and counted.

        Only what we put into them, and what nobody designed, is made plainer where that is cheaper.
        """
        is_designed = self.id is not None and segments.encoding_of(own) != "GSM-7"
        return whole if is_designed else replies.cheaper(whole)


NONE: Final = Script()


def ready_made(name: str, language: str) -> str:
    """One of our sentences in a language, its facts in braces: `{receipt}`; without costly characters."""
    message = READY_MADE[name]
    facts = {fact: f"{{{fact}}}" for fact in facts_of(name)}
    return segments.plainer(speaker(language).gettext(message) % facts)


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


def named_in(words: str) -> tuple[str, ...] | None:
    """The names that stand in braces, in order; None where a brace is left open."""
    try:
        return tuple(
            name for _literal, name, _spec, _conversion in Formatter().parse(words) if name is not None
        )
    except ValueError:
        return None


def of_round(session: Session, round_: RoundRow) -> Script:
    """The script that new conversations of a round begin with; every join word of the round still joins."""
    kept = _have_run(session, round_)
    row = next((one for one in kept if one.state is ScriptState.RUNNING), None)
    return _with_all_words(as_script(row) if row is not None else of_opening(session, round_), round_, kept)


def of_member(session: Session, member: MembershipRow | None, round_: RoundRow) -> Script:
    """The script that someone's conversation began with; the round's present one for newcomers."""
    row = session.get(ScriptRow, member.script_id) if member is not None and member.script_id else None
    if row is None:
        if member is None:
            return of_round(session, round_)
        # They began when nobody had designed a conversation yet.
        return _with_all_words(of_opening(session, round_), round_, _have_run(session, round_))
    return _with_all_words(as_script(row), round_, _have_run(session, round_))


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
                one.get("clause", ""),
            )
            for one in row.questions
        ),
        wording=row.wording,
        id=row.id,
        number=row.number,
    )


def as_columns(script: Script) -> dict[str, Any]:
    """A script as its row keeps it."""
    return {
        "join_words": {language: list(words) for language, words in script.join_words.items()},
        "questions": [
            {
                "clause_id": str(one.clause_id) if one.clause_id else None,
                "words": dict(one.words),
                "choices": dict(one.choices),
                "clause": one.clause,
            }
            for one in script.questions
        ],
        "wording": {language: dict(words) for language, words in script.wording.items()},
    }


def printed_words(session: Session, round_: RoundRow) -> dict[str, tuple[str, ...]]:
    """Every word that has ever joined a round, per language: posters stay on walls."""
    return all_words_of(round_, _have_run(session, round_))


def all_words_of(round_: RoundRow, kept: Iterable[ScriptRow]) -> dict[str, tuple[str, ...]]:
    """The join words a round was opened with and those of these versions, per language, each once."""
    found: dict[str, list[str]] = {}
    for words in (round_.join_words, *(row.join_words for row in kept)):
        for language, joining in words.items():
            found.setdefault(language, []).extend(joining)
    return {language: tuple(dict.fromkeys(joining)) for language, joining in found.items()}


def _have_run(session: Session, round_: RoundRow) -> Sequence[ScriptRow]:
    return session.exec(
        select(ScriptRow)
        .where(ScriptRow.round_id == round_.id, ScriptRow.state != ScriptState.DRAFT)
        .order_by(col(ScriptRow.number))
    ).all()


def _with_all_words(script: Script, round_: RoundRow, kept: Sequence[ScriptRow]) -> Script:
    printed = all_words_of(round_, kept)
    languages = dict.fromkeys([*script.join_words, *printed])
    joined = {
        language: tuple(dict.fromkeys([*script.join_words.get(language, ()), *printed.get(language, ())]))
        for language in languages
    }
    return replace(script, join_words=joined)


def _as_join_words(words: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {language: tuple(found) for language, found in words.items()}
