"""What the journeys stand on: the demonstration in a real server, and one real browser to look at it."""

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlmodel import Session, col, select

from consult import config as configuration
from consult import create_app, db, demonstration, keys, objects
from consult.tables.comments import CommentRow, LinkRow, Placement, StandingRow
from consult.tables.conversations import ConcernRow, WordingRow
from consult.tables.intake import Channel
from consult.tables.outgoing import BroadcastRow, BroadcastState
from consult.tables.participants import ParticipantRow
from consult.tables.pilots import PilotRow
from consult.tables.workshops import WorkshopRow
from standards import store, versions
from tests.conftest import RING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

CHROMIUM = os.environ.get("BARAZA_CHROMIUM") or shutil.which("chromium") or ""
NO_BROWSER = (
    "NO BROWSER: no screen was looked at. Mend it with:  sudo apt-get install chromium  "
    "or  .venv/bin/python -m playwright install --with-deps chromium"
)


@dataclass(frozen=True)
class Site:
    """The demonstration as it is served: its address, who may sign in, and the names its screens need."""

    address: str
    signs_in: dict[str, str]
    names: dict[str, str]

    def at(self, path: str) -> str:
        """The address of a screen; `{comment}` and the like stand for ids of the demonstration."""
        return self.address + path.format(**self.names)


@pytest.fixture(scope="session")
def demonstrated(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, str]]:
    """A database with the demonstration in it, to be copied; and the passwords of its people."""
    path = tmp_path_factory.mktemp("demonstrated") / "baraza.db"
    shutil.copy(sqlite_template, path)
    engine = db.make_engine(f"sqlite:///{path}")
    db.use(engine)
    keys.use(RING)
    objects.use((path.parent / "objects").as_uri())
    with db.transaction() as session:
        signs_in = demonstration.load(session, now=datetime.now(UTC))
        _begin_a_draft(session)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path, signs_in


def _begin_a_draft(session: Session) -> None:
    """A draft after the consulted version: what the editor's screens are looked at with."""
    _standard, consulted = store.version_called(session, "rag@2.0")
    versions.new_draft(session, consulted, "2.1", now=datetime.now(UTC))


@pytest.fixture(scope="module")
def site(
    demonstrated: tuple[Path, dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """The demonstration behind a real server on loopback, with every protection in force."""
    from waitress.server import create_server

    folder = tmp_path_factory.mktemp("site")
    shutil.copy(demonstrated[0], folder / "baraza.db")
    engine = db.make_engine(f"sqlite:///{folder / 'baraza.db'}")
    settings = configuration.read(
        {
            "BARAZA_DATA_DIR": str(folder),
            "BARAZA_SECRET_KEY": "a secret for tests",
            "BARAZA_OBJECTS_URL": (demonstrated[0].parent / "objects").as_uri(),
        }
    )
    app = create_app(replace(settings, keyring=RING, demonstration=True), engine=engine)
    server = create_server(app, host="127.0.0.1", port=0, threads=4)

    def serve() -> None:
        # Closed from outside, the loop may still hold a socket that is gone.
        with suppress(OSError):
            server.run()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    with db.reading() as session:
        names = _names(session)
    yield Site(f"http://127.0.0.1:{server.effective_port}", demonstrated[1], names)
    server.close()
    thread.join(timeout=5)
    engine.dispose()


def _names(session: Session) -> dict[str, str]:
    """The ids that addresses of screens need: one of each thing the demonstration has."""
    _standard, consulted = store.version_called(session, "rag@2.0")
    document = store.load(session, consulted)
    clause = next(c for c in document if c.number == "4.1")
    decided = session.exec(
        select(CommentRow)
        .join(StandingRow, col(StandingRow.comment_id) == CommentRow.id)
        .join(LinkRow, col(LinkRow.comment_id) == CommentRow.id)
        .where(col(CommentRow.channel) == Channel.SMS, StandingRow.placement == Placement.LINKED)
        .order_by(col(CommentRow.received_at))
    ).first()
    workshop = session.exec(select(WorkshopRow).where(WorkshopRow.place == "Katoro")).one()
    assert decided is not None
    spoke = session.get_one(ParticipantRow, decided.participant_id)
    return {
        "clause": str(clause.id),
        "comment": str(decided.id),
        "workshop": str(workshop.id),
        "pilot": str(session.exec(select(PilotRow)).one().id),
        "alias": spoke.alias,
        "concern": str(session.exec(select(ConcernRow.id)).first()),
        "wording": str(session.exec(select(WordingRow.id)).first()),
        "broadcast": str(_broadcast(session, BroadcastState.DONE)),
        "drafted": str(_broadcast(session, BroadcastState.DRAFT)),
    }


def _broadcast(session: Session, state: BroadcastState) -> UUID | None:
    return session.exec(select(BroadcastRow.id).where(BroadcastRow.state == state)).first()


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """One real Chromium for a whole module."""
    if not CHROMIUM:
        pytest.skip(NO_BROWSER)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def secretary(site: Site, browser: "Browser") -> "Iterator[BrowserContext]":
    """A browser whose owner signed in as secretary, on the page everybody signs in on."""
    context = browser.new_context(base_url=site.address)
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("[name=email]", "secretary@baraza.example")
    page.fill("[name=password]", site.signs_in["secretary@baraza.example"])
    page.click("main button")
    page.wait_for_url("**/desk**")
    page.close()
    yield context
    context.close()


@pytest.fixture(scope="module")
def visitor(site: Site, browser: "Browser") -> "Iterator[BrowserContext]":
    """A browser that nobody signed in with."""
    context = browser.new_context(base_url=site.address)
    yield context
    context.close()
