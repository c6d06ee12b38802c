"""A backup brings everything back on either engine, and nothing that was erased since."""

import zipfile
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import Session, select

from consult import backups, comments, db, erasures, keys, redactions
from consult.channels import pieces
from consult.tables.comments import CommentRow
from consult.tables.conversations import ConcernRow, JoiningRow, MembershipRow, RedactionRow
from consult.tables.intake import Channel, ErasureRow, PayloadKeyRow, RecordRow
from consult.tables.messages import MessageRow
from consult.tables.participants import ContactKind, ContactPointRow, ParticipantRow
from consult.tables.people import PersonRow
from consult.tables.rounds import RoundRow
from standards.identity import new_id
from standards.tables import OutlineRow, VersionRow
from tests import factories
from tests.consult.channels.talking import ASHA, Telephone, open_round


def _a_record(session: Session, now: datetime) -> RecordRow:
    record = RecordRow(
        channel=Channel.SMS,
        source="test",
        provider_id=str(new_id()),
        content_type="text/plain",
        payload=b"sealed words",
        payload_hash=b"h" * 32,
        received_at=now,
    )
    session.add(record)
    session.flush()
    key = keys.ring().seal(b"k" * 32, f"payload_key.{record.id}")
    session.add(PayloadKeyRow(record_id=record.id, sealed_key=key))
    return record


class TestRestore:
    def test_everything_comes_back(self, engine: sa.Engine, tmp_path: Path, now: datetime) -> None:
        with db.transaction() as session:
            factories.a_version(session, status="published")
            factories.a_person(session, email="asha@example.org", name="Asha")
            _a_record(session, now)
        counts = backups.back_up(engine, tmp_path / "b.zip", now=now)

        restored = backups.restore(engine, tmp_path / "b.zip", replace=True, now=now)

        assert restored == counts
        with db.reading() as session:
            assert session.exec(select(PersonRow)).one().email == "asha@example.org"
            assert session.exec(select(VersionRow)).one().created_at == factories.NOW
            assert len(session.exec(select(OutlineRow)).all()) == len(factories.CLAUSES)

    def test_frozen_stays_frozen_afterwards(self, engine: sa.Engine, tmp_path: Path, now: datetime) -> None:
        with db.transaction() as session:
            factories.a_version(session, status="published")
        backups.back_up(engine, tmp_path / "b.zip", now=now)

        backups.restore(engine, tmp_path / "b.zip", replace=True, now=now)

        with pytest.raises(sa.exc.IntegrityError, match="frozen"), db.transaction() as session:
            session.execute(sa.text("DELETE FROM outline"))

    def test_a_backup_of_one_engine_opens_on_the_other(
        self, engine: sa.Engine, sqlite_template: Path, tmp_path: Path, now: datetime
    ) -> None:
        with db.transaction() as session:
            factories.a_version(session, status="published")
        counts = backups.back_up(engine, tmp_path / "b.zip", now=now)
        other = db.make_engine(f"sqlite:///{tmp_path / 'other.db'}")

        assert backups.restore(other, tmp_path / "b.zip", now=now) == counts
        other.dispose()

    def test_what_was_erased_since_does_not_come_back(
        self, engine: sa.Engine, tmp_path: Path, now: datetime
    ) -> None:
        with db.transaction() as session:
            record = _a_record(session, now)
        backups.back_up(engine, tmp_path / "b.zip", now=now)
        with db.transaction() as session:
            session.add(ErasureRow(record_id=record.id, reason="asked for", by="test", at=now))

        backups.restore(engine, tmp_path / "b.zip", replace=True, now=now)

        with db.reading() as session:
            assert session.get(PayloadKeyRow, record.id) is None
            assert session.get(RecordRow, record.id) is not None
            assert session.exec(select(ErasureRow)).one().reason == "asked for"

    def test_someone_forgotten_since_stays_forgotten(
        self, engine: sa.Engine, tmp_path: Path, now: datetime
    ) -> None:
        with db.transaction() as session:
            person = ParticipantRow(alias="P-7Q4K", region="Chunya", created_at=now)
            session.add(person)
            session.flush()
            session.add(
                ContactPointRow(
                    participant_id=person.id,
                    kind=ContactKind.SMS,
                    lookup=b"l" * 32,
                    address="+255700000001",
                    created_at=now,
                )
            )
        backups.back_up(engine, tmp_path / "b.zip", now=now)
        with db.transaction() as session:
            session.add(ErasureRow(participant_id=person.id, reason="asked for", by="test", at=now))

        backups.restore(engine, tmp_path / "b.zip", replace=True, now=now)

        with db.reading() as session:
            point = session.exec(select(ContactPointRow)).one()
            assert (point.address, point.lookup, point.erased_at) == (None, None, now)
            assert session.get_one(ParticipantRow, person.id).region == ""

    def test_a_conversation_erased_since_stays_erased_with_all_that_was_noted_of_it(
        self, engine: sa.Engine, tmp_path: Path, now: datetime
    ) -> None:
        with db.transaction() as session:
            open_round(session, now)
        telephone = Telephone(now)
        telephone.text("gold")
        telephone.text("12 they beat us at the river, says Mzee Juma")
        with db.transaction() as session:
            comment = session.get_one(CommentRow, telephone.comments[0].id)
            round_ = session.get_one(RoundRow, comment.round_id)
            seen = redactions.hash_of(comment)
            redactions.decide(session, round_, comment.id, (), seen=seen, by="test", now=now)
        backups.back_up(engine, tmp_path / "b.zip", now=now)
        with db.transaction() as session:
            erasures.erase(session, erasures.by_address(session, ASHA), by="test", now=now)

        backups.restore(engine, tmp_path / "b.zip", replace=True, now=now)

        with db.reading() as session:
            (concern,) = session.exec(select(ConcernRow)).all()
            assert (concern.participant_id, concern.words, concern.note) == (None, [], "")
            for table in (MembershipRow, RedactionRow, PayloadKeyRow):
                assert session.exec(select(table)).all() == [], table
            assert {row.words for row in session.exec(select(MessageRow))} == {""}

    def test_what_was_parted_and_erased_since_leaves_the_history_of_what_it_was_joined_to(
        self, engine: sa.Engine, tmp_path: Path, now: datetime
    ) -> None:
        with db.transaction() as session:
            open_round(session, now)
        telephone = Telephone(now)
        telephone.text("gold", after=600)
        telephone.text("12 one retort serves two pits", after=600)
        telephone.text("the chief sells our gas", after=30)
        with db.transaction() as session:
            whole = session.get_one(CommentRow, telephone.comments[0].id)
            piece = pieces.pieces_of(session, whole)[1]
            by = factories.a_person(session).id
            made = pieces.part(session, whole, piece.record_id, by=by, now=telephone.now)
        backups.back_up(engine, tmp_path / "b.zip", now=now)
        with db.transaction() as session:
            comments.erase(
                session, session.get_one(CommentRow, made.id), reason="asked for", by="test", now=now
            )

        backups.restore(engine, tmp_path / "b.zip", replace=True, now=now)

        with db.reading() as session:
            history = [(row.words, row.text) for row in session.exec(select(JoiningRow))]
            assert "chief" not in str(history)
            assert session.get_one(CommentRow, whole.id).text == "one retort serves two pits"

    def test_a_database_with_content_is_left_alone(
        self, engine: sa.Engine, tmp_path: Path, now: datetime
    ) -> None:
        with db.transaction() as session:
            factories.a_person(session)
        backups.back_up(engine, tmp_path / "b.zip", now=now)

        with pytest.raises(backups.NotEmpty):
            backups.restore(engine, tmp_path / "b.zip", now=now)

    def test_a_file_cut_short_changes_nothing(self, engine: sa.Engine, tmp_path: Path, now: datetime) -> None:
        with db.transaction() as session:
            factories.a_person(session)
        path = tmp_path / "b.zip"
        backups.back_up(engine, path, now=now)
        path.write_bytes(path.read_bytes()[:-200])

        with pytest.raises(backups.NotABackup, match="cut short"):
            backups.restore(engine, path, replace=True, now=now)

        with db.reading() as session:
            assert session.exec(select(PersonRow)).all()


def test_a_backup_holds_neither_keys_nor_open_personal_data(
    engine: sa.Engine, tmp_path: Path, now: datetime
) -> None:
    with db.transaction() as session:
        factories.a_person(session, email="asha@example.org", name="Asha Mrema")

    backups.back_up(engine, tmp_path / "b.zip", now=now)

    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        inside = b"".join(archive.read(name) for name in archive.namelist())
    assert b"asha" not in inside.lower()
    assert (tmp_path / "b.zip").stat().st_mode & 0o077 == 0
