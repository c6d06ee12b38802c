"""The working screen of one clause: base and local text side by side, its operations, its provenance."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from markupsafe import escape

from consult import comparing, look
from consult.local import words
from consult.local.words import Told
from consult.local.working import Kept, Place
from consult.reading import Book, ReadClause
from standards import markdown, store
from standards.diff import compare
from standards.document import Clause, ClauseText, Document
from standards.operations import ORDER, Derogate, Op, Operation, Strengthen, Translate
from standards.overlays.provenance import Source, pieces

_VALUE = re.compile(r'<span class="parameter" data-name="([^"]+)">(.*?)</span>', re.DOTALL)


@dataclass(frozen=True)
class Sides:
    """A clause as it stands below this local text, and as it reads in it; `before` None for an own clause."""

    before: ReadClause | None
    after: ReadClause


@dataclass(frozen=True)
class Block:
    """An operation as a `.layer`: what it does, why, by whom, and whose eyes it has or lacks.

    `asks` is the act by which another person vouches: attest, approve, review or "".
    """

    id: str
    key: str
    told: Told
    body: str
    language: str
    rationale: str
    evidence: str
    author: str
    keeper: str
    mine: bool
    since: Any
    vouched: str
    lacking: Sequence[str]
    waiting: str
    state: str
    asks: str
    comments: Sequence[tuple[str, str]]


# --- the two texts


def sides(place: Place, clause: Clause) -> Sides:
    """The clause before and after, with what is taken out and put in marked in the second."""
    below = place.ground.document.by_id.get(clause.id)
    language = place.ground.document.language
    if below is None:
        return Sides(None, _drawn(place, clause, _rendered(clause.text, language)))
    before = _drawn(place, below, store.rendered(below.text, language))
    return Sides(before, _drawn(place, clause, marked(below.text, clause.text, language)))


def marked(before: ClauseText, after: ClauseText, language: str) -> str:
    """The later text as HTML, with the values or the words that changed marked as taken out and put in."""
    if before.body == after.body:
        return _with_values_marked(before, after, language)
    old, new = (Document("", language, clauses=(Clause(UUID(int=1), text),)) for text in (before, after))
    found = comparing.shown(
        compare(old, new),
        comparing.Side("", old, lambda clause: ""),
        comparing.Side("", new, lambda clause: ""),
    )
    # Words that differ only in how their lines wrap read the same.
    return str(found.changes[0].after_html) if found.changes else _rendered(after, language)


def _with_values_marked(before: ClauseText, after: ClauseText, language: str) -> str:
    was = {parameter.name: parameter for parameter in before.parameters}
    now = {parameter.name: parameter for parameter in after.parameters}

    def mark(found: re.Match[str]) -> str:
        name = found[1]
        if name not in was or name not in now or was[name].value == now[name].value:
            return found[0]
        return f'<del>{escape(was[name].shown)}</del> <ins class="parameter">{found[2]}</ins>'

    return _VALUE.sub(mark, _rendered(after, language))


def _rendered(text: ClauseText, language: str) -> str:
    """The local side as HTML; its footnotes are told apart from those of the base beside it."""
    return markdown.render(text, prefix=f"ours-{text.hash[:8]}-", language=language)


def _drawn(place: Place, clause: Clause, html: str) -> ReadClause:
    own = clause.id in place.ground.document.by_id
    document = place.ground.document if own else place.after.document
    base = look.at(f"/standards/{place.work.slug}/{place.base.label}")
    return Book(document, base).clause(clause, {clause.text.hash: html}, {})


# --- the operations


def blocks(
    place: Place,
    clause: Clause,
    person_id: UUID,
    names: Mapping[str, str],
    comments: Mapping[str, UUID],
) -> list[Block]:
    """This version's operations on a clause, in the order of their effect.

    `names` are those of the people who kept them, `comments` the ids behind receipt numbers.
    """
    below = place.text_of(clause.id)
    text = below.text if below else clause.text
    return [_block(one, text, person_id, names, comments) for one in _in_order(place.on.get(clause.id, ()))]


def added_after(place: Place, clause: Clause) -> list[Clause]:
    """The clauses that this version adds directly after this one."""
    ids = [one.about for one in place.operations if one.row.clause_id == clause.id and one.about != clause.id]
    return [place.after.document.by_id[id_] for id_ in ids if id_ in place.after.document.by_id]


def keepers(place: Place, clause: Clause) -> list[str]:
    """Who kept the operations on a clause, as it is stored."""
    return [one.row.by for one in place.on.get(clause.id, ())]


def receipts(place: Place, clause: Clause) -> list[str]:
    """The receipt numbers that the operations on a clause say they answer."""
    return [code for one in place.on.get(clause.id, ()) for code in one.operation.comments]


def _in_order(kept: Sequence[Kept]) -> list[Kept]:
    return sorted(kept, key=lambda one: (ORDER[one.operation.op], one.operation.field, one.row.at))


def _block(
    kept: Kept,
    text: ClauseText,
    person_id: UUID,
    names: Mapping[str, str],
    comments: Mapping[str, UUID],
) -> Block:
    one, row = kept.operation, kept.row
    body, language = words.body(one)
    mine = row.by == str(person_id)
    return Block(
        id=str(row.id),
        key=one.key,
        told=words.told(one, text),
        body=markdown.filled(text, body),
        language=language,
        rationale=one.rationale,
        evidence=one.evidence,
        author=one.author,
        keeper=names.get(row.by, ""),
        mine=mine,
        since=row.at,
        vouched=_vouched(one),
        lacking=kept.lacking,
        waiting=row.waiting,
        state=row.state,
        asks="" if row.waiting or not kept.lacking else _asks(one),
        comments=[(code, _comment_url(comments.get(code))) for code in one.comments],
    )


def _vouched(one: Operation) -> str:
    match one:
        case Strengthen() if one.attested_by:
            names = ", ".join(one.attested_by)
            return str(_("Attested to demand at least as much by %(names)s.", names=names))
        case Derogate() if one.approved_by:
            return str(_("Approved for the owner of the base by %(name)s.", name=one.approved_by))
        case Translate() if one.reviewed_by:
            return str(_("Reviewed by %(name)s.", name=one.reviewed_by))
    return ""


def _asks(one: Operation) -> str:
    match one:
        case Strengthen():
            return "attest"
        case Derogate():
            return "approve"
        case Translate():
            return "review"
    return ""


def _comment_url(id_: UUID | None) -> str:
    return look.at(f"/desk/comments/{id_}") if id_ else ""


# --- where it all comes from


def provenance(place: Place, clause: Clause) -> list[tuple[str, str, str]]:
    """Every span of the local clause: the field, its words, and the version or operation it is from."""
    fields = {
        "heading": _("Heading"),
        "body": _("Text"),
        "stage": _("Asked from"),
        "verifiers": _("Shown by"),
        "laws": _("Sources in law"),
        "guidance": _("Guidance"),
        "applies": _("For whom"),
        "derogation": _("Derogation"),
    }
    return [
        (str(fields.get(piece.field, _field(piece.field))), piece.text, _source(piece.source))
        for piece in pieces(place.after, clause)
    ]


def _field(name: str) -> str:
    return look.language_name(name.removeprefix("wording:")) if name.startswith("wording:") else name


def _source(source: Source) -> str:
    return f"{source.layer}, {words.verb(Op(source.op))}" if source.op else source.layer
