"""The form of an operation: the fields each one asks for, filled from what was typed, read back into a value.

Which operations a clause takes is for `offered` to say, with the reason for those
it does not take; whether the values may stand is for the guards alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from pydantic import ValidationError
from werkzeug.datastructures import MultiDict

from consult.drafting.clause_form import Flaw, clean
from consult.local import words
from standards.document import Clause, ClauseText, Level, Modality
from standards.operations import FACTS, KINDS, Add, Op, Operation
from standards.overlays.checks import ALLOWED, EVERYWHERE
from standards.overlays.guards import Refusal
from standards.overlays.resolve import Resolved, parameter_called
from standards.stages import asked_from

LONGEST = 20_000
ON_OWN_CLAUSES = (Op.GUIDE, Op.VERIFY, Op.LAW)
"""What a local text can say about a clause it added itself."""
COMMON = ("rationale", "evidence", "author", "receipts")
_MAIN: Mapping[Op, str] = {
    Op.ADOPT: "rationale",
    Op.SET: "value",
    Op.GUIDE: "text",
    Op.VERIFY: "text",
    Op.LAW: "citation",
    Op.TRANSLATE: "wording",
    Op.ADD: "body",
    Op.STRENGTHEN: "wording",
    Op.RESTAGE: "stage",
    Op.SCOPE: "producer",
    Op.DEROGATE: "value",
}
"""The field beside which a guard's sentence stands."""


@dataclass(frozen=True)
class Offer:
    """An operation as a tile: open to this clause, or with the reason why not."""

    op: str
    verb: str
    note: str
    why_not: str = ""


@dataclass(frozen=True)
class Filled:
    """A form as it was sent, with the operation it stands for unless it has flaws."""

    values: Mapping[str, Any]
    operation: Operation | None = None
    flaws: Sequence[Flaw] = ()
    instead: Sequence[Op] = ()


# --- what is possible here


def offered(
    ground: Resolved, clause: Clause, decided: Iterable[Operation], changing: Op | None = None
) -> list[Offer]:
    """Every operation, in the order of the tiles; those a clause does not take say why.

    `decided` are the local text's own operations on the clause, but the one being changed.
    """
    taken = {one.op for one in decided}
    return [
        Offer(op.value, verb, note, "" if op is changing else _why_not(ground, clause, op, taken))
        for op, (verb, note) in words.op_words().items()
    ]


def _why_not(ground: Resolved, clause: Clause, op: Op, taken: set[Op]) -> str:
    text, policy = clause.text, clause.text.attributes.policy
    if clause.id not in ground.document.by_id:
        own = _("this clause is your own: change the operation that adds it")
        return "" if op in ON_OWN_CLAUSES else str(own)
    if op not in EVERYWHERE | ALLOWED[policy]:
        return words.base_allows(policy)
    if op is Op.ADOPT and taken:
        return str(_("the clause has an operation, so it is decided"))
    if op is Op.SET and not text.parameters:
        return str(_("this clause has no value"))
    if op is Op.RESTAGE and asked_from(text) == 0:
        return str(_("it is asked from entry already"))
    if op is Op.STRENGTHEN and text.level is Level.DEFINITION:
        return str(_("a term of the base means the same everywhere"))
    if op in (Op.STRENGTHEN, Op.RESTAGE, Op.SCOPE) and op in taken:
        return str(_("there is one already: change it"))
    return ""


# --- filling the form


def beginning(op: Op | None, clause: Clause, overlay: str, document_numbers: Iterable[str]) -> dict[str, Any]:
    """What stands in the form before anybody typed: the wording to strengthen, a name for a new clause."""
    if op is Op.STRENGTHEN:
        return {"wording": clause.text.body}
    if op is Op.ADD:
        return {
            "id": _free_name(clause, overlay, set(document_numbers)),
            "level": Level.CRITERION.value,
            "modality": Modality.REQUIREMENT.value,
        }
    if op is Op.SET and len(clause.text.parameters) == 1:
        return {"parameter": clause.text.parameters[0].name}
    return {}


def _free_name(clause: Clause, prefix: str, taken: set[str]) -> str:
    place = clause.number.rpartition(":")[2].partition("+")[0].replace(" ", "") or "0"
    return next(name for n in range(1, 10_000) if (name := f"{prefix}:{place}+{n}") not in taken)


def of_operation(one: Operation) -> dict[str, Any]:
    """An operation as the values of its form."""
    values: dict[str, Any] = {key: value for key, value in one.as_json().items() if key not in ("pins", "op")}
    if one.op is Op.SCOPE:
        sense = "unless" if "unless" in values else "only"
        facts: Mapping[str, Sequence[str]] = values.pop(sense)
        values["sense"] = sense
        for fact in FACTS:
            told = facts.get(fact, ())
            values[fact] = list(told) if fact == "producer" else ", ".join(told)
    if "value" in values:
        worth = values["value"]
        values["value"] = ", ".join(worth) if isinstance(worth, list) else str(worth)
    if isinstance(one, Add):
        values["stage"] = one.attributes.stage
    values["comments"] = list(one.comments)
    values["forbids"] = "yes" if values.get("forbids") else ""
    return values


def typed(form: MultiDict[str, str]) -> dict[str, Any]:
    """Every field as it was sent, those of other operations too, so that nothing typed is lost."""
    values: dict[str, Any] = {name: clean(form.get(name, ""))[:LONGEST] for name in form}
    values["producer"] = form.getlist("producer")
    values["comments"] = form.getlist("comments")
    return values


def read(op: Op, clause: Clause, values: Mapping[str, Any], kept: Operation | None = None) -> Filled:
    """The operation that the typed fields stand for, or a sentence for each field that needs another look.

    `kept` is the operation being changed: what the form does not show of it stays.
    """
    content: dict[str, Any] = {"target": str(clause.id) if kept is None else kept.target}
    for name in ("rationale", "evidence", "author"):
        content[name] = str(values.get(name, "")).strip()
    content["comments"] = list(dict.fromkeys(values.get("comments", ())))
    content |= _content(op, clause, values, kept)
    flaws = [*_missing(op, content)]
    if flaws:
        return Filled(values, None, flaws)
    try:
        made = KINDS[op].model_validate(content)
    except ValidationError as problem:
        return Filled(values, None, [_flaw(op, error) for error in problem.errors()])
    return Filled(values, made)  # type: ignore[arg-type]


def _content(op: Op, clause: Clause, values: Mapping[str, Any], kept: Operation | None) -> dict[str, Any]:
    def said(name: str) -> str:
        return str(values.get(name, "")).strip()

    match op:
        case Op.SET:
            return {
                "parameter": said("parameter"),
                "value": _worth(clause.text, said("parameter"), said("value")),
            }
        case Op.DEROGATE:
            name = said("field").removeprefix("parameter:")
            worth = _worth(clause.text, name, said("value")) if said("field") != name else said("value")
            return {"field": said("field"), "value": worth, "until": said("until")}
        case Op.LAW:
            told = {name: said(name) for name in ("citation", "stricter", "note")}
            return {**told, "forbids": bool(said("forbids"))}
        case Op.SCOPE:
            facts = {"producer": list(values.get("producer", ()))}
            facts |= {fact: _members(said(fact)) for fact in ("mineral", "region", "law")}
            sense = "only" if said("sense") == "only" else "unless"
            return {sense: {fact: told for fact, told in facts.items() if told}}
        case Op.ADD:
            was = kept if isinstance(kept, Add) else None
            told = {name: said(name) for name in ("id", "level", "modality", "grade", "heading", "body")}
            attributes = was.attributes if was else KINDS[Op.ADD].model_fields["attributes"].default
            return {
                **told,
                "attributes": attributes.model_copy(update={"stage": said("stage")}),
                "parameters": was.parameters if was else (),
            }
    names = {
        Op.GUIDE: ("lang", "text"),
        Op.VERIFY: ("type", "text"),
        Op.TRANSLATE: ("lang", "heading", "wording"),
        Op.STRENGTHEN: ("wording",),
        Op.RESTAGE: ("stage",),
    }
    return {name: said(name) for name in names.get(op, ())}


def _worth(text: ClauseText, name: str, written: str) -> Any:
    """A value in the kind its parameter has; as it was written where it is none of that kind."""
    was = parameter_called(text, name)
    if was is not None and isinstance(was.value, tuple):
        return _members(written)
    if was is None or isinstance(was.value, str):
        return written
    plain = (
        written.replace("\N{NO-BREAK SPACE}", " ").removesuffix(was.unit or "\0").strip().replace(",", ".")
    )
    try:
        number = float(plain)
    except ValueError:
        return written
    if number != number or abs(number) == float("inf"):
        return written
    return int(number) if number.is_integer() else number


def _members(written: str) -> list[str]:
    return [part.strip() for part in written.replace("\n", ",").split(",") if part.strip()]


_NEEDED: Mapping[Op, tuple[str, ...]] = {
    Op.SET: ("parameter", "value"),
    Op.GUIDE: ("text",),
    Op.VERIFY: ("type", "text"),
    Op.LAW: ("citation", "stricter"),
    Op.TRANSLATE: ("lang", "wording"),
    Op.ADD: ("id", "body"),
    Op.STRENGTHEN: ("wording",),
    Op.RESTAGE: ("stage",),
    Op.DEROGATE: ("field", "value", "until"),
}


def _missing(op: Op, content: Mapping[str, Any]) -> Iterable[Flaw]:
    for name in _NEEDED.get(op, ()):
        if content.get(name) in ("", [], None):
            yield Flaw(name, _("Fill this in: the operation says nothing without it."))
    if op is Op.SCOPE and not (content.get("unless") or content.get("only")):
        yield Flaw(
            "producer", _("Say under which condition: a kind of producer, a mineral, a region or a law.")
        )
    if not content["rationale"]:
        yield Flaw("rationale", _("Say why. Each operation stands in the published text with its reason."))


def _flaw(op: Op, error: Mapping[str, Any]) -> Flaw:
    name = str(error["loc"][0]) if error["loc"] else _MAIN[op]
    name = {"weakens": "field", "unless": "producer", "only": "producer"}.get(name, name)
    said: Mapping[str, str] = {
        "until": _("Give the day as 2028-12-31."),
        "lang": _("Choose the language."),
        "type": _("Choose the kind of evidence."),
        "stricter": _("Choose which of the two asks more."),
        "level": _("Choose one from the list."),
        "modality": _("Choose one from the list."),
        "grade": _("Choose one from the list."),
    }
    return Flaw(name, said.get(name) or str(error["msg"]).removeprefix("Value error, "))


# --- what a guard refused


def refused(op: Op, filled: Filled, refusals: Sequence[Refusal], open_: Iterable[str]) -> Filled:
    """The form with the guards' sentences at its main field, and the operations that would do instead."""
    flaws = [Flaw(_MAIN[op], _sentence(one.message)) for one in refusals]
    allowed = set(open_)
    instead = [other for other in _INSTEAD.get(op, ()) if other.value in allowed]
    return Filled(filled.values, None, flaws, instead)


_INSTEAD: Mapping[Op, tuple[Op, ...]] = {
    Op.SET: (Op.DEROGATE,),
    Op.RESTAGE: (Op.DEROGATE,),
    Op.STRENGTHEN: (Op.DEROGATE, Op.GUIDE),
    Op.GUIDE: (Op.ADD, Op.STRENGTHEN),
    Op.SCOPE: (Op.DEROGATE,),
    Op.TRANSLATE: (Op.STRENGTHEN,),
    Op.DEROGATE: (Op.SET, Op.RESTAGE),
    Op.LAW: (Op.DEROGATE, Op.ADD),
}


def carried(op: Op, instead: Op, values: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed for one operation, as the other begins with it: a value for a derogation of it."""
    if (op, instead) == (Op.SET, Op.DEROGATE):
        return {**values, "field": f"parameter:{values.get('parameter', '')}"}
    if (op, instead) == (Op.DEROGATE, Op.SET):
        return {**values, "parameter": str(values.get("field", "")).removeprefix("parameter:")}
    if (op, instead) == (Op.GUIDE, Op.ADD):
        return {**values, "body": values.get("body") or values.get("text", "")}
    if (op, instead) == (Op.STRENGTHEN, Op.DEROGATE):
        return {**values, "field": "wording", "value": values.get("wording", "")}
    if (op, instead) == (Op.RESTAGE, Op.DEROGATE):
        return {**values, "field": "stage", "value": values.get("stage", "")}
    return dict(values)


def _sentence(message: str) -> str:
    return message[:1].upper() + message[1:]
