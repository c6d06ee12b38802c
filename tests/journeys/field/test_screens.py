"""The screens of the field page: a whole meeting and a field trial, with one thumb, without a network."""

import json
from urllib.parse import quote
from uuid import UUID

import pytest
from playwright.sync_api import expect
from sqlmodel import select

from consult import db
from consult.field import media
from consult.tables.field import (
    ConsentRow,
    DeviceRow,
    DotVoteRow,
    PhotoRow,
    RecordingRow,
    StoredObjectRow,
)
from consult.tables.workshops import AttendanceRow, TranscriptRow, UtteranceRow, WorkshopRow
from tests.journeys.conftest import CHROMIUM
from tests.journeys.field.thumb import (
    agree,
    assert_small_and_bare,
    counts_who_came,
    go,
    photographs,
    press,
    records,
    signs_in_and_brings,
    takes_a_note,
    votes,
)
from tests.journeys.looking import WIDE, barriers, overflow

pytestmark = pytest.mark.browser

PHONE, SMALL, LARGE_TYPE = ({"width": width, "height": 740} for width in (360, 320, 180))
FAKES = ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
OPEN = """async (known) => {
    window.field = await (await import('/static/field/store.js')).openField();
    if (known) await field.saveDevice(known);
}"""
BRING = "async (id) => (await import('/static/field/sync.js')).fetchPack(field, id)"
WRITE = "([workshop, kind, entity, fields]) => field.write(workshop, kind, entity, fields)"
SAID = "async (workshop) => (await field.everything('operations')).map((row) => row.written).join('\\n')"
SAVED_TRIAL = """async (id) => {
    const pack = await field.pack(id);
    const questions = pack.clauses.slice(8, 11).map(
        ({id: clause, number, heading, body: text}) => ({clause, number, heading, text, how: ''}));
    pack.workshop = {...pack.workshop, id: '01900000-0000-7000-8000-000000000001', kind: 'trial'};
    pack.trial = {title: 'Entry at three pits', stage: 'entry', producer: '', mineral: 'gold', questions};
    await field.savePack(pack);
    return [pack.workshop.id, questions.map((one) => one.clause)];
}"""
# What photographs and sound lie on it, and how many of them wait to be sent.
LEFT = "async () => [(await field.everything('bytes')).length, (await field.unsent()).objects]"
PHOTOGRAPH = """async (workshop) => {
    const canvas = new OffscreenCanvas(8, 8);
    canvas.getContext('2d').fillRect(0, 0, 8, 8);
    const blob = await canvas.convertToBlob({type: 'image/jpeg'});
    const sha256 = await field.putObject(workshop, blob);
    await field.write(workshop, 'photo', 'photo:1', {sha256});
}"""
REFUSE_THE_MICROPHONE = """() => {
    const refused = new DOMException('', 'NotAllowedError');
    navigator.mediaDevices.getUserMedia = () => Promise.reject(refused);
}"""
PLANNED = "async (id) => (await field.pack(id)).agenda.find((one) => one.vote).clause"
ENGLISH = """if (location.protocol === 'http:' && !localStorage.getItem('field-page'))
    localStorage.setItem('field-page', '{"language": "en"}')"""


@pytest.fixture(scope="module")
def hearing(playwright):
    """A browser whose camera and microphone are made up."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FAKES)
    yield browser
    browser.close()


@pytest.fixture
def telephone(site, hearing):
    """Switch on a telephone of 360 pixels, its page in English; nothing that broke on it stays unseen."""
    contexts, errors = [], []

    def switch_on(**particulars):
        context = hearing.new_context(base_url=site.address, viewport=PHONE, **particulars)
        contexts.append(context)
        context.set_default_timeout(10_000)
        context.add_init_script(ENGLISH)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        return context

    yield switch_on
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def workshop(site):
    """A meeting that was planned and not yet held."""
    with db.reading() as session:
        return str(session.exec(select(WorkshopRow.id).where(WorkshopRow.place == "Nyarugusu")).one())


@pytest.fixture
def page(telephone, token, workshop):
    """A telephone with the meeting on it that nobody is signed in on any more, so that it sends nothing."""
    page = telephone(service_workers="block").new_page()
    page.goto("/field/")
    known = token()
    page.evaluate(OPEN, known)
    page.evaluate(BRING, workshop)
    page.evaluate("(known) => field.saveDevice(known)", {**known, "token": ""})
    return page


def rows(kind, workshop):
    with db.reading() as session:
        return session.exec(select(kind).where(kind.workshop_id == UUID(workshop))).all()


class TestAMeeting:
    def test_it_is_run_without_a_network_and_reaches_the_desk(self, telephone, site, workshop):
        context = telephone()
        page = context.new_page()
        signs_in_and_brings(page, site, "Nyarugusu")
        context.set_offline(True)
        page.reload()
        page.get_by_role("link", name="Nyarugusu").click()
        page.locator("#note").wait_for()
        agree(page, workshop, "notes", "photo", "audio")

        counts_who_came(page, workshop)
        takes_a_note(page, workshop)
        votes(page, workshop)
        photographs(page, workshop)
        records(page, workshop)
        context.set_offline(False)
        go(page, f"#/m/{workshop}/close")
        press(page, "Close the meeting")
        expect(page.locator("#top")).to_contain_text("Everything is sent", timeout=20_000)

        with db.reading() as session:
            found = select(UtteranceRow).join(TranscriptRow).where(UtteranceRow.words == "Mvua ikinyesha!")
            (note,) = session.exec(found).all()
            assert (note.lone, note.category, note.read_back, len(note.clauses)) == (
                True,
                "pit-miners",
                True,
                2,
            )
            assert session.get_one(WorkshopRow, UUID(workshop)).finished_at is not None
            (device,) = session.exec(select(DeviceRow).where(DeviceRow.label == "Blue Tecno")).all()
            assert device.unsent == 0
        came = {row.category: (row.people, row.women) for row in rows(AttendanceRow, workshop)}
        assert came["pit-miners"] == (3, 1)
        assert {row.about: row.answer for row in rows(ConsentRow, workshop)} == {
            "notes": "given",
            "photo": "given",
            "audio": "given",
        }
        (vote,) = [row for row in rows(DotVoteRow, workshop) if row.question == "One retort for how many?"]
        assert (vote.options, vote.dots) == (["One for 40", "One for 15"], 3)
        assert (vote.people, vote.cells) == (
            {"pit-miners": 3},
            {"0": {"pit-miners": 2}, "1": {"pit-miners": 9}},
        )
        (photo,) = rows(PhotoRow, workshop)
        assert (photo.typed, photo.clause_id is not None) == ("One for 40: 7", True)
        (recording,) = rows(RecordingRow, workshop)
        assert len(recording.parts) >= 2
        assert recording.seconds > 5
        stored = {row.sha256 for row in rows(StoredObjectRow, workshop)}
        assert stored >= {photo.sha256, *(part["sha256"] for part in recording.parts)}
        with db.reading() as session:
            content, kind = media.image_of(session, UUID(workshop), photo.entity)
        assert_small_and_bare(content)
        assert kind == "image/jpeg"


class TestConsent:
    def test_where_notes_are_refused_the_form_is_closed_and_says_why(self, page, workshop):
        go(page, f"#/m/{workshop}/consents")
        page.check("input[name=answer-notes][value=refused]")
        go(page, f"#/m/{workshop}")

        expect(page.locator("main")).to_contain_text("The group does not want notes to be taken")
        expect(page.locator("#note")).to_have_count(0)
        expect(page.get_by_role("button", name="Keep this note")).to_be_disabled()

    def test_sound_waits_for_consent_and_ends_when_somebody_takes_it_back(self, page, workshop):
        go(page, f"#/m/{workshop}/sound")
        expect(page.locator("main")).to_contain_text("Nobody has been asked yet whether sound")
        agree(page, workshop, "audio")
        go(page, f"#/m/{workshop}/sound")
        page.evaluate(REFUSE_THE_MICROPHONE)
        press(page, "Begin to record")
        expect(page.locator("main")).to_contain_text("does not let this page use the microphone")
        page.evaluate("delete navigator.mediaDevices.getUserMedia")
        press(page, "Begin to record")
        expect(page.locator("#top")).to_contain_text("Sound is being recorded")
        go(page, f"#/m/{workshop}/consents")
        page.locator("summary", has_text="They take it back").click()
        press(page, "Yes, they take it back")

        expect(page.locator("#top")).not_to_contain_text("Sound is being recorded")
        go(page, f"#/m/{workshop}/sound")
        expect(page.locator("main")).to_contain_text("The group does not want to be recorded")
        expect(page.locator("main")).to_contain_text("There are no recordings yet")
        assert page.evaluate(LEFT) == [0, 0]

    def test_what_somebody_took_back_lies_on_the_telephone_no_more(self, page, workshop):
        person = "attendee:01900000-0000-7000-8000-000000000001"
        page.evaluate(OPEN, None)
        page.evaluate(WRITE, [workshop, "attendee", person, {"label": "P1"}])
        page.evaluate(PHOTOGRAPH, workshop)
        for entity, attendee in (("note:1", person), ("note:2", "")):
            said = {"words": entity, "clauses": ["whole"], "attendee": attendee}
            page.evaluate(WRITE, [workshop, "note", entity, said])
        go(page, f"#/m/{workshop}/photos")
        expect(page.locator(".pictures img")).to_have_count(1)
        for about in ("notes", "photo"):
            consent = {"about": about, "attendee": person, "answer": "withdrawn"}
            page.evaluate(WRITE, [workshop, "consent", f"consent:{person}:{about}", consent])

        expect(page.locator(".pictures")).to_contain_text("The picture itself is not on this phone.")
        assert page.evaluate(LEFT) == [0, 0]
        go(page, f"#/m/{workshop}")
        page.locator("summary", has_text="Other notes").click()
        expect(page.locator("article .said")).to_have_text("note:2")

    def test_a_name_leaves_the_telephone_only_where_it_was_given_for_the_list(self, page, workshop):
        go(page, f"#/m/{workshop}/person/new")
        label = page.input_value("#label")
        page.fill("#name", "Asha Juma")
        press(page, "Keep")
        page.get_by_role("heading", name=f"Consents of {label}").wait_for()
        go(page, f"#/m/{workshop}/list")
        page.get_by_role("link", name=f"{label} · Asha Juma").wait_for()
        before = page.evaluate(SAID, workshop)
        page.get_by_role("link", name=f"{label} · Asha Juma").click()
        page.get_by_label("They gave it for the list").check()
        press(page, "Keep")
        page.get_by_role("heading", name="Participant list").wait_for()

        assert "Asha" not in before
        assert page.evaluate(SAID, workshop).count("Asha Juma") == 1


class TestWhatIsTyped:
    def test_half_a_note_outlives_the_page_and_another_tab_has_its_own(self, page, workshop):
        go(page, f"#/m/{workshop}")
        page.fill("#note", "Tukipewa moja")
        page.get_by_label("Woman", exact=True).check()
        page.reload()
        expect(page.locator("#note")).to_have_value("Tukipewa moja")
        other = page.context.new_page()
        other.goto(f"/field/#/m/{workshop}")

        expect(other.locator("#note")).to_have_value("")
        expect(page.get_by_label("Woman", exact=True)).to_be_checked()

    def test_what_others_bring_meanwhile_takes_neither_words_nor_the_place_in_them(self, page, workshop):
        go(page, f"#/m/{workshop}")
        page.locator("#note").press_sequentially("Maji")
        page.evaluate(OPEN, None)
        page.evaluate(WRITE, [workshop, "note", "note:1", {"words": "Kelele", "clauses": ["whole"]}])
        expect(page.locator("#top")).to_contain_text("Not sent yet: 2")
        page.locator("#note").press_sequentially(" moto")

        expect(page.locator("#note")).to_have_value("Maji moto")
        expect(page.locator("#note")).to_be_focused()

    def test_a_note_is_changed_taken_away_and_put_back(self, page, workshop):
        go(page, f"#/m/{workshop}")
        page.fill("#note", "Kelel")
        press(page, "Keep this note")
        page.locator("article").get_by_role("link", name="Change").click()
        page.fill("#note", "Kelele")
        press(page, "Keep the change")
        page.locator("article").get_by_role("link", name="Change").click()
        press(page, "Take this note away")
        press(page, "Put it back")
        page.get_by_role("link", name="Back to the meeting").click()

        expect(page.locator("article .said")).to_have_text("Kelele")

    def test_what_two_devices_say_stands_side_by_side_until_a_person_keeps_one(self, page, workshop):
        written = [
            said_by(device, workshop, words)
            for device, words in ((1, "Moja kwa arobaini"), (2, "Moja kwa kumi"))
        ]
        page.evaluate("([id, written]) => field.hear(id, written)", [workshop, written])
        go(page, f"#/m/{workshop}/close")
        page.get_by_role("link", name="Note: Moja kwa").click()
        expect(page.locator(".notice li")).to_have_text(["“Moja kwa kumi”", "“Moja kwa arobaini”"])
        page.fill("#note", "Moja kwa arobaini")
        press(page, "Keep the change")
        page.locator("summary", has_text="Other notes: 1").click()
        page.locator("article", has_text="Moja kwa arobaini").wait_for()

        expect(page.locator("main")).not_to_contain_text("Devices say different things")

    def test_an_empty_note_is_told_beside_its_field(self, page, workshop):
        go(page, f"#/m/{workshop}")
        press(page, "Keep this note")

        expect(page.locator("#note")).to_be_focused()
        expect(page.locator("#note-error")).to_have_text(
            "There are no words yet. Write what was said, then keep it."
        )


def said_by(device, workshop, words):
    """An operation on one note, by a device that had heard of no other."""
    ids = [f"{device}1900000-0000-7000-8000-{number:012}" for number in (1, 2)]
    told = dict(zip(("id", "device"), ids, strict=True)) | {"workshop": workshop, "counter": device}
    told |= {"kind": "note", "entity": "note:01900000-0000-7000-8000-000000000009", "field": "words"}
    return json.dumps(told | {"value": words, "over": [], "at": "2026-11-22T15:22:00Z"})


class TestItsLanguage:
    def test_the_workshops_first_language_comes_first_until_another_is_chosen(self, page, workshop):
        page.evaluate("localStorage.setItem('field-page', '{}')")
        page.goto(f"/field/#/m/{workshop}")
        page.reload()
        page.locator("#note").wait_for()
        first = page.locator("html").get_attribute("lang")
        go(page, "#/device")
        page.select_option("#page-language", "fr")
        expect(page.locator("html")).to_have_attribute("lang", "fr")
        go(page, f"#/m/{workshop}")

        assert first == "sw"
        assert page.locator("html").get_attribute("lang") == "fr"


class TestATrial:
    def test_a_checklist_is_gone_through_question_by_question(self, page, workshop):
        trial, clauses = page.evaluate(SAVED_TRIAL, workshop)
        go(page, f"#/m/{trial}")
        page.get_by_role("link", name="Begin with a producer").click()
        page.get_by_label("Pit miners").check()
        press(page, "Go on to the questions")
        page.get_by_label("Partly met").check()
        page.get_by_label("With help").check()
        page.get_by_label("What it costs them").fill("60,000 shillings")
        press(page, "Keep, and next question")
        expect(page.locator(".kind")).to_have_text("Question 2 of 3")
        page.get_by_label("Not met").check()
        go(page, f"#/m/{trial}")

        expect(page.locator("main .places")).to_contain_text("Producer 1 · Pit miners")
        expect(page.locator("main .places")).to_contain_text("answered: 2 of 3")
        told = page.evaluate(
            "async (id) => [...(await field.state(id)).values()].filter((one) => one.kind === 'answer')"
            ".map((one) => [one.get('clause'), one.get('met'), one.get('ability'), one.get('cost')])",
            trial,
        )
        assert sorted(told) == sorted(
            [[clauses[0], "partly", "with_help", "60,000 shillings"], [clauses[1], "not-met", None, None]]
        )


class TestEveryScreen:
    def test_keeps_nobody_out_and_fits_small_screens_and_large_type(self, page, workshop):
        trial, _ = page.evaluate(SAVED_TRIAL, workshop)
        things = filled(page, workshop, trial)
        planned = page.evaluate(PLANNED, workshop)
        wrong = []
        for address in addresses(workshop, trial, things, planned):
            go(page, "#/nowhere")
            go(page, address)
            wrong += [
                f"{address} is wider than {size['width']}: {what}"
                for size in (WIDE, LARGE_TYPE, SMALL, PHONE)
                for what in overflow(page, size)
            ]
            wrong += [f"{address}: {what}" for what in barriers(page)]

        assert wrong == []


def filled(page, workshop, trial):
    """One of each thing, so that every screen has something on it."""
    things = {
        kind: f"{kind}:01900000-0000-7000-8000-00000000000{place}"
        for place, kind in enumerate(("note", "attendee", "vote", "photo", "recording", "respondent"))
    }
    pit, women = "pit-miners", "women-processing"
    for kind, entity, fields in (
        (
            "note",
            things["note"],
            {"words": "Nani atalipa?", "clauses": ["whole"], "lone": True, "category": pit},
        ),
        ("attendance", f"attendance:{pit}", {"category": pit, "people": 3, "women": 4, "band:under-18": 9}),
        ("attendee", things["attendee"], {"label": "P1", "category": women}),
        ("consent", "consent:group:notes", {"about": "notes", "answer": "given", "how": "witnessed"}),
        ("consent", "consent:group:photo", {"about": "photo", "answer": "refused"}),
        (
            "vote",
            things["vote"],
            {
                "question": "How many?",
                "options": ["One", "Two"],
                "dots": 3,
                f"people:{pit}": 9,
                f"cell:0:{pit}": 50,
                f"cell:1:{women}": 2,
            },
        ),
        ("photo", things["photo"], {"caption": "The wall", "clause": ""}),
        ("recording", things["recording"], {"title": "Morning"}),
    ):
        page.evaluate(WRITE, [workshop, kind, entity, fields])
    page.evaluate(WRITE, [trial, "respondent", things["respondent"], {"group": pit, "held_on": "2026-11-22"}])
    return things


def addresses(workshop, trial, things, planned):
    """Every screen there is."""
    note, person, vote, photo, asked = (
        quote(things[kind], safe="") for kind in ("note", "attendee", "vote", "photo", "respondent")
    )
    here = (
        "",
        "/menu",
        "/agenda",
        f"/note/{note}",
        f"/note/{note}/aloud",
        "/people",
        "/list",
        "/person/new",
        f"/person/{person}",
        "/consents",
        f"/consents/{person}",
        "/votes",
        "/vote/new",
        f"/vote/planned/{planned}",
        f"/vote/{vote}",
        f"/vote/{vote}/change",
        "/photos",
        f"/photo/{photo}",
        "/sound",
        "/close",
    )
    there = ("", "/respondent/new", f"/respondent/{asked}", f"/check/{asked}/2")
    return [
        "#/",
        "#/device",
        "#/safe",
        *(f"#/m/{workshop}{end}" for end in here),
        *(f"#/m/{trial}{end}" for end in there),
    ]
