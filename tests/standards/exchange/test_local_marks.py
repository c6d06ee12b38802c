"""A local text as documents: what is marked, what is told beneath a clause, the register of derogations."""

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.local.document_words import document_words
from consult.sheets.cells import write_csv
from standards.exchange import docx, local_marks, local_register, sending_out
from standards.exchange.flow import LOCAL, flow_of
from standards.exchange.local_marks import Layer, NoSuchWording
from tests.standards.overlays.texts import BASE, a_text, an_id, layers

WORDS = document_words("en")
TODAY, LAST_DAY = date(2026, 3, 2), date(2028, 12, 30)
TEXT = """
1 | principle | none open | Mercury | Gold is won without poisoning anybody.
1.1 | criterion | shall open | Recovery | The retort shall give back {recovery} of it. | recovery = 90 % higher 50..100
1.2 | criterion | shall open | Plan | The group shall have a plan. | stage: year 1
1.3 | criterion | shall open | Fires | Nobody shall burn in the open.
2 | principle | none open | People | People come first.
2.1 | criterion | shall locked | Age | Nobody under {age} shall dig. | age = 18 years higher
2.2 | criterion | shall open | Association | The group shall choose its leaders.
""".strip()  # noqa: E501
LOCAL_TEXT = """
overlay tz-gold
{"op": "SET", "target": "1.1", "parameter": "recovery", "value": 95, "evidence": "22 retorts", "author": "Mwanza workshop"}
{"op": "TRANSLATE", "target": "1.1", "lang": "sw", "wording": "Retorti itarudisha {recovery}.", "reviewed_by": "Asha"}
{"op": "DEROGATE", "target": "1.2", "field": "stage", "value": "year 3", "until": "2028-12-31", "approved_by": "The owner"}
{"op": "STRENGTHEN", "target": "1.3", "wording": "Nobody shall burn in the open or indoors.", "attested_by": ["A", "B"]}
{"op": "ADD", "after": "1.1", "id": "TZ:1.1+1", "level": "criterion", "modality": "requirement", "heading": "Log", "body": "The group shall keep a log."}
{"op": "LAW", "target": "2.1", "citation": "Mining Act, section 3", "stricter": "law", "forbids": true}
{"op": "SCOPE", "target": "2.2", "unless": {"producer": ["trader-network"]}}
{"op": "GUIDE", "target": "2.2", "lang": "sw", "text": "Chagueni viongozi."}
{"op": "ADOPT", "target": "2"}
""".strip()  # noqa: E501


def local(on: date = TODAY, lines: str = LOCAL_TEXT, **told: Layer) -> local_marks.LocalText:
    base = a_text(TEXT)
    return local_marks.local_text(base, BASE, layers(lines, base), on, told)


def told_of(heading: str, on: date = TODAY, lines: str = LOCAL_TEXT) -> list[str]:
    text = local(on, lines)
    clause = text.resolved.document.by_id[an_id(heading)]
    return [note.line for note in local_marks.notes(text, clause, WORDS)]


def written(kind: str, on: date = TODAY, lang: str = "", **layers_told: Layer) -> bytes:
    text = local(on, **layers_told)
    return sending_out.write(
        local_marks.in_language(text, lang, "Small mines in Tanzania"),
        kind,
        slug="tz-gold",
        title="Small mines in Tanzania",
        label="1.0",
        status="published",
        frozen_on=datetime(2026, 3, 1, tzinfo=UTC),
        marking=local_marks.marking(text, WORDS, lang),
    )


class TestNotes:
    def test_a_value_says_what_it_was_what_it_is_and_which_way_it_goes(self):
        told = told_of("Recovery")

        assert (
            told[1] == "tz-gold 1.0 · Set · recovery 90\N{NO-BREAK SPACE}% → 95\N{NO-BREAK SPACE}%, stricter"
        )

    def test_why_on_what_evidence_by_whom_and_when_stand_with_it(self):
        text = local()
        clause = text.resolved.document.by_number["1.1"]
        placed = text.resolved.of(clause.id).placed[1]
        told = local(**{"tz-gold@1.0": Layer("Tanzania 1.0", {placed.operation.key: date(2026, 2, 14)})})

        note = local_marks.note(told, clause, placed, WORDS)

        assert note.name == "Tanzania 1.0"
        assert note.why == (
            "Reason: The workshop in Mwanza said so. Evidence: 22 retorts. "
            "By Mwanza workshop, 14 February 2026."
        )

    @pytest.mark.parametrize(
        ("heading", "line"),
        [
            ("Plan", "Until 31 December 2028: stage Year 3 in place of Year 1, approved by The owner."),
            ("Fires", "reworded; A and B attest that it asks at least as much"),
            ("Age", "This clause cannot be certified here: a law forbids what it asks."),
            ("Age", "Mining Act, section 3. The law asks more. The law forbids what this clause asks."),
            ("Association", "Does not apply where the producer is trader network."),
            ("Association", "Guide · Swahili"),
            ("Recovery", "Translate · Swahili, reviewed by Asha"),
        ],
    )
    def test_each_operation_is_told_in_words(self, heading, line):
        assert any(line in told for told in told_of(heading))

    def test_adoption_is_a_decision_that_lays_nothing_in(self):
        assert told_of("People") == []

    def test_on_the_day_it_ends_a_derogation_is_told_no_more(self):
        before, after = told_of("Plan", LAST_DAY), told_of("Plan", LAST_DAY + timedelta(days=1))

        assert (len(before), after) == (1, [])

    def test_a_derogation_nobody_approved_is_told_as_asked_for(self):
        lines = LOCAL_TEXT.replace(', "approved_by": "The owner"', "")

        assert "Nobody has approved it, so it does not hold." in told_of("Plan", lines=lines)[0]


class TestMarks:
    def test_only_the_words_of_the_local_text_are_marked(self):
        text = local()
        marking = local_marks.marking(text, WORDS)

        marked = {
            clause.number: "".join(
                run.text
                for block in flow_of(clause.text, marking.of(clause.id)).blocks
                for run in block.runs
                if run.look & LOCAL
            )
            for clause in text.resolved.document
        }

        assert {number: words for number, words in marked.items() if words} == {
            "1.1": "95\N{NO-BREAK SPACE}%",
            "TZ:1.1+1": "The group shall keep a log.",
            "1.3": "Nobody shall burn in the open or indoors.",
        }

    def test_every_span_of_a_touched_clause_names_its_source(self):
        text = local()
        sources = local_marks.marking(text, WORDS).of(an_id("Recovery")).sources

        told = [(one.text, one.source) for one in sources]
        assert told[:4] == [
            ("Recovery", "rag 2.0"),
            ("The retort shall give back ", "rag 2.0"),
            ("95\N{NO-BREAK SPACE}%", "tz-gold 1.0 · Set"),
            (" of it.", "rag 2.0"),
        ]

    def test_the_title_page_says_base_hash_layers_and_day(self):
        text = local()

        lines = local_marks.marking(text, WORDS).lines

        assert lines[:4] == (
            "Local text of Small mines, version 2.0",
            f"Base: rag 2.0, SHA-256 {text.base.hash}",
            "Layers: tz-gold 1.0",
            "As it holds on 2 March 2026",
        )

    def test_in_a_language_clauses_stand_in_their_wording_where_they_have_one(self):
        document = local_marks.in_language(local(), "sw")

        bodies = {clause.number: clause.text.body for clause in document}
        assert bodies["1.1"] == "Retorti itarudisha {recovery}."
        assert bodies["1.2"] == "The group shall have a plan."

    def test_a_language_without_any_wording_is_refused_with_those_there_are(self):
        with pytest.raises(NoSuchWording, match=r"It has wordings in sw\."):
            local_marks.in_language(local(), "fr")


class TestDocuments:
    @pytest.mark.parametrize("kind", ["docx", "pdf", "html", "md"])
    def test_the_same_text_on_the_same_day_gives_the_same_bytes(self, kind):
        assert written(kind) == written(kind)

    def test_html_marks_local_words_and_tells_sources_on_demand_without_a_script(self):
        page = written("html").decode()

        assert '<ins class="parameter">95&nbsp;%</ins>' in page
        assert "<ins><p>Nobody <b" in page
        assert re.search(r"<h3><span class=\"number\">TZ:1.1\+1</span><ins>Log</ins></h3>", page)
        assert "<details><summary>Where each part comes from</summary>" in page
        assert "<script" not in page

    def test_html_of_the_day_after_shows_the_base_again(self):
        before = written("html", LAST_DAY).decode()
        after = written("html", LAST_DAY + timedelta(days=1)).decode()

        assert ("Year 3" in before, "Year 3" in after) == (True, False)

    def test_word_comes_back_clause_by_clause_and_without_what_was_laid_in(self):
        document = local().resolved.document

        back = docx.read(written("docx"), "tz.docx").clauses

        told = [(clause.text.declared_number, clause.text.heading) for clause in back]
        assert told == [(clause.number, clause.text.heading) for clause in document]
        assert not any("Reason:" in clause.text.body for clause in back)
        assert "95 %" in back[1].text.body.replace("\N{NO-BREAK SPACE}", " ")

    def test_markdown_quotes_what_was_laid_in(self):
        assert "> **tz-gold 1.0 · Add · a clause of this text alone**" in written("md").decode()

    def test_without_a_marking_nothing_is_laid_in(self):
        document = a_text(TEXT)

        page = sending_out.write(document, "html", slug="x", title="X", label="1", status="draft").decode()

        assert not re.search("<ins|<aside|<details", page)


class TestRegister:
    LINES = LOCAL_TEXT + (
        '\n{"op": "DEROGATE", "target": "1.1", "field": "parameter:recovery", "value": 85, '
        '"until": "2027-06-30", "approved_by": "The owner"}'
    )

    def test_each_line_says_what_is_weakened_from_to_until_when_and_why(self):
        line = local_register.lines(local(lines=self.LINES), WORDS)[0]

        assert (line.clause.number, line.what, line.until) == ("1.1", "recovery", date(2027, 6, 30))
        assert (line.lasting, line.weaker) == ("95\N{NO-BREAK SPACE}%", "85\N{NO-BREAK SPACE}%")
        assert (line.approved_by, line.reason) == ("The owner", "The workshop in Mwanza said so.")

    def test_what_ran_out_stays_in_its_place(self):
        on = [local_register.lines(local(day, self.LINES), WORDS) for day in (TODAY, date(2027, 6, 30))]

        assert [line.clause.number for line in on[0]] == [line.clause.number for line in on[1]]
        assert [[line.standing for line in lines] for lines in on] == [
            ["in-force", "in-force"],
            ["run-out", "in-force"],
        ]

    @given(st.dates(date(2026, 1, 1), date(2029, 12, 31)))
    def test_on_every_day_it_matches_the_text(self, day):
        text = local(day, self.LINES)

        in_force = {
            line.clause.number for line in local_register.lines(text, WORDS) if line.standing == "in-force"
        }

        differ = {
            clause.number
            for clause in text.resolved.document
            if clause.text != text.lasting.by_id[clause.id].text
        }
        assert in_force == differ

    def test_as_a_document_it_is_a_table_for_each_local_text(self):
        register = local_register.lines(local(lines=self.LINES), WORDS)

        document = local_register.as_document(register, WORDS, "Tanzania")

        whole, part = document.clauses
        assert (whole.text.heading, part.text.heading) == (WORDS.register, "tz-gold 1.0")
        assert (
            "| 1.2 Plan | stage: Year 1 → Year 3 | 31 December 2028. In force | The owner |" in part.text.body
        )

    def test_a_bar_in_a_reason_breaks_no_row(self):
        lines = self.LINES.replace('"approved_by": "The owner"}', '"approved_by": "A | B"}')

        register = local_register.lines(local(lines=lines), WORDS)
        document = local_register.as_document(register, WORDS, "Tanzania")

        assert "A \\| B" in document.clauses[1].text.body

    def test_as_a_table_it_reads_back_in_any_spreadsheet(self):
        into = io.BytesIO()
        register = local_register.lines(local(lines=self.LINES), WORDS)

        write_csv(local_register.table(register, WORDS), into)

        rows = list(csv.DictReader(io.StringIO(into.getvalue().decode("utf-8-sig"))))
        assert [(row["Clause"], row["Until"], row["Standing"]) for row in rows] == [
            ("1.1 Recovery", "2027-06-30", "In force"),
            ("1.2 Plan", "2028-12-31", "In force"),
        ]

    def test_without_derogations_it_says_so(self):
        document = local_register.as_document([], WORDS, "Tanzania")

        assert WORDS.register_empty in document.clauses[0].text.body
