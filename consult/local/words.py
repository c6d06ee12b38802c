"""What local texts do, in the page's language: operations, conditions and policies as people read them."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext as _

from consult import look
from consult.particulars import producer_word, stage_word, verifier_word
from standards.diff import direction
from standards.document import ClauseText, Parameter, Policy
from standards.operations import (
    Add,
    Adopt,
    Derogate,
    Facts,
    Guide,
    Law,
    Op,
    Operation,
    Restage,
    Scope,
    Set,
    Strengthen,
    Translate,
    Verify,
    value_words,
)
from standards.overlays.resolve import parameter_called


@dataclass(frozen=True)
class Told:
    """An operation in words: what it does, what to, and which way (`stricter`, `looser` or "")."""

    op: str
    verb: str
    what: str
    way: str = ""

    @property
    def line(self) -> str:
        """`Set recovery 90 % → 95 %`."""
        return f"{self.verb} {self.what}".strip()


def op_words() -> Mapping[Op, tuple[str, str]]:
    """Each operation's verb, and in a few words what it does; in the order in which they are offered."""
    return {
        Op.ADOPT: (_("Adopt"), _("as it is")),
        Op.SET: (_("Set"), _("a value")),
        Op.STRENGTHEN: (_("Strengthen"), _("wording that asks more")),
        Op.RESTAGE: (_("Restage"), _("ask it earlier")),
        Op.SCOPE: (_("Scope"), _("for whom it applies")),
        Op.GUIDE: (_("Guide"), _("explain")),
        Op.VERIFY: (_("Verify"), _("add evidence")),
        Op.LAW: (_("Law"), _("link a law")),
        Op.TRANSLATE: (_("Translate"), _("local language")),
        Op.ADD: (_("Add"), _("a clause after it")),
        Op.DEROGATE: (_("Derogate"), _("owner approves")),
    }


def verb(op: Op) -> str:
    """The operation's verb: `Set`."""
    return op_words()[op][0]


def told(one: Operation, text: ClauseText | None) -> Told:
    """An operation in words; `text` is what its clause reads like without it, None where that is gone."""
    what, way = _what(one, text)
    return Told(one.op.value, verb(one.op), what, way)


def _what(one: Operation, text: ClauseText | None) -> tuple[str, str]:
    match one:
        case Adopt():
            return _("as it stands"), ""
        case Set():
            return _value(text, one.parameter, one.value)
        case Strengthen():
            return _("the wording"), "stricter"
        case Restage():
            return _("asked from %(stage)s", stage=stage_word(one.stage)), "stricter"
        case Scope():
            return condition(one), ""
        case Derogate():
            until = look.written_day(one.until, look.spoken())
            return _("%(what)s, until %(day)s", what=_weakened(one, text), day=until), "looser"
        case Add():
            return f"{one.id} {one.heading}".strip(), ""
        case Law():
            return one.citation, ""
        case Guide():
            return (_("in %(language)s", language=look.language_name(one.lang)) if one.lang else ""), ""
        case Verify():
            return verifier_word(one.type), ""
        case Translate():
            return _("into %(language)s", language=look.language_name(one.lang)), ""


def _value(text: ClauseText | None, name: str, value: object) -> tuple[str, str]:
    """`recovery, 90 % → 95 %` and which way that goes."""
    was = parameter_called(text, name) if text else None
    if was is None:
        return f"{name} → {value_words(value)}", ""
    now = was.model_copy(update={"value": value})
    way = direction(was, now)
    return f"{_label(was)}, {was.shown} → {now.shown}", "" if way == "changed" else way


def _weakened(one: Derogate, text: ClauseText | None) -> str:
    if one.weakens == "stage":
        return str(_("asked from %(stage)s only", stage=stage_word(str(one.value))))
    if one.weakens == "wording":
        return str(_("another wording"))
    return _value(text, one.weakens.removeprefix("parameter:"), one.value)[0]


def _label(parameter: Parameter) -> str:
    return parameter.label or parameter.name


def body(one: Operation) -> tuple[str, str]:
    """The words an operation brings in, and their language ("" for the text's own); ("", "") for none."""
    match one:
        case Guide(text=words, lang=lang) | Translate(wording=words, lang=lang):
            return words, lang
        case Verify(text=words) | Strengthen(wording=words):
            return words, ""
        case Law():
            told_ = [law_side(one), one.note]
            if one.forbids:
                told_.insert(0, _("The law forbids what this clause asks."))
            return " ".join(part for part in told_ if part), ""
        case Derogate(weakens="wording"):
            return str(one.value), ""
    return "", ""


def law_side(one: Law) -> str:
    """Which of law and standard asks more, as a sentence."""
    return str(law_sides()[one.stricter])


def law_sides() -> Mapping[str, str]:
    """Which of law and standard asks more, by the value that is stored."""
    return {
        "law": _("The law asks more."),
        "standard": _("The standard asks more."),
        "same": _("Law and standard ask the same."),
    }


def condition(one: Scope) -> str:
    """A condition as a person reads it: `does not apply where the producer is …`."""
    facts = _facts(one.unless or one.only)
    if one.unless:
        return str(_("does not apply where %(facts)s", facts=facts))
    return str(_("applies only where %(facts)s", facts=facts))


def _facts(facts: Facts) -> str:
    # Said outside the f-strings: sentences inside them are not found for translation.
    names, either, both = fact_words(), _("or"), _("and")
    parts = []
    for fact, values in sorted(facts.items()):
        shown = [producer_word(value) for value in values] if fact == "producer" else list(values)
        parts.append(
            _("%(fact)s is %(values)s", fact=names.get(fact, fact), values=f" {either} ".join(shown))
        )
    return f" {both} ".join(parts)


def fact_words() -> Mapping[str, str]:
    """What a condition speaks of, by the name it is stored under."""
    return {
        "producer": _("the producer"),
        "mineral": _("the mineral"),
        "region": _("the region"),
        "law": _("the law"),
    }


def base_allows(policy: Policy) -> str:
    """What the base allows a local text to do to a clause, beside the lock's symbol."""
    words: Mapping[Policy, str] = {
        Policy.LOCKED: _("Base allows: no change"),
        Policy.PARAMETERS: _("Base allows: values, stricter only"),
        Policy.STRENGTHEN: _("Base allows: what asks at least as much"),
        Policy.OPEN: _("Base allows: every operation"),
    }
    return words[policy]
