"""SMS segments: what a text costs to send, which characters make it dear, and where it breaks.

A segment carries 1,120 bits: 160 septets of the GSM-7 alphabet (3GPP TS 23.038)
or 70 units of UCS-2. Parts of a longer message lose 48 bits to the joining
header (3GPP TS 23.040, 9.2.3.24.1) and hold 153 or 67. The counting agrees with
the segment calculator that Twilio publishes.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Encoding = Literal["GSM-7", "UCS-2"]

ALPHABET = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Sent as an escape and a letter, so each costs two septets.
EXTENSION = frozenset("\f^{}\\[~]|€")

ALONE: dict[Encoding, int] = {"GSM-7": 160, "UCS-2": 70}
IN_PARTS: dict[Encoding, int] = {"GSM-7": 153, "UCS-2": 67}

# Where taking the accents off is not enough. None of these changes what a sentence says.
REPLACEMENTS = {
    **dict.fromkeys("‘’‚‛ʻʼʽʹˈ´`ˊˋ′‵❛❜", "'"),
    **dict.fromkeys("“”„‟«»″‶ʺˮ❝❞〝〞", '"'),
    **dict.fromkeys("‐‑‒–—―−⁃•·‣▪●⎼⎽", "-"),
    **dict.fromkeys("⁄∕⧸÷", "/"),
    **dict.fromkeys("∗⁎★☆✱✲✳", "*"),
    **dict.fromkeys("∣⎸⎹⏐", "|"),
    "‹": "<",
    "›": ">",
    "×": "x",
    "≤": "<=",
    "≥": ">=",
    "≠": "not =",
    "→": "->",
    "✓": "ok",
    "✔": "ok",
    "°": "o",
    "\t": " ",
    "\u2028": "\n",
    "\u2029": "\n",
    "œ": "oe",
    "Œ": "OE",
    "ð": "d",
    "þ": "th",
    "ł": "l",
    "Ł": "L",
    "đ": "d",
    "Đ": "D",
    "ɓ": "b",
    "ɗ": "d",
    "ɛ": "e",
    "ɔ": "o",
    "ŋ": "ng",
    "。": ".",
    "、": ",",
}


@dataclass(frozen=True)
class Segments:
    """What a text costs to send.

    `characters` is what the sender sees counted: septets in GSM-7, where an
    extension character is two; written characters in UCS-2, where an emoji
    with its skin tone, or a letter with its accents, is one.
    """

    encoding: Encoding
    characters: int
    segments: int


@dataclass(frozen=True)
class Costly:
    """A character that forces the whole text into UCS-2, and where it stands.

    `replacement` may stand in its place in GSM-7; "" means it can go unseen;
    None means there is nothing that would say the same.
    """

    character: str
    places: tuple[int, ...]
    replacement: str | None


def count(text: str) -> Segments:
    """Count the segments of a text; empty text costs nothing."""
    encoding = encoding_of(text)
    written = list(characters(text))
    shown = len(written) if encoding == "UCS-2" else sum(units(one, encoding) for one in written)
    return Segments(encoding, shown, len(parts(text)))


def encoding_of(text: str) -> Encoding:
    """GSM-7 when every character has a place in its alphabet, else UCS-2."""
    return "GSM-7" if all(letter in ALPHABET or letter in EXTENSION for letter in text) else "UCS-2"


def parts(text: str) -> list[str]:
    """Split text into the segments it travels in, in order; empty text gives [].

    An escape and its letter, a surrogate pair, or a letter and its accents stay
    in one segment, so a part may leave a unit unused. Joined, the parts are the text.
    """
    if not text:
        return []
    encoding = encoding_of(text)
    sizes = [(one, units(one, encoding)) for one in characters(text)]
    if sum(size for _, size in sizes) <= ALONE[encoding]:
        return [text]
    split: list[str] = []
    filled, started = 0, 0
    place = 0
    for one, size in sizes:
        if filled and filled + size > IN_PARTS[encoding]:
            split.append(text[started:place])
            filled, started = 0, place
        filled += size
        place += len(one)
    split.append(text[started:])
    return split


def costly(text: str) -> tuple[Costly, ...]:
    """The characters that force UCS-2, in order of first appearance, each with what could replace it."""
    places: dict[str, list[int]] = {}
    for place, letter in enumerate(text):
        if letter not in ALPHABET and letter not in EXTENSION:
            places.setdefault(letter, []).append(place)
    return tuple(Costly(letter, tuple(found), replacement(letter)) for letter, found in places.items())


def plainer(text: str) -> str:
    """The same text with every offered replacement made; what has none stays."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(
        letter if letter in ALPHABET or letter in EXTENSION else _or(letter, replacement(letter))
        for letter in composed
    )


def replacement(letter: str) -> str | None:
    """GSM-7 text that says the same as a character outside the alphabet, or None."""
    if letter in REPLACEMENTS:
        return REPLACEMENTS[letter]
    if unicodedata.category(letter) in {"Cc", "Cf", "Mn", "Me"}:
        return ""
    if unicodedata.category(letter) == "Zs":
        return " "
    # A plain c, though capital Ç is in the alphabet: a capital inside a word reads as shouting.
    bare = "".join(part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part))
    bare = bare.replace("⁄", "/")
    return bare if bare and encoding_of(bare) == "GSM-7" else None


def units(one: str, encoding: Encoding) -> int:
    """Septets or UCS-2 units one written character takes."""
    if encoding == "GSM-7":
        return sum(2 if letter in EXTENSION else 1 for letter in one)
    return sum(2 if ord(letter) > 0xFFFF else 1 for letter in one)


def characters(text: str) -> Iterator[str]:
    """Written characters, near enough to extended grapheme clusters (Unicode annex 29).

    A line break of two characters counts as two, as the calculator has it.
    """
    started = 0
    for place in range(1, len(text)):
        if not _goes_on(text, started, place):
            yield text[started:place]
            started = place
    if text:
        yield text[started:]


def _goes_on(text: str, started: int, place: int) -> bool:
    """Whether the character at `place` belongs to the one that began at `started`."""
    before, letter = text[place - 1], text[place]
    # Most text is plain; nothing below U+0300 ever continues a character.
    if letter < "\u0300" or _is_control(before):
        return False
    if unicodedata.category(letter) in {"Mn", "Me", "Mc"} or letter in "\u200c\u200d" or _is_tone(letter):
        return True
    if "\U000e0020" <= letter <= "\U000e007f":
        return True
    if before == "\u200d":
        return place - started >= 2 and _is_picture(text[started]) and _is_picture(letter)
    if _is_flag(before) and _is_flag(letter):
        return (place - started) % 2 == 1
    return _is_one_syllable(before, letter)


def _is_control(letter: str) -> bool:
    return letter not in "\u200c\u200d" and (
        unicodedata.category(letter) in {"Cc", "Zl", "Zp"}
        or (unicodedata.category(letter) == "Cf" and not "\U000e0020" <= letter <= "\U000e007f")
    )


def _is_tone(letter: str) -> bool:
    return "\U0001f3fb" <= letter <= "\U0001f3ff"


def _is_flag(letter: str) -> bool:
    return "\U0001f1e6" <= letter <= "\U0001f1ff"


def _is_picture(letter: str) -> bool:
    return unicodedata.category(letter) == "So" or "\U0001f000" <= letter <= "\U0001faff"


def _is_one_syllable(before: str, letter: str) -> bool:
    """Hangul written in parts: leading, vowel and trailing letters make one syllable."""
    leading = "\u1100" <= before <= "\u115f"
    whole = "\uac00" <= before <= "\ud7a3"
    open_ = "\u1160" <= before <= "\u11a7" or (whole and (ord(before) - 0xAC00) % 28 == 0)
    if leading and ("\u1100" <= letter <= "\u11a7" or "\uac00" <= letter <= "\ud7a3"):
        return True
    if open_ and "\u1160" <= letter <= "\u11ff":
        return True
    return (whole or "\u11a8" <= before <= "\u11ff") and "\u11a8" <= letter <= "\u11ff"


def _or(letter: str, offered: str | None) -> str:
    return letter if offered is None else offered
