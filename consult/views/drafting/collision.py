"""Two people in one clause: their texts merged word by word, and the choices that are left."""

from typing import Any
from uuid import UUID

from flask import g, render_template, request
from markupsafe import Markup, escape
from sqlalchemy.exc import NoResultFound
from werkzeug.wrappers import Response

from consult import db
from consult.drafting import clause_form, kept_texts
from consult.drafting.changes import plain_fact
from consult.drafting.clause_form import Flaw
from consult.drafting.collisions import Meeting, NotChosen, sentence_for, words_for
from consult.errors import NotFound
from consult.permissions import Act
from consult.views.drafting.door import Place, back, bp, hand, noted, place
from consult.views.guard import requires
from standards import drafting, store
from standards.drafting import EditedMeanwhile
from standards.merge import Agreed, Merged
from standards.tables import OutlineRow

_TAGS = {"mine": "ins", "theirs": "mark"}


def page(here: Place, clause_id: UUID, meeting: Meeting, flaws: list[Flaw] | None = None) -> str:
    """Both texts in one, colliding places as choices; the form that was sent comes along hidden."""
    sent = request.form
    carried = [
        (name, value)
        for name, value in sent.items(multi=True)
        if name not in ("csrf_token", "act", "base", "theirs") and not _is_choice(name)
    ]
    with db.reading() as session:
        document = store.load(session, here.version)
    return render_template(
        "drafting/collision.html",
        place=here,
        clause=document.by_id.get(clause_id),
        clause_id=clause_id,
        language=document.language,
        heading=_pieces("heading", meeting.heading),
        body=_pieces("body", meeting.body),
        particulars=[
            {
                "name": f"particular-{name}",
                "word": words_for(name),
                "mine": plain_fact(_plain(mine)),
                "theirs": plain_fact(_plain(theirs)),
                "chosen": sent.get(f"particular-{name}", ""),
            }
            for name, (mine, theirs) in meeting.disputed().items()
        ],
        clean=meeting.heading.clean and meeting.body.clean and not meeting.disputed(),
        carried=carried,
        base=meeting.base.hash,
        theirs=meeting.theirs.hash,
        errors=flaws or [],
    )


def _is_choice(name: str) -> bool:
    part, _dash, rest = name.partition("-")
    return part in ("heading", "body", "particular") and bool(rest)


def _pieces(part: str, merged: Merged) -> list[dict[str, Any]]:
    """The pieces in order: agreed words as HTML with their writer's mark, collisions as choices."""
    shown: list[dict[str, Any]] = []
    collisions = 0
    for piece in merged.pieces:
        if isinstance(piece, Agreed):
            shown.append({"html": _agreed(piece), "collision": None})
            continue
        name = f"{part}-{collisions}"
        collisions += 1
        third = request.form.get(f"{name}-third", piece.mine)
        shown.append({"name": name, "collision": piece, "chosen": request.form.get(name, ""), "third": third})
    return shown


def _agreed(piece: Agreed) -> Markup:
    words = Markup("<br>").join(escape(line) for line in piece.text.split("\n"))
    tag = _TAGS.get(piece.by)
    return Markup(f"<{tag}>{{}}</{tag}>").format(words) if tag else words


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    shown = getattr(value, "shown", None)
    if shown is not None:
        return f"{value.name} = {shown}"
    return value.model_dump() if hasattr(value, "model_dump") else value


@bp.post("/standards/<slug>/<label>/clauses/<uuid:clause_id>/bring-together")
@requires(Act.EDIT_DRAFT)
def bring_together(slug: str, label: str, clause_id: UUID) -> Response | tuple[str, int]:
    """Save the text made of both, on top of the colleague's."""
    by = hand()
    with db.reading() as session:
        here = place(session, slug, label)
        meeting = _meeting(session)
        standing = session.get(OutlineRow, (here.version.id, clause_id))
        if standing is not None and standing.text_hash != meeting.theirs.hash:
            meeting = Meeting(meeting.base, meeting.mine, store.text_called(session, standing.text_hash))
            return page(here, clause_id, meeting), 409
    try:
        text = meeting.decided(request.form)
    except NotChosen as waiting:
        flaws = [Flaw(field, sentence_for(waiting.fields)) for field in waiting.fields]
        return page(here, clause_id, meeting, flaws), 400
    try:
        with db.transaction() as session:
            drafting.edit(session, here.version, clause_id, meeting.theirs.hash, text, by)
            kept_texts.let_go(session, clause_id, g.person.id)
            noted(
                session,
                "edit-clause",
                by,
                here,
                clause_id,
                {"text": meeting.theirs.hash},
                {"text": text.hash, "merged_with": meeting.mine.hash},
            )
    except EditedMeanwhile as again:
        return page(here, clause_id, Meeting(meeting.base, meeting.mine, again.theirs)), 409
    return back(here, clause_id, saved=True)


def _meeting(session: Any) -> Meeting:
    """The three texts again: two by their hashes, mine from the form that came along."""
    try:
        base = store.text_called(session, request.form.get("base", ""))
        theirs = store.text_called(session, request.form.get("theirs", ""))
    except NoResultFound:
        raise NotFound(
            "This page is too old to go on from. Open the clause again: your text is kept."
        ) from None
    mine = clause_form.read(request.form, base).text
    return Meeting(base, mine or base, theirs)
