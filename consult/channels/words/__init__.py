"""The words the conversation knows, one file per language; anyone who speaks it may add to its file.

Write words in small letters; accents may stay, they are folded away. A word in
two files must mean the same act in both, which a test checks.
"""

import tomllib
from functools import cache
from importlib import resources
from typing import Any

LANGUAGES = ("en", "fr", "es", "pt", "sw")


@cache
def words(language: str) -> dict[str, list[str]]:
    """The lists of one language's file, by name."""
    return {name: found for name, found in _file(language).items() if isinstance(found, list)}


@cache
def language_names(language: str) -> dict[str, list[str]]:
    """What each of the five languages is called in this one."""
    return dict(_file(language)["languages"])


def together(name: str, *, also: tuple[str, ...] = ()) -> list[str]:
    """One list over all five languages, and over the further files named."""
    return [word for language in (*LANGUAGES, *also) for word in words(language).get(name, [])]


@cache
def _file(language: str) -> dict[str, Any]:
    text = resources.files(__package__).joinpath(f"{language}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
