"""A crosswalk as a table: out, filled in, and back; what a row lacks is told by its place."""

import csv
import io
from datetime import date

import pytest

from consult.sheets import crosswalk
from consult.sheets.cells import UnreadableSheet, spreadsheet
from consult.sheets.crosswalk import Column, UnreadableCrosswalk
from standards import drafting, recognition_store, store, versions
from standards.document import ClauseText
from standards.drafting import Hand
from standards.recognition import Standing, Verdict
from tests.factories import NOW, a_standard, a_version

THEIRS = {"1": "Trade", "1.1": "Burning. Amalgam shall not be burned in the open."}
TODAY = NOW.date()
HEADINGS = "Our clause,Their clause,Requirement,Assurance,Gap,Reviewers,Reviewed on,Expires on"


@pytest.fixture
def pair(session):
    a_version(session, a_standard(session, slug="gold"), status="published")
    a_version(session, a_standard(session, slug="trade"), clauses=THEIRS, status="published")
    return recognition_store.pair_called(session, "gold@1.0", "trade@1.0")


def bring(session, pair, *rows, headings=HEADINGS, name="a.csv", reviewer=None, by="account-1"):
    data = "\n".join([headings, *rows]).encode()
    return crosswalk.bring(session, pair, data, name, reviewer=reviewer, by=by, now=NOW)


def taken_out(session, pair, kind="csv") -> bytes:
    into = io.BytesIO()
    crosswalk.write(session, pair, kind, into, TODAY)
    return into.getvalue()


def test_a_review_of_two_is_taken_over_with_its_day(session, pair):
    found = bring(session, pair, "2.1,1.1,exceeds,equivalent,,Asha; Luis,2026-01-05,2028-12-31")

    (one,) = recognition_store.kept(session, pair, TODAY)
    assert (found.rows, found.judged) == (1, 1)
    assert one.standing is Standing.REVIEWED
    assert (one.edge.reviewed_on, one.edge.expires_on) == (date(2026, 1, 5), date(2028, 12, 31))


def test_one_reviewer_waits_for_a_second(session, pair):
    bring(session, pair, "2.1,1.1,Equivalent,equivalent,,Asha,,")

    (one,) = recognition_store.kept(session, pair, TODAY)
    assert one.standing is Standing.HALF


def test_one_persons_table_is_their_own_finding_whomever_it_names(session, pair):
    row = "2.1,1.1,partial,equivalent,A visit.,Asha; Luis,2026-01-05,2028-12-31"
    bring(session, pair, row, "2.2,1.1,none,none,,,,", reviewer="Neema")

    first, second = recognition_store.kept(session, pair, TODAY)
    assert {first.standing, second.standing} == {Standing.HALF}
    assert (first.edge.reviewers, first.edge.reviewed_on) == (("Neema",), None)
    assert (first.edge.requirement, first.edge.gap) == (Verdict.PARTIAL, "A visit.")
    assert first.edge.expires_on == date(2028, 12, 31)


def test_who_repeats_in_their_table_what_another_found_has_not_reviewed_it(session, pair):
    row = "2.1,1.1,none,equivalent,,Asha; Neema,2026-01-05,"
    bring(session, pair, row, reviewer="Asha", by="account-1")

    found = bring(session, pair, row, reviewer="Neema", by="account-2")

    (one,) = recognition_store.kept(session, pair, TODAY)
    assert (found.judged, found.unchanged) == (0, 1)
    assert (one.standing, one.edge.reviewers) == (Standing.HALF, ("Asha",))


def test_a_row_without_a_verdict_only_joins_two_clauses(session, pair):
    found = bring(session, pair, "2.1,1.1,,,,,,")

    assert (found.judged, found.joined) == (0, 1)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_was_taken_out_and_returned_changes_nothing(session, pair, kind):
    bring(session, pair, "2.1,1.1,partial,none,=a map,Asha; Luis,2026-01-05,", "2.2,1.1,none,none,,Asha,,")
    table = taken_out(session, pair, kind)

    found = crosswalk.bring(session, pair, table, f"a.{kind}", by="account-2", now=NOW)

    assert (found.rows, found.unchanged, found.judged) == (2, 2, 0)


def test_a_stale_judgement_does_not_become_current_by_being_sent_out_and_back(session, pair):
    bring(session, pair, "2.1,1.1,equivalent,equivalent,,Asha; Luis,2026-01-05,")
    draft = versions.new_draft(session, pair.ours.version, "2.0", now=NOW)
    clause = store.clause_in(store.load(session, draft), "2.1")
    text = ClauseText(clause.text.heading, "Other words.")
    drafting.edit(session, draft, clause.id, clause.text.hash, text, Hand("editor", NOW))
    versions.freeze(session, draft, now=NOW)
    later = recognition_store.pair_called(session, "gold@2.0", "trade@1.0")

    crosswalk.bring(session, later, taken_out(session, later), "a.csv", by="account-1", now=NOW)

    (one,) = recognition_store.kept(session, later, TODAY)
    assert one.standing is Standing.STALE


def test_both_texts_stand_in_the_table_and_verdicts_can_be_chosen(session, pair):
    bring(session, pair, "2.1,1.1,,,,,,")

    lines = list(csv.reader(io.StringIO(taken_out(session, pair).decode("utf-8-sig"))))
    sheet, *_lists = spreadsheet(taken_out(session, pair, "xlsx"), "a.xlsx")

    assert lines[0] == [column.value for column in Column]
    assert lines[1][2] == "No open burning\nOperators shall not burn amalgam in the open."
    assert sheet.cells[1][3] == "1.1"
    assert taken_out(session, pair, "xlsx") == taken_out(session, pair, "xlsx")


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("9.9,1.1,none,none,,Asha,,", "Row 2: There is no clause 9.9 in gold@1.0"),
        (",1.1,none,none,,Asha,,", "Row 2: The row does not say which our clause"),
        ("2.1,1.1,same,none,,Asha,,", "Row 2: “same” is no verdict under “Requirement”. Use equivalent"),
        ("2.1,1.1,none,,,Asha,,", "Row 2: There is no verdict under “Assurance”"),
        ("2.1,1.1,none,none,,,,", "Row 2: A judgement needs the name of who made it"),
        ("2.1,1.1,none,none,,Asha; Luis,,", "Row 2: Two reviewers are named but no day"),
        ("2.1,1.1,none,none,,Asha; Luis,last week,", "Row 2: “last week” under “Reviewed on” is no day"),
        ("2.1,1.1,partial,none,,Asha,,", "Row 2: What is met in part leaves a gap"),
        ("2.1,1.1,none,none,,Asha; asha,2026-01-05,", "Row 2: A review needs two different reviewers"),
    ],
)
def test_a_row_that_cannot_be_taken_is_named_by_its_place(session, pair, row, told):
    with pytest.raises(UnreadableCrosswalk, match=told):
        bring(session, pair, row)


def test_every_bad_row_is_named_and_none_is_taken(session, pair):
    with pytest.raises(UnreadableCrosswalk) as refused:
        bring(session, pair, "2.1,1.1,none,none,,Asha,,", "2.1,9,none,none,,Asha,,", "2.2,1.1,so,none,,A,,")

    assert [problem.split(":")[0] for problem in refused.value.problems] == ["Row 3", "Row 4"]
    assert recognition_store.kept(session, pair, TODAY) == []


def test_the_same_pair_twice_is_refused(session, pair):
    row = "2.1,1.1,none,none,,Asha,,"

    with pytest.raises(UnreadableCrosswalk, match=r"Row 3: 2\.1 and 1\.1 stand in row 2 too"):
        bring(session, pair, row, row)


def test_a_table_of_something_else_is_told_what_is_wanted(session, pair):
    with pytest.raises(UnreadableSheet, match="no line of headings with “Requirement” and “Assurance”"):
        bring(session, pair, "x,y", headings="Comments,Clause")


def test_verdicts_may_be_in_capitals(session, pair):
    bring(session, pair, "2.1,1.1,EXCEEDS,Equivalent,,Asha,,")

    (one,) = recognition_store.kept(session, pair, TODAY)
    assert one.edge.requirement is Verdict.EXCEEDS
