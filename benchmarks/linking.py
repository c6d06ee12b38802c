"""Measure the link suggestions on real comments with known clauses.

    BARAZA_CORPORA=… python benchmarks/linking.py

Prints, for each standard, recall at 1, 3 and 5, the mean reciprocal rank,
milliseconds per comment, and the share and precision of links decided alone;
for the core comments, then for all.
"""

import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from consult.linking.lines import CommentGiven, read_clauses, read_gold
from consult.linking.suggesting import Index

Row = tuple[int, bool, float]


def outcomes(corpora: Path, *, core: bool) -> Iterator[tuple[str, CommentGiven, Row]]:
    """For each comment its standard, itself, and rank (0 for none), whether decided, milliseconds."""
    folder = corpora / "clause-linking"
    indexes: dict[str, Index] = {}
    for file in sorted(folder.glob("comments-*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            facts = json.loads(line)
            if core and not facts["core"]:
                continue
            name = f"clauses-{facts['standard']}--{facts['version']}.jsonl"
            if name not in indexes:
                indexes[name] = Index(read_clauses((folder / name).read_text(encoding="utf-8").splitlines()))
            [comment] = read_gold([line])
            began = time.perf_counter()
            made = indexes[name].suggest(comment.comment, k=400)
            spent = 1000 * (time.perf_counter() - began)
            rank = next((at for at, one in enumerate(made.clauses, 1) if one.id in comment.clauses), 0)
            yield facts["standard"], comment, (rank, made.decision == "link", spent)


def figures(rows: list[Row]) -> str:
    """One line of figures for some comments."""
    count = len(rows)
    recall = [sum(0 < rank <= depth for rank, _, _ in rows) / count for depth in (1, 3, 5)]
    mrr = sum(1 / rank for rank, _, _ in rows if rank) / count
    links = [rank == 1 for rank, decided, _ in rows if decided]
    right = f"{sum(links) / len(links):.3f}" if links else "  –  "
    spent = sum(ms for _, _, ms in rows) / count
    shown = "  ".join(f"{value:.3f}" for value in (*recall, mrr))
    return f"{count:5}  {shown}  {spent:6.1f} ms  links {len(links) / count:.3f}, right {right}"


def main() -> int:
    """Print the table; 1 when the corpora are not at hand."""
    if not (place := os.environ.get("BARAZA_CORPORA")):
        print("Set BARAZA_CORPORA to the folder that holds clause-linking.", file=sys.stderr)
        return 1
    for core in (True, False):
        print("core comments" if core else "all comments")
        rows: dict[str, list[Row]] = defaultdict(list)
        for standard, _, row in outcomes(Path(place), core=core):
            rows[standard].append(row)
        for standard, found in rows.items():
            print(f"{standard:20}{figures(found)}")
        print(f"{'together':20}{figures([row for found in rows.values() for row in found])}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
