"""Two hundred notes and twenty photographs over a line that loses a third: none lost, none doubled.

`BARAZA_SOAK_NOTES` makes the long campaign shorter or longer; a tenth as many photographs go with them.
"""

import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from consult import create_app, db
from consult.field import devices
from consult.tables.field import OperationRow, PhotoRow, StoredObjectRow
from consult.tables.workshops import UtteranceRow
from consult.workshops import meetings
from consult.workshops.meetings import Meeting
from tests import factories
from tests.journeys.conftest import CHROMIUM, NO_BROWSER
from tests.journeys.field.telephone import a_telephone
from tests.soak.field_work import FieldWork
from tests.standins.bad_line import a_line

pytestmark = pytest.mark.browser

NOTES = int(os.environ.get("BARAZA_SOAK_NOTES", "200"))
LOST = 0.3


@pytest.fixture
def server(config, engine) -> Iterator[str]:
    """The address of a real server on the test's database."""
    from waitress.server import create_server

    running = create_server(create_app(config, engine=engine), host="127.0.0.1", port=0, threads=4)

    def serve() -> None:
        with suppress(OSError):
            running.run()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{running.effective_port}"
    running.close()
    thread.join(timeout=5)


@pytest.fixture
def prepared(engine) -> tuple[str, dict[str, str]]:
    """A workshop, and a device that is known."""
    now = datetime.now(UTC)
    with db.transaction() as session:
        round_ = factories.a_round(session, opens=now - timedelta(days=5), closes=now + timedelta(days=5))
        workshop = meetings.hold(
            session, round_, Meeting(place="Katoro", held_on=now.date(), languages=("sw",)), now=now
        ).workshop
        device, token = devices.issue(session, factories.a_person(session).id, "soak", now=now)
        return str(workshop.id), {"device": str(device.id), "token": token}


@pytest.mark.parametrize(
    ("notes", "photos", "deaths"),
    [
        pytest.param(20, 3, 1, id="a-few"),
        pytest.param(NOTES, NOTES // 10, 8, id="hundreds", marks=pytest.mark.soak),
    ],
)
def test_nothing_is_lost_and_nothing_is_doubled(
    server, prepared, notes, photos, deaths, engine, tmp_path, capsys
):
    if not CHROMIUM:
        pytest.skip(NO_BROWSER)
    if engine.dialect.name != "sqlite" and notes < 100:
        pytest.skip("the small campaign runs on one engine")
    from playwright.sync_api import sync_playwright

    workshop, device = prepared
    started = time.monotonic()
    with (
        sync_playwright() as playwright,
        a_line(server) as line,
        a_telephone(playwright, tmp_path / "telephone", line.address) as telephone,
    ):
        line.loses = LOST
        work = FieldWork(telephone, workshop, device, notes, photos, deaths)
        work.run()
        held = work.held()

    with db.reading() as session:
        operations = [row.hash for row in session.exec(select(OperationRow)).all()]
        said = Counter(session.exec(select(UtteranceRow.words)).all())
        shown = session.exec(select(PhotoRow)).all()
        stored = Counter(session.exec(select(StoredObjectRow.sha256)).all())
    planned = {one["words"] for one in work.todo if "photo" not in one}
    assert Counter(operations) == Counter(held)
    assert max(Counter(operations).values()) == 1
    assert said == Counter(planned)
    assert len(shown) == len(stored) == photos
    assert {row.sha256 for row in shown if row.object_id} == set(stored)
    assert max(stored.values()) == 1
    assert set(work.happened) >= {"tab crashed", "database closed", "telephone died"}
    assert line.happened["lost there"] + line.happened["lost back"] + line.happened["cut back"] > 0
    with capsys.disabled():
        print(
            f"\n{notes} notes and {photos} photographs as {len(operations)} operations in "
            f"{time.monotonic() - started:.0f} s; requests {dict(line.happened)}; {dict(work.happened)}"
        )
