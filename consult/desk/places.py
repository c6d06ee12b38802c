"""Where a desk screen stands: the round in hand, its text and sums; and a comment as the desk draws it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from babel import UnknownLocaleError
from sqlmodel import Session, col, select

from consult import ledger_line, look, publications, rounds
from consult.errors import NotFound
from consult.ledger_line import Line
from consult.tables.comments import CommentRow, StandingRow
from consult.tables.rounds import GroupRow, RoundRow
from standards.document import Clause, Document
from standards.tables import StandardRow, VersionRow

PAGE = 25


@dataclass(frozen=True)
class RoundPlace:
    """A round with the text it is about and its sums."""

    round: RoundRow
    standard: StandardRow
    version: VersionRow
    document: Document
    ledger: Line

    @property
    def url(self) -> str:
        """The round's own address at the desk."""
        return look.at(f"/desk/rounds/{self.round.slug}")

    def clause_url(self, clause: Clause | None) -> str:
        """The desk of a clause, or of what was said about the whole."""
        return f"{self.url}/clauses/{'whole' if clause is None else clause.id}"


def round_place(session: Session, slug: str, now: datetime) -> RoundPlace:
    """The round of this slug, its text and its sums. Raises NotFound."""
    row = session.exec(
        select(RoundRow, VersionRow, StandardRow)
        .join(VersionRow, col(VersionRow.id) == RoundRow.version_id)
        .join(StandardRow, col(StandardRow.id) == VersionRow.standard_id)
        .where(RoundRow.slug == slug)
    ).first()
    if row is None:
        raise NotFound(f"There is no round called “{slug}”.")
    round_, version, standard = row
    document = publications.text(session, version)
    return RoundPlace(round_, standard, version, document, ledger_line.line(session, round_, now))


def group_words(session: Session, language: str) -> dict[UUID, str]:
    """The name of each stakeholder group in the page's language."""
    return {row.id: label(row, language) for row in rounds.groups(session)}


def rounds_to_choose(session: Session) -> list[tuple[str, str]]:
    """Slug and title of every round, the newest first."""
    rows = session.exec(select(RoundRow).order_by(col(RoundRow.opens_at).desc())).all()
    return [(row.slug, row.title) for row in rows]


def label(group: GroupRow, language: str) -> str:
    """A group's name in a language, in English, or else its key."""
    labels: dict[str, str] = group.labels
    return labels.get(language.split("-")[0]) or labels.get("en") or group.key


def language_word(code: str) -> str:
    """A language's own name; the code itself for one that has none on record, "" for none."""
    try:
        return look.language_name(code) if code else ""
    except (LookupError, ValueError, UnknownLocaleError):
        return code


def called(clause: Clause, words: int = 60) -> str:
    """A clause in one line: its number and heading, or its first words."""
    heading = clause.text.heading or " ".join(clause.text.body.split())[:words]
    return f"{clause.number} {heading}".strip()


def numbers(document: Document) -> list[tuple[str, str]]:
    """Every clause that can be named by its number, with its heading, for a list to choose from."""
    return [(c.number, c.text.heading or c.text.body[:60]) for c in document if c.number]


def voice(
    comment: CommentRow, alias: str | None, groups: Mapping[UUID, str], zone: str, language: str
) -> dict[str, Any]:
    """A comment as `macros/voices.html` draws it at the desk."""
    group = groups.get(comment.group_id, "") if comment.group_id else ""
    return {
        "id": str(comment.id),
        "channel": comment.channel.value,
        "said": comment.text,
        "language": comment.language,
        "alias": alias or "",
        "group": ", ".join(part for part in (group, comment.region) if part),
        "when": look.written_moment(comment.received_at, zone, language),
        "on": "",
        "translation": "",
        "translated_by": "",
        "lone": False,
        "disposition": "",
        "reason": "",
        "links": [],
        "url": look.at(f"/desk/comments/{comment.id}"),
        "quote": comment.quote,
        "proposal": comment.proposal,
        "ability": comment.ability.value if comment.ability else "",
        "cost": comment.cost,
        "obstacle": comment.obstacle,
        "benefit": comment.benefit,
        "confidential": comment.confidential,
        "late": comment.late,
    }


def containing(words: str) -> Sequence[sa.ColumnElement[bool]]:
    """Conditions for comments that hold each of the words, every character taken as itself."""
    return [
        sa.or_(
            col(CommentRow.text).icontains(word, autoescape=True),
            col(CommentRow.proposal).icontains(word, autoescape=True),
        )
        for word in words.replace("\0", "").split()[:8]
    ]


def lock(session: Session, comment_ids: Sequence[UUID]) -> list[StandingRow]:
    """The standings of comments about to be acted on, kept from others until the transaction ends."""
    query = (
        select(StandingRow)
        .where(col(StandingRow.comment_id).in_(comment_ids))
        .order_by(col(StandingRow.comment_id))
        .with_for_update()
    )
    return list(session.exec(query).all())
