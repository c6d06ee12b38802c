"""The form that opens a round: what was typed, what has to be looked at again, and the round it asks for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from pydantic import ValidationError
from werkzeug.datastructures import MultiDict

from consult.errors import Misfilled
from consult.rounds import NewRound, Question
from consult.tables.intake import Channel
from consult.words import LANGUAGES
from standards.document import Document

CHANNELS = (Channel.WEB, Channel.SMS, Channel.WORKSHOP, Channel.DOCUMENT, Channel.EMAIL)
ROWS = 4
"""Empty rows for questions under those that are filled."""
FIELDS = ("version", "title", "slug", "purpose", "summary", "time_zone", "opens_at", "closes_at")


@dataclass(frozen=True)
class Asked:
    """One question as it was typed: the clause's number, the language, the words."""

    clause: str
    language: str
    words: str


@dataclass(frozen=True)
class Typed:
    """Everything that was typed into the form."""

    values: Mapping[str, str]
    languages: tuple[str, ...]
    channels: tuple[str, ...]
    join_words: Mapping[str, str]
    goals: Mapping[str, str]
    questions: tuple[Asked, ...]

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")


EMPTY = Typed({"time_zone": "UTC"}, ("en",), ("web", "sms", "workshop", "document", "email"), {}, {}, ())


def typed(form: MultiDict[str, str]) -> Typed:
    """What a form holds."""
    rows = zip(
        form.getlist("question-clause"),
        form.getlist("question-language"),
        form.getlist("question-words"),
        strict=False,
    )
    return Typed(
        values={name: form.get(name, "").strip() for name in FIELDS},
        languages=tuple(form.getlist("languages")),
        channels=tuple(form.getlist("channels")),
        join_words=_named(form, "join-"),
        goals=_named(form, "goal-"),
        questions=tuple(Asked(c.strip(), lang, words.strip()) for c, lang, words in rows if words.strip()),
    )


def _named(form: MultiDict[str, str], prefix: str) -> dict[str, str]:
    return {
        name.removeprefix(prefix): value.strip()
        for name, value in form.items()
        if name.startswith(prefix) and value.strip()
    }


def wanted(form: Typed, document: Document) -> NewRound:
    """The round that a form asks for. Raises Misfilled with a sentence for every field concerned."""
    problems: dict[str, str] = {}
    goals = _goals(form, problems)
    questions = _questions(form, document, problems)
    try:
        new = NewRound.model_validate(
            {
                "slug": form["slug"],
                "title": form["title"],
                "purpose": form["purpose"],
                "summary": form["summary"],
                "languages": form.languages,
                "channels": form.channels,
                "join_words": {
                    language: tuple(re.split(r"[\s,;]+", words.upper()))
                    for language, words in form.join_words.items()
                    if language in form.languages
                },
                "time_zone": form["time_zone"] or "UTC",
                "opens_at": form["opens_at"],
                "closes_at": form["closes_at"],
                "questions": questions,
                "goals": goals,
            }
        )
    except ValidationError as error:
        raise Misfilled({**_sentences(error), **problems}) from error
    if problems:
        raise Misfilled(problems)
    return new


def _goals(form: Typed, problems: dict[str, str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for group, written in form.goals.items():
        if not re.fullmatch(r"[0-9]{1,7}", written):
            problems[f"goal-{group}"] = _("Give a number of people, such as 40, or nothing.")
        elif int(written):
            found[group] = int(written)
    return found


def _questions(form: Typed, document: Document, problems: dict[str, str]) -> tuple[Question, ...]:
    """The questions; rows on one clause in several languages are one question."""
    gathered: dict[tuple[UUID | None, int], dict[str, str]] = {}
    for asked in form.questions:
        clause = document.by_number.get(asked.clause) if asked.clause else None
        if asked.clause and clause is None:
            problems["questions"] = _(
                "There is no clause %(number)s in this version. Give its number as the text shows it.",
                number=asked.clause,
            )
            continue
        language = asked.language if asked.language in LANGUAGES else "en"
        number = 0
        while language in gathered.get((clause.id if clause else None, number), {}):
            number += 1
        gathered.setdefault((clause.id if clause else None, number), {})[language] = asked.words
    return tuple(Question(clause_id=clause_id, words=words) for (clause_id, _n), words in gathered.items())


def _sentences(error: ValidationError) -> dict[str, str]:
    told: dict[str, str] = {}
    for problem in error.errors():
        field = str(problem["loc"][0]) if problem["loc"] else "closes_at"
        told.setdefault(field, _sentence(field, dict(problem)))
    return told


def _sentence(field: str, problem: Mapping[str, Any]) -> str:
    """What to do about a field: our own sentence where a rule of ours spoke, else one for the field."""
    if problem["type"] == "value_error":
        return str(problem["msg"]).removeprefix("Value error, ")
    sentences = {
        "slug": _("Give a short name for addresses, such as gold-2026."),
        "title": _("Give the round a title of at most 300 characters."),
        "languages": _("Choose at least one language."),
        "channels": _("Choose at least one way in."),
        "opens_at": _("Give day and time of the opening."),
        "closes_at": _("Give day and time of the closing."),
    }
    return str(sentences.get(field) or _("Look at this again."))
