"""Minutes of workshops: gathered from records alone, numbered, corrected, handed out; results."""

import io
import zipfile
from datetime import date, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from sqlmodel import select

from consult import comments, dispositions, intake, ledger, objects, rounds, workshops
from consult.errors import Misfilled, NotFound
from consult.field import counts, keeping
from consult.field.operations import Kind
from consult.participation import SMALLEST
from consult.tables.comments import CommentRow
from consult.tables.decisions import DispositionOutcome
from consult.tables.field import AttendeeRow, ConsentRow, PhotoRow
from consult.tables.intake import Channel, Outcome
from consult.tables.workshops import MinutesCorrectionRow, UtteranceRow, UtteranceState
from consult.workshops import Attended, Meeting, minutes
from consult.workshops.minutes import composing, documents, results
from consult.workshops.minutes.documents import Particulars
from consult.workshops.minutes.handing import OTHERS
from standards.document import ClauseText
from standards.exchange.docx import pictures, writing
from standards.tables import (
    ClauseTextRow,
    OutlineRow,
    StandardRow,
    Status,
    TranslationRow,
    VersionRow,
    Wording,
)
from tests.consult.field.device import Device
from tests.factories import a_document, a_round, a_version, clause_numbered

CAME = (Attended("pit-miners", 12, 0), Attended("processors", 9, 9), Attended("buyers", 1, 0))
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 20


@pytest.fixture
def version(session):
    return a_version(session, status="consultation")


@pytest.fixture
def round_(session, version, now):
    rounds.keep_group(session, "pit-miners", {"en": "Pit miners", "sw": "Wachimbaji"})
    rounds.keep_group(session, "processors", {"en": "Women who process"}, 1)
    rounds.keep_group(session, "buyers", {"en": "Buyers"}, 2)
    return a_round(session, version, opens=now - timedelta(days=9), closes=now + timedelta(days=9))


@pytest.fixture
def retorts(session, version):
    return clause_numbered(session, version, "2.2")


@pytest.fixture
def workshop(session, round_, retorts, now):
    meeting = Meeting("Katoro", date(2026, 3, 1), languages=("sw", "en"), agenda=(retorts,), attendance=CAME)
    return workshops.hold(session, round_, meeting, now=now).workshop


@pytest.fixture
def device(workshop):
    return Device(workshop.id)


@pytest.fixture
def hear(session, round_, workshop, device, now):
    """`hear()`: what the device wrote so far has reached us; `closed` closes the meeting."""

    def hear(*, closed=False):
        if closed:
            device.sets("meeting", "meeting", "finished", True)
        keeping.store(session, round_, workshop, device.written, now=now)
        keeping.derive(session, round_, workshop.id, now=now)

    return hear


def gathered(session, round_, workshop):
    return minutes.gather(session, round_, workshop)


def words_in(snapshot):
    return [line["words"] for line in snapshot["lines"].values()]


def section(snapshot, clause):
    return next(one for one in snapshot["sections"] if one["clause"] == str(clause))


def a_vote(device, clause="", *, rows, people=None, dots=1):
    """A vote with dots by category: `rows` is {category: [dots on each option]}."""
    entity = f"vote:{uuid4()}"
    device.sets("vote", entity, "question", "One retort for 15?")
    device.sets("vote", entity, "clause", str(clause))
    device.sets("vote", entity, "options", ["Yes", "No"])
    device.sets("vote", entity, "dots", dots)
    for who, placed in rows.items():
        for at, count in enumerate(placed):
            device.sets("vote", entity, f"cell:{at}:{who}", count)
    for who, count in (people or {}).items():
        device.sets("vote", entity, f"people:{who}", count)
    return entity


def text_of(composed):
    return "\n".join(f"{clause.text.heading}\n{clause.text.body}" for clause in composed.document)


class TestGathering:
    def test_what_was_said_stands_under_its_clause_with_all_that_was_noted_of_it(
        self, session, round_, workshop, retorts, device, hear
    ):
        device.notes(
            "Ishirini elfu.", clauses=[str(retorts)], category="pit-miners", marks=["cost"], lone=True,
            feeling="against", read_back=True, language="sw",
        )  # fmt: skip
        hear(closed=True)

        told = gathered(session, round_, workshop)

        [key] = section(told, retorts)["lines"]
        line = told["lines"][key]
        assert (line["words"], line["category"], line["language"]) == ("Ishirini elfu.", "pit-miners", "sw")
        assert (line["lone"], line["read_back"], line["feeling"]) == (True, True, "against")
        assert (line["marks"], bool(line["comment"])) == (["cost"], True)

    def test_an_open_note_is_in_it_and_so_is_one_without_a_clause(
        self, session, round_, workshop, device, hear
    ):
        device.notes("Maji ni ghali.")
        hear()

        told = gathered(session, round_, workshop)

        assert words_in(told) == ["Maji ni ghali."]
        assert section(told, "")["lines"] == list(told["lines"])

    def test_one_voice_on_two_clauses_is_one_line(
        self, session, round_, workshop, version, retorts, device, hear
    ):
        other = clause_numbered(session, version, "2.1")
        device.notes("Both.", clauses=[str(retorts), str(other)])
        hear(closed=True)

        told = gathered(session, round_, workshop)

        assert len(told["lines"]) == 1
        assert section(told, retorts)["lines"] == section(told, other)["lines"] == list(told["lines"])

    def test_a_transcript_that_nobody_looked_at_is_counted_and_not_quoted(
        self, session, round_, workshop, now
    ):
        recorded = workshops.receive(session, workshop, b"A: One.\nB: Two.\n", "talk.txt", now=now)
        record = session.get_one(intake.RecordRow, recorded.id)
        heard = workshops.hear(session, record)
        kept, _ = workshops.keep(session, workshop, record, heard, name="talk.txt", now=now)
        first = session.exec(select(UtteranceRow).where(UtteranceRow.transcript_id == kept.id)).first()
        workshops.skip(session, workshop, first.id, by="test", now=now)

        told = gathered(session, round_, workshop)

        assert (told["lines"], told["left"]) == ({}, {"open": 1, "skipped": 1})

    def test_seats_stand_beside_who_came_also_where_nobody_did(self, session, round_, workshop):
        workshop.seats = {"pit-miners": 10, "neighbours": 4}

        came = gathered(session, round_, workshop)["attendance"]

        rows = {row["category"]: (row["people"], row["seats"]) for row in came["rows"]}
        assert rows == {
            "pit-miners": (12, 10),
            "processors": (9, None),
            "buyers": (1, None),
            "neighbours": (0, 4),
        }
        assert (came["people"], came["women"], came["seats"]) == (22, 9, 14)

    def test_what_does_not_add_up_is_said_and_kept(self, session, round_, workshop, retorts, device, hear):
        a_vote(device, retorts, rows={"pit-miners": [9, 9]}, people={"pit-miners": 13})
        hear()

        told = gathered(session, round_, workshop)

        [vote] = section(told, retorts)["votes"]
        assert (vote["totals"], vote["placed"]) == ([9, 9], 18)
        found = [(one["found"], one["most"], one["of_people"]) for one in vote["excesses"]]
        assert found == [(18, 13, False), (13, 12, True)]
        words = text_of(composing.compose(told, language="en", name="m"))
        assert "Pit miners: 13 voted, but 12 came" in words

    def test_the_same_records_give_the_same_minutes(self, session, round_, workshop, device, hear):
        device.notes("Mbali.")
        a_vote(device, rows={"pit-miners": [1, 2]})
        hear()

        assert gathered(session, round_, workshop) == gathered(session, round_, workshop)


class TestWhatIsNotInIt:
    def test_words_taken_back_are_counted_and_gone(
        self, session, round_, workshop, retorts, device, hear, now
    ):
        device.notes("Never repeat this.", clauses=[str(retorts)])
        hear(closed=True)
        [comment] = session.exec(select(CommentRow)).all()
        comments.erase(session, comment, reason="asked", by="test", now=now)

        told = gathered(session, round_, workshop)

        assert (told["lines"], told["left"]) == ({}, {"taken-back": 1})

    @pytest.mark.parametrize(("answer", "counted"), [("refused", "not-agreed"), ("withdrawn", "taken-back")])
    def test_somebody_who_did_not_agree_is_not_written_down(
        self, session, round_, workshop, device, hear, answer, counted
    ):
        session.add(AttendeeRow(workshop_id=workshop.id, entity="attendee:1", label="P1"))
        session.add(
            ConsentRow(
                workshop_id=workshop.id, entity="consent:attendee:1:notes", attendee="attendee:1",
                about="notes", answer=answer,
            )
        )  # fmt: skip
        device.notes("My own words.", attendee="attendee:1")
        device.notes("Other words.")
        hear()

        told = gathered(session, round_, workshop)

        assert (words_in(told), told["left"]) == (["Other words."], {counted: 1})

    def test_no_name_and_no_number_stands_in_it(self, session, round_, workshop, device, hear, now):
        session.add(
            AttendeeRow(workshop_id=workshop.id, entity="attendee:1", label="P1", name="Asha Mrema",
                        contact="+255754123456")
        )  # fmt: skip
        device.notes("Call Asha Mrema on 0754 123 456, she knows Mr Juma Bakari.", attendee="attendee:1")
        device.sets("meeting", "meeting", "notes", "Phone 0754 123 456.")
        hear()
        row = minutes.write(session, round_, workshop, by="test", now=now).row

        for told in (row.content, minutes.for_hands(row.content)):
            said = " ".join([*words_in(told), told["meeting"]["notes"]])
            assert "she knows" in said
            assert not [name for name in ("Asha", "Mrema", "Bakari", "754", "123") if name in said]


class TestVersions:
    def test_a_newer_state_is_a_newer_number_and_the_same_state_is_none(
        self, session, round_, workshop, device, hear, now
    ):
        first = minutes.write(session, round_, workshop, by="test", now=now)
        again = minutes.write(session, round_, workshop, by="test", now=now)
        device.notes("Mbali.")
        hear()
        second = minutes.write(session, round_, workshop, by="test", now=now)

        assert [(one.row.number, one.fresh) for one in (first, again, second)] == [
            (1, True), (1, False), (2, True),
        ]  # fmt: skip
        assert first.row.content["lines"] == {}
        assert [row.number for row in minutes.versions_of(session, workshop)] == [2, 1]

    def test_they_are_written_in_the_first_language_of_the_meeting_that_we_speak(
        self, session, round_, workshop, now
    ):
        workshop.languages = ["suk", "sw", "en"]

        assert minutes.write(session, round_, workshop, by="test", now=now).row.language == "sw"

    def test_what_changed_is_told(self, session, round_, workshop, device, hear, now):
        entity = device.notes("Twenty.")
        hear()
        before = gathered(session, round_, workshop)
        device.sets("note", entity, "words", "Thirty.")
        device.notes("And water.")
        a_vote(device, rows={"pit-miners": [3, 2]})
        hear()

        found = minutes.differences(before, gathered(session, round_, workshop))

        assert [(one.about, one.state) for one in found] == [
            ("line", "changed"), ("line", "new"), ("vote", "new"),
        ]  # fmt: skip
        assert (found[0].before["words"], found[0].after["words"]) == ("Twenty.", "Thirty.")
        assert minutes.differences(before, before) == []

    def test_a_number_that_is_not_there_is_refused_kindly(self, session, workshop):
        with pytest.raises(NotFound, match="no minutes of this number"):
            minutes.numbered(session, workshop, 4)


class TestShowing:
    def test_that_people_heard_it_is_noted_without_numbers(self, session, round_, workshop, now):
        row = minutes.write(session, round_, workshop, by="test", now=now).row

        minutes.show(row, minutes.Shown.SENT, "the committee, 0754 123 456", at=now, now=now)

        assert (row.shown, row.shown_at) == ("sent", now)
        assert "754" not in row.shown_to

    @pytest.mark.parametrize(("to", "days", "field"), [("", 0, "to"), ("24 people", 1, "on")])
    def test_what_cannot_be_is_refused(self, session, round_, workshop, now, to, days, field):
        row = minutes.write(session, round_, workshop, by="test", now=now).row

        with pytest.raises(Misfilled) as refused:
            minutes.show(row, minutes.Shown.READ_BACK, to, at=now + timedelta(days=days), now=now)

        assert list(refused.value.problems) == [field]
        assert row.shown == ""


class TestCorrecting:
    @pytest.fixture
    def row(self, session, round_, workshop, now):
        return minutes.write(session, round_, workshop, by="test", now=now).row

    def said(self, session, round_, row, now, words="We were twenty.", *, id_=None, **fields):
        correction = minutes.Correction(words, **fields)
        return minutes.correct(session, round_, row, correction, id_=id_ or uuid4(), by="test", now=now)

    def test_the_words_lie_in_the_ledger_and_among_the_notes_and_in_the_next_version(
        self, session, round_, workshop, retorts, row, now
    ):
        kept = self.said(session, round_, row, now, category="pit miners", clause_id=retorts)

        assert b"We were twenty." in intake.open_payload(session, kept.record_id)
        said = session.get_one(UtteranceRow, kept.utterance_id)
        assert (said.words, said.category, said.state) == ("We were twenty.", "pit-miners", "open")
        assert ledger.verify(session).faults == []
        told = minutes.write(session, round_, workshop, by="test", now=now).row.content
        [key] = section(told, retorts)["lines"]
        assert (told["lines"][key]["words"], told["lines"][key]["corrects"]) == ("We were twenty.", 1)
        assert [one["number"] for one in told["corrections"]] == [1]

    def test_pressing_twice_keeps_one(self, session, round_, row, now):
        id_ = uuid4()
        self.said(session, round_, row, now, id_=id_)
        self.said(session, round_, row, now, id_=id_)

        assert len(session.exec(select(MinutesCorrectionRow)).all()) == 1

    def test_it_becomes_a_comment_at_the_bench_or_is_skipped_and_the_sums_hold(
        self, session, round_, workshop, row, now
    ):
        first = self.said(session, round_, row, now)
        second = self.said(session, round_, row, now, "And it was raining.")
        workshops.make_comment(
            session, round_, workshop, first.utterance_id, workshops.Wanted((None,)), by="test", now=now
        )
        workshops.skip(session, workshop, second.utterance_id, by="test", now=now)

        assert intake.outcome_of(session, first.record_id) is Outcome.COMMENT
        assert intake.outcome_of(session, second.record_id) is Outcome.SET_ASIDE
        assert ledger.verify(session).faults == []

    def test_after_the_meeting_is_closed_one_on_a_clause_is_a_comment_at_once(
        self, session, round_, workshop, retorts, row, hear, now
    ):
        hear(closed=True)

        kept = self.said(session, round_, row, now, clause_id=retorts)

        assert session.get_one(UtteranceRow, kept.utterance_id).state is UtteranceState.COMMENT

    def test_where_words_may_not_be_kept_none_are_taken(self, session, round_, workshop, row, now):
        workshop.consent = "refused"

        with pytest.raises(workshops.WordsRefused):
            self.said(session, round_, row, now)

    @pytest.mark.parametrize(
        ("fields", "field"), [({"words": " "}, "words"), ({"clause_id": uuid4()}, "clause")]
    )
    def test_what_says_nothing_is_refused(self, session, round_, row, now, fields, field):
        with pytest.raises(Misfilled) as refused:
            self.said(session, round_, row, now, **fields)

        assert list(refused.value.problems) == [field]

    def test_erasing_its_comment_blanks_it_everywhere(
        self, session, round_, workshop, retorts, row, hear, now
    ):
        hear(closed=True)
        kept = self.said(session, round_, row, now, "Say nothing of this.", clause_id=retorts)
        second = minutes.write(session, round_, workshop, by="test", now=now).row
        [comment] = session.exec(select(CommentRow)).all()

        comments.erase(session, comment, reason="asked", by="test", now=now)

        session.expire_all()
        assert session.get_one(MinutesCorrectionRow, kept.id).words == ""
        assert "Say nothing" not in str(second.content)
        assert intake.open_payload(session, kept.record_id) is None


class TestForgetting:
    @pytest.fixture
    def row(self, session, round_, workshop, retorts, device, hear, now):
        device.notes("Never repeat this.", clauses=[str(retorts)], category="pit-miners", lone=True)
        device.notes("This may stay.")
        hear(closed=True)
        return minutes.write(session, round_, workshop, by="test", now=now).row

    def test_an_erased_comment_leaves_every_version_and_its_place_stays(self, session, row, now):
        [comment] = session.exec(select(CommentRow)).all()

        comments.erase(session, comment, reason="asked", by="test", now=now)

        line = row.content["lines"][f"comment:{comment.id}"]
        assert (line["words"], line["is"], line["category"]) == ("", "taken-back", "")
        assert "This may stay." in words_in(row.content)
        written = text_of(composing.compose(minutes.for_hands(row.content), language="en", name="m"))
        assert "Never repeat" not in written
        assert "taken back by those who said it" in written

    def test_a_note_that_is_no_comment_can_be_forgotten_too(self, session, row):
        [open_] = session.exec(select(UtteranceRow).where(UtteranceRow.state == UtteranceState.OPEN)).all()

        minutes.forget(session, [], [open_.id])

        assert sorted(words_in(row.content)) == ["", "Never repeat this."]

    def test_when_the_group_takes_its_consent_back_no_word_stays(self, session, workshop, row):
        minutes.forget_all(session, workshop)

        assert set(words_in(row.content)) == {""}
        assert row.content["meeting"]["notes"] == ""


class TestHandingOut:
    def test_small_groups_are_counted_together_and_the_total_stays(self, session, round_, workshop):
        told = gathered(session, round_, workshop)

        came = minutes.for_hands(told)["attendance"]

        assert [(row["category"], row["people"]) for row in came["rows"]] == [
            ("pit-miners", 12),
            (OTHERS, 10),
        ]
        assert came["people"] == 22
        assert told["attendance"]["rows"][2]["category"] == "buyers"

    def test_a_voice_of_a_small_group_is_told_without_its_group(
        self, session, round_, workshop, device, hear
    ):
        device.notes("Prices fell.", category="buyers")
        device.notes("It is far.", category="pit-miners")
        hear()

        told = minutes.for_hands(gathered(session, round_, workshop))

        assert {line["words"]: line["category"] for line in told["lines"].values()} == {
            "Prices fell.": "", "It is far.": "pit-miners",
        }  # fmt: skip

    counts_by_category = st.dictionaries(
        st.sampled_from(["pit-miners", "processors", "buyers", "owners", "neighbours"]),
        st.tuples(st.integers(1, 30), st.integers(0, 30)),
        min_size=1,
    )

    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(came=counts_by_category)
    def test_what_is_handed_out_adds_up_and_betrays_no_few(self, came):
        people = {who: count for who, (count, _) in came.items()}
        dots = {who: [min(yes, count), max(count - yes, 0)] for who, (count, yes) in came.items()}
        rows = [
            {"category": who, "people": count, "women": min(women, count), "bands": {}, "seats": None}
            for who, (count, women) in came.items()
        ]
        vote = {
            "options": ["Yes", "No"], "people": people, "cells": dots, "excesses": [],
            "totals": [sum(one[at] for one in dots.values()) for at in (0, 1)],
        }  # fmt: skip
        total = {"people": sum(people.values()), "women": sum(row["women"] for row in rows)}
        told = {
            "attendance": {"rows": rows, **total, "seats": None, "bands": {}}, "consents": {}, "lines": {},
            "corrections": [], "sections": [{"votes": [vote]}],
        }  # fmt: skip

        found = minutes.for_hands(told)

        shown = {row["category"]: row["people"] for row in found["attendance"]["rows"]}
        assert all(count >= SMALLEST for count in shown.values())
        if found["attendance"]["people"] is not None:
            assert sum(shown.values()) in (0, total["people"])
            gone = {who for who in people if who not in shown}
            assert not gone or (sum(people[who] for who in gone) >= SMALLEST and len(gone) != 1)
        [split] = found["sections"][0]["votes"]
        assert split["totals"] == vote["totals"]
        assert all(count >= SMALLEST for count in split["people"].values())
        if split["cells"]:
            together = [sum(one[at] for one in split["cells"].values()) for at in (0, 1)]
            assert together == split["totals"] or sum(people.values()) < SMALLEST


class TestDocuments:
    def test_everything_in_the_minutes_stands_in_the_document(
        self, session, round_, workshop, retorts, device, hear, now
    ):
        device.notes(
            "Retorti *moja* | kwa watu 40.", clauses=[str(retorts)], category="pit-miners", lone=True
        )
        a_vote(device, retorts, rows={"pit-miners": [9, 3], "processors": [5, 4]})
        hear()
        row = minutes.write(session, round_, workshop, by="test", now=now).row

        composed = composing.compose(row.content, language="en", name="m")

        words = text_of(composed)
        for expected in (
            "Retorti \\*moja\\*",
            "Vote: One retort for 15?",
            "14",
            "a lone voice",
            "Lone voices",
        ):
            assert expected in words
        for kind in documents.TYPES:
            data = documents.write(session, workshop, composed, kind, Particulars("1", "", "", now))
            assert data == documents.write(session, workshop, composed, kind, Particulars("1", "", "", now))

    def test_a_photograph_with_what_stands_on_it_is_in_the_word_file(
        self, session, round_, workshop, retorts, now, tmp_path
    ):
        objects.use((tmp_path / "objects").as_uri())
        image = io.BytesIO()
        Image.new("RGB", (60, 40), "white").save(image, "JPEG")
        stored = self.photographed(session, round_, workshop, retorts, image.getvalue(), now)
        composed = composing.compose(gathered(session, round_, workshop), language="en", name="m")

        data = documents.write(session, workshop, composed, "docx", Particulars("1"))
        objects.destroy(session, stored, reason="asked", by="test", now=now)
        without = documents.write(session, workshop, composed, "docx", Particulars("1"))

        assert "Retorts for 15" in text_of(composed)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert archive.read("word/media/picture1.jpeg") == image.getvalue()
        with zipfile.ZipFile(io.BytesIO(without)) as archive:
            assert not [name for name in archive.namelist() if "media" in name]

    def photographed(self, session, round_, workshop, clause_id, content, now):
        arrival = intake.Arrival(Channel.WORKSHOP, "test", "photo", b"{}", round_id=round_.id)
        record = intake.record(session, arrival, now=now)
        row = objects.keep(
            session, objects.place(workshop.id, content), sha256="0" * 64, media_type="image/jpeg",
            record_id=record.id, now=now,
        )  # fmt: skip
        session.add(
            PhotoRow(
                workshop_id=workshop.id, entity="photo:1", sha256=row.sha256, object_id=row.id,
                clause_id=clause_id, caption="Chart", typed="Retorts for 15",
            )
        )  # fmt: skip
        session.flush()
        return row

    def test_pictures_stand_beneath_their_section_in_the_order_given(self):
        document = a_document({"1": "Flip chart. Words on it."})
        [clause] = document
        picture = pictures.Picture(JPEG, 4000, 3000, "Flip chart “A” & <B>")

        data = writing.write(
            document, title="T", label="1", status="", pictures={clause.id: [picture, picture]}
        )

        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert archive.read("word/media/picture1.jpeg") == JPEG
            written = archive.read("word/document.xml").decode()
            related = archive.read("word/_rels/document.xml.rels").decode()
        assert written.index("Words on it.") < written.index('r:embed="rIdPicture1"')
        assert 'Target="media/picture2.jpeg"' in related
        assert "Flip chart “A” &amp; &lt;B&gt;" in written


class TestTracing:
    def test_each_line_leads_to_its_comment_and_its_second_of_tape(
        self, session, round_, workshop, retorts, device, hear
    ):
        device.notes("Mbali sana.", clauses=[str(retorts)], recording="recording:1", ms=62_500)
        hear(closed=True)

        [line] = gathered(session, round_, workshop)["lines"].values()

        [comment] = session.exec(select(CommentRow)).all()
        origin = workshops.origin_of(session, comment.id)
        assert (line["comment"], line["receipt"]) == (str(comment.id), comment.receipt)
        assert (line["utterance"], line["second"]) == (str(origin.utterance.id), 62.5)


class TestResults:
    @pytest.fixture
    def said(self, session, round_, workshop, retorts, device, hear):
        device.notes("Too dear.", clauses=[str(retorts)], category="pit-miners")
        device.notes("Too far.", clauses=[str(retorts)], category="pit-miners")
        hear(closed=True)
        return session.exec(select(CommentRow).order_by(CommentRow.text)).all()

    def decide(self, session, comment, now, outcome, **fields):
        decision = dispositions.Decision(outcome=DispositionOutcome(outcome), reason="Because.", **fields)
        return dispositions.decide(session, comment, decision, by="test", now=now + timedelta(days=10))

    def sheet(self, session, round_, workshop):
        found = results.of(session, round_, workshop, language="en")
        return found, text_of(results.compose(found, language="en", name="r", ways=results.Ways()))

    def test_there_is_nothing_to_return_before_the_first_decision(self, session, round_, workshop, said):
        assert not results.of(session, round_, workshop, language="en").is_available

    def test_what_was_decided_is_told_with_its_reason_and_what_is_not_as_such(
        self, session, round_, workshop, said, now
    ):
        self.decide(session, said[0], now, "declined", answer="A retort for many costs less.")

        found, words = self.sheet(session, round_, workshop)

        assert (found.said, found.decided, found.undecided) == (2, 1, 1)
        assert "Declined" in words
        assert "A retort for many costs less." in words
        assert "Not yet decided" in words
        assert said[0].receipt in words

    def test_where_the_text_changed_it_stands_before_and_after(
        self, session, round_, workshop, version, retorts, said, now
    ):
        newer = self.changed(session, version, retorts, "Operators should share a retort.")
        self.decide(session, said[0], now, "accepted", change_version_id=newer.id, change_clause_id=retorts)

        _, words = self.sheet(session, round_, workshop)

        assert "Operators should use a retort that recovers the vapour" in words
        assert "Operators should share a retort" in words

    def changed(self, session, version, clause_id, body):
        """A later version in which this clause reads otherwise."""
        from standards.tables import OutlineRow

        standard = session.get_one(StandardRow, version.standard_id)
        newer = VersionRow(standard_id=standard.id, label="1.1", created_at=version.created_at)
        session.add(newer)
        session.flush()
        text = ClauseText(heading="Retorts", body=body)
        session.add(ClauseTextRow(hash=text.hash, **text.as_json()))
        session.flush()
        session.add(
            OutlineRow(
                version_id=newer.id, clause_id=clause_id, text_hash=text.hash, parent_id=None, position=0,
                number="1",
            )
        )  # fmt: skip
        session.flush()
        newer.status, newer.content_hash, newer.frozen_at = Status.DECIDED, "0" * 64, version.created_at
        session.flush()
        return newer

    def test_plain_words_in_the_language_of_the_meeting_stand_in_place_of_the_text(
        self, session, round_, workshop, version, retorts, said, now
    ):
        text = session.get_one(OutlineRow, (version.id, retorts)).text_hash
        for wording, words in ((Wording.SMS, "Short."), (Wording.PLAIN, "Tumia retorti.")):
            session.add(
                TranslationRow(
                    clause_id=retorts, language="sw", wording=wording, words=words, source_hash=text, at=now
                )
            )  # fmt: skip
        self.decide(session, said[0], now, "accepted", change_version_id=version.id, change_clause_id=retorts)

        found = results.of(session, round_, workshop, language="sw")

        assert found.changed[str(retorts)].before == "Tumia retorti."

    def test_with_all_decided_nothing_is_called_open(self, session, round_, workshop, said, now):
        for comment in said:
            self.decide(session, comment, now, "noted")

        _, words = self.sheet(session, round_, workshop)

        assert "Nothing. All that was written down has been decided on" in words


class TestTheDesk:
    def test_what_is_typed_at_the_desk_is_an_operation_like_any_other(
        self, session, round_, workshop, retorts, now
    ):
        entity = f"vote:{uuid4()}"
        fields = {"question": "Which?", "options": ["A", "B"], "dots": 2, "cell:0:pit-miners": 3}
        keeping.put(session, round_, workshop, Kind.VOTE, entity, fields, now=now)

        kept = keeping.put(session, round_, workshop, Kind.VOTE, entity, fields | {"dots": 3}, now=now)

        assert len(kept) == 1
        [vote] = counts.votes_of(session, workshop.id)
        assert (vote.dots, vote.cells) == (3, {"0": {"pit-miners": 3}})
        assert ledger.verify(session).faults == []
