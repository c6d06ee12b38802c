"""Local texts at the desk: the list, the beginning of one, the working list, and one clause at a time."""

import io
import json
import re
from html import unescape
from typing import ClassVar

import pytest
from sqlmodel import select

from consult import db
from consult.local import deciding, groups
from consult.tables.people import PersonRow
from consult.tables.process import AuditRow
from standards.overlays import store
from standards.tables import OverlayRow, OverlayVersionRow, VersionRow
from tests.consult.local.texts import a_local_text, a_voice, kept, operations
from tests.factories import NOW, a_group

LIST = "/desk/local/tz-gold/1.0"
STRICTER = {"op": "STRENGTHEN", "wording": "Nobody shall burn amalgam anywhere."}


@pytest.fixture
def draft(engine):
    """`tz-gold` 1.0 on `rag` 2.0: nothing is decided in it."""
    with db.transaction() as session:
        return a_local_text(session)


@pytest.fixture
def secretary(signed_in):
    return signed_in("secretary", name="Neema")


def now_kept():
    with db.reading() as session:
        return operations(session, store.version_called(session, "tz-gold@1.0")[1])


def the_row(place=0):
    with db.reading() as session:
        return store.operations_of(session, store.version_called(session, "tz-gold@1.0")[1])[place]


def an_operation_kept(number="1.1", **content):
    with db.transaction() as session:
        return kept(session, store.version_called(session, "tz-gold@1.0")[1], number, **content)


def clause(number):
    return f"{LIST}/clauses/{number}"


def words(page):
    """The page as it is read: no markup, spaces made one."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def send(client, number="1.1", **fields):
    told = {"act": "keep", "op": "SET", "parameter": "recovery", "value": "95", "rationale": "Tested."}
    return client.post(clause(number), data=told | fields)


class TestList:
    def test_it_tells_how_far_each_text_has_come(self, draft, secretary):
        an_operation_kept()

        page = secretary.get("/desk/local")

        assert "1 of 6 clauses decided" in words(page)
        assert "rag@2.0" in page.text
        assert ">Local texts</a>" in page.text

    def test_the_shelf_of_standards_leads_here_instead_of_drafting_it_there(self, draft, secretary):
        with db.transaction() as session:
            version = session.get_one(OverlayVersionRow, draft.id)
            deciding.freeze_for_consultation(session, version, by="x", now=NOW)

        shelf = secretary.get("/desk/standards/").text

        assert 'href="/desk/local/tz-gold"' in shelf
        assert "/desk/standards/tz-gold/1.0/new-draft" not in shelf
        assert "/desk/standards/tz-gold/1.0/publish" not in shelf

    def test_an_empty_desk_says_what_to_do(self, engine, secretary):
        assert "Begin a local text" in secretary.get("/desk/local").text

    def test_others_are_asked_to_sign_in(self, draft, client):
        assert "/sign-in" in client.get("/desk/local").headers["Location"]

    def test_an_operator_sees_no_content(self, draft, signed_in):
        assert signed_in("operator").get("/desk/local").status_code == 403


class TestBegin:
    SENT: ClassVar = {
        "title": "Gold in Peru",
        "slug": "pe-gold",
        "label": "0.1",
        "base": "rag@2.0",
        "country": "PE",
        "producer": ["cooperative"],
        "regions": "Madre de Dios\n\nPuno\nPuno",
    }

    def test_a_text_is_begun_on_a_frozen_base(self, draft, secretary):
        answer = secretary.post("/desk/local/new", data=self.SENT)

        assert answer.headers["Location"] == "/desk/local/pe-gold/0.1"
        with db.reading() as session:
            overlay = store.overlay_called(session, "pe-gold")
            assert overlay.scope == {"country": "PE", "producer": ["cooperative"]}
            assert overlay.regions == ["Madre de Dios", "Puno"]
            assert session.exec(select(AuditRow.act)).all() == ["begin"]

    def test_one_can_stand_on_another(self, draft, secretary):
        secretary.post("/desk/local/new", data=self.SENT | {"parent": "tz-gold@1.0"})

        with db.reading() as session:
            version = store.version_called(session, "pe-gold@0.1")[1]
            assert version.parent_id == draft.id

    @pytest.mark.parametrize(
        ("field", "value", "sentence"),
        [
            ("slug", "Pe Gold", "small letters, digits and hyphens"),
            ("slug", "tz-gold", "is the short name of another text"),
            ("label", "one two", "Give the version a label"),
            ("base", "", "Choose the text it stands on"),
            ("base", "rag@9", "9"),
            ("producer", "giants", "Choose from the list"),
        ],
    )
    def test_what_does_not_fit_is_told_beside_its_field(self, draft, secretary, field, value, sentence):
        page = secretary.post("/desk/local/new", data=self.SENT | {field: value})

        assert page.status_code == 400
        assert sentence in words(page)
        assert f'href="#{field}"' in page.text
        assert "Gold in Peru" in page.text

    def test_a_working_group_does_not_begin_one(self, draft, signed_in):
        assert signed_in("working-group").post("/desk/local/new", data=self.SENT).status_code == 403


class TestFiles:
    def file(self, **changes):
        told = {"overlay": "tz-gold", "label": "1.1", "base": "rag@2.0", "operations": [
            {"op": "SET", "target": "1.1", "parameter": "recovery", "value": 95, "rationale": "Tested."},
            {"op": "ADOPT", "target": "2.1", "rationale": "It fits."},
        ]}  # fmt: skip
        return self.sent(json.dumps(told | changes).encode())

    def sent(self, data):
        return {"file": (io.BytesIO(data), "tz.json")}

    def test_a_file_is_kept_as_a_draft(self, draft, secretary):
        answer = secretary.post("/desk/local/import", data=self.file())

        assert answer.headers["Location"] == "/desk/local/tz-gold/1.1"

    def test_every_refusal_is_listed_and_nothing_is_kept(self, draft, secretary):
        wrong = [
            {"op": "SET", "target": "1.1", "parameter": "recovery", "value": 80, "rationale": "Cheap."},
            {"op": "SET", "target": "2.1", "parameter": "age", "value": 16, "rationale": "Custom."},
        ]

        page = secretary.post("/desk/local/import", data=self.file(operations=wrong))

        assert page.status_code == 400
        assert "80 is weaker than the base's 90" in words(page)
        assert "this clause is locked" in words(page)
        assert secretary.get("/desk/local/tz-gold/1.1").status_code == 404

    @pytest.mark.parametrize(
        ("data", "sentence"),
        [
            (b"{", "not whole JSON"),
            (b"\xff\xfe{}", "not text in UTF-8"),
            (b"[" * 100_000, "nested too deeply"),
            (b"[]", "is no overlay"),
            (b'{"overlay": "tz-gold", "overlay": "co-oro"}', "stands twice"),
            (b'{"overlay": "tz-gold", "schema": ' + b"9" * 5000 + b"}", "thousands of digits"),
        ],
    )
    def test_what_is_no_local_text_is_refused(self, draft, secretary, data, sentence):
        page = secretary.post("/desk/local/import", data=self.sent(data))

        assert page.status_code == 400
        assert sentence in words(page)

    def test_without_a_file_it_says_so(self, draft, secretary):
        assert "Choose the JSON file" in secretary.post("/desk/local/import", data={}).text

    def test_what_is_sent_out_can_be_brought_in_again(self, draft, secretary):
        an_operation_kept()

        told = json.loads(secretary.get(f"{LIST}/export.json").text) | {"label": "2.0"}
        answer = secretary.post("/desk/local/import", data=self.sent(json.dumps(told).encode()))

        assert answer.headers["Location"] == "/desk/local/tz-gold/2.0"

    SIGNED: ClassVar = [
        STRICTER | {"target": "1.2", "rationale": "Safer.", "attested_by": ["Anyone", "Somebody"]},
        {"op": "DEROGATE", "target": "1.1", "field": "parameter:recovery", "value": 85,
         "until": "2028-12-31", "rationale": "Retorts are dear.", "approved_by": "The owner"},
    ]  # fmt: skip

    def test_nobody_signs_for_others_in_a_file(self, draft, signed_in):
        client = signed_in("drafter")

        client.post("/desk/local/import", data=self.file(operations=self.SIGNED))

        kept_now = client.get("/desk/local/tz-gold/1.1/export.json").text
        assert "Anyone" not in kept_now
        assert "The owner" not in kept_now
        assert "The names beside 2 operations were left out" in words(client.get("/desk/local/tz-gold/1.1"))

    def test_names_that_stand_here_already_stay(self, draft, secretary, signed_in):
        secretary.post("/desk/local/import", data=self.file(operations=self.SIGNED))
        told = json.loads(secretary.get("/desk/local/tz-gold/1.1/export.json").text) | {"label": "1.2"}
        client = signed_in("drafter")

        client.post("/desk/local/import", data=self.sent(json.dumps(told).encode()))

        kept_now = client.get("/desk/local/tz-gold/1.2/export.json").text
        assert "Anyone" in kept_now
        assert "The owner" in kept_now

    def test_a_stranger_brings_nothing_into_a_group(self, draft, signed_in):
        page = signed_in("working-group").post("/desk/local/import", data=self.file())

        assert page.status_code == 403
        assert "You hold no seat" in page.text


class TestWorkingList:
    def test_what_is_undecided_is_counted_first(self, draft, secretary):
        an_operation_kept()

        page = secretary.get(LIST)

        assert "1 of 6 clauses decided · 5 undecided" in words(page)
        assert "Next undecided" in page.text
        assert "Set recovery, 90\N{NO-BREAK SPACE}% → 95\N{NO-BREAK SPACE}%" in unescape(
            re.sub(r"<[^>]+>", "", page.text)
        )
        assert "Base allows: no change" in page.text

    def test_a_short_address_leads_to_the_newest_version(self, draft, secretary):
        assert secretary.get("/desk/local/tz-gold").headers["Location"] == LIST

    @pytest.mark.parametrize("address", ["/desk/local/none", "/desk/local/tz-gold/9", f"{LIST}/clauses/9.9"])
    def test_what_is_not_there_is_told(self, draft, secretary, address):
        assert secretary.get(address).status_code == 404

    def test_it_is_narrowed(self, draft, secretary):
        an_operation_kept()

        page = secretary.get(f"{LIST}?show=decided")

        assert "1.1 Recovery" in page.text
        assert "2.1 Age" not in page.text

    def test_ticked_clauses_are_adopted(self, draft, secretary):
        id_ = re.search(r'value="([^"]+)" aria-label="Tick 2.1', secretary.get(LIST).text)[1]

        page = secretary.post(LIST, data={"clause": [id_], "reason": "It fits."}, follow_redirects=True)

        assert "One clause is adopted" in page.text
        assert now_kept() == ["ADOPT"]

    def test_a_whole_part_is_adopted(self, draft, secretary):
        an_operation_kept()
        part = re.search(r'name="part" value="([^"]+)"', secretary.get(LIST).text)[1]

        page = secretary.post(LIST, data={"part": part, "reason": "It fits."}, follow_redirects=True)

        assert "2 clauses are adopted" in page.text
        assert "One of them stays as it is" in page.text
        assert now_kept() == ["SET parameter:recovery", "ADOPT", "ADOPT"]

    def test_without_a_reason_the_ticks_stay(self, draft, secretary):
        id_ = re.search(r'value="([^"]+)" aria-label="Tick 2.1', secretary.get(LIST).text)[1]

        page = secretary.post(LIST, data={"clause": [id_]})

        assert page.status_code == 400
        assert 'href="#reason"' in page.text
        assert re.search(rf'value="{id_}"[^>]* checked', page.text)

    def test_a_member_without_a_seat_only_reads(self, draft, signed_in):
        stranger = signed_in("working-group")

        assert "members of its working group change it" in stranger.get(LIST).text
        refused = stranger.post(LIST, data={"clause": [str(draft.id)], "reason": "x"})
        assert refused.status_code == 403
        assert now_kept() == []

    def test_districts_are_named(self, draft, secretary):
        secretary.post(f"{LIST}/districts", data={"regions": "Geita\r\nMara\r\n"})

        with db.reading() as session:
            assert store.overlay_called(session, "tz-gold").regions == ["Geita", "Mara"]

    def test_operations_that_wait_since_the_base_moved_are_told(self, draft, secretary):
        row = an_operation_kept()
        with db.transaction() as session:
            row = session.merge(row)
            row.waiting = "The base changed the same value."

        page = secretary.get(LIST)

        assert "One operation waits for a person since the base moved" in page.text
        assert f'href="{LIST}/move"' in page.text


class TestFrozen:
    @pytest.fixture
    def frozen(self, draft):
        an_operation_kept()
        with db.transaction() as session:
            version = session.get_one(OverlayVersionRow, draft.id)
            version.content_hash, version.frozen_at = "a" * 64, NOW

    def test_it_is_read_only_with_the_way_to_a_new_draft(self, frozen, secretary):
        page = secretary.get(LIST)

        assert "Start a new draft" in page.text
        assert "Adopt what is ticked" not in page.text
        assert "A new operation" not in secretary.get(clause("1.1")).text

    def test_a_new_draft_holds_everything(self, frozen, secretary):
        answer = secretary.post(f"{LIST}/new-draft", data={"label": "1.1"})

        assert answer.headers["Location"] == "/desk/local/tz-gold/1.1"
        with db.reading() as session:
            version = store.version_called(session, "tz-gold@1.1")[1]
            assert operations(session, version) == ["SET parameter:recovery"]

    def test_a_label_that_is_taken_is_told(self, frozen, secretary):
        page = secretary.post(f"{LIST}/new-draft", data={"label": "1.0"})

        assert page.status_code == 400
        assert "already has a version 1.0" in words(page)

    def test_an_operation_sent_late_is_refused_kindly(self, frozen, secretary):
        page = send(secretary, "1.2", **STRICTER)

        assert page.status_code == 400
        assert "is frozen and does not change" in words(page)


class TestClause:
    def test_both_texts_stand_side_by_side_with_the_change_marked(self, draft, secretary):
        an_operation_kept()

        page = secretary.get(clause("1.1"))

        assert '%</del> <ins class="parameter">95&nbsp;%</ins>' in page.text
        assert '<span class="parameter" data-name="recovery">90&nbsp;%</span>' in page.text

    def test_words_that_changed_are_marked(self, draft, secretary):
        an_operation_kept("1.2", **STRICTER)

        page = secretary.get(clause("1.2"))

        assert "<del>in the open</del>" in page.text
        assert "<ins>anywhere</ins>" in page.text

    def test_its_operations_tell_why_and_which_comments_they_answer(self, draft, secretary):
        with db.transaction() as session:
            said = a_voice(session, _base(session, draft), "1.1", "Our retort is heavy.", region="Geita")
        an_operation_kept(op="GUIDE", text="Two people can carry it.", evidence="22 retorts", author="Mwanza",
                          comments=[said.receipt])  # fmt: skip

        page = secretary.get(clause("1.1"))

        assert "By Mwanza." in words(page)
        assert "Evidence: 22 retorts" in words(page)
        assert f'<a href="/desk/comments/{said.id}">{said.receipt}</a>' in page.text

    def test_every_span_has_its_source(self, draft, secretary):
        an_operation_kept()

        page = words(secretary.get(clause("1.1")))

        assert "Text 95\N{NO-BREAK SPACE}% tz-gold@1.0, Set".replace(
            "\N{NO-BREAK SPACE}", " "
        ) in page.replace("\N{NO-BREAK SPACE}", " ")
        assert "Text It shall give back rag@2.0" in page

    def test_what_is_not_possible_says_why_not(self, draft, secretary):
        page = words(secretary.get(clause("2.1")))

        assert "Set: Base allows: no change" in page
        assert 'value="SET"' not in secretary.get(clause("2.1")).text

    def test_national_voices_stand_beside(self, draft, secretary):
        with db.transaction() as session:
            a_voice(session, _base(session, draft), "1.1", "Our retort is heavy.", region="Geita")
            a_voice(session, _base(session, draft), "1.1", "Ours too.", region="Puno")

        page = secretary.get(clause("1.1"))

        assert "1 comment: 1 on the base text , 0 on the local part" in words(page)
        assert "Our retort is heavy." in page.text
        assert "Ours too." not in page.text

    def test_confidential_ones_are_only_counted_for_a_working_group(self, draft, signed_in, secretary):
        with db.transaction() as session:
            base = _base(session, draft)
            a_voice(session, base, "1.1", "They threatened us.", region="Geita", confidential=True)

        page = signed_in("working-group").get(clause("1.1"))

        assert "They threatened us." not in page.text
        assert "One comment" in page.text or "1 comment was given in confidence" in page.text
        assert "They threatened us." in secretary.get(clause("1.1")).text

    def test_the_way_to_the_next_undecided_clause(self, draft, secretary):
        page = secretary.get(clause("2.2"))

        following = re.search(r'href="([^"]+)">Next undecided', page.text)[1]
        assert "1 Mercury" in secretary.get(following).text


class TestOperation:
    def test_choosing_shows_the_fields_and_keeps_what_was_typed(self, draft, secretary):
        page = send(secretary, act="choose", op="GUIDE", value="97", rationale="Heavy.")

        assert page.status_code == 200
        assert 'id="text"' in page.text
        assert '<input type="hidden" name="value" value="97">' in page.text
        assert "Heavy." in page.text
        assert now_kept() == []

    def test_it_is_kept(self, draft, secretary):
        answer = send(secretary, evidence="22 retorts", author="The Mwanza workshop")

        assert answer.status_code == 302
        assert now_kept() == ["SET parameter:recovery"]
        row = the_row()
        assert (row.content["value"], row.content["evidence"]) == (95, "22 retorts")

    def test_and_on_to_the_next_undecided(self, draft, secretary):
        answer = send(secretary, act="keep-next")

        assert "1.2 Open fires" in secretary.get(answer.headers["Location"]).text

    def test_a_refusal_stands_beside_the_field_with_what_is_possible(self, draft, secretary):
        page = send(secretary, value="80", rationale="Cheap.")

        assert page.status_code == 400
        assert "80 is weaker than the base's 90; stricter means higher." in words(page)
        assert 'id="value-error"' in page.text
        assert 'value="80"' in page.text
        assert "Cheap." in page.text
        assert 'value="instead:DEROGATE"' in page.text

    def test_what_is_possible_begins_with_what_was_typed(self, draft, secretary):
        page = send(secretary, act="instead:DEROGATE", value="80")

        assert re.search(r'<option value="parameter:recovery" selected', page.text)
        assert ">\n80</textarea>" in page.text

    @pytest.mark.parametrize(
        ("number", "fields", "kept_as"),
        [
            ("2.2", {"op": "ADOPT"}, "ADOPT"),
            ("1.1", {"op": "SET", "parameter": "recovery", "value": "92,5 %"}, "SET parameter:recovery"),
            ("1.1", {"op": "GUIDE", "text": "Two can carry it.", "lang": ""}, "GUIDE guidance"),
            ("1.1", {"op": "VERIFY", "type": "document", "text": "The log"}, "VERIFY verifiers"),
            ("2.1", {"op": "LAW", "citation": "Act 4", "stricter": "law", "forbids": ""}, "LAW laws"),
            (
                "1.2",
                {"op": "TRANSLATE", "lang": "sw", "wording": "Mtu yeyote asichome amalgamu."},
                "TRANSLATE wording:sw",
            ),
            (
                "1.2",
                {"op": "ADD", "id": "TZ:1.2+1", "level": "criterion", "modality": "requirement",
                 "grade": "core", "stage": "year 1", "heading": "Log", "body": "It shall be written."},
                "ADD clause:TZ:1.2+1",
            ),
            ("1.2", STRICTER, "STRENGTHEN wording"),
            ("1.2", {"op": "RESTAGE", "stage": "entry"}, "RESTAGE stage"),
            ("2.2", {"op": "SCOPE", "sense": "unless", "producer": ["trader-network"]}, "SCOPE applies"),
            (
                "1.1",
                {"op": "DEROGATE", "field": "parameter:recovery", "value": "80", "until": "2028-12-31"},
                "DEROGATE derogation:parameter:recovery",
            ),
        ],
    )  # fmt: skip
    def test_all_eleven_are_kept_shown_and_changed(self, draft, secretary, number, fields, kept_as):
        sent = {"act": "keep", "rationale": "The workshop said so.", **fields}

        answer = secretary.post(clause(number), data=sent)

        assert answer.status_code == 302, words(answer)
        assert now_kept() == [kept_as]
        row = the_row()
        form = secretary.get(f"{clause(number)}?change={row.id}")
        if fields["op"] != "ADD":
            assert "Change the operation" in form.text
        seen = store.operation_in(row).key
        again = {**sent, "replacing": str(row.id), "seen": seen, "rationale": "Said again."}
        assert secretary.post(clause(number), data=again).status_code == 302
        assert now_kept() == [kept_as]
        assert the_row().content["rationale"] == "Said again."

    @pytest.mark.parametrize(
        ("fields", "field", "sentence"),
        [
            ({"rationale": ""}, "rationale", "Say why"),
            ({"op": ""}, "op", "Choose what the operation should do"),
            ({"value": ""}, "value", "Fill this in"),
            ({"value": "much"}, "value", "Recovery is a number, and “much” is not"),
            ({"value": "nan"}, "value", "is a number"),
            ({"value": "100"}, "value", "above 99"),
            ({"op": "GUIDE", "text": "You must do it."}, "text", "Guidance explains and binds nobody"),
            ({"op": "VERIFY", "type": "rumour", "text": "x"}, "type", "Choose the kind of evidence"),
            ({"op": "LAW", "citation": "Act 4", "stricter": "both"}, "stricter", "Choose which of the two"),
            ({"op": "TRANSLATE", "lang": "", "wording": "x"}, "lang", "Fill this in"),
            ({"op": "TRANSLATE", "lang": "en", "wording": "x"}, "wording", "already"),
            ({"op": "ADD", "id": "4.1", "body": "x", "level": "note"}, "id", "named after its overlay"),
            ({"op": "SCOPE", "value": ""}, "producer", "under which condition"),
            (
                {"op": "DEROGATE", "field": "heading", "value": "x", "until": "2028-12-31"},
                "field",
                "the base's alone",
            ),
            (
                {"op": "DEROGATE", "field": "stage", "value": "year 3", "until": "soon"},
                "until",
                "Give the day as",
            ),
            ({"receipts": "ZZZZ"}, "receipts", "We know no comment"),
        ],
    )
    def test_what_cannot_be_kept_is_told_at_its_field(self, draft, secretary, fields, field, sentence):
        page = send(secretary, **fields)

        assert page.status_code == 400
        assert sentence in words(page)
        assert f'href="#{field}"' in page.text
        assert f'id="{field}"' in page.text
        assert now_kept() == []

    def test_an_operation_a_locked_clause_does_not_take_is_refused_by_its_guard(self, draft, secretary):
        page = send(secretary, "2.1", op="SET", parameter="age", value="16")

        assert page.status_code == 400
        assert "this clause is locked" in words(page).lower()

    def test_comments_are_ticked_or_given_by_receipt(self, draft, secretary):
        with db.transaction() as session:
            first = a_voice(session, _base(session, draft), "1.1", "Heavy.", region="Geita")
            second = a_voice(session, _base(session, draft), "1.2", "Smoke.", region="Geita")

        send(secretary, comments=[first.receipt], receipts=second.receipt.lower())

        assert the_row().content["comments"] == [first.receipt, second.receipt]

    def test_it_is_taken_out(self, draft, secretary):
        row = an_operation_kept()

        secretary.post(clause("1.1"), data={"act": "take-out", "operation": str(row.id)})

        assert now_kept() == []

    def test_a_colleagues_change_is_told_and_what_was_typed_kept(self, draft, secretary):
        first = an_operation_kept()
        seen = store.operation_in(first).key
        change = {"replacing": str(first.id), "seen": seen}
        send(secretary, value="96", rationale="Theirs.", **change)

        page = send(secretary, value="97", rationale="Mine.", **change)

        assert page.status_code == 400
        assert "A colleague changed this operation" in words(page)
        assert "Mine." in page.text
        assert 'value="97"' in page.text
        assert the_row().content["value"] == 96
        once_more = dict(re.findall(r'name="(replacing|seen)" value="([^"]+)"', page.text))
        assert send(secretary, value="97", rationale="Mine.", **once_more).status_code == 302
        assert the_row().content["value"] == 97

    def test_an_own_clause_is_explained_but_not_set(self, draft, secretary):
        an_operation_kept("1.1", op="ADD", id="TZ:1.1+1", level="criterion", modality="requirement",
                          heading="Log", body="The group shall keep a log.")  # fmt: skip

        page = secretary.get(clause("TZ:1.1+1"))

        assert "The base has no such clause." in page.text
        assert 'value="GUIDE"' in page.text
        assert 'value="SET"' not in page.text
        assert send(secretary, "TZ:1.1+1", op="GUIDE", text="A book will do.").status_code == 302

    def test_an_own_clause_taken_out_leads_back_to_the_list(self, draft, secretary):
        row = an_operation_kept("1.1", op="ADD", id="TZ:1.1+1", level="criterion", modality="requirement",
                                heading="Log", body="The group shall keep a log.")  # fmt: skip

        told = {"act": "take-out", "operation": str(row.id)}
        page = secretary.post(clause("TZ:1.1+1"), data=told, follow_redirects=True)

        assert page.status_code == 200
        assert "The operation is taken out." in page.text
        assert "0 of 6" in words(page)

    def test_an_own_clause_that_is_built_on_stays(self, draft, secretary):
        row = an_operation_kept("1.1", op="ADD", id="TZ:1.1+1", level="criterion", modality="requirement",
                                heading="Log", body="The group shall keep a log.")  # fmt: skip
        send(secretary, "TZ:1.1+1", op="GUIDE", text="A book will do.")

        page = secretary.post(clause("TZ:1.1+1"), data={"act": "take-out", "operation": str(row.id)})

        assert page.status_code == 400
        assert now_kept() == ["ADD clause:TZ:1.1+1", "GUIDE guidance"]

    def test_robots_of_the_form_do_not_break_it(self, draft, secretary):
        page = secretary.post(clause("1.1"), data={"act": "take-out", "operation": "x"})

        assert page.status_code == 400
        assert secretary.post(clause("1.1"), data={"act": "sing"}).status_code == 400


class TestFourEyes:
    def test_two_others_attest_a_stricter_wording(self, draft, secretary, signed_in):
        send(signed_in("drafter"), "1.2", **STRICTER)
        row = the_row()
        told = {"act": "attest", "operation": str(row.id)}

        secretary.post(clause("1.2"), data=told | {"name": "Neema, Geita"})
        page = signed_in("drafter", name="Juma").post(
            clause("1.2"), data=told | {"name": "Juma"}, follow_redirects=True
        )

        assert "Attested to demand at least as much by Neema, Geita, Juma." in words(page)
        assert "Waits for other eyes" not in page.text

    def test_the_author_is_not_asked_and_is_refused(self, draft, secretary):
        send(secretary, "1.2", **STRICTER)

        page = secretary.get(clause("1.2"))
        refused = secretary.post(
            clause("1.2"), data={"act": "attest", "operation": str(the_row().id), "name": "Me"}
        )

        assert "Waits for other eyes" in page.text
        assert "I attest that" not in page.text
        assert refused.status_code == 400
        assert "Somebody else has to look at it" in words(refused)

    def test_a_missing_name_is_told_at_its_field(self, draft, secretary, signed_in):
        send(signed_in("drafter"), "1.2", **STRICTER)
        row = the_row()

        page = secretary.post(clause("1.2"), data={"act": "attest", "operation": str(row.id), "name": " "})

        assert page.status_code == 400
        assert f'href="#name-{row.id}"' in page.text

    def test_only_the_owner_of_the_base_is_asked_to_approve(self, draft, secretary, signed_in):
        drafter = signed_in("drafter")
        send(drafter, "1.2", op="DEROGATE", field="stage", value="year 3", until="2028-12-31")

        assert "Approve it for the owner" not in signed_in("drafter").get(clause("1.2")).text
        assert "Approve it for the owner" in secretary.get(clause("1.2")).text
        told = {"act": "approve", "operation": str(the_row().id), "name": "Neema"}
        assert signed_in("drafter").post(clause("1.2"), data=told).status_code == 403
        assert secretary.post(clause("1.2"), data=told).status_code == 302


class TestSeats:
    def test_a_member_with_a_seat_works_in_their_text(self, draft, signed_in):
        member = signed_in("working-group", name="Rehema")
        with db.transaction() as session:
            overlay = session.exec(select(OverlayRow)).one()
            person = next(p for p in session.exec(select(PersonRow)) if p.name == "Rehema")
            groups.give_seat(session, overlay, a_group(session).id, person_id=person.id, now=NOW)

        assert send(member).status_code == 302


def _base(session, version):
    return session.get_one(VersionRow, version.base_id)
