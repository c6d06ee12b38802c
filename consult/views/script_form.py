"""The form of a conversation's draft: what was typed, and how the page shows it with its costs."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from flask_babel import gettext as _
from sqlmodel import Session, col, select
from werkzeug.datastructures import MultiDict

from consult import look
from consult.channels import checking, scripts, steps
from consult.channels.scripts import READY_MADE, Asking, Script
from consult.channels.steps import Step
from consult.views.counting import counted
from standards.document import Clause, Document
from standards.tables import TranslationRow, Wording

EMPTY_ROWS: Final = 1
"""Rows for questions under those that are filled."""
MOST_ROWS: Final = 60


def typed(form: MultiDict[str, str], document: Document, languages: Sequence[str]) -> Script:
    """The script a form holds, its questions in the order that was asked for."""
    return Script(
        join_words={
            code: tuple(dict.fromkeys(re.findall(r"[^\s,;]+", _clean(form, steps.join(code)).upper())))
            for code in languages
        },
        questions=_questions(form, document, languages),
        wording={
            code: {name: _clean(form, steps.say(code, name)) for name in READY_MADE} for code in languages
        },
    )


def _questions(form: MultiDict[str, str], document: Document, languages: Sequence[str]) -> tuple[Asking, ...]:
    rows = []
    for place in range(MOST_ROWS):
        clause = _clean(form, steps.clause(place)).rstrip(".")
        words = {code: _clean(form, steps.ask(place, code)) for code in languages}
        choices = {code: _clean(form, steps.choose(place, code)) for code in languages}
        if clause or any(words.values()) or any(choices.values()):
            found = clause_called(document, clause)
            wanted = _clean(form, f"q-{place}-place")
            order = int(wanted) if re.fullmatch(r"[0-9]{1,3}", wanted) else MOST_ROWS
            asking = Asking(found.id if found else None, _said(words), _said(choices), clause)
            # Whoever gives a question the place of another wants it before that one.
            rows.append((order, order == place + 1, place, asking))
    return tuple(asking for *_order, asking in sorted(rows, key=lambda row: row[:3]))


def clause_called(document: Document, name: str) -> Clause | None:
    """The clause of this number; one without a number goes by its id."""
    if not name:
        return None
    named = {str(clause.id): clause for clause in document if not clause.number}
    return document.by_number.get(name) or named.get(name)


def _said(words: Mapping[str, str]) -> dict[str, str]:
    return {code: said for code, said in words.items() if said}


def _clean(form: MultiDict[str, str], name: str) -> str:
    return form.get(name, "").replace("\r\n", "\n").replace("\0", "").strip()


# --- for the page


def sentences(language: str, by_field: Mapping[str, Step], price: steps.Price | None) -> list[dict[str, Any]]:
    """The fields of a language's wording, in the order they are said."""
    return [
        {
            "field": steps.say(language, name),
            "label": sentence_word(name),
            "hint": _hint(name),
            "words": by_field[steps.say(language, name)].words,
            "counted": counted(by_field[steps.say(language, name)], price),
        }
        for name in READY_MADE
    ]


def sentence_word(name: str) -> str:
    """What the desk calls a sentence of ours."""
    return {
        "opening": str(_("The opening")),
        "choices": str(_("The quick answers, after each question")),
        "why": str(_("Why? After a bare 1, 2 or 3")),
        "thanks": str(_("Thanks and receipt")),
        "placed-later": str(_("Thanks, when a person must place the words")),
        "freely": str(_("The invitation to speak freely, at the end")),
        "outcome": str(_("The outcome")),
        "help": str(_("Help")),
        "question": str(_("Question")),
    }.get(name, name)


def _hint(name: str) -> str:
    facts = "; ".join(f"{{{fact}}}: {checking.means(fact)}" for fact in scripts.facts_of(name))
    more = {
        "opening": _(
            "What this is, who protects what, how to stop. The languages to choose from follow by themselves."
        ),
        "choices": _("1, 2 and 3 in words."),
        "outcome": _("Counted without the committee’s reason, which adds to it."),
    }.get(name, "")
    return " ".join(filter(None, (str(more), f"{facts}." if facts else "")))


def rows(
    script: Script,
    languages: Sequence[str],
    by_field: Mapping[str, Step],
    stands: steps.Round,
    offers: Mapping[tuple[UUID, str], list[tuple[str, str]]],
    headings: Mapping[UUID, str],
    empty: int = EMPTY_ROWS,
) -> list[dict[str, Any]]:
    """The questions with their words per language, and empty rows under them."""
    nothing = Asking(None, {})
    return [
        {
            "number": place + 1,
            "clause_field": steps.clause(place),
            "clause": one.clause or "",
            "heading": headings.get(one.clause_id, "") if one.clause_id else "",
            "place_field": f"q-{place}-place",
            "is_empty": one is nothing,
            "languages": [
                {
                    "code": code,
                    "field": steps.ask(place, code),
                    "words": one.words.get(code, ""),
                    "counted": counted(by_field[steps.ask(place, code)], stands.price)
                    if steps.ask(place, code) in by_field
                    else counted(Step(steps.ask(place, code), code, "question", "", _EMPTY), stands.price),
                    "choices_field": steps.choose(place, code),
                    "choices": one.choices.get(code, ""),
                    "choices_counted": counted(
                        Step(steps.choose(place, code), code, "choices", one.choices.get(code, ""), _EMPTY),
                        stands.price,
                    ),
                    "offers": [
                        (wording, words)
                        for wording, words in offers.get((one.clause_id, code), [])
                        if words != one.words.get(code, "")
                    ]
                    if one.clause_id
                    else [],
                    "code_before": steps.code_before(one, stands),
                }
                for code in languages
            ],
        }
        for place, one in enumerate([*script.questions, *[nothing] * empty])
    ]


_EMPTY: Final = steps.Around()


def offers(
    session: Session, document: Document, script: Script
) -> dict[tuple[UUID, str], list[tuple[str, str]]]:
    """Wordings of the asked clauses for telephones and in plain words, by clause and language."""
    ids = [one.clause_id for one in script.questions if one.clause_id is not None]
    found: dict[tuple[UUID, str], list[tuple[str, str]]] = {}
    for row in session.exec(
        select(TranslationRow)
        .where(
            col(TranslationRow.clause_id).in_(ids),
            col(TranslationRow.wording).in_((Wording.SMS, Wording.PLAIN)),
        )
        .order_by(col(TranslationRow.wording).desc())
    ):
        clause = document.by_id.get(row.clause_id)
        if clause is not None and row.source_hash == clause.text.hash:
            found.setdefault((row.clause_id, row.language), []).append((row.wording.value, row.words))
    return found


def over_the_rule(found: Sequence[Step], price: steps.Price | None) -> list[dict[str, Any]]:
    """The sentences that take more than one segment."""
    return [
        {
            "field": step.field,
            "what": _question_word(step) if step.name == "question" else sentence_word(step.name),
            "language": look.language_name(step.language),
            "segments": step.counted.segments,
            "cost": price.of(step.counted.segments) if price else "",
        }
        for step in found
        if step.words and step.breaks_the_rule
    ]


def _question_word(step: Step) -> str:
    return str(_("Question %(number)s", number=int(step.field.split("-")[1]) + 1))
