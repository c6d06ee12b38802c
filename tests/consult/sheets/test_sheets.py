"""Comment tables: what comes in, what goes out, and that the second time changes nothing."""

import csv
import io
import zipfile
from datetime import timedelta

import openpyxl
import pytest
import sqlalchemy as sa

from consult import comments, intake, ledger, rounds
from consult.comments import Said
from consult.links import Tie
from consult.sheets.bringing import bring
from consult.sheets.cells import UnreadableSheet, harmless
from consult.sheets.columns import TEMPLATE, NoCommentColumn
from consult.sheets.reading import read
from consult.sheets.writing import KINDS, write
from consult.tables.comments import CommentRow, LinkRow, StandingRow
from consult.tables.intake import Channel, RecordRow
from standards.exchange.docx.inspecting import inspect
from standards.tables import VersionRow
from tests.factories import a_version, clause_numbered

HEADINGS = [column.value for column in TEMPLATE]
ISO = (
    ",".join(HEADINGS)
    + """
TZ,,2.1,,te,Burning at night is still burning,Add “at any hour”,
CO,12,2.2 and 2.1,,ge,Retorts are dear,,
KE,,9.9,,ed,Spelling,,
PE,,,,ge,"In clause 2.2 the word ""recovers"" is unclear",,
"""
)


@pytest.fixture
def round_(session, now):
    version = a_version(session, status="consultation")
    wanted = rounds.NewRound(slug="r1", title="Round 1", opens_at=now, closes_at=now + timedelta(days=60))
    return rounds.open_round(session, version, wanted, now=now)


def a_workbook(*rows: tuple, merge: str = "") -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if merge:
        book.active.merge_cells(merge)
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def placed(session):
    session.flush()
    rows = session.execute(
        sa.select(CommentRow.text, StandingRow.placement).join(StandingRow).order_by(CommentRow.text)
    ).all()
    return {text.split()[0]: placement.value for text, placement in rows}


class TestRead:
    def test_the_template_is_read_whatever_its_notes_and_case(self):
        data = b"mb/nc\xc2\xb9;CLAUSE/ SUBCLAUSE;Comments (justification for change)\nTZ;4.2;too far\n"

        (row,) = read(data, "table.csv").rows

        assert (row.place, list(row.cells.values())) == (2, ["TZ", "4.2", "too far"])

    def test_merged_cells_give_each_row_their_words_and_are_reported(self):
        sheet = read(
            a_workbook(("Clause", "Comments"), ("4.2", "one"), (None, "two"), merge="A2:A3"), "t.xlsx"
        )

        assert [list(row.cells.values()) for row in sheet.rows] == [["4.2", "one"], ["4.2", "two"]]
        assert sheet.remarks == ("Rows 2 to 3 share a merged cell; each has its words.",)

    def test_equal_rows_are_both_kept_and_reported(self):
        sheet = read(b"Clause,Comments\n4.2,too far\n4.2,too far\n", "t.csv")

        assert len(sheet.rows) == 2
        assert sheet.remarks == ("Row 3 says the same as row 2; both are kept.",)

    def test_wrong_headings_are_named(self):
        with pytest.raises(NoCommentColumn, match="Columns found: “Apples”, “Pears”"):
            read(b"Apples,Pears\n1,2\n", "fruit.csv")

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            (b"", "is empty"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1", "without a password"),
            (b"PK\x03\x04broken", "damaged"),
            (b"\x89PNG\r\n\x1a\n\0\0", "no table that can be read"),
            (b'{"comment_id": "1", "comment": "x"}\n{"comment_id": "2"}\nnot json\n', "line 2.*line 3"),
        ],
    )
    def test_what_cannot_be_read_says_what_to_do(self, data, words):
        with pytest.raises(UnreadableSheet, match=words):
            read(data, "file")

    def test_a_cell_far_from_its_table_does_not_fill_the_memory(self):
        book, into = openpyxl.Workbook(), io.BytesIO()
        book.active["A1"], book.active["XFD1048576"] = "Comments", "stray"
        book.save(into)

        with pytest.raises(UnreadableSheet, match="far away from its table, in row 1,048,576"):
            read(into.getvalue(), "far.xlsx")

    def test_a_workbook_that_unpacks_to_far_more_is_not_opened(self):
        into = io.BytesIO()
        with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in range(3):
                archive.writestr(f"xl/worksheets/sheet{part}.xml", bytes(70_000_000))

        with pytest.raises(UnreadableSheet, match="would unpack to more than we can take"):
            read(into.getvalue(), "bomb.xlsx")


class TestBring:
    def test_rows_become_comments_tied_to_the_clauses_they_name(self, session, round_, now):
        brought = bring(session, round_, ISO.encode(), "iso.csv", now=now)

        assert (brought.rows, brought.fresh, brought.linked) == (4, 4, 3)
        assert placed(session) == {
            "Burning": "linked",
            "Retorts": "linked",
            "Spelling": "queued",
            "In": "linked",
        }
        assert brought.remarks == ("Row 4: there is no 9.9; it waits in the queue.",)
        assert session.execute(sa.select(sa.func.count()).select_from(LinkRow)).scalar_one() == 4

    def test_bringing_the_same_file_again_changes_nothing(self, session, round_, now):
        bring(session, round_, ISO.encode(), "iso.csv", now=now)

        again = bring(session, round_, ISO.encode() + b"UG,,2.1,,te,One more,,\n", "iso.csv", now=now)

        assert again.fresh == 1
        assert session.execute(sa.select(sa.func.count()).select_from(CommentRow)).scalar_one() == 5

    def test_the_file_itself_is_kept_byte_for_byte_and_the_sums_hold(self, session, round_, now):
        bring(session, round_, ISO.encode(), "iso.csv", now=now)

        kept = [
            intake.open_payload(session, id_) for id_ in session.execute(sa.select(RecordRow.id)).scalars()
        ]
        assert ISO.encode() in kept
        assert ledger.verify(session).faults == []

    def test_lines_may_say_what_was_asked_and_quoted(self, session, round_, now):
        line = (
            b'{"comment_id": "c1", "comment": "too far", "lang": "en", "asked": "2.2", "quote": "a retort"}\n'
        )

        bring(session, round_, line, "c.jsonl", now=now)

        (link,) = session.execute(sa.select(LinkRow)).scalars()
        assert (link.kind.value, link.quote) == ("asked", "a retort")
        version = session.get_one(VersionRow, round_.version_id)
        assert link.clause_id == clause_numbered(session, version, "2.2")


class TestWrite:
    @pytest.fixture
    def said(self, session, round_, now):
        for number, (text, fields) in enumerate(
            [
                ("=cmd|' /C calc'!A0", {}),
                ("secret words", {"confidential": True}),
                ("retorts", {"author": "Asha Mrema", "ties": (Tie(None),)}),
            ]
        ):
            recorded = intake.record(
                session,
                intake.Arrival(Channel.WEB, "test", str(number), b"x", round_id=round_.id),
                now=now + timedelta(minutes=number),
            )
            record = session.get_one(RecordRow, recorded.id)
            comments.make(session, round_, record, Said(text=text, **fields), now=now)
        session.flush()
        return round_

    def written(self, session, round_, kind):
        into = io.BytesIO()
        write(session, round_, kind, into)
        return into.getvalue()

    def test_csv_has_the_columns_of_the_template_and_no_formulas(self, session, said):
        rows = list(csv.DictReader(io.StringIO(self.written(session, said, "csv").decode("utf-8-sig"))))

        assert list(rows[0])[:8] == HEADINGS
        assert rows[0]["Comments"].startswith("'=cmd")
        assert rows[2]["Clause/Subclause"] == "General"

    @pytest.mark.parametrize("kind", KINDS)
    def test_neither_names_nor_confidential_words_leave(self, session, said, kind):
        data = self.written(session, said, kind)
        if kind == "docx":
            text = str(inspect(data))
        elif kind == "xlsx":
            sheet = openpyxl.load_workbook(io.BytesIO(data)).active
            text = str(list(sheet.iter_rows(values_only=True)))
        else:
            text = data.decode()

        assert "retorts" in text
        assert "Asha" not in text
        assert "secret words" not in text

    @pytest.mark.parametrize("kind", KINDS)
    def test_the_same_round_gives_the_same_bytes(self, session, said, kind):
        assert self.written(session, said, kind) == self.written(session, said, kind)

    def test_a_table_sent_out_and_returned_adds_nothing_twice(self, session, said, now):
        brought = bring(session, said, self.written(session, said, "csv"), "back.csv", now=now)

        assert (brought.rows, brought.fresh) == (3, 0)

    @pytest.mark.parametrize("words", ["=1", "+1", "-1", "@x", "\t="])
    def test_nothing_is_taken_for_a_formula(self, words):
        assert harmless(words) == f"'{words}"
