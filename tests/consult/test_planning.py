"""Plans: what a meeting talks about and in which words, how long, and whom it should bring."""

from datetime import date, timedelta

import pytest

from consult import participation, workshops
from consult.field import packs
from consult.particulars import pictogram
from consult.tables.workshops import AttendanceRow
from consult.workshops import Attended, Meeting, planning
from consult.workshops.clause_words import ClauseWords, words_of
from consult.workshops.planning import Item, Plan, Vote
from standards import store
from standards.document import Attributes, Clause, ClauseText, Parameter
from standards.identity import new_id
from standards.tables import TranslationRow, Wording
from tests import factories
from tests.factories import a_version, clause_numbered

TODAY = date(2026, 3, 2)


@pytest.fixture
def version(session):
    return a_version(session, status="consultation")


@pytest.fixture
def round_(session, version):
    for key, label in (("pit-miners", "Pit miners"), ("women-miners", "Women miners")):
        factories.a_group(session, key, label)
    return factories.a_round(session, version, goals={"pit-miners": 12, "women-miners": 6})


@pytest.fixture
def held(session, round_, now):
    def hold(place="Katoro", on=TODAY, **fields):
        wanted = Meeting(place, on, languages=("sw", "en"), **fields)
        return workshops.hold(session, round_, wanted, now=now).workshop

    return hold


@pytest.fixture
def retorts(session, version):
    return clause_numbered(session, version, "2.2")


def worded(session, version, number, wording, language, words, *, of=None, now):
    clause = store.load(session, version).by_number[number]
    hash_ = of or clause.text.hash
    session.add(
        TranslationRow(
            clause_id=clause.id, language=language, wording=wording, words=words, source_hash=hash_, at=now
        )
    )
    session.flush()


class TestAPlan:
    def test_is_kept_as_it_was_made(self, session, held, retorts):
        vote = Vote({"sw": "Retoti ngapi?"}, ("10", "15"), dots=2)
        plan = Plan((Item(retorts, 25, {"sw": "Mnaweza?"}, vote),), {"pit-miners": 8}, "14:00", 90)
        workshop = held()

        planning.keep(session, workshop, plan)
        session.expire(workshop)

        assert planning.plan_of(workshop) == plan
        assert workshop.prompts[str(retorts)]["vote"] == {
            "question": {"sw": "Retoti ngapi?"},
            "options": ["10", "15"],
            "dots": 2,
        }

    def test_of_a_workshop_nobody_planned_has_its_agenda_with_ordinary_minutes(self, held, retorts):
        plan = planning.plan_of(held(agenda=(retorts,)))

        assert [(item.clause_id, item.minutes) for item in plan.items] == [
            (retorts, planning.ORDINARY_MINUTES)
        ]

    def test_goes_to_the_field_with_its_votes_and_prompts(self, session, round_, held, retorts, now):
        vote = Vote({"sw": "Retoti ngapi?"}, ("10", "15"), dots=2)
        workshop = held()
        planning.keep(session, workshop, Plan((Item(retorts, 25, {"sw": "Mnaweza?"}, vote),)))

        (item,) = packs.pack(session, workshop, round_, now=now)["agenda"]

        assert item["clause"] == str(retorts)
        assert item["minutes"] == 25
        assert item["vote"] == vote.as_json()
        assert item["prompt"]["sw"] == "Mnaweza?"
        assert item["prompt"]["en"].startswith("Clause 2.2")

    @pytest.mark.parametrize(
        ("lasts", "left", "tight"), [(120, 70, False), (65, 15, True), (40, -10, True), (0, -50, False)]
    )
    def test_is_tight_when_nothing_is_left_for_welcome_and_reading_back(self, retorts, lasts, left, tight):
        plan = Plan((Item(retorts, 50),), minutes=lasts)

        assert (plan.left, plan.is_tight) == (left, tight)

    def test_tells_when_each_clause_comes(self, retorts):
        items = (Item(retorts, 25), Item(retorts, 30))

        assert Plan(items, begins="14:00", minutes=120).times() == ["14:15", "14:40"]
        assert Plan(items, begins="23:50", minutes=55).times() == ["23:50", "00:15"]
        assert Plan(items, minutes=120).times() == []

    def test_leaves_out_a_clause_that_its_text_does_not_have(self, session, round_, held, retorts):
        elsewhere = clause_numbered(session, a_version(session, status="consultation"), "2.2")
        workshop = held(agenda=(elsewhere, retorts))

        laid = planning.lay_out(session, round_, workshop)

        assert [one.item.clause_id for one in laid.agenda] == [retorts]
        assert laid.gone == (elsewhere,)


class TestReadyMadePrompts:
    @pytest.fixture
    def prompt(self, session, round_, version):
        def ask(language):
            clause = store.load(session, version).by_number["2.2"]
            return words_of(session, round_, [clause])[clause.id].prompt(language)

        return ask

    def test_ask_from_the_heading_where_there_is_nothing_else(self, prompt):
        assert prompt("en").startswith("Clause 2.2, “Retorts”: can your group do this?")

    def test_ask_from_plain_words_where_there_are_some(self, session, version, prompt, now):
        worded(session, version, "2.2", Wording.PLAIN, "en", "Use a closed pot.", now=now)

        assert prompt("en").startswith("Use a closed pot. Can your group do this?")

    def test_leave_a_language_nobody_here_speaks_to_the_facilitator(self, session, version, prompt, now):
        assert prompt("suk") == ""
        worded(session, version, "2.2", Wording.PLAIN, "suk", "Tumila inungu.", now=now)
        assert prompt("suk") == "Tumila inungu."

    def test_pass_over_words_of_an_earlier_text(self, session, version, prompt, now):
        old = store.load(session, version).by_number["2.1"].text.hash
        worded(session, version, "2.2", Wording.PLAIN, "en", "Old words.", of=old, now=now)

        assert "Old words" not in prompt("en")

    def test_are_the_rounds_own_question_where_it_asks_one(self, session, round_, version, retorts, prompt):
        from consult import rounds

        question = rounds.Question(clause_id=retorts, words={"en": "A retort for 15 people?"})
        rounds.set_questions(session, round_, [question])

        assert prompt("en") == "A retort for 15 people?"

    def test_the_plainest_words_are_shown(self, session, version):
        clause = store.load(session, version).by_number["2.2"]
        words = ClauseWords(
            clause, plain={"en": "Plain."}, sms={"en": "Short.", "sw": "Fupi."}, full={"fr": "Long."}
        )

        assert [words.said(code) for code in ("en", "sw-TZ", "fr", "pt")] == ["Plain.", "Fupi.", "Long.", ""]


class TestWordsWithValues:
    def test_a_value_of_the_clause_stands_in_place_of_its_name(self):
        share = Parameter(name="share", value=90, unit="%")
        text = ClauseText(heading="Retorts of {share}", body="", parameters=(share,))
        words = ClauseWords(Clause(new_id(), text, number="4.1"), plain={"en": "Give back {share}."})

        assert words.heading("en").startswith("Retorts of 90")
        assert words.said("en").startswith("Give back 90")
        assert words.prompt("en").startswith("Give back 90")


class TestSeating:
    @pytest.fixture
    def seats(self, session, round_):
        def of(workshop):
            found = planning.seating(session, round_, workshop, today=TODAY)
            return {one.group.key: (one.people, one.elsewhere, one.missing, one.still) for one in found}

        return of

    def test_what_is_missing_is_the_goal_without_those_who_came_and_those_expected(
        self, session, held, seats
    ):
        held("Geita", TODAY - timedelta(days=9), attendance=(Attended("pit-miners", 5),))
        planning.keep(session, held("Mara", TODAY + timedelta(days=3)), Plan(seats={"pit-miners": 3}))
        workshop = held()
        planning.keep(session, workshop, Plan(seats={"pit-miners": 1, "women-miners": 9}))

        assert seats(workshop) == {"pit-miners": (5, 3, 4, 3), "women-miners": (0, 0, 6, 0)}

    def test_seats_of_a_meeting_that_is_over_are_expected_no_more(self, session, held, seats):
        past = held("Geita", TODAY - timedelta(days=1))
        counted = held("Mara", TODAY, attendance=(Attended("pit-miners", 2),))
        for workshop in (past, counted):
            planning.keep(session, workshop, Plan(seats={"pit-miners": 7}))

        assert seats(held("Katoro"))["pit-miners"] == (2, 0, 10, 10)

    def test_who_came_here_sits_on_the_seats_and_not_beside_them(self, session, held, seats):
        workshop = held(attendance=(Attended("pit-miners", 8),))
        planning.keep(session, workshop, Plan(seats={"pit-miners": 12}))

        assert seats(workshop)["pit-miners"] == (0, 0, 12, 0)

    def test_a_meeting_still_to_come_is_no_workshop_that_took_place(self, session, round_, held):
        held("Mara", TODAY + timedelta(days=3))

        assert participation.of(session, round_).workshops == 0


class TestPuttingAWorkshopRight:
    def test_age_bands_from_the_field_stay(self, session, held):
        workshop = held(attendance=(Attended("pit-miners", 12), Attended("Guests", 3)))
        row = session.exec(AttendanceRow.__table__.select()).first()
        kept = session.get_one(AttendanceRow, row.id)
        kept.bands = {"18-35": 4}
        session.flush()
        more = tuple(Attended(one, 13) for one in ("pit-miners", "Guests") if one == kept.category)

        workshops.change(session, workshop, Meeting("Katoro", TODAY, attendance=more))

        (only,) = workshops.attendance_of(session, workshop)
        assert (only.category, only.people, only.bands) == (kept.category, 13, {"18-35": 4})


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"pictogram": "⚗"}, "⚗"),
        ({"Pictogram": "data:image/png;base64,AAAA"}, "data:image/png;base64,AAAA"),
        ({"pictogram": "https://example.org/retort.png"}, ""),
        ({"pictogram": "javascript:alert(1)"}, ""),
        ({"colour": "red"}, ""),
        ({}, ""),
    ],
)
def test_a_pictogram_is_shown_where_the_clause_has_one_of_its_own(given, shown):
    text = ClauseText(heading="Retorts", body="", attributes=Attributes(extra=given))

    assert pictogram(text) == shown
