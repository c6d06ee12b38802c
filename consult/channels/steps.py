"""What each sentence of a conversation costs as it leaves, with the longest facts put in.

One segment a step is the rule. Sentences are counted as designed: what a
secretary types is not made plainer behind their back.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final
from uuid import UUID

from sqlmodel import Session

from consult import answers, rounds
from consult.channels import replies, scripts, segments
from consult.channels.scripts import READY_MADE, Asking, Script
from consult.channels.segments import Costly, Segments
from consult.tables.outgoing import AllowanceRow
from consult.tables.rounds import RoundRow
from consult.words import speaker

ALIAS: Final = "P-7Q4KM"
RECEIPT: Final = "7KT4-M2P9"
IN_PARTS: Final = frozenset({"choices"})
"""Words that leave as a part of other sentences only."""


@dataclass(frozen=True)
class Around:
    """What stands around the words of one field when they leave, and the facts put into them."""

    before: str = ""
    after: str = ""
    facts: Mapping[str, str] | None = None

    def whole(self, words: str) -> str:
        """The message as it leaves."""
        return f"{self.before}{scripts.filled(words, self.facts or {})}{self.after}"


@dataclass(frozen=True)
class Step:
    """One sentence of a script: the field it is typed into, its words, and what stands around them."""

    field: str
    language: str
    name: str
    words: str
    around: Around

    @property
    def counted(self) -> Segments:
        """What it costs as it was typed."""
        return segments.count(self.around.whole(self.words))

    @property
    def costly(self) -> tuple[Costly, ...]:
        """The typed characters that force the dear alphabet."""
        return segments.costly(self.words)

    @property
    def plainer(self) -> Segments:
        """What it would cost with every offered replacement made."""
        return segments.count(self.around.whole(segments.plainer(self.words)))

    @property
    def breaks_the_rule(self) -> bool:
        """Whether it takes more than one segment."""
        return self.name not in IN_PARTS and self.counted.segments > 1


@dataclass(frozen=True)
class Price:
    """What a segment costs in a round, where somebody has said so."""

    amount: Decimal
    currency: str

    def of(self, count: int) -> str:
        """What so many segments cost, with the places of the price: `0.08 USD`."""
        return f"{self.amount * count} {self.currency}".strip()


@dataclass(frozen=True)
class Round:
    """What a script stands in: the round's languages, its clause codes, the price of a segment."""

    languages: tuple[str, ...]
    code_of: Mapping[UUID, int]
    price: Price | None


def ground(session: Session, round_: RoundRow) -> Round:
    """What the sentences of a round's conversation are counted with."""
    return Round(tuple(round_.languages), rounds.codes_of(session, round_), price_of(session, round_))


def price_of(session: Session, round_: RoundRow) -> Price | None:
    """The price of a segment; None where nobody has given one."""
    row = session.get(AllowanceRow, round_.id)
    try:
        amount = Decimal(row.price) if row is not None and row.price else None
    except InvalidOperation:
        return None
    return Price(amount, row.currency) if row is not None and amount is not None else None


def of(script: Script, stands: Round) -> list[Step]:
    """Every sentence of a script, language by language: the wording, then the questions in order."""
    return [step for language in stands.languages for step in _in(language, script, stands)]


def in_all(script: Script, stands: Round, language: str) -> int:
    """The segments of a whole conversation: opening, each question with its thanks, the invitation."""
    cost = {step.field: step.counted.segments for step in _in(language, script, stands)}
    thanks = cost[say(language, "thanks")]
    asked = [cost[ask(place, language)] for place in range(len(script.questions))]
    return (
        cost[say(language, "opening")]
        + cost[say(language, "freely")]
        + sum(one + thanks for one in asked if one)
    )


def say(language: str, name: str) -> str:
    """The field of a sentence."""
    return f"say-{language}-{name}"


def ask(place: int, language: str) -> str:
    """The field of a question's words."""
    return f"q-{place}-words-{language}"


def choose(place: int, language: str) -> str:
    """The field of a question's own quick answers."""
    return f"q-{place}-choices-{language}"


def clause(place: int) -> str:
    """The field of the clause a question is on."""
    return f"q-{place}-clause"


def join(language: str) -> str:
    """The field of a language's join words."""
    return f"join-{language}"


def _in(language: str, script: Script, stands: Round) -> Iterator[Step]:
    wording = script.wording.get(language, {})
    for name in READY_MADE:
        around = Around(after=_after(name, stands.languages), facts=facts(name, language))
        yield Step(say(language, name), language, name, wording.get(name, ""), around)
    for place, question in enumerate(script.questions):
        words, choices = question.words.get(language, ""), question.choices.get(language, "")
        code = code_before(question, stands)
        after = f" {choices or wording.get('choices', '')}" if words else ""
        yield Step(ask(place, language), language, "question", words, Around(code if words else "", after))


def code_before(question: Asking, stands: Round) -> str:
    """The clause code a question begins with; the longest of the round where the clause is not known yet."""
    code = stands.code_of.get(question.clause_id) if question.clause_id else None
    return f"{code or max(stands.code_of.values(), default=99)}: "


def facts(name: str, language: str) -> dict[str, str]:
    """The longest that can stand for each fact of a sentence; the committee's answer counts as empty."""
    longest = {"alias": ALIAS, "receipt": RECEIPT, "outcome": _longest_outcome(language), "answer": ""}
    return {fact: longest.get(fact, "") for fact in scripts.facts_of(name)}


def _longest_outcome(language: str) -> str:
    speak = speaker(language).gettext
    return max((segments.plainer(speak(words)) for words in answers.OUTCOMES.values()), key=len)


def _after(name: str, languages: Sequence[str]) -> str:
    """The opening is followed by the languages to choose from."""
    if name != "opening" or len(languages) < 2:
        return ""
    return f" {segments.plainer(replies.languages_by_number(languages))}"
