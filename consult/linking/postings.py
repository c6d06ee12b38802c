"""Scores of many texts against one question, from postings made once.

Two ways of weighing: `saturated` (BM25: a word said often counts little more
than once; long texts are held back) and `cosine` (TF-IDF, logarithmic counts).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

Bag = Mapping[str, float]
_BREADTH = 1.0


class Postings:
    """For each term, the texts that hold it and how much it weighs there."""

    def __init__(self, rarity: dict[str, float], weights: Sequence[Bag], *, squared: bool) -> None:
        self.rarity = rarity
        self._size = len(weights)
        self._squared = squared
        self._places: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for place, bag in enumerate(weights):
            for term, weight in bag.items():
                self._places[term].append((place, weight))

    @classmethod
    def saturated(cls, bags: Sequence[Bag], *, saturation: float, length: float) -> "Postings":
        """BM25 with the usual two knobs, k1 and b."""
        rarity = _rarity(bags)
        lengths = [sum(bag.values()) for bag in bags]
        mean = sum(lengths) / len(lengths) if any(lengths) else 1.0
        weights = []
        for bag, size in zip(bags, lengths, strict=True):
            brake = saturation * (1 - length + length * size / mean)
            weights.append(
                {t: rarity[t] * count * (saturation + 1) / (count + brake) for t, count in bag.items()}
            )
        return cls(rarity, weights, squared=False)

    @classmethod
    def cosine(cls, bags: Sequence[Bag]) -> "Postings":
        """TF-IDF with logarithmic counts, divided by a little less than the text's length."""
        rarity = _rarity(bags)
        weights = []
        for bag in bags:
            raw = {term: damped(count) * rarity[term] for term, count in bag.items()}
            norm = math.sqrt(sum(weight * weight for weight in raw.values())) ** _BREADTH or 1.0
            weights.append({term: weight / norm for term, weight in raw.items()})
        return cls(rarity, weights, squared=True)

    def scores(self, question: Bag) -> list[float]:
        """The score of every text, in their order; all zero when no term is known."""
        totals = [0.0] * self._size
        mass = 0.0
        for term, count in question.items():
            rarity = self.rarity.get(term)
            if rarity is None or count <= 0:
                continue
            weight = damped(count) * rarity if self._squared else damped(count)
            mass += weight * weight if self._squared else weight * rarity
            for place, held in self._places[term]:
                totals[place] += weight * held
        scale = (math.sqrt(mass) if self._squared else mass) or 1.0
        return [total / scale for total in totals]

    def holders(self, term: str) -> list[tuple[int, float]]:
        """The texts that hold a term, with its weight in each."""
        return self._places.get(term, [])


def damped(count: float) -> float:
    """A count made logarithmic: the tenth time says little more than the first."""
    return 1 + math.log(count) if count >= 1 else count


def weighted(*parts: tuple[Bag, float]) -> Counter[str]:
    """One bag of several, each counted with its weight."""
    total: Counter[str] = Counter()
    for bag, weight in parts:
        for term, count in bag.items():
            total[term] += count * weight  # type: ignore[assignment]  # a Counter holds floats as well
    return total


def _rarity(bags: Sequence[Bag]) -> dict[str, float]:
    """How telling each term is: the fewer texts hold it, the more."""
    held: Counter[str] = Counter()
    for bag in bags:
        held.update(bag.keys())
    return {term: math.log(1 + (len(bags) - n + 0.5) / (n + 0.5)) for term, n in held.items()}
