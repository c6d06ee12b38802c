"""A workshop in the field where everything goes wrong: the line, the tabs, the database, the telephone.

Notes and photographs are written in two tabs of a real browser while a share of all
requests is lost before or after the server has them. Tabs crash, the system closes the
database, the telephone's process is killed. Whoever holds it does what a person does:
what was not shown as kept is written again.
"""

import base64
import io
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

from PIL import Image

from tests.journeys.field.telephone import Telephone

if TYPE_CHECKING:
    from playwright.sync_api import Page

QUICK = {"pause": 20, "every": 300}
BATCH = 4
PATIENCE = 600
WORK = """async ({workshop, todo}) => {
    for (const {entity, words, photo} of todo) {
        if (photo) {
            const bytes = Uint8Array.from(atob(photo), (letter) => letter.charCodeAt(0));
            const sha256 = await field.putObject(workshop, new Blob([bytes], {type: 'image/jpeg'}));
            await field.write(workshop, 'photo', entity, {sha256, caption: words});
        } else {
            await field.write(workshop, 'note', entity, {words, lone: false, category: ''});
            await field.write(workshop, 'note', entity, {lone: true});
        }
        acknowledge(entity);
    }
}"""
# The system's own way of closing a database cannot be asked for, so somebody keeps hold of the handles.
HOLD_HANDLES = """() => {
    const asked = IDBDatabase.prototype.transaction;
    window.handles = new Set();
    IDBDatabase.prototype.transaction = function (...told) {
        handles.add(this);
        return asked.apply(this, told);
    };
}"""
CLOSE_DATABASE = "for (const handle of handles) handle.close()"


@dataclass
class FieldWork:
    """So many notes and photographs, written on this telephone while it is mistreated."""

    telephone: Telephone
    workshop: str
    device: dict[str, str]
    notes: int
    photos: int
    deaths: int
    random: Random = field(default_factory=lambda: Random(8))
    happened: Counter[str] = field(default_factory=Counter)
    acknowledged: set[str] = field(default_factory=set)
    tabs: list["Page"] = field(default_factory=list)
    _bag: list[Any] = field(default_factory=list)

    def run(self) -> None:
        """Write everything, whatever happens, and wait until all of it is sent."""
        self.todo = self._planned()
        self._switch_on()
        self.tabs[0].evaluate("(device) => field.saveDevice(device)", self.device)
        self.tabs[0].evaluate("(id) => field.savePack({workshop: {id}})", self.workshop)
        left = list(self.todo)
        deadline = time.monotonic() + PATIENCE
        while left:
            assert time.monotonic() < deadline, "it cannot be written"
            for start in range(0, len(left), BATCH):
                self._write(left[start : start + BATCH])
            left = [one for one in left if one["entity"] not in self.acknowledged]
            self.happened["written again"] += len(left)
        while any(self._unsent().values()):
            told = self._tab().evaluate("sync.now()")
            assert time.monotonic() < deadline, f"it cannot be sent: {self._unsent()} {told}"
        for tab in self.tabs:
            tab.close()

    def held(self) -> list[str]:
        """The hashes of all operations that the telephone holds."""
        page = self.telephone.engine()
        rows = "field.everything('operations').then((rows) => rows.map((row) => row.hash))"
        return list(page.evaluate(rows))

    def _planned(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = [
            {"entity": f"note:{number}", "words": f"what was said, {number}"} for number in range(self.notes)
        ]
        for number in range(self.photos):
            photo = {"entity": f"photo:{number}", "words": f"sheet {number}", "photo": self._photograph()}
            found.insert(self.random.randrange(len(found)), photo)
        return found

    def _photograph(self) -> str:
        """A picture that no compression makes small: about 200 kB, so two pieces on the line."""
        noise = Image.frombytes("RGB", (400, 300), self.random.randbytes(400 * 300 * 3))
        written = io.BytesIO()
        noise.save(written, "JPEG", quality=92)
        return base64.b64encode(written.getvalue()).decode()

    # --- one batch, and what happens to it

    def _write(self, batch: list[dict[str, Any]]) -> None:
        number = self.random.randrange(2)
        mishap = self._mishap()
        with self._broken_off():
            told = {"workshop": self.workshop, "todo": batch}
            self.tabs[number].evaluate(f"(told) => {{ window.work = ({WORK})(told); }}", told)
            if mishap is None:
                self.tabs[number].evaluate("work")
        if mishap is not None:
            self.tabs[0].wait_for_timeout(self.random.uniform(0, 120))
            mishap(number)

    def _mishap(self) -> Any:
        """What befalls a batch: each kind comes round, in an order of its own every time."""
        if not self._bag:
            self._bag = [None, None, self._tab_crashes, self._tab_crashes, self._database_closes]
            if self.happened["telephone died"] < self.deaths:
                self._bag.append(self._telephone_dies)
            self.random.shuffle(self._bag)
        return self._bag.pop()

    def _telephone_dies(self, _number: int) -> None:
        self.happened["telephone died"] += 1
        self.telephone.dies()
        self.telephone.switch_on()
        self._switch_on()

    def _tab_crashes(self, number: int) -> None:
        self.happened["tab crashed"] += 1
        page = self.tabs[number]
        with suppress(Exception):
            page.goto("chrome://crash", timeout=2000)
        page.close()
        self.tabs[number] = self._opened()

    def _database_closes(self, number: int) -> None:
        self.happened["database closed"] += 1
        for tab in self.tabs:
            tab.evaluate(CLOSE_DATABASE)
        with self._broken_off():
            self.tabs[number].evaluate("work")

    # --- the telephone

    def _switch_on(self) -> None:
        self.telephone.context.expose_function("acknowledge", self._acknowledge)
        self.tabs = [self._opened(), self._opened()]

    def _acknowledge(self, entity: str) -> None:
        self.acknowledged.add(entity)

    def _opened(self) -> "Page":
        page = self.telephone.engine(sync=QUICK)
        page.evaluate(HOLD_HANDLES)
        return page

    def _tab(self) -> "Page":
        return self.random.choice(self.tabs)

    def _unsent(self) -> dict[str, int]:
        return dict(self._tab().evaluate("field.unsent()"))

    @contextmanager
    def _broken_off(self) -> Iterator[None]:
        """Whatever a tab was asked to do when it crashed is not done."""
        from playwright.sync_api import Error

        with suppress(Error):
            yield
