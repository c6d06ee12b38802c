"""Drafting in a browser: the outline, one clause at a time, two people, and a version's life."""

import re
from html import unescape
from uuid import UUID

import pytest
from sqlmodel import select

from consult import db, dispositions
from consult.tables.people import KeptTextRow
from consult.tables.process import AuditRow
from standards import drafting, store
from standards.tables import EditRow, Status
from tests.factories import a_standard, a_version, clause_numbered

BASE = "/desk/standards/gold/1.0/"


@pytest.fixture
def draft(engine):
    """A draft of four clauses, saved: `draft["2.1"]` is the id of a clause."""
    return _saved(Status.DRAFT)


@pytest.fixture
def frozen(engine):
    """The same text, frozen for consultation."""
    return _saved(Status.CONSULTATION)


def _saved(status):
    with db.transaction() as session:
        version = a_version(session, a_standard(session, slug="gold"), status=status)
        return {number: clause_numbered(session, version, number) for number in ("1", "2", "2.1", "2.2")}


def text(clause_id, label="1.0"):
    """The text a clause has now."""
    with db.reading() as session:
        _standard, version = store.version_called(session, f"gold@{label}")
        return store.load(session, version).by_id[clause_id].text


def numbers(label="1.0"):
    """The clauses of a version in reading order: number and heading."""
    with db.reading() as session:
        _standard, version = store.version_called(session, f"gold@{label}")
        return [f"{clause.number} {clause.text.heading}" for clause in store.load(session, version)]


def editor(clause_id, page=""):
    return f"{BASE}clauses/{clause_id}/{page}"


def form_of(html):
    """The fields of the clause form as a browser would send them untouched."""
    form = html[html.index('id="clause"') :]
    sent = {}
    for tag in re.findall(r"<input[^>]*>", form):
        if 'type="checkbox"' in tag and "checked" not in tag:
            continue
        if name := re.search(r'name="([^"]+)"', tag):
            value = re.search(r'value="([^"]*)"', tag)
            sent[name[1]] = unescape(value[1]) if value else ""
    for name, words in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL):
        sent[name] = unescape(words)
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        sent[name] = chosen[1]
    return sent


class TestDesk:
    def test_signing_in_leads_to_the_standards(self, draft, signed_in):
        page = signed_in("facilitator").get("/desk", follow_redirects=True)

        assert "Responsible artisanal gold" in page.text

    def test_an_operator_is_told_where_their_work_is_done(self, draft, signed_in):
        page = signed_in("operator").get("/desk")

        assert page.status_code == 200
        assert "command line" in page.text

    def test_others_are_asked_to_sign_in(self, client):
        assert "/sign-in" in client.get("/desk").headers["Location"]


class TestOutline:
    def test_it_shows_every_clause_in_order(self, draft, signed_in):
        page = signed_in().get(BASE).text

        assert re.findall(r"\d(?:\.\d)? \w+", " ".join(re.findall(r'/">(\d[^<]*)</a>', page))) == [
            "1 Scope",
            "2 Mercury",
            "2.1 No",
            "2.2 Retorts",
        ]

    def test_a_step_moves_the_chosen_clause(self, draft, signed_in):
        answer = signed_in("drafter").post(BASE, data={"clause": draft["2.2"], "act": "up"})

        assert answer.status_code == 302
        assert numbers()[2:] == ["2.1 Retorts", "2.2 No open burning"]

    def test_a_step_that_leads_nowhere_is_told_kindly(self, draft, signed_in):
        answer = signed_in().post(BASE, data={"clause": draft["1"], "act": "up"}, follow_redirects=True)

        assert "is the first here already" in answer.text

    def test_without_a_chosen_clause_it_asks_for_one(self, draft, signed_in):
        answer = signed_in().post(BASE, data={"act": "up"}, follow_redirects=True)

        assert "Choose a clause first" in answer.text

    @pytest.mark.parametrize(
        "act", ["edit", "before", "under", "move", "split", "join", "withdraw", "history"]
    )
    def test_each_button_leads_to_a_page_that_is_there(self, draft, signed_in, act):
        answer = signed_in().post(BASE, data={"clause": draft["2.1"], "act": act}, follow_redirects=True)

        assert answer.status_code == 200
        assert "No open burning" in answer.text

    def test_a_reader_sees_no_buttons_and_may_not_press_them(self, draft, signed_in):
        auditor = signed_in("auditor")

        assert 'name="act"' not in auditor.get(BASE).text
        assert auditor.post(BASE, data={"clause": draft["2.1"], "act": "up"}).status_code == 403

    def test_a_version_that_is_not_there_is_said_to_be_missing(self, draft, signed_in):
        assert signed_in().get("/desk/standards/gold/9.9/").status_code == 404


class TestEditor:
    def test_saving_without_a_change_writes_nothing(self, draft, signed_in):
        person = signed_in()
        sent = form_of(person.get(editor(draft["2.1"])).text)

        person.post(editor(draft["2.1"]), data=sent)

        with db.reading() as session:
            assert session.exec(select(EditRow)).all() == []

    def test_words_particulars_and_reason_are_saved_with_their_writer(self, draft, signed_in):
        person = signed_in("drafter", name="Neema Mollel")
        sent = form_of(person.get(editor(draft["2.1"])).text)
        sent |= {"body": "Operators shall not burn within {d}.", "grade": "improvement"}
        sent |= {"laws-0-citation": "Mining Act"}
        sent |= {"parameters-0-name": "d", "parameters-0-value": "30", "parameters-0-unit": "m"}

        answer = person.post(editor(draft["2.1"]), data={**sent, "reason": "38 comments of round 2"})

        assert answer.status_code == 302
        now = text(draft["2.1"])
        assert now.body == "Operators shall not burn within {d}."
        assert (now.grade.value, now.attributes.laws) == ("improvement", ("Mining Act",))
        assert now.parameters[0].shown == "30\N{NO-BREAK SPACE}m"
        history = person.get(editor(draft["2.1"], "history")).text
        assert "38 comments of round 2" in history
        assert "Neema Mollel" in history
        with db.reading() as session:
            assert session.exec(select(AuditRow.act)).all() == ["edit-clause"]

    def test_producers_are_ticked_and_a_kind_of_ones_own_stays(self, draft, signed_in):
        person = signed_in()
        sent = form_of(person.get(editor(draft["2.1"])).text)
        person.post(
            editor(draft["2.1"]),
            data={**sent, "producers": "tributers", "producers-contract": "on", "effective": "2027-01-31"},
        )

        again = form_of(person.get(editor(draft["2.1"])).text)

        assert text(draft["2.1"]).attributes.producers == ("contract", "tributers")
        assert (again["producers"], again["producers-contract"]) == ("tributers", "on")
        assert again["effective"] == "2027-01-31"

    def test_a_day_that_is_none_is_asked_for_anew(self, draft, signed_in):
        person = signed_in()
        sent = form_of(person.get(editor(draft["2.1"])).text)

        answer = person.post(editor(draft["2.1"]), data={**sent, "effective": "next spring"})

        assert answer.status_code == 400
        assert 'id="effective-error"' in answer.text

    def test_flaws_stand_at_their_field_and_everything_typed_is_kept(self, draft, signed_in):
        person = signed_in()
        sent = form_of(person.get(editor(draft["2.1"])).text)
        sent |= {"body": "Two retorts <each>.", "points": "many", "risk": "smoke"}

        answer = person.post(editor(draft["2.1"]), data=sent)

        assert answer.status_code == 400
        assert 'id="points-error"' in answer.text
        assert "Two retorts &lt;each&gt;." in answer.text
        assert 'value="smoke"' in answer.text

    def test_the_preview_is_made_safe_and_saves_nothing(self, draft, signed_in):
        words = {"body": "Shall **burn** <script>alert(1)</script> {d}", "modality": "requirement"}
        words |= {"parameters-0-name": "d", "parameters-0-value": "30"}

        fragment = signed_in().post(f"{BASE}preview", data=words).text

        assert "<strong>burn</strong>" in fragment
        assert "<script>" not in fragment
        assert ">30<" in fragment

    def test_the_preview_button_needs_no_script(self, draft, signed_in):
        person = signed_in()
        sent = form_of(person.get(editor(draft["2.1"])).text) | {"body": "Some **bold** words."}

        answer = person.post(editor(draft["2.1"]), data={**sent, "act": "preview"})

        assert "<strong>bold</strong>" in answer.text
        assert text(draft["2.1"]).body != "Some **bold** words."

    def test_a_new_clause_goes_where_it_was_asked_for(self, draft, signed_in):
        words = {"beside": draft["2.1"], "where": "before", "heading": "Permits", "body": "May be asked for."}

        signed_in().post(f"{BASE}new", data=words)

        assert numbers() == ["1 Scope", "2 Mercury", "2.1 Permits", "2.2 No open burning", "2.3 Retorts"]

    def test_a_frozen_version_offers_a_new_draft_and_keeps_what_was_typed(self, frozen, signed_in):
        person = signed_in()

        answer = person.post(
            editor(frozen["2.1"]),
            data={"base": text(frozen["2.1"]).hash, "heading": "x", "body": "Typed and not lost"},
        )

        assert answer.status_code == 409
        assert "/new-draft" in answer.text
        assert "Typed and not lost" in answer.text
        person.post(f"{BASE}new-draft", data={"new_label": "1.1"})
        assert "We kept" in person.get(f"/desk/standards/gold/1.1/clauses/{frozen['2.1']}/").text


class TestKeeping:
    def kept(self, person, clause_id, body):
        form = {"base": text(clause_id).hash, "heading": "H", "body": body}
        return person.post(editor(clause_id, "keep"), data=form)

    def test_what_was_typed_is_offered_when_the_clause_is_opened_again(self, draft, signed_in):
        person = signed_in()

        self.kept(person, draft["2.1"], "Four words I typed")

        assert "We kept 5 words" in person.get(editor(draft["2.1"])).text
        assert "Four words I typed" in person.get(editor(draft["2.1"], "?kept=1")).text

    def test_nobody_else_is_offered_it_but_they_see_someone_is_writing(self, draft, signed_in):
        self.kept(signed_in(), draft["2.1"], "Mine alone")

        page = signed_in().get(editor(draft["2.1"])).text

        assert "We kept" not in page
        assert "A colleague is writing" in page

    def test_saving_lets_it_go(self, draft, signed_in):
        person = signed_in()
        self.kept(person, draft["2.1"], "Nearly done")
        sent = form_of(person.get(editor(draft["2.1"], "?kept=1")).text)

        person.post(editor(draft["2.1"]), data=sent)

        assert text(draft["2.1"]).body == "Nearly done"
        with db.reading() as session:
            assert session.exec(select(KeptTextRow)).all() == []

    def test_it_can_be_let_go(self, draft, signed_in):
        person = signed_in()
        self.kept(person, draft["2.1"], "Never mind")

        person.post(editor(draft["2.1"], "let-go"))

        assert "We kept" not in person.get(editor(draft["2.1"])).text

    def test_a_text_that_began_from_nothing_known_is_not_taken(self, draft, signed_in):
        answer = signed_in().post(editor(draft["2.1"], "keep"), data={"base": "0" * 64, "body": "x"})

        assert answer.json == {"kept": False}

    def test_an_expired_sign_in_brings_the_words_along(self, draft, client):
        answer = client.post(editor(draft["2.1"]), data={"base": "0" * 64, "body": "Typed for an hour"})

        assert answer.status_code == 401
        assert "Typed for an hour" in answer.text


class TestTwoPeople:
    @pytest.fixture
    def both(self, draft, signed_in):
        """Two editors of clause 2.1 who opened it at the same moment, with their forms."""
        one, two = signed_in(), signed_in()
        sent = form_of(one.get(editor(draft["2.1"])).text)
        return one, two, sent

    def sends(self, person, draft, sent, body, **more):
        return person.post(editor(draft["2.1"]), data={**sent, "body": body, **more})

    def test_the_second_sees_both_texts_before_anything_is_saved(self, draft, both):
        one, two, sent = both
        self.sends(one, draft, sent, sent["body"].replace("Operators", "Miners"))

        answer = self.sends(two, draft, sent, sent["body"].replace("Operators", "Owners"))

        assert answer.status_code == 409
        assert "Miners shall not" in answer.text
        assert "Owners shall not" in answer.text
        assert text(draft["2.1"]).body.startswith("Miners")

    def test_texts_that_fit_together_are_saved_as_one_on_a_word(self, draft, both):
        one, two, sent = both
        self.sends(one, draft, sent, sent["body"] + "\n\nNor in a house.")
        page = self.sends(two, draft, sent, sent["body"], heading="No burning").text

        two.post(editor(draft["2.1"], "bring-together"), data=carried(page))

        assert text(draft["2.1"]).heading == "No burning"
        assert text(draft["2.1"]).body.endswith("Nor in a house.")

    def test_a_collision_waits_for_a_choice_then_takes_a_third_wording(self, draft, both):
        one, two, sent = both
        self.sends(one, draft, sent, sent["body"].replace("Operators", "Miners"))
        page = self.sends(two, draft, sent, sent["body"].replace("Operators", "Owners"), risk="smoke").text

        unchosen = two.post(editor(draft["2.1"], "bring-together"), data=carried(page))
        third = {"body-0": "third", "body-0-third": "Nobody shall burn amalgam in the open."}
        two.post(editor(draft["2.1"], "bring-together"), data=carried(page) | third)

        assert unchosen.status_code == 400
        assert text(draft["2.1"]).body == "Nobody shall burn amalgam in the open."
        assert text(draft["2.1"]).attributes.risk == "smoke"

    def test_a_third_person_saving_meanwhile_is_not_overwritten_either(self, draft, both):
        one, two, sent = both
        self.sends(one, draft, sent, sent["body"].replace("Operators", "Miners"))
        page = self.sends(two, draft, sent, sent["body"] + " Never.").text
        again = form_of(one.get(editor(draft["2.1"])).text)
        self.sends(one, draft, again, again["body"].replace("amalgam", "any amalgam"))

        answer = two.post(editor(draft["2.1"], "bring-together"), data=carried(page))

        assert answer.status_code == 409
        assert "<mark>any </mark>" in answer.text
        assert "Never" not in text(draft["2.1"]).body

    def test_what_the_second_wrote_is_kept_while_they_choose(self, draft, both):
        one, two, sent = both
        self.sends(one, draft, sent, "Miners shall stop.")
        self.sends(two, draft, sent, "Owners shall stop.")

        assert "Owners shall stop." in two.get(editor(draft["2.1"], "?kept=1")).text


def carried(html):
    """The hidden fields of the page on which two texts are brought together."""
    sent = dict(re.findall(r'<textarea hidden name="([^"]+)">\n(.*?)</textarea>', html, re.DOTALL))
    sent |= dict(re.findall(r'<input type="hidden" name="(base|theirs)" value="([^"]*)"', html))
    return {name: unescape(value) for name, value in sent.items()}


class TestStructure:
    def test_a_clause_under_itself_is_refused_and_nothing_changes(self, draft, signed_in):
        before = numbers()

        answer = signed_in().post(editor(draft["2"], "move"), data={"target": draft["2.1"], "where": "under"})

        assert answer.status_code == 400
        assert "cannot stand under itself" in answer.text
        assert numbers() == before

    def test_moving_takes_along_what_stands_under_it(self, draft, signed_in):
        signed_in().post(editor(draft["2"], "move"), data={"target": draft["1"], "where": "before"})

        assert numbers() == ["1 Mercury", "1.1 No open burning", "1.2 Retorts", "2 Scope"]

    def test_splitting_at_the_marker(self, draft, signed_in):
        base = text(draft["2.1"]).hash
        words = "Operators shall stop.\r\n\r\n-----\r\n\r\nOwners should help."

        signed_in().post(
            editor(draft["2.1"], "split"), data={"base": base, "body": words, "headings": "Stop\r\nHelp"}
        )

        assert numbers()[2:4] == ["2.1 Stop", "2.2 Help"]
        with db.reading() as session:
            _standard, version = store.version_called(session, "gold@1.0")
            parts = store.load(session, version).clauses[2:4]
        assert [part.text.modality.value for part in parts] == ["requirement", "recommendation"]

    def test_a_split_without_a_cut_says_where_to_put_one(self, draft, signed_in):
        form = {"base": text(draft["2.1"]).hash, "body": "All in one piece.", "headings": ""}

        answer = signed_in().post(editor(draft["2.1"], "split"), data=form)

        assert answer.status_code == 400
        assert "All in one piece." in answer.text
        assert len(numbers()) == 4

    def test_a_split_of_a_text_that_changed_meanwhile_is_shown_again(self, draft, signed_in):
        form = {"base": "0" * 64, "body": "Mine.\n-----\nToo.", "headings": ""}
        form["base"] = text(draft["1"]).hash

        answer = signed_in().post(editor(draft["2.1"], "split"), data=form)

        assert answer.status_code == 409
        assert "Mine." in answer.text
        assert len(numbers()) == 4

    def test_merging_keeps_one_identity_and_both_histories(self, draft, signed_in):
        person = signed_in()
        page = person.get(editor(draft["2.1"], f"merge?with={draft['2.2']}")).text
        form = dict(re.findall(r'type="hidden" name="(base|other_base|other)" value="([^"]*)"', page))

        person.post(editor(draft["2.1"], "merge"), data={**form, "heading": "Vapour", "body": "Both shall."})

        assert numbers() == ["1 Scope", "2 Mercury", "2.1 Vapour"]
        assert "Merged" in person.get(editor(draft["2.2"], "history")).text

    def test_withdrawing_asks_for_a_reason(self, draft, signed_in):
        answer = signed_in().post(editor(draft["2"], "withdraw"), data={"reason": " "})

        assert answer.status_code == 400
        assert len(numbers()) == 4

    def test_what_was_withdrawn_is_brought_back_to_its_place(self, draft, signed_in):
        person = signed_in()
        person.post(editor(draft["2.1"], "withdraw"), data={"reason": "Covered by law"})
        page = person.get(f"{BASE}withdrawn").text
        form = dict(re.findall(r'type="hidden" name="(text)" value="([^"]*)"', page))

        person.post(editor(draft["2.1"], "restore"), data=form)

        assert "Covered by law" in page
        assert numbers() == ["1 Scope", "2 Mercury", "2.1 No open burning", "2.2 Retorts"]

    def test_what_was_withdrawn_with_it_comes_back_under_it(self, draft, signed_in):
        person = signed_in()
        before = numbers()
        base = text(draft["2"]).hash
        person.post(editor(draft["2"], "withdraw"), data={"reason": "A mistake"})

        person.post(editor(draft["2"], "restore"), data={"text": base})

        assert numbers() == before

    def test_an_earlier_text_is_brought_back_from_the_history(self, draft, signed_in):
        person = signed_in()
        earlier = text(draft["2.1"])
        sent = form_of(person.get(editor(draft["2.1"])).text)
        person.post(editor(draft["2.1"]), data={**sent, "body": "Something else."})

        person.post(editor(draft["2.1"], "restore"), data={"text": earlier.hash})

        assert text(draft["2.1"]) == earlier

    def test_a_text_from_elsewhere_is_not_brought_in_by_the_back_door(self, draft, signed_in):
        answer = signed_in().post(editor(draft["2.1"], "restore"), data={"text": text(draft["1"]).hash})

        assert answer.status_code == 404

    def test_writing_on_a_clause_withdrawn_meanwhile_loses_nothing(self, draft, signed_in):
        one, two = signed_in(), signed_in()
        sent = form_of(one.get(editor(draft["2.1"])).text)
        two.post(editor(draft["2.1"], "withdraw"), data={"reason": "Gone"})

        answer = one.post(editor(draft["2.1"]), data={**sent, "body": "An hour of work"})

        assert answer.status_code == 404
        assert "An hour of work" in answer.text
        with db.reading() as session:
            assert session.exec(select(KeptTextRow.body)).all() == ["An hour of work"]


class TestLife:
    def test_freezing_asks_what_for(self, draft, signed_in):
        assert signed_in().post(f"{BASE}freeze", data={}).status_code == 400

    def test_a_drafter_may_not_freeze(self, draft, signed_in):
        assert signed_in("drafter").post(f"{BASE}freeze", data={"purpose": "decided"}).status_code == 403

    def test_from_draft_to_publication_with_its_change_log(self, frozen, signed_in):
        person = signed_in()
        person.post(f"{BASE}new-draft", data={"new_label": "1.1"})
        after = "/desk/standards/gold/1.1/"
        sent = form_of(person.get(f"{after}clauses/{frozen['2.2']}/").text)
        sent |= {"body": "Operators shall use a retort.", "reason": "Asked for by 40"}
        person.post(f"{after}clauses/{frozen['2.2']}/", data=sent)

        changes = person.get(f"{after}changes").text
        person.post(f"{after}freeze", data={"purpose": "decided"})
        person.post(f"{after}publish", data={"note": "Retorts are required."})

        assert "Asked for by 40" in changes
        assert "<ins>shall" in changes
        with db.reading() as session:
            _standard, version = store.version_called(session, "gold@1.1")
        assert version.status is Status.PUBLISHED
        assert version.change_note == "Retorts are required."

    def test_a_label_that_is_taken_is_refused(self, frozen, signed_in):
        answer = signed_in().post(f"{BASE}new-draft", data={"new_label": "1.0"})

        assert answer.status_code == 400
        assert "already has a version 1.0" in answer.text

    def test_open_matters_stand_in_the_way_of_publishing(self, frozen, signed_in, monkeypatch):
        person = signed_in()
        person.post(f"{BASE}decided")
        monkeypatch.setattr(dispositions, "open_matters", lambda session, version: ["3 comments wait."])

        answer = person.post(f"{BASE}publish", data={"note": "Kept words"})

        assert answer.status_code == 409
        assert "3 comments wait." in answer.text
        assert "Kept words" in answer.text

    def test_a_standard_begins_with_an_empty_page(self, signed_in):
        form = {"title": "Fair salt", "slug": "salt", "label": "0.1", "language": "en", "scheme": "decimal"}

        answer = signed_in().post("/desk/standards/new", data=form)

        assert answer.headers["Location"] == "/desk/standards/salt/0.1/new"

    def test_a_short_name_that_is_taken_is_refused(self, draft, signed_in):
        form = {"title": "Gold", "slug": "gold", "label": "2", "language": "en", "scheme": "decimal"}

        answer = signed_in().post("/desk/standards/new", data=form)

        assert answer.status_code == 400
        assert 'id="slug-error"' in answer.text


def test_every_moment_of_a_history_can_be_read_after_the_clause_is_gone(draft, signed_in):
    person = signed_in()
    person.post(editor(draft["2.1"], "withdraw"), data={"reason": "Not ours"})

    page = person.get(editor(draft["2.1"], "history"))

    assert page.status_code == 200
    assert "Not ours" in page.text
    with db.reading() as session:
        assert len(drafting.history(session, UUID(str(draft["2.1"])))) == 1
