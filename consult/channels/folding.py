"""Folding: words as people type them on a telephone, made alike so that they can be compared."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

INVISIBLE: Final = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufe0e\ufe0f"
SPACE: Final = rf"[\s{INVISIBLE}]"
# What may stand between a number and the words about it.
_SEPARATORS: Final = rf"[\s{INVISIBLE}．：，。、.,:;=>/|)\]}}\-–—−_~*]"


def fold(text: str) -> str:
    """Small letters without accents, marks nobody sees, or typographic quotes."""
    decomposed = unicodedata.normalize("NFKD", text.replace("’", "'").replace("‘", "'"))
    kept = (one for one in decomposed if unicodedata.category(one) not in {"Mn", "Me", "Cf"})
    return "".join(kept).casefold()


def fold_in_place(text: str) -> str:
    """Folded, one character for each, so that a place in it is a place in the text."""
    folded = (fold(one) for one in text)
    return "".join(one if len(one) == 1 else (one[:1] or "\u200b") for one in folded)


def tokens_of(text: str) -> list[str]:
    """The words of a text, folded, without punctuation and pictures; `l'aide` is two words."""
    return [token for token, _ in tokens_with_ends(text)]


def tokens_with_ends(text: str) -> Iterator[tuple[str, int]]:
    """The words of a text, folded, each with the place where it ends."""
    for found in re.finditer(rf"[\w{INVISIBLE}\u0300-\u036f]+", text):
        token = fold(found[0]).strip("_")
        if token:
            yield token, found.end()


def trimmed(text: str) -> str:
    """The words as written, without the space around them."""
    return re.sub(rf"^{SPACE}+|(?<!\u200d){SPACE}+$", "", text)


def after(text: str) -> str:
    """What follows a number or a word, without the separators around it."""
    words_left = re.sub(rf"^{_SEPARATORS}+|[\s,:;\-–—|/]+$", "", trimmed(text))
    return "" if re.fullmatch(r"[\s!?.'\"’”»]+", words_left) else words_left


def plain_digits(text: str) -> str:
    """The text with digits of other scripts, full-width and circled ones as 0 to 9, place for place."""
    return "".join(
        str(unicodedata.digit(one)) if not one.isascii() and one.isdigit() and one not in "²³¹" else one
        for one in text
    )
