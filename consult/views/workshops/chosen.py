"""What was chosen at the bench, read from its form."""

from uuid import UUID

from flask_babel import gettext as _
from sqlmodel import Session
from werkzeug.datastructures import MultiDict

from consult.errors import BarazaError
from consult.tables.rounds import RoundRow
from consult.tables.workshops import UtteranceRow
from consult.views.workshops.door import text_of
from consult.workshops import Told, Wanted
from consult.workshops.attributing import MARKS
from consult.workshops.utterances import together
from standards.document import Clause, Document

Form = MultiDict[str, str]
MOST_TOLD = 5


class NoSuchNumber(BarazaError):
    """A clause was named by a number or word that the text does not have."""

    def __init__(self, number: str) -> None:
        super().__init__(
            _(
                "The text has no clause %(number)s. Look the number up; nothing was changed.",
                number=number[:40],
            )
        )


class SeveralClauses(BarazaError):
    """A word stands in the headings of several clauses."""

    def __init__(self, word: str, found: list[Clause]) -> None:
        numbers = ", ".join(clause.number for clause in found[:MOST_TOLD])
        super().__init__(
            _(
                "“%(word)s” stands in several headings: %(numbers)s. Type the number of the one you mean; "
                "nothing was changed.",
                word=word[:40],
                numbers=f"{numbers} …" if len(found) > MOST_TOLD else numbers,
            )
        )


def told(form: Form) -> Told:
    """What the form tells of an utterance; what was left as it stood is not told anew."""
    sent = "told" in form
    return Told(
        category=_changed(form, "category"),
        gender=_changed(form, "gender"),
        feeling=form.get("feeling") if sent else None,
        marks=tuple(form.getlist("mark")) if sent else None,
        lone=form.get("lone") == "yes" if sent else None,
        read_back=form.get("read_back") == "yes" if sent else None,
        language=_changed(form, "language"),
    )


def wanted(session: Session, form: Form, utterance_id: UUID, clause_ids: tuple[UUID | None, ...]) -> Wanted:
    """What the form asks for: the passage, if it is not the whole utterance, and all that is told of it."""
    return Wanted(
        clause_ids=clause_ids,
        words=_part(session, utterance_id, form.get("words", "")),
        rest=form.get("rest", ""),
        lone=form.get("lone") == "yes",
        language=form.get("language", "")[:20],
        told=told(form),
        named={mark: form.get(f"{mark}-words", "") for mark in MARKS},
    )


def clauses_chosen(session: Session, round_: RoundRow, form: Form) -> tuple[UUID | None, ...]:
    """The clauses ticked, and those named by number or word. Raises NoSuchNumber, SeveralClauses."""
    document = text_of(session, round_)
    found: dict[UUID | None, None] = {}
    for chosen in form.getlist("clause"):
        try:
            found[UUID(chosen)] = None
        except ValueError:
            raise NoSuchNumber(chosen) from None
    for written in form.get("number", "").replace(";", ",").split(","):
        for clause in _meant(document, written.strip()):
            found[clause.id] = None
    if form.get("whole") == "yes":
        found[None] = None
    return tuple(found)


def _meant(document: Document, written: str) -> list[Clause]:
    numbers = [document.by_number.get(one.rstrip(".")) for one in written.split()]
    if all(numbers):
        return [clause for clause in numbers if clause is not None]
    if any(letter.isdigit() for letter in written):
        unknown = next(one for one, clause in zip(written.split(), numbers, strict=True) if clause is None)
        raise NoSuchNumber(unknown)
    named = [
        clause
        for clause in document
        if clause.number and written.casefold() in (clause.text.heading or "").casefold()
    ]
    if not named:
        raise NoSuchNumber(written)
    if len(named) > 1:
        raise SeveralClauses(written, named)
    return named


def _changed(form: Form, name: str) -> str | None:
    """What was chosen, where it differs from what the page showed."""
    value = form.get(name)
    return None if value is None or value == form.get(f"{name}-was") else value


def _part(session: Session, utterance_id: UUID, typed: str) -> str:
    """The passage chosen; nothing when the field still holds all that was said."""
    row = session.get(UtteranceRow, utterance_id)
    if row is None:
        return typed
    whole = " ".join(one.words for one in together(session, row))
    return "" if whole.split() == typed.split() else typed
