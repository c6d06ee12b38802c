"""Carrying by hand: rows come in once, each odd one is told with its place, and answers go back once."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from consult import db, intake, participants, rounds
from consult.carriage import carrying
from consult.channels import carried, sms
from consult.channels.carried import NoMessages, Refused, Slip
from consult.sheets.cells import UnreadableSheet
from consult.tables.comments import CommentRow
from consult.tables.intake import RecordRow
from consult.tables.messages import MessageRow, MessageState
from consult.tables.participants import ContactKind, ContactPointRow, ParticipantRow
from tests import factories

ASHA = "+255700000001"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def slug(engine) -> str:
    with db.transaction() as session:
        version = factories.a_version(session, status="consultation")
        wanted = rounds.NewRound(
            slug="gold-2026",
            title="Round one",
            opens_at=NOW - timedelta(days=1),
            closes_at=NOW + timedelta(days=30),
            time_zone="Africa/Dar_es_Salaam",
            join_words={"en": ("gold",)},
        )
        rounds.open_round(session, version, wanted, now=NOW)
    return "gold-2026"


def read(table: str | bytes, name: str = "t.csv") -> tuple[list[Slip], list[Refused]]:
    data = table.encode() if isinstance(table, str) else table
    return carried.slips_in(data, name, zone="Africa/Dar_es_Salaam", now=NOW)


def bring(slug: str, table: str, *, now: datetime = NOW) -> carrying.Brought:
    slips, refused = read(table)
    with db.transaction() as session:
        round_ = rounds.round_called(session, slug)
        return carrying.bring(session, round_, slips, refused, by="test", now=now)


def take(slug: str, **asked: datetime) -> list[tuple[str, str, str, str]]:
    with db.transaction() as session:
        round_ = rounds.round_called(session, slug)
        return carrying.take(session, round_, by="test", now=NOW + timedelta(hours=1), **asked)


def rows(table):
    with db.reading() as session:
        return list(session.exec(select(table)))


class TestReading:
    def test_a_table_with_its_columns_in_any_order_and_language(self):
        slips, refused = read("Fecha;Mensaje;Número\n2026-03-01 14:30;hola;+51 900 000 004\n")

        assert refused == []
        assert (slips[0].who, slips[0].words, slips[0].place) == ("+51900000004", "hola", 2)
        assert slips[0].when is not None
        assert slips[0].when.astimezone(UTC) == datetime(2026, 3, 1, 11, 30, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("who", "speaker"),
        [
            ("+255 700 000 001", ASHA),
            ("255700000001", ASHA),
            ("00255700000001", ASHA),
            ("'+255700000001", ASHA),
            ("p-7q4k2", "P-7Q4K2"),
            ("P 7Q4K2", "P-7Q4K2"),
        ],
    )
    def test_whoever_spoke_is_a_number_with_its_country_or_an_alias(self, who, speaker):
        (slip,), _ = read(f"from,text\n{who},habari\n")

        assert slip.who == speaker

    @pytest.mark.parametrize(
        ("row", "told"),
        [
            ("0700000001,habari,", "a number with its country"),
            ("Asha,habari,", "a number with its country"),
            (",habari,", "a number with its country"),
            ("+255700000001,,", "There are no words"),
            ("+255700000001,habari,yesterday", "2026-03-02"),
            ("+255700000001,habari,2027-03-02", "in the future"),
        ],
    )
    def test_a_row_that_cannot_be_taken_is_told_with_its_place_and_the_others_are_taken(self, row, told):
        slips, refused = read(f"from,text,when\n+255700000002,nzuri,\n\n{row}\n")

        assert [slip.words for slip in slips] == ["nzuri"]
        assert [problem.place for problem in refused] == [4]
        assert told in refused[0].why

    @pytest.mark.parametrize("table", ["apples,pears\n1,2\n", "from,when\n+255700000001,\n"])
    def test_a_table_without_the_columns_says_which(self, table):
        with pytest.raises(NoMessages, match="from"):
            read(table)

    @pytest.mark.parametrize("data", [b"", b"\x89PNG\0\0", b"PK\x03\x04broken"])
    def test_a_file_that_is_no_table_says_so(self, data):
        with pytest.raises(UnreadableSheet):
            read(data)

    def test_latin_1_is_read(self):
        (slip,), _ = read("from,text\n+51900000004,No sé\n".encode("latin-1"))

        assert slip.words == "No sé"


class TestBringing:
    TABLE = "from,text,when\n+255700000001,GOLD,2026-03-01\n+255700000001,water,2026-03-01\n"

    def test_the_same_table_again_or_a_longer_one_adds_only_what_is_new(self, slug):
        first, again = bring(slug, self.TABLE), bring(slug, self.TABLE)
        longer = bring(slug, self.TABLE + "+255700000002,dust,\n", now=NOW + timedelta(days=3))

        assert [(one.fresh, one.known) for one in (first, again, longer)] == [(2, 0), (0, 2), (1, 2)]
        assert len(rows(RecordRow)) == 3

    def test_two_equal_rows_of_one_table_are_two_messages(self, slug):
        assert bring(slug, "from,text\n+255700000001,yes\n+255700000001,yes\n").fresh == 2

    def test_they_are_read_in_their_order_by_the_same_conversation(self, slug):
        bring(slug, self.TABLE + "+255700000001,dust,2026-03-02\n")

        sms.read_waiting(now=NOW + timedelta(minutes=1), reading=sms.Reading())

        assert [row.text for row in rows(CommentRow)] == ["water", "dust"]
        with db.reading() as session:
            assert intake.waiting(session) == []

    def test_an_alias_speaks_for_itself_on_a_shared_telephone(self, slug):
        with db.transaction() as session:
            older, newer = (participants.enrol(session, now=NOW - timedelta(days=day)) for day in (2, 1))
            for place, someone in enumerate((older, newer)):
                at = NOW - timedelta(days=2 - place)
                participants.reach(session, someone.id, ContactKind.SMS, ASHA, now=at)
            alias, id_ = older.alias, older.id

        bring(slug, f"from,text\n{alias},the river is red\n")
        sms.read_waiting(now=NOW + timedelta(minutes=1), reading=sms.Reading())

        assert [row.participant_id for row in rows(CommentRow)] == [id_]
        assert len(rows(ParticipantRow)) == 2

    def test_an_alias_nobody_has_is_told(self, slug):
        found = bring(slug, "from,text\nP-22222,habari\n")

        assert (found.fresh, found.refused[0].place) == (0, 2)
        assert "P-22222" in found.refused[0].why

    def test_a_round_that_takes_no_comments_says_what_to_do(self, slug):
        with pytest.raises(carrying.RoundNotOpen, match="table of comments"):
            bring(slug, self.TABLE, now=NOW + timedelta(days=60))


class TestTakingBack:
    @pytest.fixture
    def answered(self, slug) -> str:
        bring(slug, "from,text\n+255700000001,the river is red\n")
        sms.read_waiting(now=NOW + timedelta(minutes=1), reading=sms.Reading())
        return slug

    def test_answers_name_an_alias_and_never_a_number_and_go_once(self, answered):
        with db.reading() as session:
            waiting = carrying.waiting(session, rounds.round_called(session, answered))
        told = take(answered)

        alias = rows(ParticipantRow)[0].alias
        assert (waiting, [one[0] for one in told]) == (1, [alias])
        assert "255" not in " ".join(told[0])
        assert take(answered) == []
        assert rows(MessageRow)[0].state is MessageState.SENT

    def test_a_lost_list_can_be_had_again(self, answered):
        told = take(answered)

        assert take(answered, also_since=NOW) == told

    def test_whoever_left_hears_nothing(self, answered):
        with db.transaction() as session:
            contact = session.exec(select(ContactPointRow)).one()
            contact.stopped_at = NOW

        assert take(answered) == []
