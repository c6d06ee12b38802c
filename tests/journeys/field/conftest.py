"""A telephone on a bad line to the demonstration's server."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlmodel import select

from consult import db
from consult.field import devices
from consult.tables.people import PersonRow, Role
from tests.journeys.conftest import CHROMIUM, NO_BROWSER, Site
from tests.journeys.field.telephone import Pages, Telephone, a_telephone
from tests.standins.bad_line import Line, a_line

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

SHORT = {"pause": 20, "every": 600_000}
"""A sync that gives up and begins again quickly, and else waits to be asked."""


@pytest.fixture(scope="module")
def playwright() -> "Iterator[Playwright]":
    """What drives the telephones of a module."""
    if not CHROMIUM:
        pytest.skip(NO_BROWSER)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        yield started


@pytest.fixture
def line(site: Site) -> Iterator[Line]:
    """The line between the telephone and the server."""
    with a_line(site.address) as found:
        yield found


@pytest.fixture(scope="module")
def one_browser(playwright: "Playwright") -> "Iterator[Browser]":
    """A browser for all tests of a module in which no telephone dies."""
    started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    yield started
    started.close()


@pytest.fixture
def tabs(one_browser: "Browser", line: Line) -> Iterator[Pages]:
    """Tabs with a storage of their own; nothing that broke in them stays unseen."""
    context = one_browser.new_context()
    found = Pages(context, line.address)
    yield found
    context.close()
    assert found.errors == []


@pytest.fixture
def telephone(playwright: "Playwright", line: Line, tmp_path: Path) -> Iterator[Telephone]:
    """A telephone, switched on; nothing that broke on its pages stays unseen."""
    with a_telephone(playwright, tmp_path / "telephone", line.address) as found:
        yield found
        assert found.errors == []


@pytest.fixture
def token(site: Site) -> Callable[[], dict[str, str]]:
    """Make a device known to the server, as signing in on it does."""

    def make() -> dict[str, str]:
        with db.transaction() as session:
            device, secret = devices.issue(session, secretary()[0], "test", now=datetime.now(UTC))
            return {"device": str(device.id), "token": secret, "label": "test"}

    return make


def secretary() -> tuple[UUID, Role]:
    """The demonstration's secretary."""
    with db.reading() as session:
        person = session.exec(select(PersonRow).where(PersonRow.role == Role.SECRETARY)).first()
        assert person is not None
        return person.id, person.role


def take_back(device: str) -> None:
    """The secretary takes a device's token back."""
    with db.transaction() as session:
        row = session.get_one(devices.DeviceRow, UUID(device))
        devices.revoke(session, row, by=row.person_id, now=datetime.now(UTC))
