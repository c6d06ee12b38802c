"""Conversations designed at the desk: versions, a draft's editor, rehearsals, and the card to print."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlmodel import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from consult import audit, db, publications, rounds
from consult.channels import checking, rehearsal, scripts, segments, steps, transports, twilio
from consult.channels.scripts import Script
from consult.config import Config
from consult.conversations import designing
from consult.conversations.designing import ChangedMeanwhile
from consult.errors import Misfilled
from consult.permissions import Act
from consult.tables.conversations import ScriptRow, ScriptState
from consult.tables.rounds import RoundRow
from consult.views import counting, script_form
from consult.views.guard import requires
from consult.views.rounds import listed
from consult.words import LANGUAGES, spoken_language
from standards.document import Document

bp = Blueprint("scripts", __name__, url_prefix="/desk/rounds/<slug>/conversation")

Page = str | Response | tuple[str, int]


@bp.get("")
@requires(Act.READ_DESK)
def index(slug: str) -> str:
    """Every version of a round's conversation, newest first."""
    now = datetime.now(UTC)
    with db.reading() as session:
        round_ = rounds.round_called(session, slug)
        found = designing.versions(session, round_)
        undesigned = designing.began_undesigned(session, round_)
        joins = scripts.of_round(session, round_).join_words
    return render_template(
        "scripts/index.html",
        round=listed(round_, now),
        versions=found,
        undesigned=undesigned,
        joins=joins,
        draft=next((one.row for one in found if one.row.state is ScriptState.DRAFT), None),
        running=next((one.row for one in found if one.row.state is ScriptState.RUNNING), None),
        may_change=g.person.may(Act.OPEN_ROUND),
    )


@bp.post("")
@requires(Act.OPEN_ROUND)
def begin(slug: str) -> Response:
    """A new draft, from ready-made wording or from another version."""
    now, source = datetime.now(UTC), request.form.get("source", "")
    with db.transaction() as session:
        round_ = rounds.round_called(session, slug)
        model = designing.version(session, round_, int(source)) if _is_number(source) else None
        row = designing.begin(session, round_, model, by=g.person.id, now=now)
        after = {"number": row.number, "from": source}
        audit.record(session, g.person.id, "draft-conversation", "script", row.id, after=after, now=now)
    return redirect(url_for("scripts.show", slug=slug, number=row.number))


@bp.get("/<int:number>")
@requires(Act.READ_DESK)
def show(slug: str, number: int) -> str:
    """A version: a draft as its editor, any other as it stands."""
    with db.reading() as session:
        round_ = rounds.round_called(session, slug)
        row = designing.version(session, round_, number)
        script = scripts.as_script(row)
        if row.state is ScriptState.DRAFT and g.person.may(Act.OPEN_ROUND):
            problems = checking.problems(session, round_, script)
            more = 3 if "more" in request.args else script_form.EMPTY_ROWS
            return _editor(session, round_, row, script, problems, empty=more)
        return _reading(session, round_, row, script)


@bp.post("/<int:number>")
@requires(Act.OPEN_ROUND)
def save(slug: str, number: int) -> Page:
    """Keep a draft as typed; then what was asked for: more rows, a replacement, a rehearsal, the start."""
    now = datetime.now(UTC)
    try:
        with db.transaction() as session:
            round_ = rounds.round_called(session, slug)
            row = designing.version(session, round_, number)
            document = _document(session, round_)
            form, at = _helped(session, request.form, document)
            script = script_form.typed(form, document, round_.languages)
            designing.save(session, row, script, base=form.get("base", ""))
            is_whole = not checking.problems(session, round_, script)
            if form.get("act") == "start":
                _start(session, round_, row, now)
    except ChangedMeanwhile as error:
        return _shown_again(slug, number, error), 409
    except Misfilled:
        # What was typed is kept all the same; the page then says what stands in the way.
        with db.transaction() as session:
            row = designing.version(session, rounds.round_called(session, slug), number)
            designing.save(session, row, script)
        flash(_("Not started yet: look at what is said below first. What you typed is kept."), "care")
        return redirect(url_for("scripts.show", slug=slug, number=number))
    if is_whole and form.get("act") in (None, "save"):
        flash(_("The draft is kept and counted. Nothing stands in the way of starting it."), "done")
    return redirect(_whither(slug, number, form, at))


def _start(session: Session, round_: RoundRow, row: ScriptRow, now: datetime) -> None:
    before = designing.start(session, round_, row, now=now)
    after = {"number": row.number, "follows": before.number if before else None}
    audit.record(session, g.person.id, "start-conversation", "script", row.id, after=after, now=now)


def _helped(
    session: Session, sent: MultiDict[str, str], document: Document
) -> tuple[MultiDict[str, str], str]:
    """The form with the step a button saves: costly characters replaced, a clause's own wording taken.

    Gives the field it was done in beside it.
    """
    form = MultiDict(sent)
    replaced = form.get("replace", "")
    if replaced in form:
        form[replaced] = segments.plainer(form[replaced])
    taken, _sep, wording = form.get("take", "").rpartition("|")
    if taken in form:
        place, language = taken.split("-")[1], taken.split("-words-")[-1]
        named = form.get(f"q-{place}-clause", "").strip().rstrip(".")
        clause = script_form.clause_called(document, named)
        asked = Script(questions=(scripts.Asking(clause.id, {}),)) if clause else Script()
        offered = (
            dict(script_form.offers(session, document, asked).get((clause.id, language), []))
            if clause
            else {}
        )
        form[taken] = offered.get(wording, form[taken])
    return form, replaced or taken


def _whither(slug: str, number: int, form: MultiDict[str, str], at: str) -> str:
    act = form.get("act", "")
    if act == "try":
        return url_for("scripts.rehearse", slug=slug, number=number)
    if act == "start":
        flash(_("Version %(number)s runs. Whoever joins from now on gets it.", number=number), "done")
        return url_for("scripts.index", slug=slug)
    address = url_for("scripts.show", slug=slug, number=number, more=1 if act == "more" else None)
    if act == "more":
        return f"{address}#questions"
    return f"{address}#{at}" if at else address


@bp.post("/<int:number>/end")
@requires(Act.OPEN_ROUND)
def retire(slug: str, number: int) -> Response:
    """End the running version; newcomers then get what the round was opened with."""
    now = datetime.now(UTC)
    with db.transaction() as session:
        round_ = rounds.round_called(session, slug)
        row = designing.version(session, round_, number)
        designing.retire(session, round_, row, now=now)
        after = {"number": row.number}
        audit.record(session, g.person.id, "end-conversation", "script", row.id, after=after, now=now)
    flash(_("Version %(number)s is ended. Whoever began under it goes on under it.", number=number), "done")
    return redirect(url_for("scripts.index", slug=slug))


@bp.post("/<int:number>/let-go")
@requires(Act.OPEN_ROUND)
def discard(slug: str, number: int) -> Response:
    """Let a draft go."""
    now = datetime.now(UTC)
    with db.transaction() as session:
        row = designing.version(session, rounds.round_called(session, slug), number)
        designing.discard(session, row)
        before = {"number": number}
        audit.record(session, g.person.id, "let-draft-go", "script", row.id, before=before, now=now)
    flash(_("The draft is gone."), "done")
    return redirect(url_for("scripts.index", slug=slug))


# --- rehearsing


@bp.get("/<int:number>/try")
@requires(Act.READ_DESK)
def rehearse(slug: str, number: int) -> str:
    """A telephone on which nothing was said yet."""
    return _telephone(slug, number, [])


@bp.post("/<int:number>/try")
@requires(Act.READ_DESK)
def text(slug: str, number: int) -> str:
    """All texts so far and one more, played from the first; nothing of it is kept."""
    said = [
        words.replace("\0", "") for words in (*request.form.getlist("said"), request.form.get("words", ""))
    ]
    return _telephone(slug, number, [words[: rehearsal.LONGEST] for words in said])


def _telephone(slug: str, number: int, texts: list[str]) -> str:
    now = datetime.now(UTC)
    with db.reading() as session:
        round_ = rounds.round_called(session, slug)
        row = designing.version(session, round_, number)
        price = steps.price_of(session, round_)
    played = rehearsal.play(round_.id, row.id, texts, now=now) if texts else []
    cost = sum(one.counted.segments for one in played if one.ours)
    return render_template(
        "scripts/try.html",
        round=listed(round_, now),
        version=row,
        texts=texts[: rehearsal.MOST],
        played=played,
        is_full=len(texts) >= rehearsal.MOST,
        joins=list(dict.fromkeys(word for words in row.join_words.values() for word in words)),
        cost=cost,
        price=price,
        price_of_all=price.of(cost) if price else "",
        number=rehearsal.NUMBER,
        may_change=g.person.may(Act.OPEN_ROUND),
    )


# --- the card


@bp.get("/card")
@requires(Act.READ_DESK)
def card(slug: str) -> str:
    """A card to print and hang up, in one language of the round."""
    now, config = datetime.now(UTC), current_app.config["BARAZA"]
    with db.reading() as session:
        round_ = rounds.round_called(session, slug)
        words = scripts.of_round(session, round_).join_words
    asked = request.args.get("language", "")
    language = asked if asked in round_.languages else round_.languages[0]
    spoken = spoken_language(language)
    with force_locale(spoken):
        drawn = render_template(
            "scripts/_card.html",
            round=listed(round_, now),
            language=spoken,
            join_word=next(
                iter([*words.get(language, ()), *(one for all_ in words.values() for one in all_)]), ""
            ),
            numbers=numbers(config),
            more=f"{config.base_url}/text-messages",
        )
    return render_template(
        "scripts/card.html",
        round=listed(round_, now),
        drawn=drawn,
        language=language,
        spoken=spoken,
        is_spoken=spoken_language(language, "") in LANGUAGES,
    )


def numbers(config: Config) -> list[str]:
    """The numbers that people can text to; a provider's own name for a pool is none."""
    found = [number for _transport, number, _rate in transports.senders_of(config)]
    if not found and (account := twilio.account_of(config)) is not None:
        found = [account.number]
    return list(dict.fromkeys(number for number in found if number.lstrip("+").isdigit()))


# --- drawing


def _editor(
    session: Session,
    round_: RoundRow,
    row: ScriptRow,
    script: Script,
    problems: dict[str, str],
    *,
    empty: int = script_form.EMPTY_ROWS,
    base: str = "",
    refused: str = "",
) -> str:
    document, printed = _document(session, round_), scripts.printed_words(session, round_)
    errors = [{"field": field, "message": words} for field, words in problems.items()]
    return render_template(
        "scripts/editor.html",
        round=listed(round_, datetime.now(UTC)),
        version=row,
        base=base or designing.mark(row),
        errors=errors,
        refused=refused,
        clauses=[(clause.number, clause.text.heading) for clause in document if clause.number],
        printed={
            code: [word for word in printed.get(code, ()) if word not in script.join_words.get(code, ())]
            for code in round_.languages
        },
        letters=counting.letters(),
        **_drawn(session, round_, script, document, empty=empty),
    )


def _reading(session: Session, round_: RoundRow, row: ScriptRow, script: Script) -> str:
    return render_template(
        "scripts/show.html",
        round=listed(round_, datetime.now(UTC)),
        version=row,
        may_change=g.person.may(Act.OPEN_ROUND),
        **_drawn(session, round_, script, _document(session, round_), empty=0),
    )


def _drawn(
    session: Session, round_: RoundRow, script: Script, document: Document, *, empty: int
) -> dict[str, Any]:
    """What the editor and the reading page show alike: words with their costs."""
    stands = steps.ground(session, round_)
    found = steps.of(script, stands)
    by_field = {step.field: step for step in found}
    headings = {clause.id: clause.text.heading for clause in document}
    offered = script_form.offers(session, document, script)
    return {
        "document_language": document.language,
        "joins": {code: ", ".join(script.join_words.get(code, ())) for code in round_.languages},
        "rows": script_form.rows(script, round_.languages, by_field, stands, offered, headings, empty),
        "sentences": {code: script_form.sentences(code, by_field, stands.price) for code in round_.languages},
        "dear": script_form.over_the_rule(found, stands.price),
        "in_all": [
            (code, cost, stands.price.of(cost) if stands.price else "")
            for code in round_.languages
            for cost in [steps.in_all(script, stands, code)]
        ],
        "price": stands.price,
    }


def _shown_again(slug: str, number: int, refusal: ChangedMeanwhile) -> str:
    """The editor with what was typed, though a colleague saved something else."""
    with db.reading() as session:
        round_ = rounds.round_called(session, slug)
        row = designing.version(session, round_, number)
        script = script_form.typed(request.form, _document(session, round_), round_.languages)
        problems = checking.problems(session, round_, script)
        return _editor(session, round_, row, script, problems, refused=str(refusal))


def _document(session: Session, round_: RoundRow) -> Document:
    _standard, version = rounds.version_of(session, round_)
    return publications.text(session, version)


def _is_number(written: str) -> bool:
    return written.isascii() and written.isdigit() and len(written) < 6
