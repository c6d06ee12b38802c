"""What the public pages of a long, much commented standard cost.

Builds two installations in a temporary folder, alike but for their number of
comments (1,000 clauses with 10,000 and with 100,000), and prints for each page
the CPU time, the bytes on the wire and the number of queries in three states:

- *first*: nothing was read before;
- *anew*: a comment has just come in, so the counts are asked for and the page is made again;
- *kept*: nothing has changed since the page was last given out.

Then the ratios that the goals name, all within this one run: a kept page against
a handler that only says "ok" in the same application, and 100,000 comments
against 10,000. `--small` does a tenth of it.
"""

import argparse
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog
from flask import Flask
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder, run_wsgi_app

from consult import config, create_app, db, kept_pages, keys, publications, rounds
from consult.tables.comments import CommentRow, LinkRow, StandingRow, TallyRow
from consult.tables.intake import Channel, RecordRow
from standards import versions
from standards.document import ClauseText, Imported, ImportedClause, Level, Modality, Scheme
from standards.identity import new_id

CHANNELS = (Channel.WEB, Channel.SMS, Channel.WORKSHOP, Channel.DOCUMENT)
PAGES = {
    "clause page": "/standards/bench/1.0/clauses/5.5.5",
    "chapter page": "/standards/bench/1.0?chapter=5",
    "first page of the text": "/standards/bench/1.0",
    "whole text (print)": "/standards/bench/1.0/print",
}
EMPTY = ("quote", "proposal", "cost", "obstacle", "benefit", "region", "external_id")
UNSAID: dict[str, Any] = {**dict.fromkeys(EMPTY, ""), "confidential": False, "late": False}
NOW = datetime.now(UTC)


@dataclass
class Cost:
    """What one request cost: CPU milliseconds, bytes on the wire, queries."""

    cpu: float
    size: int
    queries: int


class Installation:
    """An application on a database of its own, with one standard and many comments."""

    def __init__(self, folder: Path, clauses: int, comments: int) -> None:
        environ = {
            "BARAZA_DATA_DIR": str(folder),
            "BARAZA_DATABASE_URL": f"sqlite:///{folder / 'baraza.db'}",
            "BARAZA_SECRET_KEY": "bench",
        }
        self.config = config.read(environ)
        self.engine = db.make_engine(self.config.database_url)
        db.migrate(self.engine)
        db.use(self.engine)
        keys.use(self.config.keyring)
        _fill(clauses, comments)
        with self.engine.connect() as connection:
            connection.exec_driver_sql("ANALYZE")
            connection.commit()
        self.app: Flask = create_app(self.config, engine=self.engine)
        self.app.add_url_rule("/trivial", view_func=lambda: "ok")

    def get(self, path: str, encoding: str = "br") -> tuple[int, bytes]:
        """Ask for a page as a server would; status and body as sent."""
        address, _, query = path.partition("?")
        builder = EnvironBuilder(
            path=address, query_string=query, headers=Headers({"Accept-Encoding": encoding})
        )
        body, status, _headers = run_wsgi_app(self.app.wsgi_app, builder.get_environ(), buffered=True)
        return int(status[:3]), b"".join(body)

    def forget(self) -> None:
        """As if nothing had been read yet."""
        self.app.extensions.pop("kept_pages", None)
        publications.forget()

    def a_comment_comes(self) -> None:
        """One comment more on some clause, committed."""
        with db.transaction() as session:
            one = sa.select(TallyRow.version_id, TallyRow.clause_id).limit(1)  # type: ignore[call-overload]
            version_id, clause_id = session.connection().execute(one).one()
            counted = (TallyRow.version_id == version_id) & (TallyRow.clause_id == clause_id)
            session.connection().execute(
                sa.update(TallyRow).where(counted).values(comments=TallyRow.comments + 1)
            )

    def cost(self, path: str, prepare: Callable[[], None], repeats: int) -> Cost:
        """The least cost of several requests, each after `prepare`."""
        best, size, queries = float("inf"), 0, 0
        for _ in range(repeats):
            prepare()
            with self._counted() as counted:
                start = time.process_time()
                status, body = self.get(path)
                spent = time.process_time() - start
            assert status == 200, (path, status)
            best, size, queries = min(best, spent), len(body), counted[0]
        return Cost(best * 1000, size, queries)

    def kept_cost(self, path: str, requests: int = 400) -> Cost:
        """The cost of a request among many for the same page, with nothing changing."""
        self.get(path)
        runs = []
        for _ in range(5):
            with self._counted() as counted:
                start = time.process_time()
                for _ in range(requests):
                    _status, body = self.get(path)
                runs.append((time.process_time() - start) / requests)
        return Cost(min(runs) * 1000, len(body), counted[0] // requests)

    @contextmanager
    def _counted(self) -> Iterator[list[int]]:
        found = [0]

        def count(*_: Any) -> None:
            found[0] += 1

        sa.event.listen(self.engine, "before_cursor_execute", count)
        yield found
        sa.event.remove(self.engine, "before_cursor_execute", count)


# --- filling


def _fill(clauses: int, comments: int) -> None:
    draw = random.Random(1)
    with db.transaction() as session:
        wanted = versions.NewStandard(slug="bench", label="1.0", title="A standard of many clauses")
        version = versions.import_version(session, _text(clauses, draw), wanted, by="bench", now=NOW)
        versions.freeze(session, version, now=NOW)
        opened = rounds.NewRound(
            slug="bench", title="Bench", opens_at=NOW - timedelta(days=1), closes_at=NOW + timedelta(days=9)
        )
        round_ = rounds.open_round(session, version, opened, now=NOW)
        ids = [clause.id for clause in publications.text(session, version)]
        for start in range(0, comments, 10_000):
            many = min(10_000, comments - start)
            _insert(session.connection(), _rows(round_.id, version.id, ids, start, many, draw))
        _insert(session.connection(), {TallyRow: _tallies(version.id, ids, comments)})


def _text(clauses: int, draw: random.Random) -> Imported:
    words = ["the", "group", "shall", "keep", "mercury", "water", "a", "of", "record", "and", "retort", "in"]
    words += [f"word{n}" for n in range(2000)]
    weights = [40.0 / (n + 1) for n in range(len(words))]
    made: list[ImportedClause] = []
    for chapter in range(1, clauses // 100 + 1):
        made.append(_clause(f"{chapter}", None, "Chapter"))
        for section in range(1, 11):
            made.append(_clause(f"{chapter}.{section}", f"{chapter}", "Section"))
            last = 9 if section < 10 else 8
            for number in range(1, last + 1):
                body = f"The group shall {' '.join(draw.choices(words, weights, k=110))}."
                key = f"{chapter}.{section}.{number}"
                made.append(_clause(key, f"{chapter}.{section}", "Clause", body))
    return Imported("A standard of many clauses", "en", Scheme.DECIMAL, tuple(made))


def _clause(key: str, parent: str | None, kind: str, body: str = "") -> ImportedClause:
    modality = Modality.REQUIREMENT if body else Modality.NONE
    return ImportedClause(key, ClauseText(f"{kind} {key}", body, Level.SECTION, modality), parent)


def _rows(
    round_id: UUID, version_id: UUID, clauses: list[UUID], start: int, many: int, draw: random.Random
) -> dict[Any, list[dict[str, Any]]]:
    found: dict[Any, list[dict[str, Any]]] = {RecordRow: [], CommentRow: [], StandingRow: [], LinkRow: []}
    for serial in range(start, start + many):
        record, comment = new_id(), new_id()
        channel = CHANNELS[serial % len(CHANNELS)]
        same = {"round_id": round_id, "channel": channel}
        came = {"received_at": NOW}
        found[RecordRow].append(
            {
                "id": record,
                **same,
                **came,
                "source": "bench",
                "provider_id": str(serial),
                "content_type": "text/plain",
                "payload": b"sealed",
                "payload_hash": b"hash",
            }
        )
        found[CommentRow].append(
            {
                **UNSAID,
                "id": comment,
                **same,
                **came,
                "record_id": record,
                "part": 0,
                "language": "en",
                "text": " ".join(draw.choices(("retort", "water", "too", "dear", "far", "children"), k=25)),
                "receipt": f"B{serial}",
                "public": serial % 3 == 0,
            }
        )
        found[StandingRow].append(
            {"comment_id": comment, **same, "placement": "linked", "held": "", "hidden": ""}
        )
        found[LinkRow].append(
            {
                "id": new_id(),
                "comment_id": comment,
                "version_id": version_id,
                "clause_id": clauses[(serial // len(CHANNELS)) % len(clauses)],
                "kind": "explicit",
                "quote": "",
                "why": [],
                "by": "",
                "at": NOW,
            }
        )
    return found


def _tallies(version_id: UUID, clauses: list[UUID], comments: int) -> list[dict[str, Any]]:
    each = max(1, comments // len(clauses) // len(CHANNELS))
    return [
        {"version_id": version_id, "clause_id": clause, "channel": channel, "comments": each}
        for clause in clauses
        for channel in CHANNELS
    ]


def _insert(connection: sa.Connection, rows: dict[Any, list[dict[str, Any]]]) -> None:
    for table, values in rows.items():
        connection.execute(sa.insert(table), values)


# --- printing


def main() -> None:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="a tenth of the clauses and comments")
    scale = 10 if parser.parse_args().small else 1
    nowhere = Path(os.devnull).open("w")  # noqa: SIM115  (for as long as the process lives)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(nowhere))
    # Freshness by the clock would blur what is measured: here only commits make a page anew.
    kept_pages.FRESH = 3600
    clauses, few, many = 1_000 // scale, 10_000 // scale, 100_000 // scale
    pages = (
        PAGES
        if scale == 1
        else {k: p.replace("5.5.5", "1.5.5").replace("=5", "=1") for k, p in PAGES.items()}
    )
    with tempfile.TemporaryDirectory() as folder:
        found = {}
        for comments in (few, many):
            place = Path(folder) / str(comments)
            place.mkdir()
            installation = Installation(place, clauses, comments)
            print(f"\n{clauses:,} clauses, {comments:,} comments")
            found[comments] = _measure(installation, pages, repeats=5 if scale == 1 else 3)
            installation.engine.dispose()
    print(f"\n{many:,} comments against {few:,}, CPU (goal 1.2, stretch 1.05)")
    for name in pages:
        ratios = [found[many][name][state].cpu / found[few][name][state].cpu for state in range(3)]
        print(f"  {name:<24} first {ratios[0]:.2f}, anew {ratios[1]:.2f}, kept {ratios[2]:.2f}")


def _measure(place: Installation, pages: dict[str, str], repeats: int) -> dict[str, list[Cost]]:
    found: dict[str, list[Cost]] = {}
    trivial = place.kept_cost("/trivial")
    print(f"  {'page':<24} {'state':<6} {'CPU ms':>8} {'bytes (br)':>11} {'queries':>8}")
    for name, path in pages.items():
        costs = [
            place.cost(path, place.forget, repeats),
            place.cost(path, place.a_comment_comes, repeats),
            place.kept_cost(path),
        ]
        found[name] = [replace(cost) for cost in costs]
        for state, cost in zip(("first", "anew", "kept"), costs, strict=True):
            print(f"  {name:<24} {state:<6} {cost.cpu:8.2f} {cost.size:11,} {cost.queries:8}")
    print(f"  {'a handler that says ok':<24} {'':<6} {trivial.cpu:8.2f}")
    kept = {name: costs[2].cpu / trivial.cpu for name, costs in found.items()}
    print(
        "  kept against trivial (goal 4, stretch 2.5): " + ", ".join(f"{v:.2f} {k}" for k, v in kept.items())
    )
    return found


if __name__ == "__main__":
    main()
