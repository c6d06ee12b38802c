"""The words in which a local text is told about: one language's phrases, with `%(name)s` for what goes in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from babel import Locale, UnknownLocaleError
from babel.dates import format_date

from standards.operations import Op, Scope
from standards.stages import rank


@dataclass(frozen=True)
class LocalWords:
    """Phrases of one language; `facts` are what conditions speak of, `fields` what a span belongs to."""

    language: str
    acts: Mapping[Op, str]
    facts: Mapping[str, str]
    fields: Mapping[str, str]
    laws: Mapping[str, str]
    verifiers: Mapping[str, str]
    standings: Mapping[str, str]
    either: str
    both: str
    stricter: str
    looser: str
    entry: str
    year: str
    attested: str
    reviewed: str
    unless: str
    only: str
    until: str
    until_wording: str
    asked_for: str
    afterwards: str
    forbids: str
    uncertifiable: str
    added: str
    absent: str
    reason: str
    evidence: str
    by: str
    written: str
    answers: str
    sources: str
    local_text: str
    base: str
    layers: str
    on: str
    text_hash: str
    unmarked: str
    wordings: str
    register: str
    register_lead: str
    register_empty: str
    heads: tuple[str, ...]

    def stage(self, name: str) -> str:
        """A stage as a person reads it; one we do not know by its own name."""
        year = rank(name)
        if year is None:
            return name
        return self.year % {"n": year} if year else self.entry

    def day(self, day: date) -> str:
        """A day written out."""
        locale = {"en": "en_GB"}.get(self.language, self.language)
        return format_date(day, "long", locale=locale)

    def language_name(self, code: str) -> str:
        """A language as this one calls it; a code nobody knows stands as it is."""
        try:
            return Locale.parse(code, sep="-").get_display_name(self.language) or code
        except (ValueError, UnknownLocaleError):
            return code

    def condition(self, scope: Scope) -> str:
        """For whom the clause does not apply, or for whom alone it does."""
        facts = sorted((scope.unless or scope.only).items())
        told = self.both.join(
            self.facts[fact] % {"values": self.either.join(value.replace("-", " ") for value in values)}
            for fact, values in facts
        )
        return (self.unless if scope.unless else self.only) % {"condition": told}
