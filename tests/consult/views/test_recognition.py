"""Recognition on the web: the working list at the desk, one list for several, what the public reads."""

import io
import re
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from consult import db
from consult.tables.process import AuditRow
from standards import recognition_store, versions
from standards.recognition import Standing, Verdict
from standards.recognition_store import Judgement
from standards.tables import VersionRow
from tests.factories import a_standard, a_version

NOW = datetime.now(UTC)
TODAY = NOW.date()
THEIRS = {
    "1": "Trade",
    "1.1": "Burning at the shop. Amalgam shall not be burned in the open by the shop.",
    "1.2": "Slips. The shop shall give a slip for every sale.",
}
PAIR = "/desk/recognition/gold@1.0/trade@1.0"
SAME = Judgement(requirement=Verdict.EQUIVALENT, assurance=Verdict.PARTIAL, gap="A visit unannounced.")


@pytest.fixture
def marks(client):
    """Two published standards; how an address names the edge between burning and burning."""
    with db.transaction() as session:
        a_version(session, a_standard(session, slug="gold"), status="published")
        theirs = a_standard(session, slug="trade", title="Village trade code")
        a_version(session, theirs, clauses=THEIRS, status="published")
        ours, others = ends(session)
    return f"{ours.hex}.{others.hex}"


def pair_of(session):
    return recognition_store.pair_called(session, "gold@1.0", "trade@1.0")


def ends(session, ours="2.1", theirs="1.1"):
    pair = pair_of(session)
    return pair.ours.clause(ours).id, pair.theirs.clause(theirs).id


def reviewed(judgement=SAME, at=("2.1", "1.1")):
    with db.transaction() as session:
        recognition_store.keep_reviewed(
            session,
            pair_of(session),
            *ends(session, *at),
            judgement,
            reviewers=["Asha Mrema", "A buyer"],
            reviewed_on=TODAY - timedelta(days=3),
            by="test",
            now=NOW,
        )


def kept():
    with db.reading() as session:
        return recognition_store.kept(session, pair_of(session), TODAY)


def a_judgement(mark, **fields):
    form = {"at": mark, "requirement": "equivalent", "assurance": "equivalent", "reviewer": "Asha Mrema"}
    return {**form, **fields}


class TestTheWorkingList:
    def test_pairs_are_proposed_and_counted(self, signed_in, marks):
        desk = signed_in("drafter")

        answer = desk.post("/desk/recognition", data={"ours": "gold@1.0", "theirs": "trade@1.0"})

        assert answer.headers["Location"].endswith("/desk/recognition/gold@1.0/trade@1.0")
        assert kept()[0].standing is Standing.UNREVIEWED
        page = desk.get("/desk/recognition").text
        assert "Village trade code" in page
        with db.reading() as session:
            assert session.exec(select(AuditRow)).one().act == "propose-edges"

    @pytest.mark.parametrize(
        ("form", "told"),
        [
            ({"ours": "gold@1.0", "theirs": "gold@1.0"}, "hold the same clauses"),
            ({"ours": "gold@1.0", "theirs": ""}, "Choose both versions."),
            ({"ours": "gold@1.0", "theirs": "gold@9"}, "has no version 9"),
        ],
    )
    def test_what_makes_no_pair_is_told(self, signed_in, marks, form, told):
        page = signed_in("drafter").post("/desk/recognition", data=form)

        assert page.status_code == 400
        assert told in page.text

    def test_both_clauses_stand_side_by_side_with_the_form(self, signed_in, marks):
        desk = signed_in("drafter")
        desk.post("/desk/recognition", data={"ours": "gold@1.0", "theirs": "trade@1.0"})

        page = desk.get(f"{PAIR}?at={marks}").text

        assert "burn amalgam in the open" in page
        assert "burned in the open by the shop" in page
        assert "Keep the judgement" in page

    def test_the_first_judgement_waits_and_the_second_person_makes_it_hold(self, signed_in, marks):
        signed_in("drafter").post(PAIR, data=a_judgement(marks))
        assert kept()[0].standing is Standing.HALF

        page = signed_in("secretary").post(
            PAIR, data=a_judgement(marks, reviewer="Luis Quispe"), follow_redirects=True
        )

        assert "Both reviewers agree" in page.text
        assert kept()[0].edge.reviewers == ("Asha Mrema", "Luis Quispe")

    def test_one_account_does_not_speak_for_two(self, signed_in, marks):
        desk = signed_in("drafter")
        desk.post(PAIR, data=a_judgement(marks))

        page = desk.post(PAIR, data=a_judgement(marks, reviewer="Luis Quispe", evidence="typed words"))

        assert page.status_code == 400
        assert "signs in with their own" in page.text
        assert "typed words" in page.text

    @pytest.mark.parametrize(
        ("fields", "told"),
        [
            ({"requirement": ""}, "Judge both"),
            ({"assurance": "partial"}, "leaves a gap"),
            ({"expires_on": "some day"}, "as a date such as"),
            ({"requirement": "splendid"}, "Choose a verdict"),
            ({"expires_on": "2020-01-01"}, "would hold for no day"),
        ],
    )
    def test_what_is_no_judgement_is_told_and_keeps_what_was_typed(self, signed_in, marks, fields, told):
        desk = signed_in("drafter")
        desk.post(f"{PAIR}/join", data={"our_number": "2.1", "their_number": "1.1"})

        page = desk.post(PAIR, data=a_judgement(marks, evidence="typed words", **fields))

        assert page.status_code == 400
        assert told in page.text
        assert "typed words" in page.text
        assert kept()[0].standing is Standing.UNREVIEWED

    def test_after_judging_the_next_pair_is_in_hand(self, signed_in, marks):
        answer = signed_in("drafter").post(PAIR, data=a_judgement(marks, next="one.other", show="unreviewed"))

        assert answer.headers["Location"].endswith("?show=unreviewed&at=one.other")

    def test_a_clause_that_is_not_there_is_told(self, signed_in, marks):
        assert signed_in("drafter").post(PAIR, data=a_judgement("x.y")).status_code == 404

    def test_two_clauses_are_joined_by_their_numbers(self, signed_in, marks):
        desk = signed_in("drafter")

        desk.post(f"{PAIR}/join", data={"our_number": "2.2", "their_number": "1.2"})
        page = desk.post(f"{PAIR}/join", data={"our_number": "2.2", "their_number": "7"})

        assert len(kept()) == 1
        assert "There is no clause 7 in trade@1.0." in page.text

    def test_a_stale_edge_stands_first_and_says_why(self, signed_in, marks):
        until = SAME.model_copy(update={"expires_on": TODAY - timedelta(days=1)})
        reviewed(until)
        reviewed(at=("2.2", "1.2"))

        page = signed_in("auditor").get(PAIR).text

        assert "has reached its last day" in page
        assert page.index("no longer holds") < page.index("reviewed</span>")
        assert "Keep the judgement" not in page

    def test_the_list_can_be_narrowed(self, signed_in, marks):
        reviewed()

        page = signed_in("drafter").get(f"{PAIR}?show=stale").text

        assert "No pair of clauses stands like this." in page

    @pytest.mark.parametrize(("role", "status"), [("auditor", 403), ("working-group", 403), ("drafter", 302)])
    def test_who_may_not_edit_may_not_judge(self, signed_in, marks, role, status):
        assert signed_in(role).post(PAIR, data=a_judgement(marks)).status_code == status

    def test_nobody_reads_the_desk_without_signing_in(self, client, marks):
        assert client.get("/desk/recognition").status_code == 302

    def test_a_draft_has_no_pairs(self, signed_in, marks):
        with db.transaction() as session:
            version = session.exec(select(VersionRow).order_by(VersionRow.created_at)).first()
            versions.new_draft(session, version, "2.0", now=NOW)

        page = signed_in("drafter").get("/desk/recognition/gold@2.0/trade@1.0")

        assert page.status_code == 409
        assert "is still a draft" in page.text


class TestTables:
    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    def test_a_table_goes_out_and_comes_back(self, signed_in, marks, kind):
        reviewed()
        desk = signed_in("drafter")

        table = desk.get(f"{PAIR}/crosswalk.{kind}")
        file = (io.BytesIO(table.data), f"a.{kind}")
        page = desk.post(f"{PAIR}/import", data={"file": file}, follow_redirects=True)

        assert table.status_code == 200
        assert "as they were: 1" in page.text

    @pytest.mark.parametrize(
        ("role", "standing"), [("secretary", Standing.REVIEWED), ("drafter", Standing.HALF)]
    )
    def test_only_the_secretarys_table_speaks_for_two(self, signed_in, marks, role, standing):
        row = "2.1,1.1,none,none,Asha; Luis,2026-01-05"
        data = f"Our clause,Their clause,Requirement,Assurance,Reviewers,Reviewed on\n{row}".encode()
        desk = signed_in(role)

        desk.post(f"{PAIR}/import", data={"file": (io.BytesIO(data), "a.csv")})

        with db.reading() as session:
            (one,) = recognition_store.kept(session, pair_of(session), TODAY)
        assert one.standing is standing
        assert ("Asha" in one.edge.reviewers) is (role == "secretary")
        told = "kept as your own judgement" in desk.get(PAIR).text
        assert told is (role == "drafter")

    def test_a_bad_row_is_named_on_the_page(self, signed_in, marks):
        data = b"Our clause,Their clause,Requirement,Assurance,Reviewers\n9,1.1,none,none,Asha"

        page = signed_in("drafter").post(f"{PAIR}/import", data={"file": (io.BytesIO(data), "a.csv")})

        assert page.status_code == 400
        assert "Row 2: There is no clause 9" in page.text

    def test_without_a_file_one_is_asked_for(self, signed_in, marks):
        assert signed_in("drafter").post(f"{PAIR}/import").status_code == 400

    def test_other_kinds_are_told(self, signed_in, marks):
        assert signed_in("drafter").get(f"{PAIR}/crosswalk.odt").status_code == 404


class TestCoverageAndOneList:
    def test_coverage_counts_both_directions(self, signed_in, marks):
        reviewed()

        page = signed_in("auditor").get(f"{PAIR}/coverage").text

        assert figures(page) == [("0", "1", "0", "1"), ("0", "1", "0", "1")]

    def test_the_list_says_how_many_questions_it_saves(self, signed_in, marks):
        reviewed()

        page = (
            signed_in("auditor").get("/desk/recognition/combined?standard=gold@1.0&standard=trade@1.0").text
        )

        assert "1 question saved." in page
        assert "Asked one by one they are 4; in one list 3." in page
        assert "A visit unannounced." in page

    @pytest.mark.parametrize("kind", ["docx", "xlsx"])
    def test_the_list_is_taken_along(self, signed_in, marks, kind):
        reviewed()
        address = f"/desk/recognition/combined.{kind}?standard=gold@1.0&standard=trade@1.0"
        desk = signed_in("auditor")

        file = desk.get(address)

        assert file.status_code == 200
        assert file.data == desk.get(address).data
        if kind == "docx":
            assert b"Questions saved: 1." in zipfile.ZipFile(io.BytesIO(file.data)).read("word/document.xml")

    @pytest.mark.parametrize(
        ("asked", "told"),
        [
            ("standard=gold@1.0", "Choose at least two"),
            ("standard=gold@1.0&standard=no@1", "There is no standard called"),
            ("", "Which standards"),
        ],
    )
    def test_less_than_two_standards_make_no_list(self, signed_in, marks, asked, told):
        page = signed_in("auditor").get(f"/desk/recognition/combined?{asked}")

        assert told in page.text
        assert "saved." not in page.text
        assert signed_in("auditor").get(f"/desk/recognition/combined.docx?{asked}").status_code == 404


class TestInPublic:
    def test_reviewed_judgements_are_attested_with_names_and_gap(self, client, marks):
        reviewed()

        page = client.get("/standards/gold/1.0/recognition")

        assert page.status_code == 200
        assert "Asha Mrema, A buyer" in page.text
        assert "A visit unannounced." in page.text
        assert "Village trade code" in page.text

    def test_what_one_person_found_or_nobody_judged_is_kept_back(self, client, signed_in, marks):
        signed_in("drafter").post(PAIR, data=a_judgement(marks))

        page = client.get("/standards/gold/1.0/recognition").text

        assert "Asha Mrema" not in page
        assert "Nothing is published yet" in page

    def test_a_stale_judgement_is_no_longer_shown(self, client, marks):
        reviewed(SAME.model_copy(update={"expires_on": TODAY - timedelta(days=1)}))

        assert "Asha Mrema" not in client.get("/standards/gold/1.0/recognition").text

    def test_the_page_is_made_anew_when_a_judgement_changes(self, client, marks):
        client.get("/standards/gold/1.0/recognition")
        reviewed()

        assert "Asha Mrema" in client.get("/standards/gold/1.0/recognition").text

    def test_a_version_that_is_not_there_is_told(self, client, marks):
        assert client.get("/standards/gold/9/recognition").status_code == 404


def figures(page: str) -> list[tuple[str, ...]]:
    """The numbers of each table of coverage, from met to not yet judged."""
    tables = re.findall(r"<tbody.*?</tbody>", page, re.DOTALL)
    return [tuple(re.findall(r'data-label="How many" class="number">(\d+)', table)) for table in tables]
