"""A comment's whole path, from what was sent to the wording it led to, and back."""

import json
import re
from datetime import UTC, datetime

import pytest
from sqlmodel import select

from consult import db
from consult.tables.comments import Placement
from consult.tables.intake import Channel
from consult.tables.process import AuditRow
from standards import drafting, store, versions
from tests.consult.desk.conftest import counting
from tests.consult.desk.test_queue import text_of

SMS = json.dumps({"Body": ["12 moja haitoshi, piga 0712345678"], "From": ["+255712345678"]}).encode()


@pytest.fixture
def published(desk, signed_in):
    """An SMS on 2.2 that was accepted, and whose change stands in a published version: the comment's id."""
    id_ = desk.say("12 moja haitoshi", on="2.2", channel=Channel.SMS, language="sw", payload=SMS)
    now = datetime.now(UTC)
    with db.transaction() as session:
        draft = versions.new_draft(session, desk.version, "1.1", now=now)
    form = {
        "act": "decide",
        "picked": str(id_),
        "outcome": "accepted",
        "reason": "Fifteen can share one.",
        "answer-sw": "Sasa ni moja kwa watu 15.",
        "change": str(draft.id),
    }
    signed_in().post(f"{desk.clauses}/2.2", data=form)
    with db.transaction() as session:
        draft = session.merge(draft)
        clause = store.load(session, draft).by_id[desk.clause("2.2")]
        words = clause.text.body.replace("a retort", "one retort for fifteen people")
        text = drafting.with_words(clause.text, clause.text.heading, words)
        drafting.edit(session, draft, clause.id, clause.text.hash, text, drafting.Hand("test", now))
        versions.freeze(session, draft, now=now, decided=True)
        versions.publish(session, draft, now=now)
    return id_


def links_in(response) -> list[str]:
    return [
        href.replace("&amp;", "&") for href in re.findall(r'href="([^"#]+)', response.get_data(as_text=True))
    ]


def link_to(response, pattern: str) -> str:
    return next(href for href in links_in(response) if re.fullmatch(pattern, href))


class TestThreeClicks:
    def test_from_the_text_message_to_the_final_wording_and_back(self, desk, published, signed_in):
        browser = signed_in("auditor")
        comments = browser.get("/desk/comments?q=haitoshi")

        first = browser.get(link_to(comments, r"/desk/comments/[0-9a-f-]{36}"))
        wording = browser.get(link_to(first, rf"/standards/{desk.standard}/1\.1/clauses/2\.2"))
        back = browser.get(link_to(wording, r"/desk/comments/behind/.+"))
        again = browser.get(link_to(back, rf"/desk/comments/{published}"))

        assert "one retort for fifteen people" in text_of(wording)
        assert "moja haitoshi" in text_of(back)
        assert "moja haitoshi" in text_of(again)


class TestShow:
    def test_everything_known_stands_on_one_page(self, desk, published, signed_in):
        response = signed_in().get(f"/desk/comments/{published}")
        page, html = text_of(response), response.get_data(as_text=True)

        assert "Fifteen can share one." in page
        assert "Sasa ni moja kwa watu 15." in page
        assert "Named by its author" in page
        assert re.search("<ins>one</ins>|<ins>one retort|<ins>[^<]*fifteen people", html)
        assert "+255" not in page

    def test_statements_are_few(self, desk, published, signed_in, engine):
        browser = signed_in()
        browser.get(f"/desk/comments/{published}")

        with counting(engine) as told:
            browser.get(f"/desk/comments/{published}")

        assert told.statements <= 10

    def test_a_comment_in_confidence_is_closed_to_others(self, desk, signed_in):
        id_ = desk.say("they beat us", confidential=True)

        refused = signed_in("drafter").get(f"/desk/comments/{id_}")

        assert refused.status_code == 403
        assert "they beat us" not in text_of(refused)
        assert "they beat us" not in text_of(signed_in("drafter").get("/desk/comments?q=beat"))
        assert signed_in("secretary").get(f"/desk/comments/{id_}").status_code == 200

    def test_one_that_is_not_there(self, desk, signed_in):
        answer = signed_in().get("/desk/comments/00000000-0000-0000-0000-000000000000")

        assert answer.status_code == 404


class TestOriginal:
    def test_opening_shows_the_words_without_the_sender_and_is_on_record(self, desk, signed_in):
        id_ = desk.say("12 moja haitoshi", channel=Channel.SMS, payload=SMS)

        page = text_of(signed_in().post(f"/desk/comments/{id_}/original"))

        assert "piga 0712345678" in page
        assert "255712345678" not in page
        with db.reading() as session:
            line = session.exec(select(AuditRow)).one()
        assert (line.act, line.subject_id) == ("open-original", str(id_))

    @pytest.mark.parametrize("role", ["drafter", "auditor", "facilitator"])
    def test_others_may_not(self, desk, signed_in, role):
        id_ = desk.say("words", payload=SMS)

        assert signed_in(role).post(f"/desk/comments/{id_}/original").status_code == 403
        assert desk.acts() == []

    def test_a_file_is_named_but_not_spilt(self, desk, signed_in):
        id_ = desk.say("words", payload=b"PK\x03\x04 \xff\xfe Juma said +255712345678")

        page = text_of(signed_in().post(f"/desk/comments/{id_}/original"))

        assert "inside a file" in page
        assert "Juma" not in page


class TestActs:
    def test_links_are_set_and_earlier_ones_stay_in_the_history(self, desk, signed_in):
        id_ = desk.say("words", on="2.1")
        browser = signed_in("drafter")

        page = browser.post(
            f"/desk/comments/{id_}", data={"act": "link", "to": "2.2, 3.1"}, follow_redirects=True
        )

        assert {clause for clause, _ in desk.live(id_)} == {desk.clause("2.2"), desk.clause("3.1")}
        assert "ended by" in text_of(page)

    def test_back_to_the_queue(self, desk, signed_in):
        id_ = desk.say("words", on="2.1")

        signed_in().post(f"/desk/comments/{id_}", data={"act": "unplace"})

        assert desk.standing(id_).placement is Placement.QUEUED
        assert desk.acts() == ["unplace"]

    def test_hidden_with_a_reason_and_shown_again(self, desk, signed_in):
        id_ = desk.say("words", on="2.1")
        browser = signed_in()

        browser.post(f"/desk/comments/{id_}", data={"act": "hide", "reason": "names a person"})
        hidden = desk.standing(id_).hidden
        browser.post(f"/desk/comments/{id_}", data={"act": "show"})

        assert hidden == "names a person"
        assert desk.standing(id_).hidden == ""
        assert desk.acts() == ["hide", "show"]

    def test_a_clause_that_is_not_there_keeps_what_was_typed(self, desk, signed_in):
        id_ = desk.say("words", on="2.1")

        refused = signed_in().post(f"/desk/comments/{id_}", data={"act": "link", "to": "2.2, 9.9"})

        assert refused.status_code == 400
        assert 'value="2.2, 9.9"' in refused.get_data(as_text=True)
        assert desk.live(id_) == [(desk.clause("2.1"), "explicit")]
