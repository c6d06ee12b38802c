"""Deciding on several comments at once: one decision, and to each its answer in its own language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from flask_babel import gettext as _
from sqlmodel import Session, col, select

from consult import audit, dispositions, publications, rounds
from consult.answers import OUTCOMES
from consult.channels import segments
from consult.desk.places import RoundPlace, language_word, lock
from consult.desk.voices import root_of
from consult.dispositions import CHANGES_TEXT, ChangeMissing, Decision, NotPlaced, ReasonMissing
from consult.errors import BarazaError
from consult.tables.comments import CommentRow, Placement, StandingRow
from consult.tables.decisions import DispositionOutcome, DispositionRow
from consult.words import speaker, spoken_language
from standards import store
from standards.document import Clause
from standards.tables import OutlineRow, VersionRow

EXCEPTION = "exception"
LONGEST = 20_000


class OutcomeMissing(BarazaError):
    """A decision without an outcome decides nothing."""

    def __init__(self) -> None:
        super().__init__(_("Choose what the committee decided."))


class AnswerMissing(BarazaError):
    """Some of those who commented could not read the answer."""

    def __init__(self, language: str, readers: int) -> None:
        name = language_word(language)
        super().__init__(
            _(
                "%(readers)s of these comments are in %(language)s. Write the answer in %(language)s too, "
                "or tick that they get it in another language.",
                readers=readers,
                language=name,
            )
        )
        self.language = language


class TooManyWords(BarazaError):
    """A reason or answer longer than anybody would read."""

    def __init__(self) -> None:
        super().__init__(_("This is longer than %(most)s characters. Shorten it.", most=LONGEST))


@dataclass(frozen=True)
class Written:
    """A decision as the form gives it. `change` is a version's id, `exception`, or nothing."""

    outcome: str = ""
    reason: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    change: str = ""
    change_clause: str = ""
    exception: str = ""
    in_another_language: bool = False


@dataclass(frozen=True)
class Decided:
    """What an act of deciding did; `same` were decided in these very words already."""

    recorded: Sequence[UUID] = ()
    same: int = 0
    version: VersionRow | None = None
    clause_id: UUID | None = None


def field_of(refusal: Exception) -> str:
    """The field of the form at which a refusal is shown; "" for what concerns the whole."""
    if isinstance(refusal, AnswerMissing):
        return f"answer-{refusal.language}"
    fields: dict[type[Exception], str] = {
        OutcomeMissing: "outcome",
        ReasonMissing: "reason",
        ChangeMissing: "change",
        store.UnknownClause: "change_clause",
        TooManyWords: "reason",
    }
    return fields.get(type(refusal), "")


def decide_all(
    session: Session,
    place: RoundPlace,
    clause: Clause | None,
    comment_ids: Sequence[UUID],
    written: Written,
    *,
    by: str,
    now: datetime,
) -> Decided:
    """Record one decision on several comments and answer each of them once.

    A comment that was decided in exactly these words stays as it is, so that
    the same form sent twice answers nobody twice. Raises RoundStillOpen,
    OutcomeMissing, ReasonMissing, AnswerMissing, ChangeMissing, UnknownClause,
    NotPlaced.
    """
    if not rounds.has_closed(place.round, now):
        raise rounds.RoundStillOpen(place.round)
    outcome = _outcome(written)
    if not written.reason.strip():
        raise ReasonMissing
    if any(len(text) > LONGEST for text in (written.reason, written.exception, *written.answers.values())):
        raise TooManyWords
    version, clause_id = _change(session, place, clause, written, outcome)
    standings = lock(session, comment_ids)
    if any(row.placement in (Placement.QUEUED, Placement.ERASED) for row in standings):
        raise NotPlaced
    said = _comments(session, standings)
    answers = _answers(place, said, written)
    current = dispositions.current_of(session, [comment.id for comment in said])
    recorded, same = [], 0
    for comment in said:
        decision = Decision(
            outcome=outcome,
            reason=written.reason.strip(),
            answer=answers[root_of(comment.language)],
            change_version_id=version.id if version else None,
            change_clause_id=clause_id,
            exception=written.exception.strip() if outcome in CHANGES_TEXT else "",
        )
        before = current.get(comment.id)
        if before is not None and _is_same(before, decision):
            same += 1
            continue
        row = dispositions.decide(session, comment, decision, by=by, now=now)
        _note(session, comment, before, row, by, now)
        recorded.append(comment.id)
    return Decided(recorded, same, version, clause_id)


def _outcome(written: Written) -> DispositionOutcome:
    try:
        return DispositionOutcome(written.outcome)
    except ValueError:
        raise OutcomeMissing from None


def _change(
    session: Session,
    place: RoundPlace,
    clause: Clause | None,
    written: Written,
    outcome: DispositionOutcome,
) -> tuple[VersionRow | None, UUID | None]:
    """The version and clause that carry the change; nothing where there is none to make."""
    if outcome not in CHANGES_TEXT:
        return None, None
    if written.change in ("", EXCEPTION):
        if not written.exception.strip():
            raise ChangeMissing
        return None, None
    try:
        version = session.get(VersionRow, UUID(written.change))
    except ValueError:
        version = None
    if version is None or version.standard_id != place.standard.id:
        raise ChangeMissing
    return version, carrying_clause(session, place, version, clause, written.change_clause)


def carrying_clause(
    session: Session, place: RoundPlace, version: VersionRow, clause: Clause | None, named: str = ""
) -> UUID:
    """The clause of a later version that was named, else what the clause commented on became there.

    Raises UnknownClause, and ChangeMissing for a comment on the whole when none is named.
    """
    where = _("version %(label)s", label=version.label)
    if named.strip():
        document = publications.text(session, version)
        first = named.split()[0].rstrip(".:,")
        return store.clause_in(document, first if first in document.by_number else named.strip(), where).id
    if clause is None:
        raise ChangeMissing
    if session.get(OutlineRow, (version.id, clause.id)) is not None:
        return clause.id
    steps = store.steps_between(session, place.version, version)
    _acts, became = publications.became(steps, clause.id, publications.text(session, version))
    return became[0] if became else clause.id


def _comments(session: Session, standings: Sequence[StandingRow]) -> list[CommentRow]:
    ids = [row.comment_id for row in standings]
    found: list[CommentRow] = []
    for start in range(0, len(ids), 500):
        query = select(CommentRow).where(col(CommentRow.id).in_(ids[start : start + 500]))
        found.extend(session.exec(query.order_by(col(CommentRow.id))).all())
    return found


def _answers(place: RoundPlace, said: Sequence[CommentRow], written: Written) -> dict[str, str]:
    """The answer for each language among these comments. Raises AnswerMissing."""
    given = {code: words.strip() for code, words in written.answers.items() if words.strip()}
    home = root_of(place.standard.language)
    other = given.get(home) or next(iter(given.values()), "") or written.reason.strip()
    found: dict[str, str] = {}
    for code in dict.fromkeys(root_of(comment.language) for comment in said):
        if code not in given and code != home and not written.in_another_language:
            raise AnswerMissing(code, sum(root_of(comment.language) == code for comment in said))
        found[code] = given.get(code, other)
    return found


def _is_same(before: DispositionRow, decision: Decision) -> bool:
    return (
        before.outcome is decision.outcome
        and before.reason == decision.reason
        and before.answer == (decision.answer or decision.reason)
        and before.change_version_id == decision.change_version_id
        and before.change_clause_id == decision.change_clause_id
        and before.exception == decision.exception
    )


def _note(
    session: Session,
    comment: CommentRow,
    before: DispositionRow | None,
    row: DispositionRow,
    by: str,
    now: datetime,
) -> None:
    audit.record(
        session,
        by,
        "decide",
        "comment",
        comment.id,
        {"disposition": str(before.id), "outcome": before.outcome.value} if before else None,
        {
            "disposition": str(row.id),
            "outcome": row.outcome.value,
            "change_version": str(row.change_version_id) if row.change_version_id else None,
            "change_clause": str(row.change_clause_id) if row.change_clause_id else None,
        },
        now=now,
    )


def segments_of(outcome: str, words: str, language: str) -> int:
    """How many SMS segments an answer takes with what stands around it; 0 for no words."""
    if not words.strip():
        return 0
    speak = speaker(spoken_language(language)).gettext
    try:
        state = speak(OUTCOMES[DispositionOutcome(outcome)])
    except ValueError:
        state = speak(OUTCOMES[DispositionOutcome.IN_PART])
    template = speak("%(receipt)s: %(outcome)s. %(answer)s Satisfied? Reply 1 yes, 2 no.")
    whole = template % {"receipt": "ABCD-EFGH", "outcome": state, "answer": words.strip()}
    return segments.count(whole).segments


def in_theme(session: Session, theme_id: UUID, *, confidential: bool) -> tuple[list[UUID], int, int]:
    """The comments of a theme to decide: the undecided ones that are placed, else all placed ones.

    With them, how many still wait for a clause, and how many this person may not read.
    """
    rows = session.connection().execute(
        select(
            StandingRow.comment_id, StandingRow.placement, StandingRow.disposition_id, CommentRow.confidential
        )
        .join(CommentRow, col(CommentRow.id) == StandingRow.comment_id)
        .where(StandingRow.theme_id == theme_id, StandingRow.placement != Placement.ERASED)
        .order_by(col(StandingRow.comment_id))
    )
    placed: list[UUID] = []
    undecided: list[UUID] = []
    waiting = unseen = 0
    for id_, placement, disposition_id, in_confidence in rows:
        if in_confidence and not confidential:
            unseen += 1
        elif placement is Placement.QUEUED:
            waiting += 1
        else:
            placed.append(id_)
            if disposition_id is None:
                undecided.append(id_)
    return undecided or placed, waiting, unseen
