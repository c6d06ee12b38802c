"""The voices on a clause, counted: by theme, group, channel and language; and who reads the answer."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from consult.desk.places import RoundPlace, language_word
from consult.tables.comments import CommentRow, LinkKind, LinkRow, StandingRow, ThemeRow
from consult.tables.intake import Channel
from standards.document import Clause


@dataclass(frozen=True)
class Narrowed:
    """Which of a clause's comments to show; every field may be empty."""

    theme: str = ""
    group: str = ""
    channel: str = ""
    state: str = ""
    comment: UUID | None = None
    after: UUID | None = None

    def as_query(self, **more: Any) -> dict[str, str]:
        """The filters as the question of an address."""
        fields = {
            "theme": self.theme,
            "group": self.group,
            "channel": self.channel,
            "state": self.state,
            "comment": self.comment,
            **more,
        }
        return {name: str(value) for name, value in fields.items() if value}

    @property
    def narrows(self) -> bool:
        """Whether anything is left out."""
        return bool(self.as_query())


class Sort(NamedTuple):
    """Comments alike in everything the desk counts by, and how many there are."""

    theme_id: UUID | None
    title: str | None
    group_id: UUID | None
    channel: Channel
    language: str
    confidential: bool
    outcome: str | None
    many: int


@dataclass(frozen=True)
class Voices:
    """All that was said about one clause, counted by kind; nothing is shown of what is withheld."""

    sorts: Sequence[Sort]

    @cached_property
    def total(self) -> int:
        """Every comment, confidential ones too."""
        return sum(sort.many for sort in self.sorts)

    @cached_property
    def undecided(self) -> int:
        """Comments without a disposition."""
        return sum(sort.many for sort in self.sorts if sort.outcome is None)

    @cached_property
    def confidential(self) -> int:
        """Comments given in confidence."""
        return sum(sort.many for sort in self.sorts if sort.confidential)

    @property
    def open(self) -> "Voices":
        """What was not said in confidence."""
        return Voices([sort for sort in self.sorts if not sort.confidential])

    def like(self, narrowed: Narrowed) -> list[Sort]:
        """The kinds that pass the filters."""
        return [
            sort
            for sort in self.sorts
            if (not narrowed.theme or narrowed.theme == str(sort.theme_id or "none"))
            and (not narrowed.group or narrowed.group == str(sort.group_id or "none"))
            and (not narrowed.channel or narrowed.channel == sort.channel.value)
            and (not narrowed.state or (narrowed.state == "open") is (sort.outcome is None))
        ]

    def by(self, name: str) -> list[tuple[str, int]]:
        """How many comments have each value of a field, most first."""
        found: Counter[str] = Counter()
        for sort in self.sorts:
            value = getattr(sort, name)
            found[str(getattr(value, "value", value) or "none")] += sort.many
        return found.most_common()

    @cached_property
    def themes(self) -> list[dict[str, Any]]:
        """The themes on this clause, the one with most voices first."""
        found: dict[UUID, dict[str, Any]] = {}
        for sort in self.sorts:
            if sort.theme_id is None:
                continue
            theme = found.setdefault(
                sort.theme_id,
                {
                    "id": str(sort.theme_id),
                    "heading": sort.title,
                    "voices": 0,
                    "undecided": 0,
                    "outcomes": set(),
                },
            )
            theme["voices"] += sort.many
            theme["undecided"] += sort.many if sort.outcome is None else 0
            theme["outcomes"].add(sort.outcome)
        for theme in found.values():
            outcomes = theme.pop("outcomes")
            theme["disposition"] = next(iter(outcomes)) if len(outcomes) == 1 else None
        return sorted(found.values(), key=lambda theme: (-theme["voices"], theme["heading"]))


def voices(session: Session, place: RoundPlace, clause: Clause | None) -> Voices:
    """What was said about a clause, counted; one statement."""
    comment, standing = CommentRow.__table__.c, StandingRow.__table__.c  # type: ignore[attr-defined]
    theme = ThemeRow.__table__.c  # type: ignore[attr-defined]
    fields = (
        standing.theme_id,
        theme.title,
        comment.group_id,
        comment.channel,
        comment.language,
        comment.confidential,
        standing.outcome,
    )
    rows = session.connection().execute(
        sa.select(*fields, sa.func.count())
        .select_from(LinkRow)
        .join(CommentRow, comment.id == LinkRow.comment_id)
        .join(StandingRow, standing.comment_id == LinkRow.comment_id)
        .outerjoin(ThemeRow, theme.id == standing.theme_id)
        .where(*on(place, clause))
        .group_by(*fields)
    )
    return Voices([Sort(*row) for row in rows])


def on(place: RoundPlace, clause: Clause | None) -> list[sa.ColumnElement[bool]]:
    """The conditions for live links of this round's comments to a clause, or to the whole."""
    return [
        col(LinkRow.clause_id) == clause.id if clause else col(LinkRow.clause_id).is_(None),
        col(LinkRow.version_id) == place.version.id,
        col(LinkRow.ended_at).is_(None),
        col(LinkRow.kind) != LinkKind.SUGGESTED,
        col(StandingRow.round_id) == place.round.id,
    ]


# --- who reads the answer


def readers(sorts: Iterable[Sort]) -> list[dict[str, Any]]:
    """The languages an answer is to be written in, with how many read it and how many of them by SMS."""
    return _readers((sort.language, sort.channel.value, sort.many) for sort in sorts)


def readers_of(comment: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The one language in which the author of this comment, as drawn, is answered."""
    return _readers([(comment["language"], comment["channel"], 1)])


def _readers(spoken: Iterable[tuple[str, str, int]]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for code, channel, many in spoken:
        root = root_of(code)
        new = {"code": root, "name": language_word(root), "count": 0, "sms": 0}
        entry = found.setdefault(root, new)
        entry["count"] += many
        entry["sms"] += many if channel == Channel.SMS else 0
    return sorted(found.values(), key=lambda entry: (-entry["count"], entry["code"]))


def root_of(code: str) -> str:
    """The language of a tag without region or script; English where none was known."""
    return code.replace("_", "-").split("-")[0].lower() or "en"
