"""A campaign against the real programs: texts pour in while web and worker are killed at random steps.

Nothing here is spared: the programs are killed with SIGKILL, whole process
groups at once, and started again; the sender repeats a text until it is
acknowledged, as a provider does; the provider is our stand-in on loopback.
"""

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from urllib.parse import parse_qs, urlsplit

import sqlalchemy as sa
from sqlmodel import select

from consult import db, intake, ledger, rounds
from consult.channels import twilio
from consult.channels.twilio.gateway import TwilioGateway
from consult.config import Config
from consult.outgoing import lost, sending
from consult.tables.intake import Channel, RecordOutcomeRow, RecordRow
from consult.tables.messages import MessageRow, MessageState
from tests import factories
from tests.standins.twilio_server import OURS, Mood, Provider

BASE_URL = "https://baraza.example.org"
SENDERS = 8
PATIENCE = 600
REPEATED = "SM" + "f" * 32


@dataclass
class Program:
    """One of ours, in a process group of its own, that can be killed and started again."""

    command: list[str]
    environment: dict[str, str]
    port: int = 0
    kills: int = 0
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start, and wait until it listens where it has a port."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "consult", *self.command],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + 60
        while self.port and time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)

    def kill(self) -> None:
        """Kill it and all its children, now."""
        self._signal(signal.SIGKILL)
        self.kills += 1

    def stop(self) -> None:
        """End it in good order."""
        self._signal(signal.SIGTERM)

    def _signal(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, number)
            self.process.wait(30)


@dataclass
class Campaign:
    """So many texts, each answered by one message, through programs that are killed so often."""

    config: Config
    provider: Provider
    texts: int
    kills: int
    repeats: int
    random: Random = field(default_factory=lambda: Random(4))
    unknown: int = 0
    acknowledged: list[str] = field(default_factory=list)
    programs: list[Program] = field(default_factory=list)

    def run(self) -> None:
        """Open a round, let it all happen, and wait until nothing is left to do."""
        self._prepare()
        self._moods()
        with self._started():
            killer = threading.Thread(target=self._kill_now_and_then, daemon=True)
            killer.start()
            self._pour_in()
            killer.join()
            self._wait_until(self._is_drained)
        self._settle()

    def _prepare(self) -> None:
        now = datetime.now(UTC)
        with db.transaction() as session:
            version = factories.a_version(session, status="consultation")
            wanted = rounds.NewRound(
                slug="soak",
                title="Soak",
                languages=("en",),
                opens_at=now - timedelta(days=40),
                closes_at=now + timedelta(days=30),
            )
            rounds.open_round(session, version, wanted, now=now)
        form = self._form(REPEATED, "12 said a month ago", 0)
        arrival = intake.Arrival(Channel.SMS, "twilio", REPEATED, twilio.as_body(form), twilio.FORM)
        intake.accept(arrival, now=now - timedelta(days=31))

    def _moods(self) -> None:
        """Mostly it takes a moment; now and then it accepts and the line breaks."""
        for _ in range(self.texts):
            is_bad = self.random.random() < 0.01
            self.provider.moods.append(Mood(seconds=self.random.uniform(0, 0.03), breaks=is_bad))

    @contextmanager
    def _started(self) -> Iterator[None]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("BARAZA_")}
        environment |= {
            "BARAZA_DATABASE_URL": self.config.database_url,
            "BARAZA_DATA_DIR": str(self.config.data_dir),
            "BARAZA_SECRET_KEY": self.config.secret_key,
            "BARAZA_PII_KEYS": _written(self.config),
            "BARAZA_BASE_URL": BASE_URL,
            "BARAZA_SMS_RATE": "1000",
            "TWILIO_ACCOUNT_SID": self.provider.account,
            "TWILIO_AUTH_TOKEN": self.provider.token,
            "TWILIO_NUMBER": OURS,
            "TWILIO_API_BASE": self.provider.url,
            "PYTHONPATH": str(Path(__file__).parent.parent.parent),
        }
        port = _free_port()
        self.programs = [Program(["serve", f"--port={port}"], environment, port)]
        if not self.config.on_sqlite:
            self.programs.append(Program(["worker"], environment))
        try:
            for program in self.programs:
                program.start()
            yield
        finally:
            for program in self.programs:
                program.stop()

    def _kill_now_and_then(self) -> None:
        """Half of the kills fall while texts come in, half while messages go out, at any moment of either."""
        half = max(self.kills // 2, 1)
        steps: list[tuple[Callable[[], int], int]] = [
            *((self._taken, self.random.randrange(self.texts)) for _ in range(half)),
            *((self._sent, self.random.randrange(self.texts)) for _ in range(self.kills - half)),
        ]
        for place, (count, wanted) in enumerate(sorted(steps, key=lambda step: step[1])):
            deadline = time.monotonic() + PATIENCE
            while count() < wanted and time.monotonic() < deadline:
                time.sleep(0.001)
            time.sleep(self.random.uniform(0, 0.05))
            program = self.programs[place % len(self.programs)]
            program.kill()
            program.start()

    def _taken(self) -> int:
        return len(self.acknowledged)

    def _sent(self) -> int:
        return len(self.provider.messages)

    def _pour_in(self) -> None:
        shares = [list(range(start, self.texts, SENDERS)) for start in range(SENDERS)]
        threads = [threading.Thread(target=self._send_share, args=(share,)) for share in shares]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _send_share(self, share: list[int]) -> None:
        for number in share:
            self._send(f"SM{number:032x}", f"12 the water is dirty in pit {number}", number)
            if number < self.repeats:
                self._send(REPEATED, "12 said a month ago", 0)

    def _send(self, sid: str, words: str, number: int) -> None:
        """Post a text until it is acknowledged; now and then once more, as providers do."""
        form = self._form(sid, words, number)
        signature = twilio.sign(self.provider.token, BASE_URL, "/twilio/sms", form)
        headers = {"Content-Type": twilio.FORM, twilio.SIGNATURE: signature}
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.programs[0].port, timeout=10)
                connection.request("POST", "/twilio/sms", twilio.as_body(form), headers)
                status = connection.getresponse().status
                connection.close()
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)
                continue
            if status == 200:
                self.acknowledged.append(sid)
                return
            time.sleep(0.05)
        raise TimeoutError(f"{sid} was never acknowledged")

    def _form(self, sid: str, words: str, number: int) -> list[tuple[str, str]]:
        sender = f"+25571{number:07d}"
        return [
            ("MessageSid", sid),
            ("AccountSid", self.provider.account),
            ("From", sender),
            ("To", OURS),
            ("Body", words),
        ]

    def _wait_until(self, done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not done():
            if time.monotonic() > deadline:
                raise TimeoutError("what came in was not dealt with in time")
            time.sleep(0.2)

    def _is_drained(self) -> bool:
        with db.reading() as session:
            records = session.exec(select(sa.func.count()).select_from(RecordRow)).one()
            read = session.exec(select(sa.func.count()).select_from(RecordOutcomeRow)).one()
            waiting = session.exec(select(MessageRow.id).where(MessageRow.state == MessageState.WAITING))
            return records == read and waiting.first() is None

    def _settle(self) -> None:
        """What was being sent when a worker died is called unknown, and the provider is asked about it."""
        assert self.config.twilio is not None
        self.provider.moods.clear()
        sending.use({"twilio": TwilioGateway(self.config.twilio, BASE_URL)})
        later = datetime.now(UTC) + sending.STUCK_AFTER + timedelta(minutes=1)
        while self.states[MessageState.SENDING]:
            sending.take_up(now=later)
        self.unknown = self.states[MessageState.UNKNOWN]
        while self._unlooked():
            lost.look_for_lost(now=later)

    def _unlooked(self) -> int:
        with db.reading() as session:
            rows = session.exec(select(MessageRow).where(MessageRow.state == MessageState.UNKNOWN))
            return sum(row.looked_at is None for row in rows)

    @property
    def states(self) -> Counter[MessageState]:
        """How many messages stand in each state."""
        with db.reading() as session:
            return Counter(session.exec(select(MessageRow.state)).all())

    @property
    def kept(self) -> Counter[str]:
        """How often each text is in the ledger."""
        with db.reading() as session:
            return Counter(session.exec(select(RecordRow.provider_id)).all())

    @property
    def accepted(self) -> Counter[str]:
        """How often the provider accepted each of our messages, by our name for it."""
        callbacks = (urlsplit(one["StatusCallback"]).query for one in self.provider.accepted)
        return Counter(parse_qs(query)[twilio.KEY][0] for query in callbacks)

    @property
    def faults(self) -> list[str]:
        """What the ledger finds wrong with itself."""
        with db.transaction() as session:
            ledger.seal_new(session, now=datetime.now(UTC))
            return ledger.verify(session).faults


def _written(config: Config) -> str:
    import base64

    ring = config.keyring
    keys = [f"{number}:{base64.b64encode(key).decode()}" for number, key in ring.sealing.items()]
    return ",".join([*keys, f"lookup:{base64.b64encode(ring.lookup_key).decode()}"])


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
