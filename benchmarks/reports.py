"""Measure the report of a round with ten thousand comments.

    python benchmarks/reports.py

CPU seconds for the synopsis and each of its forms, and how many statements it
asked, on a temporary SQLite database filled through the ordinary acts.
"""

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from consult import comments, create_app, db, dispositions, intake, report_documents, reports, rounds
from consult.cli.opening import opened
from consult.comments import Said, Tie
from consult.tables.comments import CommentRow
from consult.tables.decisions import DispositionOutcome
from consult.tables.intake import Channel
from standards import store, versions
from standards.document import ClauseText, Document, Imported, ImportedClause, Scheme

BROTLI = {"Accept-Encoding": "br"}
COMMENTS, CLAUSES, DECIDED, ANSWERS = 10_000, 100, 2_000, 40


def fill(now: datetime) -> str:
    """A closed round with its comments, each on a clause and most of them answered; its slug."""
    chance = random.Random(5)
    texts = [ClauseText(f"Clause {at}", "Operators shall do so. " * 10) for at in range(CLAUSES)]
    clauses = tuple(ImportedClause(f"c{at}", text) for at, text in enumerate(texts))
    with db.transaction() as session:
        imported = Imported("To measure", "en", Scheme.DECIMAL, clauses)
        wanted = versions.NewStandard(slug="measured", label="1.0")
        version = versions.import_version(session, imported, wanted, by="bench", now=now)
        versions.freeze(session, version, now=now)
        round_ = rounds.open_round(
            session,
            version,
            rounds.NewRound(
                slug="measured-1", title="M", opens_at=now - timedelta(9), closes_at=now + timedelta(1)
            ),
            now=now,
        )
        document = store.load(session, version)
        made = []
        for start in range(0, COMMENTS, 500):
            arrivals = [
                (intake.Arrival(Channel.WEB, "bench", f"m{at}", b"{}", round_id=round_.id), now)
                for at in range(start, start + 500)
            ]
            records = [
                (recorded.id, Channel.WEB, now, [said(chance, document)])
                for recorded in intake.record_all(session, arrivals)
            ]
            made += comments.make_all(session, round_, records, now=now)
        later = now + timedelta(2)
        for one in made[:DECIDED]:
            decision = dispositions.Decision(
                outcome=DispositionOutcome.NOTED, reason=f"Reason {chance.randrange(ANSWERS)}."
            )
            comment = session.get_one(CommentRow, one.id)
            dispositions.decide(session, comment, decision, by="bench", now=later)
    return "measured-1"


def said(chance: random.Random, document: Document) -> Said:
    """A public comment on one of the clauses."""
    words = f"Too far to walk, {chance.randrange(COMMENTS)} times over. " * chance.randint(1, 4)
    return Said(words, ties=(Tie(chance.choice(document.clauses).id),), language="en", public=True)


def cpu(act: Callable[[], object], times: int = 3) -> float:
    """The least CPU seconds of several runs."""
    spent = []
    for _ in range(times):
        began = time.process_time()
        act()
        spent.append(time.process_time() - began)
    return min(spent)


def main() -> int:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["BARAZA_DATA_DIR"] = folder
        settings = opened()
        now = datetime.now(UTC) - timedelta(5)
        slug = fill(now)
        with db.reading() as session:
            asked: list[object] = []
            sa.event.listen(session.get_bind(), "before_cursor_execute", lambda *a: asked.append(a[2]))
            round_ = rounds.round_called(session, slug)
            synopsis = reports.of(session, round_, now=now + timedelta(3))
            print(f"the synopsis asked {len(asked)} statements")
            spent = cpu(lambda: reports.of(session, round_, now=now + timedelta(3)))
            print(f"synopsis      {spent:7.3f} CPU s")
            for kind in ("docx", "pdf", "html", "csv", "json"):
                size = len(report_documents.write(synopsis, kind)) // 1024
                spent = cpu(lambda kind=kind: report_documents.write(synopsis, kind), 2)  # type: ignore[misc]
                print(f"as {kind:10} {spent:7.3f} CPU s  {size:6} KiB")
        page = create_app(settings).test_client().get(f"/consultations/{slug}/report", headers=BROTLI)
        print(f"public page   {len(page.data) / 1024:7.1f} kB on the wire, status {page.status_code}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
