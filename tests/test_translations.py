"""Words of pages and messages: every language we promise speaks every sentence of its pages.

Public pages, messages, and the pages of facilitators and of local working groups
speak five languages; the committee's desk speaks English and French.
"""

import re
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from consult.channels import segments

ROOT = Path(__file__).parents[1]
CATALOGUES = ROOT / "consult" / "translations"
LANGUAGES = ("fr", "es", "pt", "sw")
DESK = (
    "templates/drafting",
    "templates/rounds",
    "templates/clauses",
    "templates/queue",
    "templates/importing",
    "templates/comments",
    "templates/outbox",
    "templates/conversations",
    "templates/process",
    "templates/account/people",
    "templates/desk",
    "templates/recognition",
    "templates/feasibility",
    "templates/scripts/index",
    "templates/scripts/editor",
    "templates/scripts/show",
    "templates/scripts/try",
    "templates/scripts/card",
    "templates/broadcasts",
    "templates/care",
    "templates/text_limits",
    "templates/erasures",
    "consult/drafting",
    "consult/desk",
    "consult/views/drafting",
    "consult/views/rounds",
    "consult/views/round_form",
    "consult/views/queue",
    "consult/views/clause_desk",
    "consult/views/comments",
    "consult/views/importing",
    "consult/views/moderation",
    "consult/views/outbox",
    "consult/views/conversations",
    "consult/views/scripts",
    "consult/views/script_form",
    "consult/views/broadcasts",
    "consult/views/text_limits",
    "consult/views/care",
    "consult/views/erasures",
    "consult/views/redactions",
    "consult/views/wordings",
    "consult/views/counting",
    "consult/conversations",
    "consult/outgoing",
    "consult/redactions",
    "consult/channels/checking",
    "consult/views/people",
    "consult/views/tables",
    "consult/views/reports",
    "consult/views/guard",
    "consult/comparing",
    "consult/recognition_words",
    "consult/combined_files",
    "consult/cli",
    "consult/views/recognition",
)
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")


@cache
def sentences() -> dict[str, set[str]]:
    """Each sentence with the files it stands in; of those with a plural, the singular."""
    keywords = {
        "_": None,
        "gettext": None,
        "lazy_gettext": None,
        "N_": None,
        "speak": None,
        "ngettext": (1, 2),
        "lazy_ngettext": (1, 2),
    }
    found: dict[str, set[str]] = {}
    for folder, method in (("consult", ("**.py", "python")), ("templates", ("**.html", "jinja2"))):
        options = {method[0]: {"encoding": "utf-8"}}
        for file, _line, message, _comments, _context in extract_from_dir(
            ROOT / folder, [method], options, keywords
        ):
            one = message[0] if isinstance(message, tuple) else message
            if one:
                found.setdefault(one, set()).add(f"{folder}/{file}")
    return found


@cache
def catalogue(language: str) -> Catalog:
    with (CATALOGUES / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


def translated(language: str) -> dict[str, tuple[str, ...]]:
    found = {}
    for message in catalogue(language):
        key = message.id[0] if isinstance(message.id, tuple) else message.id
        words = message.string if isinstance(message.string, tuple) else (message.string,)
        if key and all(words):
            found[key] = tuple(str(word) for word in words)
    return found


def is_public(files: set[str]) -> bool:
    return not all(file.startswith(DESK) for file in files)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_of_its_pages_is_spoken(language):
    wanted = {one for one, files in sentences().items() if language == "fr" or is_public(files)}

    missing = sorted(wanted - set(translated(language)))

    assert missing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_filled_in_is_the_same_in_every_language(language):
    wrong = [
        key
        for key, words in translated(language).items()
        if not all(
            set(PLACEHOLDER.findall(word)) <= set(PLACEHOLDER.findall(f"{key} %(num)s")) for word in words
        )
    ]

    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_that_of_the_words(language):
    compiled = BytesIO()
    write_mo(compiled, catalogue(language))

    assert (CATALOGUES / language / "LC_MESSAGES" / "messages.mo").read_bytes() == compiled.getvalue()


@pytest.mark.parametrize("language", LANGUAGES)
def test_text_messages_stay_in_the_cheap_alphabet(language):
    texted = [
        one
        for one, files in sentences().items()
        if any(file.startswith(("consult/channels/replies", "consult/channels/conversing")) for file in files)
    ]
    spoken = translated(language)

    dear = [
        words
        for one in texted
        for words in spoken.get(one, ())
        if segments.encoding_of(PLACEHOLDER.sub("", words)) != "GSM-7"
    ]

    assert texted
    assert dear == []
