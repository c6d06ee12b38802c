"""Results: what became of what a meeting said, as a sheet that goes back to those who said it.

Per clause: what you said, what was decided and why, what the text says now. What
is still undecided is said as such. It follows the records as they stand; it tells
groups and figures, never people.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from consult import dispositions, look
from consult.field.notes import WHOLE
from consult.markdown_words import items, paragraphs, quoted, words_of
from consult.report_words import OUTCOMES
from consult.tables.decisions import DispositionRow
from consult.tables.rounds import RoundRow
from consult.tables.workshops import WorkshopRow
from consult.workshops.minutes.gathering import Snapshot, gather, text_of
from consult.workshops.minutes.handing import for_hands
from consult.workshops.minutes.paper import Composed, Paper
from standards import store
from standards.document import Document
from standards.markdown import plain
from standards.tables import Status, TranslationRow, VersionRow, Wording


@dataclass(frozen=True)
class Ways:
    """How somebody may object: telephone numbers, and the code of each clause while a round is open."""

    numbers: Sequence[str] = ()
    codes: Mapping[UUID, int] | None = None


@dataclass(frozen=True)
class Changed:
    """A clause as it was and as it reads now; `before` and `after` are plain words where there are some."""

    before: str
    after: str
    label: str
    number: str
    is_draft: bool


@dataclass(frozen=True)
class Results:
    """What became of a meeting: its snapshot as handed out, decisions by comment, changed clauses by id."""

    snapshot: Snapshot
    decisions: Mapping[str, DispositionRow]
    changed: Mapping[str, Changed]
    said: int

    @property
    def decided(self) -> int:
        """How much of what was said is decided on."""
        return len(self.decisions)

    @property
    def undecided(self) -> int:
        """How much of it is not."""
        return self.said - self.decided

    @property
    def is_available(self) -> bool:
        """Whether there is anything to return yet."""
        return bool(self.decisions)


def of(session: Session, round_: RoundRow, workshop: WorkshopRow, *, language: str) -> Results:
    """What became of what was said at a workshop, with wordings in a language where there are some."""
    snapshot = gather(session, round_, workshop)
    said = [line for line in snapshot["lines"].values() if line["is"] != "taken-back"]
    ids = [UUID(line["comment"]) for line in said if line["comment"]]
    decided = {str(id_): row for id_, row in dispositions.current_of(session, ids).items()}
    version, document = text_of(session, round_, workshop)
    changed = _changed(session, version, document, decided.values(), language)
    return Results(for_hands(snapshot), decided, changed, len(said))


def _changed(
    session: Session,
    version: VersionRow,
    document: Document,
    decided: Any,
    language: str,
) -> dict[str, Changed]:
    """The clauses that carry a change because of these decisions, by id."""
    wanted = {row.change_clause_id: row.change_version_id for row in decided if row.change_clause_id}
    if not wanted:
        return {}
    wordings = session.exec(
        select(TranslationRow).where(
            col(TranslationRow.clause_id).in_(list(wanted)),
            TranslationRow.language == language,
            col(TranslationRow.wording).in_((Wording.PLAIN, Wording.SMS)),
        )
    ).all()
    # What is said by text message is plain too, and shorter: it stands in where there is nothing longer.
    order = sorted(wordings, key=lambda row: row.wording is Wording.PLAIN)
    worded = {(row.clause_id, row.source_hash): row.words for row in order}
    texts: dict[UUID, tuple[VersionRow, Document]] = {}
    found: dict[str, Changed] = {}
    for clause_id, version_id in wanted.items():
        if version_id is None:
            continue
        if version_id not in texts:
            newer = session.get_one(VersionRow, version_id)
            texts[version_id] = (newer, store.load(session, newer))
        newer, text = texts[version_id]
        found[str(clause_id)] = Changed(
            _wording(document, clause_id, worded),
            _wording(text, clause_id, worded),
            newer.label,
            text.by_id[clause_id].number if clause_id in text.by_id else "",
            newer.status is Status.DRAFT,
        )
    return found


def _wording(document: Document, clause_id: UUID, worded: Mapping[tuple[UUID, str], str]) -> str:
    """A clause in plain words where there are some, else as it stands; empty where it is not in this text."""
    clause = document.by_id.get(clause_id)
    if clause is None:
        return ""
    return worded.get((clause_id, clause.text.hash)) or plain(clause.text)


# --- as a sheet


def compose(results: Results, *, language: str, name: str, ways: Ways) -> Composed:
    """The sheet in a language."""
    return _Sheet(results, language, name, ways).composed()


class _Sheet:
    """Composes one sheet."""

    def __init__(self, results: Results, language: str, name: str, ways: Ways) -> None:
        self._results, self._told, self._ways = results, results.snapshot, ways
        self._paper = Paper(name, language, results.snapshot["categories"])
        self._say = self._paper.say

    def composed(self) -> Composed:
        _, paper, meeting = self._say, self._paper, self._told["meeting"]
        paper.section(_("In short"), paragraphs(self._in_short()))
        shown: set[str] = set()
        for section in self._told["sections"]:
            if section["lines"] or section["votes"]:
                self._section(section, shown)
        paper.section(_("Still undecided"), self._undecided())
        paper.section(_("If you do not agree"), items(self._how_to_object()))
        day = look.written_day(date.fromisoformat(meeting["held_on"]), paper.language)
        return paper.composed(
            _("What became of what you said in %(place)s on %(day)s", place=meeting["place"], day=day)
        )

    def _in_short(self) -> list[str]:
        _, results, meeting = self._say, self._results, self._told["meeting"]
        text = f"{meeting['standard']} {meeting['version']}"
        found = [_("You met to talk about %(text)s. Here is what became of it.", text=text)]
        if (came := self._told["attendance"]["people"]) is not None:
            found.append(_("People who came: %(people)s.", people=came))
        found.append(
            _(
                "Things you said that were written down: %(said)s. Decided: %(decided)s. "
                "Not yet decided: %(undecided)s.",
                said=results.said,
                decided=results.decided,
                undecided=results.undecided,
            )
        )
        return found

    def _section(self, section: Mapping[str, Any], shown: set[str]) -> None:
        _, paper = self._say, self._paper
        clause = section["clause"]
        heading = section["heading"] or section["number"]
        if not section["number"]:
            heading = _("On the whole document") if clause == WHOLE else _("On other matters")
        told: list[str] = []
        for key in section["lines"]:
            told += self._line(self._told["lines"][key], is_again=key in shown)
            shown.add(key)
        told += self._change(clause)
        id_ = paper.section(heading, "\n\n".join(told), None, section["number"])
        for vote in section["votes"]:
            paper.vote(vote, id_)

    def _line(self, line: Mapping[str, Any], *, is_again: bool) -> list[str]:
        _ = self._say
        words = line["words"] or _("(kept back until somebody has looked at it)")
        told = [quoted(words, ", ".join(filter(None, (self._paper.by(line), line["receipt"]))))]
        row = self._results.decisions.get(line["comment"])
        if row is None:
            told.append(f"**{words_of(_(OUTCOMES['']))}.**")
        elif is_again:
            told.append(words_of(_("This touches several clauses; the answer stands at the first of them.")))
        else:
            told.append(
                f"**{words_of(_(OUTCOMES[row.outcome.value]))}.** {words_of(row.answer or row.reason)}"
            )
        return told

    def _change(self, clause: str) -> list[str]:
        """What the text said and says, where a decision changed it."""
        _, changed = self._say, self._results.changed.get(clause)
        if changed is None:
            return []
        if changed.is_draft:
            return [words_of(_("The change is being written into version %(label)s.", label=changed.label))]
        if not changed.after:
            return [words_of(_("This clause is no longer in version %(label)s.", label=changed.label))]
        told = []
        if changed.before and changed.before != changed.after:
            told += [f"**{words_of(_('It said:'))}** {words_of(changed.before)}"]
        now = _(
            "Now it says (version %(label)s, clause %(number)s):", label=changed.label, number=changed.number
        )
        return [*told, f"**{words_of(now)}** {words_of(changed.after)}"]

    def _undecided(self) -> str:
        _, count = self._say, self._results.undecided
        if not count:
            return words_of(_("Nothing. All that was written down has been decided on, with a reason."))
        return words_of(
            _(
                "Still waiting for a decision: %(count)s. The person who led the meeting can tell you when "
                "it is made.",
                count=count,
            )
        )

    def _how_to_object(self) -> list[str]:
        _, ways = self._say, self._ways
        found = [
            _(
                "Tell the person who led the meeting, with the number that stands under what you said. "
                "It is written down and reaches the committee."
            )
        ]
        numbered = {
            section["number"]: (ways.codes or {}).get(UUID(section["clause"]))
            for section in self._told["sections"]
            if section["number"]
        }
        codes = ", ".join(f"{number}: {code}" for number, code in numbered.items() if code is not None)
        if ways.numbers and codes:
            found.append(
                _(
                    "Or send a text message to %(number)s. Begin it with the code of the clause "
                    "(clause: code): %(codes)s.",
                    number=", ".join(ways.numbers),
                    codes=codes,
                )
            )
        return found
