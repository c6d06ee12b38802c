"""The words of clauses at a meeting: in plain language, for telephones, as the round asks; and their code."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlmodel import Session, col, select

from consult import publications, rounds
from consult.tables.rounds import RoundRow
from consult.tables.workshops import WorkshopRow
from consult.words import LANGUAGES, N_, speaker, spoken_language
from standards.document import Clause, Document
from standards.markdown import filled
from standards.tables import TranslationRow, VersionRow, Wording

ABOUT_PLAIN = N_("Can your group do this? What would help, and what would it cost?")
ABOUT_HEADING = N_(
    "Clause %(number)s, “%(heading)s”: can your group do this? What would help, and what would it cost?"
)


@dataclass(frozen=True)
class ClauseWords:
    """A clause as people meet it: each mapping is from language to words; `code` is for text messages."""

    clause: Clause
    plain: Mapping[str, str] = field(default_factory=dict)
    sms: Mapping[str, str] = field(default_factory=dict)
    full: Mapping[str, str] = field(default_factory=dict)
    headings: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, str] = field(default_factory=dict)
    code: str | None = None

    def heading(self, language: str) -> str:
        """Its heading in a language where it was translated, else as it stands in the text."""
        return self._filled(in_language(self.headings, language) or self.clause.text.heading)

    def said(self, language: str) -> str:
        """Its words in a language, the plainest there are; "" where nobody has put it into it."""
        plainest = (in_language(words, language) for words in (self.plain, self.sms, self.full))
        return self._filled(next(filter(None, plainest), ""))

    def _filled(self, words: str) -> str:
        """The words with the values of the clause in place of their names."""
        return filled(self.clause.text, words)

    def prompt(self, language: str) -> str:
        """What to ask about it, ready made; "" in a language of which we have no word.

        The round's own question comes first, then its plain words, then those for telephones
        (which end in a question), then its heading.
        """
        if asked := in_language(self.asked, language):
            return asked
        spoken = spoken_language(language, "")
        speak = speaker(spoken).gettext if spoken in LANGUAGES else None
        if plain := in_language(self.plain, language):
            plain = self._filled(plain)
            return f"{plain} {speak(ABOUT_PLAIN)}" if speak else plain
        if short := in_language(self.sms, language):
            return self._filled(short)
        heading = self.heading(language) or self._filled(" ".join(self.clause.text.body.split()))[:80]
        if speak is None or not heading:
            return ""
        return speak(ABOUT_HEADING) % {"number": self.clause.number, "heading": heading}


def text_of(session: Session, workshop: WorkshopRow, round_: RoundRow) -> Document:
    """The text that a workshop is about: the version it was planned on."""
    version = session.get_one(VersionRow, workshop.version_id or round_.version_id)
    return publications.text(session, version)


def words_of(session: Session, round_: RoundRow, clauses: Sequence[Clause]) -> dict[UUID, ClauseWords]:
    """The words of these clauses; a translation of an earlier text of a clause is none."""
    by_id = {clause.id: clause for clause in clauses}
    found: dict[tuple[UUID, Wording], dict[str, str]] = {}
    headings: dict[UUID, dict[str, str]] = {}
    for row in _translations(session, by_id):
        found.setdefault((row.clause_id, row.wording), {})[row.language] = row.words
        if row.heading:
            headings.setdefault(row.clause_id, {})[row.language] = row.heading
    asked = {row.clause_id: row.words for row in rounds.questions_of(session, round_)}
    codes = rounds.codes_of(session, round_)
    return {
        id_: ClauseWords(
            clause,
            plain=found.get((id_, Wording.PLAIN), {}),
            sms=found.get((id_, Wording.SMS), {}),
            full=found.get((id_, Wording.FULL), {}),
            headings=headings.get(id_, {}),
            asked={str(code): str(words) for code, words in asked.get(id_, {}).items()},
            code=str(codes[id_]) if id_ in codes else None,
        )
        for id_, clause in by_id.items()
    }


def _translations(session: Session, by_id: Mapping[UUID, Clause]) -> Iterable[TranslationRow]:
    ids = list(by_id)
    for start in range(0, len(ids), 500):
        rows = session.exec(
            select(TranslationRow).where(col(TranslationRow.clause_id).in_(ids[start : start + 500]))
        )
        yield from (row for row in rows if row.source_hash == by_id[row.clause_id].text.hash)


def in_language(words: Mapping[str, str], language: str) -> str:
    """Words kept per language, in this one or its root (`sw` for `sw-TZ`); "" where there are none."""
    return words.get(language) or words.get(language.split("-")[0]) or ""
