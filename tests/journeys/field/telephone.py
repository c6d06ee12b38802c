"""A telephone: a real browser in a process group of its own, that can be killed and switched on again."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.journeys.conftest import CHROMIUM
from tests.standins.bad_line import BLANK

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Playwright

SWITCHES = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-component-update",
    "--disable-background-networking",
    "--disable-sync",
    "--remote-debugging-port=0",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)
ENGINE = """async ({sync, backup}) => {
    const store = await import('/static/field/store.js');
    window.store = store;
    window.field = await store.openField();
    if (sync) window.sync = (await import('/static/field/sync.js')).startSync(field, sync);
    if (backup) window.backup = await import('/static/field/backup.js');
}"""


class Pages:
    """Tabs that share one storage; `address` is where they find the server."""

    def __init__(self, context: "BrowserContext", address: str) -> None:
        self._context, self.address = context, address
        self.errors: list[str] = []

    @property
    def context(self) -> "BrowserContext":
        """All that is open."""
        return self._context

    def opens(self, path: str = BLANK) -> "Page":
        """A new tab on a page."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.goto(self.address + path)
        return page

    def engine(self, *, sync: dict[str, Any] | None = None, backup: bool = False) -> "Page":
        """A tab with the engine behind the screens in it: `field`, and `sync` and `backup` if asked for."""
        page = self.opens()
        page.evaluate(ENGINE, {"sync": sync, "backup": backup})
        return page


class Telephone(Pages):
    """A browser whose storage outlives its process."""

    def __init__(self, playwright: "Playwright", folder: Path, address: str) -> None:
        self._playwright, self.folder, self.address = playwright, folder, address
        self._process: subprocess.Popen[bytes] | None = None
        self._browser: Browser | None = None
        self.errors = []

    @property
    def context(self) -> "BrowserContext":
        """All that is open on it."""
        assert self._browser is not None
        return self._browser.contexts[0]

    def switch_on(self) -> None:
        """Start the browser on what it had kept."""
        told = self.folder / "DevToolsActivePort"
        told.unlink(missing_ok=True)
        self._process = subprocess.Popen(
            [CHROMIUM, *SWITCHES, f"--user-data-dir={self.folder}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + 30
        while not (told.exists() and told.read_text().count("\n")):
            assert time.monotonic() < deadline, "the browser does not start"
            time.sleep(0.02)
        port = told.read_text().split("\n")[0]
        self._browser = self._playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")

    def dies(self) -> None:
        """Its process is killed, as when the battery falls out."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(30)
        if self._browser is not None:
            self._browser.close()
        self._browser = self._process = None


@contextmanager
def a_telephone(playwright: "Playwright", folder: Path, address: str) -> Iterator[Telephone]:
    """A telephone, switched on."""
    found = Telephone(playwright, folder, address)
    found.switch_on()
    try:
        yield found
    finally:
        if found._process is not None:
            found.dies()
