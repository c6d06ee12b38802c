"""Gathering: the minutes of a workshop from its records alone, as one snapshot of plain values.

    {"meeting": {…}, "categories": {key: {language: name}}, "attendance": {…},
     "lines": {key: line}, "sections": [{"clause", "lines", "votes", "photos", …}],
     "corrections": […], "left": {…}}

A line is something that was said, once, under every clause that it is about; its
words are the comment's own, in the language they were said in. What may name
somebody stands in brackets; what was taken back is not in it. No moment of the
making is in it, so that the same records give the same snapshot.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from consult import masking, publications, redactions, rounds
from consult.field import counts
from consult.field.notes import WHOLE
from consult.tables.comments import CommentRow, LinkKind, LinkRow, StandingRow
from consult.tables.field import PhotoRow
from consult.tables.rounds import RoundRow
from consult.tables.workshops import (
    MinutesCorrectionRow,
    MinutesRow,
    TranscriptRow,
    UtteranceRow,
    UtteranceState,
    WorkshopRow,
)
from consult.workshops import consents
from consult.workshops.meetings import attendance_of, consent_of
from consult.workshops.minutes.figures import attended, totals, vote_told, voted
from consult.workshops.transcripts import NOTES
from standards.document import Document
from standards.tables import StandardRow, VersionRow

UNPLACED = ""
"""In place of a clause: nobody has said yet what it is about."""
Snapshot = dict[str, Any]


@dataclass(frozen=True)
class _Words:
    """A stretch of words as redactions look at it."""

    id: UUID
    text: str
    proposal: str = ""


def gather(session: Session, round_: RoundRow, workshop: WorkshopRow) -> Snapshot:
    """The minutes as the records have them now; the number of statements does not grow with what was said."""
    return _Gathering(session, round_, workshop).snapshot()


def text_of(session: Session, round_: RoundRow, workshop: WorkshopRow) -> tuple[VersionRow, Document]:
    """The text that a workshop was about."""
    version = session.get_one(VersionRow, workshop.version_id or round_.version_id)
    return version, publications.text(session, version)


class _Gathering:
    """Gathers one snapshot."""

    def __init__(self, session: Session, round_: RoundRow, workshop: WorkshopRow) -> None:
        self._session, self._round, self._workshop = session, round_, workshop
        self._version, self._document = text_of(session, round_, workshop)
        self._said = self._utterances()
        ids = {row.comment_id for row, _format in self._said if row.comment_id}
        self._comments = self._comments_of(ids)
        self._about = self._links_of(ids)
        self._public = redactions.Public(session, round_, ids)
        self._agreed = consents.state(session, workshop)
        self._attendance = attendance_of(session, workshop)
        self._votes = counts.votes_of(session, workshop.id)
        self._left: dict[str, int] = defaultdict(int)

    def snapshot(self) -> Snapshot:
        lines = self._lines()
        photos = self._photos({line["entity"] for line in lines.values()})
        corrections = self._corrections(lines)
        return {
            "meeting": self._meeting(),
            "categories": self._categories(lines.values()),
            "attendance": self._came(),
            "consents": self._answers(),
            "lines": lines,
            "sections": self._sections(lines, photos),
            "corrections": corrections,
            "left": dict(sorted(self._left.items())),
        }

    # --- the records

    def _utterances(self) -> list[tuple[UtteranceRow, str]]:
        rows = self._session.exec(
            select(UtteranceRow, TranscriptRow.format)
            .join(TranscriptRow, col(TranscriptRow.id) == UtteranceRow.transcript_id)
            .where(TranscriptRow.workshop_id == self._workshop.id)
            .order_by(col(TranscriptRow.created_at), col(TranscriptRow.id), col(UtteranceRow.position))
        ).all()
        return [(row, format_) for row, format_ in rows]

    def _comments_of(self, ids: Iterable[UUID]) -> dict[UUID, tuple[CommentRow, StandingRow]]:
        rows = self._session.exec(
            select(CommentRow, StandingRow)
            .join(StandingRow, col(StandingRow.comment_id) == CommentRow.id)
            .where(col(CommentRow.id).in_(list(ids)))
        ).all()
        return {comment.id: (comment, standing) for comment, standing in rows}

    def _links_of(self, ids: Iterable[UUID]) -> dict[UUID, set[UUID | None]]:
        rows = self._session.exec(
            select(LinkRow.comment_id, LinkRow.clause_id).where(
                col(LinkRow.comment_id).in_(list(ids)),
                col(LinkRow.ended_at).is_(None),
                LinkRow.kind != LinkKind.SUGGESTED,
            )
        ).all()
        found: dict[UUID, set[UUID | None]] = defaultdict(set)
        for comment_id, clause_id in rows:
            found[comment_id].add(clause_id)
        return found

    # --- the meeting and who came

    def _meeting(self) -> dict[str, Any]:
        workshop, standard = self._workshop, self._session.get_one(StandardRow, self._version.standard_id)
        how, quotable = consent_of(workshop)
        return {
            "place": workshop.place,
            "region": workshop.region,
            "held_on": workshop.held_on.isoformat(),
            "languages": list(workshop.languages),
            "facilitator": str(workshop.facilitator_id or ""),
            "consent": how.value,
            "quotable": quotable,
            "finished": workshop.finished_at is not None,
            "notes": masking.masked(workshop.notes),
            "round": self._round.title,
            "standard": standard.title,
            "version": self._version.label,
        }

    def _categories(self, lines: Iterable[dict[str, Any]]) -> dict[str, dict[str, str]]:
        used = {row.category for row in self._attendance} | set(self._workshop.seats)
        used |= {line["category"] for line in lines}
        used |= {who for vote in self._votes for who in voted(vote)}
        named = {group.key: dict(group.labels) for group in rounds.groups(self._session)}
        return {key: named.get(key, {"": key}) for key in sorted(used) if key}

    def _came(self) -> dict[str, Any]:
        seats = {key: int(count) for key, count in self._workshop.seats.items()}
        rows = [attended(row, seats.get(row.category)) for row in self._attendance]
        counted = {row["category"] for row in rows}
        rows += [
            {"category": key, "people": 0, "women": None, "bands": {}, "seats": count}
            for key, count in sorted(seats.items())
            if key not in counted
        ]
        return {"rows": rows, **totals(rows)}

    def _answers(self) -> dict[str, dict[str, int]]:
        """How many answered what, by what they were asked; the group's own answer stands under "group"."""
        found: dict[str, dict[str, int]] = {}
        for (attendee, about), row in sorted(self._agreed.answers.items()):
            answers = found.setdefault(about, {})
            if attendee == consents.GROUP:
                answers[f"group {row.answer}"] = 1
            else:
                answers[row.answer] = answers.get(row.answer, 0) + 1
        return found

    # --- what was said

    def _lines(self) -> dict[str, dict[str, Any]]:
        lines: dict[str, dict[str, Any]] = {}
        corrects = self._corrected()
        for row, format_ in self._said:
            if row.comment_id is not None and f"comment:{row.comment_id}" in lines:
                _join(lines[f"comment:{row.comment_id}"], row)
            elif (why := self._why_not(row)) is not None:
                self._left[why] += 1
            elif row.state is UtteranceState.SKIPPED:
                self._left["skipped"] += 1
            elif row.comment_id is None and format_ != NOTES:
                self._left["open"] += 1
            else:
                key = f"comment:{row.comment_id}" if row.comment_id else f"note:{row.id}"
                lines[key] = self._line(row) | {"corrects": corrects.get(row.id, 0)}
        return lines

    def _why_not(self, row: UtteranceRow) -> str | None:
        """Why an utterance may not be written down: it was taken back, or they did not agree to it."""
        found = self._comments.get(row.comment_id) if row.comment_id else None
        if (found is not None and found[0].erased_at is not None) or not row.words.strip():
            return "taken-back"
        return None if self._agreed.allows("notes", row.attendee) else "not-agreed"

    def _line(self, row: UtteranceRow) -> dict[str, Any]:
        """What was said in an utterance, or in the comment made of it and of others."""
        found = self._comments.get(row.comment_id) if row.comment_id else None
        comment, standing = found or (None, None)
        kept_back = standing is not None and bool(
            standing.held or (standing.hidden and standing.hidden != consents.HIDDEN)
        )
        return {
            "comment": str(comment.id) if comment else "",
            "receipt": comment.receipt if comment else "",
            "utterance": str(row.id),
            "entity": row.entity,
            "words": "" if kept_back else self._words(comment or _Words(row.id, row.words)),
            "is": "kept-back" if kept_back else "said",
            "language": (comment.language if comment else "") or row.language,
            "category": row.category,
            "lone": row.lone,
            "read_back": row.read_back,
            "feeling": row.feeling,
            "marks": sorted(row.marks),
            "second": row.start,
            "clauses": self._clauses(row, comment),
        }

    def _words(self, said: CommentRow | _Words) -> str:
        """Words with what may name somebody in brackets."""
        if said.id not in self._comments:
            return self._public.words(said)
        return self._public.words(said) or self._public.words(said, "proposal")

    def _clauses(self, row: UtteranceRow, comment: CommentRow | None) -> list[str]:
        """What it is about, in the order of the text: clauses by id, `WHOLE`, or nothing yet."""
        if comment is None:
            wanted = {one for one in row.clauses if one == WHOLE or _is_in(self._document, one)}
        else:
            wanted = {str(one) if one else WHOLE for one in self._about.get(comment.id, ())}
        order = {str(clause.id): at for at, clause in enumerate(self._document)}
        return sorted(wanted, key=lambda one: order.get(one, len(order)))

    def _corrected(self) -> dict[UUID, int]:
        """The number of the minutes that an utterance corrects."""
        rows = self._session.exec(
            select(MinutesCorrectionRow.utterance_id, MinutesRow.number)
            .join(MinutesRow, col(MinutesRow.id) == MinutesCorrectionRow.minutes_id)
            .where(MinutesRow.workshop_id == self._workshop.id)
        ).all()
        return {utterance_id: number for utterance_id, number in rows if utterance_id is not None}

    def _corrections(self, lines: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
        """What those who were there said of earlier versions, also where nothing more was made of it."""
        rows = self._session.exec(
            select(MinutesCorrectionRow, MinutesRow.number)
            .join(MinutesRow, col(MinutesRow.id) == MinutesCorrectionRow.minutes_id)
            .where(MinutesRow.workshop_id == self._workshop.id)
            .order_by(col(MinutesCorrectionRow.at), col(MinutesCorrectionRow.id))
        ).all()
        found = {UUID(line["utterance"]): key for key, line in lines.items()}
        return [
            {
                "number": number,
                "line": found.get(row.utterance_id, "") if row.utterance_id else "",
                "utterance": str(row.utterance_id or ""),
                "words": self._words(_Words(row.id, row.words)),
                "category": row.category,
                "clause": str(row.clause_id or ""),
                "about": masking.masked(row.about),
            }
            for row, number in rows
            if row.words.strip()
        ]

    # --- photographs and votes

    def _photos(self, said: set[str]) -> list[dict[str, Any]]:
        """The photographs; what stands on one is a line of its own once it is among what was said."""
        rows = self._session.exec(
            select(PhotoRow)
            .where(PhotoRow.workshop_id == self._workshop.id, col(PhotoRow.removed).is_(False))
            .order_by(col(PhotoRow.at), col(PhotoRow.entity))
        ).all()
        taken_up = said | {row.entity for row, _format in self._said if row.entity}
        may_write = self._agreed.allows("notes")
        return [
            {
                "entity": row.entity,
                "sha256": row.sha256,
                "caption": self._words(_Words(self._workshop.id, row.caption)),
                "typed": ""
                if row.entity in taken_up or not may_write
                else self._words(_Words(self._workshop.id, row.typed)),
                "clause": str(row.clause_id) if row.clause_id else WHOLE,
            }
            for row in rows
            if self._agreed.answer("photo") not in consents.NO
        ]

    # --- by clause

    def _sections(
        self, lines: dict[str, dict[str, Any]], photos: Sequence[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """The agenda in its order, then the other clauses spoken of, the whole, and what is not placed."""
        agenda = [str(one) for one in self._workshop.agenda if _is_in(self._document, str(one))]
        came = {row.category: row.people for row in self._attendance}
        votes = [(str(vote.clause_id or WHOLE), vote_told(vote, came)) for vote in self._votes]
        spoken = {clause for line in lines.values() for clause in line["clauses"]}
        spoken |= {clause for clause, _vote in votes} | {photo["clause"] for photo in photos}
        others = [str(clause.id) for clause in self._document if str(clause.id) in spoken - set(agenda)]
        order = [*agenda, *others, *([WHOLE] if WHOLE in spoken else [])]
        found = [
            self._section(
                clause,
                [key for key, line in lines.items() if clause in line["clauses"]],
                [vote for on, vote in votes if on == clause],
                [photo for photo in photos if photo["clause"] == clause],
                agenda,
            )
            for clause in order
        ]
        if unplaced := [key for key, line in lines.items() if not set(line["clauses"]) & set(order)]:
            found.append(self._section(UNPLACED, unplaced, [], [], agenda))
        return found

    def _section(
        self,
        clause: str,
        lines: list[str],
        votes: list[dict[str, Any]],
        photos: list[dict[str, Any]],
        agenda: Sequence[str],
    ) -> dict[str, Any]:
        named = self._document.by_id[UUID(clause)] if clause not in (WHOLE, UNPLACED) else None
        planned = self._workshop.prompts.get(clause, {})
        return {
            "clause": clause,
            "number": named.number if named else "",
            "heading": named.title.removeprefix(named.number).strip() if named else "",
            "on_agenda": clause in agenda,
            "minutes": planned.get("minutes"),
            "prompt": dict(planned.get("words", {})),
            "lines": lines,
            "votes": votes,
            "photos": photos,
        }


def _is_in(document: Document, written: str) -> bool:
    try:
        return UUID(written) in document.by_id
    except ValueError:
        return False


def _join(line: dict[str, Any], row: UtteranceRow) -> None:
    """Another utterance of the same comment."""
    line["lone"] = line["lone"] or row.lone
    line["read_back"] = line["read_back"] and row.read_back
    line["feeling"] = line["feeling"] or row.feeling
    line["marks"] = sorted({*line["marks"], *row.marks})
    line["category"] = line["category"] if line["category"] == row.category else ""
