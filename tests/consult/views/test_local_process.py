"""The process of a local text on screen: its working group, its decision, its moves."""

import re

import pytest
from sqlmodel import select

from consult import db
from consult.tables.local import OverlayDecisionRow, SeatRow
from consult.tables.rounds import RoundRow
from standards.tables import OperationRow, OverlayVersionRow, Status, VersionRow
from tests import factories
from tests.consult.local.groups_of import (
    a_newer_base,
    a_published_base,
    a_published_text,
    decided_by_clause,
    seated,
)
from tests.consult.local.texts import a_local_text

ROOT = "/desk/local/tz-gold"


@pytest.fixture
def draft(engine):
    """A draft with every clause decided, and seats of two categories."""
    with db.transaction() as session:
        version = decided_by_clause(session, a_local_text(session, a_published_base(session)))
        seated(session, version)
    return version


@pytest.fixture
def moved(engine):
    """A local text in force whose base has moved."""
    with db.transaction() as session:
        version = a_published_text(session)
        a_newer_base(session, session.get_one(VersionRow, version.base_id))
    return version


def now_is(kind, **where):
    with db.reading() as session:
        query = select(kind)
        for name, value in where.items():
            query = query.where(getattr(kind, name) == value)
        return list(session.exec(query).all())


AGREED = {"for-pit-miners": "3", "for-women-miners": "2", "decided_on": "2026-03-01"}


class TestTheWorkingGroup:
    def test_it_shows_who_sits_for_whom_and_who_is_missing(self, draft, signed_in):
        with db.transaction() as session:
            factories.a_group(session, "buyers", "Buyers")

        page = signed_in("secretary").get(f"{ROOT}/group").text

        assert "women-miners 1" in page
        assert re.search(r"One category has no seat:</b> Buyers", page)

    def test_the_secretary_gives_a_seat_and_ends_it(self, draft, signed_in):
        secretary = signed_in("secretary")

        secretary.post(f"{ROOT}/group", data={"group": "pit-miners", "holder": "Neema Juma"})
        (seat,) = [one for one in now_is(SeatRow) if one.holder == "Neema Juma"]
        secretary.post(f"{ROOT}/group/{seat.id}/leave")

        assert now_is(SeatRow, id=seat.id)[0].ended_at is not None

    def test_a_seat_for_nobody_is_refused_with_what_was_typed(self, draft, signed_in):
        answer = signed_in("secretary").post(f"{ROOT}/group", data={"group": "pit-miners"})

        assert answer.status_code == 400
        assert "Choose somebody who signs in here, or write a name." in answer.text

    def test_an_auditor_reads_it_without_names(self, draft, signed_in):
        page = signed_in("auditor").get(f"{ROOT}/group").text

        assert "women-miners 1" not in page
        assert "A named person" in page

    def test_only_the_secretary_gives_seats(self, draft, signed_in):
        answer = signed_in("drafter").post(f"{ROOT}/group", data={"group": "pit-miners", "holder": "X"})

        assert answer.status_code == 403


class TestTheDecision:
    def test_what_stands_in_the_way_is_listed(self, signed_in, engine):
        with db.transaction() as session:
            seated(session, a_local_text(session, a_published_base(session)))

        page = signed_in("secretary").get(f"{ROOT}/1.0/decide").text

        assert "This stands in the way of a decision:" in page
        assert "Nobody has decided on 1, 1.1" in page

    def test_a_passed_vote_freezes_and_opens_the_way_to_publish(self, draft, signed_in):
        secretary = signed_in("secretary")

        secretary.post(f"{ROOT}/1.0/decide", data=AGREED)
        page = secretary.get(f"{ROOT}/1.0/decide").text
        secretary.post(f"{ROOT}/1.0/publish")

        assert "1 March 2026: passed, every category agreed" in page
        assert now_is(OverlayVersionRow)[0].status is Status.PUBLISHED

    def test_words_for_numbers_are_refused_and_kept(self, draft, signed_in):
        answer = signed_in("secretary").post(f"{ROOT}/1.0/decide", data={**AGREED, "for-pit-miners": "all"})

        assert answer.status_code == 400
        assert "Give numbers of votes, such as 3, or nothing." in answer.text
        assert 'value="all"' in answer.text
        assert now_is(OverlayDecisionRow) == []

    def test_publishing_without_a_decision_is_refused(self, draft, signed_in):
        answer = signed_in("secretary").post(f"{ROOT}/1.0/publish")

        assert answer.status_code == 409
        assert "has not agreed to version 1.0" in answer.text

    @pytest.mark.parametrize("door", ["decide", "freeze", "publish"])
    def test_a_drafter_neither_records_nor_publishes(self, draft, signed_in, door):
        assert signed_in("drafter").post(f"{ROOT}/1.0/{door}", data=AGREED).status_code == 403

    def test_the_text_of_a_local_text_is_not_published_as_a_standard(self, draft, signed_in):
        secretary = signed_in("secretary")
        secretary.post(f"{ROOT}/1.0/decide", data=AGREED)

        answer = secretary.post("/desk/standards/tz-gold/1.0/publish", data={"note": ""})

        assert answer.status_code == 409
        assert now_is(OverlayVersionRow)[0].status is Status.DECIDED


class TestItsRound:
    @pytest.fixture
    def consulted(self, draft, signed_in):
        """The text frozen, and a round on it opened with the ordinary form."""
        secretary = signed_in("secretary")
        secretary.post(f"{ROOT}/1.0/freeze")
        secretary.post(
            "/desk/rounds",
            data={
                "version": "tz-gold@1.0",
                "slug": "tz",
                "title": "Tanzania",
                "languages": ["en"],
                "channels": ["web", "sms"],
                "opens_at": "2020-01-01T00:00",
                "closes_at": "2099-01-01T00:00",
            },
        )
        return secretary

    def test_the_ordinary_form_offers_the_local_text(self, consulted):
        assert "tz-gold@1.0" in consulted.get("/desk/rounds/new?version=tz-gold@1.0").text
        assert [row.slug for row in now_is(RoundRow)] == ["tz"]

    def test_an_added_clause_has_its_page_and_takes_comments(self, consulted, client):
        page = client.get("/standards/tz-gold/1.0/clauses/TZ:1.1+1")

        assert (page.status_code, "Retort log" in page.text) == (200, True)
        form = client.get("/consultations/tz/comment?clause=TZ:1.1%2B1").text
        assert "Retort log" in form
        assert "The local part" not in form

    def test_where_a_clause_is_partly_local_the_form_asks_which_part(self, consulted, client):
        form = client.get("/consultations/tz/comment?clause=1.1").text
        token = re.search(r'name="token" value="([^"]+)"', form)[1]
        clause = re.search(r'name="clause" value="([^"]+)"', form)[1]

        sent = {"token": token, "clause": clause, "text": "Ninety is enough.", "part": "local"}
        client.post("/consultations/tz/comment", data=sent)

        assert "The international text" in form
        assert "on the local part: 1" in consulted.get("/desk/rounds/tz").text
        desk = consulted.get("/desk/rounds/tz/clauses/1.1").text
        assert "on the local part" in desk
        assert "Of the international text" in desk

    def test_the_desk_says_it_of_what_is_picked(self, consulted, client):
        form = client.get("/consultations/tz/comment?clause=1.1").text
        token = re.search(r'name="token" value="([^"]+)"', form)[1]
        clause = re.search(r'name="clause" value="([^"]+)"', form)[1]
        client.post("/consultations/tz/comment", data={"token": token, "clause": clause, "text": "Too high."})
        desk = consulted.get("/desk/rounds/tz/clauses/1.1").text
        picked = re.search(r'name="picked" value="([^"]+)"', desk)[1]

        consulted.post("/desk/rounds/tz/clauses/1.1", data={"act": "on-base", "picked": picked})

        assert "On the international text: 1" in consulted.get("/desk/rounds/tz/clauses/1.1").text


class TestMoving:
    def test_the_table_shows_every_state_in_words(self, moved, signed_in):
        page = signed_in("secretary").get(f"{ROOT}/1.0/move?onto=rag@2.0").text

        assert "The base moved from rag@1.1 to rag@2.0" in page
        for word in ("Orphan", "Split or merged", "Now weaker", "Undecided"):
            assert word in page

    def test_carried_over_each_waiting_operation_offers_what_is_possible(self, moved, signed_in):
        secretary = signed_in("secretary")

        secretary.post(f"{ROOT}/1.0/move", data={"onto": "rag@2.0", "new_label": "1.1"})
        page = secretary.get(f"{ROOT}/1.1/move").text

        assert "wait for a person" in page
        for word in ("Keep it as it is", "Move it there", "Adopt the base instead", "Ask for a derogation"):
            assert word in page

    def test_a_refused_pages_own_address_leads_back(self, moved, signed_in):
        answer = signed_in("secretary").get(f"{ROOT}/1.0/settle")

        assert answer.location == f"{ROOT}/1.0/move"

    def test_a_guards_refusal_is_told_beside_the_operation(self, moved, signed_in):
        secretary = signed_in("secretary")
        secretary.post(f"{ROOT}/1.0/move", data={"onto": "rag@2.0", "new_label": "1.1"})
        (row,) = [one for one in now_is(OperationRow) if one.waiting and one.op.value == "SET"]

        answer = secretary.post(f"{ROOT}/1.1/settle", data={"operation": row.id, "act": "keep"})
        done = secretary.post(
            f"{ROOT}/1.1/settle", data={"operation": row.id, "act": "adopt", "reason": "97 it is."}
        )

        assert answer.status_code == 409
        assert "95 is weaker than the base" in answer.text
        assert done.status_code == 302

    def test_a_name_that_is_not_there_is_told_and_the_page_stands(self, moved, signed_in):
        answer = signed_in("secretary").get(f"{ROOT}/1.0/move?onto=rag@9.9")

        assert answer.status_code == 409
        assert "9.9" in answer.text

    def test_a_stranger_to_the_group_carries_nothing_over(self, moved, signed_in):
        answer = signed_in("working-group").post(
            f"{ROOT}/1.0/move", data={"onto": "rag@2.0", "new_label": "1.1"}
        )

        assert answer.status_code == 403
        assert len(now_is(OverlayVersionRow)) == 1

    def test_the_notice_stands_until_somebody_has_seen_it(self, moved, signed_in):
        secretary = signed_in("secretary")
        before = secretary.get(f"{ROOT}/1.0/decide").text

        secretary.post(f"{ROOT}/seen")

        assert "rag@2.0 is there." in before
        assert "rag@2.0 is there." not in secretary.get(f"{ROOT}/1.0/decide").text


def test_a_local_text_that_is_not_there(signed_in, engine):
    for path in ("group", "1.0/decide", "1.0/move"):
        assert signed_in("secretary").get(f"/desk/local/none/{path}").status_code == 404
