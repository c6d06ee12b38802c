"""The telephone on the screen: demonstrations only, and only on the machine itself."""

import ipaddress
from datetime import UTC, datetime

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult import db, rounds
from consult.channels import scripts, segments, sms, telephone
from consult.config import Config
from consult.tables.intake import Channel

bp = Blueprint("telephone", __name__, url_prefix="/telephone")


@bp.get("")
def show() -> str:
    """The chosen telephone with what it said and heard."""
    _only_in_a_demonstration()
    who = _who(request.args.get("who", ""))
    with db.reading() as session:
        texts = telephone.texts(session, telephone.NUMBERS[who])
        joins = [
            word.upper()
            for one in rounds.open_rounds(session, datetime.now(UTC))
            if Channel.SMS.value in one.channels
            for words in scripts.of_round(session, one).join_words.values()
            for word in words
        ]
    return render_template(
        "telephone/show.html",
        who=who,
        numbers=list(enumerate(telephone.NUMBERS)),
        texts=texts,
        joins=list(dict.fromkeys(joins)),
        cost=sum(text.segments for text in texts if text.ours),
    )


@bp.post("")
def send() -> Response:
    """Text through our own signed webhook, and read it at once."""
    _only_in_a_demonstration()
    config: Config = current_app.config["BARAZA"]
    who = _who(request.form.get("who", ""))
    words = request.form.get("words", "").replace("\r\n", "\n")[: 10 * segments.IN_PARTS["GSM-7"]]
    telephone.send(current_app.wsgi_app, config, telephone.NUMBERS[who], words)
    sms.read_waiting()
    return redirect(url_for("telephone.show", who=who + 1) + "#words")


def _who(chosen: str) -> int:
    """Which of the telephones, counted from one; the first for anything else."""
    place = int(chosen) - 1 if chosen.isascii() and chosen.isdigit() and len(chosen) < 3 else 0
    return place if 0 <= place < len(telephone.NUMBERS) else 0


def _only_in_a_demonstration() -> None:
    config: Config = current_app.config["BARAZA"]
    try:
        local = ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        local = False
    if not config.demonstration or config.texts_people or not local:
        raise NotFound
