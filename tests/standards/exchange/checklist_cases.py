"""Checklists of the small text of the profiles' cases, in words that name themselves."""

from collections.abc import Mapping
from uuid import UUID

from standards.checklists import (
    Able,
    Answer,
    Checklist,
    Field,
    Head,
    Wording,
    Words,
    checklist,
)
from standards.document import Document
from standards.profiles import Asked, profile
from standards.stages import Producer
from tests.standards.profile_cases import the_text

ASKED = Asked(producer="cooperative", mineral="gold", stage="year 1")


def words(language: str) -> Words:
    """Every phrase by its own name and language, so that a test sees where it stands."""

    def said(name: str) -> str:
        return f"{name} {language}"

    plain = (
        *("title", "how_to", "about_you", "about_clauses", "clause", "producer", "stage", "mineral", "place"),
        *("look_for", "progress", "members", "responsible", "frequency", "recommended", "uncertifiable"),
        "stage_name",
    )
    return Words(
        **{name: said(name) for name in plain},
        heads={head: said(head.value) for head in Head},
        fields={field: said(field.value) for field in Field},
        answers={answer: said(answer.value) for answer in Answer},
        able={able: said(able.value) for able in Able},
        producers={str(one): said(str(one)) for one in Producer},
        verifiers={"document": said("document")},
        points="points {count}",
        share="at least {count} % of {unit}",
        adapt_until="until {day}",
        untranslated="these are the words in {language}",
    )


def a_checklist(
    *languages: str,
    document: Document | None = None,
    asked: Asked = ASKED,
    wordings: Mapping[UUID, Mapping[str, Wording]] | None = None,
    groups: Mapping[str, Mapping[str, str]] | None = None,
) -> Checklist:
    """The checklist of the small text, unless another is given."""
    return checklist(
        profile(document or the_text(), asked),
        standard="small",
        version="1.0",
        words={code: words(code) for code in languages or ("en",)},
        wordings=wordings,
        groups=groups,
    )
