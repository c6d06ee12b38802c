"""The fields that each operation asks for, before its reason and evidence."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from consult import look
from consult.local import words
from consult.particulars import producer_words, stage_word, verifier_words
from standards.document import Clause, ClauseText, Grade, Level, Modality
from standards.operations import Op
from standards.stages import asked_from, named

LANGUAGES = ("en", "fr", "es", "pt", "sw", "ar", "ln", "rw", "am", "qu", "ay", "id", "mn")


@dataclass(frozen=True)
class Asked:
    """One field of an operation's form; `kind` is line, lines, choice, boxes, tick or day."""

    name: str
    kind: str
    label: str
    hint: str = ""
    options: Sequence[tuple[str, str]] = ()
    optional: bool = False
    lang: str = ""


def asked(op: Op, clause: Clause, language: str) -> list[Asked]:
    """The fields of an operation on a clause, before its reason and evidence."""
    text = clause.text
    tongues = [(code, look.language_name(code)) for code in LANGUAGES if code != language]
    match op:
        case Op.SET:
            return [_parameter(text), Asked("value", "line", _("New value"), _worth_hint(text))]
        case Op.GUIDE:
            return [
                Asked(
                    "lang", "choice", _("Language"), options=[("", look.language_name(language)), *tongues]
                ),
                Asked(
                    "text",
                    "lines",
                    _("The explanation"),
                    _("It explains and binds nobody: no shall, no must."),
                ),
            ]
        case Op.VERIFY:
            return [
                Asked("type", "choice", _("Kind of evidence"), options=[*verifier_words().items()]),
                Asked("text", "lines", _("What shows that the clause is met")),
            ]
        case Op.LAW:
            return [
                Asked("citation", "line", _("The law, as it is cited"), _("With its article or section.")),
                Asked("stricter", "choice", _("Which asks more?"), options=[*words.law_sides().items()]),
                Asked("forbids", "tick", _("The law forbids what this clause asks"), optional=True),
                Asked("note", "lines", _("What the law says, in short"), optional=True),
            ]
        case Op.TRANSLATE:
            return [
                Asked("lang", "choice", _("Language"), options=tongues),
                Asked("heading", "line", _("Heading"), text.heading, optional=True),
                Asked(
                    "wording",
                    "lines",
                    _("The clause in that language"),
                    _("Somebody else reviews it before it counts."),
                ),
            ]
        case Op.STRENGTHEN:
            hint = _(
                "Keep every shall and every value in braces. Two others attest that it asks at least as much."
            )
            return [Asked("wording", "lines", _("The stricter wording"), hint, lang=language)]
        case Op.RESTAGE:
            stages = [named(f"year {year}") if year else "entry" for year in range(asked_from(text))]
            return [Asked("stage", "choice", _("Asked from"), options=[(s, stage_word(s)) for s in stages])]
        case Op.SCOPE:
            return _scope()
        case Op.DEROGATE:
            return _derogate(text)
        case Op.ADD:
            return _add(language)
    return []


def _parameter(text: ClauseText) -> Asked:
    options = [(one.name, f"{one.label or one.name}: {one.shown}") for one in text.parameters]
    return Asked("parameter", "choice", _("Which value"), options=options)


def _worth_hint(text: ClauseText) -> str:
    if any(isinstance(one.value, tuple) for one in text.parameters):
        return str(
            _("A number or words as the base has them, without the unit; members of a list by commas.")
        )
    return str(_("As the base has it, without the unit."))


def _scope() -> list[Asked]:
    many = _("Several by commas.")
    return [
        Asked(
            "sense",
            "choice",
            _("The clause"),
            options=[("unless", _("does not apply where")), ("only", _("applies only where"))],
        ),
        Asked("producer", "boxes", _("the producer is"), options=[*producer_words().items()], optional=True),
        Asked("mineral", "line", _("the mineral is"), many, optional=True),
        Asked("region", "line", _("the region is"), many, optional=True),
        Asked("law", "line", _("the law is"), many, optional=True),
    ]


def _derogate(text: ClauseText) -> list[Asked]:
    fields = [(f"parameter:{one.name}", f"{one.label or one.name}: {one.shown}") for one in text.parameters]
    fields += [("stage", _("from when it is asked")), ("wording", _("its wording"))]
    return [
        Asked("field", "choice", _("What is weakened for a time"), options=fields),
        Asked(
            "value",
            "lines",
            _("What holds meanwhile"),
            _("A value, a stage such as year 3, or a wording. The owner of the base has to approve it."),
        ),
        Asked("until", "day", _("Until"), _("On this day the base is back by itself.")),
    ]


def _add(language: str) -> list[Asked]:
    levels = [(one.value, str(look.LEVELS[one.value])) for one in Level if one is not Level.SECTION]
    binds = [(one.value, str(look.MODALITIES.get(one.value, _("It binds nobody")))) for one in Modality]
    weighs = [(one.value, str(look.GRADES[one.value])) for one in Grade]
    stages = [("", _("Entry")), *((f"year {year}", stage_word(f"year {year}")) for year in range(1, 6))]
    return [
        Asked(
            "id", "line", _("Name of the new clause"), _("After your text and the place, such as TZ:4.2+1.")
        ),
        Asked("level", "choice", _("Where it stands"), options=levels),
        Asked("modality", "choice", _("How it binds"), options=binds),
        Asked("grade", "choice", _("How much it weighs"), options=weighs),
        Asked("stage", "choice", _("Asked from"), options=stages),
        Asked("heading", "line", _("Heading"), optional=True, lang=language),
        Asked("body", "lines", _("Text"), lang=language),
    ]
