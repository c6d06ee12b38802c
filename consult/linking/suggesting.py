"""Suggesting: which clauses a comment is about, how sure that is, and the words that earned it.

Several kinds of evidence are weighed together: words and pairs of words, the
letters inside words (which carry across related languages), the best matching
passage, a title mentioned whole, runs of words taken from the clause, the
comment's first line; and, stronger than all, a quoted passage, a number named,
the clause we asked about. The weights were fitted on public comments with
known clauses and hold on standards left out of the fit (`benchmarks/linking.py`).

Deciding alone needs far more than ranking first: see `_decision`.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from consult.linking.postings import Bag, Postings, weighted
from consult.linking.references import references
from consult.linking.stopwords import COMMENTING
from consult.linking.words import Word, empty_words, fold, language_of, stem, words_of

Decision = Literal["link", "suggest", "none"]

# How much each kind of evidence counts.
_WORDS, _LETTERS, _PASSAGE, _TITLE, _RUN3, _RUN5, _FIRST_LINE = 0.7, 1.3, 1.75, 1.4, 0.5, 0.3, 1.05
_QUOTED, _NAMED, _ASKED = 5.0, 6.0, 2.0
# Across languages only the letters inside words carry; whole words agree mostly by accident.
_FOREIGN_LETTERS, _FOREIGN_WORDS = 4.0, 0.25

_OWN_TITLE, _PARENT_TITLE, _SYNONYM, _CONFIRMED = 8.0, 1.0, 5.0, 0.5
_COMMENTING_WEIGHT = 0.15
_FIRST_LINE_WEIGHT = 3.0
# Found right 98 times in 100 on the public comments, see `benchmarks/linking.py`.
_SURE_BY_TITLE, _SURE_BY_RUN = 0.95, 0.98
_TITLE_FEWEST, _TITLE_COMMENT_FEWEST = 2, 4
_RUN_COMMENT_FEWEST, _RUN_SHARED_FEWEST = 12, 6
_CANDIDATES = 25
_LONGEST = 20_000
_FAINT = 0.2
_WHY = 5
_PASSAGES = re.compile(r"\n\s*\n|\n(?=[*\-] )")
_SHORT_PASSAGE = 40
_TITLE_NUMBER = re.compile(r"^(?:[A-Z]{0,3}\d[\d.]*:?|[A-Z]\.[\d.]+)\s+")


@dataclass(frozen=True)
class ClauseGiven:
    """A clause to link to; `synonyms` are the committee's, `confirmed` comments people linked to it."""

    id: str
    number: str = ""
    title: str = ""
    text: str = ""
    parents: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()
    confirmed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scored:
    """A clause suggested, how likely it is among the others (0 to 1), and the comment's words for it."""

    id: str
    score: float
    why: tuple[str, ...] = ()


@dataclass(frozen=True)
class Suggestion:
    """Up to k clauses, best first, and whether the best may be linked without a person."""

    clauses: tuple[Scored, ...] = ()
    decision: Decision = "none"


@dataclass
class _Evidence:
    """What one comment has for every clause, and what was found on the way."""

    totals: list[float]
    words: list[Word] = field(default_factory=list)
    letters: list[float] = field(default_factory=list)
    longest_run: list[int] = field(default_factory=list)
    quoted: set[int] = field(default_factory=set)
    named: set[int] = field(default_factory=set)
    titled: set[int] = field(default_factory=set)
    foreign: bool = False


class Index:
    """The clauses of one version, made ready once for many comments."""

    def __init__(self, clauses: Sequence[ClauseGiven]) -> None:
        self.clauses = tuple(clauses)
        self.language = language_of(" ".join(clause.text[:400] for clause in clauses[:200])) or "en"
        self._empty = empty_words(self.language)
        self._commenting = frozenset(stem(fold(word), self.language) for word in COMMENTING.split())
        self._numbers = [clause.number for clause in clauses if clause.number]
        self._place = {
            key: at for at, c in reversed(list(enumerate(clauses))) for key in (c.number, c.id) if key
        }
        self._read_clauses()
        self._read_titles()
        self._read_runs()

    def suggest(
        self,
        comment: str,
        k: int = 5,
        lang: str | None = None,
        quote: str | None = None,
        asked: str | None = None,
    ) -> Suggestion:
        """The clauses the comment may be about, best first; at most k, fewer when there are fewer.

        `quote` is a passage the author marked; `asked` the id or number of the
        clause we asked about. Any text is taken; nothing is raised.
        """
        if not self.clauses or k < 1:
            return Suggestion()
        evidence = self._weigh(comment[:_LONGEST], lang, (quote or "")[:_LONGEST], asked)
        order = sorted(range(len(self.clauses)), key=lambda place: (-evidence.totals[place], place))
        likely = _likelihood(evidence.totals, order)
        scored = tuple(
            Scored(self.clauses[place].id, round(likely[rank], 4), self._why(evidence, place))
            for rank, place in enumerate(order[:k])
        )
        return Suggestion(scored, self._decision(evidence, order[0], likely[0]))

    # What is read once

    def _read_clauses(self) -> None:
        """Postings of words, of letters, and of passages."""
        shared = Counter(clause.title for clause in self.clauses)
        wholes, letters, passages = [], [], []
        self._passage_of: list[int] = []
        for place, clause in enumerate(self.clauses):
            # A heading that many requirements share says less of each.
            own = _OWN_TITLE / math.sqrt(shared[clause.title])
            fields = [(clause.text, 1.0), (clause.title, own), (" ".join(clause.parents), _PARENT_TITLE)]
            fields += [(" . ".join(clause.synonyms), _SYNONYM), (" . ".join(clause.confirmed), _CONFIRMED)]
            stems = [([w.stem for w in self._telling(text)], weight) for text, weight in fields if text]
            wholes.append(weighted(*((_pairs(found), weight) for found, weight in stems)))
            letters.append(weighted(*((_letters(Counter(found)), weight) for found, weight in stems)))
            title = _pairs([w.stem for w in self._telling(clause.title)])
            parts = [part for part in _PASSAGES.split(clause.text) if len(part) > _SHORT_PASSAGE]
            for part in [*(parts or [clause.text]), *clause.confirmed, *clause.synonyms]:
                passages.append(weighted((_pairs([w.stem for w in self._telling(part)]), 1.0), (title, 1.0)))
                self._passage_of.append(place)
        self._words = Postings.saturated(wholes, saturation=4.0, length=0.6)
        self._letters = Postings.cosine(letters)
        self._passages = Postings.saturated(passages, saturation=3.0, length=0.6)

    def _read_titles(self) -> None:
        self._titles: list[tuple[str, float]] = []
        written = [self._joined(_TITLE_NUMBER.sub("", clause.title)) for clause in self.clauses]
        shared = Counter(written)
        for clause, title in zip(self.clauses, written, strict=True):
            telling = {w.stem for w in self._telling(clause.title)}
            weight = sum(self._words.rarity.get(one, 0.0) for one in telling) / shared[title]
            self._titles.append((title, weight if title.strip() else 0.0))

    def _read_runs(self) -> None:
        self._runs: dict[tuple[str, ...], set[int]] = defaultdict(set)
        self._texts = []
        for place, clause in enumerate(self.clauses):
            stems = [w.stem for w in words_of(clause.text, self.language)]
            self._texts.append(f" {' '.join(stems)} ")
            for size in (3, 5):
                for run in _runs(stems, size):
                    self._runs[run].add(place)

    # What one comment says

    def _weigh(self, comment: str, lang: str | None, quote: str, asked: str | None) -> _Evidence:
        evidence = _Evidence([0.0] * len(self.clauses))
        said_in = language_of(comment) or (lang or self.language)[:2]
        evidence.foreign = said_in != self.language
        evidence.words = [
            word
            for word in self._telling(f"{comment}\n{quote}")
            if not evidence.foreign or fold(word.surface) not in empty_words(said_in)
        ]
        self._weigh_words(evidence, comment, quote)
        self._weigh_runs(evidence, f"{comment}\n{quote}")
        if quote:
            self._weigh_quote(evidence, quote)
        named = [
            r.number
            for r in references(comment, lang or self.language, self._numbers).found
            if r.kind == "named"
        ]
        for number in dict.fromkeys(named):
            evidence.named.add(self._place[number])
        for place in evidence.named:
            evidence.totals[place] += _NAMED
        if asked is not None and asked in self._place:
            evidence.totals[self._place[asked]] += _ASKED
        return evidence

    def _weigh_words(self, evidence: _Evidence, comment: str, quote: str) -> None:
        first, _, rest = comment.strip().partition("\n")
        opening = self._question(first)
        question = weighted(
            (self._question(f"{rest}\n{quote}"), 1.0), (opening, _FIRST_LINE_WEIGHT if rest else 1.0)
        )
        plain = Counter(w.stem for w in evidence.words if evidence.foreign or w.stem not in self._commenting)
        passages = [0.0] * len(self.clauses)
        for place, score in zip(self._passage_of, self._passages.scores(question), strict=True):
            passages[place] = max(passages[place], score)
        evidence.letters = self._letters.scores(_letters(plain))
        whole = _FOREIGN_WORDS if evidence.foreign else 1.0
        for scores, weight in (
            (self._words.scores(question), _WORDS * whole),
            (evidence.letters, _FOREIGN_LETTERS if evidence.foreign else _LETTERS),
            (passages, _PASSAGE * whole),
            (self._words.scores(opening), _FIRST_LINE * whole),
        ):
            _add(evidence.totals, scores, weight)

    def _weigh_runs(self, evidence: _Evidence, text: str) -> None:
        stems = [w.stem for w in words_of(text, self.language)]
        evidence.longest_run = [0] * len(self.clauses)
        for size, weight in ((3, _RUN3), (5, _RUN5)):
            found: dict[int, float] = defaultdict(float)
            for run in set(_runs(stems, size)):
                holders = self._runs.get(run, ())
                telling = sum(self._words.rarity.get(one, 0.0) for one in run if one not in self._empty)
                for place in holders:
                    found[place] += telling / len(holders)
                    if telling:
                        evidence.longest_run[place] = size
            for place, amount in found.items():
                evidence.totals[place] += weight * math.log1p(amount)
        said = f" {' '.join(stems)} "
        for place, (title, weight) in enumerate(self._titles):
            if weight and title in said:
                evidence.titled.add(place)
                evidence.totals[place] += _TITLE * math.log1p(weight)

    def _weigh_quote(self, evidence: _Evidence, quote: str) -> None:
        marked = self._joined(quote)
        if len(marked.split()) < 3:
            return
        evidence.quoted = {place for place, text in enumerate(self._texts) if marked in text}
        for place in evidence.quoted:
            evidence.totals[place] += _QUOTED / len(evidence.quoted)

    def _question(self, text: str) -> Bag:
        """The words and pairs of a text, those said of any text held back."""
        bag: dict[str, float] = dict(_pairs([w.stem for w in self._telling(text)]))
        for term in bag:
            if any(part in self._commenting for part in term.split()):
                bag[term] *= _COMMENTING_WEIGHT
        return bag

    def _telling(self, text: str) -> list[Word]:
        """The words of a text without the empty ones."""
        return [
            word
            for word in words_of(text, self.language)
            if len(word.stem) > 1 and word.stem not in self._empty and fold(word.surface) not in self._empty
        ]

    def _joined(self, text: str) -> str:
        return f" {' '.join(w.stem for w in words_of(text, self.language))} "

    # What may be said of it

    def _decision(self, evidence: _Evidence, best: int, likely: float) -> Decision:
        """Whether to link alone, to suggest, or to own that nothing was recognised.

        Linking alone needs a number named or a passage quoted; or a title of
        several words mentioned whole, or a long run of the clause's own words,
        together with a likelihood found right in practice. One word never
        suffices, nor does a comment in another language.
        """
        if evidence.named:
            return "link" if evidence.named == {best} else "suggest"
        if evidence.quoted == {best}:
            return "link"
        shared = {w.stem for w in evidence.words if any(p == best for p, _ in self._words.holders(w.stem))}
        if evidence.foreign:
            return "none" if evidence.letters[best] < _FAINT else "suggest"
        if not shared:
            return "none"
        said = len({w.stem for w in evidence.words})
        by_title = (
            best in evidence.titled
            and len(self._telling(self.clauses[best].title)) >= _TITLE_FEWEST
            and said >= _TITLE_COMMENT_FEWEST
            and likely >= _SURE_BY_TITLE
        )
        by_run = (
            evidence.longest_run[best] >= 5
            and said >= _RUN_COMMENT_FEWEST
            and len(shared) >= _RUN_SHARED_FEWEST
            and likely >= _SURE_BY_RUN
        )
        return "link" if by_title or by_run else "suggest"

    def _why(self, evidence: _Evidence, place: int) -> tuple[str, ...]:
        """The comment's own words that weigh most for a clause."""
        surfaces: dict[str, str] = {}
        for word in evidence.words:
            surfaces.setdefault(word.stem, word.surface)
        weights = {
            term: weight * (_COMMENTING_WEIGHT if term in self._commenting else 1.0)
            for term in surfaces
            for holder, weight in self._words.holders(term)
            if holder == place
        }
        best = sorted(weights, key=lambda term: (-weights[term], term))[:_WHY]
        number = (self.clauses[place].number,) if place in evidence.named else ()
        return number + tuple(surfaces[term] for term in best)


def _likelihood(totals: Sequence[float], order: Sequence[int]) -> list[float]:
    """How likely each clause is among all, by rank; the weights make this nearly a probability."""
    top = totals[order[0]]
    raised = [math.exp(totals[place] - top) for place in order]
    whole = sum(raised[:_CANDIDATES])
    return [one / whole for one in raised]


def _add(totals: list[float], scores: Sequence[float], weight: float) -> None:
    """Add scores as shares of the best one."""
    best = max(scores)
    if best > 0:
        for place, score in enumerate(scores):
            totals[place] += weight * score / best


def _pairs(stems: Sequence[str]) -> Counter[str]:
    """Words, and pairs of neighbours."""
    bag = Counter(stems)
    bag.update(f"{one} {next_}" for one, next_ in pairwise(stems))
    return bag


def _letters(stems: Mapping[str, float]) -> Counter[str]:
    """Runs of three to five letters within words, the edges marked."""
    bag: Counter[str] = Counter()
    for one, count in stems.items():
        edged = f" {one} "
        for size in (3, 4, 5):
            for at in range(len(edged) - size + 1):
                bag[edged[at : at + size]] += count  # type: ignore[assignment]  # a Counter holds floats as well
    return bag


def _runs(stems: Sequence[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(stems[at : at + size]) for at in range(len(stems) - size + 1)]
