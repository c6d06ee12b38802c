"""The plan of a workshop over HTTP, and the sheets that are printed from it; refusals in words."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import segno
from sqlmodel import select

from consult import db, rounds
from consult.tables.people import Role
from consult.tables.workshops import WorkshopKind, WorkshopRow
from consult.workshops import planning
from tests.factories import a_version, clause_numbered

SHEETS = ("cards", "attendance", "consent", "votes", "facilitator")


@pytest.fixture
def version(engine):
    with db.transaction() as session:
        return a_version(session, status="consultation")


@pytest.fixture
def round_(version):
    now = datetime.now(UTC)
    with db.transaction() as session:
        rounds.keep_group(session, "pit-miners", {"en": "Pit miners", "sw": "Wachimbaji"})
        rounds.keep_group(session, "women-miners", {"en": "Women miners"}, 1)
        wanted = rounds.NewRound(
            slug="r1",
            title="Round 1",
            languages=("en", "sw"),
            opens_at=now - timedelta(days=1),
            closes_at=now + timedelta(days=9),
            goals={"pit-miners": 12},
        )
        return rounds.open_round(session, version, wanted, now=now)


@pytest.fixture
def secretary(signed_in, round_):
    return signed_in("secretary")


@pytest.fixture
def burning(version):
    with db.reading() as session:
        return clause_numbered(session, version, "2.1")


@pytest.fixture
def retorts(version):
    with db.reading() as session:
        return clause_numbered(session, version, "2.2")


def begun(client, **fields):
    """The address of a workshop that is being planned."""
    told = {
        "id": str(uuid4()),
        "planning": "yes",
        "place": "Katoro",
        "held_on": "2026-03-09",
        "languages": ["en", "sw"],
        "kind": "meeting",
        "audio_kept": "outcome",
    }
    answer = client.post("/desk/rounds/r1/workshops/new", data=told | fields)
    assert answer.status_code == 302, answer.text
    address = answer.headers["Location"]
    assert address.endswith("/plan")
    return address


def typed(client, address, *clause_ids, **fields):
    """The form as the page holds it, with these clauses on it, and what is typed besides."""
    mark = re.search(r'name="mark" value="(\w*)"', client.get(address).text).group(1)
    told = {"mark": mark, "act": "keep", "clause": [str(id_) for id_ in clause_ids]}
    told |= {f"minutes-{id_}": "20" for id_ in clause_ids}
    return told | fields


def planned(client, address, *clause_ids, **fields):
    answer = client.post(address, data=typed(client, address, *clause_ids, **fields))
    assert answer.status_code == 302, answer.text


def kept():
    with db.reading() as session:
        return planning.plan_of(session.exec(select(WorkshopRow)).one())


def targets_missing(page):
    """The links of the error summary that lead nowhere."""
    summary = re.search(r'class="error-summary".*?</ul>', page, re.DOTALL).group()
    targets = re.findall(r'href="#([^"]+)"', summary)
    assert targets
    return [one for one in targets if f'id="{one}"' not in page]


class TestBeginningAPlan:
    def test_asks_only_what_is_known_before(self, secretary):
        page = secretary.get("/desk/rounds/r1/workshops/new?plan=yes").text

        assert "Plan a workshop" in page
        assert "Who came" not in page

    def test_the_language_shown_first_comes_first(self, secretary):
        begun(secretary, first_language="sw")

        with db.reading() as session:
            row = session.exec(select(WorkshopRow)).one()
        assert (row.languages, row.audio_kept) == (["sw", "en"], "outcome")

    def test_a_field_trial_has_a_title(self, secretary):
        told = {"planning": "yes", "place": "Katoro", "held_on": "2026-03-09", "languages": ["en"]}
        trial = told | {"kind": "trial", "trial_stage": "year 1", "trial_producer": "cooperative"}

        refused = secretary.post("/desk/rounds/r1/workshops/new", data=trial)
        secretary.post("/desk/rounds/r1/workshops/new", data=trial | {"trial_title": "Retorts, Geita"})

        assert refused.status_code == 400
        assert "Give the field trial a title" in refused.text
        assert targets_missing(refused.text) == []
        with db.reading() as session:
            row = session.exec(select(WorkshopRow)).one()
        assert row.kind is WorkshopKind.TRIAL
        assert row.trial == {"title": "Retorts, Geita", "stage": "year 1", "producer": "cooperative"}


class TestThePlan:
    def test_clauses_are_added_by_number_or_from_the_list_with_ready_made_prompts(
        self, secretary, burning, retorts
    ):
        address = begun(secretary)

        planned(secretary, address, numbers="2.2", add=[str(burning)], act="add")

        assert [item.clause_id for item in kept().items] == [burning, retorts]
        assert "Clause 2.2, “Retorts”: can your group do this?" in secretary.get(address).text

    def test_order_minutes_prompts_votes_seats_and_time_are_kept(self, secretary, burning, retorts):
        address = begun(secretary)
        words = {f"words-{retorts}-sw": "Mnaweza?", f"place-{retorts}": "1", f"place-{burning}": "2"}
        vote = {
            f"ask-{retorts}-en": "How many?",
            f"options-{retorts}": "Ten\n\nFifteen",
            f"dots-{retorts}": "3",
        }

        planned(
            secretary,
            address,
            burning,
            retorts,
            **words,
            **vote,
            begins="9:30",
            minutes="90",
        )

        plan = kept()
        assert [item.clause_id for item in plan.items] == [retorts, burning]
        assert plan.items[0].words == {"sw": "Mnaweza?"}
        assert plan.items[0].vote == planning.Vote({"en": "How many?"}, ("Ten", "Fifteen"), 3)
        assert (plan.begins, plan.minutes) == ("09:30", 90)
        assert "50 minutes are left" in secretary.get(address).text

    def test_a_meeting_too_short_for_its_clauses_is_kept_and_said(self, secretary, burning, retorts):
        address = begun(secretary)

        planned(secretary, address, burning, retorts, minutes="30")

        assert "10 minutes more than there are" in secretary.get(address).text
        assert "This will not fit" in secretary.get(address).text

    def test_what_is_missing_fills_the_empty_seats(self, secretary):
        address = begun(secretary)

        planned(secretary, address, act="fill", **{"seats-women-miners": "4"})

        assert kept().seats == {"pit-miners": 12, "women-miners": 4}

    def test_words_in_a_language_that_was_taken_off_come_back_with_it(self, secretary, retorts):
        address = begun(secretary)
        planned(secretary, address, retorts, **{f"words-{retorts}-sw": "Mnaweza?"})
        place = {"place": "Katoro", "held_on": "2026-03-09", "kind": "meeting", "agenda": "2.2"}

        secretary.post(address.replace("/plan", "/edit"), data=place | {"languages": ["en"]})
        planned(secretary, address, retorts, **{f"words-{retorts}-en": "Can you?"})

        assert kept().items[0].words == {"sw": "Mnaweza?", "en": "Can you?"}

    def test_a_clause_taken_off_is_gone_and_the_others_stay(self, secretary, burning, retorts):
        address = begun(secretary)
        planned(secretary, address, burning, retorts)

        planned(secretary, address, burning, retorts, **{f"off-{burning}": "yes"})

        assert [item.clause_id for item in kept().items] == [retorts]

    @pytest.mark.parametrize(
        ("field", "said", "words"),
        [
            ("minutes-{id}", "0", "in 0 minutes nobody can speak"),
            ("minutes-{id}", "-5", "how many minutes?"),
            ("minutes-{id}", "", "how many minutes?"),
            ("minutes-{id}", "6000", "more than a day"),
            ("place-{id}", "first", "a number, such as 1"),
            ("words-{id}-en", "long " * 300, "long to read aloud"),
            ("options-{id}", "Only one", "two options at least"),
            ("options-{id}", "Yes\nyes", "two options say the same"),
            ("dots-{id}", "0", "how many dots"),
            ("numbers", "2.1, 9.9", "no clause 9.9"),
            ("seats-pit-miners", "many", "no number of seats"),
            ("seats-pit-miners", "5000", "more than a meeting has"),
            ("begins", "half past two", "such as 14:00"),
            ("minutes", "a while", "How many minutes can people stay?"),
        ],
    )
    def test_what_cannot_be_is_shown_again_with_everything_typed(
        self, secretary, retorts, field, said, words
    ):
        address = begun(secretary)
        told = {f"words-{retorts}-sw": "Mnaweza kufanya?", f"ask-{retorts}-en": "Which?"}
        told |= {f"options-{retorts}": "A\nB"}

        data = typed(secretary, address, retorts) | told | {field.format(id=retorts): said}
        answer = secretary.post(address, data=data)

        assert answer.status_code == 400
        assert words in answer.text
        assert "Mnaweza kufanya?" in answer.text
        assert targets_missing(answer.text) == []
        assert kept().items == ()

    def test_a_clause_of_another_version_is_refused(self, secretary):
        with db.transaction() as session:
            elsewhere = clause_numbered(session, a_version(session, status="consultation"), "2.2")
        address = begun(secretary)

        answer = secretary.post(address, data=typed(secretary, address, add=[str(elsewhere)]))

        assert answer.status_code == 400
        assert "not in the text of this round" in answer.text

    def test_a_clause_that_is_gone_stays_in_sight_and_is_not_printed(self, secretary):
        address = begun(secretary)
        with db.transaction() as session:
            elsewhere = clause_numbered(session, a_version(session, status="consultation"), "2.2")
            row = session.exec(select(WorkshopRow)).one()
            row.agenda, row.prompts = [str(elsewhere)], {str(elsewhere): {"words": {"en": "Old?"}}}
            session.add(row)

        page = secretary.get(address).text

        assert "A clause that is gone" in page
        assert "Old?" in page
        for sheet in SHEETS:
            assert secretary.get(sheet_of(address, sheet)).status_code == 200
        planned(secretary, address, elsewhere, **{f"words-{elsewhere}-en": "Old?"})
        assert kept().items[0].words == {"en": "Old?"}

    def test_a_hundred_clauses_and_no_more(self, secretary, engine):
        with db.transaction() as session:
            many = a_version(
                session, status="consultation", clauses={str(n): f"Rule {n}" for n in range(1, 121)}
            )
            row = rounds.round_called(session, "r1")
            row.version_id = many.id
            session.add(row)
        address = begun(secretary)
        hundred = " ".join(str(n) for n in range(1, 101))

        answer = secretary.post(address, data=typed(secretary, address, numbers=f"{hundred} 101"))
        planned(secretary, address, numbers=hundred)

        assert answer.status_code == 400
        assert "more than one meeting can talk about" in answer.text
        assert len(kept().items) == 100
        assert secretary.get(address).text.count('name="clause"') == 100
        assert secretary.get(sheet_of(address, "cards")).text.count("<article") == 100

    def test_two_who_plan_at_once_do_not_overwrite_each_other(self, secretary, retorts):
        address = begun(secretary)
        late = typed(secretary, address, retorts, **{f"words-{retorts}-en": "Mine?"})
        planned(secretary, address, minutes="45")

        refused = secretary.post(address, data=late)

        assert refused.status_code == 409
        assert "changed meanwhile" in refused.text
        assert "Mine?" in refused.text
        assert kept().minutes == 45

    def test_a_facilitator_plans_their_own_alone(self, signed_in, round_):
        asha, juma = signed_in(Role.FACILITATOR), signed_in(Role.FACILITATOR)
        address = begun(asha)

        assert asha.get(address).status_code == 200
        for path in (address, sheet_of(address, "cards")):
            assert juma.get(path).status_code == 404
        assert juma.post(address, data={}).status_code == 404
        assert signed_in("auditor").get(address).status_code == 403


def sheet_of(address, sheet, language=""):
    return f"{address.removesuffix('/plan')}/sheets/{sheet}" + (f"?language={language}" if language else "")


class TestSheets:
    @pytest.fixture
    def address(self, secretary, burning, retorts):
        address = begun(secretary)
        vote = {
            f"ask-{retorts}-en": "How many?",
            f"options-{retorts}": "Ten\nFifteen",
            f"dots-{retorts}": "3",
        }
        seats = {"seats-pit-miners": "8"}
        planned(secretary, address, retorts, burning, begins="14:00", minutes="120", **vote, **seats)
        return address

    def test_a_card_for_each_clause_with_its_code_and_the_way_to_comment(self, secretary, address, round_):
        page = secretary.get(sheet_of(address, "cards")).text

        with db.reading() as session:
            codes = rounds.codes_of(session, session.merge(round_, load=False))
        cards = re.findall(r"<article.*?</article>", page, re.DOTALL)
        assert len(cards) == 2
        assert "Retorts" in cards[0]
        assert re.search(r'class="code">(\d+)<', cards[0]).group(1) in map(str, codes.values())
        told = re.search(r'class="address">([^<]+)<', cards[0]).group(1)
        assert told.endswith("/consultations/r1/comment?clause=2.2")
        assert segno.make(told, error="m", micro=False).svg_inline(border=4, omitsize=True) in cards[0]

    def test_without_plain_words_the_card_has_the_text_itself(self, secretary, address):
        assert "retort that recovers the vapour" in secretary.get(sheet_of(address, "cards")).text

    def test_they_speak_the_language_of_the_workshop_and_not_the_readers(self, secretary, address):
        page = secretary.get(sheet_of(address, "attendance", "sw")).text

        assert 'lang="sw"' in page
        assert "Wachimbaji" in page
        assert "Attendance sheet" in page

    def test_a_language_we_do_not_speak_is_said_to_be_missing(self, secretary):
        address = begun(secretary, languages=["en"], other_language="suk", first_language="suk")

        page = secretary.get(sheet_of(address, "consent")).text

        assert "Translate it by hand" in page
        assert "May we write down what you say today?" in page

    def test_the_vote_has_a_letter_for_each_option_and_a_grid(self, secretary, address):
        page = secretary.get(sheet_of(address, "votes")).text

        assert "How many?" in page
        assert re.search(r"<b>B</b>\s*<span>Fifteen", page)
        assert "Each person has 3 dots." in page

    def test_the_facilitators_sheet_has_times_prompts_and_codes(self, secretary, address):
        page = secretary.get(sheet_of(address, "facilitator")).text

        assert "14:15" in page
        assert "14:35" in page
        assert "Clause 2.2, “Retorts”" in page

    def test_without_a_plan_they_are_empty_forms(self, secretary):
        address = begun(secretary)

        for sheet in SHEETS:
            assert secretary.get(sheet_of(address, sheet)).status_code == 200
        assert secretary.get(sheet_of(address, "posters")).status_code == 404
