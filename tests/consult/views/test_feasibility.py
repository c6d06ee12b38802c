"""The pages of feasibility: whose eyes see which figures, and that nobody's words reach the public."""

import csv
import io
import re
from collections.abc import Callable

import openpyxl
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from consult import db
from consult.tables.comments import Ability
from tests import factories
from tests.consult.desk.conftest import Desk, a_desk, desk
from tests.consult.test_feasibility import tried

__all__ = ["a_desk", "desk"]

SignedIn = Callable[..., FlaskClient]


def text_of(page: TestResponse) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


@pytest.fixture
def address(desk: Desk) -> str:
    return f"/standards/{desk.standard}/1.0/feasibility"


class TestDesk:
    def test_a_clause_shows_who_cannot_and_leads_to_the_comments_behind(
        self, desk: Desk, signed_in: SignedIn, address: str
    ) -> None:
        with db.transaction() as session:
            group = factories.a_group(session)
        desk.say("too dear", on="2.1", ability=Ability.CANNOT, group_id=group.id, obstacle="The price")
        tried(desk, {"met": "met"}, {"met": "partly", "ability": "with_help", "obstacle": "Far"})

        page = signed_in().get(f"/desk{address}")

        assert "3 answers on ability are counted: one from a comment, 2 from pilots." in text_of(page)
        assert "2.1 No open burning 1 1 1 Pit miners: 1 of 1 cannot" in text_of(page)
        assert f'/desk/rounds/{desk.slug}/clauses/{desk.clause("2.1")}?group={group.id}"' in page.text
        assert "The price" in text_of(page)

    def test_who_may_not_read_comments_sees_no_words_and_no_small_figures(
        self, desk: Desk, signed_in: SignedIn, address: str
    ) -> None:
        for _each in range(5):
            desk.say("we can", on="2.1", ability=Ability.CAN)
        desk.say("too dear", on="2.1", ability=Ability.CANNOT, obstacle="The price")

        page = signed_in("facilitator").get(f"/desk{address}")

        assert "2.1 No open burning 5 0 kept back –" in text_of(page)
        assert "The price" not in page.text
        assert "/clauses/" not in page.text

    def test_confidence_is_kept_from_whoever_may_not_read_it(
        self, desk: Desk, signed_in: SignedIn, address: str
    ) -> None:
        desk.say("he", on="2.1", ability=Ability.CANNOT, obstacle="The chief", confidential=True)

        drafter, secretary = signed_in("drafter"), signed_in("secretary")

        nothing = "2.1 No open burning kept back kept back kept back –"
        assert nothing in text_of(drafter.get(f"/desk{address}"))
        assert "2.1 No open burning 0 0 1" in text_of(secretary.get(f"/desk{address}"))
        assert "The chief" not in secretary.get(f"/desk{address}").text

    def test_narrowing_does_not_give_away_what_is_kept_back(
        self, desk: Desk, signed_in: SignedIn, address: str
    ) -> None:
        with db.transaction() as session:
            one, other = (factories.a_group(session, key=key).id for key in ("one", "other"))
        for _each in range(6):
            desk.say("we can", on="2.1", ability=Ability.CAN, group_id=one)
        desk.say("I can", on="2.1", ability=Ability.CAN, group_id=other, confidential=True)

        whole = text_of(signed_in("drafter").get(f"/desk{address}"))
        part = text_of(signed_in("drafter").get(f"/desk{address}?group={one}"))

        assert "2.1 No open burning 7 kept back kept back" in whole
        assert "2.1 No open burning kept back kept back kept back" in part
        assert "2.1 No open burning 6 0 0" in text_of(
            signed_in("secretary").get(f"/desk{address}?group={one}")
        )

    def test_it_can_be_narrowed_turned_and_sorted(
        self, desk: Desk, signed_in: SignedIn, address: str
    ) -> None:
        tried(desk, {"met": "met"}, clause="2.1", title="One")
        tried(desk, {"met": "not-met", "ability": "cannot"}, clause="2.2", title="Two")
        client = signed_in()

        worst = text_of(client.get(f"/desk{address}"))
        in_text = text_of(client.get(f"/desk{address}?by=producer&sort=text"))
        nowhere = text_of(client.get(f"/desk{address}?region=Mara"))

        assert worst.index("2.2 Retorts") < worst.index("2.1 No open burning")
        assert in_text.index("2.1 No open burning") < in_text.index("2.2 Retorts")
        assert "Type of producer not said" in in_text
        assert "Nobody has said yet" in nowhere

    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    def test_the_figures_are_taken_along_without_words(
        self, desk: Desk, signed_in: SignedIn, address: str, kind: str
    ) -> None:
        desk.say("too dear", on="2.1", ability=Ability.CANNOT, obstacle="The price")

        sent = signed_in().get(f"/desk{address}.{kind}")

        if kind == "csv":
            rows = list(csv.reader(io.StringIO(sent.data.decode("utf-8-sig"))))
        else:
            sheet = openpyxl.load_workbook(io.BytesIO(sent.data)).worksheets[0]
            rows = [["" if v is None else str(v) for v in row] for row in sheet.iter_rows(values_only=True)]
        assert rows[1][:6] == ["2.1", "No open burning", "Everyone", "0", "0", "1"]
        assert "The price" not in str(rows)
        assert sent.data == signed_in().get(f"/desk{address}.{kind}").data

    def test_files_are_for_those_who_may_export(self, desk: Desk, signed_in: SignedIn, address: str) -> None:
        assert signed_in("facilitator").get(f"/desk{address}.csv").status_code == 403
        assert signed_in().get(f"/desk{address}.pdf").status_code == 404
        assert signed_in().get("/desk/standards/none/1.0/feasibility").status_code == 404


class TestPublic:
    def test_small_figures_and_all_words_stay_inside(
        self, desk: Desk, client: FlaskClient, address: str
    ) -> None:
        for _each in range(5):
            desk.say("we can", on="2.1", ability=Ability.CAN, benefit="Good air")
        desk.say("too dear", on="2.1", ability=Ability.CANNOT, obstacle="The price")
        desk.say("too deep", on="3.1", ability=Ability.CANNOT)

        page = client.get(address)

        assert "2.1 No open burning 5 0 kept back" in text_of(page)
        assert "3.1" not in text_of(page)
        assert "About one more clause too few people have spoken" in text_of(page)
        assert not any(words in page.text for words in ("The price", "Good air", "/desk/rounds"))

    def test_of_a_small_group_nothing_shows_and_nothing_is_left_by_subtraction(
        self, desk: Desk, client: FlaskClient, address: str
    ) -> None:
        with db.transaction() as session:
            groups = [factories.a_group(session, key, key).id for key in ("few", "more", "most")]
        for group, can, cannot in zip(groups, (0, 6, 8), (3, 7, 9), strict=True):
            for ability in [Ability.CAN] * can + [Ability.CANNOT] * cannot:
                desk.say("words", on="2.1", ability=ability, group_id=group)

        page = text_of(client.get(address))

        assert "2.1 No open burning 14 kept back 19" in page
        assert "few kept back kept back kept back more kept back 0 kept back most 8 0 9" in page

    def test_both_sides_have_a_page(self, desk: Desk, client: FlaskClient, address: str) -> None:
        tried(desk, *[{"met": "met"}] * 6)

        assert "Group not said 6 0 0" in text_of(client.get(address))
        assert "Type of producer not said 6 0 0" in text_of(client.get(f"{address}/producers"))

    def test_a_new_answer_changes_a_page_that_was_kept(
        self, desk: Desk, client: FlaskClient, address: str
    ) -> None:
        tried(desk, *[{"met": "met"}] * 5, title="One")
        before = text_of(client.get(address))
        tried(desk, *[{"met": "met"}] * 5, title="Two")

        assert "2.1 No open burning 5 0 0" in before
        assert "2.1 No open burning 10 0 0" in text_of(client.get(address))

    def test_a_clause_nobody_spoke_about_is_no_reproach(
        self, desk: Desk, client: FlaskClient, address: str
    ) -> None:
        assert "There is too little to show yet" in text_of(client.get(address))
        assert client.get("/standards/none/1.0/feasibility").status_code == 404


def test_the_clause_desk_shows_what_pilots_found(desk: Desk, signed_in: SignedIn) -> None:
    tried(desk, {"met": "met"}, {"met": "not-met", "ability": "cannot", "obstacle": "The price"})

    page = text_of(signed_in().get(f"{desk.clauses}/2.1"))

    assert "What pilots found 2 respondents, in one pilot" in page
    assert "In the way: The price" in page
