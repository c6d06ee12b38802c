"""The words of a text: what comparing and merging count in.

A token is a word, a number, a run of white space, or one sign. Joined, the
tokens of a text are the text again, character for character.
"""

import re
import sys
import unicodedata
from collections.abc import Iterable
from functools import cache

# Scripts written without spaces between words: there, each character counts.
UNSPACED = (
    "\u0e00-\u0e7f\u0e80-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # kana and ideographs
)
JOINERS = "\u200c\u200d\u00ad"  # zero-width (non-)joiner and soft hyphen stand inside words
SENTENCE_ENDS = frozenset(".!?;:\n\u061f\u06d4\u0964\u3002\uff01\uff1f")

PLAIN = re.compile(r"\s+|\d\w*(?:[.,]\d\w*)*|\w+(?:'\w+)*|[^\w\s]")


def tokens(text: str) -> list[str]:
    """Words, numbers, white space and signs in order; joined they give back `text`.

    A number keeps its decimals (`0.05`, `1,5`, `4.2.1`), a word its
    apostrophes and combining marks. Scripts that put no spaces between words
    are cut into characters, each with its marks.
    """
    return (PLAIN if text.isascii() else _any_script()).findall(text)


def is_word(token: str) -> bool:
    """Whether the token says something: a word or number, not space or punctuation."""
    return any(character.isalnum() for character in token)


@cache
def _any_script() -> re.Pattern[str]:
    """The pattern for text beyond ASCII; built once, for it asks Unicode about every character."""
    marks = _ranges(
        chr(code) for code in range(0x300, sys.maxunicode + 1) if unicodedata.category(chr(code))[0] == "M"
    )
    sticky = f"[{marks}{JOINERS}]"
    alone = f"[{UNSPACED}]{sticky}*"
    letter = f"(?![{UNSPACED}])\\w"
    run = f"(?:{letter}|{sticky})*"
    number = rf"\d{run}(?:[.,\u066b\u066c]\d{run})*"
    word = rf"{letter}{run}(?:['\u2019]{letter}{run})*"
    sign = rf"[^\w\s]{sticky}*(?:(?<=\u200d)[^\w\s]{sticky}*)*"
    return re.compile(rf"\s+|{alone}|{number}|{word}|{sign}", re.DOTALL)


def _ranges(characters: Iterable[str]) -> str:
    """The characters as ranges of a regular expression's class: `a-cx-z`."""
    found: list[list[int]] = []
    for character in characters:
        code = ord(character)
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in found)
