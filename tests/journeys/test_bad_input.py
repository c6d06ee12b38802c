"""What goes wrong at the doors: a sentence that says what to do, nothing half-kept, nothing lost, no trace.

Only what needs the whole application: each door's own refusals are in its tests.
"""

import io
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlmodel import select

from consult import commenting, create_app, db, intake, ledger, rounds, workshops
from consult.channels import sms, twilio
from consult.config import Config, Twilio
from consult.intake import Arrival
from consult.tables.comments import CommentRow
from consult.tables.intake import Channel, RecordRow
from standards.tables import StandardRow, VersionRow
from tests import factories
from tests.journeys.person import Person

ROOT = Path(__file__).parents[2]
BASE, TOKEN = "https://baraza.example.org", "secret"
TRACES = ("Traceback", "sqlalchemy", "psycopg", "sqlite3", "werkzeug", 'File "')


@pytest.fixture
def app(config: Config, engine: sa.Engine) -> Flask:
    """The application as it stands in earnest, with an account for text messages."""
    account = Twilio("AC1", (TOKEN,), "+12025550100", "http://127.0.0.1:1")
    app = create_app(replace(config, twilio=account, base_url=BASE), engine=engine)
    app.config["SESSION_COOKIE_SECURE"] = False
    app.config["WTF_CSRF_ENABLED"] = False
    return app


@pytest.fixture
def secretary(signed_in: Callable[..., Any]) -> Person:
    """The secretary at a browser."""
    return Person(signed_in("secretary"))


@pytest.fixture
def house(engine: sa.Engine) -> dict[str, str]:
    """A house with one of each thing; gives the names that addresses need."""
    now = datetime.now(UTC)
    with db.transaction() as session:
        standard = factories.a_standard(session, slug="gold")
        frozen = factories.a_version(session, standard, status="consultation")
        draft = factories.a_version(session, standard, label="2.0")
        clause = factories.clause_numbered(session, draft, "2.1")
        round_ = factories.a_round(session, frozen, slug="gold-1")
        factories.a_group(session)
        person = factories.a_person(session, role="facilitator")
        meeting = workshops.Meeting(
            "Katoro", now.date(), facilitator_id=person.id, consent=workshops.Consent.SPOKEN
        )
        workshop = workshops.hold(session, round_, meeting, now=now).workshop
        recorded = intake.record(
            session, Arrival(Channel.WEB, "form", "one", b"{}", round_id=round_.id), now=now
        )
        return {
            "slug": "gold",
            "label": "2.0",
            "older": "1.0",
            "newer": "2.0",
            "named": "2.1",
            "name": "2.1",
            "clause_id": str(clause),
            "workshop_id": str(workshop.id),
            "record_id": str(recorded.id),
        }


def told_kindly(page: Any, status: int) -> None:
    """The right status, a sentence, and nothing of our insides."""
    assert page.status == status
    assert not [word for word in TRACES if word in page.text]
    assert len(page.words) > 20


def kept(table: type[Any]) -> int:
    """How many rows there are."""
    with db.reading() as session:
        return session.exec(select(sa.func.count()).select_from(table)).one()


class TestFiles:
    def bring_in(self, person: Person, name: str, data: bytes) -> Any:
        person.goes_to("/desk/import/")
        return person.presses("Show what is in it", file=(name, data))

    @pytest.mark.parametrize(
        ("data", "said"),
        [
            (
                b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
                "password",
            ),
            (b"PK\x03\x04 broken off", "damaged"),
            (b"\x00" * 4000, "not text"),
        ],
    )
    def test_what_word_cannot_have_written_is_refused_at_its_field(self, secretary, data, said):
        page = self.bring_in(secretary, "gold.docx", data)

        told_kindly(page, 400)
        assert page.says(said)
        assert kept(StandardRow) == 0

    def test_a_zip_bomb_is_refused_before_it_is_opened(self, secretary):
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("word/document.xml", bytes(300 * 1024 * 1024))

        told_kindly(self.bring_in(secretary, "gold.docx", target.getvalue()), 400)

    def test_a_file_larger_than_any_is_told_so(self, app, secretary):
        app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024

        page = self.bring_in(secretary, "gold.md", b"# Gold\n" + b"words " * 400_000)

        told_kindly(page, 413)
        assert page.says("too large")

    def test_scripts_in_markdown_reach_no_reader(self, app, secretary):
        hostile = b"<script>alert(1)</script><img src=x onerror=alert(1)> [x](javascript:alert(1))"
        self.bring_in(secretary, "gold.md", b"# Gold\n\n## Scope\n\n" + hostile)
        secretary.presses("Save as a draft", slug="gold", label="1.0")
        secretary.goes_to("/desk/standards/gold/1.0/freeze")
        secretary.presses("Freeze the text", purpose="consultation")

        page = Person(app.test_client()).goes_to("/standards/gold/1.0")

        assert page.says("alert(1)")
        assert page.tree.xpath("//main//script | //main//img | //main//@onerror") == []
        assert not [link for link in page.tree.xpath("//@href") if link.startswith("javascript")]

    def test_a_transcript_without_speakers_stays_in_the_ledger_with_a_way_out(self, secretary, house):
        secretary.goes_to(f"/desk/workshops/{house['workshop_id']}/transcripts")
        before = kept(RecordRow)

        page = secretary.presses("Show what is in it", file=("notes.txt", b"It rained.\nWe went home.\n"))

        told_kindly(page, 400)
        assert kept(RecordRow) == before + 1
        assert secretary.presses("Put this file aside").status == 200


class TestAnyWriting:
    """Whatever is typed into an address or a form, nobody meets a failure."""

    ODD = ("\0", "💎" * 40, "‮شحن", "../../etc/passwd", "'; DROP TABLE comment; --", "{{7*7}}", "-1", "9" * 40)

    TYPED = (
        *(("\0", act) for act in ("decide", "link", "comment", "hide")),
        *((odd, odd) for odd in ODD[:3]),
    )

    def addresses(self, app: Flask, house: dict[str, str], method: str) -> Iterator[tuple[str, set[str]]]:
        for rule in app.url_map.iter_rules():
            if method in rule.methods and rule.endpoint not in (
                "static",
                "twilio.note_status",
                "operations.ready",
            ):
                yield rule.rule, rule.arguments

    def fill(self, rule: str, house: dict[str, str], **instead: str) -> str:
        names = (
            house
            | ({"slug": "gold-1"} if rule.startswith(("/consultations", "/desk/rounds")) else {})
            | instead
        )
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: names.get(found[1], str(UUID(int=7))), rule)

    def test_in_any_part_of_an_address(self, app, secretary, house):
        failed = []
        for rule, arguments in self.addresses(app, house, "GET"):
            for name in arguments:
                for odd in self.ODD:
                    answer = secretary.client.get(self.fill(rule, house, **{name: odd}))
                    if answer.status_code >= 500:
                        failed.append((rule, name, odd, answer.status_code))

        assert failed == []

    def test_in_any_question_asked_of_a_page(self, app, secretary, house):
        names = (
            "q",
            "page",
            "chapter",
            "clause",
            "quote",
            "channel",
            "language",
            "group",
            "why",
            "after",
            "at",
        )
        more = ("theme", "comment", "round", "onto", "kept", "beside", "where", "limit", "next", "as")
        failed = []
        for rule, _arguments in self.addresses(app, house, "GET"):
            for odd in self.ODD:
                query = dict.fromkeys((*names, *more), odd)
                answer = secretary.client.get(self.fill(rule, house), query_string=query)
                if answer.status_code >= 500:
                    failed.append((rule, odd, answer.status_code))

        assert failed == []

    def test_in_any_field_of_a_form(self, app, secretary, house):
        fields = set()
        for path in (ROOT / "templates").rglob("*.html"):
            words = path.read_text(encoding="utf-8")
            fields |= set(re.findall(r'name="([a-z][a-z_-]*)"', words))
            fields |= set(re.findall(r'field\("([a-z_]+)"', words))
            fields |= set(re.findall(r'choices\("([a-z_]+)"', words))
        failed = []
        for rule, _arguments in self.addresses(app, house, "POST"):
            if rule in ("/sign-out", "/sign-in"):
                continue
            for odd, act in self.TYPED:
                form = dict.fromkeys(fields - {"csrf_token"}, odd) | {"act": act}
                answer = secretary.client.post(self.fill(rule, house), data=form)
                if answer.status_code >= 500:
                    failed.append((rule, odd, act, answer.status_code))

        assert not failed, "\n".join(map(str, failed))
        with db.reading() as session:
            assert ledger.verify(session).faults == []

    @pytest.mark.parametrize("words", ["\0", "💎" * 700, "‮قانون", "4.2\0 water", " "])
    def test_in_a_text_message(self, app, house, words):
        assert text(app, words).status_code == 200

        sms.read_waiting(reading=sms.Reading())

        with db.reading() as session:
            assert intake.waiting(session, channel=Channel.SMS) == []
            assert ledger.verify(session).faults == []


def text(app: Flask, words: str, sid: str = "") -> Any:
    """Deliver a signed text message."""
    form = [
        ("MessageSid", sid or uuid4().hex),
        ("From", "+255700000001"),
        ("To", "+12025550100"),
        ("Body", words),
    ]
    return app.test_client().post(
        "/twilio/sms",
        data=twilio.as_body(form),
        content_type=twilio.FORM,
        headers={twilio.SIGNATURE: twilio.sign(TOKEN, BASE, "/twilio/sms", form)},
    )


class Disk:
    """The disk under a database. Full, SQLite may really not grow; PostgreSQL fails as it does then."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine, self.pages = engine, 0
        sa.event.listen(engine, "connect", self._limit)
        sa.event.listen(engine, "commit", self._refuse)

    def fills_up(self) -> None:
        """From here on nothing more fits."""
        with self.engine.connect() as connection:
            is_sqlite = self.engine.dialect.name == "sqlite"
            self.pages = connection.exec_driver_sql("PRAGMA page_count").scalar() if is_sqlite else 1
        self.engine.dispose()

    def is_freed(self) -> None:
        """There is room again."""
        self.pages = 0
        self.engine.dispose()

    def _limit(self, connection: Any, _record: Any) -> None:
        if self.pages and self.engine.dialect.name == "sqlite":
            connection.execute(f"PRAGMA max_page_count={self.pages}")

    def _refuse(self, connection: sa.Connection) -> None:
        if self.pages and self.engine.dialect.name == "postgresql":
            full = Exception("could not extend file: No space left on device")
            raise sa.exc.OperationalError("COMMIT", {}, full)


class TestAFullDisk:
    """The disk takes no more: nothing is half-kept, everyone is told, and the same again works later."""

    LONG = "Every word of this has to be kept. " * 1500

    @pytest.fixture
    def disk(self, engine: sa.Engine) -> Iterator["Disk"]:
        disk = Disk(engine)
        yield disk
        disk.is_freed()

    def test_a_comment_is_refused_with_its_words_safe_in_the_form(self, app, house, disk):
        with db.reading() as session:
            round_ = rounds.round_called(session, "gold-1")
        token = commenting.new_token(
            app.config["SECRET_KEY"], round_.id, now=datetime.now(UTC) - timedelta(minutes=5)
        )
        form = {"token": token, "text": self.LONG, "clause": "2.1", "answer": "receipt"}
        visitor, before = app.test_client(), kept(RecordRow)
        disk.fills_up()

        refused = visitor.post("/consultations/gold-1/comment", data=form)

        assert refused.status_code == 503
        assert "The disk is full. Nothing of this was kept" in refused.text
        assert (kept(RecordRow), kept(CommentRow)) == (before, 0)

        disk.is_freed()
        again = visitor.post("/consultations/gold-1/comment", data=form)

        assert "We have your comment" in again.text
        assert (kept(RecordRow), kept(CommentRow)) == (before + 1, 1)

    def test_a_text_message_is_to_be_sent_again(self, app, house, disk):
        before = kept(RecordRow)
        disk.fills_up()

        refused = text(app, self.LONG, sid="SM1")

        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
        assert kept(RecordRow) == before

        disk.is_freed()
        assert text(app, self.LONG, sid="SM1").status_code == 200
        assert kept(RecordRow) == before + 1

    def test_an_import_is_saved_whole_or_not_at_all(self, app, secretary, house, disk):
        clauses = "".join(
            f"## Clause {n}\n\nOperators shall do {n} things. {self.LONG[:900]}\n\n" for n in range(80)
        )
        secretary.goes_to("/desk/import/")
        secretary.presses("Show what is in it", file=("new.md", b"# New\n\n" + clauses.encode()))
        before = (kept(StandardRow), kept(VersionRow))
        disk.fills_up()

        look = secretary.page
        told_kindly(secretary.presses("Save as a draft", slug="new", label="1.0"), 503)
        assert (kept(StandardRow), kept(VersionRow)) == before

        disk.is_freed()
        secretary.goes_to(look.address)
        assert secretary.presses("Save as a draft", slug="new", label="1.0").status == 200

    def test_pages_are_still_read(self, app, house, disk):
        disk.fills_up()

        assert Person(app.test_client()).goes_to("/standards/gold/1.0").status == 200


class TestADatabaseThatIsAway:
    @pytest.mark.parametrize(
        "path", ["/desk/rounds/gold-1", "/standards/gold/1.0", "/consultations/gold-1/comment"]
    )
    def test_a_page_says_so_without_asking_it_again(self, secretary, house, engine, path):
        def gone(*_: Any) -> None:
            raise sa.exc.OperationalError("SELECT", {}, Exception("connection refused"))

        sa.event.listen(engine, "before_cursor_execute", gone)
        try:
            page = secretary.goes_to(path)
        finally:
            sa.event.remove(engine, "before_cursor_execute", gone)

        told_kindly(page, 503)
        assert secretary.goes_to(path).status == 200


class TestALanguageWeDoNotSpeak:
    @pytest.mark.parametrize("code", ["suk", "zz", "not-a-code"])
    def test_a_workshop_held_in_it_is_shown(self, secretary, house, code):
        secretary.goes_to(f"/desk/workshops/{house['workshop_id']}/edit")

        secretary.presses("Keep the workshop", other_language=code)

        assert secretary.page.status in (200, 400)
        assert secretary.goes_to(f"/desk/workshops/{house['workshop_id']}").status == 200


class TestANewerDatabase:
    def test_nothing_starts_on_it_and_one_line_says_what_to_do(self, config, engine, database_url, tmp_path):
        with engine.execution_options(writing=True).begin() as connection:
            connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))

        with pytest.raises(db.WrongSchema, match="newer release"):
            create_app(config, engine=engine)
        environment = {
            "BARAZA_DATABASE_URL": database_url,
            "BARAZA_DATA_DIR": str(tmp_path),
            "PATH": os.environ["PATH"],
        }
        done = subprocess.run(
            [sys.executable, "-m", "consult", "serve", "--port", "0"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

        assert done.returncode == 1
        assert "Start the newer release" in done.stderr
        assert "Traceback" not in done.stderr
