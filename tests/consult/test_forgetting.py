"""Addresses go thirty days after the answer; words stay."""

from datetime import timedelta

import pytest
from sqlmodel import select

from consult import comments, db, dispositions, forgetting, intake, participants, rounds
from consult.comments import Said
from consult.links import Tie
from consult.outgoing import messages
from consult.tables.comments import CommentRow
from consult.tables.intake import Channel, ErasureRow, Outcome, PayloadKeyRow, RecordRow
from consult.tables.messages import MessageRow, MessageState
from consult.tables.participants import ContactKind
from tests.consult.channels.talking import ASHA, BARAKA, Telephone, faults, open_round
from tests.factories import a_version


@pytest.fixture
def round_(session, now):
    version = a_version(session, status="consultation")
    wanted = rounds.NewRound(slug="r1", title="Round 1", opens_at=now, closes_at=now + timedelta(days=1))
    return rounds.open_round(session, version, wanted, now=now)


@pytest.fixture
def person(session, now):
    return participants.enrol(session, now=now)


@pytest.fixture
def contact(session, person, now):
    return participants.reach(session, person.id, ContactKind.SMS, "+255700000123", now=now)


def a_comment(session, round_, person, now, name="1"):
    recorded = intake.record(session, intake.Arrival(Channel.SMS, "test", name, b"x"), now=now)
    record = session.get_one(RecordRow, recorded.id)
    said = Said(text="too far", ties=(Tie(None),), participant_id=person.id)
    return session.get_one(CommentRow, comments.make(session, round_, record, said, now=now).id)


def answer(session, comment, when, state=MessageState.DELIVERED):
    decision = dispositions.Decision(outcome="noted", reason="Heard.")
    dispositions.decide(session, comment, decision, by="c", now=when)
    for message in session.exec(select(MessageRow)):
        messages.advance(session, message, state, now=when)
    session.flush()


def test_an_address_goes_thirty_days_after_the_answer_and_the_words_stay(
    session, round_, person, contact, now
):
    comment = a_comment(session, round_, person, now)
    answered = now + timedelta(days=2)
    answer(session, comment, answered)

    assert forgetting.forget_answered(session, now=answered + timedelta(days=29)) == 0
    assert forgetting.forget_answered(session, now=answered + timedelta(days=31)) == 1

    session.refresh(contact)
    assert (contact.address, contact.lookup) == (None, None)
    assert participants.look_up(session, ContactKind.SMS, "+255700000123") == []
    assert comment.text == "too far"


def test_someone_still_to_be_answered_is_kept(session, round_, person, contact, now):
    answer(session, a_comment(session, round_, person, now), now + timedelta(days=2))
    a_comment(session, round_, person, now, "2")

    assert forgetting.forget_answered(session, now=now + timedelta(days=90)) == 0


def test_a_message_that_has_not_left_keeps_its_address(session, round_, person, contact, now):
    answer(session, a_comment(session, round_, person, now), now + timedelta(days=2), MessageState.WAITING)

    assert forgetting.forget_answered(session, now=now + timedelta(days=90)) == 0


def test_someone_who_only_joined_is_kept(session, contact, now):
    assert forgetting.forget_answered(session, now=now + timedelta(days=90)) == 0


class TestOriginals:
    """Decision 18: an original goes when nobody can be reached any more at the number that sent it."""

    @pytest.fixture
    def telephone(self, engine, now):
        with db.transaction() as session:
            open_round(session, now, closes_at=now + timedelta(days=2))
        telephone = Telephone(now)
        telephone.text("gold")
        telephone.text("12 ring 0712345678, retorts are dear")
        telephone.text("LIST")
        telephone.text("12 mine is another telephone", BARAKA)
        return telephone

    def forget(self, address, now):
        with db.transaction() as session:
            for contact in participants.look_up(session, ContactKind.SMS, address):
                participants.forget_address(session, contact, now=now)

    def destroy(self, now):
        with db.transaction() as session:
            return forgetting.destroy_originals(session, now=now)

    def kept(self):
        with db.reading() as session:
            return len(session.exec(select(PayloadKeyRow)).all())

    def test_all_of_a_forgotten_number_go_its_words_stay_and_the_ledger_holds(self, telephone, now):
        later = now + timedelta(days=40)
        self.forget(ASHA, later)

        assert self.destroy(later) == (3, None)

        assert self.kept() == 1
        assert "ring [number], retorts are dear" in telephone.texts
        assert faults() == []
        with db.reading() as session:
            comment = session.exec(select(CommentRow).order_by(CommentRow.received_at)).first()
            assert intake.open_payload(session, comment.record_id) is None

    def test_it_is_recorded_so_that_a_restored_backup_does_it_again(self, telephone, now):
        later = now + timedelta(days=40)
        self.forget(ASHA, later)
        self.destroy(later)

        with db.reading() as session:
            rows = session.exec(select(ErasureRow)).all()
        assert len(rows) == 3
        assert {(row.reason, row.by, row.comment_id) for row in rows} == {
            (forgetting.REASON, forgetting.BY, None)
        }

    def test_while_somebody_can_be_reached_there_nothing_goes(self, telephone, now):
        assert self.destroy(now + timedelta(days=400)) == (0, None)

    def test_what_came_within_thirty_days_stays(self, telephone, now):
        self.forget(ASHA, now)

        assert self.destroy(now + timedelta(days=29)) == (0, None)

    def test_a_second_alias_on_the_number_keeps_it(self, telephone, now):
        telephone.text("NEW")
        with db.transaction() as session:
            older = participants.look_up(session, ContactKind.SMS, ASHA)[-1]
            participants.forget_address(session, older, now=now)

        assert self.destroy(now + timedelta(days=40)) == (0, None)

    def test_from_no_number_of_a_person_and_not_yet_read_stays(self, telephone, now):
        telephone.text("hello", sender="VODACOM")
        telephone.keep("12 not yet read", sender="+255700000077")

        assert self.destroy(now + timedelta(days=40)) == (0, None)

    def test_a_number_typed_into_the_web_form_goes_even_without_its_country(self, telephone, now):
        with db.transaction() as session:
            for name, contact in (("1", "0765432198"), ("2", ""), ("3", ASHA)):
                fields = {"fields": {"text": "words", "contact": contact}}
                kept = intake.record(
                    session,
                    intake.Arrival(Channel.WEB, "web", name, comments.as_payload(fields)),
                    now=telephone.now,
                )
                intake.mark(session, kept.id, Outcome.COMMENT, now=telephone.now)

        assert self.destroy(now + timedelta(days=40)) == (1, None)

    def test_batches_go_on_where_the_last_one_ended(self, telephone, now, monkeypatch):
        later = now + timedelta(days=40)
        self.forget(ASHA, later)
        monkeypatch.setattr(forgetting, "BATCH", 2)

        after, count = None, 0
        for _ in range(5):
            with db.transaction() as session:
                gone, after = forgetting.destroy_originals(session, now=later, after=after)
            count += gone
            if after is None:
                break

        assert count == 3
