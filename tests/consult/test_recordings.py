"""Recordings: brought in with consent, heard by those who may see the workshop, laid beside a transcript."""

import io
import math
import struct
import wave
from datetime import date, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from consult import intake, objects, rounds, workshops
from consult.errors import NotFound
from consult.field import keeping, media
from consult.field.operations import Kind
from consult.tables.field import RecordingRow
from consult.tables.intake import Outcome, RecordRow
from consult.tables.people import Role
from consult.tables.workshops import TranscriptRow, UtteranceRow
from consult.workshops import Wanted, players, recordings
from tests.factories import a_version

TALK = """\
WEBVTT

00:00:01.000 --> 00:00:02.000
<v Asha>We burn it behind the house.

00:00:06.000 --> 00:00:08.000
<v Juma>Children breathe it.
"""


def a_sound(seconds=10, rate=2000) -> bytes:
    """A short WAV with a tone in it."""
    content = io.BytesIO()
    with wave.open(content, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(rate)
        sound.writeframes(
            b"".join(struct.pack("B", 128 + int(60 * math.sin(at / 3))) for at in range(int(seconds * rate)))
        )
    return content.getvalue()


@pytest.fixture(autouse=True)
def _store(tmp_path, monkeypatch):
    monkeypatch.setattr(objects, "_objects", objects.Objects((tmp_path / "data" / "objects").as_uri()))


@pytest.fixture
def round_(session, now):
    wanted = rounds.NewRound(slug="r1", title="Round 1", opens_at=now, closes_at=now + timedelta(days=60))
    return rounds.open_round(session, a_version(session, status="consultation"), wanted, now=now)


@pytest.fixture
def workshop(session, round_, now):
    meeting = workshops.Meeting(place="Katoro", held_on=date(2026, 3, 1), region="Geita")
    kept = workshops.hold(session, round_, meeting, now=now).workshop
    session.commit()
    return kept


@pytest.fixture
def agreed(session, round_, workshop, now):
    consent = {"about": "audio", "attendee": "", "answer": "given", "how": "witnessed"}
    keeping.put(session, round_, workshop, Kind.CONSENT, "consent:group:audio", consent, now=now)
    session.commit()
    return workshop


@pytest.fixture
def talk(session, agreed, now):
    """The transcript of TALK, kept."""
    recorded = workshops.receive(session, agreed, TALK.encode(), "talk.vtt", now=now)
    record = session.get_one(RecordRow, recorded.id)
    heard = workshops.hear(session, record)
    row, _ = workshops.keep(session, agreed, record, heard, name="talk", now=now)
    session.commit()
    return row


def said(session, transcript):
    query = sa.select(UtteranceRow).where(UtteranceRow.transcript_id == transcript.id)
    rows = list(session.execute(query.order_by(UtteranceRow.position)).scalars())
    session.commit()
    return rows


def only_one_of(session, workshop):
    """The name in addresses of the one recording there is."""
    (row,) = media.recordings_of(session, workshop.id)
    session.commit()
    return row.entity.removeprefix("recording:")


def brought(workshop, now, content=None, title="Evening"):
    file = io.BytesIO(a_sound() if content is None else content)
    kept, fresh = recordings.bring_in(workshop.id, workshop.round_id, file, title, now=now)
    return kept, fresh


def the_track(session, workshop, kept):
    session.expire_all()
    return recordings.track(session, recordings.recording_of(session, workshop, kept))


class TestBringingIn:
    def test_a_file_is_sealed_away_and_its_hash_lies_in_the_ledger(self, session, agreed, now):
        kept, fresh = brought(agreed, now)

        found = the_track(session, agreed, kept)
        assert fresh
        assert (found.row.title, found.media_type, found.row.seconds) == ("Evening", "audio/wav", 10.0)
        assert b"".join(recordings.heard(found, 0, found.size)) == a_sound()
        folder = objects.place_of_objects().folder
        assert all(b"RIFF" not in path.read_bytes() for path in folder.rglob("*") if path.is_file())
        stored, _part = media.stretches(session, found.row)[0]
        assert intake.outcome_of(session, stored.record_id) is Outcome.SET_ASIDE

    def test_the_same_file_twice_changes_nothing(self, session, agreed, now):
        first, _ = brought(agreed, now)
        again, fresh = brought(agreed, now, title="Once more")

        assert (again, fresh) == (first, False)
        assert len(media.recordings_of(session, agreed.id)) == 1

    def test_without_consent_nothing_is_taken_in(self, session, workshop, now):
        with pytest.raises(recordings.NotAgreed, match="consent first"):
            brought(workshop, now)

        assert session.scalar(sa.select(sa.func.count()).select_from(RecordingRow)) == 0

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "is empty"),
            (b"#!AMR\n\x0c", "MP3, M4A or OGG"),
            (b"\0\0\0\x18ftyp3gp4", "MP3, M4A or OGG"),
            (TALK.encode(), "A transcript is brought in"),
            ("Asha: maji".encode("utf-16"), "not a recording"),
        ],
    )
    def test_what_no_browser_plays_is_refused_kindly(self, agreed, now, content, words):
        with pytest.raises(recordings.NoSound, match=words):
            brought(agreed, now, content)

    @pytest.mark.parametrize(
        ("head", "kind"),
        [
            (b"ID3\x04rest", "audio/mpeg"),
            (b"\xff\xfb\x90rest", "audio/mpeg"),
            (b"\0\0\0\x20ftypM4A rest", "audio/mp4"),
            (b"OggS\0rest", "audio/ogg"),
            (b"\x1aE\xdf\xa3rest", "audio/webm"),
            (b"RIFF\0\0\0\0WAVEbroken", "audio/wav"),
        ],
    )
    def test_a_kind_is_known_by_what_is_in_the_file(self, head, kind):
        assert recordings.sound_in(io.BytesIO(head)) == (kind, 0.0)

    def test_stretches_from_the_field_are_heard_as_one_up_to_the_first_that_is_missing(
        self, session, round_, agreed, now
    ):
        from consult.field import uploads

        entity, pieces = f"recording:{uuid4()}", [b"\x1aE\xdf\xa3one", b"two", b"three"]
        hashes = [uploads.keep_file(agreed.id, io.BytesIO(one), "audio/webm", now=now) for one in pieces[:2]]
        fields = {f"part:{n:04}": {"sha256": sha, "ms": 5000} for n, sha in enumerate([*hashes, "0" * 64])}
        keeping.put(session, round_, agreed, Kind.RECORDING, entity, fields, now=now)
        session.commit()

        found = the_track(session, agreed, entity.removeprefix("recording:"))

        assert (found.size, found.missing, found.row.seconds) == (10, 1, 15.0)
        assert b"".join(recordings.heard(found, 5, 9)) == b"netw"


class TestBesideATranscript:
    def test_this_utterance_is_now_moves_all_times_of_the_transcript(self, session, agreed, talk, now):
        kept, _ = brought(agreed, now)
        first, second = said(session, talk)

        shift = recordings.set_now(session, agreed, first.id, kept, 3.5)

        row = session.get_one(TranscriptRow, talk.id)
        assert shift == 2.5
        assert recordings.tied(row, second) == recordings.Tied(kept, 8.5)
        player = players.beside(session, agreed, second, [first])
        assert (player.at, player.seconds) == (8.5, {second.id: 8.5, first.id: 3.5})

    def test_an_utterance_without_a_time_cannot(self, session, agreed, talk, now):
        kept, _ = brought(agreed, now)
        row = said(session, talk)[0]
        row.start = None
        session.add(row)

        with pytest.raises(recordings.NoTimes, match="with times"):
            recordings.set_now(session, agreed, row.id, kept, 3.0)

    def test_a_recording_of_another_workshop_is_refused(self, session, round_, agreed, talk, now):
        meeting = workshops.Meeting(place="Nyarugusu", held_on=date(2026, 3, 2))
        other = workshops.hold(session, round_, meeting, now=now).workshop
        session.commit()
        kept, _ = brought(agreed, now)

        with pytest.raises(NotFound):
            recordings.tie(session, other, talk.id, kept, 0)
        with pytest.raises(NotFound):
            recordings.recording_of(session, other, kept)

    def test_without_a_transcript_it_is_offered_and_can_be_noted_from(self, session, agreed, talk, now):
        kept, _ = brought(agreed, now)

        player = players.beside(session, agreed, said(session, talk)[0], [])

        assert (player.track.id, player.at, player.is_beside) == (kept, None, False)

    def test_a_note_from_the_field_stands_in_the_recording_that_ran(self, session, round_, agreed, now):
        kept, _ = brought(agreed, now)
        note = {"words": "Hatuna maji", "recording": f"recording:{kept}", "ms": 4200}
        keeping.put(session, round_, agreed, Kind.NOTE, f"note:{uuid4()}", note, now=now)
        row = session.execute(sa.select(UtteranceRow).where(UtteranceRow.entity != "")).scalar_one()

        assert recordings.kept_at(session, row) == recordings.Tied(kept, 4.2)


class TestTheTraceOfAComment:
    def test_it_leads_to_its_second_of_tape_while_the_tape_is_there(
        self, signed_in, session, round_, agreed, talk, now
    ):
        kept, _ = brought(agreed, now)
        first = said(session, talk)[0]
        recordings.set_now(session, agreed, first.id, kept, 3.5)
        taken = workshops.make_comment(session, round_, agreed, first.id, Wanted(), by="test", now=now)
        session.commit()
        secretary = signed_in("secretary")

        before = secretary.get(f"/desk/comments/{taken.made.id}").text
        row = recordings.recording_of(session, agreed, kept)
        row.erased_at, row.erased_why = now, "checked"
        session.add(row)
        session.commit()
        after = secretary.get(f"/desk/comments/{taken.made.id}").text

        assert f"recordings?recording={kept}&amp;at=3.5#r-{kept}" in before
        assert "Hear it" not in after


class TestChecked:
    def test_who_listened_says_so_once_and_may_take_it_back(self, session, agreed, now):
        kept, _ = brought(agreed, now)

        assert recordings.verify(session, agreed, kept, now=now)
        assert not recordings.verify(session, agreed, kept, now=now)
        assert recordings.unverify(session, agreed, kept)
        assert recordings.recording_of(session, agreed, kept).verified_at is None


class TestHearing:
    @pytest.fixture
    def kept(self, agreed, now):
        return brought(agreed, now)[0]

    @pytest.fixture
    def secretary(self, signed_in):
        return signed_in("secretary")

    def at(self, workshop, kept):
        return f"/desk/workshops/{workshop.id}/recordings/{kept}/sound"

    def test_a_stretch_of_it_is_sent_and_nowhere_kept(self, secretary, agreed, kept):
        answer = secretary.get(self.at(agreed, kept), headers={"Range": "bytes=4-11"})

        assert (answer.status_code, answer.data) == (206, a_sound()[4:12])
        assert answer.headers["Content-Range"] == f"bytes 4-11/{len(a_sound())}"
        assert (answer.headers["Cache-Control"], answer.mimetype) == ("no-store", "audio/wav")

    def test_all_of_it_and_beyond_its_end(self, secretary, agreed, kept):
        whole = secretary.get(self.at(agreed, kept))
        beyond = secretary.get(self.at(agreed, kept), headers={"Range": "bytes=99999999-"})

        assert (whole.status_code, whole.data, whole.headers["Accept-Ranges"]) == (200, a_sound(), "bytes")
        assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{len(a_sound())}")

    def test_nobody_else_hears_it(self, client, signed_in, agreed, kept):
        assert client.get(self.at(agreed, kept)).status_code == 302
        assert signed_in(Role.FACILITATOR).get(self.at(agreed, kept)).status_code == 404

    def test_an_erased_one_says_so(self, secretary, session, agreed, kept, now):
        row = recordings.recording_of(session, agreed, kept)
        row.erased_at, row.erased_why = now, "withdrawn"
        session.add(row)
        session.commit()

        answer = secretary.get(self.at(agreed, kept))

        assert answer.status_code == 404
        assert "what was written down stay" in answer.text


class TestAtTheDesk:
    @pytest.fixture
    def secretary(self, signed_in):
        return signed_in("secretary")

    def page(self, workshop):
        return f"/desk/workshops/{workshop.id}/recordings"

    def send(self, client, workshop, content, **fields):
        form = {"file": (io.BytesIO(content), "rec.wav"), "title": "Evening"} | fields
        return client.post(self.page(workshop), data=form, content_type="multipart/form-data")

    def test_a_file_is_brought_in_heard_tied_and_checked(self, secretary, session, agreed, talk):
        self.send(secretary, agreed, a_sound())
        kept = only_one_of(session, agreed)
        first = said(session, talk)[0]
        now_ = {"second": "0:03.5", "recording": kept}
        secretary.post(f"/desk/workshops/{agreed.id}/utterances/{first.id}/now", data=now_)
        bench = secretary.get(f"/desk/workshops/{agreed.id}/utterances?at={first.id}").text
        secretary.post(f"{self.page(agreed)}/{kept}/checked")

        page = secretary.get(self.page(agreed)).text
        assert f"{kept}/sound#t=3.50" in bench
        assert "Checked on" in page
        assert 'value="2.5"' in page

    def test_what_cannot_be_taken_in_is_said_on_the_page(self, secretary, workshop, session, round_, now):
        refused = self.send(secretary, workshop, a_sound())
        assert refused.status_code == 409
        assert "agreed to be recorded" in refused.text

    def test_a_time_that_is_none_changes_nothing(self, secretary, session, agreed, talk):
        self.send(secretary, agreed, a_sound())
        kept = only_one_of(session, agreed)
        first = said(session, talk)[0]

        answer = secretary.post(
            f"/desk/workshops/{agreed.id}/utterances/{first.id}/now",
            data={"second": "soon", "recording": kept},
        )

        assert answer.status_code == 409
        assert "12:05" in answer.text

    def test_a_form_from_elsewhere_is_refused(self, app, secretary, agreed):
        app.config["WTF_CSRF_ENABLED"] = True

        assert self.send(secretary, agreed, a_sound()).status_code == 400
