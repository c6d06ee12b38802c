"""Durable web comments, against the bare commit rate of the same database and disk.

D is what `sqlite3` alone commits, as in `intake.py`. Ours is the whole door: a
real server in a process of its own on loopback, 8 connections that each send the
comment form of one clause, with a token of its own, and get the receipt page. A
comment is durable twice over when it is answered: the form in the ledger, then
the comment with its link, standing and tally. Both alternate in one run.

    python benchmarks/comments.py [--small] [--threads 8]
"""

import argparse
import http.client
import os
import statistics
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.intake import Round, bare_sqlite, serving, span  # noqa: E402

CONNECTIONS = 8
WORDS = "We have one retort for forty people, and nobody in the district sells another. " * 3


def main() -> None:
    """Measure and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="a quick look instead of a measurement")
    parser.add_argument("--threads", type=int, default=8, help="threads of the server")
    chosen = parser.parse_args()
    rounds, count = (2, 400) if chosen.small else (5, 2000)
    with tempfile.TemporaryDirectory(dir=ROOT / "var" if (ROOT / "var").exists() else None) as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'baraza.db'}"
        with serving(url, folder, chosen.threads) as server:
            slug, forms = a_round(url, folder, rounds * count + 100)
            send_all(server.port, slug, [forms.pop() for _ in range(100)])
            bare, ours = [], []
            for _ in range(rounds):
                bare.append(bare_sqlite(folder / "bare.db", 1000))
                ours.append(send_all(server.port, slug, [forms.pop() for _ in range(count)]))
    say(bare, ours)


def say(bare: list[Round], ours: list[Round]) -> None:
    """The medians and their ratio; each round against the bare commits just before it."""
    base, rate = (statistics.median(one.rate for one in rounds) for rounds in (bare, ours))
    ratio = statistics.median(our.rate / one.rate for our, one in zip(ours, bare, strict=True))
    p99 = statistics.median(one.p99 for one in ours)
    print(
        f"SQLite: sqlite3, WAL, FULL (D) {base:,.0f}/s {span(bare)}; web comment with receipt "
        f"{rate:,.0f}/s {span(ours)}, ratio {ratio:.2f}; p99 {p99:.0f} ms"
    )


def a_round(url: str, folder: Path, forms: int) -> tuple[str, list[bytes]]:
    """A round on a small standard, and forms to send in it, each with a token of its own."""
    os.environ |= {"BARAZA_DATABASE_URL": url, "BARAZA_DATA_DIR": str(folder / "data")}
    from consult import commenting, config, db, keys
    from standards.tables import Status
    from tests import factories

    settings = config.read()
    keys.use(settings.keyring)
    db.use(db.make_engine(url))
    with db.transaction() as session:
        version = factories.a_version(session, status=Status.CONSULTATION)
        round_ = factories.a_round(session, version)
        clause = str(factories.clause_numbered(session, version, "2.1"))
    earlier = datetime.now(UTC) - timedelta(minutes=5)
    made = []
    for number in range(forms):
        token = commenting.new_token(settings.secret_key, round_.id, now=earlier)
        fields = {"token": token, "clause": clause, "text": f"{number}: {WORDS}", "answer": "receipt"}
        made.append(urlencode(fields).encode())
    return round_.slug, made


def send_all(port: int, slug: str, forms: list[bytes]) -> Round:
    """All forms, over 8 connections that are kept open."""
    shares = [forms[start::CONNECTIONS] for start in range(CONNECTIONS)]
    times: list[list[float]] = [[] for _ in shares]
    threads = [
        threading.Thread(target=send_share, args=(port, slug, share, taken))
        for share, taken in zip(shares, times, strict=True)
    ]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - started
    taken = [one for each in times for one in each]
    assert len(taken) == len(forms), "some comments were not answered with a receipt"
    return Round(len(taken) / elapsed, taken)


def send_share(port: int, slug: str, share: list[bytes], taken: list[float]) -> None:
    """One connection's forms, one after the other."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept-Encoding": "br"}
    for body in share:
        started = time.perf_counter()
        connection.request("POST", f"/consultations/{slug}/comment", body, headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status == 200:
            taken.append((time.perf_counter() - started) * 1000)
    connection.close()


if __name__ == "__main__":
    main()
