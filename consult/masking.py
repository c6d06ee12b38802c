"""Masking: hiding what could name a person, before words are shown to more eyes than must see them.

Masked are e-mail addresses, telephone and identity numbers in any spacing, and
names we were told of. Kept are the numbers a comment is about: clauses, money,
quantities, dates, times and years. In doubt a long number is masked: the original
can be opened, a published number cannot be taken back.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Kind = Literal["number", "email", "name"]

# From this many digits a number that is nothing else may reach or name somebody.
LONG = 7
SHOWN: dict[Kind, str] = {"number": "[number]", "email": "[e-mail]", "name": "[name]"}

_HIDDEN = "\u200b-\u200d\u2060\ufeff"
_EMAIL = re.compile(r"[\w.+%-]{1,64}\s?@\s?[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_DIGIT = re.compile(r"\d")
_RUN = re.compile(rf"(?<![\w])[+(]{{0,2}}\d(?:[\s.()/\-–_,'’{_HIDDEN}]{{0,3}}\d)*")
# Nine digits and more glued to a word (`simu_0712…`) or to an address' own plus (`%2B255…`), and pairs.
_GLUED = re.compile(
    r"(?<=[^\W\d])(?![1-9]\d{0,3}0{5,}(?!\d))\d{9,15}(?!\d)|(?<!\d)(?:\d\d[-./ ]){4,6}\d\d(?!\d)"
)
_IDENTITY = re.compile(
    # Possessive: what was taken is not given back, or a long run of digits would cost its square.
    r"(?<!\w)([A-Z]{1,5})[ /-]?\d{5,}+[A-Z\d]*+(?:[/-][A-Z\d]++)*(?!\w)|(?<!\w)\d{5,}+[A-Z]{1,3}\d*+(?!\w)",
    re.I,
)
_BODIES = """
ISO IEC EN BS DIN RFC ASTM LAW ACT
"""
_STANDARDS = frozenset(_BODIES.split())
_CURRENCIES = """
USD EUR GBP TZS TSH KES KSH UGX USH XAF XOF CFA FCFA COP PEN BOB GHS NGN ZAR CDF GNF MZN AOA ETB RWF
BIF ZMW US
"""
_MONEY = frozenset(_CURRENCIES.split())
_DATE = re.compile(
    r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|\d{4}\s?[-–/]\s?\d{2,4}|\d{1,2}[-/]\d{1,2}[-/]\d{2})"
)
_THOUSANDS = re.compile(r"\d{1,3}(?:(,|\.|'|’|\s)\d{3})(?:\1\d{3})*(?:[.,]\d{1,2})?")
_CLAUSES = re.compile(r"\d{1,2}(?:\.\d{1,2})+(?:(?:,\s?|\s?[-–]\s?|\s)\d{1,2}(?:\.\d{1,2})+)*")
_SMALL_LIST = re.compile(r"\d{1,3}(?:,\s?\d{1,3}| \d{1,2})*(?:\.\d{1,2})?")
_DECIMAL = re.compile(r"\d{1,3}[.,]\d+")
_UNIT_AFTER = re.compile(
    r"\s*(?:/=|[$€£%]|(?:shillings?|shilingi|sh|shs|tshs?|tzs|kshs?|kes|ugx|ushs?|usd|dollars?|dolares|dólares|dola|francs?|"
    r"f?cfa|euros?|eur|pesos?|soles|bolivianos|reais|meticais|kwanza|cop|naira|cedis?|rand|kg|kilos?|kgs|g|grams?|"
    r"grammes?|gramos?|gramas?|gramu|tons?|tonnes?|toneladas?|tani|km|m|metres?|meters?|metros?|mita|hectares?|ha|litres?|"
    r"liters?|litros?|lita|people|persons?|personnes|personas|pessoas|watu|miners?|mineurs|mineros|mineiros|wachimbaji|"
    r"million\w*|mill[oõ]\w+|milioni|years?|ans|años|anos|miaka|ounces?|oz)\b)",
    re.IGNORECASE,
)
_UNIT_BEFORE = re.compile(
    r"(?:[$€£]|\b(?:usd|tzs|tshs?|kes|kshs?|ugx|ushs?|xaf|xof|f?cfa|shs?|shilingi|cop|eur|gbp|rs|r\$|dola|shillings?))[.:]?\s*$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Span:
    """A stretch of text to hide: from `start` up to `end`, and what it looks like."""

    start: int
    end: int
    kind: Kind


def masked(text: str, names: Iterable[str] = ()) -> str:
    """The text with every span replaced by a word in brackets."""
    kept, place = [], 0
    for span in spans(text, names):
        kept += [text[place : span.start], SHOWN[span.kind]]
        place = span.end
    return "".join([*kept, text[place:]])


def spans(text: str, names: Iterable[str] = ()) -> tuple[Span, ...]:
    """What to hide, in order, without overlap; e-mail addresses win over numbers, numbers over names."""
    # Nearly all of what people say has neither a digit nor an @, and is asked for names alone.
    found = [*_emails(text)] if "@" in text else []
    if _DIGIT.search(text):
        found += [*_identities(text), *_glued(text), *_numbers(text)]
    found += _names(text, names)
    chosen: list[Span] = []
    taken = bytearray(len(text))
    for span in found:
        if not any(taken[span.start : span.end]):
            taken[span.start : span.end] = b"\1" * (span.end - span.start)
            chosen.append(span)
    return tuple(sorted(chosen, key=lambda span: span.start))


def _emails(text: str) -> Iterator[Span]:
    return (Span(found.start(), found.end(), "email") for found in _EMAIL.finditer(text))


def _identities(text: str) -> Iterator[Span]:
    """Letters and digits in one: `CM12345678ABCD`, `AB1234567`; not `ISO 14001` or `USD 60000`."""
    for found in _IDENTITY.finditer(text):
        if (found[1] or "").upper() not in _STANDARDS | _MONEY and not _UNIT_AFTER.match(
            _digits_tail(found[0])
        ):
            # A separate short word before a number is a word: "the 60000", "ni 75000".
            if found[1] and not found[0][len(found[1])].isdigit() and found[1] != found[1].upper():
                continue
            if (
                found[1]
                and not found[0][len(found[1])].isdigit()
                and _is_kept(text, found.start() + len(found[1]) + 1)
            ):
                continue
            yield Span(found.start(), found.end(), "number")


def _glued(text: str) -> Iterator[Span]:
    return (Span(found.start(), found.end(), "number") for found in _GLUED.finditer(text))


def _digits_tail(token: str) -> str:
    """The letters after the last digit of a token that begins with digits: the `kg` of `10000kg`."""
    return token.lstrip("0123456789") if token[0].isdigit() else "~"


def _is_kept(text: str, start: int) -> bool:
    found = _RUN.match(text, start)
    return found is None or not _names_somebody(text, found.start(), found.end())


def _numbers(text: str) -> Iterator[Span]:
    for found in _RUN.finditer(text):
        for start, end in _pieces(text, found.start(), found.end()):
            if _names_somebody(text, start, end):
                yield Span(start, end, "number")


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A run of digits, cut at dates, years' ranges and lists, which are no part of a number beside them."""
    place = start
    for found in re.finditer(rf"(?<![\d.+]){_DATE.pattern}(?![\d]|[-/.]\d)|,\s+|;\s*", text[start:end]):
        if start + found.start() > place:
            yield place, _trim(text, place, start + found.start())
        place = start + found.end()
    if place < end:
        yield place, end


def _trim(text: str, start: int, end: int) -> int:
    while end > start and not text[end - 1].isdigit():
        end -= 1
    return end


def _names_somebody(text: str, start: int, end: int) -> bool:
    run = text[start:end]
    bare = run.strip("( ")
    digits = sum(one.isdigit() for one in run)
    if digits < LONG:
        return False
    is_called = bare.startswith(("+", "00")) or (bare.startswith("0") and not bare.startswith("0."))
    if is_called:
        return True
    if _UNIT_AFTER.match(text, end) or _UNIT_BEFORE.search(text[max(0, start - 14) : start]):
        return False
    if _CLAUSES.fullmatch(bare) or _DATE.fullmatch(bare) or (_SMALL_LIST.fullmatch(bare) and "," in bare):
        return False
    if _THOUSANDS.fullmatch(bare):
        # 1,500,000 is written so for money alone; with spaces or dots only round sums are.
        return "," not in bare and not re.search(r"000(?:[.,]\d{1,2})?$", bare)
    return not (_DECIMAL.fullmatch(bare) or re.fullmatch(r"[1-9]\d{0,3}0{5,}", bare))


def _names(text: str, names: Iterable[str]) -> Iterator[Span]:
    """Names we were told of, whole words, accents and case aside; longest first."""
    sought = _sought(tuple(names))
    if not sought:
        return
    folded = _folded(text)
    for begins, pattern in sought:
        if begins in folded:
            for found in pattern.finditer(folded):
                yield Span(found.start(), found.end(), "name")


@lru_cache(maxsize=64)
def _sought(names: tuple[str, ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Each name's first word and the pattern of the whole, longest first; asked for each line."""
    found = []
    for name in sorted({name.strip() for name in names if len(name.strip()) > 1}, key=len, reverse=True):
        folded = [_folded(word) for word in name.split()]
        words = r"\s+".join(map(re.escape, folded))
        found.append((folded[0], re.compile(rf"(?<!\w){words}(?!\w)")))
    return tuple(found)


def _folded(text: str) -> str:
    return text.lower() if text.isascii() else "".join(_fold(one) for one in text)


@lru_cache(maxsize=4096)
def _fold(one: str) -> str:
    """One character for one, so that places stay."""
    base = unicodedata.normalize("NFD", one)[0].lower()
    return base if len(base) == 1 else one
