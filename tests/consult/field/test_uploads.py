"""Uploads: pieces over a bad line, photographs without a place, and a store that fails half-way."""

import hashlib
import io
import json
import os
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from PIL import Image
from sqlmodel import col, select

from consult import db, intake, ledger, objects
from consult.field import media, uploads
from consult.objects import ObjectsAway
from consult.tables.field import ChunkRow, PhotoRow, StoredObjectRow
from consult.tables.intake import Outcome, RecordOutcomeRow, RecordRow
from consult.tables.workshops import UtteranceRow
from tests.consult.field.telephone import Telephone
from tests.consult.field.test_api import a_workshop

SOUND = os.urandom(600_000)
STEP = uploads.LARGEST_PIECE
on_one_engine = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def telephone(engine, signed_in) -> Telephone:
    return Telephone.signed_in_by(signed_in("secretary"), a_workshop().id)


def sent(telephone: Telephone, content: bytes, type_: str = "audio/webm") -> dict:
    """What the server says when all pieces were sent, in order."""
    for start in range(0, len(content), STEP):
        answer = telephone.puts(content, start, start + STEP, type_=type_)
        assert answer.status_code == 200, answer.text
    return answer.json


def stored() -> list[StoredObjectRow]:
    with db.reading() as session:
        return list(session.exec(select(StoredObjectRow)).all())


def read(row: StoredObjectRow) -> bytes:
    with db.reading() as session:
        return objects.read(session, row)


def a_photograph(*, size=(2600, 1300), place=True, format_="JPEG") -> bytes:
    image = Image.new("RGB", size, "white")
    exif = Image.Exif()
    if place:
        exif[0x010F] = "Telephone of Neema"
        exif.get_ifd(0x8825)[1] = "S"
        exif.get_ifd(0x8825)[2] = (3.0, 1.0, 2.0)
    written = io.BytesIO()
    image.save(written, format_, exif=exif) if place else image.save(written, format_)
    return written.getvalue()


class TestPieces:
    def test_pieces_make_the_whole(self, telephone):
        assert sent(telephone, SOUND) == {"has": len(SOUND), "whole": True}

        [row] = stored()
        assert read(row) == SOUND
        with db.reading() as session:
            assert session.exec(select(ChunkRow)).all() == []

    def test_who_named_another_size_before_keeps_nobody_from_sending_it(self, telephone):
        assert telephone.puts(SOUND, 0, STEP, size=len(SOUND) + 1).json["has"] == STEP

        assert sent(telephone, SOUND) == {"has": len(SOUND), "whole": True}

    def test_where_the_line_broke_it_goes_on(self, telephone):
        telephone.puts(SOUND, 0, STEP)
        assert telephone.get(telephone.object_at(SOUND)).json == {"has": STEP, "whole": False}

        telephone.puts(SOUND, STEP, 2 * STEP)
        telephone.puts(SOUND, 2 * STEP)

        assert telephone.get(telephone.object_at(SOUND)).json == {"has": len(SOUND), "whole": True}

    def test_a_piece_sent_again_or_too_early_changes_nothing(self, telephone):
        for _ in range(2):
            assert telephone.puts(SOUND, 0, STEP).json == {"has": STEP, "whole": False}
        assert telephone.puts(SOUND, 2 * STEP).json == {"has": STEP, "whole": False}

        sent(telephone, SOUND)
        assert telephone.puts(SOUND, 0, STEP).json["whole"]

        assert len(stored()) == 1

    def test_the_ledger_says_what_lies_apart(self, telephone):
        sent(telephone, SOUND)

        [row] = stored()
        with db.reading() as session:
            told = json.loads(intake.open_payload(session, row.record_id) or b"")
            outcome = session.get_one(RecordOutcomeRow, row.record_id)
            assert ledger.verify(session).faults == []
        assert (told["sha256"], told["size"]) == (hashlib.sha256(SOUND).hexdigest(), len(SOUND))
        assert (outcome.outcome, outcome.reason) == (Outcome.SET_ASIDE, "kept apart as a sealed object")

    def test_pieces_lie_sealed(self, telephone):
        telephone.puts(b"what they said" * 1000, 0, 5000)

        with db.reading() as session:
            assert b"what they said" not in session.exec(select(ChunkRow.sealed)).one()


@on_one_engine
class TestRefusals:
    def test_a_piece_that_was_damaged_is_not_kept(self, telephone):
        answer = telephone.client.put(
            f"{telephone.object_at(SOUND)}/0?size={len(SOUND)}",
            data=SOUND[:100],
            headers=telephone.headers | {"X-Checksum": "0" * 64},
        )

        assert (answer.status_code, "damaged" in answer.json["error"]) == (422, True)
        assert telephone.get(telephone.object_at(SOUND)).json["has"] == 0

    def test_pieces_that_make_something_else_are_thrown_away(self, telephone):
        address = telephone.object_at(b"what was announced")
        other = b"something of 18 b."
        answer = telephone.client.put(
            f"{address}/0?size=18",
            data=other,
            headers=telephone.headers | {"X-Checksum": hashlib.sha256(other).hexdigest()},
        )

        assert (answer.status_code, answer.json["has"]) == (409, 0)
        assert telephone.get(address).json == {"has": 0, "whole": False}

    @pytest.mark.parametrize(
        ("changed", "status"),
        [
            ({"size": 0}, 422),
            ({"size": 10}, 422),
            ({"size": "many"}, 422),
            ({"size": uploads.LARGEST + 1}, 413),
        ],
    )
    def test_an_announcement_that_cannot_be_is_refused_in_words(self, telephone, changed, status):
        answer = telephone.puts(SOUND, 0, 100, **changed)

        assert (answer.status_code, len(answer.json["error"]) > 20) == (status, True)

    def test_a_piece_may_not_be_larger_than_a_piece(self, telephone):
        assert telephone.puts(SOUND, 0, STEP + 1).status_code == 413

    def test_a_name_that_is_no_hash_is_refused(self, telephone):
        address = f"/field/workshops/{telephone.workshop_id}/objects/everything/0?size=1"

        assert telephone.client.put(address, data=b"x", headers=telephone.headers).status_code == 422


@on_one_engine
class TestPhotographs:
    @pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP"])
    def test_no_place_is_in_what_is_kept(self, telephone, format_):
        sent(telephone, a_photograph(format_=format_), f"image/{format_.lower()}")

        [row] = stored()
        with Image.open(io.BytesIO(read(row))) as image:
            assert (dict(image.getexif()), image.size) == ({}, (2000, 1000))
        assert b"Telephone of Neema" not in read(row)

    def test_a_plain_photograph_is_kept_as_it_came(self, telephone):
        plain = a_photograph(size=(800, 600), place=False)

        sent(telephone, plain, "image/jpeg")

        assert read(stored()[0]) == plain

    @pytest.mark.parametrize("hidden", ["a film after it", "an unknown part"])
    def test_what_is_hidden_in_a_photograph_goes(self, telephone, hidden):
        plain, place = a_photograph(size=(80, 60), place=False), b"3 degrees south"
        part = b"\xff\xe4" + (len(place) + 2).to_bytes(2, "big") + place
        content = plain + place if hidden == "a film after it" else plain[:2] + part + plain[2:]

        sent(telephone, content, "image/jpeg")

        [row] = stored()
        assert place not in read(row)
        assert row.media_type == "image/jpeg"

    @pytest.mark.parametrize("content", [b"no image at all", a_photograph()[:2000]])
    def test_what_is_no_image_is_kept_but_never_shown(self, telephone, content):
        entity = "photo:1"
        telephone.sends(telephone.writes.sets("photo", entity, "sha256", hashlib.sha256(content).hexdigest()))

        sent(telephone, content, "image/jpeg")

        [row] = stored()
        assert (read(row), row.media_type) == (content, "application/octet-stream")
        with db.reading() as session, pytest.raises(Exception, match="no photograph"):
            media.image_of(session, telephone.workshop_id, entity)

    @pytest.mark.parametrize("bytes_first", [True, False])
    def test_a_photograph_finds_its_bytes_whichever_comes_first(self, telephone, signed_in, bytes_first):
        photograph = a_photograph(size=(80, 60), place=False)
        told = telephone.writes.sets("photo", "photo:1", "sha256", hashlib.sha256(photograph).hexdigest())

        if bytes_first:
            sent(telephone, photograph, "image/jpeg")
        telephone.sends(told)
        if not bytes_first:
            sent(telephone, photograph, "image/jpeg")

        shown = signed_in("secretary").get(f"/desk/workshops/{telephone.workshop_id}/photographs/photo:1")
        assert (shown.data, shown.headers["Content-Type"]) == (photograph, "image/jpeg")

    def test_what_was_typed_from_a_flip_chart_goes_the_way_of_a_note(self, telephone):
        typed = "Forty steps, not twenty. Call 0754 123 456."
        telephone.sends(
            telephone.writes.sets("photo", "photo:1", "caption", "Sheet 3"),
            telephone.writes.sets("photo", "photo:1", "typed", typed),
        )

        with db.reading() as session:
            said = session.exec(select(UtteranceRow)).one()
            row = session.exec(select(PhotoRow)).one()
        assert (said.speaker, said.entity) == ("Flip chart", "photo:1")
        assert said.words == row.typed
        assert "0754" not in row.typed


@on_one_engine
class TestRecordings:
    def test_its_stretches_stand_in_order(self, telephone):
        for place, ms in ((10, 1500), (2, 60_000)):
            part = {"sha256": f"{place:064x}", "ms": ms}
            telephone.sends(telephone.writes.sets("recording", "recording:1", f"part:{place:04}", part))

        with db.reading() as session:
            [row] = media.recordings_of(session, telephone.workshop_id)
            arrived = media.stretches(session, row)
        assert [part["ms"] for part in row.parts] == [60_000, 1500]
        assert row.seconds == 61.5
        assert [one for one, _part in arrived] == [None, None]


class TestAStoreThatFails:
    def test_pieces_stay_until_the_object_is_safely_there(self, telephone, monkeypatch):
        def away(*args):
            raise ObjectsAway

        with monkeypatch.context() as broken:
            broken.setattr("consult.objects.place", away)
            answer = telephone.puts(b"sound")
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
            assert "Nothing is lost" in answer.json["error"]

        assert telephone.puts(b"sound").json == {"has": 5, "whole": True}
        assert read(stored()[0]) == b"sound"

    def test_a_duty_finishes_what_a_device_did_not_come_back_for(self, telephone, monkeypatch):
        def away(*args):
            raise ObjectsAway

        with monkeypatch.context() as broken:
            broken.setattr("consult.objects.place", away)
            telephone.puts(b"sound")
            uploads.finish_or_sweep()
        aged(minutes=5)

        uploads.finish_or_sweep()

        assert read(stored()[0]) == b"sound"

    def test_pieces_nobody_sent_on_are_dropped_after_a_month(self, telephone):
        telephone.puts(SOUND, 0, STEP)

        aged(days=29)
        uploads.finish_or_sweep()
        assert telephone.get(telephone.object_at(SOUND)).json["has"] == STEP
        aged(days=31)
        uploads.finish_or_sweep()

        assert telephone.get(telephone.object_at(SOUND)).json["has"] == 0

    def test_two_who_finish_the_same_object_keep_it_once(self, telephone, monkeypatch):
        place = objects.place

        def beaten(workshop_id, content):
            monkeypatch.setattr("consult.objects.place", place)
            uploads.keep_whole(
                workshop_id,
                hashlib.sha256(content).hexdigest(),
                content,
                "audio/webm",
                now=datetime.now(UTC),
            )
            return place(workshop_id, content)

        monkeypatch.setattr("consult.objects.place", beaten)

        assert telephone.puts(b"sound").json == {"has": 5, "whole": True}
        [row] = stored()
        folder = objects.place_of_objects().folder
        assert [one.name for one in folder.rglob("*") if one.is_file()] == [str(row.id)]
        with db.reading() as session:
            assert len(session.exec(select(RecordRow).where(RecordRow.source == uploads.SOURCE)).all()) == 1


def aged(**by: float) -> None:
    """Let all pieces have come so long ago."""
    with db.transaction() as session:
        came = datetime.now(UTC) - timedelta(**by)
        session.execute(sa.update(ChunkRow).values({col(ChunkRow.received_at): came}))
