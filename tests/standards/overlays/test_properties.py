"""What holds of every overlay: of any base, and of any operations, legal or not."""

import json
from datetime import date
from typing import Any

import jsonschema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from standards.document import Document
from standards.markdown import filled
from standards.operations import Overlay, in_order
from standards.overlays import chain, file, provenance
from standards.overlays.guards import refusals
from standards.overlays.pins import pinned
from standards.overlays.rebase import CARRIES, rebase
from standards.overlays.resolve import Resolved, of_base, parameter_called, under
from standards.overlays.schema import schema
from standards.stages import asked_from
from tests.standards.overlays.texts import BASE, a_text

SCHEMA = jsonschema.Draft202012Validator(schema())
POLICIES = ("locked", "parameters", "strengthen", "open")
STAGES = ("entry", "year 1", "year 2", "year 3", "year 5")
TYPES = ("cooperative", "unorganised", "trader-network", "concession")
slow = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def bases(draw: st.DrawFn) -> Document:
    """Two to five clauses under a principle, with values, sets, policies and stages of every kind."""
    lines = ["1 | principle | none open | Everything |"]
    for at in range(1, draw(st.integers(3, 6))):
        lines.append(draw(clause_lines(at)))
    return a_text("\n".join(lines))


@st.composite
def clause_lines(draw: st.DrawFn, at: int) -> str:
    policy = draw(st.sampled_from(POLICIES))
    stage = draw(st.sampled_from(STAGES))
    value = draw(st.integers(60, 90))
    way = draw(st.sampled_from(["higher", "lower"]))
    words = draw(st.sampled_from(["shall", "shall not"]))
    lines = (
        f"1.{at} | criterion | shall {policy} | Clause {at} | Someone {words} keep {{share}} of {{kinds}}. "
    )
    return lines + f"| share = {value} % {way} 50..99; kinds = [a, b, c] superset; stage: {stage}"


def operations(base: Document, name: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Operations as a file has them, many of which the base does not allow."""
    numbers = st.sampled_from([clause.number for clause in base][1:])
    plain: dict[str, Any] = {"target": numbers, "rationale": st.just("Why."), "author": st.just("Neema")}

    def op(word: str, **fields: Any) -> st.SearchStrategy[dict[str, Any]]:
        return st.fixed_dictionaries({"op": st.just(word), **plain, **fields})

    words = st.sampled_from(
        ["Someone shall always keep {share} of {kinds}.", "Someone should keep {share}.", "Keep {kinds}."]
    )
    until = st.sampled_from(["2027-06-30", "2028-12-31"])
    owner = st.sampled_from(["Owner", ""])
    additions = st.builds(
        lambda anchor, serial: {
            "op": "ADD", "after": anchor, "id": f"{name}:{anchor}+{serial}", "level": "criterion",
            "modality": "requirement", "heading": f"{name} {serial}", "body": "More shall be kept.",
            "rationale": "Why.",
        },
        numbers, st.integers(1, 3),
    )  # fmt: skip
    one = st.one_of(
        op("ADOPT"),
        op("SET", parameter=st.just("share"), value=st.integers(45, 100)),
        op("SET", parameter=st.just("kinds"), value=st.lists(st.sampled_from("abcde"), min_size=1)),
        op("GUIDE", text=st.sampled_from(["Boxes can help.", "You shall.", "A list helps."])),
        op("VERIFY", type=st.just("document"), text=st.sampled_from(["The list.", "The book."])),
        op("LAW", citation=st.sampled_from(["Act 1", "Act 2"]), stricter=st.just("law")),
        op("TRANSLATE", lang=st.just("es"), wording=st.just("Debe guardar {share} de {kinds}."),
           reviewed_by=st.just("Ana")),
        op("STRENGTHEN", wording=words, attested_by=st.just(["Asha", "Juma"])),
        op("RESTAGE", stage=st.sampled_from(STAGES)),
        op("SCOPE", unless=st.fixed_dictionaries({"producer": st.lists(st.sampled_from(TYPES), min_size=1)})),
        op("DEROGATE", field=st.just("stage"), value=st.sampled_from(STAGES), until=until, approved_by=owner),
        op("DEROGATE", field=st.just("parameter:share"), value=st.integers(45, 100), until=until,
           approved_by=owner),
        additions,
    )  # fmt: skip
    return st.lists(one, max_size=8)


def a_layer(told: list[dict[str, Any]], ground: Resolved, base: Document, name: str, parent: str) -> Overlay:
    """The layer of these operations, bound, as a file would bring it."""
    head = {"overlay": name, "label": "1", "base": BASE, "base_hash": base.hash, "parent": parent or None}
    return file.bound(file.read({**head, "operations": told}, name), ground.document, BASE)


def allowed(ground: Resolved, overlay: Overlay) -> Overlay:
    """The layer without what cannot stand, again and again."""
    while refused := {id(one.operation) for one in refusals(ground, overlay)}:
        kept = tuple(one for one in overlay.operations if id(one) not in refused)
        overlay = overlay.model_copy(update={"operations": kept})
    return overlay


@st.composite
def legal_chains(draw: st.DrawFn) -> tuple[Document, list[Overlay]]:
    """A base under one to three layers in which everything can stand."""
    base = draw(bases())
    ground, found = of_base(base, BASE), []
    for name in ("ea", "tz", "mara")[: draw(st.integers(1, 3))]:
        told = draw(operations(base, name.upper()))
        overlay = allowed(ground, a_layer(told, ground, base, name, found[-1].called if found else ""))
        found.append(overlay)
        ground = under(ground, overlay)
    return base, found


@slow
@given(legal_chains(), st.randoms(), st.sampled_from([date(2027, 1, 1), date(2028, 1, 1), date(2029, 1, 1)]))
def test_any_order_of_operations_resolves_to_the_same_bytes(
    made: tuple[Document, list[Overlay]], draw: Any, on: date
) -> None:
    base, layers = made
    shuffled = [
        one.model_copy(update={"operations": tuple(draw.sample(one.operations, len(one.operations)))})
        for one in layers
    ]

    first, again, other = (chain.resolved(base, BASE, each, on) for each in (layers, layers, shuffled))

    written = [json.dumps(provenance.as_json(one), sort_keys=True) for one in (first, again, other)]
    assert written[0] == written[1] == written[2]
    assert first.hash == other.hash
    assert [one.as_file() for one in layers] == [one.as_file() for one in shuffled]


@slow
@given(legal_chains(), st.sampled_from([date(2027, 1, 1), date(2029, 1, 1)]))
def test_every_rendered_span_has_a_source_and_the_spans_are_the_body(
    made: tuple[Document, list[Overlay]], on: date
) -> None:
    base, layers = made
    found = chain.resolved(base, BASE, layers, on)
    sources = {BASE, *(one.called for one in layers)}

    for clause in found.document:
        pieces = provenance.pieces(found, clause)
        body = "".join(piece.text for piece in pieces if piece.field == "body")

        assert body == filled(clause.text, clause.text.body)
        assert {piece.source.layer for piece in pieces} <= sources
        assert all(piece.source.op for piece in pieces if piece.source.layer != BASE)


@slow
@given(legal_chains(), st.sampled_from([date(2027, 1, 1), date(2029, 1, 1)]))
def test_a_locked_clause_reads_the_same_under_any_chain(
    made: tuple[Document, list[Overlay]], on: date
) -> None:
    base, layers = made

    found = chain.resolved(base, BASE, layers, on)

    for clause in base:
        now = found.document.by_id[clause.id]
        assert (now.number, now.text.heading, now.text.level, now.text.modality, now.text.grade) == (
            clause.number, clause.text.heading, clause.text.level, clause.text.modality, clause.text.grade,
        )  # fmt: skip
        if clause.text.attributes.policy == "locked":
            additions = {"verifiers", "laws"}
            was, is_ = (
                {k: v for k, v in text.attributes.as_json().items() if k not in additions}
                for text in (clause.text, now.text)
            )
            assert (now.text.body, now.text.parameters, is_) == (
                clause.text.body,
                clause.text.parameters,
                was,
            )
            assert not found.of(clause.id).scopes


@slow
@given(legal_chains())
def test_no_chain_weakens_a_value_or_a_stage_for_good(made: tuple[Document, list[Overlay]]) -> None:
    base, layers = made

    lasting = chain.ground_of(base, BASE, layers).document.by_id

    for clause in list(base)[1:]:
        now = lasting[clause.id].text
        was, has = (parameter_called(text, "share") for text in (clause.text, now))
        assert was is not None
        assert has is not None
        assert has.value >= was.value if was.stricter == "higher" else has.value <= was.value
        kinds = parameter_called(now, "kinds")
        assert kinds is not None
        assert set(kinds.value) >= {"a", "b", "c"}
        assert asked_from(now) <= asked_from(clause.text)


@slow
@given(legal_chains())
def test_a_file_comes_back_as_it_went_and_its_schema_takes_it(made: tuple[Document, list[Overlay]]) -> None:
    base, layers = made
    ground = of_base(base, BASE)
    for overlay in layers:
        kept = pinned(overlay, ground)
        written = json.loads(json.dumps(kept.as_file()))

        again = file.bound(file.read(written, "again"), ground.document, BASE)

        SCHEMA.validate(written)
        assert again.hash == kept.hash
        assert in_order(again.operations) == in_order(kept.operations)
        assert refusals(ground, again) == []
        ground = under(ground, overlay)


@slow
@given(st.data())
def test_a_move_loses_no_operation_and_what_carries_stands_on_the_new_base(data: st.DataObject) -> None:
    old = data.draw(bases())
    lines = {1: "1 | principle | none open | Everything |"}
    lines |= {at: data.draw(clause_lines(at)) for at in range(2, data.draw(st.integers(2, 6)))}
    new = a_text("\n".join(lines.values()))
    ground = of_base(old, BASE)
    told = data.draw(operations(old, "TZ"))
    overlay = allowed(ground, a_layer(told, ground, old, "tz", ""))

    found = rebase(ground, of_base(new, "rag@3.0"), overlay, [])

    assert sorted(one.operation.key for one in found.operations) == sorted(
        one.key for one in overlay.operations
    )
    assert all((one.state in CARRIES) != (one in found.waiting) for one in found.operations)
    fresh = tuple(one.model_copy(update={"pins": {}}) for one in found.carried)
    carried = overlay.model_copy(update={"operations": fresh})
    assert [one for one in refusals(of_base(new, "rag@3.0"), carried) if one.kind == "refused"] == []
