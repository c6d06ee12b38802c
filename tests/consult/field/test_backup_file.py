"""Backup files of field pages, brought in at the desk: whole or not at all, and never doubled."""

import base64
import hashlib
import io
import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from consult import db
from consult.field import backup_files
from consult.field.backup_files import NoBackupFile, WrongPassphrase
from consult.tables.field import OperationRow, StoredObjectRow
from consult.tables.people import Role
from consult.tables.workshops import UtteranceRow
from standards.identity import new_id
from tests.consult.field.device import Device
from tests.consult.field.test_api import a_workshop

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SOUND = b"sound " * 1000


def an_entry(type_: str, content: bytes, **said) -> bytes:
    head = json.dumps({"type": type_, "size": len(content)} | said).encode()
    return len(head).to_bytes(4, "big") + head + content


def a_file(*entries: bytes, passphrase: str = "four small words", step: int = 1000, **changed) -> bytes:
    """A backup file as the page writes it, in segments of so many bytes."""
    prefix, salt = b"12345678", b"0123456789abcdef"
    head = {
        "baraza": "field-backup",
        "format": 1,
        "kdf": "PBKDF2-SHA256",
        "iterations": 10,
        "salt": base64.b64encode(salt).decode(),
        "prefix": base64.b64encode(prefix).decode(),
    } | changed
    plain = b"".join(entries)
    cipher = AESGCM(hashlib.pbkdf2_hmac("sha256", passphrase.encode(), salt, 10, 32))
    pieces = [plain[start : start + step] for start in range(0, len(plain), step)] or [b""]
    written = json.dumps(head).encode() + b"\n"
    for number, piece in enumerate(pieces):
        bound = b"last" if number == len(pieces) - 1 else b"more"
        sealed = cipher.encrypt(prefix + number.to_bytes(4, "big"), piece, bound)
        written += len(sealed).to_bytes(4, "big") + sealed
    return written


def of_a_workshop(workshop_id) -> list[bytes]:
    """What a telephone holds of a workshop: a pack, a note, a name that stays, and some sound."""
    device = Device(workshop_id)
    device.notes("Tutaitunza wenyewe.", language="sw")
    named = {"workshop": str(workshop_id)}
    return [
        an_entry("pack", b"{}", **named),
        *[
            an_entry("operation", one.encode(), sha256=hashlib.sha256(one.encode()).hexdigest(), **named)
            for one in device.written
        ],
        an_entry("private", b'{"name": "Neema Paul"}', entity="attendee:1", **named),
        an_entry("something new", b"abc"),
        an_entry("object", SOUND, sha256=hashlib.sha256(SOUND).hexdigest(), media_type="audio/webm", **named),
    ]


def brought(content: bytes, passphrase: str = "four small words", *, role: Role = Role.SECRETARY):
    return backup_files.bring_in(io.BytesIO(content), passphrase, by=new_id(), role=role, now=NOW)


@pytest.fixture
def workshop(app):
    return a_workshop()


class TestBringingIn:
    @pytest.mark.parametrize("step", [7, 1000, 10**6])
    def test_all_of_it_is_kept_but_what_stays_on_devices(self, workshop, step):
        found = brought(a_file(*of_a_workshop(workshop.id), step=step))

        assert (found.fresh, found.objects, found.elsewhere) == (2, 1, 0)
        with db.reading() as session:
            assert session.exec(select(UtteranceRow.words)).all() == ["Tutaitunza wenyewe."]
            assert session.exec(select(StoredObjectRow.size)).all() == [len(SOUND)]

    def test_the_same_file_twice_changes_nothing(self, workshop):
        content = a_file(*of_a_workshop(workshop.id))
        brought(content)

        again = brought(content)

        assert (again.fresh, again.known, again.objects, again.objects_known) == (0, 2, 0, 1)
        with db.reading() as session:
            assert len(session.exec(select(OperationRow)).all()) == 2

    def test_a_workshop_that_is_not_theirs_stays_in_the_file(self, workshop):
        found = brought(a_file(*of_a_workshop(workshop.id)), role=Role.FACILITATOR)

        assert (found.fresh, found.objects, found.elsewhere) == (0, 0, 3)

    def test_a_passphrase_may_be_typed_with_other_accents(self, workshop):
        assert brought(a_file(*of_a_workshop(workshop.id), passphrase="mgod\u00ed"), "mgodi\u0301").fresh == 2


class TestRefusals:
    def test_a_wrong_passphrase_is_told(self, workshop):
        with pytest.raises(WrongPassphrase, match="each letter"):
            brought(a_file(*of_a_workshop(workshop.id)), "four small word")

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"", "no backup file"),
            (b"%PDF-1.4\n", "no backup file"),
            (b'{"baraza": "field-backup"', "no backup file"),
            (a_file(format=2), "newer field page"),
            (a_file(iterations=10**9), "damaged"),
            (a_file(prefix="x"), "damaged"),
            (a_file().split(b"\n")[0] + b"\n", "cut short"),
            (a_file(an_entry("operation", b"")), "damaged"),
            (a_file(an_entry("operation", b"{}", workshop="x")), "damaged"),
            (a_file(an_entry("operation", b"{}", workshop=str(new_id()), sha256="0")), "damaged"),
            (a_file(an_entry("object", b"x", workshop=str(new_id()), sha256="0")), "damaged"),
            (a_file(b"\xff\xff\xff\xff"), "damaged"),
            (a_file(b"\0\0\0\2{}"), "damaged"),
        ],
    )
    def test_what_is_no_backup_file_is_told_in_words(self, app, content, said):
        with pytest.raises(NoBackupFile, match=said):
            brought(content)

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.data())
    def test_a_file_that_was_harmed_anywhere_brings_nothing(self, workshop, data):
        whole = a_file(*of_a_workshop(workshop.id), step=700)
        line = whole.index(b"\n") + 1
        place = data.draw(st.integers(line, len(whole) - 1), "place")
        cut = data.draw(st.booleans(), "cut")
        harmed = whole[:place] if cut else whole[:place] + bytes([whole[place] ^ 64]) + whole[place + 1 :]

        with pytest.raises((NoBackupFile, WrongPassphrase)):
            brought(harmed)

        with db.reading() as session:
            assert session.exec(select(OperationRow)).all() == []

    def test_segments_cannot_be_left_out(self, workshop):
        whole = a_file(*of_a_workshop(workshop.id), step=700)
        line, segment = whole.index(b"\n") + 1, 4 + 700 + 16

        with pytest.raises((NoBackupFile, WrongPassphrase)):
            brought(whole[:line] + whole[line + segment :])


class TestTheScreen:
    def post(self, client, content: bytes, passphrase: str):
        fields = {"file": (io.BytesIO(content), "x.baraza"), "passphrase": passphrase}
        return client.post("/desk/backup-file", data=fields, content_type="multipart/form-data")

    def test_it_tells_what_came(self, workshop, signed_in):
        page = self.post(signed_in("secretary"), a_file(*of_a_workshop(workshop.id)), "four small words").text

        assert "2 entries are new." in page
        assert "Katoro" in page

    def test_a_wrong_passphrase_is_asked_for_again(self, workshop, signed_in):
        answer = self.post(signed_in("secretary"), a_file(*of_a_workshop(workshop.id)), "wrong")

        assert (answer.status_code, "does not open the file" in answer.text) == (409, True)

    def test_both_fields_are_needed(self, engine, signed_in):
        answer = signed_in("secretary").post("/desk/backup-file", data={})

        assert (answer.status_code, "Choose the file" in answer.text) == (400, True)
