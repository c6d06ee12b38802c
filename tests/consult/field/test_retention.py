"""Recordings and photographs: kept as long as was agreed, gone when somebody takes their consent back."""

import hashlib
from datetime import UTC, datetime

import pytest
from sqlmodel import Session, select

from consult import db, intake, objects, rounds
from consult.field import people, uploads
from consult.objects import ObjectGone
from consult.tables.comments import CommentRow
from consult.tables.decisions import AnswerRow, DispositionRow
from consult.tables.field import PhotoRow, RecordingRow, StoredObjectRow
from consult.tables.intake import Channel
from consult.tables.process import AuditRow
from consult.tables.workshops import UtteranceRow, WorkshopRow
from consult.workshops import retention
from consult.workshops.consents import GIVEN, GROUP, REFUSED, WITHDRAWN
from tests.consult.field.device import Device
from tests.consult.test_consents import ASHA, NOW, a_clause, answers, in_hand, sent
from tests.consult.test_consents import device as device
from tests.consult.test_consents import workshop as workshop

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SOUND, PICTURE = "a" * 64, "b" * 64
TAPE = "recording:00000000-0000-4000-8000-00000000000a"
CHART = "photo:00000000-0000-4000-8000-00000000000b"


@pytest.fixture(autouse=True)
def _a_store(tmp_path) -> None:
    objects.use((tmp_path / "objects").as_uri())


def stored(workshop: WorkshopRow, sha256: str, media_type: str) -> None:
    """An object as it lies after its upload."""
    placed = objects.place(workshop.id, b"what was seen or heard")
    with db.transaction() as session:
        arrival = intake.Arrival(Channel.WORKSHOP, "field", f"{workshop.id}:object:{sha256}", sha256.encode())
        record = intake.record(session, arrival, now=NOW)
        objects.keep(session, placed, sha256=sha256, media_type=media_type, record_id=record.id, now=NOW)


@pytest.fixture
def kept(workshop, device) -> Device:
    """A recording and a photograph of a flip chart that somebody typed from."""
    stored(workshop, SOUND, "audio/webm")
    stored(workshop, PICTURE, "image/jpeg")
    device.sets("recording", TAPE, "part:0000", {"sha256": SOUND, "ms": 60000})
    device.sets("photo", CHART, "sha256", PICTURE)
    device.sets("photo", CHART, "typed", "Zebaki hapana")
    device.notes("Ndiyo.", recording=TAPE, ms=12000)
    sent(workshop, *device.written)
    return device


def opens(sha256: str) -> bool:
    with db.reading() as session:
        row = session.exec(select(StoredObjectRow).where(StoredObjectRow.sha256 == sha256)).one()
        try:
            return bool(objects.read(session, row))
        except ObjectGone:
            return False


def tape(session: Session, workshop: WorkshopRow) -> RecordingRow:
    return session.get_one(RecordingRow, (workshop.id, TAPE))


def an_hour_passes() -> None:
    retention.keep_promises()


def agreed(workshop: WorkshopRow, until: str, *, checked: bool = False) -> None:
    with db.transaction() as session:
        row = tape(session, workshop)
        row.kept, row.verified_at = until, NOW if checked else None
        session.get_one(WorkshopRow, workshop.id).audio_kept = until


@pytest.mark.usefixtures("kept")
class TestHowLong:
    @pytest.mark.parametrize(
        ("until", "checked", "stays"),
        [
            ("verified", False, True),
            ("verified", True, False),
            ("outcome", True, True),
            ("archived", True, True),
        ],
    )
    def test_a_recording_goes_when_its_transcript_was_checked_if_no_more_was_agreed(
        self, workshop, until, checked, stays
    ):
        agreed(workshop, until, checked=checked)

        an_hour_passes()

        assert opens(SOUND) is stays
        assert opens(PICTURE)
        with db.reading() as session:
            row = tape(session, workshop)
            assert (row.erased_at is None, row.erased_why) == (stays, "" if stays else retention.CHECKED)

    def test_the_time_codes_stay_and_the_trail_tells_when_and_why(self, workshop):
        agreed(workshop, "verified", checked=True)

        an_hour_passes()
        an_hour_passes()

        with db.reading() as session:
            assert tape(session, workshop).parts == [{"sha256": SOUND, "ms": 60000}]
            assert 12.0 in session.exec(select(UtteranceRow.start)).all()
            [line] = session.exec(select(AuditRow).where(AuditRow.act == "destroy")).all()
            assert (line.subject, line.reason) == ("recording", retention.CHECKED)

    def test_until_the_outcome_means_until_every_comment_has_its_answer(self, workshop, kept):
        agreed(workshop, "outcome")
        kept.notes("Kwa ibara.", clauses=[a_clause(workshop)], entity=CHART.replace("photo", "note"))
        sent(workshop, *kept.written, kept.sets("meeting", "meeting", "finished", True))
        with db.transaction() as session:
            round_, _ = in_hand(session, workshop)
            for utterance in session.exec(select(UtteranceRow).where(UtteranceRow.comment_id.is_(None))):
                utterance.state = "skipped"
            rounds.close(session, round_, now=datetime.now(UTC))
            comment = session.exec(select(CommentRow)).one()

        an_hour_passes()
        assert opens(SOUND)

        with db.transaction() as session:
            answer(session, comment)
        an_hour_passes()
        assert not opens(SOUND)

    def test_what_was_promised_first_is_not_lengthened_later(self, workshop):
        agreed(workshop, "verified", checked=True)
        with db.transaction() as session:
            session.get_one(WorkshopRow, workshop.id).audio_kept = "archived"

        an_hour_passes()

        assert not opens(SOUND)


def answer(session: Session, comment: CommentRow) -> None:
    decided = DispositionRow(
        comment_id=comment.id,
        outcome="noted",
        reason="Heard.",
        decided_by="test",
        decided_at=NOW,
    )
    session.add(decided)
    session.flush()
    session.add(
        AnswerRow(
            disposition_id=decided.id,
            comment_id=comment.id,
            language="sw",
            words="Asante.",
            channel="workshop",
            given_at=NOW,
        )
    )


# about, whose, answer, whether the meeting is closed, what stays: sound, picture
TABLE = [
    ("audio", GROUP, WITHDRAWN, False, (False, True)),
    ("audio", ASHA, WITHDRAWN, False, (False, True)),
    ("audio", GROUP, REFUSED, False, (True, True)),
    ("audio", GROUP, REFUSED, True, (False, True)),
    ("audio", ASHA, REFUSED, True, (True, True)),
    ("audio", GROUP, GIVEN, True, (True, True)),
    ("photo", GROUP, WITHDRAWN, False, (True, False)),
    ("photo", ASHA, WITHDRAWN, False, (True, False)),
    ("photo", GROUP, REFUSED, True, (True, False)),
    ("photo", ASHA, REFUSED, True, (True, True)),
    ("photo", GROUP, GIVEN, True, (True, True)),
    ("notes", GROUP, WITHDRAWN, False, (True, True)),
]


class TestWithdrawn:
    @pytest.mark.parametrize(("about", "who", "said", "closed", "stays"), TABLE)
    def test_what_is_destroyed_and_what_stays(self, workshop, kept, about, who, said, closed, stays):
        written = [answers(kept, about, said, who)]
        if closed:
            written.append(kept.sets("meeting", "meeting", "finished", True))

        sent(workshop, *written)

        assert (opens(SOUND), opens(PICTURE)) == stays
        with db.reading() as session:
            assert tape(session, workshop).erased_why == ("" if stays[0] else people.WITHDREW)
            typed = session.get_one(PhotoRow, (workshop.id, CHART)).typed
            assert typed == ("" if about == "notes" else "Zebaki hapana")
            said_there = session.exec(select(UtteranceRow.words).where(UtteranceRow.entity == CHART)).all()
            assert said_there == [typed]

    def test_what_comes_after_goes_within_the_hour(self, workshop, device):
        answers(device, "photo", WITHDRAWN)
        device.sets("photo", CHART, "sha256", PICTURE)
        sent(workshop, *device.written)
        stored(workshop, PICTURE, "image/jpeg")

        an_hour_passes()

        assert not opens(PICTURE)

    def test_what_is_uploaded_after_a_withdrawal_is_not_kept(self, workshop, device):
        sent(workshop, answers(device, "audio", WITHDRAWN))
        content = b"a late stretch of sound"
        sha256 = hashlib.sha256(content).hexdigest()

        uploads.keep_whole(workshop.id, sha256, content, "audio/webm", now=NOW)

        assert not opens(sha256)
