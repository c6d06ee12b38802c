"""Profiles and checklists of the texts kept here: their translations, their words, their files."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final
from uuid import UUID

from flask_babel import force_locale, gettext
from sqlmodel import Session, col, select

from consult import look, publications, rounds
from consult.errors import BarazaError
from consult.particulars import producer_words, verifier_words
from consult.pilots.choices import ABILITY_WORDS, MET_WORDS
from consult.report_words import saying
from consult.tables.comments import Ability
from consult.tables.pilots import Met
from standards import checklists
from standards.checklists import Able, Answer, Checklist, Field, Head, Words
from standards.checklists import Wording as Put
from standards.document import Document
from standards.overlays import store as overlays
from standards.overlays.resolve import Resolved, of_base
from standards.profiles import Asked, Profile, profile
from standards.stages import rank
from standards.tables import OverlayRow, StandardRow, TranslationRow, VersionRow, Wording

_SHEET: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TYPES: Final = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": _SHEET,
    "xlsform": _SHEET,
}
ENDINGS: Final = {"docx": ".docx", "xlsx": ".xlsx", "xlsform": ".xlsform.xlsx"}
"""How the name of each file ends."""


@dataclass(frozen=True)
class Ground:
    """The text a profile is taken of: a version by itself, or under the local texts that speak in it.

    `slug` and `label` name the version that answers come back to; `place` is the country of a local text.
    """

    resolved: Resolved
    slug: str
    label: str
    place: str = ""

    def profile(self, asked: Asked) -> Profile:
        """What it asks of one producer at one stage. Raises UnknownValue."""
        return profile(self.resolved.document, asked, local=self.resolved.local)


def ground_of(
    session: Session, standard: StandardRow, version: VersionRow, *, on: date, overlay: str = ""
) -> Ground:
    """A version as it is in force on a day; where it is a local text's own, with what is local in it.

    `overlay` (`tz-gold@1.0`) lays a local text over the version. Raises
    UnknownOverlay, and OtherBase where the local text stands on another version.
    """
    name = f"{standard.slug}@{version.label}"
    if overlay:
        row, layer = overlays.version_called(session, overlay)
        if layer.base_id != version.id:
            raise OtherBase(overlay, overlays.base_of(session, layer)[1], name)
        return Ground(overlays.resolved(session, layer, on), standard.slug, version.label, _country(row))
    own = overlays.overlay_of_text(session, version)
    if own is None:
        return Ground(of_base(publications.text(session, version), name), standard.slug, version.label)
    found = overlays.resolved(session, own, on)
    titled = replace(found, document=replace(found.document, title=standard.title))
    return Ground(titled, standard.slug, version.label, _country(session.get_one(OverlayRow, own.overlay_id)))


def _country(overlay: OverlayRow) -> str:
    return str(overlay.scope.get("country", ""))


class OtherBase(BarazaError):
    """A local text stands on another version than the one asked about."""

    def __init__(self, overlay: str, base: str, asked: str) -> None:
        super().__init__(
            gettext(
                "%(overlay)s stands on %(base)s, not on %(asked)s. Ask for the checklist of %(base)s.",
                overlay=overlay,
                base=base,
                asked=asked,
            )
        )


def checklist_of(session: Session, ground: Ground, asked: Asked, languages: Iterable[str] = ()) -> Checklist:
    """The checklist of a text for one producer at one stage, in these languages, else in its own.

    Raises NothingToAsk, UnknownValue, UnknownLanguage.
    """
    found = ground.profile(asked)
    spoken = list(dict.fromkeys(languages)) or [found.document.language]
    for code in spoken:
        checklists.language_name(code)
    return checklists.checklist(
        found,
        standard=ground.slug,
        version=ground.label,
        words={code: words(code, found.asked.stage) for code in spoken},
        wordings=wordings(session, found.document, spoken),
        place=look.country_name(ground.place, spoken[0]),
        groups={row.key: {str(k): str(v) for k, v in row.labels.items()} for row in rounds.groups(session)},
    )


def write(checklist: Checklist, kind: str) -> bytes:
    """The checklist as docx, xlsx or xlsform."""
    if kind == "docx":
        from standards.exchange import checklist_docx

        return checklist_docx.write(checklist)
    if kind == "xlsx":
        from standards.exchange import checklist_xlsx

        return checklist_xlsx.write(checklist)
    from standards.exchange import checklist_xlsform

    return checklist_xlsform.write(checklist)


def file_name(checklist: Checklist, kind: str) -> str:
    """A name that says which checklist it is: `rag-2.0-entry-cooperative.xlsform.xlsx`."""
    told = (checklist.standard, checklist.version, checklist.asked.stage, checklist.asked.producer)
    return "-".join(filter(None, told)).replace(" ", "-") + ENDINGS[kind]


def wordings(
    session: Session, document: Document, languages: Iterable[str]
) -> Mapping[UUID, Mapping[str, Put]]:
    """The current translations of clauses; where a clause has only plain words in a language, those.

    A translation of an earlier text of the clause is none.
    """
    wanted = list(languages)
    found: dict[UUID, dict[str, Put]] = {}
    for row in sorted(_current(session, document), key=lambda row: row.wording is Wording.FULL):
        if row.language in wanted:
            found.setdefault(row.clause_id, {})[row.language] = Put(row.heading, row.words)
    return found


def languages_of(session: Session, document: Document) -> list[str]:
    """The languages in which there are current translations of its clauses, sorted."""
    return sorted({row.language for row in _current(session, document)})


def _current(session: Session, document: Document) -> list[TranslationRow]:
    ids = list(document.by_id)
    rows: list[TranslationRow] = []
    for start in range(0, len(ids), 500):
        rows += session.exec(
            select(TranslationRow).where(
                col(TranslationRow.clause_id).in_(ids[start : start + 500]),
                col(TranslationRow.wording).in_((Wording.FULL, Wording.PLAIN)),
            )
        ).all()
    return [row for row in rows if row.source_hash == document.by_id[row.clause_id].text.hash]


def words(language: str, stage: str) -> Words:
    """What checklists say in a language; English where we do not speak it."""
    _ = saying(language)
    with force_locale("en"):
        producers = {str(key): str(word) for key, word in producer_words().items()}
        verifiers = {str(key): str(word) for key, word in verifier_words().items()}
    return Words(
        title=_("Checklist"),
        how_to=_(
            "For each clause, choose one answer. Then write what you saw, what it costs and what helps."
        ),
        about_you=_("Who answers"),
        about_clauses=_("What is asked"),
        heads={
            Head.PRODUCER: _("How are the producers organised?"),
            Head.GROUP: _("Which group do you speak for?"),
            Head.REGION: _("District or region"),
            Head.HELD_ON: _("On which day?"),
        },
        fields={
            Field.MET: _("Is it met?"),
            Field.EVIDENCE: _("What shows it?"),
            Field.ABILITY: _("Could you do it?"),
            Field.OBSTACLE: _("What stands in the way?"),
            Field.COST: _("What does it cost?"),
            Field.BENEFIT: _("What good does it do?"),
            Field.NOTE: _("Anything else?"),
        },
        answers={Answer(met): _(MET_WORDS[met][0]) for met in Met},
        able={Able(ability): _(ABILITY_WORDS[ability][-1]) for ability in Ability},
        producers={key: _(word) for key, word in producers.items()},
        verifiers={key: _(word) for key, word in verifiers.items()},
        clause=_("Clause"),
        producer=_("Producers"),
        stage=_("Stage"),
        mineral=_("Mineral"),
        place=_("Place"),
        look_for=_("Look for"),
        progress=_("At this stage, shown by"),
        points=_("Points: {count}"),
        share=_("At least {count} % of {unit}"),
        members=_("the members"),
        responsible=_("Who it asks"),
        frequency=_("How often"),
        recommended=_("This is recommended; nobody must do it."),
        adapt_until=_("There is time to adapt until {day}."),
        uncertifiable=_("The law here forbids what this clause demands: it cannot be certified here."),
        untranslated=_("Not yet translated; these are the words in: {language}."),
        stage_name=stage_from(stage, _),
    )


def stage_from(stage: str, _: Any) -> str:
    """From when a stage asks, in plain words: `From the first day`, `After one year`."""
    year = rank(stage)
    if not year:
        return str(_("From the first day") if year == 0 else stage)
    return str(_("After one year") if year == 1 else _("After %(n)s years", n=year))
