"""Profiles and checklists of kept texts: under local texts, and in the words of every language."""

import io
from datetime import date

import pytest
from openpyxl import load_workbook
from sqlmodel import Session

from consult import profiles
from consult.pilots.choices import ability, met, producer
from consult.pilots.reading import read
from consult.profiles import OtherBase
from consult.words import LANGUAGES
from standards.checklists import Answer, Head, Pin
from standards.operations import Derogate, Guide, Operation, Set, Translate
from standards.overlays import store as overlays
from standards.profiles import Asked
from standards.tables import OverlayRow, OverlayVersionRow, StandardRow, VersionRow
from tests.consult.profile_texts import a_text
from tests.factories import NOW, a_standard, a_version
from tests.standards.profile_cases import the_text

TODAY = date(2026, 11, 23)
CLAUSES = {clause.number: str(clause.id) for clause in the_text()}


@pytest.fixture
def base(session: Session) -> VersionRow:
    """`small` 1.0."""
    return a_text(session)


def a_local_text(session: Session, base: VersionRow, *operations: Operation) -> OverlayVersionRow:
    """`tz-gold` 1.0 over the base, a draft, for Tanzania."""
    text = a_standard(session, slug="tz-gold", title="Small mines of Tanzania")
    overlay = OverlayRow(
        slug="tz-gold",
        title="Small mines of Tanzania",
        standard_id=base.standard_id,
        text_standard_id=text.id,
        scope={"country": "TZ"},
        created_at=NOW,
    )
    session.add(overlay)
    session.flush()
    version = overlays.new_version(session, overlay, "1.0", base, None, None, NOW)
    for one in operations:
        overlays.keep(session, version, "tz-gold", one, by="test", now=NOW)
    session.flush()
    return version


def recovery(value: int) -> Set:
    """The retort's recovery set to another value."""
    return Set(target=CLAUSES["2.1"], rationale="Retorts here can.", parameter="recovery", value=value)


class TestGround:
    def test_a_local_text_is_laid_over_its_base(self, session: Session, base: VersionRow) -> None:
        a_local_text(session, base, recovery(95))
        standard = session.get_one(StandardRow, base.standard_id)

        ground = profiles.ground_of(session, standard, base, on=TODAY, overlay="tz-gold@1.0")
        asked = {one.clause.number: one.wording for one in ground.profile(Asked()).now}

        assert asked["2.1"] == "A retort keeps 95\N{NO-BREAK SPACE}% of the mercury."
        assert (ground.slug, ground.label, ground.place) == ("small", "1.0", "TZ")

    def test_a_local_texts_own_version_asks_under_its_own_name_what_holds_on_the_day(
        self, session: Session, base: VersionRow
    ) -> None:
        put_off = Derogate(
            target=CLAUSES["1.1"],
            rationale="Elections are next year.",
            weakens="stage",
            value="year 1",
            until=date(2027, 6, 1),
            approved_by="The owner",
        )
        version = a_local_text(session, base, recovery(95), put_off)
        overlay = session.get_one(OverlayRow, version.overlay_id)
        own = session.get_one(StandardRow, overlay.text_standard_id)
        text = a_version(session, own, label="1.0", status="consultation")
        version.text_id = text.id
        session.flush()

        before = profiles.ground_of(session, own, text, on=TODAY)
        after = profiles.ground_of(session, own, text, on=date(2027, 6, 1))

        assert (before.slug, before.resolved.document.title) == ("tz-gold", "Small mines of Tanzania")
        assert "1.1" not in {one.clause.number for one in before.profile(Asked()).now}
        assert "1.1" in {one.clause.number for one in after.profile(Asked()).now}

    def test_a_local_text_of_another_version_is_refused_with_the_one_it_stands_on(
        self, session: Session, base: VersionRow
    ) -> None:
        a_local_text(session, base)
        standard = session.get_one(StandardRow, base.standard_id)
        newer = a_version(session, standard, label="2.0", status="consultation")

        with pytest.raises(OtherBase, match=r"tz-gold@1.0 stands on small@1.0, not on small@2.0"):
            profiles.ground_of(session, standard, newer, on=TODAY, overlay="tz-gold@1.0")


def test_a_checklist_asks_in_local_words_and_gives_local_explanations(
    session: Session, base: VersionRow
) -> None:
    a_local_text(
        session,
        base,
        Translate(target=CLAUSES["3.3"], rationale="-", lang="sw", wording="Hakuna chini ya {age}.",
                  reviewed_by="A. B."),
        Guide(target=CLAUSES["3.3"], rationale="-", lang="sw", text="Angalia kadi ya kliniki."),
    )  # fmt: skip
    standard = session.get_one(StandardRow, base.standard_id)
    ground = profiles.ground_of(session, standard, base, on=TODAY, overlay="tz-gold@1.0")

    made = profiles.checklist_of(session, ground, Asked(), ["sw"])
    item = next(item for item in made.items if item.number == "3.3")

    assert made.wording(item, "sw").words == "Hakuna chini ya 18."
    assert "Angalia kadi ya kliniki." in made.hints(item, "sw")
    assert made.about("sw")[-1][1] == "Tanzania"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_choice_of_a_checklist_is_understood_when_it_comes_back(language: str) -> None:
    words = profiles.words(language, "entry")

    assert {met(said) for said in words.answers.values()} == {met(value) for value in words.answers}
    assert {ability(said) for said in words.able.values()} == {ability(value) for value in words.able}
    assert {producer(said) for said in words.producers.values()} == set(words.producers)


@pytest.mark.parametrize("language", LANGUAGES)
def test_places_for_values_are_kept_in_every_language(language: str) -> None:
    words = profiles.words(language, "year 2")

    assert words.points.format(count=3) != words.points
    assert "80" in words.share.format(count=80, unit="x")
    assert "x" in words.untranslated.format(language="x")
    assert "2" in words.stage_name


def test_a_checklist_that_was_filled_in_is_read_back_clause_by_clause(
    session: Session, base: VersionRow
) -> None:
    standard = session.get_one(StandardRow, base.standard_id)
    ground = profiles.ground_of(session, standard, base, on=TODAY)
    made = profiles.checklist_of(session, ground, Asked(producer="cooperative", stage="year 1"), ["sw", "en"])
    book = load_workbook(io.BytesIO(profiles.write(made, "xlsx")))
    sheet = book["Checklist"]
    names = {str(cell.value): cell.column for line in sheet.iter_rows() for cell in line if cell.value}
    row = next(line[0].row for line in sheet.iter_rows() if line[2].value == made.items[1].clause_id.hex)
    sheet.cell(row, names["met"]).value = made.first.answers[Answer.PARTLY]
    sheet.cell(row, names["cost"]).value = "Two days a month"
    into = io.BytesIO()
    book.save(into)

    returned = read(into.getvalue(), "back.xlsx")

    answers = returned.submissions[0].answers
    assert list(answers) == [made.items[1].clause_id]
    assert {field.value: cell.words for field, cell in answers[made.items[1].clause_id].items()} == {
        "met": made.first.answers[Answer.PARTLY],
        "cost": "Two days a month",
    }
    assert (returned.pin(Pin.STANDARD), returned.pin(Pin.STAGE)) == ("small", "year 1")
    assert producer(returned.submissions[0].head[Head.PRODUCER].words) == "cooperative"
    assert set(returned.submissions[0].head) == {Head.PRODUCER}
