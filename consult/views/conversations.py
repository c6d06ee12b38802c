"""Conversations by SMS: threads by alias, those with unplaced words first; answered, placed, handed over."""

import io
import secrets
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlmodel import Session
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response

from consult import db, ledger_line, look, rounds
from consult.channels import segments, steps
from consult.channels.pieces import NotJoined
from consult.conversations import figures as conversation_figures
from consult.conversations import threads, wordings
from consult.desk import places, thread, thread_list
from consult.desk import queue as desk
from consult.errors import BarazaError, Misfilled
from consult.outgoing import sending
from consult.permissions import Act
from consult.tables.messages import MessageRow
from consult.tables.participants import ContactPointRow
from consult.tables.rounds import RoundRow
from consult.views import counting
from consult.views.guard import requires
from consult.views.queue import READ, ClauseMissing
from consult.views.shown import attachment
from standards.store import UnknownClause

bp = Blueprint("conversations", __name__, url_prefix="/desk/conversations")

# What people texted is read by those who may read comments; who may place comments
# may also answer and hand over, because whoever a thread is given to must be able to.
ACT = Act.LINK


@dataclass(frozen=True)
class Draft:
    """An answer as it is being written: its words, where they came from, and what is wrong with them."""

    words: str = ""
    wording: str = ""
    fell_back: str = ""
    note: str = ""
    to: str = ""
    clause: str = ""
    comment: str = ""
    errors: list[dict[str, str]] = field(default_factory=list)


@bp.get("")
@requires(READ)
def index() -> str:
    """The conversations, those with unplaced words first, and where people stop."""
    return _page(None, Draft())


@bp.get("/<alias>")
@requires(READ)
def show(alias: str) -> str:
    """One conversation beside the list."""
    return _page(alias, Draft())


@bp.get("/figures")
@requires(READ)
def figures() -> str:
    """Where people stop, by language and group, and what it costs."""
    with db.reading() as session:
        round_ = _round_asked(session)
        found = _figures(session, round_)
        chosen = places.rounds_to_choose(session)
        ledger = ledger_line.line(session, round_, datetime.now(UTC)) if round_ else None
    g.ledger_told = True
    return render_template(
        "conversations/figures.html",
        ledger=ledger,
        round=round_,
        rounds=chosen,
        figures=found,
        named=_group_words(found),
        stages=_step_words(),
        sees_outbox=g.person.may(Act.SEE_OUTBOX),
    )


@bp.get("/figures.csv")
@requires(READ)
def figures_file() -> Response:
    """The figures as a file, without small cells whoever asks: a file may be passed on."""
    into = io.BytesIO()
    with db.reading() as session:
        round_ = rounds.round_called(session, request.args.get("round", ""))
        found = conversation_figures.of(session, round_)
        conversation_figures.write(found, round_, into, language=look.spoken())
    return attachment(into.getvalue(), f"{round_.slug}-conversations.csv", "text/csv; charset=utf-8")


# --- acts


@bp.post("/<alias>/answer")
@requires(ACT)
def answer(alias: str) -> Response | str | tuple[str, int]:
    """Count, make plainer, or send an answer; whatever was typed stays when it is refused."""
    form = request.form
    draft = Draft(words=form.get("reply", "").replace("\r\n", "\n"), wording=form.get("wording", ""))
    if "replace" in form:
        return _page(alias, replace(draft, words=segments.plainer(draft.words)))
    if form.get("act") == "count":
        return _page(alias, draft)
    if form.get("act") == "wording":
        return _page(alias, _with_wording(alias, draft))
    now = datetime.now(UTC)
    try:
        with db.transaction() as session:
            who = threads.called(session, alias)
            _refuse_unseen(session, who.id)
            row = threads.answer(
                session,
                who,
                draft.words,
                language=threads.language_of(who, threads.round_of(session, who.id)),
                token=form.get("token", ""),
                by=g.person.id,
                now=now,
            )
            written, told = row.id, _told(session, row, now)
    except threads.NotSent as refused:
        error = {"field": refused.field, "message": str(refused)}
        return _page(alias, replace(draft, errors=[error])), 400
    flash(told, "done")
    return _back(alias, f"m-{written}")


@bp.post("/<alias>/place")
@requires(ACT)
def place(alias: str) -> Response | tuple[str, int]:
    """Link an unplaced text to a clause that was offered, to another, or to the whole document."""
    form, now = request.form, datetime.now(UTC)
    try:
        with db.transaction() as session:
            who = threads.called(session, alias)
            comment = threads.of_participant(session, who, _known("comment"))
            if comment.confidential and not g.person.may(Act.READ_CONFIDENTIAL):
                raise Forbidden
            slug = session.get_one(RoundRow, comment.round_id).slug
            here = places.round_place(session, slug, now)
            clause_id = _clause_meant(here)
            standing = places.lock(session, [comment.id])[0]
            settled = desk.settle(session, here, standing, clause_id, by=g.person.id, now=now)
            threads.mark_read(session, who.id, now=now)
            where = places.called(here.document.by_id[clause_id]) if clause_id else _("the whole document")
    except (ClauseMissing, UnknownClause) as refused:
        error = {"field": "", "message": str(refused)}
        typed = Draft(clause=form.get("to", ""), comment=form.get("comment", ""), errors=[error])
        return _page(alias, typed), 400
    if settled:
        flash(_("Linked to %(where)s.", where=where), "done")
    else:
        flash(_("A colleague had placed it meanwhile; it stays where they put it."), "info")
    return _back(alias, f"t-{comment.id}")


@bp.post("/<alias>/part")
@requires(ACT)
def part(alias: str) -> Response:
    """Make a text that was joined to another one a comment of its own again."""
    try:
        with db.transaction() as session:
            who = threads.called(session, alias)
            comment = threads.of_participant(session, who, _known("comment"))
            if comment.confidential and not g.person.may(Act.READ_CONFIDENTIAL):
                raise Forbidden
            made = threads.part(
                session, who, comment.id, _known("record"), by=g.person.id, now=datetime.now(UTC)
            )
    except (threads.DecidedAlready, NotJoined) as refused:
        flash(str(refused), "refused")
        return _back(alias, "alias")
    flash(
        _("Parted. The second text is a comment of its own, with receipt %(code)s.", code=made.receipt),
        "done",
    )
    return _back(alias, f"t-{made.id}")


@bp.post("/<alias>/hand-over")
@requires(ACT)
def hand_over(alias: str) -> Response | tuple[str, int]:
    """Give a conversation to a colleague, or let it go."""
    form = request.form
    try:
        with db.transaction() as session:
            who = threads.called(session, alias)
            to = _id(form.get("to", ""))
            threads.hand_over(
                session, who, to, note=form.get("note", ""), by=g.person.id, now=datetime.now(UTC)
            )
    except Misfilled as refused:
        errors = [{"field": name, "message": said} for name, said in refused.problems.items()]
        return _page(alias, Draft(note=form.get("note", ""), to=form.get("to", ""), errors=errors)), 400
    except threads.NoColleague as refused:
        errors = [{"field": "to", "message": str(refused)}]
        return _page(alias, Draft(note=form.get("note", ""), errors=errors)), 400
    if to is None:
        flash(_("Nobody in particular looks after this conversation now."), "done")
    else:
        flash(_("Handed over. It waits for them under “Mine”."), "done")
    return _back(alias, "alias")


@bp.post("/<alias>/read")
@requires(ACT)
def read(alias: str) -> Response:
    """Note that everything in a conversation was read."""
    with db.transaction() as session:
        who = threads.called(session, alias)
        threads.mark_read(session, who.id, now=datetime.now(UTC))
    flash(_("Noted: you have read it. It waits for us again when they write."), "done")
    return _back(alias, "alias")


def _refuse_unseen(session: Session, participant_id: UUID) -> None:
    """Raise Forbidden where the conversation holds words that this person may not read."""
    if not g.person.may(Act.READ_CONFIDENTIAL) and threads.holds_confidence(session, participant_id):
        raise Forbidden


def _with_wording(alias: str, draft: Draft) -> Draft:
    """The draft with the approved wording that was chosen, in their language where we have it."""
    wanted = _id(draft.wording)
    if wanted is None:
        missing = {"field": "wording", "message": _("Choose a wording first.")}
        return replace(draft, errors=[missing])
    with db.reading() as session:
        who = threads.called(session, alias)
        language = threads.language_of(who, threads.round_of(session, who.id))
        chosen = wordings.spoken(wordings.called(session, wanted), language)
    words = f"{draft.words.rstrip()}\n{chosen.words}" if draft.words.strip() else chosen.words
    return replace(draft, words=words, fell_back=chosen.language if chosen.is_fallback else "")


def _told(session: Session, row: MessageRow, now: datetime) -> str:
    """What becomes of an answer that was just written."""
    assert row.contact_point_id is not None
    contact = session.get_one(ContactPointRow, row.contact_point_id)
    round_ = session.get(RoundRow, row.round_id) if row.round_id else None
    foreseen = threads.forecast(session, contact, round_, row.segments, now=now)
    if foreseen.by_hand:
        return str(_("Written. A colleague carries it to them by hand."))
    if foreseen.over_budget:
        waits = _("Written, and it waits: the round's budget is spent. It leaves when the budget is raised.")
        return str(waits)
    if foreseen.quiet_until is not None:
        zone = round_.time_zone if round_ else "UTC"
        until = look.written_moment(foreseen.quiet_until, zone, look.spoken())
        return str(_("Written. It is quiet where they are; it leaves from %(moment)s.", moment=until))
    if "sms" not in sending.channels_of(current_app.config["BARAZA"]):
        return str(_("Written. It waits in the outbox until text messages are connected."))
    return str(ngettext("On its way, in one segment.", "On its way, in %(num)s segments.", row.segments))


def _clause_meant(here: places.RoundPlace) -> UUID | None:
    """The clause that was pressed or typed; None for the whole document. Raises ClauseMissing."""
    form = request.form
    if "whole" in form:
        return None
    if form.get("link"):
        clause_id = _known("link")
        if clause_id not in here.document.by_id:
            raise ClauseMissing
        return clause_id
    if not form.get("to", "").strip():
        raise ClauseMissing
    return desk.clause_meant(here.document, form["to"])


def _known(name: str) -> UUID:
    found = _id(request.form.get(name, ""))
    if found is None:
        raise BarazaError(_("This page is of another moment. Load it again; nothing was changed."))
    return found


def _id(written: str) -> UUID | None:
    try:
        return UUID(written)
    except ValueError:
        return None


def _back(alias: str, anchor: str) -> Response:
    query: dict[str, Any] = _asked().as_query()
    return redirect(url_for("conversations.show", alias=alias, **query, _anchor=anchor))


# --- pages


def _asked() -> thread_list.Asked:
    query = request.args
    page = query.get("page", "")
    return thread_list.Asked(
        round=query.get("round", "")[:80],
        show=query.get("show", ""),
        language=query.get("language", "")[:20],
        group=query.get("group", ""),
        keeper=query.get("with", ""),
        page=int(page) if page.isascii() and page.isdigit() and len(page) < 7 else 1,
    )


def _reader() -> thread_list.Reader:
    return thread_list.Reader(g.person.id, g.person.may(Act.READ_CONFIDENTIAL))


def _page(alias: str | None, draft: Draft) -> str:
    asked, reader, now = _asked(), _reader(), datetime.now(UTC)
    with db.reading() as session:
        listed = thread_list.page(session, asked, reader)
        chosen = None
        if alias is not None:
            who = threads.called(session, alias)
            chosen = thread.read(session, who, reader, before=_moment(), now=now)
        round_ = _round_asked(session) if asked.round or chosen is None else chosen.round
        found = _figures(session, round_)
        groups = places.group_words(session, look.spoken())
        facts: dict[str, Any] = {
            "ledger": ledger_line.line(session, round_, now) if round_ else None,
            "rounds": places.rounds_to_choose(session),
            "groups": [(str(id_), word) for id_, word in groups.items()],
            "colleagues": [(str(one.id), one.name) for one in threads.colleagues(session)],
        }
        if chosen is not None and g.person.may(ACT):
            facts |= _reply(session, chosen, draft, now)
            facts["may_see"] = reader.confidential or not threads.holds_confidence(session, who.id)
    g.ledger_told = True
    return render_template(
        "conversations/index.html",
        **facts,
        asked=asked,
        query=asked.as_query(),
        page=listed,
        chosen=chosen,
        group=groups.get(chosen.participant.group_id, "") if chosen and chosen.participant.group_id else "",
        zone=chosen.round.time_zone if chosen and chosen.round else "UTC",
        round=round_,
        figures=found,
        stages=_step_words(),
        draft=draft,
        errors=draft.errors,
        may_act=g.person.may(ACT),
        sees_outbox=g.person.may(Act.SEE_OUTBOX),
        numbers={slug: places.numbers(here.document) for slug, here in chosen.places.items()}
        if chosen
        else {},
    )


def _reply(session: Session, chosen: thread.Thread, draft: Draft, now: datetime) -> dict[str, Any]:
    """What the form for an answer stands on."""
    language = threads.language_of(chosen.participant, chosen.round)
    price = steps.price_of(session, chosen.round) if chosen.round else None
    counted = counting.counted_alone("reply", draft.words, language, price)
    foreseen = (
        threads.forecast(session, chosen.contact, chosen.round, max(counted.segments, 1), now=now)
        if chosen.contact is not None
        else threads.Forecast()
    )
    approved = [
        (str(row.id), row.title, not wordings.spoken(row, language).is_fallback)
        for row in wordings.current(session)
    ]
    return {
        "token": secrets.token_hex(16),
        "language": language,
        "counted": counted,
        "letters": counting.letters(),
        "price": price,
        "foreseen": foreseen,
        "wordings": approved,
    }


def _round_asked(session: Session) -> RoundRow | None:
    slug = request.args.get("round", "")
    if slug:
        return rounds.round_called(session, slug)
    return ledger_line.round_in_hand(session, datetime.now(UTC))


def _figures(session: Session, round_: RoundRow | None) -> conversation_figures.Figures | None:
    """The figures of a round, small cells only for who may read what is in confidence."""
    if round_ is None:
        return None
    found = conversation_figures.of(session, round_)
    return found if g.person.may(Act.READ_CONFIDENTIAL) else found.published()


def _group_words(found: conversation_figures.Figures | None) -> dict[UUID | None, str]:
    named: dict[UUID | None, str] = {None: _("Not said")}
    if found is not None:
        named |= {id_: places.label(group, look.spoken()) for id_, group in found.groups.items()}
    return named


def _step_words() -> list[tuple[str, str]]:
    return [
        ("joined", _("Joined")),
        ("language", _("Language")),
        ("answered", _("First answer")),
        ("worded", _("Own words")),
        ("left", _("Left")),
    ]


def _moment() -> datetime | None:
    """The moment before which texts are shown; what is no moment asks for the latest."""
    try:
        found = datetime.fromisoformat(request.args.get("before", ""))
    except ValueError:
        return None
    return found if found.tzinfo else None
