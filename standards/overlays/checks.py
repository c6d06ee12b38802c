"""The checks: what each operation is held against, in words that say what is possible instead."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from standards.applicability import leaves_someone
from standards.diff import direction
from standards.document import Clause, ClauseText, Document, Level, Modality, Parameter, Policy
from standards.lint import lint
from standards.operations import (
    Add,
    Derogate,
    Guide,
    Law,
    Op,
    Operation,
    Overlay,
    Restage,
    Scope,
    Set,
    Strengthen,
    Translate,
    added_id,
    value_words,
)
from standards.overlays.pins import field_hash
from standards.overlays.resolve import Resolved, changed, parameter_called
from standards.overlays.verbs import (
    MODALITY_WORDS,
    WEAKER,
    binds,
    keeps_binding,
    knows,
    lost_values,
    verbs,
)
from standards.provisions import modality_of, provision_words, spoken
from standards.stages import Producer, asked_from, named, rank

ALLOWED: Mapping[Policy, frozenset[Op]] = {
    Policy.LOCKED: frozenset(),
    Policy.PARAMETERS: frozenset({Op.SET, Op.RESTAGE, Op.DEROGATE}),
    Policy.STRENGTHEN: frozenset({Op.SET, Op.RESTAGE, Op.DEROGATE, Op.STRENGTHEN}),
    Policy.OPEN: frozenset({Op.SET, Op.RESTAGE, Op.DEROGATE, Op.STRENGTHEN, Op.SCOPE}),
}
"""What each policy allows besides what is allowed everywhere."""
EVERYWHERE = frozenset({Op.ADOPT, Op.GUIDE, Op.VERIFY, Op.LAW, Op.TRANSLATE, Op.ADD})


def allowed(policy: Policy) -> list[Op]:
    """The operations a clause of this policy takes, in their order."""
    return [op for op in Op if op in ALLOWED[policy] | EVERYWHERE]


class Held:
    """One operation held against the clause it is about."""

    def __init__(self, ground: Resolved, overlay: Overlay, after: Resolved, one: Operation) -> None:
        self.ground, self.overlay, self.one = ground, overlay, one
        self.own = one.clause_id not in ground.document.by_id
        self.clause: Clause = (after if self.own else ground).document.by_id[one.clause_id]
        self.text = self.clause.text
        self.language = ground.document.language

    def whose(self, field: str) -> str:
        """Who gave the field its present value, as it reads before a value: `the base's`."""
        given = self.ground.of(self.clause.id).given.get(field)
        return f"{given.layer}'s" if given else "the base's"

    def is_given(self, field: str) -> bool:
        """Whether a layer above gave the field its value, so that nothing below weakens it."""
        return field in self.ground.of(self.clause.id).given

    def pin(self) -> Iterator[str]:
        if self.own:
            return
        for field, hash_ in self.one.pins.items():
            present = self.text.hash[:16] if field == "clause" else field_hash(self.text, field)
            if present != hash_:
                yield (
                    "it was made for another text of this clause. Carry the local text over to this base "
                    "with a rebase, so that nothing drifts."
                )
                return

    def policy(self) -> Iterator[str]:
        op, policy = self.one.op, self.text.attributes.policy
        if op in EVERYWHERE or op in ALLOWED[policy]:
            return
        instead = ", ".join(allowed(policy))
        if policy is Policy.LOCKED:
            yield f"this clause is locked: no local text changes it. It takes {instead}."
        else:
            yield f"the base allows {_POLICY_WORDS[policy]} here. This clause takes {instead}."


_POLICY_WORDS = {
    Policy.PARAMETERS: "other values only",
    Policy.STRENGTHEN: "only what asks at least as much",
    Policy.OPEN: "every operation",
}


# --- one check an operation


def _no_guard(held: Held) -> Iterator[str]:
    return iter(())


def _set(held: Held) -> Iterator[str]:
    one = held.one
    assert isinstance(one, Set)
    was = parameter_called(held.text, one.parameter)
    weaker = was is not None and _set_weaker(held, was, one.value)
    yield from [weaker] if weaker else _value_fits(held, one.parameter, one.value)


def _set_weaker(held: Held, was: Parameter, value: Any) -> str:
    """The sentence where a value is weaker than the one that stands; "" where it is not."""
    if was.stricter == "none" or not _same_kind(was.value, value) or _worth(value) == _worth(was.value):
        return ""
    if direction(was, was.model_copy(update={"value": value})) == "stricter":
        return ""
    shown, has, whose = value_words(value), value_words(was.value), held.whose(held.one.field)
    if isinstance(was.value, tuple):
        relation = "leaves out none of" if was.stricter == "superset" else "adds nothing to"
        return f"“{shown}” is weaker than {whose} “{has}”: a stricter set {relation} these."
    more = "more" if was.stricter == "higher" else "less"
    derogation = ", or ask the owner of the base for a derogation with an end date"
    return (
        f"{shown} is weaker than {whose} {has}; stricter means {was.stricter}. "
        f"Give {has} or {more}{'' if held.is_given(held.one.field) else derogation}."
    )


def _value_fits(held: Held, name: str, value: object) -> Iterator[str]:
    """That the clause has the parameter, and that the value is of its kind and within its bounds."""
    was = parameter_called(held.text, name)
    if was is None:
        has = ", ".join(parameter.name for parameter in held.text.parameters)
        told = f"It has {has}." if has else "It has none at all."
        yield f"this clause has no value called {name}. {told}"
    elif not _same_kind(was.value, value):
        kind = {int: "a number", float: "a number", str: "words", tuple: "a list of words"}[type(was.value)]
        yield f"{name} is {kind}, and “{value_words(value)}” is not."
    elif isinstance(value, int | float):
        if was.minimum is not None and value < was.minimum:
            yield f"{value} is below {was.minimum}, the lowest value the base allows for {name}."
        if was.maximum is not None and value > was.maximum:
            yield f"{value} is above {was.maximum}, the highest value the base allows for {name}."


def _strengthen(held: Held) -> Iterator[str]:
    one = held.one
    assert isinstance(one, Strengthen)
    if held.text.level is Level.DEFINITION:
        yield "a term of the base means the same everywhere. GUIDE can explain it."
        return
    if one.wording == held.text.body:
        yield "this is the wording that stands. To keep it, ADOPT it."
    yield from keeps_binding(held.text, one.wording, held.language)


def _restage(held: Held) -> Iterator[str]:
    one = held.one
    assert isinstance(one, Restage)
    wanted, asked = rank(one.stage), asked_from(held.text)
    if wanted is None:
        yield f"“{one.stage}” is no stage we know. A stage is entry, or year 1, year 2 and so on."
    elif wanted >= asked:
        has = named(f"year {asked}") if asked else "entry"
        instead = f"Name a stage before {has}" if asked else "ADOPT it"
        derogation = "" if held.is_given("stage") else ", or ask the owner of the base for a derogation"
        yield (
            f"a local text asks earlier, never later, and this clause is asked from {has}. "
            f"{instead}{derogation}."
        )


def _scope(held: Held) -> Iterator[str]:
    one = held.one
    assert isinstance(one, Scope)
    unknown = _unknown_producers(held, one)
    if unknown:
        yield f"there is no producer type {', '.join(unknown)}. There are {', '.join(Producer)}."
        return
    scopes = [*held.ground.of(held.clause.id).scopes, one]
    if not leaves_someone(held.text.attributes, scopes, held.overlay.scope):
        yield (
            "this would leave the clause to nobody. A scope names those for whom it does not apply; "
            "somebody must remain."
        )


def _unknown_producers(held: Held, one: Scope) -> list[str]:
    """The producer types of a condition that nobody is: misspelt, it would silently never hold."""
    known = {*Producer, *held.text.attributes.producers, *held.overlay.scope.producer}
    folded = {str(name).casefold() for name in known}
    asked = (one.unless or one.only).get("producer", ())
    return [name for name in asked if name.casefold() not in folded]


def _derogate(held: Held) -> Iterator[str]:
    one = held.one
    assert isinstance(one, Derogate)
    given = held.ground.of(held.clause.id).given
    if "" in given:
        yield (
            f"{given[''].layer} added this clause, and no local text below it weakens it. "
            "Ask its working group."
        )
        return
    if one.weakens in given:
        yield (
            f"{held.whose(one.weakens)} own operation made this stricter, and no local text below it "
            "undoes that. Ask its working group."
        )
        return
    for other in held.overlay.operations:
        if other.field == one.weakens and other.clause_id == one.clause_id:
            held.text = changed(held.text, other)
    if one.weakens in ("stage", "wording") and not isinstance(one.value, str):
        yield f"a {one.weakens} is written in words, and “{value_words(one.value)}” is not."
    elif one.weakens == "stage":
        yield from _later(held, str(one.value))
    elif one.weakens == "wording":
        yield from _other_wording(held, str(one.value))
    else:
        yield from _weaker(held, one.weakens.removeprefix("parameter:"), one.value)


def _other_wording(held: Held, wording: str) -> Iterator[str]:
    if held.text.level is Level.DEFINITION:
        yield "a term of the base means the same everywhere, until any date. GUIDE can explain it."
    elif wording == held.text.body:
        yield "this is what is asked already; there is nothing to suspend."
    else:
        yield from keeps_binding(held.text, wording, held.language)


def _later(held: Held, stage: str) -> Iterator[str]:
    wanted, asked = rank(stage), asked_from(held.text)
    if wanted is None:
        yield f"“{stage}” is no stage we know. A stage is entry, or year 1, year 2 and so on."
    elif wanted <= asked:
        yield f"{named(stage)} is no later than what is asked already. To ask earlier, use RESTAGE."


def _weaker(held: Held, name: str, value: Any) -> Iterator[str]:
    problems = [*_value_fits(held, name, value)]
    yield from problems
    was = parameter_called(held.text, name)
    if problems or was is None:
        return
    if _worth(value) == _worth(was.value):
        yield f"{value_words(value)} is what is asked already; there is nothing to suspend."
    elif direction(was, was.model_copy(update={"value": value})) == "stricter":
        yield f"{value_words(value)} is stricter than {value_words(was.value)}. To ask more, use SET."


def _guide(held: Held) -> Iterator[str]:
    one = held.one
    assert isinstance(one, Guide)
    language = one.lang or held.language
    weak = (Modality.NONE,) if spoken(language) == "en" else (Modality.NONE, Modality.PERMISSION)
    bound = [
        word
        for word, modality in (provision_words(one.text, language) if knows(language) else ())
        if modality not in weak
    ]
    # Words that bind in the language of the standard bind under any label.
    bound += [
        word
        for word, modality in (provision_words(one.text, held.language) if knows(held.language) else ())
        if modality in (Modality.REQUIREMENT, Modality.RECOMMENDATION)
    ]
    if bound:
        yield (
            f"guidance explains and binds nobody, and “{bound[0]}” binds. Say what can be done, "
            "or what the clause means; to ask for more, ADD a clause or STRENGTHEN this one."
        )


def _law(held: Held) -> Iterator[str]:
    one = held.one
    assert isinstance(one, Law)
    if not one.forbids or held.text.attributes.policy is Policy.LOCKED:
        return
    ops = {other.op for other in held.overlay.operations if other.clause_id == one.clause_id}
    if not {Op.DEROGATE, Op.ADD} <= ops:
        yield (
            "where a law forbids what the clause asks, the local text needs a DEROGATE on it, approved by "
            "the owner of the base, and an ADD after it that makes good what is lost."
        )


def _translate(held: Held) -> Iterator[str]:
    one = held.one
    assert isinstance(one, Translate)
    if _same_language(one.lang, held.language):
        yield (
            f"the text is in “{one.lang}” already, and its wording is the base's. "
            "Other words in the same language are a STRENGTHEN."
        )
        return
    was, now = binds(held.text, held.language), modality_of(one.wording, one.lang)
    if not knows(one.lang):
        pass
    elif was is Modality.REQUIREMENT and now in WEAKER:
        yield (
            f"the clause is a requirement and this wording is {MODALITY_WORDS[now]}. "
            "Translate “shall” by a verb that binds as much."
        )
    elif was is Modality.RECOMMENDATION and now in (Modality.REQUIREMENT, Modality.PERMISSION):
        if not verbs(one.wording, one.lang)[was]:
            yield (
                f"the clause is a recommendation and this wording is {MODALITY_WORDS[now]}. "
                "Translate “should” by a verb that recommends."
            )
    elif was is Modality.REQUIREMENT and _some_recommend(held, one):
        yield "a “shall” of the base has become a weaker verb in these words. Translate each “shall” as one."
    for name in lost_values(held.text, one.wording):
        yield f"the value {{{name}}} of the base is not in these words. Write {{{name}}} where it belongs."


def _some_recommend(held: Held, one: Translate) -> bool:
    """Whether a translation has fewer “shall” and more “should” than its source."""
    if not knows(held.language):
        return False
    before, after = verbs(held.text.body, held.language), verbs(one.wording, one.lang)
    fewer = after[Modality.REQUIREMENT] < before[Modality.REQUIREMENT]
    return fewer and after[Modality.RECOMMENDATION] > before[Modality.RECOMMENDATION]


def _same_language(one: str, other: str) -> bool:
    """Whether two tags name one language: en and en-GB do, sr-Latn and sr-Cyrl do not."""
    first, second = (tag.casefold().replace("_", "-").split("-") for tag in (one, other))
    scripts = [{part for part in tag[1:] if len(part) == 4 and part.isalpha()} for tag in (first, second)]
    return first[0] == second[0] and scripts[0] == scripts[1]


def _add(held: Held) -> Iterator[str]:
    one = held.one
    assert isinstance(one, Add)
    taken = {name for clause in held.ground.document for name in (clause.number, clause.anchor) if name}
    if one.id in taken:
        yield f"there is a clause {one.id} already. Give it a name of its own, such as {_next(one.id)}."
    terms = {
        " ".join(clause.text.heading.casefold().split())
        for clause in held.ground.document
        if clause.text.level is Level.DEFINITION
    }
    if one.level is Level.DEFINITION and " ".join(one.heading.casefold().split()) in terms:
        yield f"“{one.heading}” is a term of the base and means the same everywhere. GUIDE can explain it."
    yield from _sound(held, one)


def _sound(held: Held, one: Add) -> Iterator[str]:
    """That the words of an added clause are sound by themselves."""
    text = ClauseText(
        one.heading, one.body, one.level, one.modality, one.grade, "", one.attributes, one.parameters
    )
    clause = Clause(added_id(held.overlay.name, one.id), text, number=one.id)
    said = modality_of(one.body, held.language)
    if not knows(held.language):
        said = one.modality
    if one.modality is Modality.NONE and said is not Modality.NONE and one.level is not Level.NOTE:
        yield f"its words make it {MODALITY_WORDS[said]}, and none is recorded. Record “{said.value}”."
    elif one.modality is not Modality.NONE and said is Modality.NONE:
        yield f"it is recorded as {MODALITY_WORDS[one.modality]}, and its words bind nobody. Write the verb."
    if one.level is Level.NOTE and said is Modality.REQUIREMENT and one.modality is Modality.NONE:
        yield "a note explains; it cannot require anything. Make it a criterion, or say what can be done."
    alone = Document("", held.language, clauses=(clause,))
    linted = _LINTED if knows(held.language) else _LINTED - {"modality"}
    if any(isinstance(other, Add) and other.clause_id == clause.id for other in held.overlay.operations):
        linted -= {"empty"}  # a heading over other additions needs no words
    yield from (remark.message for remark in lint(alone) if remark.rule in linted)


_LINTED = frozenset({"empty", "modality", "binding-note", "parameter-unused", "footnote-missing"})


def _next(id_: str) -> str:
    stem, _, serial = id_.rpartition("+")
    return f"{stem}+{int(serial) + 1}"


CHECKS: Mapping[Op, Callable[[Held], Iterator[str]]] = {
    Op.ADOPT: _no_guard,
    Op.TRANSLATE: _translate,
    Op.SET: _set,
    Op.STRENGTHEN: _strengthen,
    Op.SCOPE: _scope,
    Op.RESTAGE: _restage,
    Op.DEROGATE: _derogate,
    Op.ADD: _add,
    Op.LAW: _law,
    Op.GUIDE: _guide,
    Op.VERIFY: _no_guard,
}


# --- what an operation may lack


def _attested(held: Held) -> Iterator[str]:
    one = held.one
    assert isinstance(one, Strengthen)
    named_ = {" ".join(name.casefold().split()) for name in one.attested_by if name.strip()}
    named_ -= {" ".join(one.author.casefold().split())}
    if len(named_) < 2:
        yield (
            "two reviewers other than its author attest that it demands at least as much; "
            f"{'one has' if named_ else 'nobody has'} so far."
        )


def _approved(held: Held) -> Iterator[str]:
    one = held.one
    assert isinstance(one, Derogate)
    if not one.approved_by.strip():
        yield "a derogation is approved by the owner of the base; it has not been yet."


def _reviewed(held: Held) -> Iterator[str]:
    one = held.one
    assert isinstance(one, Translate)
    reviewer = one.reviewed_by.strip().casefold()
    if not reviewer or reviewer == one.author.strip().casefold():
        yield "a person other than its author reviews a wording; nobody has yet."


LACKING: Mapping[Op, Callable[[Held], Iterator[str]]] = {
    Op.STRENGTHEN: _attested,
    Op.DEROGATE: _approved,
    Op.TRANSLATE: _reviewed,
}


# --- values


def _same_kind(was: object, now: object) -> bool:
    if isinstance(was, int | float):
        return isinstance(now, int | float)
    return isinstance(now, tuple) if isinstance(was, tuple) else isinstance(now, str)


def _worth(value: object) -> object:
    return frozenset(value) if isinstance(value, tuple) else value
