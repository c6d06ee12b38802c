"""The pages of text messages: the telephone of a demonstration, conversations, the outbox."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from click.testing import CliRunner
from sqlmodel import select

from consult import comments, db, intake, keys, participants, rounds
from consult.channels import pieces, telephone
from consult.cli.parsers import sms as sms_group
from consult.conversations import threads, wordings
from consult.desk import thread
from consult.outgoing import messages
from consult.tables.comments import CommentRow, Placement, StandingRow
from consult.tables.intake import Channel, RecordRow
from consult.tables.messages import Hold, MessageKind, MessageRow, MessageState
from consult.tables.participants import ContactKind, ContactPointRow, ParticipantRow
from consult.tables.rounds import RoundRow
from tests import factories

SECRET_LINK = "https://baraza.example.org/password/abcdef"


@pytest.fixture
def an_open_round(engine):
    now = datetime.now(UTC)
    with db.transaction() as session:
        version = factories.a_version(session, status="consultation")
        wanted = rounds.NewRound(
            slug="gold",
            title="Gold",
            join_words={"en": ("gold",)},
            opens_at=now - timedelta(days=1),
            closes_at=now + timedelta(days=1),
        )
        rounds.open_round(session, version, wanted, now=now)


@pytest.fixture
def texted(demonstration_app, an_open_round):
    """Somebody who joined, commented on a clause, and said something that fits nowhere."""
    browser = demonstration_app.test_client()
    for words in ("gold", "12 we wait until night", "the price is not told to us"):
        browser.post("/telephone", data={"who": "1", "words": words})
    return browser


@pytest.fixture
def failed(engine):
    now = datetime.now(UTC)
    with db.transaction() as session:
        someone = participants.enrol(session, now=now)
        contact = participants.reach(session, someone.id, ContactKind.SMS, "+255700000009", now=now)
        row = messages.write(
            session,
            kind=MessageKind.REPLY,
            channel="sms",
            words="asante sana",
            dedupe="a",
            contact_point_id=contact.id,
            now=now,
        )
        row.state = MessageState.UNKNOWN
        return row.id


class TestTheTelephone:
    def test_a_text_is_answered_on_the_screen(self, texted):
        page = texted.get("/telephone").text

        assert "we wait until night" in page
        assert "Your receipt" in page
        assert "GOLD" in page

    def test_each_telephone_has_a_screen_of_its_own(self, texted):
        assert "we wait until night" not in texted.get("/telephone?who=2").text

    def test_it_is_only_in_a_demonstration(self, client):
        assert client.get("/telephone").status_code == 404
        assert client.post("/telephone", data={"words": "gold"}).status_code == 404

    def test_it_is_only_for_who_sits_at_the_machine(self, demonstration_app):
        browser = demonstration_app.test_client()

        assert browser.get("/telephone", environ_base={"REMOTE_ADDR": "192.0.2.1"}).status_code == 404

    @pytest.mark.parametrize("words", ["", "\0", "😀" * 2000, "<script>alert(1)</script>"])
    @pytest.mark.parametrize("who", ["", "0", "99", "x", "-1"])
    def test_whatever_is_typed_is_taken(self, demonstration_app, an_open_round, words, who):
        browser = demonstration_app.test_client()

        page = browser.post("/telephone", data={"who": who, "words": words}, follow_redirects=True)

        assert page.status_code == 200
        assert "<script>alert" not in page.text


class TestSimulate:
    @pytest.fixture(autouse=True)
    def installation(self, monkeypatch, config, database_url, an_open_round):
        ring = ",".join(keys.ring().as_text().split())
        for name, value in {
            "BARAZA_DATABASE_URL": database_url,
            "BARAZA_PII_KEYS": ring,
            "BARAZA_DATA_DIR": str(config.data_dir),
        }.items():
            monkeypatch.setenv(name, value)

    def test_texts_are_answered_in_the_terminal_with_their_cost(self):
        said = CliRunner().invoke(sms_group, ["simulate", "gold", "12 we wait until night"]).output

        assert "> gold" in said
        assert "Your receipt" in said
        assert "segment, GSM-7" in said

    def test_a_line_is_a_text(self):
        said = CliRunner().invoke(sms_group, ["simulate"], input="gold\n\nSTOP\n").output

        assert said.count("\n> ") + said.startswith("> ") == 2

    def test_it_refuses_where_somebody_could_be_texted(self, monkeypatch):
        monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC1")
        monkeypatch.setenv("TWILIO_AUTH_TOKEN", "secret")

        refused = CliRunner().invoke(sms_group, ["simulate", "gold"])

        assert isinstance(refused.exception, telephone.NoTelephone)

    def test_a_number_without_its_country_is_refused(self):
        refused = CliRunner().invoke(sms_group, ["simulate", "--from", "0700", "gold"])

        assert "with its country" in str(refused.exception)


class TestConversations:
    @pytest.fixture(autouse=True)
    def apart(self, texted):
        """Two texts within two minutes are one thought; what comes with nothing asked finds no place."""
        with db.transaction() as session:
            (contact,) = session.exec(select(ContactPointRow)).all()
            contact.last_asked = contact.last_asked_clause_id = contact.thought_id = None
            session.add(contact)
            self.alias = session.exec(select(ParticipantRow.alias)).one()
        texted.post("/telephone", data={"who": "1", "words": "and who weighs it"})
        self.url = f"/desk/conversations/{self.alias}"

    def waiting(self):
        with db.reading() as session:
            query = select(CommentRow).join(StandingRow, StandingRow.comment_id == CommentRow.id)
            return session.exec(query.where(StandingRow.placement == Placement.QUEUED)).first()

    def joined(self):
        with db.reading() as session:
            comment = session.exec(select(CommentRow).where(CommentRow.text.contains("until night"))).one()
            return comment, pieces.pieces_of(session, comment)

    def answers(self):
        with db.reading() as session:
            rows = session.exec(select(MessageRow)).all()
            return [row for row in rows if row.dedupe.startswith(threads.BY_PERSON)]

    def answer(self, browser, words, act="send", **fields):
        token = re.search(r'name="token" value="([0-9a-f]+)"', browser.get(self.url).text)
        typed = {"reply": words, "act": act, "token": token[1] if token else "", **fields}
        return browser.post(f"{self.url}/answer", data=typed, follow_redirects=True)

    def test_the_list_shows_aliases_and_never_a_number(self, signed_in):
        secretary = signed_in("secretary")
        pages = [secretary.get(path).text for path in ("/desk/conversations", self.url)]

        for page in pages:
            assert self.alias in page
            assert "1 unplaced" in page
            assert telephone.NUMBERS[0][-6:] not in page
        assert "on 2.1, named by them" in pages[1]
        assert "2 texts joined" in pages[1]

    def test_an_unknown_alias_is_not_found(self, signed_in):
        assert signed_in("secretary").get("/desk/conversations/P-XXXXX").status_code == 404

    def test_an_alias_is_found_however_it_is_typed(self, signed_in):
        assert signed_in("secretary").get(self.url.lower()).status_code == 200

    @pytest.mark.parametrize("path", ["", "/figures", "/wordings"])
    def test_only_the_desk_reads_them(self, client, signed_in, path):
        assert client.get(f"/desk/conversations{path}").status_code == 302
        assert signed_in("operator").get(f"/desk/conversations{path}").status_code == 403

    @pytest.mark.parametrize("role", ["auditor", "working-group"])
    @pytest.mark.parametrize("act", ["answer", "place", "part", "hand-over", "read"])
    def test_who_only_reads_may_not_act(self, signed_in, role, act):
        reader = signed_in(role)

        assert reader.post(f"{self.url}/{act}").status_code == 403
        assert 'id="reply"' not in reader.get(self.url).text

    def test_an_answer_leaves_in_their_thread_once(self, signed_in):
        secretary = signed_in("secretary")
        page = secretary.get(self.url).text
        token = re.search(r'name="token" value="([0-9a-f]+)"', page)[1]

        for _ in range(2):
            secretary.post(
                f"{self.url}/answer", data={"reply": "We have read it.", "act": "send", "token": token}
            )

        assert [row.words for row in self.answers()] == ["We have read it."]
        assert "written by a person" in secretary.get(self.url).text

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            ("", "Write your answer first"),
            ("call +255 712 345 678", "looks like a telephone number"),
            ("you said the price is not told to us", "repeats what they texted"),
        ],
    )
    def test_a_refused_answer_keeps_what_was_typed(self, signed_in, words, said):
        refused = self.answer(signed_in("secretary"), words)

        assert refused.status_code == 400
        assert said in refused.text
        assert words in refused.text
        assert self.answers() == []

    def test_who_has_left_is_not_answered(self, texted, signed_in):
        secretary = signed_in("secretary")
        token = re.search(r'name="token" value="([0-9a-f]+)"', secretary.get(self.url).text)[1]
        texted.post("/telephone", data={"who": "1", "words": "STOP"})

        late = secretary.post(f"{self.url}/answer", data={"reply": "Thanks.", "act": "send", "token": token})

        assert "has left (STOP)" in late.text
        assert "Thanks." in late.text
        assert 'id="reply"' not in secretary.get(self.url).text

    def test_without_scripts_it_is_counted_and_made_plainer_on_asking(self, signed_in):
        secretary = signed_in("secretary")

        counted = self.answer(secretary, "Thank you – we read it.", act="count")
        plainer = self.answer(secretary, "Thank you – we read it.", act="", replace="reply")

        assert "UCS-2" in counted.text
        assert "Thank you - we read it." in plainer.text
        assert self.answers() == []

    def test_an_approved_wording_is_put_in_and_says_when_it_is_in_another_language(self, signed_in):
        secretary = signed_in("secretary")
        with db.transaction() as session:
            person = factories.a_person(session)
            words = {"fr": "Merci."}
            row = wordings.approve(session, "Thanks", words, by=person.id, now=datetime.now(UTC))

        page = self.answer(secretary, "", act="wording", wording=str(row.id)).text

        assert "Merci." in page
        assert "approved only in Français" in page
        assert self.answers() == []

    def test_a_text_is_placed_where_it_belongs(self, signed_in):
        comment = self.waiting()

        secretary = signed_in("secretary")
        placed = secretary.post(
            f"{self.url}/place", data={"comment": str(comment.id), "to": "2.2"}, follow_redirects=True
        )

        assert "Linked to 2.2" in placed.text
        assert "on 2.2, confirmed by a person" in placed.text
        assert self.waiting() is None

    def test_or_on_the_whole_document(self, signed_in):
        data = {"comment": str(self.waiting().id), "whole": "1"}

        placed = signed_in("drafter").post(f"{self.url}/place", data=data, follow_redirects=True)

        assert "on the whole document" in placed.text

    def test_a_colleague_who_was_first_is_not_overruled(self, signed_in):
        comment = self.waiting()
        secretary = signed_in("secretary")
        for to in ("2.2", "2.1"):
            last = secretary.post(
                f"{self.url}/place", data={"comment": str(comment.id), "to": to}, follow_redirects=True
            )

        assert "A colleague had placed it meanwhile" in last.text
        assert "on 2.2, confirmed by a person" in last.text

    @pytest.mark.parametrize("to", ["", "9.9", "<script>"])
    def test_a_clause_that_is_not_there_is_told_and_nothing_moves(self, signed_in, to):
        comment = self.waiting()

        refused = signed_in("secretary").post(
            f"{self.url}/place", data={"comment": str(comment.id), "to": to}
        )

        assert refused.status_code == 400
        assert "<script>" not in refused.text.split("</head>")[1]
        assert self.waiting().id == comment.id

    def test_texts_that_were_joined_are_parted(self, signed_in):
        comment, made_of = self.joined()

        page = signed_in("secretary").post(
            f"{self.url}/part",
            data={"comment": str(comment.id), "record": str(made_of[1].record_id)},
            follow_redirects=True,
        )

        assert "Parted." in page.text
        assert "texts joined" not in page.text

    def test_a_conversation_is_handed_to_a_colleague_who_sees_it(self, signed_in):
        drafter = signed_in("drafter", name="Juma")
        with db.reading() as session:
            juma = next(one for one in threads.colleagues(session) if one.name == "Juma")

        signed_in("secretary").post(f"{self.url}/hand-over", data={"to": str(juma.id), "note": "7.1?"})

        assert "1 conversation was handed to you" in drafter.get("/desk/conversations").text
        page = drafter.get("/desk/conversations?with=mine").text
        assert self.alias in page
        assert "7.1?" in drafter.get(self.url).text

    @pytest.mark.parametrize(
        "data",
        [{}, {"to": "x"}, {"to": "x", "note": "0712345678"}, {"to": "00000000-0000-0000-0000-000000000001"}],
    )
    def test_handing_over_takes_whatever_is_typed_calmly(self, signed_in, data):
        assert signed_in("secretary").post(f"{self.url}/hand-over", data=data).status_code in (302, 400)

    @pytest.mark.parametrize("act", ["place", "part"])
    @pytest.mark.parametrize("named", ["", "x", "00000000-0000-0000-0000-000000000001"])
    def test_a_page_of_another_moment_is_told_so(self, signed_in, act, named):
        said = signed_in("secretary").post(f"{self.url}/{act}", data={"comment": named, "record": named})

        assert said.status_code in (404, 409)
        assert "Traceback" not in said.text

    @pytest.mark.parametrize(
        "query",
        [
            "page=0",
            "page=99999999",
            "page=x",
            "show=x",
            "group=x",
            "with=x",
            "before=x",
            "before=2026-01-01",
            "language=x",
        ],
    )
    def test_any_question_gives_a_page(self, signed_in, query):
        assert signed_in("secretary").get(f"{self.url}?{query}").status_code == 200

    def test_earlier_texts_are_a_page_away(self, signed_in, monkeypatch):
        monkeypatch.setattr(thread, "SHOWN", 2)
        secretary = signed_in("secretary")
        page = secretary.get(self.url).text
        earlier = unescape(re.search(r'href="([^"#]+before=[^"#]+)', page)[1])

        assert "until night" not in page
        assert "until night" in secretary.get(earlier).text

    def test_small_figures_are_for_the_secretary_alone_and_in_no_file(self, signed_in):
        own = signed_in("secretary").get("/desk/conversations/figures?round=gold").text
        others = signed_in("auditor").get("/desk/conversations/figures?round=gold").text
        file = signed_in("secretary").get("/desk/conversations/figures.csv?round=gold")

        assert "kept back" not in own.split("By language")[1].split("By group")[0]
        assert "kept back" in others.split("By language")[1].split("By group")[0]
        assert "gold,,everyone,joined,withheld" in file.text
        assert "gold-conversations.csv" in file.headers["Content-Disposition"]

    def test_words_given_in_confidence_stay_with_those_who_may_read_them(self, signed_in):
        with db.transaction() as session:
            round_ = session.exec(select(RoundRow)).one()
            someone = session.exec(select(ParticipantRow)).one()
            now = datetime.now(UTC)
            kept = intake.record(session, intake.Arrival(Channel.SMS, "paper", "1", b"{}"), now=now)
            said = comments.Said(text="they threaten us", participant_id=someone.id, confidential=True)
            comments.make(session, round_, session.get_one(RecordRow, kept.id), said, now=now)

        drafter, secretary = signed_in("drafter"), signed_in("secretary")

        assert "they threaten us" in secretary.get(self.url).text
        assert "they threaten us" not in drafter.get(self.url).text
        assert 'id="reply"' not in drafter.get(self.url).text
        comment = self.waiting()
        token = {"reply": "x", "act": "send", "token": "a" * 32}
        assert drafter.post(f"{self.url}/answer", data=token).status_code == 403
        assert comment is not None


class TestTheOutbox:
    def test_unknown_fates_are_shown_without_numbers(self, failed, signed_in):
        page = signed_in("secretary").get("/desk/outbox").text

        assert "Nobody knows" in page
        assert "asante sana" in page
        assert "700000009" not in page

    def test_a_link_to_sign_in_is_never_shown(self, engine, signed_in):
        with db.transaction() as session:
            messages.write(
                session,
                kind=MessageKind.SIGN_IN,
                channel="email",
                words=SECRET_LINK,
                dedupe="s",
                person_id=factories.a_person(session).id,
                now=datetime.now(UTC),
            )

        assert SECRET_LINK not in signed_in("secretary").get("/desk/outbox").text

    @pytest.mark.parametrize(
        ("act", "state"), [("resend", MessageState.WAITING), ("give-up", MessageState.BLOCKED)]
    )
    def test_a_person_decides_once(self, failed, signed_in, act, state):
        secretary = signed_in("secretary")

        secretary.post(f"/desk/outbox/{failed}/{act}")
        again = secretary.post(f"/desk/outbox/{failed}/resend", follow_redirects=True)

        assert "moved on" in again.text
        with db.reading() as session:
            assert session.get_one(MessageRow, failed).state is state

    def test_what_waited_in_a_restored_backup_leaves_when_a_person_says_so(self, failed, signed_in):
        secretary = signed_in("secretary")
        with db.transaction() as session:
            row = session.get_one(MessageRow, failed)
            row.state, row.held = MessageState.WAITING, Hold.RESTORED
            session.add(row)
        page = secretary.get("/desk/outbox").text

        secretary.post(f"/desk/outbox/{failed}/resend")

        assert "it waited in a backup that was restored" in page
        assert f"/desk/outbox/{failed}/resend" in page
        with db.reading() as session:
            assert session.get_one(MessageRow, failed).held == Hold.NONE

    def test_others_may_not(self, failed, signed_in):
        assert signed_in("drafter").post(f"/desk/outbox/{failed}/resend").status_code == 403
