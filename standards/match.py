"""Match: which clause of a new text each clause of an old one became, when nobody recorded it.

Words decide, together with where a clause stands: numbers are no evidence,
since they are re-used for other requirements. What the words leave open is
suggested, best first, and decided by a person.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from rapidfuzz.distance import Indel

from standards.document import Document, Imported
from standards.lineage import Relation
from standards.words import is_word, tokens

# Tuned on texts of six standards; a score is 0 (nothing shared) to 1 (same words in the same order).
ENOUGH = 0.3  # no pair whose wording scores below is decided
MARGIN = 0.04  # by how much the best must lead, seen from either side
ANCHOR = 0.45  # pairs above, leading by ANCHOR_LEAD, show where the neighbours went
ANCHOR_LEAD = 0.1
TITLES, PLACE = 0.1, 0.1  # what titles and neighbours add at most
NAMED = 0.1  # what a title adds that each text has exactly once
TAKEN = 0.85  # what remains of a score for a clause another one surely became
CANDIDATES = 20  # compared closely, per clause
SUGGESTED = 5
FEW_WORDS = 4  # a text of fewer words is decided only when nothing about it differs
COVERED = 0.8  # share of a clause's words that must be found again to call it merged or split


@dataclass(frozen=True)
class Given:
    """A clause to be matched; `parents` are the titles above it, outermost first."""

    id: str
    number: str = ""
    title: str = ""
    text: str = ""
    parents: tuple[str, ...] = ()


@dataclass(frozen=True)
class Suggestion:
    """A new clause that may be the one, with its score from 0 to 1."""

    id: str
    score: float


@dataclass(frozen=True)
class Matched:
    """What became of one old clause; `old` is None for a new clause from nowhere."""

    old: str | None
    decision: Literal["decided", "suggested", "none"]
    relation: Relation | None
    new: tuple[str, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The line `match` prints."""
        if self.old is None:
            return {"old": None, "relation": Relation.NEW.value, "new": list(self.new)}
        return {
            "old": self.old,
            "decision": self.decision,
            "relation": self.relation.value if self.relation else None,
            "new": list(self.new),
            "suggestions": [{"id": s.id, "score": round(s.score, 4)} for s in self.suggestions],
        }


@dataclass(frozen=True)
class DocumentMatch:
    """Which clauses of an import keep the identity of an old one, and which only may.

    `decided` gives the old clause's id for an import's key; `suggestions` the
    keys that may be an old clause, best first, for each not decided.
    """

    decided: Mapping[str, UUID]
    suggestions: Mapping[UUID, tuple[Suggestion, ...]]
    matches: tuple[Matched, ...]


def match(old: Sequence[Given], new: Sequence[Given]) -> list[Matched]:
    """One entry per old clause, in order, then one for each new clause nothing became."""
    before, after = [_Clause(g) for g in old], [_Clause(g) for g in new]
    pairs = _Pairs(before, after)
    decided = _decided(pairs)
    split = _splits(pairs, decided)
    merged = _merges(before, pairs, decided)
    uses = Counter((*decided.values(), *merged.values()))
    entries = []
    for i, clause in enumerate(before):
        best = sorted(pairs.scores[i].items(), key=lambda item: (-item[1], item[0]))[:SUGGESTED]
        suggestions = tuple(Suggestion(new[j].id, min(1.0, score)) for j, score in best)
        main = decided.get(i, merged.get(i))
        if main is None:
            decision: Literal["suggested", "none"] = "suggested" if suggestions else "none"
            entries.append(Matched(clause.given.id, decision, None, (), suggestions))
            continue
        targets = (main, split[i]) if i in split else (main,)
        if i in split:
            relation = Relation.SPLIT
        elif uses[main] > 1:
            relation = Relation.MERGED
        else:
            relation = _relation(clause, after[main], pairs.sections[clause.section])
        ids = tuple(new[j].id for j in targets)
        entries.append(Matched(clause.given.id, "decided", relation, ids, suggestions))
    met = {id_ for entry in entries for id_ in entry.new}
    return entries + [Matched(None, "none", Relation.NEW, (g.id,)) for g in new if g.id not in met]


def match_documents(old: Document, new: Imported) -> DocumentMatch:
    """Match an import against an earlier version: an old id is kept once, by the clause it surely became.

    Of a split, the clause that keeps most keeps the id; of merged clauses, the first.
    """
    matches = tuple(match(given_document(old), given_import(new)))
    decided: dict[str, UUID] = {}
    suggestions: dict[UUID, tuple[Suggestion, ...]] = {}
    for entry in matches:
        if entry.old is None:
            continue
        if entry.decision == "decided":
            decided.setdefault(entry.new[0], UUID(entry.old))
        elif entry.suggestions:
            suggestions[UUID(entry.old)] = entry.suggestions
    return DocumentMatch(decided, suggestions, matches)


def given_document(document: Document) -> list[Given]:
    """The clauses of a version as things to match, under their ids."""
    return [
        Given(
            id=str(clause.id),
            number=clause.number,
            title=clause.text.heading,
            text=clause.text.body,
            parents=tuple(above.text.heading for above in document.ancestors(clause)),
        )
        for clause in document
    ]


def given_import(imported: Imported) -> list[Given]:
    """The clauses of an import as things to match, under their keys."""
    above: dict[str, tuple[str, ...]] = {}
    found = []
    for clause in imported.clauses:
        parents = above.get(clause.parent, ()) if clause.parent else ()
        above[clause.key] = (*parents, clause.text.heading)
        text = clause.text
        found.append(Given(clause.key, text.declared_number, text.heading, text.body, parents))
    return found


class _Clause:
    """A clause cut into what is compared: its words, pairs of words, and parts of words."""

    def __init__(self, given: Given) -> None:
        self.given = given
        self.words = _words(given.text) or _words(given.title)
        self.counts = Counter(self.words)
        self.bigrams = Counter(zip(self.words, self.words[1:], strict=False))
        self.parts = Counter(part for word in self.words for part in _parts(word))
        self.title = frozenset(_words(given.title))
        self.above = frozenset(_words(" ".join(given.parents)))
        self.section = (*given.parents, given.title)
        self.chapter = given.parents[:1] or (given.title,)


def _words(text: str) -> list[str]:
    """The words of a text without case, link targets or common endings."""
    text = re.sub(r"\]\([^)\s]*\)", "]", text).casefold()
    return [_stem(word) for word in tokens(text) if is_word(word)]


def _stem(word: str) -> str:
    """A word without its last few letters where they look like an ending; no language is assumed."""
    for ending in ("ations", "ation", "ings", "ing", "ies", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def _parts(word: str) -> list[str]:
    marked = f"_{word}_"
    return [marked[at : at + 4] for at in range(max(1, len(marked) - 3))]


class _Pairs:
    """How alike each old clause is to its likeliest new ones, by index."""

    def __init__(self, old: Sequence[_Clause], new: Sequence[_Clause]) -> None:
        self.old, self.new = old, new
        self.rarity = _rarity([clause.counts for clause in (*old, *new)])
        self.weights = {
            clause: sum(self.rarity[word] * count for word, count in clause.counts.items())
            for clause in (*old, *new)
        }
        self.named = _pair_identical(old, new, _title, {}, set())
        self.wording: list[dict[int, float]] = []
        self.sections: dict[Hashable, Counter[Hashable]] = defaultdict(Counter)
        plain = self._by_words()
        self.anchors = _leading(plain, ANCHOR, ANCHOR_LEAD)
        self.scores = self._in_place(plain)

    def shared(self, one: Counter[str], other: Counter[str]) -> float:
        """How much of `one`, rare words counting more, is also in `other`: 0 to 1."""
        whole = sum(self.rarity[word] * count for word, count in one.items())
        both = sum(
            self.rarity[word] * min(count, other[word]) for word, count in one.items() if word in other
        )
        return both / whole if whole else 0.0

    def _within(self, one: _Clause, other: _Clause) -> float:
        """How much of the smaller clause is in the other: 0 to 1."""
        small, large = sorted((one, other), key=self.weights.__getitem__)
        return self.shared(small.counts, large.counts)

    def _by_words(self) -> list[dict[int, float]]:
        """Scores from wording and titles alone, for the likeliest few of each clause."""
        words = _cosines(self.old, self.new, lambda c: c.counts)
        bigrams = _cosines(self.old, self.new, lambda c: c.bigrams)
        parts = _cosines(self.old, self.new, lambda c: c.parts)
        rows = []
        for i, one in enumerate(self.old):
            rough = {j: words[i].get(j, 0) + p + bigrams[i].get(j, 0) / 2 for j, p in parts[i].items()}
            row, worded = {}, {}
            likely = sorted(rough, key=lambda j: -rough[j])[:CANDIDATES]
            for j in dict.fromkeys([*likely, self.named.get(i, likely[0])] if likely else []):
                other = self.new[j]
                order = Indel.normalized_similarity(one.words, other.words)
                within = self._within(one, other)
                wording = 0.3 * words[i].get(j, 0) + 0.25 * parts[i].get(j, 0) + 0.15 * bigrams[i].get(j, 0)
                titles = (_overlap(one.title, other.title) + _overlap(one.above, other.above)) / 2
                worded[j] = wording + 0.2 * order + 0.1 * within
                row[j] = worded[j] + TITLES * titles + NAMED * (self.named.get(i) == j)
            rows.append(row)
            self.wording.append(worded)
        return rows

    def _in_place(self, plain: Sequence[Mapping[int, float]]) -> list[dict[int, float]]:
        """Scores raised where the rest of the section went too, lowered where the place is taken."""
        sections = self.sections
        chapters: dict[Hashable, Counter[Hashable]] = defaultdict(Counter)
        taken = {j: i for i, j in self.anchors.items()}
        for i, j in self.anchors.items():
            sections[self.old[i].section][self.new[j].section] += 1
            chapters[self.old[i].chapter][self.new[j].chapter] += 1
        rows = []
        for i, row in enumerate(plain):
            one, mine = self.old[i], self.anchors.get(i)
            found = {}
            for j, score in row.items():
                other = self.new[j]
                own = mine is not None and self.new[mine].section == other.section
                near = _share(sections[one.section], other.section, own)
                own = mine is not None and self.new[mine].chapter == other.chapter
                near += _share(chapters[one.chapter], other.chapter, own)
                score += PLACE * (near / 2 + self._beside(i, j) / 2)
                found[j] = score * TAKEN if taken.get(j, i) != i else score
            rows.append(found)
        return rows

    def _beside(self, i: int, j: int) -> float:
        """How close to `j` the neighbours of `i` went: 0 to 1."""
        total = 0.0
        for step, weight in ((-2, 0.5), (-1, 1.0), (1, 1.0), (2, 0.5)):
            far = abs(self.anchors[i + step] - j) if i + step in self.anchors else 0
            if 0 < far < 5:
                total += weight * (1 - far / 5) / 2
        return min(1.0, total)


def _share(went: Counter[Hashable], place: Hashable, own: bool) -> float:
    """The share of a section's sure clauses that went to `place`, one's own vote left out."""
    return (went[place] - own) / (went.total() - own + 1) if went[place] else 0.0


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one and other else 0.0


def _rarity(texts: Iterable[Counter[Any]]) -> dict[Any, float]:
    """How much each feature tells: more, the fewer texts have it."""
    features = [text.keys() for text in texts]
    counts = Counter(feature for keys in features for feature in keys)
    return {feature: math.log(1 + len(features) / count) for feature, count in counts.items()}


def _cosines(
    old: Sequence[_Clause], new: Sequence[_Clause], features: Callable[[_Clause], Counter[Any]]
) -> list[dict[int, float]]:
    """TF-IDF cosines of each old clause with every new one that shares a feature."""
    rarity = _rarity(features(clause) for clause in (*old, *new))
    holders: dict[Any, list[tuple[int, float]]] = defaultdict(list)
    for j, clause in enumerate(new):
        for feature, weight in _weighted(features(clause), rarity).items():
            holders[feature].append((j, weight))
    rows = []
    for clause in old:
        row: dict[int, float] = defaultdict(float)
        for feature, weight in _weighted(features(clause), rarity).items():
            for j, other in holders.get(feature, ()):
                row[j] += weight * other
        rows.append(row)
    return rows


def _weighted(counts: Counter[Any], rarity: Mapping[Any, float]) -> dict[Any, float]:
    weights = {feature: (1 + math.log(count)) * rarity[feature] for feature, count in counts.items()}
    length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    return {feature: weight / length for feature, weight in weights.items()}


def _leading(scores: Sequence[Mapping[int, float]], enough: float, margin: float) -> dict[int, int]:
    """Pairs that are each other's best and lead their rivals on both sides by the margin."""
    rivals: dict[int, list[float]] = defaultdict(list)
    for row in scores:
        for j, score in row.items():
            rivals[j].append(score)
    best_two = {j: sorted(found, reverse=True)[:2] for j, found in rivals.items()}
    found = {}
    for i, row in enumerate(scores):
        ranked = sorted(row.items(), key=lambda item: -item[1])[:2]
        if not ranked or ranked[0][1] < enough:
            continue
        j, score = ranked[0]
        lead = score - (ranked[1][1] if len(ranked) > 1 else 0.0)
        back = best_two[j]
        lead_back = score - (back[1] if len(back) > 1 else 0.0)
        if lead >= margin and score == back[0] and lead_back >= margin:
            found[i] = j
    return found


def _decided(pairs: _Pairs) -> dict[int, int]:
    """One-to-one pairs beyond doubt: first identical ones, then those that lead clearly.

    Neighbours and titles may break a tie but never make up for wording, and
    where a title of one's own went elsewhere, nothing is decided.
    """
    old, new = pairs.old, pairs.new
    decided: dict[int, int] = {}
    for key in (_everything, _words_and_number, _words_alone):
        decided |= _pair_identical(old, new, key, decided, set(decided.values()))
    decided |= _halves(pairs, decided)
    taken = set(decided.values())
    bearers = {j: i for i, j in pairs.named.items()}
    for i, j in _leading(pairs.scores, ENOUGH, MARGIN).items():
        few_words = min(len(old[i].words), len(new[j].words)) < FEW_WORDS
        named_apart = pairs.named.get(i, j) != j or bearers.get(j, i) != i
        if i in decided or j in taken or few_words or named_apart or pairs.wording[i][j] < ENOUGH:
            continue
        decided[i] = j
    return decided


def _halves(pairs: _Pairs, decided: Mapping[int, int]) -> dict[int, int]:
    """The first half of each clause that two others make up, on whichever side the two are."""
    taken = set(decided.values())
    columns: dict[int, dict[int, float]] = defaultdict(dict)
    rows: dict[int, dict[int, float]] = {}
    for i, row in enumerate(pairs.scores):
        rows[i] = {j: score for j, score in row.items() if i not in decided and j not in taken}
        for j, score in rows[i].items():
            columns[j][i] = score
    found: dict[int, int] = {}
    for i, row in rows.items():
        first = _first_of_two(pairs, pairs.old[i], row, pairs.new)
        if first is not None:
            found[i] = first
    for j, column in columns.items():
        first = _first_of_two(pairs, pairs.new[j], column, pairs.old)
        if first is not None and first not in found and j not in found.values():
            found[first] = j
    return found


def _first_of_two(
    pairs: _Pairs, whole: _Clause, scores: Mapping[int, float], others: Sequence[_Clause]
) -> int | None:
    """The likelier of two clauses that together have the words of `whole` and hardly any more."""
    best = sorted(scores, key=lambda index: -scores[index])[:2]
    if len(best) < 2:
        return None
    one, other = (others[index].counts for index in best)
    if min(one.total(), other.total()) < FEW_WORDS or pairs.shared(whole.counts, one + other) < COVERED:
        return None
    ours = min(pairs.shared(one, whole.counts), pairs.shared(other, whole.counts - one))
    return best[0] if ours >= COVERED else None


def _everything(clause: _Clause) -> Hashable:
    return (tuple(clause.words), clause.section)


def _words_and_number(clause: _Clause) -> Hashable:
    return (tuple(clause.words), clause.given.title, clause.given.number) if clause.given.number else None


def _words_alone(clause: _Clause) -> Hashable:
    return tuple(clause.words) if len(clause.words) >= FEW_WORDS else None


def _title(clause: _Clause) -> Hashable:
    return clause.given.title.casefold() or None


def _pair_identical(
    old: Sequence[_Clause],
    new: Sequence[_Clause],
    key: Callable[[_Clause], Hashable],
    decided: Mapping[int, int],
    taken: Set[int],
) -> dict[int, int]:
    """Pairs alike in `key`, where neither text has it twice among the clauses still free."""
    left = _only_once((i, key(c)) for i, c in enumerate(old) if i not in decided and c.words)
    right = _only_once((j, key(c)) for j, c in enumerate(new) if j not in taken and c.words)
    return {i: right[what] for what, i in left.items() if what in right}


def _only_once(keyed: Iterable[tuple[int, Hashable]]) -> dict[Hashable, int]:
    found: dict[Hashable, list[int]] = defaultdict(list)
    for index, what in keyed:
        if what is not None:
            found[what].append(index)
    return {what: indexes[0] for what, indexes in found.items() if len(indexes) == 1}


def _splits(pairs: _Pairs, decided: Mapping[int, int]) -> dict[int, int]:
    """For old clauses with words left over: the free new clause that took those words and few others."""
    taken = set(decided.values())
    found: dict[int, int] = {}
    for i, j in decided.items():
        rest = pairs.old[i].counts - pairs.new[j].counts
        if rest.total() < FEW_WORDS:
            continue
        for k in sorted(pairs.scores[i], key=lambda k: -pairs.scores[i][k])[:SUGGESTED]:
            part = pairs.new[k].counts
            if (
                k not in taken
                and part.total() >= FEW_WORDS
                and pairs.shared(rest, part) >= COVERED
                and pairs.shared(part, pairs.old[i].counts) >= COVERED
            ):
                found[i] = k
                taken.add(k)
                break
    return found


def _merges(old: Sequence[_Clause], pairs: _Pairs, decided: Mapping[int, int]) -> dict[int, int]:
    """Undecided old clauses nearly all of whose words went into a clause that also holds another."""
    taken = {j: i for i, j in decided.items()}
    found = {}
    for i, row in enumerate(pairs.scores):
        if i in decided or not row or len(old[i].words) < 2 * FEW_WORDS:
            continue
        j = max(row, key=lambda j: row[j])
        if j not in taken:
            continue
        added = pairs.new[j].counts - old[taken[j]].counts
        own = old[i].counts - old[taken[j]].counts
        told = pairs.shared(old[i].counts, pairs.new[j].counts) >= COVERED
        if told and own.total() >= FEW_WORDS and pairs.shared(own, added) >= COVERED:
            found[i] = j
    return found


def _relation(old: _Clause, new: _Clause, went: Counter[Hashable]) -> Relation:
    """What happened to a clause that became exactly one other.

    `went` counts where the clauses of its section went: a section that was
    only renamed has not moved its clauses, as long as their numbers agree.
    """
    if " ".join(old.given.text.split()) != " ".join(new.given.text.split()):
        return Relation.REWORDED
    renamed = went[new.section] > max(1, went.total() / 2) and old.given.number == new.given.number
    if old.section != new.section and not renamed:
        return Relation.MOVED
    return Relation.SAME if old.section[-1:] == new.section[-1:] or old.given.text else Relation.REWORDED
