"""Consents: what holds for whom, and what a withdrawal takes with it wherever it lies."""

import zipfile
from datetime import UTC, datetime
from io import BytesIO
from uuid import UUID

import pytest
from sqlmodel import Session, select

from consult import backups, comments, db, intake, ledger, rounds
from consult.errors import Misfilled
from consult.field import keeping, people
from consult.tables.comments import CommentRow, StandingRow
from consult.tables.field import AttendeeRow, ConsentRow, OperationRow
from consult.tables.people import Role
from consult.tables.process import AuditRow
from consult.tables.rounds import RoundRow
from consult.tables.workshops import UtteranceRow, UtteranceState, WorkshopRow
from consult.words import LANGUAGES
from consult.workshops import (
    answering,
    attributing,
    consent_words,
    consents,
    meetings,
    minutes,
    splitting,
    undoing,
)
from consult.workshops.consents import GIVEN, GROUP, REFUSED, WITHDRAWN
from consult.workshops.meetings import Consent, Meeting
from standards.tables import StandardRow, VersionRow
from tests import factories
from tests.consult.field.device import Device
from tests.consult.test_no_numbers import everything_in

NOW = factories.NOW
on_one_engine = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ASHA = "attendee:00000000-0000-4000-8000-000000000001"
BARAKA = "attendee:00000000-0000-4000-8000-000000000002"


@pytest.fixture
def workshop(engine) -> WorkshopRow:
    with db.transaction() as session:
        round_ = factories.a_round(session)
        meeting = Meeting(place="Katoro", held_on=NOW.date(), languages=("sw",))
        return meetings.hold(session, round_, meeting, now=NOW).workshop


@pytest.fixture
def device(workshop) -> Device:
    found = Device(workshop.id)
    for label, entity in (("P1", ASHA), ("P2", BARAKA)):
        found.sets("attendee", entity, "label", label)
    return found


def sent(workshop: WorkshopRow, *written: str, now=NOW) -> None:
    with db.transaction() as session:
        round_ = session.get_one(RoundRow, workshop.round_id)
        keeping.store(session, round_, session.get_one(WorkshopRow, workshop.id), written, now=now)
        keeping.derive(session, round_, workshop.id, now=now)


def in_hand(session: Session, workshop: WorkshopRow) -> tuple[RoundRow, WorkshopRow]:
    return session.get_one(RoundRow, workshop.round_id), session.get_one(WorkshopRow, workshop.id)


def answers(device: Device, about: str, said: str, who: str = GROUP) -> str:
    return device.sets("consent", people.entity_of(about, who), "answer", said)


def read(workshop: WorkshopRow) -> consents.State:
    with db.reading() as session:
        return consents.state(session, session.get_one(WorkshopRow, workshop.id))


def a_clause(workshop: WorkshopRow) -> str:
    with db.reading() as session:
        version = session.get_one(VersionRow, workshop.version_id)
        return str(factories.clause_numbered(session, version, "2.1"))


class TestTheWords:
    @pytest.mark.parametrize("language", [*LANGUAGES, "suk"])
    def test_each_question_can_be_read_aloud_in_every_language(self, language):
        words = consent_words.consent_words(language)

        assert list(words) == [*consent_words.ABOUT, "group", "withdraw"]
        assert all(0 < len(sentence) < 300 for sentence in words.values())


# about, the group's answer, the person's own answer, whether it is allowed for the person
TABLE = [
    *[(about, "", "", about == "notes") for about in consent_words.ABOUT],
    *[(about, GIVEN, "", True) for about in consent_words.ABOUT],
    *[(about, said, "", False) for about in consent_words.ABOUT for said in (REFUSED, WITHDRAWN)],
    *[(about, group, GIVEN, True) for about in consent_words.ABOUT for group in ("", REFUSED, WITHDRAWN)],
    *[
        (about, group, own, False)
        for about in consent_words.ABOUT
        for group in ("", GIVEN)
        for own in (REFUSED, WITHDRAWN)
    ],
]


class TestWhatHolds:
    @pytest.mark.parametrize(("about", "group", "own", "allowed"), TABLE)
    def test_a_persons_own_answer_stands_before_the_groups(self, about, group, own, allowed):
        rows = {
            (who, about): ConsentRow(
                workshop_id=UUID(int=1), entity=who, attendee=who, about=about, answer=said
            )
            for who, said in ((GROUP, group), (ASHA, own))
            if said
        }

        found = consents.State(rows, (), (Consent.UNRECORDED, False))

        assert found.allows(about, ASHA) is allowed
        assert found.allows(about, BARAKA) is found.allows(about)

    @on_one_engine
    @pytest.mark.parametrize(
        ("written", "notes", "quotes"),
        [
            ("", True, False),
            ("spoken", True, False),
            ("spoken public", True, True),
            ("refused", False, False),
        ],
    )
    def test_a_meeting_on_paper_is_known_by_its_own_line(self, workshop, written, notes, quotes):
        with db.transaction() as session:
            session.get_one(WorkshopRow, workshop.id).consent = written

        found = read(workshop)

        assert (found.allows("notes"), found.allows("quotes")) == (notes, quotes)
        assert not any(found.allows(about) for about in ("photo", "audio", "contact"))

    @on_one_engine
    @pytest.mark.parametrize(
        ("notes", "quotes", "line"),
        [
            (GIVEN, GIVEN, "spoken public"),
            (GIVEN, "", "spoken"),
            (GIVEN, REFUSED, "spoken"),
            (REFUSED, "", "refused"),
            (WITHDRAWN, "", "refused"),
        ],
    )
    def test_the_workshops_line_keeps_in_step_with_the_groups_answers(
        self, workshop, device, notes, quotes, line
    ):
        for about, said in (("notes", notes), ("quotes", quotes)):
            if said:
                answers(device, about, said)

        sent(workshop, *device.written)

        with db.reading() as session:
            assert session.get_one(WorkshopRow, workshop.id).consent == line


@on_one_engine
class TestNotedAtTheDesk:
    def test_the_form_of_a_meeting_on_paper_writes_the_same_answers(self, workshop):
        with db.transaction() as session:
            round_, row = in_hand(session, workshop)
            for _ in range(2):
                answering.told_on_paper(session, round_, row, Consent.WRITTEN, quotable=True, now=NOW)

        found = read(workshop)
        assert {about: row.answer for (_, about), row in found.answers.items()} == {
            "notes": GIVEN,
            "quotes": GIVEN,
        }
        assert found.summary == (Consent.WRITTEN, True)
        with db.reading() as session:
            about = select(OperationRow).where(OperationRow.kind == "consent", OperationRow.field == "answer")
            assert len(session.exec(about).all()) == 2

    def test_a_refusal_of_words_that_are_kept_goes_by_the_withdrawal(self, workshop, device):
        device.notes("Tunaogopa zebaki.")
        sent(workshop, *device.written)

        with db.transaction() as session:
            round_, row = in_hand(session, workshop)
            with pytest.raises(Misfilled, match="Withdraw the consent instead"):
                answering.told_on_paper(session, round_, row, Consent.REFUSED, quotable=False, now=NOW)

    def test_who_withdrew_cannot_be_made_to_agree_again(self, workshop, device):
        answers(device, "quotes", WITHDRAWN, ASHA)
        sent(workshop, *device.written)

        with db.transaction() as session:
            round_, row = in_hand(session, workshop)
            with pytest.raises(Misfilled, match="List them anew"):
                answering.answer(session, round_, row, "quotes", ASHA, GIVEN, now=NOW)


def withdraws(workshop: WorkshopRow, about: str, who: str = GROUP) -> answering.Going:
    with db.transaction() as session:
        by = factories.a_person(session).id
        round_, row = in_hand(session, workshop)
        return answering.withdraw(
            session, round_, row, about, who, reason="Zawadi Peter told me by telephone", by=by, now=NOW
        )


@pytest.fixture
def spoken(workshop, device) -> Device:
    """A meeting that is over: two agreed to everything, one said a thing to a clause and one left it open."""
    clause = a_clause(workshop)
    for about in consent_words.ABOUT:
        answers(device, about, GIVEN)
    device.sets("attendee", ASHA, "name", "Zawadi Peter")
    device.sets("attendee", ASHA, "contact", "zawadi@example.org")
    device.notes("Zebaki inaua samaki wetu.", attendee=ASHA, clauses=[clause])
    device.notes("Makosa ya Asha.", attendee=ASHA, removed=True)
    device.notes("Retorti ni ghali mno.", attendee=BARAKA, clauses=[clause])
    device.notes("Tungoje kwanza.", attendee=ASHA)
    device.notes("Kikundi kinakubali.")
    device.sets("meeting", "meeting", "notes", "Mkutano wa kikundi.")
    device.sets("meeting", "meeting", "finished", True)
    sent(workshop, *device.written)
    return device


def said_in_public(workshop: WorkshopRow) -> set[str]:
    with db.reading() as session:
        rows = session.exec(
            select(CommentRow.text).join(StandingRow).where(*comments.in_public(workshop.round_id))
        )
        return set(rows.all())


def readable(session: Session) -> str:
    """Everything the ledger still opens."""
    records = session.exec(select(OperationRow.record_id)).all()
    return "\n".join(one.decode() for one in intake.open_payloads(session, records).values())


@pytest.mark.usefixtures("spoken")
class TestWithdrawn:
    def test_words_a_person_no_longer_gives_are_nowhere_any_more(self, workshop, engine):
        went = withdraws(workshop, "notes", ASHA)

        assert (went.utterances, went.comments, went.published) == (2, 1, 1)
        with db.reading() as session:
            left = readable(session)
        dump = everything_in(engine).decode("utf-8", "replace")
        for gone in ("Zebaki inaua", "Makosa ya Asha", "Tungoje kwanza"):
            assert gone not in left
            assert gone not in dump
        for kept in ("Retorti ni ghali", "Kikundi kinakubali"):
            assert kept in left
            assert kept in dump
        assert said_in_public(workshop) == {"Retorti ni ghali mno."}

    def test_words_that_were_split_corrected_and_put_back_at_the_bench_are_gone_too(self, workshop, engine):
        with db.reading() as session:
            id_ = session.exec(select(UtteranceRow.id).where(UtteranceRow.words == "Tungoje kwanza.")).one()
        with db.transaction() as session:
            here, told = session.get_one(WorkshopRow, workshop.id), {"by": "desk", "now": NOW}
            piece = splitting.split(session, here, id_, "kwanza.", "", **told)
            attributing.correct(session, here, piece.id, "kwanza Dodoma.", **told)
            last = splitting.split(session, here, piece.id, "Dodoma.", "", **told)
            attributing.correct(session, here, last.id, "Morogoro.", **told)
            for _ in range(4):
                assert undoing.undo_last(session, here, **told).stays is None

        withdraws(workshop, "notes", ASHA)

        dump = everything_in(engine).decode("utf-8", "replace")
        assert not [gone for gone in ("kwanza", "Dodoma", "Morogoro") if gone in dump]

    def test_words_the_group_no_longer_gives_go_but_of_who_agreed_alone(self, workshop, device):
        sent(workshop, answers(device, "notes", GIVEN, BARAKA))

        withdraws(workshop, "notes")

        with db.reading() as session:
            assert {row.words for row in session.exec(select(UtteranceRow))} == {"", "Retorti ni ghali mno."}
            left = readable(session)
            assert "Mkutano wa kikundi" not in left
            assert session.get_one(WorkshopRow, workshop.id).notes == ""

    def test_the_comment_stays_counted_as_an_empty_place(self, workshop):
        withdraws(workshop, "notes", ASHA)

        with db.reading() as session:
            rows = session.exec(select(CommentRow)).all()
            assert sorted((row.text, row.erased_at is not None) for row in rows) == [
                ("", True),
                ("Retorti ni ghali mno.", False),
            ]
            assert ledger.verify(session).faults == []

    def test_published_words_vanish_and_stay_in_the_queue(self, workshop):
        withdraws(workshop, "quotes", ASHA)

        assert said_in_public(workshop) == {"Retorti ni ghali mno."}
        with db.reading() as session:
            hidden = select(StandingRow.hidden).where(StandingRow.hidden != "")
            assert session.exec(hidden).all() == [comments.NOT_QUOTED]
            assert "Zebaki inaua samaki wetu." in session.exec(select(CommentRow.text)).all()

    def test_nobody_at_the_desk_shows_them_again_or_unhides_what_a_moderator_hid(self, workshop):
        with db.transaction() as session:
            for standing in session.exec(select(StandingRow)).all():
                comments.hide(session, standing.comment_id, "names somebody")
        withdraws(workshop, "quotes", ASHA)

        with db.transaction() as session:
            rows = session.exec(select(StandingRow).order_by(StandingRow.hidden.desc())).all()
            both, other = (row.comment_id for row in rows)
            comments.hide(session, other, "")
            with pytest.raises(comments.NotToBeQuoted):
                comments.hide(session, both, "")
            comments.keep_unquoted(session, both, False)
            assert session.get_one(StandingRow, both).hidden == "names somebody"

    def test_nobody_is_called_who_no_longer_wants_it(self, workshop, engine):
        withdraws(workshop, "contact", ASHA)

        with db.reading() as session:
            row = session.get_one(AttendeeRow, (workshop.id, ASHA))
            assert (row.name, row.contact) == ("Zawadi Peter", None)
            assert "zawadi@example.org" not in readable(session)

    def test_the_trail_tells_of_it_without_a_name(self, workshop):
        withdraws(workshop, "notes", ASHA)

        with db.reading() as session:
            [line] = session.exec(select(AuditRow).where(AuditRow.subject == "consent")).all()
            assert (line.act, line.after) == ("withdraw", {"about": "notes", "of": "person"})
            assert "Zawadi" not in line.reason
            assert "by telephone" in line.reason

    def test_an_old_device_brings_nothing_back(self, workshop, spoken):
        withdraws(workshop, "notes", ASHA)
        old = Device(workshop.id)
        old.notes("Zebaki inaua kila kitu.", entity=f"note:{UUID(int=5)}", attendee=ASHA)
        answers(old, "notes", GIVEN, ASHA)

        sent(workshop, *spoken.written, *old.written)

        with db.reading() as session:
            assert "Zebaki" not in readable(session)
            assert not [row for row in session.exec(select(UtteranceRow)) if "Zebaki" in row.words]
        assert read(workshop).answer("notes", ASHA) == WITHDRAWN

    def test_a_backup_from_before_brings_nothing_back(self, workshop, engine, tmp_path):
        path = tmp_path / "before.zip"
        backups.back_up(engine, path, now=NOW)
        withdraws(workshop, "notes", ASHA)
        withdraws(workshop, "contact", ASHA)

        backups.restore(engine, path, replace=True, now=NOW)

        with db.reading() as session:
            left = readable(session)
            assert not [gone for gone in ("Zebaki inaua", "Tungoje", "zawadi@example.org") if gone in left]
            assert {row.words for row in session.exec(select(UtteranceRow))} == {
                "",
                "Retorti ni ghali mno.",
                "Kikundi kinakubali.",
            }
            assert session.get_one(AttendeeRow, (workshop.id, ASHA)).contact is None
        assert read(workshop).answer("notes", ASHA) == WITHDRAWN

    def test_without_a_reason_nothing_happens(self, workshop):
        with db.transaction() as session:
            round_, row = in_hand(session, workshop)
            by = factories.a_person(session).id
            with pytest.raises(Misfilled, match="Write how you know"):
                answering.withdraw(session, round_, row, "notes", ASHA, reason=" ", by=by, now=NOW)

        assert said_in_public(workshop) == {"Zebaki inaua samaki wetu.", "Retorti ni ghali mno."}


@on_one_engine
class TestTold:
    def test_a_refusal_while_the_meeting_runs_can_still_be_put_right(self, workshop, device):
        device.notes("Kweli kabisa.", attendee=ASHA)
        answers(device, "notes", REFUSED, ASHA)
        sent(workshop, *device.written)
        sent(workshop, answers(device, "notes", GIVEN, ASHA))
        sent(workshop, device.sets("meeting", "meeting", "finished", True))

        with db.reading() as session:
            [row] = session.exec(select(UtteranceRow)).all()
            assert (row.words, row.state) == ("Kweli kabisa.", UtteranceState.OPEN)

    def test_a_refusal_takes_the_words_when_the_meeting_is_closed(self, workshop, device):
        device.notes("Kweli kabisa.", attendee=ASHA)
        answers(device, "notes", REFUSED, ASHA)
        device.sets("meeting", "meeting", "finished", True)
        sent(workshop, *device.written)

        with db.reading() as session:
            [row] = session.exec(select(UtteranceRow)).all()
            assert (row.words, row.state) == ("", UtteranceState.SKIPPED)
            assert "Kweli" not in readable(session)

    def test_where_devices_differ_nothing_is_destroyed_and_nothing_is_quoted(self, workshop, device):
        other = Device(workshop.id)
        device.notes("Kweli kabisa.", clauses=[a_clause(workshop)])
        answers(device, "notes", REFUSED)
        answers(other, "notes", GIVEN)
        answers(other, "quotes", GIVEN)
        device.sets("meeting", "meeting", "finished", True)
        sent(workshop, *device.written, *other.written)

        assert said_in_public(workshop) == set()
        with db.reading() as session:
            assert "Kweli kabisa." in readable(session)


def pages(client, workshop: WorkshopRow) -> dict[str, str]:
    """What every page, report, export and answer that may hold words of a workshop says now."""
    with db.reading() as session:
        round_ = session.get_one(RoundRow, workshop.round_id)
        version = session.get_one(VersionRow, workshop.version_id)
        text = f"{session.get_one(StandardRow, version.standard_id).slug}/{version.label}"
        receipts = session.exec(select(CommentRow.id)).all()
    open_to_all = f"/consultations/{round_.slug}"
    desk, here = f"/desk/rounds/{round_.slug}", f"/desk/workshops/{workshop.id}"
    standard, label = text.split("/")
    addresses = [
        *(open_to_all, f"{open_to_all}/report", f"{open_to_all}/report.docx", f"{open_to_all}/report.md"),
        *(f"/standards/{text}", f"/standards/{text}/clauses/2.1"),
        f"/api/v1/standards/{standard}/versions/{label}/clauses/2.1",
        *(
            f"{desk}/report",
            f"{desk}/report.docx",
            f"{desk}/report.md",
            f"{desk}/queue",
            f"{desk}/clauses/2.1",
        ),
        *(f"{desk}/tables.{kind}" for kind in ("csv", "jsonl", "docx", "xlsx")),
        *(here, f"{here}/utterances", f"{here}/minutes", f"{here}/minutes/1.docx", f"{here}/results"),
        *(f"{here}/conflicts", f"{here}/consents", "/desk/comments", "/desk/audit"),
        *(f"/desk/comments/{id_}" for id_ in receipts),
    ]
    found = {}
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code in (200, 302, 404), address
        found[address] = words_in(answer.data)
    return found


def words_in(data: bytes) -> str:
    if not data.startswith(b"PK\x03\x04"):
        return data.decode("utf-8", "replace")
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return "".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())


def found_on(said: dict[str, str], words: str) -> set[str]:
    return {address.rpartition("/")[2] for address, page in said.items() if words in page}


@on_one_engine
@pytest.mark.usefixtures("spoken")
class TestEverywhere:
    @pytest.fixture
    def client(self, workshop, signed_in):
        with db.transaction() as session:
            round_, row = in_hand(session, workshop)
            minutes.write(session, round_, row, by="test", now=NOW)
            rounds.close(session, round_, now=datetime.now(UTC))
        return signed_in(Role.SECRETARY)

    def test_withdrawn_words_stand_on_no_page_in_no_file_and_in_no_answer(self, workshop, client):
        before = pages(client, workshop)
        assert {"2.1", "tables.csv", "tables.xlsx", "report", "report.docx", "1.docx", "minutes"} <= found_on(
            before, "Zebaki inaua samaki"
        )
        address = f"/desk/workshops/{workshop.id}/consents/withdraw?about=notes&who={ASHA}"
        told = client.get(address).text
        assert "2 things they said are erased" in told
        assert client.post(address, data={"reason": ""}).status_code == 400
        assert client.post(address, data={"reason": "told by telephone"}).status_code == 302

        after = pages(client, workshop)

        assert found_on(after, "Zebaki inaua") | found_on(after, "Tungoje kwanza") == set()
        assert {"2.1", "tables.csv", "report"} <= found_on(after, "Retorti ni ghali")

    def test_words_that_may_not_be_quoted_leave_what_everybody_reads(self, workshop, client):
        address = f"/desk/workshops/{workshop.id}/consents/withdraw?about=quotes&who={ASHA}"
        assert "One comment is taken from public pages" in client.get(address).text
        client.post(address, data={"reason": "told by telephone"})

        after = pages(client.application.test_client(), workshop)

        assert found_on(after, "Zebaki inaua") == set()
        assert found_on(after, "Retorti ni ghali") != set()

    def test_the_list_names_nobody_until_it_is_opened_and_that_is_recorded(self, workshop, client, signed_in):
        shown = client.get(f"/desk/workshops/{workshop.id}/consents").text
        assert "P1" in shown
        assert "Zawadi" not in shown

        opened = client.post(f"/desk/workshops/{workshop.id}/names").text

        assert "Zawadi Peter" in opened
        assert "zawadi@example.org" in opened
        with db.reading() as session:
            acts = session.exec(select(AuditRow.act).where(AuditRow.subject == "workshop")).all()
        assert "open-original" in acts
        assert signed_in(Role.FACILITATOR).post(f"/desk/workshops/{workshop.id}/names").status_code == 403

    def test_people_and_answers_from_paper_are_noted_at_the_desk(self, workshop, client):
        here = f"/desk/workshops/{workshop.id}"
        client.post(f"{here}/people", data={"category": "", "name": "Neema Joseph"})
        entity = next(one.entity for one in read(workshop).people if one.label == "P3")

        sent_ = {"who": entity, "about": "photo", "answer": "refused", "how": "written"}
        assert client.post(f"{here}/consents", data=sent_).status_code == 302

        row = read(workshop).row("photo", entity)
        assert (row.answer, row.how, row.wording) == (REFUSED, "written", consent_words.VERSION)
        assert client.post(f"{here}/people", data={"label": "0712 345 678"}).status_code == 400
