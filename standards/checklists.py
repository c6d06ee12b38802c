"""Checklists: what a profile asks, as questions that can be taken into the field and come back answered.

Here stand the names of the questions, for those who write checklists and those
who read them returned; a checklist in any form uses these and no others.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

from babel import Locale, UnknownLocaleError

from standards.document import Clause, Document
from standards.errors import StandardsError
from standards.markdown import plain
from standards.profiles import Asked, Asking, Profile, Prompt, Standing


class Field(StrEnum):
    """What is asked about one clause, in the order it is asked."""

    MET = "met"
    EVIDENCE = "evidence"
    ABILITY = "ability"
    OBSTACLE = "obstacle"
    COST = "cost"
    BENEFIT = "benefit"
    NOTE = "note"


class Head(StrEnum):
    """What is asked once, about who answers."""

    PRODUCER = "respondent_producer"
    GROUP = "respondent_group"
    REGION = "region"
    HELD_ON = "held_on"


class Pin(StrEnum):
    """What every returned checklist says about itself: which text it asked about."""

    STANDARD = "baraza_standard"
    VERSION = "baraza_version"
    STAGE = "baraza_stage"


class Answer(StrEnum):
    """What can be answered about a clause."""

    MET = "met"
    PARTLY = "partly"
    NOT_MET = "not-met"
    NOT_APPLICABLE = "not-applicable"


class Able(StrEnum):
    """What can be answered where a clause is not met: can they, with help, or not at all."""

    CAN = "can"
    WITH_HELP = "with_help"
    CANNOT = "cannot"


CLAUSE: Final = "clause"
"""In a table, the column with the clause's id: 32 hexadecimal digits."""


def group_name(clause_id: UUID) -> str:
    """The name of the group of questions about a clause, in an XLSForm: `c_` and 32 hexadecimal digits."""
    return f"c_{clause_id.hex}"


def field_name(clause_id: UUID, field: Field) -> str:
    """The name of one question about one clause, the same in every form: `c_<hex>_met`."""
    return f"{group_name(clause_id)}_{field.value}"


def named_field(name: str) -> tuple[UUID, Field] | None:
    """The clause and question a name stands for; None where it is no such name.

    A group's name may stand before it, as in a table that KoboToolbox gives out
    (`c_<hex>/c_<hex>_met`).
    """
    words = name.strip().rsplit("/", 1)[-1].split("_", 2)
    if len(words) != 3 or words[0] != "c" or words[2] not in {field.value for field in Field}:
        return None
    try:
        return UUID(hex=words[1]), Field(words[2])
    except ValueError:
        return None


# --- what a checklist holds


class Wording(NamedTuple):
    """A clause in one language: its heading, and its words as Markdown."""

    heading: str
    words: str


@dataclass(frozen=True)
class Words:
    """What a checklist says besides the standard's own words, in one language.

    Places for values are written `{count}`, `{unit}`, `{language}`, `{day}`.
    """

    title: str
    how_to: str
    about_you: str
    about_clauses: str
    heads: Mapping[Head, str]
    fields: Mapping[Field, str]
    answers: Mapping[Answer, str]
    able: Mapping[Able, str]
    producers: Mapping[str, str]
    verifiers: Mapping[str, str]
    clause: str
    producer: str
    stage: str
    mineral: str
    place: str
    look_for: str
    progress: str
    points: str
    share: str
    members: str
    responsible: str
    frequency: str
    recommended: str
    adapt_until: str
    uncertifiable: str
    untranslated: str
    stage_name: str


@dataclass(frozen=True)
class Item:
    """One clause as a question. `wordings` has every language of the checklist that the clause is put in."""

    clause_id: UUID
    number: str
    chapter: str
    wordings: Mapping[str, Wording]
    prompts: tuple[Prompt, ...] = ()
    points: int = 0
    share: int | None = None
    unit: str = ""
    responsible: str = ""
    frequency: str = ""
    is_advice: bool = False
    is_uncertifiable: bool = False
    adapt_until: str = ""
    guidance: Mapping[str, tuple[str, ...]] | None = None


@dataclass(frozen=True)
class Checklist:
    """What a profile asks now, as questions in one or more languages; the first is the one it opens in."""

    title: str
    standard: str
    version: str
    language: str
    asked: Asked
    place: str
    items: tuple[Item, ...]
    words: Mapping[str, Words]
    groups: Mapping[str, Mapping[str, str]]

    @property
    def languages(self) -> tuple[str, ...]:
        """The codes of its languages, in order."""
        return tuple(self.words)

    @property
    def first(self) -> Words:
        """The words of the language it opens in."""
        return self.words[self.languages[0]]

    def pins(self) -> Mapping[Pin, str]:
        """What it says about itself when it comes back."""
        return {Pin.STANDARD: self.standard, Pin.VERSION: self.version, Pin.STAGE: self.asked.stage}

    def about(self, language: str) -> tuple[tuple[str, str], ...]:
        """For whom it is: word and value, only what was told."""
        words, asked = self.words[language], self.asked
        told = (
            (words.producer, words.producers.get(asked.producer, asked.producer)),
            (words.stage, words.stage_name),
            (words.mineral, asked.mineral),
            (words.place, ", ".join(filter(None, (asked.region, self.place)))),
        )
        return tuple((word, value) for word, value in told if value)

    def wording(self, item: Item, language: str) -> Wording:
        """An item in a language; in the standard's own where nobody has put it in that language."""
        return item.wordings.get(language) or item.wordings[self.language]

    def beside(self, item: Item) -> Mapping[str, str]:
        """The words of an item in its further languages, where they say another thing than the first."""
        first = self.wording(item, self.languages[0]).words
        told = {code: item.wordings[code].words for code in self.languages[1:] if code in item.wordings}
        return {code: words for code, words in told.items() if words != first}

    def hints(self, item: Item, language: str) -> tuple[str, ...]:
        """What helps to answer, in lines: what to look for, whom it asks, and what the wording is not."""
        words = self.words[language]
        lines = []
        if language not in item.wordings:
            lines.append(words.untranslated.format(language=language_name(self.language, language)))
        if item.is_uncertifiable:
            lines.append(words.uncertifiable)
        if item.is_advice:
            lines.append(words.recommended)
        if item.share is not None:
            lines.append(words.share.format(count=item.share, unit=item.unit or words.members))
        lines += [
            f"{words.look_for if prompt.kind else words.progress}: {self._prompt(prompt, words)}"
            for prompt in item.prompts
        ]
        lines += list((item.guidance or {}).get(language, ()))
        for word, value in ((words.responsible, item.responsible), (words.frequency, item.frequency)):
            lines += [f"{word}: {value}"] if value else []
        if item.points:
            lines.append(words.points.format(count=item.points))
        if item.adapt_until:
            lines.append(words.adapt_until.format(day=item.adapt_until))
        return tuple(lines)

    @staticmethod
    def _prompt(prompt: Prompt, words: Words) -> str:
        kind = words.verifiers.get(prompt.kind, "")
        return f"{prompt.text} ({kind})" if kind else prompt.text


class NothingToAsk(StandardsError):
    """A profile in which nothing has to be met has no checklist."""


class UnknownLanguage(StandardsError):
    """A code that names no language."""

    def __init__(self, code: str) -> None:
        super().__init__(f"“{code}” is no language we know. Write its code, such as en, sw or es.")
        self.code = code


def checklist(
    found: Profile,
    *,
    standard: str,
    version: str,
    words: Mapping[str, Words],
    wordings: Mapping[UUID, Mapping[str, Wording]] | None = None,
    place: str = "",
    groups: Mapping[str, Mapping[str, str]] | None = None,
) -> Checklist:
    """The checklist of a profile: what must be met now and what is recommended, in reading order.

    `words` gives its languages, the first the one it opens in; `wordings` are
    current translations of whole clauses; `groups` names stakeholder groups by
    key and language. Raises NothingToAsk where the profile asks nothing.
    """
    asked = [
        one for one in found.askings if one.has_begun and one.standing in (Standing.NOW, Standing.ADVICE)
    ]
    if not asked:
        raise NothingToAsk(found.nothing or "Nothing is asked at this stage yet.")
    items = tuple(_item(found.document, one, words, (wordings or {}).get(one.clause.id, {})) for one in asked)
    return Checklist(
        title=found.document.title,
        standard=standard,
        version=version,
        language=found.document.language,
        asked=found.asked,
        place=place,
        items=items,
        words=words,
        groups=groups or {},
    )


def language_name(code: str, spoken: str = "en") -> str:
    """The name of a language in a language, English where we know no better. Raises UnknownLanguage."""
    root = code.replace("-", "_").split("_")[0].lower()
    english = Locale("en").languages.get(root)
    if english is None:
        raise UnknownLanguage(code)
    try:
        return str(Locale.parse(spoken, sep="-").languages.get(root, english))
    except (UnknownLocaleError, ValueError):
        return str(english)


def wordings_of(asking: Asking, language: str, translated: Mapping[str, Wording]) -> Mapping[str, Wording]:
    """A clause as it is asked in each language it has been put into; `language` is the text's own.

    A translation is of the whole clause, so that none counts where a stage words
    it otherwise. A local text's wording goes before a translation.
    """
    heading = asking.clause.text.heading
    put = {language: Wording(heading, asking.wording)}
    if asking.variant is not None:
        return put
    for code, one in translated.items():
        if code != language:
            put[code] = Wording(one.heading or heading, one.words)
    for code, local in asking.local.wordings.items():
        known = put.get(code)
        put[code] = Wording(local.heading or (known.heading if known else heading), local.wording)
    return put


def _item(
    document: Document, asking: Asking, words: Mapping[str, Words], translated: Mapping[str, Wording]
) -> Item:
    clause, told = asking.clause, asking.clause.text.attributes
    put = {
        language: Wording(wording.heading, _plain(clause, wording.words))
        for language, wording in wordings_of(asking, document.language, translated).items()
        if language in words or language == document.language
    }
    guidance: dict[str, tuple[str, ...]] = {}
    for one in asking.local.guidance:
        language = one.lang or document.language
        guidance[language] = (*guidance.get(language, ()), one.text)
    above = document.ancestors(clause)
    return Item(
        clause_id=clause.id,
        number=clause.number,
        chapter=above[0].title if above else "",
        wordings=put,
        prompts=asking.evidence,
        points=asking.points,
        share=told.group_threshold,
        unit=told.sampling_unit,
        responsible=told.responsible,
        frequency=told.frequency,
        is_advice=asking.standing is Standing.ADVICE,
        is_uncertifiable=asking.uncertifiable,
        adapt_until=asking.adapt_until.isoformat() if asking.adapt_until else "",
        guidance=guidance,
    )


def _plain(clause: Clause, words: str) -> str:
    """Markdown as the words alone, values filled in."""
    return plain(replace(clause.text, body=words)).strip()
