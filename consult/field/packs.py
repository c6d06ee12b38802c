"""Packs: everything a device needs to hold one workshop without a network, as one value.

A pack holds no name and no number: those who came are in it by their labels.
"""

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from consult import rounds
from consult.field import trials
from consult.tables.field import AttendeeRow
from consult.tables.rounds import RoundRow
from consult.tables.workshops import WorkshopKind, WorkshopRow
from consult.words import LANGUAGES
from consult.workshops import planning
from consult.workshops.clause_words import words_of
from consult.workshops.consent_words import VERSION as CONSENT_VERSION
from consult.workshops.consent_words import consent_words
from consult.workshops.planning import Laid
from standards.document import Document
from standards.markdown import filled
from standards.tables import StandardRow, VersionRow

FORMAT = 1


def listed(workshop: WorkshopRow, round_: RoundRow, *, now: datetime) -> dict[str, Any]:
    """A workshop as it stands in the list of those a device may take along."""
    return {
        "id": str(workshop.id),
        "place": workshop.place,
        "held_on": workshop.held_on.isoformat(),
        "kind": workshop.kind.value,
        "round": round_.title,
        "language": _languages(workshop)[0],
        "closed": rounds.has_closed(round_, now),
    }


def pack(session: Session, workshop: WorkshopRow, round_: RoundRow, *, now: datetime) -> dict[str, Any]:
    """All that one workshop needs; but for `made_at` it is the same as long as nothing changed."""
    version = session.get_one(VersionRow, workshop.version_id or round_.version_id)
    standard = session.get_one(StandardRow, version.standard_id)
    laid = planning.lay_out(session, round_, workshop)
    return {
        "format": FORMAT,
        "made_at": now.isoformat(),
        "workshop": _workshop(workshop),
        "round": {
            "slug": round_.slug,
            "title": round_.title,
            "closes_at": round_.closes_at.isoformat(),
            "closed": rounds.has_closed(round_, now),
        },
        "text": {
            "standard": standard.slug,
            "title": standard.title,
            "label": version.label,
            "language": standard.language,
        },
        "agenda": _agenda(workshop, laid),
        "clauses": _clauses(session, round_, laid.document),
        "categories": [{"key": row.key, "labels": dict(row.labels)} for row in rounds.groups(session)],
        "seats": dict(workshop.seats),
        "people": _people(session, workshop),
        "consents": {
            "version": CONSENT_VERSION,
            "words": {language: consent_words(language) for language in LANGUAGES},
        },
        "trial": _trial(session, workshop) if workshop.kind is WorkshopKind.TRIAL else None,
    }


def _workshop(workshop: WorkshopRow) -> dict[str, Any]:
    return {
        "id": str(workshop.id),
        "place": workshop.place,
        "region": workshop.region,
        "held_on": workshop.held_on.isoformat(),
        "languages": _languages(workshop),
        "kind": workshop.kind.value,
        "audio_kept": workshop.audio_kept,
        "finished": workshop.finished_at is not None,
    }


def _languages(workshop: WorkshopRow) -> list[str]:
    return [str(one) for one in workshop.languages] or ["en"]


def _agenda(workshop: WorkshopRow, laid: Laid) -> list[dict[str, Any]]:
    return [
        {
            "clause": str(planned.item.clause_id),
            "minutes": planned.item.minutes,
            "prompt": {
                language: prompt for language in _languages(workshop) if (prompt := planned.prompt(language))
            },
            "vote": planned.item.vote.as_json() if planned.item.vote else None,
        }
        for planned in laid.agenda
    ]


def _clauses(session: Session, round_: RoundRow, document: Document) -> list[dict[str, Any]]:
    worded = words_of(session, round_, document.clauses)
    return [
        {
            "id": str(clause.id),
            "number": clause.number,
            "heading": filled(clause.text, clause.text.heading),
            "body": filled(clause.text, clause.text.body),
            "plain": dict(worded[clause.id].plain),
            "sms": dict(worded[clause.id].sms),
            "code": worded[clause.id].code,
        }
        for clause in document.clauses
    ]


def _people(session: Session, workshop: WorkshopRow) -> list[dict[str, str]]:
    rows = session.exec(
        select(AttendeeRow.entity, AttendeeRow.label, AttendeeRow.category)
        .where(AttendeeRow.workshop_id == workshop.id, col(AttendeeRow.removed).is_(False))
        .order_by(col(AttendeeRow.entity))
    ).all()
    return [{"entity": entity, "label": label, "category": category} for entity, label, category in rows]


def _trial(session: Session, workshop: WorkshopRow) -> dict[str, Any]:
    named = ("title", "stage", "producer", "mineral")
    about = {name: str(workshop.trial.get(name) or "") for name in named}
    return about | {"questions": trials.questions(session, workshop)}
