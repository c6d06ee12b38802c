"""Local marks: a local text on a day, with what each operation did, said in words.

The chain is resolved by `overlays.chain`; here it is only told: which words are
local, what they were before, who made them so and why. Whoever asks gives the
words of a language and the names of the layers.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from standards.diff import direction
from standards.document import Clause, ClauseText, Document, Parameter
from standards.errors import StandardsError
from standards.exchange.local_words import LocalWords
from standards.exchange.marks import Marking, Marks, Note, Source
from standards.markdown import filled
from standards.operations import (
    Add,
    Adopt,
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
    Verify,
    value_words,
)
from standards.overlays import chain
from standards.overlays.provenance import Piece, pieces
from standards.overlays.resolve import Placed, Resolved, of_base, parameter_called, under


class NoSuchWording(StandardsError):
    """A local text was asked for in a language in which no clause of it has a wording."""

    def __init__(self, language: str, there: Sequence[str]) -> None:
        has = f"It has wordings in {', '.join(there)}." if there else "It has wordings in no other language."
        super().__init__(f"No clause of this text has a wording in “{language}”. {has}")


@dataclass(frozen=True)
class Layer:
    """How a layer is named to readers, and on which day each of its operations was written, by its key."""

    name: str
    days: Mapping[str, date] = field(default_factory=dict)


@dataclass(frozen=True)
class LocalText:
    """A chain of local texts resolved for a day, with the text each layer stood on and what lasts."""

    resolved: Resolved
    lasting: Document
    grounds: Mapping[str, Document]
    base: Document
    layers: Mapping[str, Layer] = field(default_factory=dict)

    @property
    def on(self) -> date:
        """The day it is resolved for."""
        assert self.resolved.on is not None, "a local text is told for a day"
        return self.resolved.on

    def name(self, layer: str) -> str:
        """A layer as readers know it: `Tanzania 1.0`."""
        known = self.layers.get(layer)
        return known.name if known else layer.replace("@", " ")

    def before(self, clause_id: UUID, placed: Placed) -> ClauseText | None:
        """What an operation found; for a derogation the text that lasts and comes back."""
        derogates = isinstance(placed.operation, Derogate)
        ground = self.lasting if derogates else self.grounds.get(placed.layer)
        clause = ground.by_id.get(clause_id) if ground else None
        return clause.text if clause else None


def local_text(
    base: Document,
    name: str,
    overlays: Sequence[Overlay],
    on: date,
    layers: Mapping[str, Layer] | None = None,
) -> LocalText:
    """A chain on its base on a day. Raises what `chain.resolved` does."""
    resolved = chain.resolved(base, name, overlays, on)
    ground, grounds = of_base(base, name), {}
    for overlay in overlays:
        grounds[overlay.called] = ground.document
        ground = under(ground, overlay)
    return LocalText(resolved, ground.document, grounds, base, layers or {})


def marking(text: LocalText, words: LocalWords, wordings: str = "") -> Marking:
    """The marks of a local text and the lines of its title page, in the words of one language.

    `wordings` is the language whose wordings stand in place of the base's, see `in_language`.
    """
    resolved = text.resolved
    marks = {
        clause.id: _marks(text, clause, words, wordings)
        for clause in resolved.document
        if resolved.of(clause.id).placed
    }
    return Marking(tuple(_title_lines(text, words, wordings)), marks, words.sources)


def in_language(text: LocalText, language: str, title: str = "") -> Document:
    """The text of the day, each clause in its wording in a language where it has one.

    "" and the base's own language give the base's words. Raises NoSuchWording.
    """
    resolved, document = text.resolved, text.resolved.document
    document = replace(document, title=title or document.title)
    if language in ("", document.language):
        return document
    there = sorted({lang for local in resolved.local.values() for lang in local.wordings})
    if language not in there:
        raise NoSuchWording(language, there)
    return replace(
        document,
        language=language,
        clauses=tuple(_worded(clause, resolved, language) for clause in document),
    )


def notes(text: LocalText, clause: Clause, words: LocalWords, wordings: str = "") -> Iterator[Note]:
    """What each operation on a clause did, in the order of effect; adoptions and what ran out say nothing."""
    if text.resolved.uncertifiable(clause):
        yield Note("", "", words.uncertifiable)
    for placed in text.resolved.of(clause.id).placed:
        one = placed.operation
        over = isinstance(one, Derogate) and one.approved_by.strip() and not one.in_force(text.on)
        shown = isinstance(one, Translate) and one.lang == wordings
        if not isinstance(one, Adopt) and not over:
            yield note(text, clause, placed, words)._replace(**({"words": ""} if shown else {}))


def note(text: LocalText, clause: Clause, placed: Placed, words: LocalWords) -> Note:
    """What one operation did, in words: its name, its act, what came of it, and why."""
    one = placed.operation
    told, brought, lang = _told(text, clause, placed, words)
    return Note(text.name(placed.layer), words.acts[one.op], told, brought, lang, why(text, placed, words))


def why(text: LocalText, placed: Placed, words: LocalWords) -> str:
    """Why an operation was made, on what evidence, by whom, when: one line."""
    one = placed.operation
    layer = text.layers.get(placed.layer)
    day = layer.days.get(one.key) if layer else None
    who = ", ".join(part for part in (one.author.strip(), words.day(day) if day else "") if part)
    by = words.by % {"who": who} if one.author.strip() else words.written % {"day": who} if who else ""
    found = [
        words.reason % {"words": _ended(one.rationale)},
        words.evidence % {"words": _ended(one.evidence)} if one.evidence.strip() else "",
        by,
        words.answers % {"n": len(one.comments)} if one.comments else "",
    ]
    return " ".join(part for part in found if part)


def weakened(text: LocalText, clause: Clause, placed: Placed, words: LocalWords) -> tuple[str, str, str]:
    """What a derogation is about, what lasts, and what holds instead for a time."""
    one = placed.operation
    assert isinstance(one, Derogate)
    before = text.before(clause.id, placed) or clause.text
    if one.weakens == "stage":
        lasting = words.stage(before.attributes.stage)
        return words.fields["stage"], lasting, words.stage(str(one.value))
    if one.weakens == "wording":
        return words.fields["wording"], _one_line(before.body), _one_line(str(one.value))
    parameter = parameter_called(before, one.weakens.removeprefix("parameter:"))
    if parameter is None:
        return one.weakens, "–", value_words(one.value)
    return _called(parameter), parameter.shown, parameter.model_copy(update={"value": one.value}).shown


# --- one clause


def _marks(text: LocalText, clause: Clause, words: LocalWords, wordings: str) -> Marks:
    local = text.resolved.of(clause.id)
    given = local.given
    return Marks(
        whole="" in given,
        body="wording" in given or wordings in local.wordings,
        values=frozenset(name.removeprefix("parameter:") for name in given if name.startswith("parameter:")),
        notes=tuple(notes(text, clause, words, wordings)),
        sources=tuple(_source(text, piece, words) for piece in pieces(text.resolved, clause)),
    )


def _source(text: LocalText, piece: Piece, words: LocalWords) -> Source:
    field, _, lang = piece.field.partition(":")
    name = f"{words.fields[field]} ({lang})" if lang else words.fields[field]
    act = f" · {words.acts[Op(piece.source.op)]}" if piece.source.op else ""
    # The base goes by its own name, `rag@2.0`; layers by those readers know.
    layer = text.name(piece.source.layer) if piece.source.op else piece.source.layer.replace("@", " ")
    return Source(name, piece.text, f"{layer}{act}")


def _worded(clause: Clause, resolved: Resolved, language: str) -> Clause:
    wording = resolved.of(clause.id).wordings.get(language)
    if wording is None:
        return clause
    heading = wording.heading or clause.text.heading
    return replace(clause, text=replace(clause.text, heading=heading, body=wording.wording))


def _told(text: LocalText, clause: Clause, placed: Placed, words: LocalWords) -> tuple[str, str, str]:
    """What came of an operation, the words it brings, and their language where it is another."""
    one: Operation = placed.operation
    before = text.before(clause.id, placed)
    match one:
        case Set():
            told, towards = _set(one, before), way(one, before)
            named = {"stricter": words.stricter, "looser": words.looser}.get(towards)
            return (f"{told}, {named}" if named else told), "", ""
        case Strengthen():
            names = f"{words.both}".join(one.attested_by)
            return (words.attested % {"names": names} if names else ""), "", ""
        case Restage():
            was = words.stage(before.attributes.stage) if before else "–"
            return f"{words.fields['stage']}: {was} → {words.stage(one.stage)}", "", ""
        case Scope():
            return words.condition(one), "", ""
        case Derogate():
            return _derogation(text, clause, placed, words)
        case Add():
            return words.added, "", ""
        case Law():
            told = f"{one.citation}. {words.laws[one.stricter]}"
            return (f"{told} {words.forbids}" if one.forbids else told), one.note, ""
        case Guide():
            other = one.lang if one.lang != text.base.language else ""
            return (words.language_name(other) if other else ""), one.text, other
        case Verify():
            return f"{words.verifiers[one.type]}: {one.text}", "", ""
        case Translate():
            by = words.reviewed % {"name": one.reviewed_by} if one.reviewed_by else ""
            told = ", ".join(part for part in (words.language_name(one.lang), by) if part)
            wording = filled(clause.text, one.wording)
            return told, "\n\n".join(part for part in (one.heading, wording) if part), one.lang
    return "", "", ""


def _set(one: Set, before: ClauseText | None) -> str:
    parameter = parameter_called(before, one.parameter) if before else None
    if parameter is None:
        return f"{one.parameter}: {value_words(one.value)}"
    return (
        f"{_called(parameter)} {parameter.shown} → {parameter.model_copy(update={'value': one.value}).shown}"
    )


def way(one: Operation, before: ClauseText | None) -> str:
    """Whether a SET asks more (`stricter`), less (`looser`), or neither can be said ("")."""
    parameter = parameter_called(before, one.parameter) if before and isinstance(one, Set) else None
    if parameter is None or not isinstance(one, Set):
        return ""
    found = direction(parameter, parameter.model_copy(update={"value": one.value}))
    return "" if found == "changed" else found


def _derogation(text: LocalText, clause: Clause, placed: Placed, words: LocalWords) -> tuple[str, str, str]:
    one = placed.operation
    assert isinstance(one, Derogate)
    what, lasting, weaker = weakened(text, clause, placed, words)
    said = {"day": words.day(one.until), "what": what, "weaker": weaker, "lasting": lasting}
    if not one.approved_by.strip():
        return words.asked_for % said, "", ""
    said["name"] = one.approved_by
    if one.weakens != "wording":
        return words.until % said, "", ""
    return words.until_wording % said, words.afterwards % {"words": lasting}, ""


# --- the title page


def _title_lines(text: LocalText, words: LocalWords, wordings: str) -> Iterator[str]:
    resolved = text.resolved
    base, _, label = resolved.base.partition("@")
    yield words.local_text % {"title": text.base.title, "label": label}
    yield words.base % {"name": f"{base} {label}", "hash": text.base.hash}
    yield words.layers % {"names": " → ".join(text.name(layer) for layer in resolved.layers)}
    yield words.on % {"day": words.day(text.on)}
    yield words.text_hash % {"hash": resolved.hash}
    yield words.unmarked
    if wordings and wordings != text.base.language:
        has = sum(wordings in resolved.of(clause.id).wordings for clause in resolved.document)
        yield words.wordings % {"n": has, "total": len(resolved.document)}


def _called(parameter: Parameter) -> str:
    return parameter.label or parameter.name


def _one_line(words: str) -> str:
    return " ".join(words.split())


def _ended(words: str) -> str:
    words = _one_line(words)
    return words if words.endswith((".", "!", "?", "…", ":", "”")) else f"{words}."
