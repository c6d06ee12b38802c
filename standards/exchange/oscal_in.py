"""OSCAL catalogues (NIST, JSON): groups become sections, controls criteria; enhancements stand under them.

A control's statement is its body, its guidance a clause below it, its methods of
assessment are its verifiers. Values left to the organisation are parameters, written as
the catalogue prints them: `[Assignment: frequency]`. The objectives of assessment
restate the statement piece by piece; they are left out, and counted.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from standards.document import (
    Attributes,
    ClauseText,
    Finding,
    Imported,
    ImportedClause,
    Level,
    Modality,
    Parameter,
    Scheme,
    Verifier,
)
from standards.errors import UnreadableFile
from standards.exchange.trees import title_from

METHODS: Final = {"EXAMINE": "document", "INTERVIEW": "interview", "TEST": "observation"}
"""What the catalogue's methods of assessment are among our verifiers."""
DEEPEST: Final = 20
_INSERT = re.compile(r"\{\{\s*insert:\s*param,\s*([^}\s]+)\s*\}\}")


class _Lenient(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class _Prop(_Lenient):
    name: str
    value: str = ""
    class_: str = Field(default="", alias="class")


class _Select(_Lenient):
    how_many: str = Field(default="one", alias="how-many")
    choice: tuple[str, ...] = ()


class _Param(_Lenient):
    id: str
    label: str = ""
    values: tuple[str, ...] = ()
    select: _Select | None = None


class _Part(_Lenient):
    name: str
    title: str = ""
    prose: str = ""
    props: tuple[_Prop, ...] = ()
    parts: tuple["_Part", ...] = ()


class _Control(_Lenient):
    id: str = Field(min_length=1)
    title: str = ""
    params: tuple[_Param, ...] = ()
    props: tuple[_Prop, ...] = ()
    parts: tuple[_Part, ...] = ()
    controls: tuple["_Control", ...] = ()


class _Group(_Lenient):
    id: str = ""
    title: str = ""
    params: tuple[_Param, ...] = ()
    props: tuple[_Prop, ...] = ()
    parts: tuple[_Part, ...] = ()
    groups: tuple["_Group", ...] = ()
    controls: tuple[_Control, ...] = ()


class _Metadata(_Lenient):
    title: str = ""


class _Catalog(_Lenient):
    metadata: _Metadata = _Metadata()
    params: tuple[_Param, ...] = ()
    groups: tuple[_Group, ...] = ()
    controls: tuple[_Control, ...] = ()


def read(value: Mapping[str, Any], name: str, findings: Iterable[Finding] = ()) -> Imported:
    """The clauses of a catalogue; the ids of its controls are kept as anchors, so that versions match.

    Raises UnreadableFile, naming what is missing, for a catalogue that is broken or has no control.
    """
    try:
        catalog = _Catalog.model_validate(value["catalog"])
    except ValidationError as problem:
        first = problem.errors()[0]
        at = ".".join(str(step) for step in first["loc"])
        raise UnreadableFile(
            f"{name} is an OSCAL catalogue with something amiss at “{at}”: {first['msg'].lower()}. "
            "Nothing was taken; please mend it and send it again."
        ) from None
    reading = _Reading(name)
    reading.take(catalog)
    if not reading.controls:
        raise UnreadableFile(f"{name} is an OSCAL catalogue without any control; nothing was taken.")
    return Imported(
        title=catalog.metadata.title or title_from(name),
        language="en",
        scheme=Scheme.DECLARED,
        clauses=tuple(reading.clauses),
        findings=(*findings, *reading.findings()),
        source_text="\n".join(reading.words),
    )


class _Reading:
    """One catalogue being read, in the order of its groups and controls."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.clauses: list[ImportedClause] = []
        self.words: list[str] = []
        self.controls = self.objectives = 0
        self._keys: set[str] = set()

    def take(self, catalog: _Catalog) -> None:
        known = {param.id: param for param in _all_params(catalog)}
        for group in catalog.groups:
            self._group(group, None, known, 0)
        for control in catalog.controls:
            self._control(control, None, known, 0)

    def findings(self) -> Iterator[Finding]:
        if self.objectives:
            yield Finding(
                "lost",
                f"{self.objectives} objectives of assessment restate the controls piece by piece; "
                "they were left out.",
            )

    def _group(self, group: _Group, above: str | None, known: Mapping[str, _Param], depth: int) -> None:
        self._refuse_depth(depth)
        key = self._key(group.id or f"group-{len(self.clauses)}")
        body = "\n\n".join(words for part in group.parts if (words := _prose(part)))
        self._add(
            key, above, ClauseText(group.title, _plain(body, known), declared_number=_label(group.props))
        )
        for inner in group.groups:
            self._group(inner, key, known, depth + 1)
        for control in group.controls:
            self._control(control, key, known, depth + 1)

    def _control(self, control: _Control, above: str | None, known: Mapping[str, _Param], depth: int) -> None:
        self._refuse_depth(depth)
        self.controls += 1
        key = self._key(control.id)
        statement = "\n\n".join(_prose(part) for part in control.parts if part.name == "statement")
        body, parameters = _with_parameters(statement, known)
        text = ClauseText(
            heading=control.title,
            body=body,
            level=Level.CRITERION,
            modality=Modality.REQUIREMENT if statement else Modality.NONE,
            declared_number=_label(control.props),
            attributes=Attributes(verifiers=tuple(_verifiers(control.parts))),
            parameters=parameters,
        )
        self._add(key, above, text)
        for part in control.parts:
            if part.name == "assessment-objective":
                self.objectives += 1 + sum(1 for _ in _below(part))
            elif part.name not in ("statement", "assessment-method") and (words := _prose(part)):
                level = Level.GUIDANCE if part.name == "guidance" else Level.NOTE
                told = ClauseText(part.title, _plain(words, known), level)
                self._add(self._key(f"{control.id}.{part.name}"), key, told)
        for inner in control.controls:
            self._control(inner, key, known, depth + 1)

    def _add(self, key: str, above: str | None, text: ClauseText) -> None:
        anchor = "" if text.level in (Level.GUIDANCE, Level.NOTE) else key
        self.clauses.append(ImportedClause(key, text, above, anchor))
        self.words += [text.heading, text.body]

    def _key(self, wanted: str) -> str:
        if wanted in self._keys:
            raise UnreadableFile(
                f"{self.name} has two controls or groups with the id {wanted}; nothing was taken."
            )
        self._keys.add(wanted)
        return wanted

    def _refuse_depth(self, depth: int) -> None:
        if depth > DEEPEST:
            raise UnreadableFile(f"{self.name} is nested too deeply to be a catalogue; nothing was taken.")


# --- words


def _prose(part: _Part, depth: int = 0) -> str:
    """A part as paragraphs: its own words, then its items under their labels."""
    label = _label(part.props)
    own = " ".join(words for words in (label, part.prose.strip()) if words)
    if depth > DEEPEST:
        return own
    return "\n\n".join(words for words in (own, *(_prose(inner, depth + 1) for inner in part.parts)) if words)


def _below(part: _Part) -> Iterator[_Part]:
    for inner in part.parts:
        yield inner
        yield from _below(inner)


def _label(props: Iterable[_Prop]) -> str:
    """The number the catalogue prints: the plain label, not the one padded with zeros."""
    labels = [prop for prop in props if prop.name == "label" and prop.value]
    plain = [prop.value for prop in labels if prop.class_ not in ("zero-padded", "sp800-53a")]
    return (plain or [prop.value for prop in labels] or [""])[0]


def _verifiers(parts: Iterable[_Part]) -> Iterator[Verifier]:
    for part in parts:
        if part.name != "assessment-method":
            continue
        method = next((prop.value for prop in part.props if prop.name == "method"), "")
        objects = "; ".join(" ".join(inner.prose.split()) for inner in part.parts if inner.prose)
        if objects:
            yield Verifier.model_validate({"type": METHODS.get(method, "document"), "text": objects})


def _all_params(catalog: _Catalog) -> Iterator[_Param]:
    def of(holder: _Group | _Control) -> Iterator[_Param]:
        yield from holder.params
        for control in holder.controls:
            yield from of(control)
        if isinstance(holder, _Group):
            for group in holder.groups:
                yield from of(group)

    yield from catalog.params
    for group in catalog.groups:
        yield from of(group)
    for control in catalog.controls:
        yield from of(control)


def _with_parameters(words: str, known: Mapping[str, _Param]) -> tuple[str, tuple[Parameter, ...]]:
    """The words with each insertion as `{name}`, and the parameters they name."""
    found: dict[str, Parameter] = {}

    def named(insertion: re.Match[str]) -> str:
        param = known.get(insertion[1])
        if param is None:
            return f"[Assignment: {insertion[1]}]"
        name = "p-" + re.sub(r"[^a-z0-9_-]+", "-", param.id.casefold())[:58]
        found[name] = Parameter(name=name, value=_shown(param, known, ()), label=param.label)
        return "{" + name + "}"

    return _INSERT.sub(named, words), tuple(found.values())


def _plain(words: str, known: Mapping[str, _Param]) -> str:
    """The words with each insertion as the catalogue prints it."""

    def shown(insertion: re.Match[str]) -> str:
        param = known.get(insertion[1])
        return _shown(param, known, ()) if param else f"[Assignment: {insertion[1]}]"

    return _INSERT.sub(shown, words)


def _shown(param: _Param, known: Mapping[str, _Param], inside: tuple[str, ...]) -> str:
    """What is chosen, or what is left to choose; a value that names itself is told by its id."""
    if param.values:
        return ", ".join(param.values)
    if param.select is None or param.id in inside:
        return f"[Assignment: {param.label or param.id}]"

    def nested(insertion: re.Match[str]) -> str:
        inner = known.get(insertion[1])
        return _shown(inner, known, (*inside, param.id)) if inner else f"[Assignment: {insertion[1]}]"

    choices = "; ".join(_INSERT.sub(nested, choice) for choice in param.select.choice)
    many = " (one or more)" if param.select.how_many == "one-or-more" else ""
    return f"[Selection{many}: {choices}]"
