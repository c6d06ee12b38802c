"""Screens of care: concerns, names in public words, erasing at somebody's wish, and the public page."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlmodel import col, select

from consult import comments, db, intake, redactions
from consult.comments import Said
from consult.conversations import care
from consult.intake import Arrival
from consult.links import Tie
from consult.tables.comments import CommentRow
from consult.tables.conversations import ConcernRow, ConcernState
from consult.tables.intake import Channel, RecordRow
from consult.tables.participants import ContactPointRow, ParticipantRow
from consult.tables.people import PersonRow
from consult.tables.rounds import RoundRow
from tests.consult.channels.talking import ASHA, Telephone, open_round

SignIn = Callable[..., FlaskClient]


@pytest.fixture
def telephone(app: object) -> Telephone:
    now = datetime.now(UTC)
    with db.transaction() as session:
        open_round(session, now, slug="gold")
    return Telephone(now)


@pytest.fixture
def concern(telephone: Telephone) -> UUID:
    telephone.text("gold")
    telephone.text("12 the guards beat us, ring +255712345678")
    with db.reading() as session:
        return session.exec(select(ConcernRow.id)).one()


def state(concern: UUID) -> ConcernState:
    with db.reading() as session:
        return session.get_one(ConcernRow, concern).state


class TestConcerns:
    def test_the_list_names_what_and_who_and_no_words_or_number(self, concern, signed_in):
        page = signed_in().get("/desk/concerns").text

        assert "May tell of violence" in page
        assert "P-" in page
        assert "guards" not in page
        assert "712345678" not in page

    def test_the_text_stands_masked_beside_the_procedure(self, concern, signed_in):
        browser = signed_in()
        browser.post(
            "/desk/rounds/gold/concerns", data={"person": "", "procedure": "Ring the nurse.\nThen wait."}
        )

        page = browser.get(f"/desk/concerns/{concern}").text

        assert "the guards beat us, ring [number]" in page
        assert "712345678" not in page
        assert "<p>Ring the nurse.</p><p>Then wait.</p>" in page

    def test_without_a_procedure_the_page_says_what_to_beware_of(self, concern, signed_in):
        assert "No procedure is written down" in signed_in().get(f"/desk/concerns/{concern}").text

    def test_handled_needs_a_note_and_mistaken_none(self, concern, signed_in):
        browser = signed_in()

        refused = browser.post(f"/desk/concerns/{concern}", data={"act": "handled", "note": ""})
        assert (refused.status_code, state(concern)) == (400, ConcernState.OPEN)
        assert "Say in a few words what was done" in refused.text

        browser.post(f"/desk/concerns/{concern}", data={"act": "handled", "note": "The nurse was there."})
        assert state(concern) is ConcernState.HANDLED
        assert "The nurse was there." in browser.get("/desk/concerns").text

        browser.post(f"/desk/concerns/{concern}", data={"act": "mistaken"})
        assert state(concern) is ConcernState.MISTAKEN

    def test_no_button_pressed_changes_nothing(self, concern, signed_in):
        assert signed_in().post(f"/desk/concerns/{concern}", data={"act": "delete"}).status_code == 400
        assert state(concern) is ConcernState.OPEN

    def test_somebody_named_sees_what_was_put_to_them_and_another_does_not(self, concern, signed_in):
        named, other = signed_in("facilitator"), signed_in("drafter")
        with db.transaction() as session:
            person = session.exec(select(PersonRow).where(PersonRow.role == "facilitator")).one()
            round_ = session.exec(select(RoundRow)).one()
            care.name(session, round_, person.id, "", by=person.id, now=datetime.now(UTC))

        assert "the guards beat us" in named.get(f"/desk/concerns/{concern}").text
        assert other.get(f"/desk/concerns/{concern}").status_code == 403
        assert "Nothing waits" in other.get("/desk/concerns").text
        assert other.post(f"/desk/concerns/{concern}", data={"act": "mistaken"}).status_code == 403

    def test_somebody_named_is_led_there_from_their_first_page_and_another_is_not(self, concern, signed_in):
        named, other = signed_in("facilitator"), signed_in("drafter")
        with db.transaction() as session:
            person = session.exec(select(PersonRow).where(PersonRow.role == "facilitator")).one()
            round_ = session.exec(select(RoundRow)).one()
            care.name(session, round_, person.id, "", by=person.id, now=datetime.now(UTC))

        assert 'href="/desk/concerns"' in named.get("/desk/standards/").text
        assert "concerns" not in other.get("/desk/standards/").text

    def test_nobody_is_let_in_without_signing_in(self, concern, client):
        assert client.get("/desk/concerns").status_code == 302

    def test_the_one_who_is_named_stands_in_the_form(self, concern, signed_in):
        browser = signed_in(name="Neema Joseph")
        with db.reading() as session:
            person = session.exec(select(PersonRow)).one()

        browser.post("/desk/rounds/gold/concerns", data={"person": str(person.id), "procedure": "x"})

        assert f'value="{person.id}" selected' in browser.get("/desk/rounds/gold/concerns").text

    @pytest.mark.parametrize("person", ["nobody", "01a20705-c59c-74eb-929a-80bf24fb7a95"])
    def test_somebody_who_is_not_in_the_list_is_refused_and_the_text_kept(self, concern, signed_in, person):
        page = signed_in().post(
            "/desk/rounds/gold/concerns", data={"person": person, "procedure": "my steps"}
        )

        assert page.status_code == 400
        assert "my steps" in page.text


class TestNames:
    @pytest.fixture
    def comment(self, telephone: Telephone) -> CommentRow:
        now = datetime.now(UTC)
        with db.transaction() as session:
            round_ = session.exec(select(RoundRow)).one()
            kept = intake.record(session, Arrival(Channel.WEB, "test", "1", b"x"), now=now)
            said = Said(text="we wait until <Mzee> Juma & Mzee Hamisi open", ties=(Tie(None),), public=True)
            made = comments.make(session, round_, session.get_one(RecordRow, kept.id), said, now=now)
            return session.get_one(CommentRow, made.id)

    def test_what_is_suggested_is_marked_and_can_be_ticked(self, comment, signed_in):
        page = signed_in().get("/desk/rounds/gold/names").text

        assert "Mzee <mark>Hamisi</mark> open" in page
        assert "&lt;Mzee&gt;" in page
        assert 'name="hide" value="text:' in page

    def test_deciding_makes_the_words_public_as_they_stand_then(self, comment, signed_in, client):
        browser = signed_in()
        assert "Counted." in client.get("/consultations/gold").text
        form = {
            "seen": redactions.hash_of(comment),
            "hide": [f"text:{comment.text.index('Hamisi')}:{comment.text.index('Hamisi') + 6}"],
            "more": "Juma",
            "kind": "name",
            "act": "decide",
        }

        done = browser.post(f"/desk/rounds/gold/names/{comment.id}", data=form)

        assert done.status_code == 302
        with db.reading() as session:
            words = redactions.said(session, [comment])[comment.id]
        assert words == "we wait until <Mzee> [name] & Mzee [name] open"
        assert "Mzee <b>[name]</b> open" in browser.get("/desk/rounds/gold/names").text

    def test_words_that_do_not_stand_there_are_said_and_kept_in_the_form(self, comment, signed_in):
        form = {"seen": redactions.hash_of(comment), "more": "Jumaa", "act": "decide"}

        page = signed_in().post(f"/desk/rounds/gold/names/{comment.id}", data=form)

        assert page.status_code == 400
        assert "letter by letter" in page.text
        assert ">\nJumaa</textarea>" in page.text

    def test_it_can_be_taken_back(self, comment, signed_in):
        browser = signed_in()
        address = f"/desk/rounds/gold/names/{comment.id}"
        browser.post(address, data={"seen": redactions.hash_of(comment), "act": "decide"})

        browser.post(address, data={"act": "back"})

        assert "<mark>Hamisi</mark>" in browser.get("/desk/rounds/gold/names").text

    def test_only_who_moderates_decides(self, comment, signed_in):
        assert signed_in("drafter").get("/desk/rounds/gold/names").status_code == 403


class TestErasing:
    @pytest.fixture
    def alias(self, telephone: Telephone) -> str:
        telephone.text("gold")
        telephone.text("12 retorts are dear")
        with db.reading() as session:
            return session.exec(select(ParticipantRow.alias)).one()

    def texts(self) -> list[str]:
        with db.reading() as session:
            return list(session.exec(select(CommentRow.text).order_by(col(CommentRow.received_at))))

    def test_by_alias_it_is_shown_confirmed_and_then_gone(self, alias, signed_in):
        browser = signed_in()

        shown = browser.post("/desk/erasures/look", data={"alias": alias.lower()})
        assert alias in shown.text
        assert self.texts() == ["retorts are dear"]

        browser.post("/desk/erasures", data={"alias": alias, "sure": "yes"})
        assert self.texts() == [""]

    def test_by_number_the_next_page_names_aliases_and_no_number(self, alias, signed_in):
        shown = signed_in().post("/desk/erasures/look", data={"number": "+255 700 000 001"})

        assert shown.status_code == 200
        assert alias in shown.text
        assert "700" not in shown.text

    @pytest.mark.parametrize("number", ["+255 700 000 999", "0700000999", "abc"])
    def test_an_unknown_number_is_said_without_repeating_it(self, alias, signed_in, number):
        page = signed_in().post("/desk/erasures/look", data={"number": number})

        assert page.status_code == 400
        assert number not in page.text

    def test_without_the_box_nothing_goes(self, alias, signed_in):
        page = signed_in().post("/desk/erasures", data={"alias": alias})

        assert page.status_code == 400
        assert "Tick the box first" in page.text
        assert self.texts() == ["retorts are dear"]

    def test_nothing_named_is_asked_for_again(self, alias, signed_in):
        assert signed_in().post("/desk/erasures/look", data={}).status_code == 400
        assert signed_in().post("/desk/erasures", data={"sure": "yes"}).status_code == 404

    def test_only_who_may_erase(self, alias, signed_in):
        browser = signed_in("drafter")

        assert browser.get("/desk/erasures").status_code == 403
        assert browser.post("/desk/erasures", data={"alias": alias, "sure": "yes"}).status_code == 403
        with db.reading() as session:
            assert session.exec(select(ContactPointRow.address)).one() == ASHA


def test_the_public_page_tells_everything_in_plain_words(client):
    page = client.get("/text-messages").text

    for told in (
        "The company can read",
        "Text STOP",
        "Text NEW",
        "deleted",
        "costs",
        "Thirty days",
        "danger",
    ):
        assert told in page
    assert len(page) < 20_000
