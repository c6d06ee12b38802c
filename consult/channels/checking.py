"""What stands in the way of starting a conversation: a sentence for each field concerned."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from flask_babel import gettext as _
from sqlmodel import Session, select

from consult import receipts
from consult.channels import scripts, steps
from consult.channels.folding import tokens_of
from consult.channels.scripts import READY_MADE, Asking, Script
from consult.channels.understanding import Act, Asked, Said, understand
from consult.channels.words import together
from consult.look import language_name
from consult.tables.intake import Channel
from consult.tables.rounds import RoundRow

LONGEST_JOIN_WORD: Final = 20
LONGEST_SENTENCE: Final = 459
"""Three segments: nobody reads more on a small screen."""
COMMANDS: Final = frozenset({Act.STOP, Act.START, Act.HELP, Act.NEW, Act.LIST, Act.LISTEN})
# Carriers take these for themselves, whatever we make of them.
CARRIERS: Final = frozenset({"yes"})


def problems(session: Session, round_: RoundRow, script: Script) -> dict[str, str]:
    """What must be looked at before a script may start, by field, in the order of the page."""
    found: dict[str, str] = {}
    taken = taken_words(session, round_)
    for field, sentence in (
        *_join_words(script, round_.languages, taken),
        *_questions(script, round_.languages),
        *_wording(script, round_.languages),
    ):
        found.setdefault(field, sentence)
    return found


def join_word_problems(session: Session, round_: RoundRow) -> dict[str, str]:
    """What must be looked at in the join words that a round is opened with, by field."""
    found: dict[str, str] = {}
    for field, sentence in _unfit_words(Script(join_words=round_.join_words), taken_words(session, round_)):
        found.setdefault(field, sentence)
    return found


def taken_words(session: Session, round_: RoundRow) -> dict[tuple[str, ...], str]:
    """The join words of other rounds that are open while this one is, each with that round's title."""
    others = session.exec(
        select(RoundRow).where(
            RoundRow.id != round_.id,
            RoundRow.closed_at.is_(None),  # type: ignore[union-attr]
            RoundRow.opens_at < round_.closes_at,
            RoundRow.closes_at > round_.opens_at,
        )
    ).all()
    return {
        tuple(tokens_of(word)): other.title
        for other in others
        if Channel.SMS.value in other.channels
        for words in scripts.printed_words(session, other).values()
        for word in words
    }


# Join words


def _join_words(
    script: Script, languages: Iterable[str], taken: Mapping[tuple[str, ...], str]
) -> Iterator[tuple[str, str]]:
    yield from _unfit_words(script, taken)
    if not any(script.join_words.values()):
        first = next(iter(languages), "en")
        yield (
            steps.join(first),
            _("Give a word that people send to join, such as GOLD. Without one nobody can begin."),
        )


def _unfit_words(script: Script, taken: Mapping[tuple[str, ...], str]) -> Iterator[tuple[str, str]]:
    for language, words in script.join_words.items():
        for word in words:
            sentence = about_join_word(word, taken)
            if sentence:
                yield steps.join(language), sentence


def about_join_word(word: str, taken: Mapping[tuple[str, ...], str]) -> str:
    """Why a word cannot join; "" where it can."""
    tokens = tuple(tokens_of(word))
    if not tokens or not any(letter.isalpha() for letter in word):
        return str(_("“%(word)s” has no letters. Numbers answer our questions; join with a word.", word=word))
    if len(word) > LONGEST_JOIN_WORD:
        return str(_("“%(word)s” is long to type on a keypad. Take at most 20 letters.", word=word[:30]))
    if tokens in taken:
        return str(
            _(
                "“%(word)s” already joins “%(round)s”, which is open at the same time. Choose another word.",
                word=word,
                round=taken[tokens],
            )
        )
    if understand(Said(word)).act in COMMANDS or set(tokens) & CARRIERS:
        return str(
            _(
                "“%(word)s” is a command that people text to us in one of the five languages. "
                "Choose another word.",
                word=word,
            )
        )
    if _is_an_answer(word):
        return str(
            _(
                "“%(word)s” answers one of our questions: it is a number, a language or a receipt. "
                "Choose another word.",
                word=word,
            )
        )
    if _is_everyday(tokens):
        return str(
            _(
                "People begin texts with “%(word)s” without wishing to join. Choose a word that nobody sends "
                "by accident.",
                word=word,
            )
        )
    return ""


def _is_an_answer(word: str) -> bool:
    asked = (Asked.LANGUAGE, Asked.ABILITY, Asked.SATISFIED)
    return receipts.normalise(word) is not None or any(
        understand(Said(word, asked=one)).act is Act.ANSWER for one in asked
    )


def _is_everyday(tokens: tuple[str, ...]) -> bool:
    """Whether it is politeness, or a word that stands before a clause, a code, a receipt or a number."""
    lists = ("polite", "clause", "soft", "code", "about", "receipt", "number", "numbers")
    return any(tokens == tuple(tokens_of(phrase)) for name in lists for phrase in together(name))


# Questions


def _questions(script: Script, languages: list[str]) -> Iterator[tuple[str, str]]:
    seen: dict[object, int] = {}
    for place, question in enumerate(script.questions):
        yield from _clause(place, question)
        if question.clause_id is not None and seen.setdefault(question.clause_id, place) != place:
            yield (
                steps.clause(place),
                _(
                    "%(clause)s is asked about twice. Each clause is asked about once.",
                    clause=question.clause,
                ),
            )
        for language in languages:
            words, choices = question.words.get(language, ""), question.choices.get(language, "")
            if not words:
                yield (
                    steps.ask(place, language),
                    _(
                        "The question on %(clause)s has no words in %(language)s yet.",
                        clause=question.clause or _("its clause"),
                        language=language_name(language),
                    ),
                )
            yield from _too_long(steps.ask(place, language), f"{words} {choices}")
            if choices and not _names_the_digits(choices):
                yield steps.choose(place, language), _missing_digits()


def _clause(place: int, question: Asking) -> Iterator[tuple[str, str]]:
    if not question.clause:
        yield steps.clause(place), _("Which clause is this question on? Give its number, such as 4.1.")
    elif question.clause_id is None:
        yield (
            steps.clause(place),
            _(
                "There is no clause %(number)s in this version. Give its number as the text shows it.",
                number=question.clause[:40],
            ),
        )


# Wording


def _wording(script: Script, languages: list[str]) -> Iterator[tuple[str, str]]:
    for language in languages:
        wording = script.wording.get(language, {})
        for name in READY_MADE:
            field, words = steps.say(language, name), wording.get(name, "")
            if not words:
                yield (
                    field,
                    _("This has no words in %(language)s yet.", language=language_name(language)),
                )
                continue
            yield from _facts(field, name, words)
            yield from _too_long(field, words)
            if name == "opening" and not says_how_to_stop(words):
                yield (
                    field,
                    _(
                        "The opening must say how to stop, with a word in capitals that we understand, "
                        "such as STOP."
                    ),
                )
            if name == "choices" and not _names_the_digits(words):
                yield field, _missing_digits()


def _facts(field: str, name: str, words: str) -> Iterator[tuple[str, str]]:
    wanted = scripts.facts_of(name)
    named = scripts.named_in(words)
    listed = ", ".join(f"{{{fact}}}" for fact in wanted)
    if named is None:
        yield field, _("A brace stands alone here. Take it out, or write a whole one such as {receipt}.")
        return
    for fact in named:
        if fact not in wanted and listed:
            yield (
                field,
                _(
                    "{%(fact)s} is nothing that we can put in here. These can stand in braces: %(facts)s.",
                    fact=fact[:40],
                    facts=listed,
                ),
            )
        elif fact not in wanted:
            yield (
                field,
                _("{%(fact)s} is nothing that we can put in here. Take it out.", fact=fact[:40]),
            )
    for fact in wanted:
        if fact not in named:
            yield field, _("Put {%(fact)s} where it shall stand: %(means)s.", fact=fact, means=means(fact))


def means(fact: str) -> str:
    """What a fact in braces stands for."""
    return {
        "alias": str(_("the name we give somebody, such as P-7Q4KM")),
        "receipt": str(_("the code that the comment goes by")),
        "outcome": str(_("what the committee decided, in two or three words")),
        "answer": str(_("the committee’s reason")),
    }.get(fact, fact)


def says_how_to_stop(words: str) -> bool:
    """Whether a word in capitals stands there that ends the conversation: `para` is also a preposition."""
    capitals = [word for word in words.split() if word.upper() == word]
    return any(understand(Said(word)).act is Act.STOP for word in capitals)


def _names_the_digits(choices: str) -> bool:
    return all(digit in tokens_of(choices) for digit in "123")


def _missing_digits() -> str:
    return str(_("Name all three: 1 for yes, 2 for with help, 3 for no."))


def _too_long(field: str, words: str) -> Iterator[tuple[str, str]]:
    if len(words) > LONGEST_SENTENCE:
        yield (
            field,
            _("These are %(many)s characters. Keep to 459, which are three segments.", many=len(words)),
        )
