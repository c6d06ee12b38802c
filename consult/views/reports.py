"""The report of a round: for everyone once it has closed, and at the desk at any time."""

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _
from sqlmodel import Session, col

from consult import db, look, publications, report_documents, reports, rounds
from consult.errors import NotFound
from consult.kept_pages import Page, kept
from consult.permissions import Act
from consult.publications import NothingToRead, Publication
from consult.reading import first_words
from consult.report_issues import MOST_VOICES, Issue, Voice
from consult.report_issues import Response as Answered
from consult.report_people import Row
from consult.report_words import change_words, issue_heading, next_steps, part_words, summary
from consult.report_words import label as name_of
from consult.reports import ClauseReport, Synopsis
from consult.tables.comments import CommentRow, LinkRow, StandingRow, ThemeRow
from consult.tables.decisions import DispositionRow
from consult.tables.field import EntityRow
from consult.tables.rounds import RoundRow
from consult.tables.workshops import AttendanceRow, UtteranceRow, WorkshopRow
from consult.views.comment_form import label
from consult.views.commenting import how_they_spoke, who_took_part
from consult.views.guard import requires
from consult.views.shown import attachment, compare_url, round_shown, standard_shown, version_url
from standards.tables import VersionRow

bp = Blueprint("reports", __name__)

KINDS = ("docx", "pdf", "html", "csv", "json")
TABLES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "docx": report_documents.TYPES["docx"],
    "jsonl": "application/jsonl",
}
CLAUSES_A_PAGE = 50
MOST_ISSUES = 150
"""Issues drawn on one page of the report, shared among its clauses; the files have all of them."""


@bp.get("/consultations/<slug>/report")
@kept
def public(session: Session, slug: str) -> Page:
    """What people said and what became of it, once the round has closed."""
    round_, now = _closed(session, slug), datetime.now(UTC)

    def make() -> str:
        return _drawn(session, reports.of(session, round_, now=now), f"/consultations/{slug}/report")

    return Page(_stamp(session, round_), make)


@bp.get("/consultations/<slug>/report.<kind>")
def public_file(slug: str, kind: str) -> Response:
    """The same report as a file."""
    with db.reading() as session:
        return _file(session, _closed(session, slug), kind)


@bp.get("/desk/rounds/<slug>/report")
@requires(Act.EXPORT)
def desk(slug: str) -> str:
    """The report as it would read now, with its files and the comment tables."""
    with db.reading() as session:
        round_ = rounds.round_called(session, slug)
        synopsis = reports.of(session, round_, now=datetime.now(UTC))
        return _drawn(session, synopsis, f"/desk/rounds/{slug}/report", at_desk=True)


@bp.get("/desk/rounds/<slug>/report.<kind>")
@requires(Act.EXPORT)
def desk_file(slug: str, kind: str) -> Response:
    """The report as a file, also while the round is open."""
    with db.reading() as session:
        return _file(session, rounds.round_called(session, slug), kind)


@bp.get("/desk/rounds/<slug>/tables.<kind>")
@requires(Act.EXPORT)
def table(slug: str, kind: str) -> Response:
    """All comments in the columns of the ISO commenting template."""
    from consult.sheets import writing

    if kind not in TABLES:
        raise NotFound(_("Comment tables come as xlsx, csv, docx or jsonl."))
    into = io.BytesIO()
    with db.reading() as session:
        writing.write(session, rounds.round_called(session, slug), kind, into)
    return attachment(into.getvalue(), f"{slug}-comments.{kind}", TABLES[kind])


# --- files


def _closed(session: Session, slug: str) -> RoundRow:
    round_ = rounds.round_called(session, slug)
    if not rounds.has_closed(round_, datetime.now(UTC)):
        raise NothingToRead(_("The report stands here when the consultation has closed."))
    return round_


def _file(session: Session, round_: RoundRow, kind: str) -> Response:
    if kind not in KINDS:
        raise NotFound(_("The report comes as docx, pdf, html, csv or json."))
    data = report_documents.write(reports.of(session, round_, now=datetime.now(UTC)), kind)
    return attachment(data, f"{round_.slug}-report.{kind}", report_documents.TYPES[kind])


def _stamp(session: Session, round_: RoundRow) -> str:
    """What the page depends on, asked in a few counts: the report itself would cost too much."""
    count, latest = sa.func.count(), sa.func.max
    standing, comment = StandingRow.__table__.c, CommentRow.__table__.c  # type: ignore[attr-defined]
    marks = (standing.placement, standing.outcome, standing.held != "", standing.hidden != "")
    agreed = (comment.public, comment.confidential)
    here = comment.round_id == round_.id
    queries = [
        sa.select(*marks, *agreed, count)
        .join(CommentRow, comment.id == standing.comment_id)
        .where(here)
        .group_by(*marks, *agreed)
        .order_by(*marks, *agreed),
        sa.select(count, latest(LinkRow.at), latest(LinkRow.ended_at))
        .join(CommentRow, comment.id == LinkRow.comment_id)
        .where(here),
        sa.select(latest(DispositionRow.decided_at))
        .join(StandingRow, standing.disposition_id == DispositionRow.id)
        .where(standing.round_id == round_.id),
        sa.select(standing.theme_id, ThemeRow.title, count)  # type: ignore[call-overload]
        .join(ThemeRow, col(ThemeRow.id) == standing.theme_id)
        .where(standing.round_id == round_.id)
        .group_by(standing.theme_id, ThemeRow.title)
        .order_by(standing.theme_id),
        sa.select(count, sa.func.sum(AttendanceRow.people), sa.func.sum(AttendanceRow.women))
        .join(WorkshopRow, col(WorkshopRow.id) == AttendanceRow.workshop_id)
        .where(col(WorkshopRow.round_id) == round_.id),
        # What was marked and voted at workshops changes without a comment changing.
        sa.select(count, latest(EntityRow.changed_at))
        .join(WorkshopRow, col(WorkshopRow.id) == EntityRow.workshop_id)
        .where(col(WorkshopRow.round_id) == round_.id),
        sa.select(count)
        .select_from(UtteranceRow)
        .join(CommentRow, comment.id == UtteranceRow.comment_id)
        .where(here, col(UtteranceRow.lone).is_(True)),
        sa.select(VersionRow.id, VersionRow.status).order_by(col(VersionRow.id)),  # type: ignore[call-overload]
    ]
    facts = [session.connection().execute(query).all() for query in queries]
    return str((round_, facts))


# --- drawing


def _drawn(session: Session, synopsis: Synopsis, address: str, *, at_desk: bool = False) -> str:
    publication = publications.called(session, synopsis.standard.slug, drafts=at_desk)
    drawing = _Drawing(publication, synopsis, address, at_desk)
    return render_template("public/report.html", **drawing.values())


class _Drawing:
    """Arranges a synopsis for `public/report.html`."""

    def __init__(self, publication: Publication, synopsis: Synopsis, address: str, at_desk: bool) -> None:
        self._publication, self._synopsis = publication, synopsis
        self._address, self._at_desk = address, at_desk
        self._pages = max(1, -(-len(synopsis.clauses) // CLAUSES_A_PAGE))
        self._page = min(max(request.args.get("page", 1, int), 1), self._pages)
        start = (self._page - 1) * CLAUSES_A_PAGE
        self._drawn = synopsis.clauses[start : start + CLAUSES_A_PAGE]
        self._most = MOST_ISSUES // (len(self._drawn) or 1)
        is_crowded = sum(len(report.issues) for report in self._drawn) > MOST_ISSUES
        self._voices = 1 if is_crowded else MOST_VOICES
        self._base = version_url(publication, synopsis.version.label)

    def values(self) -> dict[str, Any]:
        synopsis, figures = self._synopsis, self._synopsis.figures
        undecided = figures.comments - figures.erased - figures.decided
        outcomes = {**figures.outcomes, **({"undecided": undecided} if undecided else {})}
        return {
            "round": round_shown(synopsis.round, synopsis.moment) | {"is_open": synopsis.is_open},
            "standard": standard_shown(self._publication),
            "version": {"label": synopsis.version.label, "url": self._base},
            "summary": summary(synopsis, _),
            "next_steps": next_steps(synopsis, _, look.spoken()),
            "process": self._process(),
            "workshops": self._workshops(),
            "outcomes": [
                {"disposition": name, "count": count, "share": 100 * count / (figures.comments or 1)}
                for name, count in outcomes.items()
            ],
            "participation": who_took_part(synopsis.seen) or [],
            "regions": self._rows(synopsis.people.regions),
            "genders": self._rows(synopsis.people.genders),
            "channel_counts": how_they_spoke(synopsis.seen),
            "page": self._page,
            "clauses": [self._clause(report) for report in self._drawn],
            "pager": self._pager() if self._pages > 1 else None,
            "general": [self._issue(issue) for issue in synopsis.general[: MOST_ISSUES // 5]]
            if self._page == self._pages
            else [],
            "downloads": self._downloads(),
            "at_desk": self._at_desk,
        }

    def _process(self) -> dict[str, Any]:
        round_ = self._synopsis.round
        return {
            "opens_at": round_.opens_at,
            "languages": round_.languages,
            "channels": round_.channels,
            "purpose": round_.purpose,
        }

    def _workshops(self) -> dict[str, Any]:
        found = self._synopsis.workshops
        return {"meetings": found.meetings, "groups": self._rows(found.groups)}

    def _pager(self) -> dict[str, Any]:
        first = (self._page - 1) * CLAUSES_A_PAGE + 1
        here = look.at(self._address)
        return {
            "first": first,
            "last": first + len(self._drawn) - 1,
            "total": len(self._synopsis.clauses),
            "size": min(CLAUSES_A_PAGE, len(self._synopsis.clauses) - self._page * CLAUSES_A_PAGE),
            "previous_url": f"{here}?page={self._page - 1}" if self._page > 1 else "",
            "next_url": f"{here}?page={self._page + 1}" if self._page < self._pages else "",
        }

    @staticmethod
    def _rows(rows: Sequence[Row]) -> list[dict[str, Any]]:
        return [{"name": name_of(row.labels, look.spoken(), _), "count": row.people} for row in rows]

    def _clause(self, report: ClauseReport) -> dict[str, Any]:
        clause = report.clause
        return {
            "number": clause.number,
            "heading": clause.text.heading or first_words(clause.text.body),
            "url": f"{self._base}/clauses/{quote(clause.number or str(clause.id), safe='')}",
            "total": report.comments,
            "spoken": report.spoken,
            "channels": [(channel.value, count) for channel, count in report.channels.items()],
            "other": report.other,
            "parts": part_words(report.parts, _),
            "issues": [self._issue(issue) for issue in report.issues[: self._most]],
            "more": max(len(report.issues) - self._most, 0),
        }

    def _issue(self, issue: Issue) -> dict[str, Any]:
        return {
            "id": issue.id,
            "heading": issue_heading(issue, _),
            "comments": issue.comments,
            "texts": issue.texts,
            "responses": [self._response(response) for response in issue.responses],
            "voices": [self._voice(voice) for voice in issue.voices[: self._voices]],
            "more": issue.public - len(issue.voices[: self._voices]),
        }

    def _response(self, response: Answered) -> dict[str, Any]:
        url = ""
        if response.change_version:
            url = compare_url(self._publication, self._synopsis.version.label, response.change_version)
            url += f"#change-{response.change_clause}" if response.change_clause else ""
        return {
            "disposition": response.outcome or "undecided",
            "reason": response.reason,
            "comments": response.comments,
            "change": change_words(response, _),
            "change_url": url,
        }

    @staticmethod
    def _voice(voice: Voice) -> dict[str, Any]:
        return {
            "channel": voice.channel.value if voice.channel else "",
            "language": voice.language,
            "said": voice.said,
            "group": label(voice.group) if voice.group else "",
            "lone": voice.lone,
        }

    def _downloads(self) -> list[dict[str, str]]:
        kinds = [("docx", _("Word")), ("pdf", _("PDF")), ("csv", _("Figures (CSV)")), ("json", _("JSON"))]
        found = [{"words": words, "url": look.at(f"{self._address}.{kind}")} for kind, words in kinds]
        if self._at_desk:
            tables = look.at(f"/desk/rounds/{self._synopsis.round.slug}/tables")
            found += [
                {"words": _("All comments (XLSX)"), "url": f"{tables}.xlsx"},
                {"words": _("All comments (CSV)"), "url": f"{tables}.csv"},
                {"words": _("All comments (Word)"), "url": f"{tables}.docx"},
            ]
        return found
