"""Receipts: a comment as its author sees it, found by number and secret words, never by an address."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, render_template, request
from flask_babel import gettext as _
from itsdangerous import BadData, URLSafeSerializer
from sqlmodel import Session, col, select
from werkzeug.wrappers import Response

from consult import answers, commenting, comments, db, look, receipts, rounds, throttle
from consult.commenting import Place, Sent
from consult.comments import Made
from consult.errors import NotFound
from consult.tables.comments import CommentRow, Placement
from consult.tables.decisions import AnswerRow, DispositionRow
from consult.tables.rounds import RoundRow
from consult.views import comment_form
from standards.document import Clause, Document, Level
from standards.tables import OutlineRow, StandardRow, VersionRow

bp = Blueprint("receipts", __name__)

TRIES_FOR_A_RECEIPT = 5
TRIES_FROM_AN_ADDRESS = 60
LONGEST_REPLY = 20_000


@bp.get("/receipts")
def ask() -> str:
    """Where number and secret words are typed."""
    return _ask_page("", [])


@bp.post("/receipts")
def show() -> Response | str | tuple[str, int]:
    """The comment of this receipt, where it stands, and its answer."""
    now = datetime.now(UTC)
    number, secret = request.form.get("number", "")[:100], request.form.get("secret", "")[:200]
    if not number.strip() or not secret.strip():
        return _ask_page(number, [_wrong(_("Give both the receipt number and the secret words."))]), 400
    code = receipts.normalise(number)
    if code is None:
        return _ask_page(
            number, [_wrong(_("This is no receipt number yet. It has eight signs, such as 7KQ4-M2P9."))]
        ), 400
    tries = {f"receipt {code}": TRIES_FOR_A_RECEIPT, f"receipts {request.remote_addr}": TRIES_FROM_AN_ADDRESS}
    try:
        with db.reading() as session:
            for who, most in tries.items():
                throttle.check(session, who, after=most, now=now)
            comment = comments.by_receipt(session, code, secret)
            return _page_of(session, comment)
    except throttle.TooSoon as error:
        wait = _(
            "This was tried often in a short time. Wait %(seconds)s seconds, then try again.",
            seconds=error.seconds,
        )
        return _ask_page(number, [_wrong(wait)]), 429
    except NotFound:
        with db.transaction() as session:
            for who in tries:
                throttle.count(session, who, now=now)
        words = _("We know no comment with this number and these words. Check both, letter by letter.")
        return _ask_page(number, [_wrong(words)]), 404


@bp.post("/receipts/answer")
def reply() -> Response | str | tuple[str, int]:
    """Keep whether the answer satisfies its author, and why, in their words."""
    now = datetime.now(UTC)
    said, words = request.form.get("satisfied", ""), request.form.get("text", "")
    try:
        comment_id = UUID(_signer().loads(request.form.get("token", "")))
    except (BadData, ValueError, TypeError):
        return _ask_page("", [_wrong(_("Open your receipt again, then tell us about the answer."))]), 400
    with db.transaction() as session:
        comment = session.get_one(CommentRow, comment_id)
        answer = answers.newest(session, comment.id)
        if answer is None or said not in ("yes", "no"):
            errors = [{"field": "satisfied", "message": _("Choose yes or no.")}] if answer else []
            return _page_of(session, comment, errors=errors, reply_words=words), 400
        if len(words) > LONGEST_REPLY:
            errors = [
                {
                    "field": "text",
                    "message": _("This is longer than we can take: %(most)s characters.", most=LONGEST_REPLY),
                }
            ]
            return _page_of(session, comment, errors=errors, reply_words=words), 400
        answers.note_satisfaction(session, answer, said == "yes", now=now)
        if words.strip():
            commenting.keep_reply(session, comment, words, said == "yes", now=now)
        session.flush()
        return _page_of(session, comment)


def after_sending(place: Place, made: Made, sent: Sent, *, replayed: bool, now: datetime) -> str:
    """The receipt right after sending, from what was sent: no question to the database."""
    clause = commenting.clause_named(place.document, sent["clause"].strip()) if sent["clause"] else None
    placed = clause.title if clause else "" if sent["clause"] else _("the whole document")
    return render_template(
        "public/receipt.html",
        code=made.receipt,
        secret=commenting.secret_words(sent.provider_id),
        comment={
            "channel": "web",
            "language": sent.language,
            "said": sent["text"] or sent["proposal"],
            "on": _on(clause, place.version.label) if clause or not sent["clause"] else "",
        },
        about=_about(clause) if clause or not sent["clause"] else _("Your comment"),
        steps=[
            _step(True, _("Received"), look.written_moment(now, place.round.time_zone, look.spoken())),
            _step(bool(placed), _("Placed on what it is about"), placed),
            _step(False, _("Decided, with a reason"), _after_closing(place.round)),
            _step(False, _("Answered, here and where you asked for it")),
        ],
        answer=None,
        satisfied=None,
        satisfied_url=None,
        token="",
        next_clause=_next_clause(place, clause),
        replayed=replayed,
        errors=[],
    )


def _ask_page(number: str, errors: list[dict[str, str]]) -> str:
    return render_template("public/receipts.html", values={"number": number}, errors=errors, token="")


def _wrong(message: str) -> dict[str, str]:
    return {"field": "number", "message": message}


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="receipt")


# --- the page of a comment


def _page_of(
    session: Session, comment: CommentRow, errors: list[dict[str, str]] | None = None, reply_words: str = ""
) -> str:
    round_ = session.get_one(RoundRow, comment.round_id)
    standard, version = rounds.version_of(session, round_)
    standing, clause_ids = commenting.standing_of(session, comment.id)
    place = commenting.place_of(session, round_.slug)[0]
    clauses = [place.document.by_id[id_] for id_ in clause_ids if id_ in place.document.by_id]
    answer = answers.newest(session, comment.id)
    disposition = session.get(DispositionRow, answer.disposition_id) if answer else None
    first = clauses[0] if clauses else None
    erased = standing.placement is Placement.ERASED
    return render_template(
        "public/receipt.html",
        code=comment.receipt,
        secret="",
        comment={
            "channel": comment.channel.value,
            "language": comment.language,
            "said": _("These words were erased at their author’s wish.")
            if erased
            else comment.text or comment.proposal,
            "on": _on(first, version.label) if clause_ids else "",
        },
        about=_about(first) if clause_ids else _("Your comment"),
        steps=_steps(place, comment, clauses, bool(clause_ids), standing.hidden, standing.held, disposition),
        answer=_answer(session, standard, answer, disposition) if answer and disposition else None,
        satisfied={True: "yes", False: "no"}.get(answer.satisfied)
        if answer and answer.satisfied is not None
        else None,
        satisfied_url=look.at("/receipts/answer") if answer else None,
        token=_signer().dumps(str(comment.id)),
        next_clause=None,
        replayed=False,
        errors=errors or [],
        reply_words=reply_words,
    )


def _steps(
    place: Place,
    comment: CommentRow,
    clauses: list[Clause],
    placed: bool,
    hidden: str,
    held: str,
    disposition: DispositionRow | None,
) -> list[dict[str, Any]]:
    zone = place.round.time_zone
    where = ", ".join(c.number or c.text.heading for c in clauses) or _("the whole document")
    steps = [_step(True, _("Received"), look.written_moment(comment.received_at, zone, look.spoken()))]
    if held:
        words = _("It is kept and it counts; others can read it once somebody has looked at it.")
        steps.append(_step(False, _("A person looks at it before others read it"), words))
    if hidden:
        steps.append(_step(True, _("Not shown on public pages; it still counts"), hidden))
    steps.append(_step(placed, _("Placed on what it is about"), where if placed else ""))
    decided = look.written_day(disposition.decided_at, look.spoken()) if disposition else ""
    steps.append(
        _step(disposition is not None, _("Decided, with a reason"), decided or _after_closing(place.round))
    )
    steps.append(_step(disposition is not None, _("Answered")))
    return steps


def _answer(
    session: Session, standard: StandardRow, answer: AnswerRow, disposition: DispositionRow
) -> dict[str, Any]:
    return {
        "disposition": disposition.outcome.value,
        "words": answer.words,
        "language": answer.language,
        "decided_on": disposition.decided_at,
        "change_url": _change_url(session, standard, disposition),
    }


def _change_url(session: Session, standard: StandardRow, disposition: DispositionRow) -> str | None:
    """The clause that carries the change, once its version is no draft any more."""
    if disposition.change_version_id is None or disposition.change_clause_id is None:
        return None
    version = session.get_one(VersionRow, disposition.change_version_id)
    if version.content_hash is None:
        return None
    number = session.exec(
        select(OutlineRow.number).where(
            col(OutlineRow.version_id) == version.id,
            col(OutlineRow.clause_id) == disposition.change_clause_id,
        )
    ).first()
    named = number or str(disposition.change_clause_id)
    return look.at(f"/standards/{standard.slug}/{version.label}/clauses/{named}")


def _step(done: bool, words: str, detail: str = "") -> dict[str, Any]:
    return {"done": done, "words": words, "detail": detail, "url": None}


def _after_closing(round_: RoundRow) -> str:
    closes = look.written_deadline(round_.closed_at or round_.closes_at, round_.time_zone, look.spoken())
    return str(_("after the consultation has closed, %(moment)s", moment=closes))


def _about(clause: Clause | None) -> str:
    if clause is None:
        return str(_("Your comment on the whole document"))
    return str(_("Your comment on clause %(number)s", number=clause.number or clause.text.heading))


def _on(clause: Clause | None, label: str) -> str:
    if clause is None:
        return str(_("on the whole document, version %(label)s", label=label))
    number = clause.number or clause.text.heading
    return str(_("on %(number)s, version %(label)s", number=number, label=label))


def _next_clause(place: Place, clause: Clause | None) -> dict[str, str] | None:
    after = _following(place.document, clause) if clause else None
    if after is None:
        return None
    return {"number": after.number or after.text.heading, "url": comment_form.book(place).url(after)}


def _following(document: Document, clause: Clause) -> Clause | None:
    place = document.clauses.index(clause) + 1
    rest = document.clauses[place:]
    return next((c for c in rest if c.text.body and c.text.level not in (Level.NOTE, Level.GUIDANCE)), None)
