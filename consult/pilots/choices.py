"""Choices: what may be answered, by its stored value or by its words in any language we speak."""

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache

from flask_babel import force_locale
from flask_babel import gettext as _

from consult.errors import BarazaError
from consult.particulars import producer_words
from consult.tables.comments import Ability
from consult.tables.pilots import Met
from consult.tables.rounds import GroupRow
from consult.words import LANGUAGES, N_, speaker
from standards.stages import Producer, named, rank

MET_WORDS: Mapping[Met, tuple[str, ...]] = {
    Met.MET: (N_("Met"), N_("Yes")),
    Met.PARTLY: (N_("Partly met"), N_("Partly")),
    Met.NOT_MET: (N_("Not met"), N_("Not yet"), N_("No")),
    Met.NOT_APPLICABLE: (N_("Not applicable"), N_("Does not apply")),
}
ABILITY_WORDS: Mapping[Ability, tuple[str, ...]] = {
    Ability.CAN: (N_("Yes"), N_("Can"), N_("Yes, we can")),
    Ability.WITH_HELP: (N_("With help"), N_("Yes, with help")),
    Ability.CANNOT: (N_("No"), N_("Cannot"), N_("No, we cannot")),
}


def met(words: str) -> Met | None:
    """How a clause was met, as it was written; None for words we do not know."""
    found = _met().get(fold(words))
    return Met(found) if found else None


def ability(words: str) -> Ability | None:
    """Whether they can, as it was written; None for words we do not know."""
    found = _ability().get(fold(words))
    return Ability(found) if found else None


def producer(words: str) -> str | None:
    """The type of producer, as it was written; None for words we do not know."""
    return _producers().get(fold(words))


def stage(words: str) -> str:
    """A stage under its one name; "" for one we do not know."""
    return named(words) if words.strip() and rank(words) is not None else ""


def chosen_producer(words: str) -> str:
    """A type of producer as somebody wrote it; "" for none. Raises BarazaError, naming those there are."""
    found = producer(words) if words.strip() else ""
    if found is None:
        raise BarazaError(no_producer(words))
    return found


def no_producer(words: str) -> str:
    """That this is no type of producer, and which there are."""
    message: str = _(
        "“%(words)s” is no type of producer. Possible are %(possible)s.",
        words=words[:60],
        possible=", ".join(Producer),
    )
    return message


def chosen_stage(words: str) -> str:
    """A stage as somebody wrote it; "" for none. Raises BarazaError, saying how stages are written."""
    found = stage(words)
    if words.strip() and not found:
        raise BarazaError(
            _("“%(words)s” is no stage. Write entry, or year 1, year 2 and so on.", words=words[:40])
        )
    return found


def chosen_day(words: str) -> str:
    """A day as somebody wrote it; "" for none. Raises BarazaError, saying how days are written."""
    if not words.strip():
        return ""
    try:
        return date.fromisoformat(words.strip()).isoformat()
    except ValueError:
        raise BarazaError(
            _("“%(words)s” is no day. Write it as 2026-11-03.", words=words.strip()[:60])
        ) from None


def group(words: str, groups: Iterable[GroupRow]) -> GroupRow | None:
    """The stakeholder group of this key or name; None where there is no such group."""
    wanted = fold(words)
    for row in groups:
        if wanted in {fold(row.key), *(fold(str(label)) for label in row.labels.values())}:
            return row
    return None


def fold(words: str) -> str:
    """Words as compared: small letters and digits, accents left out."""
    plain = unicodedata.normalize("NFD", words.casefold())
    return "".join(one for one in plain if one.isalnum())


@cache
def _met() -> dict[str, str]:
    return _by_words({one.value: words for one, words in MET_WORDS.items()})


@cache
def _ability() -> dict[str, str]:
    return _by_words({one.value: words for one, words in ABILITY_WORDS.items()})


@cache
def _producers() -> dict[str, str]:
    with force_locale("en"):
        english = {value: str(words) for value, words in producer_words().items()}
    return _by_words({one.value: (english.get(one, one.value),) for one in Producer})


def _by_words(values: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Every way in which a value may be written; where two values share words, the first keeps them."""
    found = {fold(value): value for value in values}
    for value, messages in values.items():
        for message in messages:
            for language in LANGUAGES:
                found.setdefault(fold(speaker(language).gettext(message)), value)
    return found
