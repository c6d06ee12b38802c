"""How much quicker a clause's redline is than with the standard library's difflib.

Prints two ratios of CPU time over 1,000 pairs of clauses of 120 words. The
first is like for like: both compare words, spaces and signs of two texts. For
the second, difflib is given words already cut at spaces, an easier task than
ours, which still takes whole texts and gives readable pieces.
"""

import difflib
import random
import time
from collections.abc import Callable

from standards.diff import word_changes
from standards.words import tokens

PAIRS, WORDS, EDITS = 1_000, 120, 4


def clause_pairs(seed: int = 1) -> list[tuple[str, str]]:
    """Clauses of common and rare words, each with a few words replaced, taken out and put in."""
    draw = random.Random(seed)
    vocabulary = [f"word{n}" for n in range(2_000)]
    weights = [1 / (n + 1) for n in range(2_000)]
    pairs = []
    for _ in range(PAIRS):
        old = draw.choices(vocabulary, weights, k=WORDS)
        new = list(old)
        for _ in range(EDITS):
            at = draw.randrange(len(new))
            cut = draw.choice((0, 1, 1, 2))
            new[at : at + cut] = draw.choices(vocabulary, weights, k=draw.choice((0, 1, 1, 2)))
        pairs.append((" ".join(old), " ".join(new)))
    return pairs


def cpu_seconds(work: Callable[[], object], repeats: int = 5) -> float:
    """The least CPU time of several runs."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def main() -> None:
    """Measure both in one run and print the ratio."""
    pairs = clause_pairs()
    ours = cpu_seconds(lambda: [word_changes(old, new) for old, new in pairs])
    alike = cpu_seconds(lambda: [opcodes(tokens(old), tokens(new)) for old, new in pairs], repeats=2)
    cut = [(old.split(), new.split()) for old, new in pairs]
    words_only = cpu_seconds(lambda: [opcodes(old, new) for old, new in cut])
    print(f"clause diff, {PAIRS:,} pairs of {WORDS} words: {ours:.3f} s CPU")
    print(f"difflib, the same tokens: {alike:.3f} s CPU, ratio {alike / ours:.1f} (goal 15)")
    print(f"difflib, only words already cut: {words_only:.3f} s CPU, ratio {words_only / ours:.1f}")


def opcodes(old: list[str], new: list[str]) -> object:
    """What difflib finds between two lists of words."""
    return difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()


if __name__ == "__main__":
    main()
