"""A text that may tell of danger comes before a named person; nothing is forwarded, nobody is alarmed."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from consult import db, erasures, intake
from consult.channels import transports
from consult.conversations import care
from consult.errors import Misfilled
from consult.tables.conversations import ConcernRow, ConcernState
from consult.tables.intake import RecordRow
from consult.tables.messages import MessageKind, MessageRow
from consult.tables.participants import ParticipantRow
from consult.tables.people import PersonRow
from consult.tables.process import AuditRow
from consult.tables.rounds import RoundRow
from tests import factories
from tests.consult.channels.talking import ASHA, BARAKA, Telephone, open_round

DANGER = "12 the pit fell on two men, ring 0712345678"


@pytest.fixture
def telephone(engine: sa.Engine, now: datetime) -> Telephone:
    with db.transaction() as session:
        open_round(session, now)
    return Telephone(now)


@pytest.fixture
def people(telephone: Telephone) -> dict[str, UUID]:
    """Two secretaries, one who has left, and a facilitator."""
    with db.transaction() as session:
        made = {
            "first": factories.a_person(session, name="First"),
            "second": factories.a_person(session, name="Second"),
            "left": factories.a_person(session, name="Left", disabled_at=factories.NOW),
            "facilitator": factories.a_person(session, role="facilitator", name="Named"),
        }
        return {name: person.id for name, person in made.items()}


def concerns() -> list[ConcernRow]:
    with db.reading() as session:
        return list(
            session.exec(select(ConcernRow).order_by(col(ConcernRow.raised_at), col(ConcernRow.kind)))
        )


def notices() -> list[MessageRow]:
    with db.reading() as session:
        return list(session.exec(select(MessageRow).where(MessageRow.kind == MessageKind.NOTICE)))


def named(person_id: UUID | None, procedure: str = "Ring the nurse.", *, by: UUID) -> None:
    with db.transaction() as session:
        round_ = session.exec(select(RoundRow)).one()
        care.name(session, round_, person_id, procedure, by=by, now=factories.NOW)


def alias_of(concern: ConcernRow) -> str:
    with db.reading() as session:
        return session.get_one(ParticipantRow, concern.participant_id).alias


class TestFlagging:
    def test_a_text_that_tells_of_danger_is_flagged_with_its_round_and_alias(self, telephone, people):
        telephone.text(DANGER)

        (concern,) = concerns()
        assert (concern.kind, concern.state) == ("danger", ConcernState.OPEN)
        assert concern.round_id is not None
        assert alias_of(concern).startswith("P-")
        assert telephone.texts == ["the pit fell on two men, ring [number]"]

    @pytest.mark.parametrize(
        "text",
        [
            "STOP they will kill me",
            "gold they beat us here",
            "1 but my husband hits me",
            "they beat us",
            "LIST. i want to die",
            "my receipt 1234-5678 they will kill me",
        ],
    )
    def test_whatever_it_was_understood_to_be(self, telephone, people, text):
        telephone.text("gold")

        telephone.text(text)

        assert len(concerns()) == 1

    def test_most_texts_are_not(self, telephone, people):
        for text in ("gold", "1", "12 the price kills us", "LIST", "STOP"):
            telephone.text(text)

        assert concerns() == []
        assert notices() == []

    def test_from_no_number_that_can_be_answered_too(self, telephone, people):
        telephone.text(DANGER, sender="VODACOM")

        (concern,) = concerns()
        assert concern.participant_id is None
        assert [message.subject for message in notices()] == [
            "A conversation needs you: an unknown sender"
        ] * 2

    def test_the_same_record_again_changes_nothing(self, telephone, people):
        telephone.text(DANGER)
        (concern,) = concerns()

        with db.transaction() as session:
            record = session.get_one(RecordRow, concern.record_id)
            payload = intake.open_payload(session, record.id)
            assert payload is not None
            heard = transports.READERS[record.source](payload, record.content_type)
            again = care.look(session, record, heard, now=telephone.now)

        assert again == []
        assert len(concerns()) == 1

    def test_a_word_broken_between_the_parts_of_a_long_text_is_seen(self, telephone, people):
        telephone.part("12 two of our friends are tra", 1, 2)
        telephone.part("pped below", 2, 2)

        assert [concern.kind for concern in concerns()] == ["danger"]

    def test_a_piece_that_goes_on_with_a_flagged_thought_raises_no_second_concern(self, telephone, people):
        telephone.text(DANGER)
        telephone.text("it was in the morning", after=20)
        telephone.text("please come and look at the retort", after=20)

        assert len(concerns()) == 1

    def test_a_piece_with_danger_of_its_own_does(self, telephone, people):
        telephone.text(DANGER)
        telephone.text("and the guards beat us when we came near", after=20)

        assert [concern.kind for concern in concerns()] == ["danger", "violence"]

    def test_the_sender_hears_what_anyone_hears(self, telephone, people):
        telephone.text("gold")
        telephone.text("gold", BARAKA)

        flagged = telephone.text("12 they beat us")
        ordinary = telephone.text("12 retorts are dear", BARAKA)

        letters = {letter.words for letter in notices()}
        codes = [comment.receipt for comment in telephone.comments]
        (flagged,) = [reply for reply in flagged if reply not in letters]
        assert flagged.replace(codes[0], "") == ordinary[0].replace(codes[1], "")

    def test_its_words_are_those_of_our_lists(self, telephone, people):
        telephone.text("the police of Nyamongo 0712345678 beat Juma")

        assert [concern.words for concern in concerns()] == [["police – beat"]]

    def test_it_is_in_the_audit_trail_without_words(self, telephone, people):
        telephone.text(DANGER)

        with db.reading() as session:
            (line,) = session.exec(select(AuditRow).where(AuditRow.act == "flag-text")).all()
        assert line.after == {"kind": "danger"}


class TestTelling:
    def test_every_secretary_is_told_where_nobody_is_named_and_nobody_who_has_left(self, telephone, people):
        telephone.text(DANGER)

        assert {message.person_id for message in notices()} == {people["first"], people["second"]}

    def test_only_the_named_person_is_told(self, telephone, people):
        named(people["facilitator"], by=people["first"])

        telephone.text(DANGER)

        assert [message.person_id for message in notices()] == [people["facilitator"]]
        assert [concern.person_id for concern in concerns()] == [people["facilitator"]]

    def test_a_named_person_who_has_left_is_replaced_by_the_secretaries(self, telephone, people):
        named(people["facilitator"], by=people["first"])
        with db.transaction() as session:
            person = session.get_one(PersonRow, people["facilitator"])
            person.disabled_at = factories.NOW
            session.add(person)

        telephone.text(DANGER)

        assert {message.person_id for message in notices()} == {people["first"], people["second"]}

    def test_the_letter_names_the_alias_and_where_to_look_and_no_words_or_number(self, telephone, people):
        named(people["facilitator"], by=people["first"])

        telephone.text(DANGER)

        (letter,) = notices()
        assert letter.channel == "email"
        assert alias_of(concerns()[0]) in letter.words
        assert "Concerns" in letter.words
        for told in ("pit", "men", "0712345678", ASHA, ASHA[1:]):
            assert told not in f"{letter.subject} {letter.words}"

    def test_one_letter_an_hour_for_one_conversation(self, telephone, people):
        named(people["facilitator"], by=people["first"])

        telephone.text(DANGER)
        telephone.text("12 they beat us", after=300)
        telephone.text("12 they beat us again", after=7200)

        assert len(notices()) == 2
        assert len(concerns()) == 3


class TestNaming:
    def test_only_somebody_who_comes_to_the_desk_can_be_named(self, telephone, people):
        with db.transaction() as session:
            operator = factories.a_person(session, role="operator").id

        with pytest.raises(Misfilled, match="desk"):
            named(operator, by=people["first"])

    def test_open_concerns_go_over_to_whoever_is_named(self, telephone, people):
        telephone.text(DANGER)

        named(people["facilitator"], by=people["first"])

        assert [concern.person_id for concern in concerns()] == [people["facilitator"]]


class TestSettling:
    @pytest.fixture
    def concern(self, telephone: Telephone, people: dict[str, UUID]) -> ConcernRow:
        telephone.text("gold")
        telephone.text("12 retorts are dear")
        telephone.text(DANGER, after=600)
        return concerns()[0]

    def settle(self, concern: ConcernRow, state: ConcernState, note: str, by: UUID) -> Any:
        with db.transaction() as session:
            return care.settle(session, concern.id, state, note, by=by, now=factories.NOW)

    def test_handled_says_what_was_done(self, concern, people):
        self.settle(concern, ConcernState.HANDLED, "The rescue team was there by noon.", people["first"])

        (row,) = concerns()
        assert (row.state, row.note) == (ConcernState.HANDLED, "The rescue team was there by noon.")
        assert row.settled_by == str(people["first"])
        with db.reading() as session:
            assert care.open_count(session) == 0

    @pytest.mark.parametrize("note", ["", "   ", "rang +255712345678", "x" * 4001])
    def test_handled_without_a_word_or_with_a_number_is_refused(self, concern, people, note):
        with pytest.raises(Misfilled):
            self.settle(concern, ConcernState.HANDLED, note, people["first"])

        assert concerns()[0].state is ConcernState.OPEN

    def test_mistaken_needs_no_note_and_can_be_opened_again(self, concern, people):
        self.settle(concern, ConcernState.MISTAKEN, "", people["first"])
        self.settle(concern, ConcernState.OPEN, "", people["first"])

        (row,) = concerns()
        assert (row.state, row.settled_at) == (ConcernState.OPEN, None)

    def test_it_is_read_among_the_texts_around_it_with_numbers_masked_and_the_procedure(
        self, concern, people
    ):
        named(None, "Ring the nurse.", by=people["first"])

        with db.reading() as session:
            shown = care.shown(session, concern.id)

        assert shown.procedure == "Ring the nurse."
        (flagged,) = [text for text in shown.thread if text.flagged]
        assert flagged.words == "the pit fell on two men, ring [number]"
        assert any(text.ours for text in shown.thread)
        assert "retorts are dear" in [text.words for text in shown.thread]

    def test_open_ones_come_first_the_oldest_of_them_first(self, concern, people, telephone):
        telephone.text("12 they beat us", BARAKA, after=60)
        telephone.text("12 they beat her too", BARAKA, after=600)
        self.settle(concern, ConcernState.MISTAKEN, "", people["first"])

        with db.reading() as session:
            listed = care.listed(session)

        assert [one.row.state for one in listed] == [
            ConcernState.OPEN,
            ConcernState.OPEN,
            ConcernState.MISTAKEN,
        ]
        assert listed[0].row.raised_at < listed[1].row.raised_at

    def test_erasing_its_sender_takes_their_name_the_words_and_the_note(self, concern, people):
        self.settle(concern, ConcernState.HANDLED, "She is safe.", people["first"])

        with db.transaction() as session:
            gone = erasures.erase(
                session, erasures.by_address(session, ASHA), by="test", now=factories.NOW + timedelta(days=1)
            )

        (row,) = concerns()
        assert (row.participant_id, row.words, row.note) == (None, [], "")
        assert gone.concerns == 1
        with db.reading() as session:
            assert [text.words for text in care.shown(session, concern.id).thread] == [""]
