"""The comment form: what it asks, what it has wrong, and the page that shows it with everything typed."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask import current_app, render_template
from flask_babel import gettext as _
from sqlmodel import Session, select

from consult import commenting, comments, hearing, look, participants, rounds
from consult.commenting import Place, Sent
from consult.local import parts
from consult.reading import Book
from consult.tables.intake import Channel
from consult.tables.participants import ContactKind
from consult.words import LANGUAGES
from standards import store
from standards.document import Clause
from standards.tables import TranslationRow, Wording

MOST_CHOICES = 150
"""A longer list of clauses would weigh more than the page; a reader comes from the clause instead."""
WORDS = ("text", "proposal", "cost", "obstacle", "benefit")
LONGEST_LINE = {"region": 100, "name": 300, "contact": 300, "quote": 20_000}
_EMAIL = re.compile(r"[^@\s,;<>]{1,64}@[^@\s,;<>]+\.[^@\s.,;<>]{2,}")

Errors = list[dict[str, str]]


def problems(sent: Sent) -> Errors:
    """What the author has to look at again before this can be sent."""
    found: Errors = []
    total = sum(len(sent[name]) for name in WORDS)
    if not any(sent[name].replace("\0", "").strip() for name in WORDS) and not _answers_the_question(sent):
        found.append(_error("text", _("Write your comment. A few words are enough.")))
    if total > comments.LONGEST:
        found.append(
            _error(
                "text",
                _(
                    "Your comment has %(length)s characters; we can take %(most)s. Send it in several "
                    "comments, or as a document. Your words are still below.",
                    length=look.written_number(total, look.spoken()),
                    most=look.written_number(comments.LONGEST, look.spoken()),
                ),
            )
        )
    found += [
        _error(name, _("This is longer than we can take: %(most)s characters.", most=most))
        for name, most in LONGEST_LINE.items()
        if len(sent[name]) > most
    ]
    return found + _about_the_contact(sent)


def _answers_the_question(sent: Sent) -> bool:
    return sent["ability"] in ("can", "with_help", "cannot")


def _about_the_contact(sent: Sent) -> Errors:
    if sent["answer"] not in set(ContactKind):
        return []
    if not sent["contact"].strip():
        return [_error("contact", _("Give the number or address, or choose to look it up yourself."))]
    try:
        address = hearing.address_of(sent)
    except participants.NoNumber:
        return [
            _error("contact", _("Give the number with its country, such as +255 …, and with all its digits."))
        ]
    if address and address[0] is ContactKind.EMAIL and not _EMAIL.fullmatch(address[1]):
        return [_error("contact", _("This is no e-mail address yet. It looks like name@example.org."))]
    return []


def _error(field: str, message: str) -> dict[str, str]:
    return {"field": field, "message": message}


def page(
    session: Session,
    place: Place,
    values: Mapping[str, str],
    errors: Errors,
    *,
    token: str,
    now: datetime,
    late: bool = False,
) -> str:
    """The form with what was typed so far; `late` asks whether to keep it for the next revision."""
    clause, notes = _clause(session, place, values.get("clause", ""))
    round_ = place.round
    return render_template(
        "public/comment.html",
        round=round_shown(place, now),
        standard={"title": place.standard.title, "language": place.standard.language},
        version={"label": place.version.label, "url": version_url(place)},
        clause=_shown(session, place, clause) if clause else None,
        asks_part=parts.asks(session, place.version.id, clause.id if clause else None),
        clauses=[] if clause else _choices(place),
        notes=notes,
        values={"language": look.spoken(), **values},
        errors=errors,
        groups=[(group.key, label(group.labels)) for group in rounds.groups(session)],
        answers=[*(["sms"] if Channel.SMS.value in round_.channels else []), "email"],
        spoken_languages=[(code, look.language_name(code)) for code in offered_languages(round_.languages)],
        token=token,
        late=late or not rounds.is_open(round_, now),
    )


def token_for(place: Place, now: datetime) -> str:
    """A fresh token for a form of this round."""
    return commenting.new_token(current_app.config["SECRET_KEY"], place.round.id, now=now)


def _clause(session: Session, place: Place, named: str) -> tuple[Clause | None, list[str]]:
    """The clause a form is about, and what to tell when it is not simply the one that was named."""
    named = named.strip()
    if not named:
        return None, []
    clause = commenting.clause_named(place.document, named)
    if clause is not None:
        return clause, []
    heirs = commenting.successors(session, place, named)
    if len(heirs) == 1:
        note = _("The clause you came from stands here in this version. Your comment is on this one.")
        return heirs[0], [note]
    if heirs:
        numbers = ", ".join(heir.number or heir.text.heading for heir in heirs)
        note = _(
            "The clause you came from became %(numbers)s here. Choose the one you mean.", numbers=numbers
        )
        return None, [note]
    note = _("This version has no clause “%(named)s”. Choose one, or comment on the whole.", named=named[:60])
    return None, [note]


def round_shown(place: Place, now: datetime) -> dict[str, Any]:
    """The round as the public templates ask for it."""
    round_ = place.round
    return {
        "title": round_.title,
        "purpose": round_.purpose,
        "summary": round_.summary,
        "language": round_.languages[0] if round_.languages else "",
        "url": look.at(f"/consultations/{round_.slug}"),
        "opens_at": round_.opens_at,
        "closes_at": round_.closed_at or round_.closes_at,
        "time_zone": round_.time_zone,
        "is_open": rounds.is_open(round_, now),
    }


def version_url(place: Place) -> str:
    """The reading view of the version consulted on."""
    return look.at(f"/standards/{place.standard.slug}/{quote(place.version.label)}")


def comment_url(place: Place) -> str:
    """The comment form of the round."""
    return look.at(f"/consultations/{place.round.slug}/comment")


def book(place: Place) -> Book:
    """The text laid out with the addresses of its clauses."""
    return Book(place.document, version_url(place), comment_url(place))


def _shown(session: Session, place: Place, clause: Clause) -> dict[str, Any]:
    html = store.html_of(session, [clause], place.document.language)
    drawn = book(place).clause(clause, html, {})
    return {
        "id": str(clause.id),
        "number": drawn.number,
        "heading": drawn.heading,
        "html": drawn.html,
        "plain_words": _plain_words(session, clause.id),
        "question": _question(session, place, clause.id),
        "url": drawn.url,
    }


def _plain_words(session: Session, clause_id: UUID) -> str:
    row = session.exec(
        select(TranslationRow).where(
            TranslationRow.clause_id == clause_id,
            TranslationRow.wording == Wording.PLAIN,
            TranslationRow.language == look.spoken(),
        )
    ).first()
    return row.words if row else ""


def _question(session: Session, place: Place, clause_id: UUID) -> str:
    asked = [row.words for row in rounds.questions_of(session, place.round) if row.clause_id == clause_id]
    return label(asked[0]) if asked else ""


def _choices(place: Place) -> list[tuple[str, str]]:
    whole = [("", _("The whole document"))]
    numbered = [clause for clause in place.document if clause.number and clause.text.heading]
    if len(numbered) > MOST_CHOICES:
        numbered = [clause for clause in numbered if clause.parent is None]
    return whole + [(str(clause.id), f"{clause.number} {clause.text.heading[:70]}") for clause in numbered]


def offered_languages(of_round: list[str]) -> list[str]:
    """The languages somebody may say they write in: the round's, then the others that we speak."""
    return [*of_round, *(code for code in LANGUAGES if code not in of_round)]


def label(words: Mapping[str, Any]) -> str:
    """Words kept per language, in the page's language, else in English, else in any."""
    return str(words.get(look.spoken()) or words.get("en") or next(iter(words.values()), ""))


def waiting_words() -> str:
    """What stands in the place of words that somebody still looks at."""
    return str(_("(Counted. Somebody is looking whether these words name a person; then they stand here.)"))
