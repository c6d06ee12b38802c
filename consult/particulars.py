"""Particulars: what is recorded about a clause besides its words, told in the page's language."""

from collections.abc import Mapping

from flask_babel import gettext as _

from consult import look
from standards.document import ClauseText, Modality, Parameter, Policy


def kind_words(text: ClauseText) -> str:
    """How a clause binds and weighs: `Requirement · core · from year 1`; "" where it does not bind."""
    if text.modality is Modality.NONE:
        return ""
    words = [str(look.MODALITIES[text.modality.value]), str(look.GRADES[text.grade.value])]
    if text.attributes.stage:
        stage = str(look.sign("stage", stage_key(text.attributes.stage)).word)
        words.append(_("from %(stage)s", stage=stage[:1].lower() + stage[1:]))
    return " · ".join(words)


def facts(text: ClauseText) -> list[tuple[str, str]]:
    """What is recorded about a clause besides its words, as word and value."""
    told = text.attributes
    verifiers = "; ".join(
        f"{verifier.text} ({_verifier_words()[verifier.type]})" for verifier in told.verifiers
    )
    threshold = f"{told.group_threshold}\N{NO-BREAK SPACE}%" if told.group_threshold is not None else ""
    pairs = [
        *((_("Value: %(name)s", name=p.label or p.name), _with_bounds(p)) for p in text.parameters),
        (_("Topic"), told.topic),
        (_("Asked from"), str(look.sign("stage", stage_key(told.stage)).word) if told.stage else ""),
        (_("Who it asks"), told.responsible),
        (_("Producers"), ", ".join(told.producers)),
        (_("Minerals"), ", ".join(told.minerals)),
        (_("Size of the operation"), told.size),
        (_("Chain of custody"), told.custody),
        (_("How it is checked"), told.verification),
        (_("Shown by"), verifiers),
        (_("How often"), told.frequency),
        (_("Looked at in"), told.sampling_unit),
        (_("Share of the group that must meet it"), threshold),
        (_("Points"), "" if told.points is None else str(told.points)),
        (_("Counts towards"), told.threshold_group),
        (_("Risk it answers"), told.risk),
        (_("Severity"), told.severity),
        (_("Cost"), told.cost),
        (_("Benefit"), told.benefit),
        (_("Sources in law"), "; ".join(told.laws)),
        (_("Holds from"), told.effective),
        (_("Time to adapt until"), told.transition_until),
        *((name, value) for name, value in told.extra.items()),
    ]
    return [(word, value) for word, value in pairs if value]


def stage_key(stage: str) -> str:
    """A stage under the name that the look draws it by, where it has one: `Year 1` as `year-1`."""
    key = "-".join(stage.lower().split())
    return key if key in look.STAGES else stage


def _with_bounds(parameter: Parameter) -> str:
    low, high = parameter.minimum, parameter.maximum
    if low is not None and high is not None:
        return str(_("%(value)s (between %(low)s and %(high)s)", value=parameter.shown, low=low, high=high))
    if low is not None:
        return str(_("%(value)s (at least %(low)s)", value=parameter.shown, low=low))
    if high is not None:
        return str(_("%(value)s (at most %(high)s)", value=parameter.shown, high=high))
    return parameter.shown


def parameter_shown(parameter: Parameter, policy: Policy) -> dict[str, str]:
    label = parameter.label or parameter.name
    return {"label": label, "shown": parameter.shown, "rule": _rule(label, parameter.stricter, policy)}


def _rule(label: str, stricter: str, policy: Policy) -> str:
    """What a local text may do to a value, in a sentence; "" where it may do anything."""
    if policy is Policy.LOCKED:
        return str(_("A local text leaves this value as it is: %(label)s.", label=label))
    if policy is Policy.PARAMETERS and stricter == "none":
        return str(_("A local text may set this value: %(label)s.", label=label))
    if policy in (Policy.STRENGTHEN, Policy.PARAMETERS):
        rules: dict[str, str] = {
            "higher": _("A local text may set this higher, never lower: %(label)s.", label=label),
            "lower": _("A local text may set this lower, never higher: %(label)s.", label=label),
            "subset": _("A local text may shorten this list, never lengthen it: %(label)s.", label=label),
            "superset": _("A local text may lengthen this list, never shorten it: %(label)s.", label=label),
        }
        return rules.get(stricter, "")
    return ""


def _verifier_words() -> Mapping[str, str]:
    return {
        "document": _("document"),
        "observation": _("observation"),
        "interview": _("interview"),
        "measurement": _("measurement"),
    }
