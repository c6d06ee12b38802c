"""How long it takes to resolve a long standard through three local texts, and to follow a base that moved.

Prints CPU time and ratios within the same run. Resolving is measured against
hashing the same document from its values, the least that any reader of it does;
rebasing against difflib over the words of the changed clauses, one overlay's
worth for each overlay: what a person would be shown without any states.
"""

import difflib
import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from uuid import UUID

from standards.document import Attributes, Clause, ClauseText, Document, Level, Modality, Parameter, canonical
from standards.operations import Add, Derogate, Guide, Operation, Overlay, Restage, Set, Strengthen, Verify
from standards.overlays import chain
from standards.overlays.pins import pinned
from standards.overlays.rebase import rebase
from standards.overlays.resolve import of_base

CLAUSES, LAYERS, OPERATIONS = 1_000, 3, 1_000
OVERLAYS, EACH, CHANGED = 50, 60, 200
BASE = "rag@2.0"
_WORDS = [f"word{at}" for at in range(2_000)]


def a_standard(seed: int = 1) -> Document:
    """Clauses of eighty words with a value and a stage, ten under each principle."""
    draw = random.Random(seed)
    clauses: list[Clause] = []
    for at in range(CLAUSES):
        under = clauses[at - at % 11].id if at % 11 else None
        number = f"{at // 11 + 1}.{at % 11}" if under else f"{at // 11 + 1}"
        clauses.append(Clause(UUID(int=at + 1), _a_text(draw, at), under, number))
    return Document("A long standard", "en", clauses=tuple(clauses))


def _a_text(draw: random.Random, at: int) -> ClauseText:
    if not at % 11:
        return ClauseText(f"Principle {at}", "", Level.PRINCIPLE)
    body = f"The operator shall keep {{share}} of {' '.join(draw.choices(_WORDS, k=80))}."
    parameter = Parameter(name="share", value=50, unit="%", stricter="higher", minimum=0, maximum=100)
    return ClauseText(
        f"Clause {at}", body, Level.CRITERION, Modality.REQUIREMENT,
        attributes=Attributes(stage="year 5"), parameters=(parameter,),
    )  # fmt: skip


def a_layer(base: Document, at: int, count: int, parent: str, draw: random.Random) -> Overlay:
    """A layer of operations of every common kind, each field of a clause once."""
    criteria = [clause for clause in base if clause.parent]
    made: list[Operation] = []
    for place in range(count):
        clause = criteria[(place * 7 + at) % len(criteria)]
        kind = place % 10 if place < len(criteria) else 3
        made.append(_an_operation(clause, kind, at, place))
    draw.shuffle(made)
    return Overlay(
        name=f"layer-{at}", label="1", base=BASE, base_hash=base.hash, parent=parent, operations=tuple(made)
    )


def _an_operation(clause: Clause, kind: int, at: int, place: int) -> Operation:
    common = {"target": str(clause.id), "rationale": "The workshop said so."}
    match kind:
        case 0 | 1 | 2:
            return Set(**common, parameter="share", value=60 + at)
        case 3 | 4:
            return Guide(**common, text="Two pipes can make a retort.")
        case 5 | 6:
            return Verify(**common, type="document", text=f"Book {place}.")
        case 7:
            return Restage(**common, stage=f"year {4 - at}")
        case 8 if at:
            return Guide(**common, text="A lid can help.")
        case 8:
            words = clause.text.body.replace("shall keep", "shall always keep")
            return Strengthen(**common, wording=words, attested_by=("Asha", "Juma"))
        case _:
            if at or place % 20 == 9:
                return Add(
                    after=str(clause.id), id=f"L{at}:{place}+1", level=Level.CRITERION,
                    modality=Modality.REQUIREMENT, heading=f"Added {place}", body="More shall be kept.",
                    rationale="Why.",
                )  # fmt: skip
            until = date(2028, 12, 31)
            return Derogate(**common, weakens="parameter:share", value=40, until=until, approved_by="Owner")


def a_newer(base: Document, draw: random.Random) -> Document:
    """The base with some clauses reworded and their values raised."""
    changed = {clause.id for clause in draw.sample([clause for clause in base if clause.parent], CHANGED)}
    return base.with_clauses(
        tuple(
            replace(clause, text=_moved(clause.text)) if clause.id in changed else clause for clause in base
        )
    )


def _moved(text: ClauseText) -> ClauseText:
    raised = tuple(one.model_copy(update={"value": 62}) for one in text.parameters)
    return replace(text, body=text.body.replace("The operator", "Each operator"), parameters=raised)


def cpu_seconds(work: Callable[[], object], repeats: int = 5) -> float:
    """The least CPU time of several runs."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def main() -> None:
    """Measure both in one run and print the ratios."""
    draw = random.Random(7)
    base = a_standard()
    layers: list[Overlay] = []
    for at in range(LAYERS):
        layers.append(a_layer(base, at, OPERATIONS, layers[-1].called if layers else "", draw))
    ours = cpu_seconds(lambda: chain.resolved(base, BASE, layers, date(2027, 1, 1)))
    whole = cpu_seconds(lambda: chain.resolved(base, BASE, layers, date(2027, 1, 1)).hash)
    hashed = cpu_seconds(lambda: [canonical(clause.text.as_json()) for clause in base])
    print(f"resolve {CLAUSES:,} clauses, {LAYERS} layers of {OPERATIONS:,}, checked: {ours:.3f} s CPU")
    print(f"with its hash: {whole:.3f} s CPU; hashing the base: {hashed:.3f} s, ratio {whole / hashed:.1f}")
    old, newer = of_base(base, BASE), a_newer(base, draw)
    new = of_base(newer, "rag@3.0")
    overlays = [pinned(a_layer(base, at % 3, EACH, "", draw), old) for at in range(OVERLAYS)]
    moved = cpu_seconds(lambda: [rebase(old, new, one, ()) for one in overlays], repeats=3)
    texts = [(old.document.by_id[c.id].text.body, c.text.body) for c in newer if c != base.by_id[c.id]]
    words = [(one.split(), other.split()) for one, other in texts[:EACH]]
    differ = cpu_seconds(lambda: [_opcodes(*pair) for pair in words], repeats=2) * OVERLAYS
    print(f"rebase {OVERLAYS} overlays of {EACH}: {moved:.3f} s CPU; difflib: {differ:.3f} s, ", end="")
    print(f"ratio {differ / moved:.1f}")


def _opcodes(old: list[str], new: list[str]) -> object:
    return difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()


if __name__ == "__main__":
    main()
