"""Particulars: what is recorded about a clause besides its words, told in the page's language."""

from collections.abc import Mapping
from typing import Final

from flask_babel import gettext as _

from consult import look
from standards.document import ClauseText, Modality, Parameter, Policy
from standards.stages import Custody, Producer, rank

PICTURES: Final = ("data:image/png;base64,", "data:image/jpeg;base64,", "data:image/svg+xml;base64,")
"""How a pictogram begins that is a picture; another is a sign or two, such as ⚗."""
MOST_SIGNS = 8


def kind_words(text: ClauseText) -> str:
    """How a clause binds and weighs: `Requirement · core · from year 1`; "" where it does not bind."""
    if text.modality is Modality.NONE:
        return ""
    words = [str(look.MODALITIES[text.modality.value]), str(look.GRADES[text.grade.value])]
    if text.attributes.stage:
        stage = stage_word(text.attributes.stage)
        words.append(_("from %(stage)s", stage=stage[:1].lower() + stage[1:]))
    return " · ".join(words)


def facts(text: ClauseText) -> list[tuple[str, str]]:
    """What is recorded about a clause besides its words, as word and value."""
    told = text.attributes
    verifiers = "; ".join(f"{verifier.text} ({verifier_word(verifier.type)})" for verifier in told.verifiers)
    threshold = f"{told.group_threshold}\N{NO-BREAK SPACE}%" if told.group_threshold is not None else ""
    word = column_words()
    pairs = [
        *((_("Value: %(name)s", name=p.label or p.name), _with_bounds(p)) for p in text.parameters),
        (word["topic"], told.topic),
        (word["stage"], stage_word(told.stage)),
        (word["responsible"], told.responsible),
        (word["producers"], ", ".join(producer_word(one) for one in told.producers)),
        (word["minerals"], ", ".join(told.minerals)),
        (word["size"], told.size),
        (word["custody"], custody_word(told.custody)),
        (word["verification"], verification_word(told.verification)),
        (word["verifiers"], verifiers),
        (word["frequency"], told.frequency),
        (word["sampling_unit"], told.sampling_unit),
        (word["group_threshold"], threshold),
        (word["points"], "" if told.points is None else str(told.points)),
        (word["threshold_group"], told.threshold_group),
        (word["risk"], told.risk),
        (word["severity"], told.severity),
        (word["cost"], told.cost),
        (word["benefit"], told.benefit),
        (word["laws"], "; ".join(told.laws)),
        (word["effective"], told.effective),
        (word["transition_until"], told.transition_until),
        *((name, value) for name, value in told.extra.items() if not value.startswith(PICTURES)),
    ]
    return [(name, value) for name, value in pairs if value]


def pictogram(text: ClauseText) -> str:
    """The picture given to a clause: a `data:` address, a sign or two, or "" where it has none.

    It is the fact `pictogram` among the clause's other facts.
    """
    extra = text.attributes.extra
    given = next((value for name, value in extra.items() if name.casefold() == "pictogram"), "")
    return given if given.startswith(PICTURES) or len(given) <= MOST_SIGNS else ""


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


# --- the words of stored values; a value outside the lists is told as it was written


def column_words() -> Mapping[str, str]:
    """What each attribute is called on a page, by the name it is stored under."""
    return {
        "level": _("Level"),
        "modality": _("How it binds"),
        "grade": _("How much it weighs"),
        "policy": _("Local texts may"),
        "topic": _("Topic"),
        "stage": _("Asked from"),
        "stages": _("What it asks at each stage"),
        "responsible": _("Who it asks"),
        "producers": _("Producers"),
        "minerals": _("Minerals"),
        "size": _("Size of the operation"),
        "custody": _("Chain of custody"),
        "verification": _("How it is checked"),
        "verifiers": _("Shown by"),
        "frequency": _("How often"),
        "sampling_unit": _("Looked at in"),
        "group_threshold": _("Share of the group that must meet it"),
        "points": _("Points"),
        "threshold_group": _("Counts towards"),
        "risk": _("Risk it answers"),
        "severity": _("Severity"),
        "cost": _("Cost"),
        "benefit": _("Benefit"),
        "laws": _("Sources in law"),
        "effective": _("Holds from"),
        "transition_until": _("Time to adapt until"),
        "parameters": _("Values in the text"),
        "extra": _("Other facts"),
    }


def policy_words() -> Mapping[str, str]:
    """What a local text may do to a clause, by the value that is stored."""
    return {
        Policy.LOCKED: _("change nothing"),
        Policy.PARAMETERS: _("change values only"),
        Policy.STRENGTHEN: _("ask for more"),
        Policy.OPEN: _("change everything"),
    }


def producer_words() -> Mapping[str, str]:
    """How producers are organised, by the value that is stored."""
    return {
        Producer.COOPERATIVE: _("Cooperative"),
        Producer.INFORMAL_GROUP: _("Informal group"),
        Producer.COMMUNAL_LAND: _("Community on communal land"),
        Producer.CONTRACT: _("Contract production"),
        Producer.TRADER_NETWORK: _("Trader’s network"),
        Producer.SHARECROPPING: _("Sharecropping or tributing"),
        Producer.MIXED_VENTURE: _("Mixed venture"),
        Producer.SERVICE_NETWORK: _("Service network"),
        Producer.CONCESSION: _("Concession holder’s network"),
        Producer.UNORGANISED: _("Unorganised producers"),
    }


def custody_words() -> Mapping[str, str]:
    """Models of the chain of custody (ISO 22095), by the value that is stored."""
    return {
        Custody.IDENTITY_PRESERVED: _("Identity preserved"),
        Custody.SEGREGATED: _("Segregated"),
        Custody.MASS_BALANCE: _("Mass balance"),
        Custody.BOOK_AND_CLAIM: _("Book and claim"),
    }


def verification_words() -> Mapping[str, str]:
    """Who checks, by the value that is stored."""
    return {
        "first party": _("First party: the producers themselves"),
        "second party": _("Second party: the buyer or the group"),
        "third party": _("Third party: an independent body"),
        "participatory guarantee": _("Participatory guarantee: peers together"),
    }


def verifier_words() -> Mapping[str, str]:
    """Ways of finding out, by the value that is stored."""
    return {
        "document": _("document"),
        "observation": _("observation"),
        "interview": _("interview"),
        "measurement": _("measurement"),
    }


def producer_word(key: str) -> str:
    """A kind of producer as a person reads it."""
    return producer_words().get(key, key)


def custody_word(key: str) -> str:
    """A model of custody as a person reads it."""
    return custody_words().get(key, key)


def verification_word(key: str) -> str:
    """Who checks, as a person reads it."""
    return verification_words().get(key, key)


def verifier_word(key: str) -> str:
    """A way of finding out as a person reads it."""
    return verifier_words().get(key, key)


LAWS = (
    "ILO Convention 29 on forced labour",
    "ILO Convention 87 on freedom of association",
    "ILO Convention 98 on collective bargaining",
    "ILO Convention 100 on equal remuneration",
    "ILO Convention 105 on the abolition of forced labour",
    "ILO Convention 111 on discrimination",
    "ILO Convention 138 on the minimum age",
    "ILO Convention 155 on occupational safety and health",
    "ILO Convention 176 on safety and health in mines",
    "ILO Convention 182 on the worst forms of child labour",
    "ILO Convention 187 on promoting safety and health at work",
    "Minamata Convention, article 7",
    "Minamata Convention, Annex C",
    "OECD Due Diligence Guidance, Annex II",
)
"""Sources in law that most clauses on small-scale mining lean on, as citations."""


def stage_word(stage: str) -> str:
    """A stage as a person reads it: `Year 2`; "" for none."""
    key = stage_key(stage)
    if key in look.STAGES:
        return str(look.STAGES[key].word)
    year = rank(stage)
    return str(_("Year %(n)s", n=year)) if year else stage
