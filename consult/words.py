"""Which languages we speak, and speaking one of them to someone who is not on a page.

Pages speak through Flask-Babel. A message to a telephone or an e-mail is written
by an act or a job, for a person whose language is known: `speaker` gives the
translations of that language from the same catalogues.
"""

from functools import cache
from pathlib import Path
from typing import Protocol

from babel.support import NullTranslations, Translations

LANGUAGES = ("en", "fr", "es", "pt", "sw")
CATALOGUES = Path(__file__).parent / "translations"


def N_(message: str) -> str:
    """Mark a message for translation where it is written; it is spoken elsewhere."""
    return message


class Speaker(Protocol):
    """Translations of one language."""

    def gettext(self, message: str) -> str:
        """The message in this language; the message itself where nobody has translated it."""
        ...


def spoken_language(wanted: str, default: str = "en") -> str:
    """The language to answer in: the one wanted if we speak it, else its root, else the default."""
    root = wanted.replace("_", "-").split("-")[0].lower()
    return root if root in LANGUAGES else default


@cache
def speaker(language: str) -> Speaker:
    """The translations of a language we speak; English for any other."""
    found: NullTranslations = Translations.load(CATALOGUES, [spoken_language(language)])
    return found
