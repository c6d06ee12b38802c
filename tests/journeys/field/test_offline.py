"""The field page without a network, when the telephone dies, and when its system works against it."""

import json
from datetime import UTC, datetime, timedelta
from io import BytesIO
from uuid import UUID

import pytest
from sqlmodel import col, select

from consult import db
from consult.field import backup_files
from consult.tables.field import OperationRow, StoredObjectRow
from consult.tables.rounds import RoundRow
from consult.tables.workshops import UtteranceRow, WorkshopRow
from tests.journeys.field.conftest import SHORT, secretary, take_back
from tests.journeys.field.telephone import ENGINE

pytestmark = pytest.mark.browser

WRITE = "({workshop, entity, ...fields}) => field.write(workshop, 'note', entity, fields)"
WORDS = """async (workshop) => {
    const state = await field.state(workshop);
    return Object.fromEntries([...state.values()].map((one) => [one.key, one.get('words')]));
}"""
SENT = "field.waiting(id).then((rows) => field.markKept(id, rows.map((row) => ({...row, state: 'fresh'}))))"
NOISE = """(size) => {
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size; at += 50000) crypto.getRandomValues(bytes.subarray(at, at + 50000));
    return bytes;
}"""
WAITING = """async () => {
    const registration = await navigator.serviceWorker.getRegistration();
    while (!registration.waiting) await new Promise((done) => setTimeout(done, 50));
}"""
OPEN = "import('/static/field/store.js').then(async (store) => (window.field = await store.openField()))"
RESERVE = "caches.open('field-reserve').then((cache) => cache.match('/reserve')).then(Boolean)"
READY = "navigator.serviceWorker.ready.then(() => true)"
# Somebody who keeps hold of every handle, as the system does that closes them.
HOLD_HANDLES = """() => {
    const asked = IDBDatabase.prototype.transaction;
    window.handles = new Set();
    window.aborts = 0;
    IDBDatabase.prototype.transaction = function (...told) {
        handles.add(this);
        const transaction = asked.apply(this, told);
        if (aborts > 0) { aborts -= 1; queueMicrotask(() => transaction.abort()); }
        return transaction;
    };
}"""


@pytest.fixture
def workshop(site):
    return site.names["workshop"]


def words_at_the_server(prefix):
    with db.reading() as session:
        found = select(UtteranceRow.words).where(col(UtteranceRow.words).startswith(prefix))
        return sorted(session.exec(found).all())


class TestWithoutANetwork:
    def test_it_starts_cold_and_what_was_written_outlives_the_telephone(self, telephone, line, workshop):
        page = telephone.opens("/field/")
        page.evaluate(READY)
        line.is_up = False

        page.reload()
        heading = page.locator("main h1").first
        heading.wait_for()
        shown = heading.text_content()
        page.evaluate(OPEN)
        for number in range(3):
            note = {"workshop": workshop, "entity": f"note:{number}", "words": f"maji {number}"}
            page.evaluate(WRITE, note)
        stretch = "new Blob(['sound'.repeat(600)], {type: 'audio/webm'})"
        page.evaluate(f"(id) => field.appendSound(id, 'recording:1', 0, {stretch}, 5000)", workshop)
        telephone.dies()
        telephone.switch_on()
        page = telephone.opens("/field/?lang=sw")
        page.locator("main h1").first.wait_for()
        page.evaluate(OPEN)

        assert shown
        words = {f"note:{number}": f"maji {number}" for number in range(3)}
        assert page.evaluate(WORDS, workshop) == {**words, "recording:1": None}
        assert page.evaluate("field.unsent()") == {"operations": 4, "objects": 1, "bytes": 3000}

    def test_a_newer_release_waits_until_somebody_takes_it(self, telephone, line):
        page = telephone.opens("/field/")
        page.evaluate(READY)
        before = page.evaluate("caches.keys()")
        line.changes = newer

        page.evaluate("window.before = true")
        page.evaluate("navigator.serviceWorker.getRegistration().then((found) => found.update())")
        page.evaluate(WAITING)
        under_way, is_the_same = page.evaluate("caches.keys().then((names) => [names, window.before])")
        take = "import('/static/field/shell.js').then((shell) => shell.keepShell((take) => take()))"
        with page.expect_navigation():
            page.evaluate(f"void {take}")
        page.evaluate(READY)

        assert is_the_same
        assert set(before) < set(under_way)
        shells = [name for name in page.evaluate("caches.keys()") if name.startswith("field-shell-")]
        assert shells == ["field-shell-newer"]
        assert shells[0] not in before


def newer(path, told):
    """A later release: its worker names another hash."""
    if not path.startswith("/field/worker.js"):
        return told
    first, rest = told.split(b"\n", 1)
    shell = json.loads(first.removeprefix(b"self.SHELL = ").removesuffix(b";"))
    return b"self.SHELL = " + json.dumps({**shell, "hash": "newer"}).encode() + b";\n" + rest


class TestTheKeeping:
    def test_two_tabs_write_as_one_device(self, tabs, workshop):
        one, other = tabs.engine(), tabs.engine()
        other.evaluate("window.heard = []; void field.onChange((change) => heard.push(change.what))")
        many = """([workshop, name]) => Promise.all(Array.from({length: 15}, (_, n) =>
            field.write(workshop, 'note', 'note:both', {words: `${name} ${n}`, category: name})))"""

        one.evaluate(f"(told) => {{ window.done = ({many})(told); }}", [workshop, "one"])
        other.evaluate(many, [workshop, "other"])
        one.evaluate("done")
        state = """async (workshop) => {
            const { conflicts, operations } = (await field.state(workshop)).get('note:both');
            return [conflicts, new Set(operations.map((one) => one.counter)).size, operations.length];
        }"""

        assert one.evaluate(state, workshop) == other.evaluate(state, workshop)
        conflicts, counters, operations = one.evaluate(state, workshop)
        assert conflicts == []
        assert counters == operations >= 30
        assert "operations" in other.evaluate("heard")

    def test_a_half_typed_note_is_each_tabs_own_and_outlives_it(self, tabs):
        one, other = tabs.engine(), tabs.engine()
        one.evaluate("field.draft('note', {words: 'moja'})")
        other.evaluate("field.draft('note', {words: 'mbili'})")

        own = one.evaluate("field.draft('note')"), other.evaluate("field.draft('note')")
        other.close()
        third = tabs.engine()
        left = third.evaluate("field.draft('note')")
        fourth = tabs.engine().evaluate("field.draft('note')")

        assert own == ({"words": "moja"}, {"words": "mbili"})
        assert left == {"words": "mbili"}
        assert fourth is None

    def test_a_database_that_the_system_closed_is_opened_again(self, tabs, workshop):
        page = tabs.engine()
        page.evaluate(HOLD_HANDLES)
        page.evaluate(WRITE, {"workshop": workshop, "entity": "note:1", "words": "before"})

        page.evaluate("for (const handle of handles) handle.close()")
        page.evaluate(WRITE, {"workshop": workshop, "entity": "note:2", "words": "closed"})
        page.evaluate("for (const handle of handles) handle.dispatchEvent(new Event('close'))")
        page.evaluate(WRITE, {"workshop": workshop, "entity": "note:3", "words": "told"})
        page.evaluate("aborts = 1")
        page.evaluate(WRITE, {"workshop": workshop, "entity": "note:4", "words": "cut short"})

        words = {"note:1": "before", "note:2": "closed", "note:3": "told", "note:4": "cut short"}
        assert page.evaluate(WORDS, workshop) == words
        assert page.evaluate("field.unsent()")["operations"] == 4

    def test_when_the_device_is_full_words_still_find_room_and_nothing_kept_is_lost(
        self, telephone, workshop
    ):
        page = telephone.engine()
        page.wait_for_function(RESERVE)
        # Chromium counts anew how full it is only every half minute, or when it starts.
        telephone.dies()
        telephone.switch_on()
        page = telephone.opens()
        session = telephone.context.new_cdp_session(page)
        session.send("Storage.overrideQuotaForOrigin", {"origin": telephone.address, "quotaSize": 2_000_000})
        page.evaluate(ENGINE, {})
        page.evaluate(WRITE, {"workshop": workshop, "entity": "note:1", "words": "before"})
        fill = f"""async (workshop) => {{
            for (let kept = 0; ; kept += 1) {{
                const photo = new Blob([({NOISE})(100000)]);
                const error = await field.putObject(workshop, photo).then(() => null, (error) => error);
                if (error) return [kept, error.name, error.key, error.safe];
            }}
        }}"""

        kept, name, key, safe = page.evaluate(fill, workshop)
        reserve = page.evaluate(RESERVE)
        for number in range(2, 6):
            words = {"workshop": workshop, "entity": f"note:{number}", "words": "words " * 500}
            page.evaluate(WRITE, words)
        telephone.dies()
        telephone.switch_on()
        page = telephone.engine()

        assert (name, key, reserve) == ("StorageFull", "storage-full", True)
        assert kept > 3
        assert safe == {"operations": 1, "objects": kept, "bytes": kept * 100000}
        assert page.evaluate("field.unsent()") == {**safe, "operations": 5}
        assert page.evaluate(WORDS, workshop)["note:5"] == "words " * 500

    def test_whether_the_system_promises_to_keep_it_is_said_as_it_is(self, tabs):
        page = tabs.engine()
        refused = page.evaluate("field.storage()")["kept"]
        page.evaluate("navigator.storage.persist = () => Promise.reject(new DOMException('no')), null")
        page.evaluate("store.openField().then((field) => void (window.field = field))")
        silent = page.evaluate("field.storage()")["kept"]
        page.evaluate("navigator.storage.persisted = () => Promise.resolve(true), null")
        page.evaluate("store.openField().then((field) => void (window.field = field))")

        assert (refused, silent) == (False, None)
        assert page.evaluate("field.storage()")["kept"] is True

    def test_a_workshop_is_not_let_go_of_before_all_is_sent(self, tabs, workshop):
        page = tabs.engine()
        page.evaluate("(id) => field.savePack({workshop: {id}})", workshop)
        page.evaluate(WRITE, {"workshop": workshop, "entity": "note:1", "words": "maji"})
        forget = "(id) => field.forget(id).then(() => 'forgotten', (error) => error.key)"

        refused = page.evaluate(forget, workshop)
        page.evaluate(
            f"(id) => {SENT}",
            workshop,
        )

        assert refused == "still-unsent"
        assert page.evaluate(forget, workshop) == "forgotten"
        assert page.evaluate("field.packs()") == []
        assert page.evaluate(WORDS, workshop) == {}

    def test_half_a_character_and_a_zero_do_no_harm(self, tabs, workshop):
        page = tabs.engine()

        written = page.evaluate(
            "(id) => field.write(id, 'note', 'note:1', {words: 'mto \\ud83d na \\u0000 ziwa 😀'})", workshop
        )

        assert json.loads(written[0]["written"])["value"] == "mto \ufffd na  ziwa 😀"


class TestTheBackup:
    def test_it_brings_everything_to_another_telephone_once(self, tabs, workshop):
        page = tabs.engine(backup=True)
        page.evaluate("(id) => field.savePack({workshop: {id}, format: 1})", workshop)
        page.evaluate(WRITE, {"workshop": workshop, "entity": "note:1", "words": "Maji ni machafu"})
        page.evaluate("(id) => field.privately(id, 'attendee:1', {name: 'Neema'})", workshop)
        size = 2_500_000
        page.evaluate(
            f"""async ([workshop, size]) => {{
                const photo = new Blob([({NOISE})(size)], {{type: 'image/jpeg'}});
                window.hash = await field.putObject(workshop, photo);
                window.file = await backup.makeBackup(field, 'siri yetu é');
            }}""",
            [workshop, size],
        )
        refusals = page.evaluate(
            """() => Promise.all([
                [file, 'siri yako'],
                [file.slice(0, file.size - 9), 'siri yetu é'],
                [file.slice(0, file.size - 500000), 'siri yetu é'],
                [new Blob([file, 'x']), 'siri yetu é'],
                [new Blob(['PK']), 'siri yetu é'],
            ].map(([blob, words]) => backup.bringBackup(field, blob, words)
                .then(() => 'taken', (error) => error.key)))"""
        )

        anew = """async () => {
            const other = await store.openField();
            return [await backup.bringBackup(other, file, 'siri yetu e\\u0301'), await other.unsent()];
        }"""
        again, unsent_before = page.evaluate(anew)
        # The other telephone: the same file on a device that has nothing.
        page.evaluate(
            f"""(id) => {SENT}
                .then(() => field.waitingObjects(id))
                .then(([photo]) => field.markWhole(id, photo.sha256))
                .then(() => field.forget(id))""",
            workshop,
        )
        brought, unsent = page.evaluate(anew)

        assert refusals == ["backup-locked", "backup-cut", "backup-cut", "backup-cut", "backup-unknown"]
        assert again == {"operations": 0, "objects": 0, "already": 2}
        assert brought == {"operations": 1, "objects": 1, "already": 0}
        assert unsent == unsent_before == {"operations": 1, "objects": 1, "bytes": size}
        assert page.evaluate(WORDS, workshop) == {"note:1": "Maji ni machafu"}
        assert page.evaluate("(id) => field.privately(id, 'attendee:1')", workshop) == {"name": "Neema"}
        assert page.evaluate("field.object(hash).then((blob) => [blob.size, blob.type])") == [
            size,
            "image/jpeg",
        ]
        assert len(page.evaluate("field.packs()")) == 1

    def test_the_desk_opens_what_the_page_sealed(self, tabs, workshop, site):
        page = tabs.engine(backup=True)
        page.evaluate(WRITE, {"workshop": workshop, "entity": "note:card", "words": "card: Maji ni mbali"})
        page.evaluate("(id) => field.privately(id, 'attendee:1', 'Neema')", workshop)
        page.evaluate(
            f"(id) => field.putObject(id, new Blob([({NOISE})(1500000)], {{type: 'audio/webm'}}))", workshop
        )
        page.evaluate("backup.makeBackup(field, 'siri yetu é').then((made) => void (window.file = made))")
        with page.expect_download() as saved:
            page.evaluate(
                """() => {
                    const link = document.createElement('a');
                    Object.assign(link, {href: URL.createObjectURL(file), download: 'x.baraza'});
                    link.click();
                }"""
            )
        file = saved.value.path()
        by, role = secretary()

        brought = [
            backup_files.bring_in(
                BytesIO(file.read_bytes()), "siri yetu é", by=by, role=role, now=datetime.now(UTC)
            )
            for _ in range(2)
        ]

        assert [(one.fresh, one.objects, one.aside) for one in brought] == [(1, 1, 0), (0, 0, 0)]
        assert words_at_the_server("card:") == ["card: Maji ni mbali"]


class TestSending:
    @pytest.fixture
    def page(self, tabs, token, workshop):
        """A tab of a device that is known, with the workshop on it; it sends when it is asked."""
        page = tabs.engine()
        page.evaluate("(device) => field.saveDevice(device)", token())
        page.evaluate("(id) => field.savePack({workshop: {id}})", workshop)
        page.evaluate(
            """(how) => import('/static/field/sync.js')
                .then((found) => (window.sync = found.startSync(field, how)))""",
            SHORT,
        )
        page.evaluate("sync.now()")
        return page

    def test_what_waits_is_sent_and_others_are_heard(self, tabs, page, token, workshop):
        page.evaluate(WRITE, {"workshop": workshop, "entity": "note:sent", "words": "sent: mbali"})
        other = """async ([workshop, device]) => {
            const { compose } = await import('/static/field/ops.js');
            const { Line } = await import('/static/field/line.js');
            const from = {device: device.device, counter: 40, workshop};
            const written = await compose(from, 'note', 'note:sent', {words: 'sent: karibu'});
            const line = new Line({device: async () => device});
            const json = {operations: written.map((one) => one.written), since: null, unsent: 0, storage: ''};
            return line.ask(`workshops/${workshop}/operations`, {method: 'POST', json});
        }"""
        page.evaluate(other, [workshop, token()])

        state = page.evaluate("sync.now()")
        note = """(id) => field.state(id).then((state) => {
            const note = state.get('note:sent');
            return [note.get('words'), note.conflicts, note.sent];
        })"""

        assert state["problem"] is None
        assert page.evaluate("(id) => field.pack(id).then((pack) => pack.clauses.length > 0)", workshop)
        assert page.evaluate(note, workshop) == ["sent: karibu", ["words"], True]
        page.evaluate(WRITE, {"workshop": workshop, "entity": "note:sent", "words": "sent: kati"})
        assert page.evaluate(note, workshop) == ["sent: kati", [], False]
        page.evaluate("sync.now()")
        assert words_at_the_server("sent:") == ["sent: kati"]

    def test_a_clock_wrong_by_years_decides_nothing(self, page, workshop):
        page.evaluate(
            """() => {
                window.Date = class extends Date {
                    constructor(...told) { super(...(told.length ? told : [window.Date.now()])); }
                    static now() { return window.clock ?? 0; }
                };
            }"""
        )
        page.evaluate(WRITE, {"workshop": workshop, "entity": "note:clock", "words": "clock: 1970"})
        page.evaluate("window.clock = 4e12")
        page.evaluate(WRITE, {"workshop": workshop, "entity": "note:clock", "words": "clock: 2096"})

        state = page.evaluate("sync.now()")

        assert state["problem"] is None
        assert words_at_the_server("clock:") == ["clock: 2096"]
        with db.reading() as session:
            rows = session.exec(select(OperationRow).where(OperationRow.entity == "note:clock")).all()
        assert sorted(row.at.year for row in rows if row.at) == [1970, 2096]

    def test_a_token_that_was_taken_back_keeps_everything_until_somebody_signs_in(
        self, page, token, workshop
    ):
        take_back(page.evaluate("field.device()")["device"])
        page.evaluate(WRITE, {"workshop": workshop, "entity": "note:token", "words": "token: mimi"})

        refused = page.evaluate("sync.now()")
        waiting = page.evaluate("field.unsent()")["operations"]
        page.evaluate("(device) => field.saveDevice(device)", token())
        page.evaluate("sync.now()")

        assert refused["problem"]["kind"] == "signed-out"
        assert waiting == 1
        assert page.evaluate("field.unsent()")["operations"] == 0
        assert words_at_the_server("token:") == ["token: mimi"]

    def test_an_answer_that_is_not_the_servers_marks_nothing_as_sent(self, line, page, workshop):
        page.evaluate(WRITE, {"workshop": workshop, "entity": "note:hotel", "words": "hotel: maji"})
        line.changes = lambda path, told: b"<h1>Welcome to our Wi-Fi</h1>" if "/operations" in path else told
        portal = page.evaluate("sync.now()")["problem"]["kind"]
        line.changes = lambda path, told: b'{"kept": []}' if "/operations" in path else told
        silent = page.evaluate("sync.now()")["problem"]["kind"]

        assert (portal, silent) == ("not-ours", "not-ours")
        assert page.evaluate("field.unsent()")["operations"] == 1

    def test_what_the_server_does_not_understand_is_kept_there_and_told(self, page, workshop):
        page.evaluate(
            "(id) => field.write(id, 'note', 'note:aside', {words: 'aside: maji', hue: 'blue'})", workshop
        )

        page.evaluate("sync.now()")

        [notice] = page.evaluate("(id) => field.notices(id)", workshop)
        assert (notice["entity"], notice["field"], notice["state"]) == ("note:aside", "hue", "aside")
        assert "hue" in notice["said"]
        assert page.evaluate("field.unsent()")["operations"] == 0

    def test_a_browser_without_locks_sends_too(self, page, workshop):
        page.evaluate("Object.defineProperty(navigator, 'locks', {value: undefined}) && null")
        page.evaluate(WRITE, {"workshop": workshop, "entity": "note:locks", "words": "locks: zamani"})
        page.evaluate("localStorage.setItem('baraza-field-sync', Date.now() + 30000)")
        page.evaluate("sync.now()")
        held_back = page.evaluate("field.unsent()")["operations"]
        # Written under a clock that ran years ahead.
        page.evaluate("localStorage.setItem('baraza-field-sync', Date.now() + 1e11)")

        page.evaluate("sync.now()")

        assert held_back == 1
        assert words_at_the_server("locks:") == ["locks: zamani"]

    def test_what_comes_after_the_round_closed_is_taken_and_marked(self, page, workshop):
        page.evaluate(WRITE, {"workshop": workshop, "entity": "note:late", "words": "late: nilichelewa"})
        with db.transaction() as session:
            round_ = session.get_one(RoundRow, session.get_one(WorkshopRow, UUID(workshop)).round_id)
            closed, round_.closes_at = round_.closes_at, datetime.now(UTC) - timedelta(minutes=1)

        state = page.evaluate("sync.now()")

        with db.transaction() as session:
            session.get_one(RoundRow, round_.id).closes_at = closed
            [row] = session.exec(select(OperationRow).where(OperationRow.entity == "note:late")).all()
        assert (state["late"], state["problem"], row.late) == (True, None, True)
        assert page.evaluate("field.unsent()")["operations"] == 0

    def test_a_photograph_spoilt_on_its_way_is_sent_again(self, page, workshop):
        page.evaluate(
            """(id) => {
                const asked = window.fetch;
                let spoilt = 0;
                window.fetch = (path, told) => {
                    const isSecond = told?.method === 'PUT' && (spoilt += 1) === 2;
                    return asked(path, isSecond ? {...told, body: told.body.slice(1)} : told);
                };
                const sound = new Blob([NOISE(300000)], {type: 'audio/webm'});
                return field.putObject(id, sound).then((hash) => (window.hash = hash));
            }""".replace("NOISE", f"({NOISE})"),
            workshop,
        )

        state = page.evaluate("sync.now()")

        assert state["problem"] is None
        with db.reading() as session:
            sha256 = page.evaluate("hash")
            [stored] = session.exec(select(StoredObjectRow).where(StoredObjectRow.sha256 == sha256)).all()
        assert stored.size == 300000
