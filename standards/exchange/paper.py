"""The words that paper adds to a standard, in the standard's language, and how that language runs."""

from datetime import datetime
from typing import Final, NamedTuple

from babel.dates import format_date

RIGHT_TO_LEFT: Final = frozenset({"ar", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"})


class Words(NamedTuple):
    """What stands on a title page and in its margins. `page` takes the page and how many there are."""

    version: str
    contents: str
    page: str
    changes: str
    draft: str
    consultation: str
    decided: str
    published: str
    superseded: str
    withdrawn: str


_WORDS: Final = {
    "en": Words(
        "Version", "Contents", "Page {} of {}", "Changes from version {} to version {}",
        "Draft", "Consultation draft", "Decided text", "Published", "Superseded", "Withdrawn",
    ),
    "fr": Words(
        "Version", "Sommaire", "Page {} sur {}", "Modifications de la version {} à la version {}",
        "Projet", "Projet soumis à consultation", "Texte adopté", "Publiée", "Remplacée", "Retirée",
    ),
    "es": Words(
        "Versión", "Índice", "Página {} de {}", "Cambios de la versión {} a la versión {}",
        "Borrador", "Borrador en consulta", "Texto aprobado", "Publicada", "Sustituida", "Retirada",
    ),
    "pt": Words(
        "Versão", "Índice", "Página {} de {}", "Alterações da versão {} para a versão {}",
        "Rascunho", "Rascunho em consulta", "Texto aprovado", "Publicada", "Substituída", "Retirada",
    ),
    "sw": Words(
        "Toleo", "Yaliyomo", "Ukurasa {} kati ya {}", "Mabadiliko kutoka toleo {} hadi toleo {}",
        "Rasimu", "Rasimu ya maoni", "Maandishi yaliyoamuliwa", "Limechapishwa", "Limebadilishwa",
        "Limeondolewa",
    ),
}  # fmt: skip


def words(language: str) -> Words:
    """The words of a language; English where we have none."""
    return _WORDS.get(_main(language), _WORDS["en"])


def status_words(status: str, language: str) -> str:
    """A stored status as a reader says it; other texts stay as they are."""
    known = words(language)
    return str(getattr(known, status)) if status in Words._fields[4:] else status


def written_date(moment: datetime, language: str) -> str:
    """The day of a moment, written out."""
    locale = _main(language) if _main(language) in _WORDS else "en"
    return format_date(moment, "long", locale="en_GB" if locale == "en" else locale)


def runs_right_to_left(language: str) -> bool:
    """Whether the language is written from right to left."""
    return _main(language) in RIGHT_TO_LEFT


def _main(language: str) -> str:
    return language.replace("_", "-").split("-")[0].lower()
