"""A round's report as a file: Word, PDF and HTML for readers, CSV and JSON for programs.

For readers the synopsis becomes a document like any other and goes through the
same writers as a standard. The same data give the same bytes.
"""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from consult import look
from consult.markdown_words import items, paragraphs, quoted, table, words_of
from consult.report_issues import Issue, Voice
from consult.report_words import (
    CHANNELS,
    OUTCOMES,
    Say,
    change_words,
    issue_heading,
    label,
    next_steps,
    part_words,
    saying,
    summary,
)
from consult.reports import ClauseReport, Synopsis
from consult.words import spoken_language
from standards.document import Clause, ClauseText, Document, Scheme

TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "html": "text/html; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}


def write(synopsis: Synopsis, kind: str) -> bytes:
    """The report as docx, pdf, html, csv or json."""
    if kind == "csv":
        return as_csv(synopsis)
    if kind == "json":
        return (json.dumps(as_json(synopsis), ensure_ascii=False, indent=1) + "\n").encode()
    document = as_document(synopsis)
    if kind == "html":
        from standards.exchange import html

        return html.export(document, label=synopsis.version.label, status=synopsis.standard.title)
    particulars: dict[str, Any] = {
        "title": document.title,
        "label": synopsis.version.label,
        "status": synopsis.standard.title,
        "lead": synopsis.round.summary,
        "frozen_on": synopsis.moment,
    }
    if kind == "pdf":
        from standards.exchange import pdf

        return pdf.write(document, **particulars)
    from standards.exchange.docx import writing

    return writing.write(document, **particulars)


def as_document(synopsis: Synopsis) -> Document:
    """The synopsis as a document: its sections are clauses without numbers of their own."""
    return _Composing(synopsis).document()


class _Composing:
    """Composes the sections of one report, in the round's first language that we speak."""

    def __init__(self, synopsis: Synopsis) -> None:
        round_ = synopsis.round
        self._synopsis = synopsis
        self._language = spoken_language(round_.languages[0] if round_.languages else "en")
        self._say: Say = saying(self._language)
        self._clauses: list[Clause] = []

    def document(self) -> Document:
        _, synopsis = self._say, self._synopsis
        self._section(_("Summary"), paragraphs(summary(synopsis, _)))
        self._section(_("What happens next"), items(next_steps(synopsis, _, self._language)))
        self._section(_("How we consulted"), self._process())
        self._workshops()
        self._people()
        above = self._section(_("What people said, clause by clause"), self._outcomes())
        for report in synopsis.clauses:
            self._on_clause(report, above)
        if synopsis.general:
            whole = self._section(_("On the whole document"), "")
            for issue in synopsis.general:
                self._issue(issue, whole)
        title = _("What people said, and what became of it: %(round)s", round=synopsis.round.title)
        return Document(title, self._language, Scheme.DECLARED, tuple(self._clauses))

    def _section(self, heading: str, body: str, above: UUID | None = None, number: str = "") -> UUID:
        id_ = uuid5(NAMESPACE_URL, f"report/{self._synopsis.round.slug}/{len(self._clauses)}")
        text = ClauseText(heading=heading, body=body, declared_number=number)
        self._clauses.append(Clause(id_, text, above, number))
        return id_

    def _process(self) -> str:
        _, synopsis, language = self._say, self._synopsis, self._language
        round_ = synopsis.round
        closes = round_.closed_at or round_.closes_at
        facts = [
            (_("Opened"), look.written_moment(round_.opens_at, round_.time_zone, language)),
            (_("Closes") if synopsis.is_open else _("Closed"),
             look.written_deadline(closes, round_.time_zone, language)),
            (_("Languages"), ", ".join(look.language_name(code) for code in round_.languages)),
            (_("Ways in"), ", ".join(_(CHANNELS[name]) for name in round_.channels)),
            (_("Why we asked"), round_.purpose),
        ]  # fmt: skip
        parts = ["\n".join(f"- **{words_of(name)}:** {words_of(told)}" for name, told in facts if told)]
        return "\n\n".join(parts)

    def _workshops(self) -> None:
        """Who came, what was said and how they voted, each for itself."""
        _, found = self._say, self._synopsis.workshops
        if not found.meetings:
            return
        heads = (_("Place"), _("Day"), _("People"), _("Comments"), _("Lone voices"))
        rows = [
            (
                one.place,
                look.written_day(one.held_on, self._language),
                *map(self._count, (one.people, one.comments, one.lone)),
            )
            for one in found.meetings
        ]
        above = self._section(_("Workshops"), table(heads, rows, numbers=3))
        if found.groups:
            came = [(label(row.labels, self._language, _), self._count(row.people)) for row in found.groups]
            self._section(_("Who came"), table((_("Group"), _("People")), came, numbers=1), above)
        for one in found.meetings:
            for vote in one.votes:
                drawn = table((_("Option"), _("Dots")), [(o, str(n)) for o, n in vote.options], numbers=1)
                heading = _("Vote in %(place)s: %(question)s", place=one.place, question=vote.question)
                self._section(heading, drawn, above)

    def _people(self) -> None:
        _, people = self._say, self._synopsis.people
        kept = _("Counts under five are kept back, and so is the next smallest, which would give them away.")
        above = self._section(_("Who took part"), paragraphs([kept]))
        if people.groups:
            rows = [
                (label(row.labels, self._language, _), self._count(row.people), str(row.goal or "–"))
                for row in people.groups
            ]
            heads = (_("Group"), _("People"), _("Goal"))
            self._section(_("By group"), table(heads, rows, numbers=2), above)
        for heading, head, found in (
            (_("By region"), _("Region"), people.regions),
            (_("By gender"), _("Gender"), people.genders),
        ):
            counted = [(label(r.labels, self._language, _), self._count(r.people)) for r in found]
            if counted:
                self._section(heading, table((head, _("People")), counted, numbers=1), above)
        channels = [
            (_(CHANNELS[channel.value]), self._count(count))
            for channel, count in self._synopsis.figures.channels.items()
        ]
        if channels:
            drawn = table((_("Channel"), _("Comments")), channels, numbers=1)
            self._section(_("How they spoke"), drawn, above)

    def _outcomes(self) -> str:
        _, figures = self._say, self._synopsis.figures
        rows = [(_(OUTCOMES[name]), str(count)) for name, count in figures.outcomes.items()]
        undecided = figures.comments - figures.erased - figures.decided
        rows += [(_(OUTCOMES[""]), str(undecided))] if undecided else []
        return table((_("Decision"), _("Comments")), rows, numbers=1) if rows else ""

    def _on_clause(self, report: ClauseReport, above: UUID) -> None:
        _ = self._say
        counts = [f"{_(CHANNELS[channel.value])} {count}" for channel, count in report.channels.items()]
        counts += [_("other ways %(count)s", count=report.other)] if report.other else []
        told = _("Comments: %(count)s (%(channels)s).", count=report.comments, channels=", ".join(counts))
        told = " ".join(filter(None, (told, part_words(report.parts, _))))
        clause = report.clause
        heading = clause.text.heading or " ".join(clause.text.body.split()[:8])
        section = self._section(heading, paragraphs([told]), above, clause.number)
        for issue in report.issues:
            self._issue(issue, section)

    def _issue(self, issue: Issue, above: UUID) -> None:
        _ = self._say
        parts = [_("Comments: %(count)s.", count=issue.comments)] if issue.title else []
        body = [words_of(part) for part in parts]
        body += [quoted(voice.said, self._by(voice)) for voice in issue.voices]
        if issue.public > len(issue.voices):
            more = issue.public - len(issue.voices)
            body.append(words_of(_("More public comments of this kind: %(count)s.", count=more)))
        for response in issue.responses:
            outcome = _(OUTCOMES[response.outcome])
            shared = f" ({response.comments})" if len(issue.responses) > 1 else ""
            words = " ".join(filter(None, (response.reason, change_words(response, _))))
            body.append(f"**{words_of(outcome)}{shared}**{'. ' + words_of(words) if words else '.'}")
        self._section(issue_heading(issue, _), "\n\n".join(body), above)

    def _by(self, voice: Voice) -> str:
        group = label(voice.group, self._language, self._say) if voice.group else ""
        channel = self._say(CHANNELS[voice.channel.value]) if voice.channel else ""
        language = look.language_name(voice.language) if voice.language else ""
        lone = self._say("a lone voice: nobody else said it") if voice.lone else ""
        return ", ".join(filter(None, (group, channel, language, lone)))

    def _count(self, count: int | None) -> str:
        return self._say("kept back") if count is None else str(count)


# --- for programs


def as_csv(synopsis: Synopsis) -> bytes:
    """All figures, one a line: table, row, column, value. Empty values are kept back."""
    into = io.StringIO(newline="")
    writer = csv.writer(into)
    writer.writerow(("table", "row", "column", "value"))
    for row in _cells(synopsis):
        writer.writerow([_safe(str("" if cell is None else cell)) for cell in row])
    return b"\xef\xbb\xbf" + into.getvalue().encode()


def _cells(synopsis: Synopsis) -> Iterator[tuple[str, str, str, object]]:
    figures, people = synopsis.figures, synopsis.people
    for name in ("comments", "linked", "general", "waiting", "erased", "decided"):
        yield "comments", "", name, getattr(figures, name)
    for name, count in figures.records.items():
        yield "records", "", name, count
    for name, count in figures.outcomes.items():
        yield "outcomes", name, "comments", count
    for channel, shown in figures.channels.items():
        yield "channels", channel.value, "comments", shown
    yield "people", "", "total", people.total
    for view, rows in (("groups", people.groups), ("regions", people.regions), ("genders", people.genders)):
        for row in rows:
            name = row.labels.get("en") or row.labels.get("") or "not said"
            yield view, name, "people", row.people
            if row.goal is not None:
                yield view, name, "goal", row.goal
    for row in synopsis.workshops.groups:
        yield "attended", row.labels.get("en") or "not said", "people", row.people
    for one in synopsis.workshops.meetings:
        name = f"{one.place}, {one.held_on.isoformat()}"
        for column in ("people", "comments", "lone"):
            yield "workshops", name, column, getattr(one, column)
        for vote in one.votes:
            for words, dots in vote.options:
                yield "votes", f"{name}: {vote.question}", words, dots
    for report in synopsis.clauses:
        number = report.clause.number or report.clause.title
        yield "clauses", number, "comments", report.comments
        for channel, count in report.channels.items():
            yield "clauses", number, channel.value, count
        if report.other:
            yield "clauses", number, "other channels", report.other
        for part, count in sorted(report.parts.items()):
            yield "clauses", number, f"on the {part} part" if part else "part not said", count


def _safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def as_json(synopsis: Synopsis) -> dict[str, Any]:
    """The whole report as plain values; null where a figure is kept back."""
    round_, figures = synopsis.round, synopsis.figures
    return {
        "round": round_.slug,
        "title": round_.title,
        "standard": synopsis.standard.slug,
        "version": synopsis.version.label,
        "opens_at": round_.opens_at.isoformat(),
        "closes_at": (round_.closed_at or round_.closes_at).isoformat(),
        "languages": list(round_.languages),
        "channels": list(round_.channels),
        "comments": {
            name: getattr(figures, name)
            for name in ("comments", "linked", "general", "waiting", "erased", "decided")
        },
        "records": dict(figures.records),
        "outcomes": dict(figures.outcomes),
        "by_channel": {channel.value: count for channel, count in figures.channels.items()},
        "people": {
            "total": synopsis.people.total,
            **{
                name: [{"name": dict(r.labels), "people": r.people, "goal": r.goal} for r in rows]
                for name, rows in (
                    ("groups", synopsis.people.groups),
                    ("regions", synopsis.people.regions),
                    ("genders", synopsis.people.genders),
                )
            },
        },
        "workshops": [
            {
                "place": one.place,
                "held_on": one.held_on.isoformat(),
                "people": one.people,
                "comments": one.comments,
                "lone": one.lone,
                "votes": [
                    {
                        "question": vote.question,
                        "clause": str(vote.clause_id) if vote.clause_id else None,
                        "options": [{"words": words, "dots": dots} for words, dots in vote.options],
                    }
                    for vote in one.votes
                ],
            }
            for one in synopsis.workshops.meetings
        ],
        "attended": [{"name": dict(r.labels), "people": r.people} for r in synopsis.workshops.groups],
        "clauses": [
            {
                "id": str(report.clause.id),
                "number": report.clause.number,
                "heading": report.clause.text.heading,
                "comments": report.comments,
                "spoken": report.spoken,
                "by_channel": {channel.value: count for channel, count in report.channels.items()},
                "other_channels": report.other,
                **({"by_part": _parts(report)} if report.parts else {}),
                "issues": [_issue(issue) for issue in report.issues],
            }
            for report in synopsis.clauses
        ],
        "general": [_issue(issue) for issue in synopsis.general],
    }


def _parts(report: ClauseReport) -> dict[str, int]:
    return {part or "not said": count for part, count in sorted(report.parts.items())}


def _issue(issue: Issue) -> dict[str, Any]:
    return {
        "title": issue.title,
        "comments": issue.comments,
        "texts": issue.texts,
        "responses": [
            {
                "outcome": response.outcome or None,
                "reason": response.reason,
                "comments": response.comments,
                "change": {
                    "version": response.change_version,
                    "clause": str(response.change_clause) if response.change_clause else None,
                    "number": response.change_number,
                }
                if response.change_version
                else None,
            }
            for response in issue.responses
        ],
        "voices": [
            {
                "channel": voice.channel.value if voice.channel else None,
                "language": voice.language,
                "said": voice.said,
                "group": dict(voice.group),
                "lone": voice.lone,
            }
            for voice in issue.voices
        ],
    }
