"""Paper: what minutes and results are composed of, in the language of the workshop.

A paper is a document like any other: its sections are clauses without numbers of
their own, so that it leaves by the same writers as a standard. Its page and its
Word file say the same.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from consult import look
from consult.markdown_words import table, words_of
from consult.report_words import Say, saying
from consult.words import N_
from consult.workshops.minutes.handing import OTHERS
from consult.workshops.tagging import clock
from standards.document import Clause, ClauseText, Document, Scheme

MARKS = {"cost": N_("a cost"), "obstacle": N_("an obstacle"), "proposal": N_("a proposal")}
FEELINGS = {"for": N_("for it"), "against": N_("against it"), "neither": N_("neither for nor against")}
BANDS = {
    "under-18": N_("Under 18"),
    "18-35": N_("18 to 35"),
    "36-60": N_("36 to 60"),
    "over-60": N_("Over 60"),
    OTHERS: N_("Others, together"),
}


@dataclass(frozen=True)
class Composed:
    """A document and, by section, the photographs (their entities) that stand beneath it."""

    document: Document
    pictures: Mapping[UUID, tuple[str, ...]] = field(default_factory=dict)


class Paper:
    """Sections put one after the other, in one language."""

    def __init__(self, name: str, language: str, categories: Mapping[str, Mapping[str, str]]) -> None:
        self.language = language
        self.say: Say = saying(language)
        self._name, self._categories = name, categories
        self._clauses: list[Clause] = []
        self._pictures: dict[UUID, tuple[str, ...]] = {}

    def composed(self, title: str) -> Composed:
        """All of it."""
        document = Document(title, self.language, Scheme.DECLARED, tuple(self._clauses))
        return Composed(document, self._pictures)

    def section(self, heading: str, body: str, above: UUID | None = None, number: str = "") -> UUID:
        """A section, below another where one is given; its id."""
        id_ = uuid5(NAMESPACE_URL, f"{self._name}/{len(self._clauses)}")
        text = ClauseText(heading=heading, body=body, declared_number=number)
        self._clauses.append(Clause(id_, text, above, number))
        return id_

    def picture(self, below: UUID, entity: str) -> None:
        """A photograph beneath a section."""
        self._pictures[below] = (*self._pictures.get(below, ()), entity)

    # --- words

    def category(self, key: str) -> str:
        """The name of a category; empty for one that is not told."""
        _ = self.say
        if key == OTHERS:
            return _("Others, together")
        labels = self._categories.get(key, {})
        return str(labels.get(self.language) or labels.get("en") or next(iter(labels.values()), key))

    def facts(self, told: Iterable[tuple[str, str]]) -> str:
        """Pairs of a name and a value, those without a value left out."""
        return "\n".join(f"- **{words_of(name)}:** {words_of(value)}" for name, value in told if value)

    def by(self, line: Mapping[str, Any]) -> str:
        """Who said a line and how it stands, in one row of words."""
        _ = self.say
        told = [self.category(line["category"]) if line["category"] else ""]
        if line["language"] and line["language"] != self.language:
            told.append(look.language_name(line["language"]))
        told += [_(MARKS[mark]) for mark in line["marks"] if mark in MARKS]
        told.append(_(FEELINGS[line["feeling"]]) if line["feeling"] in FEELINGS else "")
        told.append(_("a lone voice: nobody else said it") if line["lone"] else "")
        told.append(_("read back and agreed") if line["read_back"] else "")
        told.append(_("at %(second)s", second=clock(line["second"])) if line["second"] is not None else "")
        return ", ".join(filter(None, told))

    def vote(self, vote: Mapping[str, Any], above: UUID) -> None:
        """A vote with its totals and the split by category; what does not add up is said under it."""
        _ = self.say
        who = list(vote["cells"])
        heads = [_("Option"), *(self.category(one) for one in who), _("Together")]
        rows = [
            [option, *(str(vote["cells"][one][at]) for one in who), str(vote["totals"][at])]
            for at, option in enumerate(vote["options"])
        ]
        dots = [str(sum(vote["cells"][one])) for one in who]
        rows.append([_("Together"), *dots, str(sum(vote["totals"]))])
        if any(vote["people"].get(one) is not None for one in who):
            people = [vote["people"].get(one) for one in who]
            total = sum(people) if all(count is not None for count in people) else None
            rows.append([_("People who voted"), *(_figure(count) for count in people), _figure(total)])
        told = [_("Dots each person had: %(dots)s.", dots=vote["dots"])]
        if vote["rule"]:
            told.append(_("The rule: %(rule)s", rule=vote["rule"]))
        told += excess_words(vote, self.category, _)
        body = "\n\n".join([table(heads, rows, numbers=len(heads) - 1), *map(words_of, told)])
        self.section(_("Vote: %(question)s", question=vote["question"] or "…"), body, above)


def excess_words(vote: Mapping[str, Any], category: Any, _: Say) -> list[str]:
    """What of a vote does not add up, a sentence each; nothing was changed because of it."""
    found = []
    for one in vote["excesses"]:
        if one["category"] == OTHERS:
            found.append(_("The count of a small group does not add up. Nothing was changed."))
        elif one["of_people"]:
            found.append(
                _(
                    "%(who)s: %(found)s voted, but %(most)s came. Nothing was changed; ask who counted.",
                    who=category(one["category"]),
                    found=one["found"],
                    most=one["most"],
                )
            )
        else:
            found.append(
                _(
                    "%(who)s: %(found)s dots, but they had %(most)s. Nothing was changed; ask who counted.",
                    who=category(one["category"]),
                    found=one["found"],
                    most=one["most"],
                )
            )
    if vote["placed"] != sum(vote["totals"]):
        found.append(_("Some dots stand on an option that is not in the list."))
    return found


def _figure(count: int | None) -> str:
    return "–" if count is None else str(count)
