"""Profiles: what one producer must meet now, what comes next, and what is no matter of theirs.

A variant is asked from its stage until the next takes over, also before the
stage of its clause; at that stage the clause's own words take over unless a
variant stands there. Where a derogation puts a clause off, its earlier variants
wait with it. A clause that does not apply stays in the profile, with the reason.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Final
from uuid import UUID

from standards.applicability import Situation, applies, excludes
from standards.document import Clause, Document, Grade, Modality, StageVariant
from standards.errors import StandardsError
from standards.markdown import filled
from standards.operations import Derogate, Strengthen, condition_words
from standards.overlays.resolve import NOTHING, Local, Resolved
from standards.points import Threshold, thresholds_of
from standards.stages import ENTRY, Custody, Producer, named, rank, stages_of, variant_at

ANOTHER: Final = "other"
"""A mineral or a size that the text names nowhere."""
NO_LOCAL: Final[Mapping[UUID, Local]] = MappingProxyType({})


class Standing(StrEnum):
    """What a clause is to the one who asks; every clause is exactly one of these."""

    NOW = "now"
    LATER = "later"
    NOT_APPLYING = "not-applying"
    ADVICE = "advice"
    CONTEXT = "context"


class Asked(Situation):
    """Who asks, and for which stage; `on` is the day, where dates of the clauses are to count."""

    stage: str = ENTRY
    on: date | None = None

    @property
    def year(self) -> int:
        """The year of the stage; 0 for entry."""
        return rank(self.stage) or 0


@dataclass(frozen=True)
class Step:
    """What a clause asks from a stage on; `day` where a date begins it instead."""

    stage: str
    wording: str
    evidence: str = ""
    day: date | None = None


@dataclass(frozen=True)
class Prompt:
    """Something to look for; `kind` is a verifier's, or "" for the progress a stage wants to see."""

    kind: str
    text: str


@dataclass(frozen=True)
class Reason:
    """Why a clause does not apply: the fact it turns on, the values it is for, and a local text's own reason.

    `fact` is `producer`, `mineral`, `size`, `custody`, or `local` where a local text decides.
    """

    fact: str
    values: tuple[str, ...]
    rationale: str = ""

    @property
    def words(self) -> str:
        """The reason as a sentence."""
        if self.fact == "local":
            return f"The local text takes it away: {', '.join(self.values)}. {self.rationale}".strip()
        named_ = {"producer": "producers", "mineral": "minerals", "size": "sizes"}.get(self.fact, self.fact)
        return f"It is for these {named_} only: {', '.join(self.values)}."


@dataclass(frozen=True)
class Asking:
    """A clause as the one who asks meets it.

    `wording` is Markdown with its values filled in: what is asked at the stage,
    or first later (`has_begun` is then false). `steps` are what it asks later, in order.
    """

    clause: Clause
    standing: Standing
    wording: str
    variant: StageVariant | None = None
    evidence: tuple[Prompt, ...] = ()
    steps: tuple[Step, ...] = ()
    has_begun: bool = True
    reason: Reason | None = None
    local: Local = NOTHING
    uncertifiable: bool = False
    adapt_until: date | None = None

    @property
    def points(self) -> int:
        """The points it brings; 0 for most."""
        return self.clause.text.attributes.points or 0


@dataclass(frozen=True)
class Coming:
    """What a later stage, or a day, brings: clauses asked for the first time, and wordings that tighten."""

    stage: str
    day: date | None = None
    new: tuple[tuple[Asking, Step], ...] = ()
    tighter: tuple[tuple[Asking, Step], ...] = ()


@dataclass(frozen=True)
class Profile:
    """Every clause of a text with what it is to one producer at one stage, in reading order."""

    document: Document
    asked: Asked
    askings: tuple[Asking, ...]
    thresholds: tuple[Threshold, ...] = ()
    remarks: tuple[str, ...] = ()
    stages: tuple[str, ...] = field(default=(ENTRY,))

    def standing(self, standing: Standing) -> tuple[Asking, ...]:
        """The clauses that stand so."""
        return tuple(asking for asking in self.askings if asking.standing is standing)

    @property
    def now(self) -> tuple[Asking, ...]:
        """What must be met at the stage, core and improvement."""
        return self.standing(Standing.NOW)

    @property
    def advice(self) -> tuple[Asking, ...]:
        """What is recommended, allowed or optional."""
        return self.standing(Standing.ADVICE)

    @property
    def not_applying(self) -> tuple[Asking, ...]:
        """What does not apply to this producer, each with its reason."""
        return self.standing(Standing.NOT_APPLYING)

    @cached_property
    def coming(self) -> tuple[Coming, ...]:
        """What comes after this stage, by stage in order; what waits for a day alone comes last."""
        found: dict[tuple[bool, int, date], tuple[list[tuple[Asking, Step]], list[tuple[Asking, Step]]]] = {}
        for asking in (*self.now, *self.standing(Standing.LATER)):
            for at, step in enumerate(asking.steps):
                key = (step.day is not None, rank(step.stage) or 0, step.day or date.min)
                new, tighter = found.setdefault(key, ([], []))
                first = asking.standing is Standing.LATER and at == 0
                (new if first else tighter).append((asking, step))
        return tuple(
            Coming(
                named(f"year {year}") if year else ENTRY, day if dated else None, tuple(new), tuple(tighter)
            )
            for (dated, year, day), (new, tighter) in sorted(found.items(), key=lambda pair: pair[0])
        )

    @property
    def nothing(self) -> str:
        """Why nothing must be met now, and what one can do; "" where something must."""
        if self.now:
            return ""
        later = self.coming
        if later:
            when = f"on {later[0].day}" if later[0].day else f"at the stage “{later[0].stage}”"
            return f"Nothing must be met yet: the first clauses begin {when}."
        if self.not_applying:
            facts = sorted({asking.reason.fact for asking in self.not_applying if asking.reason})
            return (
                "No clause of this text applies to you as you described yourself; it turns on "
                f"{', '.join('the local text' if fact == 'local' else fact for fact in facts)}. "
                "Each clause stands below with its reason; change what you told, or leave it open."
            )
        return "This text holds no requirement: nobody must meet anything by it."


class UnknownValue(StandardsError):
    """A profile was asked for a value that the text does not know; what is possible is named."""

    def __init__(self, what: str, told: str, possible: Iterable[str]) -> None:
        super().__init__(f"There is no {what} “{told}” here. Possible: {', '.join(possible)}.")
        self.what, self.told = what, told


def profile(document: Document, asked: Asked, *, local: Mapping[UUID, Local] = NO_LOCAL) -> Profile:
    """What a text asks of one producer at one stage, under what local texts add to its clauses.

    Raises UnknownValue for a producer, stage, mineral, size or custody it cannot know.
    """
    asked = _checked(document, asked, local)
    resolved = Resolved(document, base="", local=local, on=asked.on)
    askings = tuple(_asking(clause, asked, resolved) for clause in document)
    thresholds, remarks = thresholds_of(document, asked.stage, _reach(askings))
    return Profile(
        document, asked, askings, thresholds, remarks, tuple(stages_of(clause.text for clause in document))
    )


def minerals_of(document: Document, local: Mapping[UUID, Local] = NO_LOCAL) -> tuple[str, ...]:
    """The minerals a text tells apart, sorted; empty where it makes no difference."""
    return tuple(sorted(_named_values(document, local, "mineral")))


# --- what can be asked for


def _checked(document: Document, asked: Asked, local: Mapping[UUID, Local]) -> Asked:
    stages = stages_of(clause.text for clause in document)
    if rank(asked.stage) is None:
        raise UnknownValue("stage", asked.stage, [*stages, "or another such as “year 2”"])
    told = {"stage": named(asked.stage)}
    producers = {str(one) for one in Producer} | _named_values(document, local, "producer")
    minerals, sizes = _named_values(document, local, "mineral"), _named_values(document, local, "size")
    for what, value, possible in (
        ("producer", asked.producer, producers),
        ("mineral", asked.mineral, minerals | {ANOTHER} if minerals else set()),
        ("size", asked.size, sizes | {ANOTHER} if sizes else set()),
        ("custody", asked.custody, {str(one) for one in Custody} | _named_values(document, local, "custody")),
    ):
        if value and possible and value.casefold() not in possible:
            raise UnknownValue(what, value, sorted(possible))
        told[what] = value.casefold()
    return asked.model_copy(update=told)


def _named_values(document: Document, local: Mapping[UUID, Local], fact: str) -> set[str]:
    """Every value of a fact that the text or a local condition names."""
    found: set[str] = set()
    for clause in document:
        told = clause.text.attributes
        own = {
            "producer": told.producers,
            "mineral": told.minerals,
            "size": (told.size,),
            "custody": (told.custody,),
        }
        found.update(own[fact])
    for one in local.values():
        for scope in one.scopes:
            found.update((scope.unless or scope.only).get(fact, ()))
    return {value.casefold() for value in found if value}


# --- one clause


def _asking(clause: Clause, asked: Asked, resolved: Resolved) -> Asking:
    text, local = clause.text, resolved.of(clause.id)
    evidence = tuple(Prompt(verifier.type, verifier.text) for verifier in text.attributes.verifiers)
    if text.modality is Modality.NONE:
        return Asking(clause, Standing.CONTEXT, filled(text, text.body), None, evidence, local=local)
    if not applies(text.attributes, local.scopes, asked):
        reason = _reason(clause, local, asked)
        return Asking(clause, Standing.NOT_APPLYING, _worded(clause, local, asked.year), None, evidence,
                      reason=reason, local=local)  # fmt: skip
    steps = _steps(clause, local, asked)
    reached = [step for step in steps if (rank(step.stage) or 0) <= asked.year and step.day is None]
    standing = _standing(clause, bool(reached))
    shown = reached[-1] if reached else steps[0]
    variant = _variant(clause, rank(shown.stage) or 0)
    prompts = ((Prompt("", variant.evidence),) if variant and variant.evidence else ()) + evidence
    return Asking(
        clause,
        standing,
        shown.wording,
        variant,
        prompts,
        tuple(step for step in steps if step not in reached),
        has_begun=bool(reached),
        local=local,
        uncertifiable=resolved.uncertifiable(clause),
        adapt_until=_adapt_until(clause, asked),
    )


def _standing(clause: Clause, is_reached: bool) -> Standing:
    if clause.text.modality is not Modality.REQUIREMENT or clause.text.grade is Grade.OPTIONAL:
        return Standing.ADVICE
    return Standing.NOW if is_reached else Standing.LATER


def _steps(clause: Clause, local: Local, asked: Asked) -> tuple[Step, ...]:
    """Everything the clause asks, from its first stage on; a clause not yet in effect waits for its day."""
    text = clause.text
    own = rank(text.attributes.stage) or 0
    known = {year for variant in text.attributes.stages if (year := rank(variant.stage)) is not None}
    years = {own} | ({year for year in known if year > own} if _is_put_off(local) else known)
    day = _day(text.attributes.effective)
    waits = day if day and asked.on and asked.on < day else None
    found: list[Step] = []
    for year in sorted(years):
        wording, variant = _worded(clause, local, year), _variant(clause, year)
        if not found or found[-1].wording != wording:
            evidence = variant.evidence if variant else ""
            found.append(Step(named(f"year {year}") if year else ENTRY, wording, evidence))
    if waits:
        # What the producer's stage would ask already is asked on the day.
        passed = [step for step in found if (rank(step.stage) or 0) <= asked.year]
        begun = [Step(passed[-1].stage, passed[-1].wording, passed[-1].evidence, waits)] if passed else []
        return (*begun, *found[len(passed) :])
    return tuple(found)


def _worded(clause: Clause, local: Local, year: int) -> str:
    """What the clause asks in a year: the variant in force, else its own words.

    A wording that a local text strengthened is asked beside the variant, once the clause is asked in full.
    """
    text, variant = clause.text, _variant(clause, year)
    if variant is None:
        return filled(text, text.body)
    words = filled(text, variant.wording)
    if _strengthened(local) and year >= (rank(text.attributes.stage) or 0):
        return f"{filled(text, text.body)}\n\n{words}"
    return words


def _variant(clause: Clause, year: int) -> StageVariant | None:
    """The variant in force in a year; None where the clause is asked in its own words."""
    variant = variant_at(clause.text, year)
    own = rank(clause.text.attributes.stage) or 0
    return None if variant and (rank(variant.stage) or 0) < own <= year else variant


def _strengthened(local: Local) -> bool:
    given = local.given.get("wording")
    return given is not None and isinstance(given.operation, Strengthen)


def _is_put_off(local: Local) -> bool:
    """Whether a derogation in force gives the clause its stage."""
    given = local.given.get("stage")
    return given is not None and isinstance(given.operation, Derogate)


def _reason(clause: Clause, local: Local, asked: Situation) -> Reason:
    told = clause.text.attributes
    for fact, wanted, given in (
        ("producer", told.producers, asked.producer),
        ("mineral", told.minerals, asked.mineral),
        ("size", (told.size,) if told.size else (), asked.size),
        ("custody", (told.custody,) if told.custody else (), asked.custody),
    ):
        if wanted and given and given.casefold() not in {one.casefold() for one in wanted}:
            return Reason(fact, wanted)
    scope = next(scope for scope in local.scopes if excludes(scope, asked.facts()))
    return Reason("local", (condition_words(scope),), scope.rationale)


def _adapt_until(clause: Clause, asked: Asked) -> date | None:
    """The last day on which the version before still counts; None once it has passed."""
    until = _day(clause.text.attributes.transition_until)
    return until if until and (asked.on is None or asked.on <= until) else None


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written.strip())
    except ValueError:
        return None


# --- points


def _reach(askings: Iterable[Asking]) -> Mapping[str, int]:
    """The points that can be earned at this stage, by group."""
    found: dict[str, int] = {}
    for asking in askings:
        if asking.standing in (Standing.NOW, Standing.ADVICE) and asking.has_begun and asking.points:
            group = asking.clause.text.attributes.threshold_group
            found[group] = found.get(group, 0) + asking.points
    return found
