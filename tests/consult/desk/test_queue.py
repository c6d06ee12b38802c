"""The queue: what waits, what is suggested for it, and placing it."""

import re

import pytest

from consult import db, links
from consult.tables.comments import Placement
from consult.tables.intake import Channel
from tests.consult.desk.conftest import counting


def text_of(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.get_data(as_text=True)).split())


class TestShow:
    def test_what_waits_is_shown_with_the_number_waiting(self, desk, signed_in):
        desk.say("the road is bad")
        desk.say("burning amalgam", on="2.1")

        page = text_of(signed_in().get(desk.queue))

        assert "1 comment waits for a clause" in page
        assert "the road is bad" in page
        assert "burning amalgam" not in page

    def test_a_suggestion_comes_with_its_score_and_the_words_that_earned_it(self, desk, signed_in):
        desk.say("the retort leaks vapour")

        page = signed_in().get(desk.queue).get_data(as_text=True)

        assert f":{desk.clause('2.2')}" in page
        assert re.search(r'class="score">[01]\.\d\d<', page)
        assert "“retort”" in page

    def test_a_number_that_does_not_exist_is_told(self, desk, signed_in):
        desk.say("Clause 9.3 is impossible for us")

        assert "There is no 9.3." in text_of(signed_in().get(desk.queue))

    @pytest.mark.parametrize(
        ("query", "seen"),
        [
            ("q=100%25", {"100% of it"}),
            ("q=a_b", {"a_b under"}),
            ("q=BARABARA", {"barabara mbaya"}),
            ("channel=sms", {"barabara mbaya"}),
            ("language=sw", {"barabara mbaya"}),
            ("why=unknown-number", {"see clause 9.3 and axb"}),
            ("why=nothing-named", {"100% of it", "a_b under", "barabara mbaya"}),
            ("q=%00%27%3B--", set()),
        ],
    )
    def test_filters_narrow_the_queue_and_take_every_character_as_itself(self, desk, signed_in, query, seen):
        said = {"100% of it", "a_b under", "barabara mbaya", "see clause 9.3 and axb"}
        for words in said - {"barabara mbaya"}:
            desk.say(words, language="en")
        desk.say("barabara mbaya", channel=Channel.SMS, language="sw")

        page = text_of(signed_in().get(f"{desk.queue}?{query}"))

        assert {words for words in said if words in page} == seen

    def test_pages_go_on_where_the_last_one_ended(self, desk, signed_in):
        for number in range(30):
            desk.say(f"waiting-{number:02}-x")
        browser = signed_in()

        first = browser.get(desk.queue).get_data(as_text=True)
        onward = re.search(r'rel="next" href="([^"]+)"', first)[1].replace("&amp;", "&")
        second = browser.get(onward).get_data(as_text=True)
        backward = re.search(r'rel="prev" href="([^"]+)"', second)[1].replace("&amp;", "&")

        assert "waiting-24-x" in first
        assert "waiting-25-x" not in first
        assert "waiting-25-x" in second
        assert "waiting-29-x" in second
        assert 'rel="next"' not in second
        assert "waiting-00-x" in browser.get(backward).get_data(as_text=True)

    def test_the_number_of_statements_does_not_grow_with_the_comments(self, desk, signed_in, engine):
        browser = signed_in()
        desk.say("first")
        browser.get(desk.queue)
        with counting(engine) as few:
            browser.get(desk.queue)
        for number in range(30):
            desk.say(f"clause 9.{number} is far")

        with counting(engine) as many:
            browser.get(desk.queue)

        assert many.statements == few.statements <= 8

    def test_a_confidential_comment_is_counted_but_read_by_the_secretary_only(self, desk, signed_in):
        desk.say("they beat us", confidential=True)

        assert "they beat us" in text_of(signed_in("secretary").get(desk.queue))
        drafter = text_of(signed_in("drafter").get(desk.queue))
        assert "they beat us" not in drafter
        assert "1 more was given in confidence" in drafter

    @pytest.mark.parametrize(("role", "status"), [("auditor", 200), ("facilitator", 403), ("operator", 403)])
    def test_who_may_read(self, desk, signed_in, role, status):
        assert signed_in(role).get(desk.queue).status_code == status

    def test_an_auditor_reads_without_acts(self, desk, signed_in):
        id_ = desk.say("the retort leaks")
        auditor = signed_in("auditor")

        assert 'name="link"' not in auditor.get(desk.queue).get_data(as_text=True)
        assert auditor.post(desk.queue, data={"whole": str(id_)}).status_code == 403
        assert desk.standing(id_).placement is Placement.QUEUED


class TestPlace:
    def test_a_suggestion_is_confirmed_with_its_score_and_words(self, desk, signed_in):
        id_ = desk.say("the retort leaks vapour")

        signed_in("drafter").post(desk.queue, data={"link": f"{id_}:{desk.clause('2.2')}"})

        assert desk.live(id_) == [(desk.clause("2.2"), "confirmed")]
        with db.reading() as session:
            link = links.live_links(session, id_)[0]
        assert link.score is not None
        assert "retort" in link.why
        assert "link" in desk.acts()

    def test_another_clause_is_named_by_number(self, desk, signed_in):
        id_ = desk.say("the road is bad")

        signed_in().post(desk.queue, data={"choose": str(id_), "to": "3.1 No child underground"})

        assert desk.live(id_) == [(desk.clause("3.1"), "confirmed")]

    def test_a_clause_that_is_not_there_is_refused_and_what_was_typed_is_kept(self, desk, signed_in):
        id_ = desk.say("the road is bad")

        answer = signed_in().post(desk.queue, data={"choose": str(id_), "to": "9.9"})

        assert answer.status_code == 400
        assert "There is no clause 9.9" in text_of(answer)
        assert 'value="9.9"' in answer.get_data(as_text=True)
        assert desk.standing(id_).placement is Placement.QUEUED

    def test_the_whole_document_is_a_place_too(self, desk, signed_in):
        id_ = desk.say("thank you for the meeting")

        signed_in().post(desk.queue, data={"whole": str(id_)})

        assert desk.standing(id_).placement is Placement.GENERAL

    def test_undo_puts_it_back(self, desk, signed_in):
        id_ = desk.say("the road is bad")
        browser = signed_in()
        browser.post(desk.queue, data={"choose": str(id_), "to": "2.1"})

        assert 'value="undo"' in browser.get(desk.queue).get_data(as_text=True)
        browser.post(desk.queue, data={"act": "undo"})

        assert desk.standing(id_).placement is Placement.QUEUED

    def test_a_comment_that_a_colleague_placed_meanwhile_stays_there(self, desk, signed_in):
        id_ = desk.say("the road is bad")
        signed_in().post(desk.queue, data={"choose": str(id_), "to": "2.1"})

        late = signed_in().post(desk.queue, data={"choose": str(id_), "to": "3.1"}, follow_redirects=True)

        assert desk.live(id_) == [(desk.clause("2.1"), "confirmed")]
        assert "A colleague had placed one of them meanwhile" in text_of(late)

    def test_a_colleague_who_went_on_is_not_undone(self, desk, signed_in):
        id_ = desk.say("the road is bad")
        first, second = signed_in(), signed_in()
        first.post(desk.queue, data={"choose": str(id_), "to": "2.1"})
        second.post(f"/desk/comments/{id_}", data={"act": "link", "to": "3.1"})

        first.post(desk.queue, data={"act": "undo"})

        assert desk.live(id_) == [(desk.clause("3.1"), "confirmed")]

    def test_all_picked_are_linked_at_once(self, desk, signed_in):
        ids = [desk.say(f"the road {n}") for n in range(3)]

        signed_in().post(desk.queue, data={"picked": [str(i) for i in ids[:2]], "act": "link", "to": "2.1"})

        assert [desk.standing(i).placement.value for i in ids] == ["linked", "linked", "queued"]

    def test_sure_ones_are_confirmed_together(self, desk, signed_in):
        id_ = desk.say("clause 3.1: our children only carry water")
        browser = signed_in()
        page = browser.get(desk.queue).get_data(as_text=True)
        sure = re.findall(r'name="sure" value="([^"]+)"', page)

        browser.post(desk.queue, data={"act": "sure", "sure": sure})

        assert sure == [f"{id_}:{desk.clause('3.1')}"]
        assert desk.live(id_) == [(desk.clause("3.1"), "confirmed")]

    def test_nothing_picked_is_said(self, desk, signed_in):
        desk.say("the road is bad")

        answer = signed_in().post(desk.queue, data={"act": "whole"})

        assert answer.status_code == 400
        assert "No comment is picked" in text_of(answer)

    def test_hiding_needs_a_reason_and_the_right(self, desk, signed_in):
        id_ = desk.say("he is a thief")
        picked = {"picked": str(id_), "act": "hide"}

        assert signed_in().post(desk.queue, data=picked).status_code == 400
        assert signed_in("drafter").post(desk.queue, data=picked | {"reason": "names"}).status_code == 403
        signed_in().post(desk.queue, data=picked | {"reason": "names a person"})

        assert desk.standing(id_).hidden == "names a person"
        assert desk.standing(id_).placement is Placement.QUEUED

    def test_a_comment_of_another_round_is_not_touched(self, desk, a_desk, signed_in):
        other = a_desk(slug="r2")
        id_ = other.say("the road is bad")

        signed_in().post(desk.queue, data={"whole": str(id_)})

        assert other.standing(id_).placement is Placement.QUEUED
