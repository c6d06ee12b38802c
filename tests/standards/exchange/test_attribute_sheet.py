"""The attribute sheet: out and back without loss, what changes, and what is not taken."""

import re
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standards.document import (
    Attributes,
    Clause,
    ClauseText,
    Document,
    Grade,
    Level,
    Modality,
    Parameter,
    Policy,
    StageVariant,
    Verifier,
)
from standards.exchange.attribute_cells import COLUMNS, written
from standards.exchange.attribute_sheet import HEADINGS, NoClauseColumn, lines_of, read
from standards.numbering import numbered
from standards.stages import Custody, Producer
from tests.standards.trees import documents

SIGNS = st.text(st.sampled_from("ab é;|:\\'\"=-[]{}\n\t\r\x07u0n,.9%_"), max_size=12)
FILLED = SIGNS.filter(str.strip)
STAGES = st.sampled_from(["entry", "year 1", "year-3", "Year 2"])
NUMBERS = st.one_of(st.integers(-(10**6), 10**6), st.floats(allow_nan=False, allow_infinity=False, width=32))

attributes = st.builds(
    Attributes,
    topic=SIGNS,
    points=st.none() | st.integers(-5, 500),
    threshold_group=SIGNS,
    stage=st.just("") | STAGES,
    stages=st.lists(st.builds(StageVariant, stage=STAGES, wording=SIGNS, evidence=SIGNS), max_size=3).map(
        tuple
    ),
    producers=st.lists(st.sampled_from(Producer).map(str), max_size=3).map(tuple),
    minerals=st.lists(FILLED, max_size=3).map(tuple),
    size=SIGNS,
    custody=st.just("") | st.sampled_from(Custody).map(str),
    responsible=SIGNS,
    verification=SIGNS,
    group_threshold=st.none() | st.integers(0, 100),
    verifiers=st.lists(
        st.builds(Verifier, type=st.sampled_from(["document", "interview"]), text=SIGNS), max_size=3
    ).map(tuple),
    severity=SIGNS,
    laws=st.lists(FILLED, max_size=3).map(tuple),
    policy=st.sampled_from(Policy),
    effective=st.dates().map(str),
    extra=st.dictionaries(FILLED.map(str.strip), SIGNS.map(str.strip), max_size=3),
)
parameters = st.lists(
    st.builds(
        Parameter,
        name=st.sampled_from(["share", "tools", "place"]),
        value=NUMBERS | SIGNS | st.lists(FILLED, max_size=3).map(tuple),
        unit=SIGNS,
        label=SIGNS,
        minimum=st.none() | st.integers(-9, 0) | st.floats(-9, 0),
        maximum=st.none() | st.integers(1, 9),
        stricter=st.sampled_from(["higher", "subset", "none"]),
    ),
    max_size=3,
    unique_by=lambda one: one.name,
).map(tuple)


@st.composite
def furnished(draw: st.DrawFn) -> Document:
    """A numbered tree whose clauses carry any attributes at all."""
    document = draw(documents())
    return numbered(
        document.with_clauses(
            tuple(
                replace(
                    clause,
                    text=replace(clause.text, attributes=draw(attributes), parameters=draw(parameters)),
                )
                for clause in document
            )
        )
    )


CLAUSE = UUID(int=7)
TEXT = ClauseText(
    "Retorts",
    "The group shall recover {share}.",
    level=Level.CRITERION,
    modality=Modality.REQUIREMENT,
    attributes=Attributes(topic="mercury", policy=Policy.PARAMETERS, producers=("tributers",)),
    parameters=(Parameter(name="share", value=90, unit="%", minimum=80, stricter="higher"),),
)


def a_text(text: ClauseText = TEXT) -> Document:
    return numbered(Document("A standard", "en", clauses=(Clause(CLAUSE, text),)))


def nothing_kept(_hash: str) -> None:
    return None


def sheet(**cells: str) -> list[list[str]]:
    """A sheet of one row about the clause, with these columns beside its id."""
    names = [name.replace("_", " ") for name in cells]
    return [["id", *names], [str(CLAUSE), *cells.values()]]


class TestRoundTrip:
    @settings(max_examples=60, deadline=None)
    @given(furnished())
    def test_a_sheet_sent_back_untouched_changes_nothing(self, document):
        told = {clause.text.hash: clause.text for clause in document}

        understood = read(document, list(lines_of(document)), told.get)

        assert understood.changes == understood.troubles == understood.remarks == ()

    @settings(max_examples=60, deadline=None)
    @given(furnished())
    def test_everything_recorded_survives_the_sheet(self, document):
        bare = document.with_clauses(
            tuple(
                replace(
                    clause,
                    text=ClauseText(
                        clause.text.heading,
                        clause.text.body,
                        declared_number=clause.text.declared_number,
                    ),
                )
                for clause in document
            )
        )
        lines = [line[:-1] for line in lines_of(document)]

        understood = read(bare, lines, nothing_kept)

        assert understood.troubles == ()
        restored = {change.clause.id: change.text for change in understood.changes}
        for clause in document:
            assert restored.get(clause.id, bare.by_id[clause.id].text) == clause.text

    @settings(max_examples=20, deadline=None)
    @given(furnished())
    def test_no_cell_holds_what_a_workbook_refuses(self, document):
        cells = "".join(cell for line in lines_of(document) for cell in line)

        assert not re.search("[\x00-\x09\x0b-\x1f]", cells)


class TestCells:
    @pytest.mark.parametrize(
        ("column", "cell", "shown"),
        [
            ("policy", "Locked", "locked"),
            ("stage", "Year 2", "Year 2"),
            ("producers", "Informal group; cooperative", "informal-group; cooperative"),
            ("producers", "tributers\ncooperative", "tributers; cooperative"),
            ("custody", "mass balance", "mass-balance"),
            ("group_threshold", "80 %", "80"),
            ("points", "", ""),
            ("effective", "2027-01-31", "2027-01-31"),
            ("verifiers", "Document: the list\ninterview: members", "document: the list\ninterview: members"),
            ("stages", "year 1: keep {share} | a plan", "year 1: keep {share} | a plan"),
            ("laws", "ILO 182; article 3\nMinamata, article 7", "ILO 182; article 3\nMinamata, article 7"),
            ("extra", "CWE: 79", "CWE: 79"),
            (
                "parameters",
                "share = 95 | unit: % | from: 80 | stricter: higher\ntools = [retort; hood]",
                "share = 95 | unit: % | from: 80 | stricter: higher\ntools = [retort; hood]",
            ),
        ],
    )
    def test_a_cell_is_taken_and_shown_again(self, column, cell, shown):
        document = a_text(replace(TEXT, attributes=replace_told(points=5)))

        (change,) = read(document, sheet(**{column: cell}), nothing_kept).changes

        assert [field.column for field in change.fields] == [column]
        assert written(change.text, column) == shown

    @pytest.mark.parametrize(
        ("column", "cell", "told"),
        [
            ("policy", "lockd", "Did you mean locked? Possible: locked, parameters, strengthen, open."),
            ("policy", "", "This needs a value. Possible: locked"),
            ("level", "chapter", "Possible: section, principle"),
            ("stage", "soon", "Possible: entry, year 1"),
            ("stages", "keep a plan", "as “year 1: what is asked | what shows it”"),
            ("stages", "later: keep a plan", "“later” is not known here"),
            ("producers", "cooperative; miners", "“miners” is not known here. Possible: cooperative"),
            ("custody", "apart", "Possible: identity-preserved"),
            ("group_threshold", "101", "from 0 to 100"),
            ("points", "many", "whole number"),
            ("effective", "31/01/2027", "2027-01-31"),
            ("verifiers", "photo: a pit", "Possible: document, observation, interview, measurement"),
            ("parameters", "share 95", "share = 90"),
            ("parameters", "Share = 95", "begins with a small letter"),
            ("parameters", "share = 95 | least: 80", "Possible after its name: unit"),
            ("parameters", "share = 95 | from: 9 | to: 1", "wrong way round"),
            ("parameters", "share = 95\nshare = 90", "called share"),
            ("extra", "a remark", "name: value"),
        ],
    )
    def test_what_cannot_be_taken_says_what_is_possible(self, column, cell, told):
        understood = read(a_text(), sheet(topic="water", **{column: cell}), nothing_kept)

        (trouble,) = understood.troubles
        assert (trouble.row, trouble.column) == (2, column.replace("_", " "))
        assert told in trouble.message

    def test_an_unknown_value_that_stands_already_stays(self):
        document = a_text(replace(TEXT, attributes=replace_told(stage="when ready", effective="spring")))

        understood = read(document, sheet(stage="when ready", effective="spring"), nothing_kept)

        assert (understood.changes, understood.troubles) == ((), ())

    def test_columns_that_are_not_there_change_nothing(self):
        (change,) = read(a_text(), sheet(grade="optional"), nothing_kept).changes

        assert change.text == replace(TEXT, grade=Grade.OPTIONAL)


def replace_told(**told: object) -> Attributes:
    return TEXT.attributes.model_copy(update=told)


class TestRows:
    def test_a_row_may_name_its_clause_by_number(self):
        (change,) = read(a_text(), [["Number", "Topic"], ["1", "water"]], nothing_kept).changes

        assert change.clause.id == CLAUSE

    @pytest.mark.parametrize(
        ("line", "told"),
        [
            ([str(UUID(int=9)), "", "water"], "may have been withdrawn"),
            (["4.2", "", "water"], "may have been withdrawn"),
            (["", "9.9", "water"], "may have been withdrawn"),
            (["", "", "water"], "names no clause"),
        ],
    )
    def test_a_clause_that_is_not_there_is_told(self, line, told):
        understood = read(a_text(), [["id", "number", "topic"], line], nothing_kept)

        assert [told in trouble.message for trouble in understood.troubles] == [True]

    def test_a_clause_twice_is_told_with_both_rows(self):
        row = [str(CLAUSE), "water"]

        (trouble,) = read(a_text(), [["id", "topic"], row, ["", ""], row], nothing_kept).troubles

        assert trouble.row == 4
        assert "row 2" in trouble.message

    def test_an_unknown_column_is_told_with_what_was_meant(self):
        (trouble,) = read(a_text(), sheet(polcy="locked"), nothing_kept).troubles

        assert (trouble.row, trouble.value) == (1, "polcy")
        assert "“policy”" in trouble.message

    def test_a_column_twice_is_told(self):
        lines = [["id", "topic", "Topic"], [str(CLAUSE), "water", "air"]]

        (trouble,) = read(a_text(), lines, nothing_kept).troubles

        assert "twice" in trouble.message

    def test_a_table_without_clauses_is_refused(self):
        with pytest.raises(NoClauseColumn):
            read(a_text(), [["topic"], ["water"]], nothing_kept)

    def test_a_changed_heading_is_remarked_and_not_taken(self):
        understood = read(a_text(), sheet(heading="Hoods"), nothing_kept)

        assert understood.changes == ()
        assert "Row 2" in understood.remarks[0]


class TestMeanwhile:
    """A sheet taken from one text, sent back when another stands there."""

    def lines(self, **cells):
        (head, line) = list(lines_of(a_text()))
        for column, cell in cells.items():
            line[HEADINGS.index(column)] = cell
        return [head, line]

    def now(self, **told):
        return a_text(replace(TEXT, attributes=replace_told(**told)))

    def kept(self, hash_):
        return {TEXT.hash: TEXT}.get(hash_)

    def test_what_a_colleague_changed_elsewhere_stays(self):
        (change,) = read(self.now(topic="air"), self.lines(grade="optional"), self.kept).changes

        assert [field.column for field in change.fields] == ["grade"]
        assert change.text.attributes.topic == "air"

    def test_the_same_field_changed_twice_waits_for_a_person(self):
        understood = read(self.now(topic="air"), self.lines(topic="water"), self.kept)

        assert understood.changes == ()
        assert "“air”" in understood.troubles[0].message

    def test_the_same_change_on_both_sides_is_no_change(self):
        understood = read(self.now(topic="air"), self.lines(topic="air"), self.kept)

        assert (understood.changes, understood.troubles) == ((), ())

    def test_a_text_nobody_keeps_is_told(self):
        (trouble,) = read(a_text(), self.lines(topic="air"), nothing_kept).troubles

        assert trouble.column == "as of"


def test_every_attribute_has_its_column():
    assert set(Attributes.model_fields) < set(COLUMNS)
