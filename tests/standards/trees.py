"""Documents for properties: small trees with every level, and contents that strain the readers."""

from uuid import UUID

from hypothesis import strategies as st

from standards.document import (
    Attributes,
    Clause,
    ClauseText,
    Document,
    Level,
    Modality,
    Parameter,
    Policy,
    Scheme,
)

WORDS = st.text(st.sampled_from("ab ä*_`{}[]()|#-\n1.<&é"), max_size=40)

texts = st.builds(
    ClauseText,
    heading=WORDS,
    body=WORDS,
    level=st.sampled_from(Level),
    modality=st.sampled_from(Modality),
    declared_number=st.sampled_from(["", "", "4.2", "A"]),
    attributes=st.sampled_from(
        [Attributes(), Attributes(topic="water", policy=Policy.LOCKED, extra={"L1": "✓"})]
    ),
    parameters=st.sampled_from([(), (Parameter(name="share", value=90, unit="%", stricter="higher"),)]),
)


@st.composite
def documents(draw: st.DrawFn, schemes: tuple[Scheme, ...] = tuple(Scheme)) -> Document:
    """A tree in reading order: each clause under one that is still open, or a root."""
    contents = draw(st.lists(texts, min_size=1, max_size=12))
    open_path: list[UUID] = []
    clauses = []
    for at, text in enumerate(contents, start=1):
        open_path = open_path[: draw(st.integers(0, len(open_path)))]
        clauses.append(Clause(UUID(int=at), text, open_path[-1] if open_path else None))
        open_path.append(UUID(int=at))
    return Document("A standard", "en", draw(st.sampled_from(schemes)), tuple(clauses))
