"""Pilots: checklists that come back from the field, as people and their tools really send them."""

import io
from datetime import date, datetime
from typing import Any
from uuid import UUID

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from consult import pilots, profiles
from consult.pilots import Pilot, choices, summary
from consult.pilots.acts import OtherVersion, TitleMissing, VersionNotSaid
from consult.pilots.reading import NoClauseColumn, read
from consult.tables.comments import Ability
from consult.tables.pilots import Met, PilotFindingRow, PilotRow
from standards.checklists import Answer, Field, Head, field_name, group_name
from standards.profiles import Asked
from standards.tables import StandardRow
from tests import factories

TITLE = Pilot("Retorts, Geita")


class InTheField:
    """A version that went into the field, and files as they come back from it."""

    def __init__(self, session: Session) -> None:
        self.session = session
        factories.a_group(session, "pit-miners", "Pit miners")
        standard = factories.a_standard(session, slug="gold")
        self.version = factories.a_version(session, standard, status="consultation")
        self.name = f"gold@{self.version.label}"

    def clause(self, number: str) -> UUID:
        return factories.clause_numbered(self.session, self.version, number)

    def kobo(self, *rows: dict[str, str], separator: str = ";", group: str = "/") -> bytes:
        """Rows as an export writes them; a key such as `2.1 met` stands for the clause's column."""
        names = list(dict.fromkeys(name for row in rows for name in row))
        lines = [[self._heading(name, group) for name in names]]
        lines += [[row.get(name, "") for name in names] for row in rows]
        quoted = (separator.join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines)
        return ("\ufeff" + "\r\n".join(quoted) + "\r\n").encode()

    def _heading(self, name: str, group: str) -> str:
        number, _, field = name.partition(" ")
        if field not in set(Field):
            return name
        clause_id = self.clause(number)
        prefix = f"{group_name(clause_id)}{group}" if group else ""
        return prefix + field_name(clause_id, Field(field))

    def bring(self, data: bytes, pilot: Pilot = TITLE, **more: Any) -> pilots.Brought:
        """Bring a file in, as both doors do."""
        found = pilots.read_for(self.session, data, "answers.csv", self.name)
        return pilots.bring(
            self.session, found, pilot, data, "answers.csv", by="test", now=factories.NOW, **more
        )

    def kept(self) -> set[tuple[Any, ...]]:
        """Everything that was found, without where it is kept."""
        rows = self.session.exec(select(PilotFindingRow)).all()
        return {
            (r.respondent, r.clause_id, r.met, r.ability, r.producer, r.group_id, r.cost, r.obstacle, r.note)
            for r in rows
        }


@pytest.fixture
def field(session: Session) -> InTheField:
    return InTheField(session)


def submission(uuid: str = "u1", **answers: str) -> dict[str, str]:
    return {"start": "2026-02-01T08:00:00", "_id": "7", "_uuid": uuid} | answers


ONE = {"2.1 met": "met", "2.2 met": "not-met", "2.2 ability": "with_help", "2.2 obstacle": "The price"}


class TestExports:
    @pytest.mark.parametrize("separator", [";", ","])
    @pytest.mark.parametrize("group", ["", "/", "-", "."])
    def test_every_shape_in_which_servers_write_is_read(
        self, field: InTheField, separator: str, group: str
    ) -> None:
        data = field.kobo(submission() | ONE, separator=separator, group=group)

        brought = field.bring(data)

        assert (brought.fresh, brought.pilot.respondents) == (2, 1)
        assert {(r[2], r[3]) for r in field.kept()} == {(Met.MET, None), (Met.NOT_MET, Ability.WITH_HELP)}

    def test_a_workbook_is_read_like_a_csv(self, field: InTheField) -> None:
        rows = [line.split(";") for line in field.kobo(submission() | ONE).decode("utf-8-sig").split("\r\n")]
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append([cell.strip('"') for cell in row])  # type: ignore[union-attr]
        into = io.BytesIO()
        book.save(into)

        assert field.bring(into.getvalue()).fresh == 2

    def test_answers_are_known_by_value_and_by_label_in_our_languages(self) -> None:
        assert [choices.met(words) for words in ("not-met", "Not met", "NOT_MET", "partly", "perhaps")] == [
            Met.NOT_MET,
            Met.NOT_MET,
            Met.NOT_MET,
            Met.PARTLY,
            None,
        ]
        assert choices.producer("Cooperative") == choices.producer("cooperative") == "cooperative"

    def test_who_answered_is_kept_as_group_type_of_producer_and_day(self, field: InTheField) -> None:
        head = {Head.PRODUCER: "informal-group", Head.GROUP: "Pit miners", Head.HELD_ON: "2026-02-03"}
        data = field.kobo(submission() | {f"about/{name.value}": words for name, words in head.items()} | ONE)

        brought = field.bring(data)

        (group,) = {row[5] for row in field.kept()}
        assert {row[4] for row in field.kept()} == {"informal-group"}
        assert group is not None
        assert brought.pilot.held_on == "2026-02-03"

    def test_what_is_no_question_of_ours_is_told_and_not_kept(self, field: InTheField) -> None:
        data = field.kobo(submission() | {"your_name": "Neema Joseph", "_geolocation": "-2.8"} | ONE)

        found = pilots.read_for(field.session, data, "answers.csv", field.name)
        field.bring(data)

        assert found.understood.remarks == (
            "One column is no question of the checklist and is not kept: “your_name”.",
        )
        assert "Neema" not in str(field.session.exec(select(PilotRow)).all()) + str(field.kept())

    def test_a_clause_of_another_version_is_told_and_left_out(self, field: InTheField) -> None:
        gone = UUID(int=5)
        data = field.kobo(submission() | ONE | {field_name(gone, Field.MET): "met"})

        found = pilots.read_for(field.session, data, "answers.csv", field.name)

        assert f"not in this version: {group_name(gone)}" in found.understood.remarks[0]
        assert found.understood.answers == 2

    def test_an_export_with_labels_says_what_to_choose(self) -> None:
        with pytest.raises(NoClauseColumn, match="XML values and headers"):
            read(b"Is it met?;What does it cost?\nYes;10\n", "labels.csv")


class TestOurOwnForm:
    """The XLSX that is printed or filled in on a laptop: one row a clause, one respondent a file."""

    def test_the_form_as_it_is_sent_out_comes_back(self, field: InTheField) -> None:
        answers = {"2.1": {"met": "Partly met", "ability": "Yes, with help", "cost": "90000 TZS"}}

        brought = field.bring(filled(form(field), field, answers, {"region": "Geita"}))

        (row,) = field.session.exec(select(PilotFindingRow)).all()
        assert (brought.fresh, row.clause_id) == (1, field.clause("2.1"))
        assert (row.met, row.ability, row.cost) == (Met.PARTLY, Ability.WITH_HELP, "90000 TZS")

    @pytest.mark.parametrize(("language", "met"), [("sw", Met.NOT_MET), ("es", Met.MET), ("fr", Met.PARTLY)])
    def test_choices_in_another_language_are_understood(
        self, field: InTheField, language: str, met: Met
    ) -> None:
        label = profiles.words(language, "entry").answers[Answer(met.value)]

        field.bring(filled(form(field, language), field, {"2.1": {"met": label}}))

        assert {row[2] for row in field.kept()} == {met}

    def test_the_form_says_which_version_and_stage_it_asked_about(self, field: InTheField) -> None:
        data = filled(form(field), field, {"2.1": {"met": "Met"}}, {"region": "Geita"})

        found = pilots.read_for(field.session, data, "form.xlsx")

        assert (found.version.id, found.understood.stage) == (field.version.id, "entry")
        assert found.understood.in_common("region") == "Geita"

    def test_an_empty_form_is_refused_kindly(self, field: InTheField) -> None:
        with pytest.raises(pilots.NothingToKeep):
            field.bring(form(field))

    def test_one_odd_row_spoils_no_other(self, field: InTheField) -> None:
        data = filled(form(field), field, {"2.1": {"met": "Met"}, "2.2": {"met": "rather"}})

        brought = field.bring(data, leave_out=True)

        assert (brought.fresh, len(brought.left_out)) == (1, 1)


def form(field: InTheField, language: str = "en") -> bytes:
    """The checklist of the whole version at entry, as it is sent out."""
    standard = field.session.get_one(StandardRow, field.version.standard_id)
    day = date(2026, 3, 2)
    ground = profiles.ground_of(field.session, standard, field.version, on=day)
    asked = Asked(stage="entry", on=day)
    return profiles.write(profiles.checklist_of(field.session, ground, asked, [language]), "xlsx")


def filled(
    data: bytes, field: InTheField, answers: dict[str, dict[str, str]], head: dict[str, str] | None = None
) -> bytes:
    """The form with these answers written in, as a spreadsheet program saves it."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet: Any = book.active
    lines = list(sheet.iter_rows())
    (top,) = (line for line in lines if {"clause", "met"} <= {cell.value for cell in line})
    columns = {cell.value: cell.column for cell in top}
    for line in lines:
        by_value = {cell.value: cell for cell in line}
        for name, words in (head or {}).items():
            if name in by_value and line[0].row < top[0].row:
                sheet.cell(line[0].row, by_value[name].column + 1).value = words
        for number, told in answers.items():
            if field.clause(number).hex in by_value:
                for name, words in told.items():
                    sheet.cell(line[0].row, columns[name]).value = words
    into = io.BytesIO()
    book.save(into)
    return into.getvalue()


class TestTheSameAgain:
    def test_the_same_file_changes_nothing_and_says_so(self, field: InTheField) -> None:
        data = field.kobo(submission() | ONE)
        first = field.bring(data)

        again = field.bring(data, Pilot("Another title"))

        assert (again.changed_nothing, again.known, again.pilot.id) == (True, 2, first.pilot.id)
        assert len(field.session.exec(select(PilotRow)).all()) == 1

    def test_a_larger_export_adds_only_what_is_new(self, field: InTheField) -> None:
        field.bring(field.kobo(submission("u1") | ONE))

        brought = field.bring(field.kobo(submission("u1") | ONE, submission("uuid:u2") | ONE))

        assert (brought.fresh, brought.known, brought.pilot.respondents) == (2, 2, 2)

    def test_under_another_title_a_submission_still_counts_once(self, field: InTheField) -> None:
        field.bring(field.kobo(submission("u1") | ONE))

        field.bring(field.kobo(submission("u1") | ONE, submission("u2") | ONE), Pilot("Second visit"))

        assert len(field.kept()) == 4

    def test_an_answer_that_was_changed_meanwhile_is_told_and_what_is_here_stays(
        self, field: InTheField
    ) -> None:
        field.bring(field.kobo(submission() | {"2.1 met": "met"}))

        brought = field.bring(field.kobo(submission() | {"2.1 met": "not-met"}))

        assert (brought.fresh, brought.differing) == (0, 1)
        assert [row[2] for row in field.kept()] == [Met.MET]

    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        told=st.lists(
            st.tuples(st.sampled_from(["met", "partly", "not-met"]), st.sampled_from(["", "met", "not-met"])),
            min_size=1,
            max_size=6,
        ),
        cut=st.integers(min_value=0, max_value=6),
    )
    def test_a_file_in_two_halves_is_the_same_as_the_whole(
        self, session: Session, told: list[tuple[str, str]], cut: int
    ) -> None:
        rows = [
            submission(f"u{at}") | {"2.1 met": first, "2.2 met": second, "2.2 cost": "10" if second else ""}
            for at, (first, second) in enumerate(told)
        ]
        found = []
        for parts in ([rows], [rows[:cut], rows[cut:]]):
            with session.begin_nested() as saved:
                version = _Halves(session)
                for part in parts:
                    if part:
                        version.bring(version.kobo(*part))
                found.append(version.by_number())
                saved.rollback()

        assert found[0] == found[1]


class _Halves(InTheField):
    """Two versions alike in everything but their ids: what was found, by the clause's number."""

    def __init__(self, session: Session) -> None:
        self.session = session
        standard = factories.a_standard(session)
        self.version = factories.a_version(session, standard, status="consultation")
        self.name = f"{standard.slug}@{self.version.label}"

    def by_number(self) -> Any:
        numbers = {self.clause(number): number for number in factories.CLAUSES}
        (pilot,) = self.session.exec(select(PilotRow)).all()
        rows = {(r[0], numbers[r[1]], *r[2:]) for r in self.kept()}
        return rows, pilot.respondents, pilot.held_on


class TestRowsToLookAt:
    def test_nothing_is_saved_and_each_row_is_told_with_what_is_possible(self, field: InTheField) -> None:
        data = field.kobo(submission("u1") | ONE, submission("u2") | {"2.1 met": "maybe"})

        with pytest.raises(pilots.RowsToLookAt) as refused:
            field.bring(data)

        assert "Row 3, column D (met)" in str(refused.value)
        assert "“maybe” is no answer here. Possible are met, partly, not-met, not-applicable." in str(
            refused.value
        )
        assert "Nothing was saved." in str(refused.value)
        assert field.kept() == set()

    def test_left_out_they_are_told_and_the_rest_is_kept(self, field: InTheField) -> None:
        data = field.kobo(submission("u1") | ONE, submission("u2") | {"2.1 met": "maybe", "2.2 met": "met"})

        brought = field.bring(data, leave_out=True)

        assert brought.pilot.respondents == 1
        assert len(brought.left_out) == 1

    @pytest.mark.parametrize(
        ("odd", "words"),
        [
            ({Head.PRODUCER.value: "a guild"}, "“a guild” is no type of producer. Possible are cooperative"),
            ({Head.GROUP.value: "kings"}, "There is no stakeholder group “kings”. Possible are pit-miners."),
            ({Head.HELD_ON.value: "last week"}, "“last week” is no day. Write it as 2026-11-03."),
            ({"2.1 ability": "surely"}, "“surely” is no answer here. Possible are can, with_help, cannot."),
            ({"2.1 met": "", "2.1 cost": "10"}, "not whether the clause is met"),
            ({"2.1 note": "x" * 4001}, "longer than 4000 characters"),
        ],
    )
    def test_what_cannot_be_taken_says_why(self, field: InTheField, odd: dict[str, str], words: str) -> None:
        with pytest.raises(pilots.RowsToLookAt) as refused:
            field.bring(field.kobo(submission() | {"2.1 met": "met"} | odd))

        assert words in str(refused.value)

    def test_a_file_in_which_nobody_answered_is_refused(self, field: InTheField) -> None:
        with pytest.raises(pilots.NothingToKeep):
            field.bring(field.kobo(submission() | {"2.1 met": ""}))

    def test_a_pilot_has_a_title(self, field: InTheField) -> None:
        with pytest.raises(TitleMissing):
            field.bring(field.kobo(submission() | ONE), Pilot(" "))


class TestWhichVersion:
    def test_the_file_says_it(self, field: InTheField) -> None:
        data = field.kobo(submission() | ONE | {"baraza_standard": "gold", "baraza_version": "1.0"})

        assert pilots.read_for(field.session, data, "answers.csv").version.id == field.version.id

    def test_a_file_that_does_not_say_it_asks(self, field: InTheField) -> None:
        with pytest.raises(VersionNotSaid, match="Choose the version"):
            pilots.read_for(field.session, field.kobo(submission() | ONE), "answers.csv")

    def test_a_file_about_another_text_is_refused_with_its_name(self, field: InTheField) -> None:
        data = field.kobo(submission() | ONE | {"baraza_standard": "gold", "baraza_version": "0.9"})

        with pytest.raises(OtherVersion, match=r"These answers are about gold@0\.9, and you chose gold@1\.0"):
            pilots.read_for(field.session, data, "answers.csv", field.name)


class TestWhoIsNotKnownByIt:
    def test_numbers_in_free_words_are_masked_and_money_is_not(self, field: InTheField) -> None:
        answers = {"2.1 met": "met", "2.1 note": "Call 0754 123 456", "2.1 cost": "60000 TZS"}

        field.bring(field.kobo(submission() | answers))

        ((*_rest, cost, _obstacle, note),) = field.kept()
        assert (cost, note) == ("60000 TZS", "Call [number]")

    def test_the_submissions_name_on_its_server_is_not_kept(self, field: InTheField) -> None:
        field.bring(field.kobo(submission("3f0c1b9a-name-on-the-server") | ONE))

        assert all("3f0c1b9a" not in row[0] for row in field.kept())


class TestSummary:
    def test_each_clause_counts_its_answers_and_gathers_what_was_told(
        self, field: InTheField, now: datetime
    ) -> None:
        rows = [
            submission(f"u{at}") | {"2.1 met": met, "2.1 obstacle": "Far", Head.PRODUCER.value: producer}
            for at, (met, producer) in enumerate(
                [("met", "cooperative"), ("not-met", "cooperative"), ("not-applicable", "unorganised")]
            )
        ]
        brought = field.bring(field.kobo(*rows))

        document = _document(field)
        (found,) = summary.of(summary.findings(field.session, [brought.pilot.id]), document)

        assert (found.tally.met, found.tally.not_met, found.tally.not_applicable) == (1, 1, 1)
        assert found.tally.shares == (50, 0, 50)
        assert {name: tally.answers for name, tally in found.producers.items()} == {
            "cooperative": 2,
            "unorganised": 1,
        }
        assert found.told["obstacle"] == [("Far", 3)]


def _document(field: InTheField) -> Any:
    from standards import store

    return store.load(field.session, field.version)
