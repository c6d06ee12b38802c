"""A checklist as an XLSForm, for KoboToolbox, ODK and whatever else reads one (xlsform.org).

Each clause is a group on one screen: whether it is met, and then only the
questions that this answer makes sense of. The same checklist gives the same bytes.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Final

from standards.checklists import (
    Able,
    Answer,
    Checklist,
    Field,
    Head,
    Item,
    Words,
    field_name,
    group_name,
    language_name,
)
from standards.document import canonical
from standards.exchange.workbooks import Workbook, workbook

SURVEY: Final = ("type", "name", "label", "hint", "relevant", "appearance", "calculation", "default")
_SPOKEN: Final = ("label", "hint")
Row = dict[str, str]


def write(checklist: Checklist) -> bytes:
    """The form as XLSX with its sheets survey, choices and settings."""
    survey = list(_survey(checklist))
    choices = list(_choices(checklist))
    languages = {code: f"{language_name(code)} ({code})" for code in checklist.languages}
    version = hashlib.sha256(canonical([survey, choices])).hexdigest()[:12]
    settings = {
        "form_title": _safe(f"{checklist.title} {checklist.version} – {checklist.first.stage_name}"),
        "form_id": _form_id(checklist),
        "version": version,
        "default_language": languages[checklist.languages[0]],
    }
    with workbook(checklist.title) as book:
        _sheet(book, "survey", _columns(SURVEY, languages), survey)
        _sheet(book, "choices", _columns(("list_name", "name", "label"), languages), choices)
        _sheet(book, "settings", {name: name for name in settings}, [settings])
    return book.bytes


# --- questions


def _survey(checklist: Checklist) -> Iterator[Row]:
    for pin, value in checklist.pins().items():
        yield {"type": "calculate", "name": pin.value, "calculation": _text(value)}
    yield {"type": "note", "name": "how_to", **_said(checklist, "label", lambda words: words.how_to)}
    for head, kind in _heads(checklist):
        row = {"type": kind, "name": head.value, **_said(checklist, "label", partial(_head, head))}
        if head is Head.HELD_ON:
            row["default"] = "today()"
        if head is Head.PRODUCER and checklist.asked.producer:
            row["default"] = checklist.asked.producer
        yield row
    chapter = None
    for at, item in enumerate(checklist.items):
        if item.chapter and item.chapter != chapter:
            chapter = item.chapter
            label = {_column("label", code): _safe(chapter) for code in checklist.languages}
            yield {"type": "note", "name": f"chapter_{at + 1}", **label}
        yield from _clause(checklist, item)


def _heads(checklist: Checklist) -> Iterable[tuple[Head, str]]:
    return (
        (Head.PRODUCER, "select_one producer"),
        (Head.GROUP, "select_one group" if checklist.groups else "text"),
        (Head.REGION, "text"),
        (Head.HELD_ON, "date"),
    )


def _clause(checklist: Checklist, item: Item) -> Iterator[Row]:
    met = f"${{{field_name(item.clause_id, Field.MET)}}}"
    partly, not_met = f"{met} = '{Answer.PARTLY}'", f"{met} = '{Answer.NOT_MET}'"
    at_all = f"{met} != '' and {met} != '{Answer.NOT_APPLICABLE}'"
    asked = (
        (Field.EVIDENCE, "text", f"{met} = '{Answer.MET}' or {partly}"),
        (Field.ABILITY, "select_one able", f"{partly} or {not_met}"),
        (Field.OBSTACLE, "text", f"{partly} or {not_met}"),
        (Field.COST, "text", at_all),
        (Field.BENEFIT, "text", at_all),
        (Field.NOTE, "text", f"{met} != ''"),
    )
    group = {"type": "begin_group", "name": group_name(item.clause_id), "appearance": "field-list"}
    question = {"type": "select_one met", "name": field_name(item.clause_id, Field.MET)}
    for code in checklist.languages:
        wording = checklist.wording(item, code)
        group[_column("label", code)] = _safe(f"{item.number} {wording.heading}".strip() or "–")
        question[_column("label", code)] = _safe(wording.words or wording.heading or item.number or "–")
        question[_column("hint", code)] = _safe("\n".join(checklist.hints(item, code)))
    yield group
    yield question
    for field, kind, relevant in asked:
        yield {
            "type": kind,
            "name": field_name(item.clause_id, field),
            "relevant": relevant,
            **_said(checklist, "label", partial(_field, field)),
        }
    yield {"type": "end_group"}


def _head(head: Head, words: Words) -> str:
    return words.heads[head]


def _field(field: Field, words: Words) -> str:
    return words.fields[field]


def _choices(checklist: Checklist) -> Iterator[Row]:
    lists: tuple[tuple[str, Iterable[str]], ...] = (
        ("met", Answer),
        ("able", Able),
        ("producer", checklist.first.producers),
        ("group", checklist.groups),
    )
    for name, values in lists:
        for value in values:
            labels = {
                _column("label", code): _safe(_choice(checklist, name, str(value), code))
                for code in checklist.languages
            }
            yield {"list_name": name, "name": str(value), **labels}


def _choice(checklist: Checklist, name: str, value: str, code: str) -> str:
    words = checklist.words[code]
    if name == "group":
        labels = checklist.groups[value]
        return labels.get(code) or labels.get("en") or value
    if name == "producer":
        return words.producers[value]
    return words.answers[Answer(value)] if name == "met" else words.able[Able(value)]


# --- sheets


def _sheet(book: Workbook, name: str, columns: Mapping[str, str], rows: Iterable[Row]) -> None:
    sheet = book.add(name)
    sheet.line(0, columns.values(), bold=True)
    for at, row in enumerate(rows, start=1):
        sheet.line(at, [row.get(column, "") for column in columns])
    sheet.widths([24 if column in ("type", "name", "list_name") else 44 for column in columns])
    sheet.freeze(1)


def _columns(names: Iterable[str], languages: Mapping[str, str]) -> dict[str, str]:
    """Each column's key in our rows and its heading; what is spoken stands once for each language."""
    found: dict[str, str] = {}
    for name in names:
        if name in _SPOKEN:
            found.update({_column(name, code): f"{name}::{said}" for code, said in languages.items()})
        else:
            found[name] = name
    return found


def _column(name: str, code: str) -> str:
    return f"{name}:{code}"


def _said(checklist: Checklist, name: str, say: Callable[[Words], str]) -> Row:
    return {_column(name, code): _safe(say(words)) for code, words in checklist.words.items()}


def _safe(words: str) -> str:
    """Words that no form takes for a reference to a question: `${…}` is kept apart."""
    return words.replace("${", "$ {")


def _text(value: str) -> str:
    """A text as a calculation writes it; XPath knows no way to write both kinds of quotation marks in one."""
    return f"'{value}'" if "'" not in value else '"{}"'.format(value.replace('"', ""))


def _form_id(checklist: Checklist) -> str:
    told = (checklist.standard, checklist.version, checklist.asked.stage, checklist.asked.producer)
    return re.sub(r"[^a-z0-9]+", "_", "_".join(filter(None, ("baraza", *told))).lower())
