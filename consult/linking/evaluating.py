"""Evaluating: how often the suggestions are right, on comments whose clauses are known."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from consult.linking.lines import CommentGiven, read_clauses, read_comments
from consult.linking.suggesting import ClauseGiven, Index, Suggestion


@dataclass(frozen=True)
class Evaluation:
    """Shares from 0 to 1 over the comments; `precision` is None when nothing was decided."""

    comments: int
    recall_at_1: float
    recall_at_3: float
    recall_at_5: float
    mrr: float
    decided: float
    precision: float | None
    ms: float

    def as_json(self) -> dict[str, Any]:
        """The figures, rounded, ready for JSON."""
        return {name: round(v, 4) if isinstance(v, float) else v for name, v in asdict(self).items()}


def evaluate(
    clauses: Sequence[ClauseGiven],
    gold: Sequence[CommentGiven],
    clock: Callable[[], float] = time.perf_counter,
) -> Evaluation:
    """Suggest for every gold comment and compare; a comment is found when any right clause is.

    The reciprocal rank looks at all clauses. No comments gives zeros. `ms` is
    per comment, the making of the index left out.
    """
    index = Index(clauses)
    began = clock()
    suggestions = [_suggest(index, one, max(len(clauses), 1)) for one in gold]
    spent = clock() - began
    ranks = [_rank(suggestion, one) for suggestion, one in zip(suggestions, gold, strict=True)]
    links = [rank == 1 for rank, made in zip(ranks, suggestions, strict=True) if made.decision == "link"]
    return Evaluation(
        comments=len(gold),
        recall_at_1=_share([0 < rank <= 1 for rank in ranks]),
        recall_at_3=_share([0 < rank <= 3 for rank in ranks]),
        recall_at_5=_share([0 < rank <= 5 for rank in ranks]),
        mrr=sum(1 / rank for rank in ranks if rank) / max(len(ranks), 1),
        decided=len(links) / max(len(ranks), 1),
        precision=_share(links) if links else None,
        ms=1000 * spent / max(len(gold), 1),
    )


def suggest_lines(clauses: Iterable[str], comments: Iterable[str], k: int = 5) -> Iterator[dict[str, Any]]:
    """For each comment line, the suggestion as an object; every line is read before the first is given."""
    index = Index(read_clauses(clauses))
    for comment in read_comments(comments):
        made = _suggest(index, comment, k)
        yield {
            "comment_id": comment.comment_id,
            "clauses": [{"id": one.id, "score": one.score, "why": list(one.why)} for one in made.clauses],
            "decision": made.decision,
        }


def _suggest(index: Index, comment: CommentGiven, k: int) -> Suggestion:
    return index.suggest(comment.comment, k=k, lang=comment.lang, quote=comment.quote, asked=comment.asked)


def _rank(suggestion: Suggestion, gold: CommentGiven) -> int:
    """The place of the first right clause, from 1; 0 when there is none."""
    return next((at for at, one in enumerate(suggestion.clauses, 1) if one.id in gold.clauses), 0)


def _share(answers: Sequence[bool]) -> float:
    return sum(answers) / len(answers) if answers else 0.0
