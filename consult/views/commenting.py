"""Commenting without an account: a consultation's page, the form, and the receipt it ends in."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, current_app, render_template, request
from flask_babel import gettext as _
from sqlmodel import Session
from werkzeug.wrappers import Response

from consult import commenting, db, look, participation, public_comments, rounds
from consult.channels import scripts, transports
from consult.commenting import Place, Sent
from consult.kept_pages import Page, kept
from consult.tables.intake import Channel
from consult.tables.rounds import RoundRow
from consult.views import comment_form, receipts
from consult.views.comment_form import label

bp = Blueprint("commenting", __name__)

GOAL_AT = 62.5
"""Where the goal stands on every row of the picture, in hundredths of its width."""
FIGURES_HOLD = 60
"""Seconds for which a page may show the same figures."""
LONGEST_FORM = 3 * 1024 * 1024


@bp.get("/consultations/<slug>")
@kept
def consultation(session: Session, slug: str) -> Page:
    """What a round is about, how to take part, who has, and what they said."""
    place, _group = commenting.place_of(session, slug)
    now = datetime.now(UTC)
    round_ = place.round
    wanted = request.args.get("page", "1")
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 6 else 1
    stamp = (
        *(round_.title, round_.purpose, round_.summary, str(round_.closes_at), str(round_.closed_at)),
        rounds.is_open(round_, now),
        int(now.timestamp()) // FIGURES_HOLD,
    )
    return Page(stamp, lambda: _consultation_page(session, place, number, now))


def _consultation_page(session: Session, place: Place, number: int, now: datetime) -> str:
    round_ = place.round
    seen = participation.of(session, round_)
    return render_template(
        "public/consultation.html",
        round=comment_form.round_shown(place, now),
        standard={"title": place.standard.title, "language": place.standard.language},
        version={"label": place.version.label, "url": comment_form.version_url(place)},
        comment_url=comment_form.comment_url(place) if _takes_comments(round_, now) else None,
        proposal_url=comment_form.comment_url(place) if rounds.has_closed(round_, now) else None,
        not_yet=now < round_.opens_at,
        languages=round_.languages,
        channels=round_.channels,
        sms=_sms(session, round_) if rounds.is_open(round_, now) else None,
        workshops=[],
        questions=_questions(session, place, now),
        participation=who_took_part(seen),
        channel_counts=how_they_spoke(seen),
        total=seen.comments,
        report_url=_report_url(round_, now),
        voices=_voices(public_comments.page(session, place.round, number), place),
    )


@bp.get("/consultations/<slug>/comment")
def form(slug: str) -> str:
    """The empty form, about the clause and passage that were named."""
    now = datetime.now(UTC)
    with db.reading() as session:
        place, _group = commenting.place_of(session, slug)
        values = {name: request.args.get(name, "")[:2000] for name in ("clause", "quote", "group", "region")}
        token = comment_form.token_for(place, now)
        return comment_form.page(session, place, values, [], token=token, now=now)


@bp.post("/consultations/<slug>/comment")
def send(slug: str) -> Response | str | tuple[str, int]:
    """Keep what was sent, make its comment, and give the receipt.

    The form enters the ledger before anything is made of it; where its comment
    cannot be made, the worker makes it from there.
    """
    request.max_form_memory_size = LONGEST_FORM
    now = datetime.now(UTC)
    fields = {name: value for name, value in request.form.items() if name != "token"}
    with db.reading() as session:
        place, group = commenting.place_of(session, slug, fields.get("group", ""))
        token = commenting.read_token(
            current_app.config["SECRET_KEY"], request.form.get("token", ""), place.round.id
        )
        sent = Sent(fields, *(token or ("", now)))
        errors = comment_form.problems(sent)
        if token is None:
            errors.insert(0, {"field": "", "message": _("This form had lost its mark. Send it once more.")})
        if errors:
            again = request.form["token"] if token else comment_form.token_for(place, now)
            return comment_form.page(session, place, fields, errors, token=again, now=now), 400
        if not _takes_comments(place.round, now) and not sent.says("late"):
            errors = [{"field": "", "message": _refusal(place.round, now)}]
            token_ = request.form["token"]
            page = comment_form.page(session, place, fields, errors, token=token_, now=now, late=True)
            return page, 409
    kept_ = commenting.submit(commenting.Sending(place, sent, group, request.remote_addr or "", now))
    if kept_.made is None:
        return render_template(
            "public/kept.html", round=comment_form.round_shown(place, now), words=fields.get("text", "")
        )
    return receipts.after_sending(place, kept_.made, sent, replayed=not kept_.fresh, now=now)


def _takes_comments(round_: RoundRow, now: datetime) -> bool:
    return rounds.is_open(round_, now) and Channel.WEB.value in round_.channels


def _refusal(round_: RoundRow, now: datetime) -> str:
    if now < round_.opens_at:
        opens = look.written_moment(round_.opens_at, round_.time_zone, look.spoken())
        words = _("This consultation opens on %(moment)s. Keep your words and send them then.", moment=opens)
        return str(words)
    closed = round_.closed_at or round_.closes_at
    words = _(
        "This consultation closed on %(moment)s, while you were writing. Nothing is lost: your words "
        "are below. You can send them as a proposal for the next revision.",
        moment=look.written_moment(closed, round_.time_zone, look.spoken()),
    )
    return str(words)


# --- the values of a consultation's page


def who_took_part(seen: participation.Participation) -> list[dict[str, Any]] | None:
    """The rows of participation as everyone may see them; None without any person."""
    if not seen.people:
        return None
    shown = seen.published()
    has_goals = any(figure.goal for figure in seen.figures)
    widest = max(shown.values(), default=1)
    rows = []
    for figure in seen.figures:
        count = shown.get(figure.group.id if figure.group else None)
        if count is None:
            share = None
        elif has_goals:
            share = min(GOAL_AT * count / figure.goal, 100.0) if figure.goal else 0.0
        else:
            share = 100 * count / widest
        rows.append(
            {
                "group": label(figure.group.labels) if figure.group else _("They did not say"),
                "count": count,
                "goal": figure.goal,
                "share": share,
                "goal_share": GOAL_AT if figure.goal else None,
            }
        )
    return rows


def how_they_spoke(seen: participation.Participation) -> list[dict[str, Any]]:
    """The comments by channel as everyone may see them, most first."""
    shown = seen.published_channels()
    widest = max(shown.values(), default=1)
    return [
        {
            "channel": channel.value,
            "count": shown.get(channel),
            "share": 100 * shown.get(channel, 0) / widest,
        }
        for channel, count in sorted(seen.channels.items(), key=lambda pair: -pair[1])
        if count
    ]


def _questions(session: Session, place: Place, now: datetime) -> list[dict[str, Any]]:
    gathered: dict[Any, list[str]] = {}
    for row in rounds.questions_of(session, place.round):
        gathered.setdefault(row.clause_id, []).append(label(row.words))
    address = comment_form.comment_url(place) if _takes_comments(place.round, now) else ""
    shown = []
    for clause_id, words in gathered.items():
        clause = place.document.by_id.get(clause_id) if clause_id else None
        asked = f"{address}?clause={clause.number or clause.id}" if clause else address
        shown.append(
            {
                "number": clause.number if clause else "",
                "heading": clause.text.heading if clause else _("The whole document"),
                "url": asked if address else "",
                "questions": words,
            }
        )
    return shown


def _sms(session: Session, round_: RoundRow) -> dict[str, str] | None:
    number = transports.number_to_text(current_app.config["BARAZA"])
    joining = scripts.of_round(session, round_).join_words
    words = joining.get(look.spoken()) or next(filter(None, joining.values()), None)
    if not number or not words or Channel.SMS.value not in round_.channels:
        return None
    return {
        "number": number,
        "join_word": words[0],
        "cost": _("Your network may charge for the message."),
    }


def _report_url(round_: RoundRow, now: datetime) -> str | None:
    drawn = "reports" in current_app.blueprints
    closed = rounds.has_closed(round_, now)
    return look.at(f"/consultations/{round_.slug}/report") if drawn and closed else None


def _voices(page: public_comments.VoicesPage, place: Place) -> dict[str, Any]:
    laid = comment_form.book(place)
    known = place.document.by_id
    drawn = []
    for voice in page.voices:
        clauses = [known[id_] for id_ in voice.clause_ids if id_ in known]
        drawn.append(
            {
                "channel": voice.channel,
                "language": voice.language,
                "said": comment_form.waiting_words() if voice.said is None else voice.said,
                "when": week_of(voice.week),
                "group": label(voice.group.labels) if voice.group else "",
                "disposition": voice.outcome,
                "links": [
                    {"kind": "confirmed", "words": c.number or c.text.heading, "url": laid.url(c)}
                    for c in clauses
                ],
            }
        )
    return {
        "voices": drawn,
        "number": page.number,
        "first": page.first,
        "last": page.last,
        "total": page.total,
        "has_next": page.has_next,
    }


def week_of(moment: datetime) -> str:
    """The week of a moment, as public pages tell times: `week of 16 November 2026`."""
    monday = (moment - timedelta(days=moment.weekday())).date()
    return str(_("week of %(day)s", day=look.written_day(monday, look.spoken())))
