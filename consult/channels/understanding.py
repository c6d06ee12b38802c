"""Understanding a text message: what someone means to do, before anything is done.

The order is fixed, and the first that fits wins: a whole message that says stop,
start or help in any language; a join word; NEW, LIST, LISTEN; a receipt code; an
answer to what we last asked; a clause by code or number; a comment on the last
question; and what remains is unplaced, for a person to place. Nothing is ever an
error, and the words are never changed.

Pure: no clock, no database. Someone who has not joined is understood the same
way; the conversation decides what to reply.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Final

from consult import receipts
from consult.channels.folding import (
    INVISIBLE,
    SPACE,
    after,
    fold,
    fold_in_place,
    plain_digits,
    tokens_of,
    tokens_with_ends,
    trimmed,
)
from consult.channels.words import LANGUAGES, language_names, together, words


class Act(StrEnum):
    """What a message does."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    JOIN = "join"
    NEW = "new"
    LIST = "list"
    LISTEN = "listen"
    RECEIPT = "receipt"
    ANSWER = "answer"
    CLAUSE = "clause"
    COMMENT = "comment"
    UNPLACED = "unplaced"


class Asked(StrEnum):
    """The question of ours that stands open on a telephone."""

    LANGUAGE = "language"
    ABILITY = "ability"
    SATISFIED = "satisfied"
    RESULT = "result"


@dataclass(frozen=True)
class Said:
    """A message, and what the conversation knew when it came.

    `codes` are the round's clause codes with the clause number each stands for;
    `numbers` its clause numbers; `languages` its languages, in the order offered.
    """

    text: str
    language: str = ""
    joined: bool = False
    join_words: tuple[str, ...] = ()
    asked: Asked | None = None
    codes: Mapping[str, str] = field(default_factory=dict)
    numbers: tuple[str, ...] = ()
    languages: tuple[str, ...] = LANGUAGES


@dataclass(frozen=True)
class Understood:
    """What a message does, to what, and the words that remain.

    `value` is the digit answered, the number of the clause meant, or the receipt
    code as we write it; None for every other act. `names_unknown` says that it
    names a clause that there is not.
    """

    act: Act
    value: str | None = None
    words: str = ""
    names_unknown: bool = False


ABILITY_ANSWERS: Final = 3
SATISFIED_ANSWERS: Final = 2
RESULT_ANSWERS: Final = 1
# Longer than this is never a polite request, however often it says please.
COMMAND_WORDS: Final = 9
LONGEST_RECEIPT: Final = 80

_OPENING: Final = rf"[\s{INVISIBLE}#(\[{{\"'‘’“”«¿¡*.\-–—:>]*"
# A number before one of these is a quantity; "12 l'eau" and "12 e caro" are words about 12.
_UNIT: Final = (
    r"(?:kgs?|kilos?|g|gr|grams?|grammes?|gramos?|gramas?|gramu|km|cm|mm|ml|lt|mt|m2|m3|m|l|ha|hrs?|h|am|pm|yrs?|mths?|wks?|"
    r"usd|tzs|tsh|kes|ksh|ugx|cfa|fcfa|cop|mil|million|millions|millones|milh\w+|milioni)\b(?!['’]\w)"
    r"|[%°$€£ºª]"
)
_ORDINAL: Final = r"(?:st|nd|rd|th|e|er|ère|ème|eme)\b|h\d{2}\b|[’']\w"
_QUANTITY: Final = re.compile(rf"\s?(?:{_UNIT})|{_ORDINAL}", re.IGNORECASE)
_MEASURE: Final = re.compile(
    r"\s?(?:met(?:er|re|ro)s?|m[eè]tres?|mita|lit(?:er|re|ro)s?|lita|tons?|tonnes?|toneladas?|tani|hours?|heures?|horas?|saa|"
    r"dollars?|d[oó]lares|dola|francs?|pesos|soles|reais|shillings?|shilingi)\b",
    re.IGNORECASE,
)
_DIGITS: Final = re.compile(rf"{_OPENING}(\d+)[{INVISIBLE}\u20e3]*(?:['\"’”]+(?!\w))?")
_RECEIPT: Final = re.compile(r"(?<![^\W_])[0-9A-Za-z]{4}[\s\-–—]{0,3}[0-9A-Za-z]{4}(?![^\W_])")
_DOTTED: Final = re.compile(
    rf"{_OPENING}((?:[A-Za-z]{{1,3}}\.?)?\d+(?:\.\d+)+(?:\.?[A-Za-z](?![^\W_]))?|[A-Za-z]\.\d+|[A-Za-z]{{1,2}}\d+)(?![^\W_])"
)
_NUMBER: Final = r"(?:[A-Za-z]{1,3}[.\-]?)?\d+(?:[.,]\d+)*(?:\.?[a-zA-Z](?![^\W_]))?"
# Words may stand close after a number; one letter more, or another figure, makes it another number.
_NUMBER_ENDS: Final = r"(?![.,]?\d|[^\W\d_](?![^\W\d_]))"


def understand(said: Said) -> Understood:
    """Say what a message does; text that fits nothing is kept whole as a comment or unplaced."""
    heard = (
        _whole_message(said.text, (Act.STOP, Act.START, Act.HELP))
        or _join(said)
        or _whole_message(said.text, (Act.NEW, Act.LIST, Act.LISTEN))
        or _receipt(said.text)
        or _answer(said)
        or _clause(said)
    )
    if heard:
        return heard
    kept = trimmed(said.text)
    if said.asked and kept:
        return Understood(Act.COMMENT, None, kept)
    return Understood(Act.UNPLACED, None, kept)


# Commands and join words


def _whole_message(text: str, acts: Iterable[Act]) -> Understood | None:
    """The command a message consists of, politeness aside."""
    tokens = tokens_of(text)
    if not 0 < len(tokens) <= COMMAND_WORDS:
        return None
    # In full first: "naomba msaada" is one phrase though "naomba" alone is politeness.
    for phrase in (tuple(tokens), _without_politeness(_once(tokens))):
        for act in acts:
            if phrase in _commands()[act]:
                return Understood(act)
    return None


def says_stop(text: str) -> bool:
    """Whether a message does nothing but stop, whatever else is known."""
    return _whole_message(text, (Act.STOP,)) is not None


def _once(tokens: list[str]) -> list[str]:
    """`STOP STOP STOP` said once, `S T O P` in one piece."""
    if len(tokens) > 2 and all(len(token) == 1 for token in tokens):
        return ["".join(tokens)]
    return [token for place, token in enumerate(tokens) if place == 0 or token != tokens[place - 1]]


def _without_politeness(tokens: list[str]) -> tuple[str, ...]:
    left = tuple(tokens)
    while True:
        # The longest first every time: "favor" alone would leave the "por" of "por favor" behind.
        phrase = next((one for one in _politeness() if _stands_outside(one, left)), None)
        if phrase is None:
            return left
        left = left[len(phrase) :] if left[: len(phrase)] == phrase else left[: -len(phrase)]


def _stands_outside(phrase: tuple[str, ...], tokens: tuple[str, ...]) -> bool:
    size = len(phrase)
    return size < len(tokens) and phrase in (tokens[:size], tokens[-size:])


def _join(said: Said) -> Understood | None:
    """A join word alone or first, letter for letter; the words after it remain."""
    for word in said.join_words:
        wanted = tokens_of(word)
        end = _end_of_first(said.text, wanted)
        if wanted and end is not None:
            return Understood(Act.JOIN, None, after(said.text[end:]))
    return None


def _end_of_first(text: str, wanted: list[str]) -> int | None:
    """Where the wanted words end when the text begins with them."""
    end = 0
    found = tokens_with_ends(text)
    for word in wanted:
        token, end = next(found, ("", 0))
        if token != word:
            return None
    # "gold-mining" and "gold's" are other words than "gold".
    return None if re.match(r"[-'’_]\w", text[end:]) else end


# Receipts and answers


def _receipt(text: str) -> Understood | None:
    """A receipt code, alone or with a word that says so: "receipt 7KT4-M2P9 please"."""
    code = receipts.normalise(text)
    for found in _RECEIPT.finditer(text) if code is None and len(text) <= LONGEST_RECEIPT else ():
        around = [*tokens_of(text[: found.start()]), "\0", *tokens_of(text[found.end() :])]
        said_so = [token for token in _without_politeness(around) if token != "\0"]
        if not said_so or " ".join(said_so) in _folded("receipt"):
            code = code or receipts.normalise(found[0])
    return Understood(Act.RECEIPT, code) if code else None


def _answer(said: Said) -> Understood | None:
    """The digit answered, with the free words after it; None when nothing was asked or nothing fits."""
    if said.asked is None:
        return None
    highest = {
        Asked.LANGUAGE: len(said.languages),
        Asked.ABILITY: ABILITY_ANSWERS,
        Asked.SATISFIED: SATISFIED_ANSWERS,
        Asked.RESULT: RESULT_ANSWERS,
    }[said.asked]
    number, rest = _leading_digits(said.text) or _leading_number_word(said.text) or ("", "")
    if number and 1 <= int(number) <= highest and not _is_undecided(rest):
        return Understood(Act.ANSWER, number, after(rest))
    if said.asked is Asked.LANGUAGE:
        return _language_named(said)
    return None


def _leading_digits(text: str) -> tuple[str, str] | None:
    """The whole number a text begins with and what follows; None for decimals, times, quantities."""
    found = _DIGITS.match(plain_digits(text))
    if not found or len(found[1]) > 6:
        return None
    rest = text[found.end() :]
    if re.match(r"[.,:/\-–\u2044]\d", rest) or _QUANTITY.match(rest) or re.match(r"[ ]\d{3}\b", rest):
        return None
    return str(int(found[1])), rest


def _leading_number_word(text: str) -> tuple[str, str] | None:
    """A number word that stands alone, or before a separator: "un." but not "un poco"."""
    tokens = list(tokens_with_ends(text))
    leading = {tuple(tokens_of(word)) for word in together("number")}
    if len(tokens) > 1 and (tokens[0][0],) in leading:
        digits = _leading_digits(text[tokens[0][1] :])
        if digits:
            return digits
        tokens = tokens[1:]
    if not tokens:
        return None
    word, end = tokens[0]
    number = _number_words().get(word)
    rest = text[end:]
    if number is None or not (len(tokens) == 1 or re.match(rf"{SPACE}*[.,:;)\-–—=](?!\w)", rest)):
        return None
    return number, rest


def _is_undecided(rest: str) -> bool:
    """Whether a second number is offered beside the first, as in "1 or 2": no answer to record."""
    offered = re.match(r"\s*(?:([^\W\d_]+)|[/&+\-–])\s*\d\s*(?:[.!?]|$)", rest)
    return bool(offered and (offered[1] is None or fold(offered[1]) in _folded("or")))


def _is_span(rest: str) -> bool:
    """Whether a second number follows at once, as in "12 to 15 people" or "12 and 13 contradict"."""
    second = re.match(r"\s*(?:([^\W\d_]+)|[/&+\-–])\s*\d", rest)
    return bool(second and (second[1] is None or fold(second[1]) in _folded("or")))


def _language_named(said: Said) -> Understood | None:
    """A language called by its name, alone: someone who writes "Kiswahili" has chosen."""
    named = " ".join(_without_politeness(tokens_of(said.text)))
    own = [said.language] if said.language in LANGUAGES else []
    for speaking in dict.fromkeys([*own, *LANGUAGES]):
        for code, names in language_names(speaking).items():
            if named in map(fold, names) and code in said.languages:
                return Understood(Act.ANSWER, str(said.languages.index(code) + 1))
    return None


# Clauses


def _clause(said: Said) -> Understood | None:
    """The clause a message is about: named first, by code or number, or once inside a sentence."""
    text = said.text
    named = _clause_words().match(fold_in_place(text))
    if named and not _is_elsewhere(text, named.end()):
        number = _existing(
            text[named.start("number") : named.end("number")], said, code_first=bool(named["code"])
        )
        if number:
            return Understood(Act.CLAUSE, number, after(text[named.end() :]))
        if not named["soft"]:
            return Understood(Act.UNPLACED, None, trimmed(text), names_unknown=True)
    dotted = _DOTTED.match(plain_digits(text))
    if dotted:
        number = _known(dotted[1], said.numbers)
        rest = text[dotted.end() :]
        if _reads_as_quantity(dotted[1], rest):
            return _named_inside(said)
        if number:
            return Understood(Act.CLAUSE, number, after(rest))
        if "." in dotted[1]:
            return Understood(Act.UNPLACED, None, trimmed(text), names_unknown=True)
    glued = re.match(rf"{_OPENING}(\d+(?:\.\d+)+)(?=[^\W\d_]{{2}})", text)
    if glued and _known(glued[1], said.numbers) and not _QUANTITY.match(text[glued.end() :]):
        return Understood(Act.CLAUSE, _known(glued[1], said.numbers), after(text[glued.end() :]))
    digits = _leading_digits(text)
    if digits and digits[0] in said.codes and not _is_span(digits[1]):
        return Understood(Act.CLAUSE, said.codes[digits[0]], after(digits[1]))
    return _named_inside(said)


def _named_inside(said: Said) -> Understood | None:
    """The one clause a sentence names; the whole sentence remains. Two clauses are for a person."""
    folded = fold_in_place(said.text)
    meant = set()
    for found in _clause_words_inside().finditer(folded):
        outside = set(tokens_of(folded[: found.start()])) & _folded("elsewhere_before")
        if outside or _is_elsewhere(said.text, found.end()):
            return None
        meant.add(_existing(said.text[found.start("number") : found.end("number")], said))
    number = meant.pop() if len(meant) == 1 else None
    return Understood(Act.CLAUSE, number, trimmed(said.text)) if number else None


def _existing(typed: str, said: Said, *, code_first: bool = False) -> str | None:
    """The clause meant after the word for clause: that number if there is one, else that code."""
    typed = unicodedata.normalize("NFKC", typed)
    code = said.codes.get(typed) or (said.codes.get(str(int(typed))) if typed.isdecimal() else None)
    number = _known(typed, said.numbers) or _known(typed.replace(",", "."), said.numbers)
    return (code or number) if code_first else (number or code)


def _known(typed: str, numbers: tuple[str, ...]) -> str | None:
    """The number as the standard writes it, capitals and a closing stop aside."""
    wanted = typed.casefold().rstrip(".")
    return next((number for number in numbers if number.casefold().rstrip(".") == wanted), None)


def _is_elsewhere(text: str, end: int) -> bool:
    """Whether the clause just named is another text's: "article 5 of the law"."""
    following = " ".join(tokens_of(text[end : end + 60]))
    return any(f"{following} ".startswith(f"{phrase} ") for phrase in _folded("elsewhere_after"))


def _reads_as_quantity(number: str, rest: str) -> bool:
    """Whether a dotted number is a measure, a span or thousands: "4.2 kg", "4.2-5", "1.000.000"."""
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+", number):
        return True
    return number.count(".") == 1 and bool(
        _QUANTITY.match(rest) or _MEASURE.match(rest) or re.match(r"\s?[/\-–:]\s?\d", rest)
    )


@cache
def _clause_words() -> re.Pattern[str]:
    """The word for clause first in a message, with its number."""
    return re.compile(rf"{_OPENING}(?:(?:{_any('about')})(?:\s+|(?<='))){{0,2}}{_named_number()}")


@cache
def _clause_words_inside() -> re.Pattern[str]:
    strict = _any("clause")
    return re.compile(
        rf"(?<!\w)(?:(?:{strict})\.?|§)\s*(?:(?:{_any('between')})\.?\s*)?(?P<number>{_NUMBER})(?![^\W_])"
    )


def _named_number() -> str:
    """A pattern for a clause word and its number, in folded text."""
    kinds = f"(?:(?P<code>{_any('code')})|(?P<soft>{_any('soft')})|(?:{_any('clause')})|§+)"
    between = rf"[\s.:#°º\-–(]*(?:(?:{_any('between')})(?![^\W\d_])[\s.:#°º\-–(]*)?"
    return rf"{kinds}(?![^\W\d_]){between}(?P<number>{_NUMBER}){_NUMBER_ENDS}\)?"


def _any(name: str) -> str:
    """Every word of a list as one alternation, longest first."""
    return "|".join(sorted((re.escape(word) for word in _folded(name)), key=len, reverse=True))


# Lists of words


@cache
def _commands() -> dict[Act, frozenset[tuple[str, ...]]]:
    named = (Act.STOP, Act.START, Act.HELP, Act.NEW, Act.LIST, Act.LISTEN)
    return {
        act: frozenset(tuple(tokens_of(phrase)) for phrase in together(act.value, also=("others",)))
        for act in named
    }


@cache
def _politeness() -> tuple[tuple[str, ...], ...]:
    phrases = {tuple(tokens_of(phrase)) for phrase in together("polite")}
    return tuple(sorted(phrases, key=lambda phrase: (-len(phrase), phrase)))


@cache
def _folded(name: str) -> frozenset[str]:
    folded = frozenset(" ".join(fold(word).split()) for word in together(name))
    return folded | frozenset(" ".join(tokens_of(word)) for word in folded)


@cache
def _number_words() -> dict[str, str]:
    """Number words of the five languages; "un" and "tres" mean the same wherever they are said."""
    found = {}
    for language in LANGUAGES:
        for value, word in enumerate(words(language)["numbers"], start=1):
            found[fold(word)] = str(value)
    return found
