"""Erasing everything of one participant: words, addresses, and what was sent without becoming a comment."""

import json

import pytest
from click.testing import CliRunner
from sqlmodel import select

from consult import comments, db, erasures, intake, ledger, participants, rounds
from consult.cli.erasing import erase
from consult.comments import Said
from consult.errors import NotFound
from consult.intake import Arrival
from consult.tables.comments import CommentRow
from consult.tables.conversations import JoiningRow, MembershipRow, PartRow, ThreadRow
from consult.tables.intake import Channel, ErasureRow, Outcome, PayloadKeyRow, RecordRow
from consult.tables.messages import MessageRow
from consult.tables.participants import ContactKind, ContactPointRow, ParticipantRow
from consult.tables.process import AuditRow
from tests import factories
from tests.consult.channels.talking import ASHA, Telephone, faults, open_round

NUMBER, OTHER = "+255712345678", "+255787654321"


def payload(sender: str, words: str) -> bytes:
    return json.dumps({"From": [sender], "Body": [words]}).encode()


def sends(session, round_, sender, words, provider_id, now):
    arrival = Arrival(Channel.SMS, "twilio", provider_id, payload(sender, words), round_id=round_.id)
    return session.get_one(RecordRow, intake.record(session, arrival, now=now).id)


@pytest.fixture
def people(engine, now):
    """Two telephones, each with one comment; the first has also sent STOP. Gives their two aliases."""
    with db.transaction() as session:
        version = factories.a_version(session, status="consultation")
        wanted = rounds.NewRound(slug="r1", title="R", opens_at=now, closes_at=now.replace(year=2027))
        round_ = rounds.open_round(session, version, wanted, now=now)
        aliases = []
        for number, words in ((NUMBER, "mine"), (OTHER, "theirs")):
            person = participants.enrol(session, region="Geita", now=now)
            participants.reach(session, person.id, ContactKind.SMS, number, now=now)
            record = sends(session, round_, number, words, f"said-{number}", now)
            comments.make(session, round_, record, Said(words, participant_id=person.id), now=now)
            aliases.append(person.alias)
        stop = sends(session, round_, NUMBER, "STOP", "stop", now)
        intake.mark(session, stop.id, Outcome.COMMAND, now=now)
        sends(session, round_, NUMBER, "not yet read", "waiting", now)
    return aliases


def texts():
    with db.reading() as session:
        return sorted(row.text for row in session.exec(select(CommentRow)))


def run(*arguments, written="", monkeypatch):
    monkeypatch.setattr("consult.cli.erasing.opened", lambda: None)
    return CliRunner().invoke(erase, list(arguments), input=written, catch_exceptions=True)


class TestErase:
    def test_words_address_and_payloads_go_and_others_stay(self, people, now):
        with db.transaction() as session:
            gone = erasures.erase(session, erasures.by_alias(session, people[0]), by="test", now=now)

        assert gone == erasures.Erased(participants=1, comments=1, contact_points=1, records=2)
        assert texts() == ["", "theirs"]
        with db.reading() as session:
            kept = [row.address for row in session.exec(select(ContactPointRow))]
            person = session.exec(select(ParticipantRow).where(ParticipantRow.alias == people[0])).one()
            assert len(session.exec(select(PayloadKeyRow)).all()) == 1
        assert sorted(kept, key=str) == [OTHER, None]
        assert person.region == ""

    def test_it_is_on_record_and_both_sums_still_hold(self, people, now):
        with db.transaction() as session:
            erasures.erase(session, erasures.by_alias(session, people[0]), by="test", now=now)

        with db.reading() as session:
            erased = session.exec(select(ErasureRow).where(ErasureRow.participant_id.is_not(None))).all()
            line = session.exec(select(AuditRow).where(AuditRow.act == "erase")).one()
            assert NUMBER not in str(line)
            assert ledger.verify(session).faults == []
        assert len(erased) >= 1

    def test_by_number_finds_whoever_spoke_from_it(self, people):
        with db.reading() as session:
            found = erasures.by_address(session, "+255 712 345 678")

        assert [person.alias for person in found] == [people[0]]

    def test_nobody_known_is_said(self, people):
        with db.reading() as session, pytest.raises(NotFound, match="Nobody is known"):
            erasures.by_address(session, "+255700000000")

    def test_a_second_time_changes_nothing(self, people, now):
        for _ in range(2):
            with db.transaction() as session:
                gone = erasures.erase(session, erasures.by_alias(session, people[0]), by="test", now=now)

        assert (gone.comments, gone.contact_points, gone.records) == (0, 0, 0)


class TestAConversation:
    """What text messages add: pieces, parts, concerns, threads, the way through a round."""

    @pytest.fixture
    def telephone(self, engine, now):
        with db.transaction() as session:
            open_round(session, now)
        return Telephone(now)

    def erase(self, telephone):
        with db.transaction() as session:
            return erasures.erase(session, erasures.by_address(session, ASHA), by="test", now=telephone.now)

    def test_nothing_that_was_said_or_noted_stays(self, telephone):
        telephone.text("gold")
        telephone.text("12 they beat us at the river")
        telephone.text("and nobody hears us", after=20)
        telephone.part("12 the second long ", 1, 3, after=300)
        telephone.part("text is not whole", 2, 3)
        telephone.read(after=120)
        telephone.text("STOP")
        with db.transaction() as session:
            person = session.exec(select(ParticipantRow)).one()
            session.add(ThreadRow(participant_id=person.id, note="she is afraid", changed_at=telephone.now))

        gone = self.erase(telephone)

        assert (gone.comments, gone.contact_points, gone.concerns) == (2, 1, 1)
        assert gone.messages > 3
        with db.reading() as session:
            for table in (PayloadKeyRow, PartRow, MembershipRow, ThreadRow):
                assert session.exec(select(table)).all() == [], table
            assert {row.words + row.text for row in session.exec(select(JoiningRow))} <= {""}
            assert {row.words for row in session.exec(select(MessageRow))} == {""}
            assert {row.text for row in session.exec(select(CommentRow))} == {""}
            contact = session.exec(select(ContactPointRow)).one()
        assert (contact.thought_id, contact.thought_hash) == (None, "")
        assert faults() == []

    def test_what_would_go_is_what_went(self, telephone):
        telephone.text("gold")
        telephone.text("12 they beat us at the river")

        with db.reading() as session:
            told = erasures.what_would_go(session, erasures.by_address(session, ASHA))
        gone = self.erase(telephone)

        names = ("participants", "comments", "contact_points", "messages", "concerns")
        assert [getattr(told, name) for name in names] == [getattr(gone, name) for name in names]
        assert gone.comments == 1

    def test_somebody_who_shares_the_telephone_keeps_their_comment(self, telephone):
        telephone.text("gold")
        telephone.text("12 mine")
        telephone.text("NEW")
        telephone.text("12 theirs")
        with db.transaction() as session:
            first = session.exec(select(ParticipantRow).order_by(ParticipantRow.created_at)).first()
            erasures.erase(session, [first], by="test", now=telephone.now)

        assert telephone.texts == ["", "theirs"]
        with db.reading() as session:
            assert [row.address for row in participants.look_up(session, ContactKind.SMS, ASHA)] == [ASHA]

    def test_words_of_our_messages_go_also_when_the_number_was_forgotten_before(self, telephone):
        telephone.text("gold")
        with db.transaction() as session:
            person = session.exec(select(ParticipantRow)).one()
            contact = session.exec(select(ContactPointRow)).one()
            participants.forget_address(session, contact, now=telephone.now)
            erasures.erase(session, [person], by="test", now=telephone.now)

        with db.reading() as session:
            assert {row.words for row in session.exec(select(MessageRow))} == {""}


class TestCommand:
    def test_an_alias_is_an_argument_and_a_number_comes_by_standard_input(self, people, monkeypatch):
        by_alias = run(people[1], monkeypatch=monkeypatch)
        by_number = run("--json", written=f"{NUMBER}\n", monkeypatch=monkeypatch)

        assert by_alias.exit_code == 0
        assert json.loads(by_number.output)["comments"] == 1
        assert texts() == ["", ""]

    def test_a_number_as_argument_is_refused(self, people, monkeypatch):
        refused = run(NUMBER, monkeypatch=monkeypatch)

        assert refused.exit_code == 2
        assert "standard input" in refused.output
        assert texts() == ["mine", "theirs"]

    def test_nothing_given_is_wrong_usage(self, people, monkeypatch):
        assert run(monkeypatch=monkeypatch).exit_code == 2


@pytest.mark.parametrize(
    ("written", "who"),
    [
        (payload(NUMBER, "x"), NUMBER),
        (b"From=%2B255712345678&Body=x", NUMBER),
        (b'{"text": "+255712345678 is my number"}', ""),
        (b"\xff\xfe", ""),
        (b"[1, 2]", ""),
        (b"", ""),
    ],
)
def test_the_sender_is_read_from_its_own_field_only(written, who):
    assert erasures.sender(written) == who
