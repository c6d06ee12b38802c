"""Workshops: who came, what was said, and how it becomes comments that lead back to their second of tape."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from importlib.resources import files

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consult import (
    comments,
    db,
    dispositions,
    erasures,
    intake,
    ledger,
    links,
    participation,
    rounds,
    workshops,
)
from consult.comments import TooLong
from consult.errors import Misfilled, NotFound
from consult.tables.comments import CommentRow, LinkKind, Placement, StandingRow
from consult.tables.decisions import DispositionOutcome
from consult.tables.intake import Outcome, RecordOutcomeRow, RecordRow
from consult.tables.people import Role
from consult.tables.workshops import TranscriptRow, UtteranceRow, UtteranceState
from consult.workshops import Attended, Consent, Meeting, Wanted, bench, splitting, transcripts, voices
from standards.store import UnknownClause
from tests.factories import a_person, a_version, clause_numbered

SPOKEN = """\
Asha Mrema: If it is far nobody will carry wet amalgam in the rain. They will do it behind the house.
Juma: Asha is right, call me on 0754 123 456.
Asha Mrema: The smith makes retorts from pipe. Sixty thousand.
Facilitator: We go on to clause 2.2, the retort.
Several: Yes. Yes.
"""
CUED = """\
WEBVTT

00:00:05.000 --> 00:00:08.000
<v Asha Mrema>We burn it

00:00:09.000 --> 00:00:12.000
<v Asha Mrema>behind the house.

00:01:02.500 --> 00:01:04.000
<v Juma>Nobody else will say it: children breathe it.
"""


@pytest.fixture
def version(session):
    return a_version(session, status="consultation")


@pytest.fixture
def round_(session, version, now):
    return a_round(session, version, now)


def a_round(session, version, now):
    rounds.keep_group(session, "pit-miners", {"en": "Pit miners", "sw": "Wachimbaji"})
    rounds.keep_group(session, "processors", {"en": "Women who process"}, 1)
    wanted = rounds.NewRound(slug="r1", title="Round 1", opens_at=now, closes_at=now + timedelta(days=60))
    return rounds.open_round(session, version, wanted, now=now)


def a_workshop(session, round_, now, **fields):
    meeting = Meeting(**{"place": "Katoro", "held_on": date(2026, 3, 1), "region": "Geita"} | fields)
    return workshops.hold(session, round_, meeting, now=now).workshop


def a_transcript(session, workshop, now, text=SPOKEN, name="talk.txt", *, one_voice=False, **categories):
    recorded = workshops.receive(session, workshop, text.encode(), name, now=now)
    record = session.get_one(RecordRow, recorded.id)
    heard = workshops.hear(session, record, one_voice=one_voice)
    kept, _ = workshops.keep(session, workshop, record, heard, name=name, categories=categories, now=now)
    return kept


def utterances(session, transcript):
    query = sa.select(UtteranceRow).where(UtteranceRow.transcript_id == transcript.id)
    return list(session.execute(query.order_by(UtteranceRow.position)).scalars())


def comment(session, round_, workshop, row, now, **wanted):
    taken = workshops.make_comment(session, round_, workshop, row.id, Wanted(**wanted), by="test", now=now)
    return session.get_one(CommentRow, taken.made.id)


@pytest.fixture
def workshop(session, round_, now):
    return a_workshop(session, round_, now, languages=("en", "sw"))


@pytest.fixture
def said(session, workshop, now):
    """The five utterances of SPOKEN."""
    return utterances(session, a_transcript(session, workshop, now))


class TestAttendance:
    def test_people_are_counted_by_category_and_group(self, session, round_, now):
        came = (Attended("pit-miners", 12, 3), Attended("women who process", 9), Attended("Drivers", 2, 0))

        workshop = a_workshop(session, round_, now, attendance=came)

        rows = [(r.category, r.people, r.women) for r in workshops.attendance_of(session, workshop)]
        assert rows == [("pit-miners", 12, 3), ("processors", 9, None), ("Drivers", 2, 0)]

    def test_figures_of_participation_come_from_attendance_not_from_statements(self, session, round_, now):
        workshop = a_workshop(session, round_, now, attendance=(Attended("pit-miners", 12),))
        row = utterances(session, a_transcript(session, workshop, now))[0]
        comment(session, round_, workshop, row, now)

        miners = rounds.group_called(session, "pit-miners")
        assert workshops.attendance_by_group(session, round_) == {miners.id: 12}
        assert participation.of(session, round_).people == 12

    @pytest.mark.parametrize(
        ("people", "women", "field", "words"),
        [
            ("-3", "", "people", "below nought"),
            ("twelve", "", "people", "not a count"),
            ("4", "5", "women", "5 women among 4"),
            ("90000", "", "people", "more than one workshop holds"),
            ("4", "-1", "women", "below nought"),
        ],
    )
    def test_a_count_that_cannot_be_is_refused_kindly(self, people, women, field, words):
        with pytest.raises(Misfilled) as refused:
            workshops.counted("Pit miners", people, women)

        assert list(refused.value.problems) == [field]
        assert words in str(refused.value)

    def test_a_category_counted_twice_is_refused(self, session, round_, now):
        with pytest.raises(Misfilled, match="counted twice"):
            a_workshop(session, round_, now, attendance=(Attended("Drivers", 1), Attended("drivers", 2)))

    def test_putting_it_right_replaces_the_counts(self, session, round_, now):
        workshop = a_workshop(session, round_, now, attendance=(Attended("pit-miners", 12),))
        right = Meeting("Katoro", date(2026, 3, 1), attendance=(Attended("pit-miners", 10),))

        workshops.change(session, workshop, right)

        assert [r.people for r in workshops.attendance_of(session, workshop)] == [10]


class TestWhoSeesAWorkshop:
    def test_a_facilitator_sees_their_own_and_the_secretary_all(self, session, round_, now):
        asha, juma = (a_person(session, role=Role.FACILITATOR) for _ in range(2))
        workshop = a_workshop(session, round_, now, facilitator_id=asha.id)

        assert workshops.workshops_of(session, asha.id, asha.role) == [(workshop, round_)]
        assert workshops.workshops_of(session, juma.id, juma.role) == []
        assert workshops.workshop_for(session, workshop.id, juma.id, Role.SECRETARY)[0] == workshop
        with pytest.raises(NotFound):
            workshops.workshop_for(session, workshop.id, juma.id, juma.role)


class TestBringingIn:
    def test_the_file_lies_in_the_ledger_byte_for_byte(self, session, workshop, now):
        recorded = workshops.receive(session, workshop, CUED.encode(), "talk.vtt", now=now)

        assert recorded.fresh
        assert intake.open_payload(session, recorded.id) == CUED.encode()
        assert intake.outcome_of(session, recorded.id) is None
        assert transcripts.not_looked_at(session, workshop)[0].id == recorded.id

    def test_the_same_file_twice_changes_nothing(self, session, workshop, now, said):
        again = workshops.receive(session, workshop, SPOKEN.encode(), "other name.txt", now=now)
        record = session.get_one(RecordRow, again.id)
        heard = workshops.hear(session, record)
        _, fresh = workshops.keep(session, workshop, record, heard, name="again", now=now)

        assert not again.fresh
        assert not fresh
        assert session.scalar(sa.select(sa.func.count()).select_from(UtteranceRow)) == len(said)

    def test_the_same_file_of_another_workshop_is_another_record(self, session, round_, workshop, said, now):
        other = a_workshop(session, round_, now, place="Nyarugusu")

        assert workshops.receive(session, other, SPOKEN.encode(), "talk.txt", now=now).fresh

    def test_speakers_are_called_by_number_and_their_names_sealed(self, session, said):
        assert [row.speaker for row in said] == [
            "Speaker 1",
            "Speaker 2",
            "Speaker 1",
            "Facilitator",
            "Several",
        ]
        assert [row.speaker_name for row in said] == ["Asha Mrema", "Juma", "Asha Mrema", None, None]
        kept = session.execute(sa.text("SELECT speaker_name FROM utterance WHERE speaker = 'Speaker 1'"))
        assert all(b"Asha" not in bytes(sealed) for (sealed,) in kept)

    def test_names_and_numbers_are_masked_in_the_words(self, said):
        assert said[1].words == "[name] is right, call me on [number]."

    def test_neighbouring_cues_of_one_speaker_are_one_utterance_with_its_seconds(
        self, session, workshop, now
    ):
        rows = utterances(session, a_transcript(session, workshop, now, CUED, "talk.vtt"))

        assert [(row.start, row.end, row.words) for row in rows] == [
            (5.0, 12.0, "We burn it behind the house."),
            (62.5, 64.0, "Nobody else will say it: children breathe it."),
        ]

    def test_a_category_said_at_the_look_holds_for_all_a_speaker_says(self, session, workshop, now):
        kept = a_transcript(session, workshop, now, **{"Speaker 1": "pit-miners"})

        found = {row.speaker: row.category for row in utterances(session, kept)}
        assert (found["Speaker 1"], found["Speaker 2"]) == ("pit-miners", "")

    def test_without_speakers_it_is_refused_with_a_way_out(self, session, workshop, now):
        recorded = workshops.receive(session, workshop, b"The water is dear.\n\nAnd far.", "n.txt", now=now)
        record = session.get_one(RecordRow, recorded.id)

        with pytest.raises(workshops.CannotRead, match="who is speaking") as refused:
            workshops.hear(session, record)

        assert refused.value.as_one_voice
        one = workshops.hear(session, record, one_voice=True)
        assert [(cue.speaker, cue.text, cue.line) for cue in one.cues] == [
            (None, "The water is dear.", 1),
            (None, "And far.", 3),
        ]

    @pytest.mark.parametrize(
        ("content", "name", "words"),
        [
            (b"", "t.txt", "empty"),
            (b"%PDF-1.7", "t.pdf", "PDF"),
            (b"\xd0\xcf\x11\xe0", "t.doc", "old or locked"),
            (b"WEBVTT\n\nno cue here", "t.vtt", "no cue"),
            (b"{}", "t.json", "no list of segments"),
            (b"\0\1\2\3" * 50, "t.txt", "not a text file"),
        ],
    )
    def test_what_is_no_transcript_is_refused_kindly_and_not_offered_as_one_voice(self, content, name, words):
        with pytest.raises(workshops.CannotRead) as refused:
            transcripts.understood(content, name)

        assert words.lower() in str(refused.value).lower()
        assert not refused.value.as_one_voice

    def test_where_consent_was_refused_no_words_are_taken(self, session, round_, now):
        workshop = a_workshop(session, round_, now, consent=Consent.REFUSED)

        with pytest.raises(workshops.WordsRefused, match="Their number still counts"):
            workshops.receive(session, workshop, SPOKEN.encode(), "talk.txt", now=now)

    def test_a_recording_is_refused_by_its_size(self, session, workshop, now, monkeypatch):
        monkeypatch.setattr(transcripts, "LARGEST", 10)

        with pytest.raises(transcripts.FileTooLarge, match="recording"):
            workshops.receive(session, workshop, SPOKEN.encode(), "talk.txt", now=now)

    def test_a_file_put_aside_can_be_taken_up_again(self, session, workshop, now):
        recorded = workshops.receive(session, workshop, SPOKEN.encode(), "talk.txt", now=now)
        record = session.get_one(RecordRow, recorded.id)
        transcripts.put_aside(session, record, "not used", now=now)
        assert intake.outcome_of(session, recorded.id) is Outcome.SET_ASIDE

        a_transcript(session, workshop, now)

        session.expire_all()
        assert session.get(RecordOutcomeRow, recorded.id) is None


class TestVoices:
    @pytest.mark.parametrize(
        "label",
        [
            "Facilitator",
            "Speaker 4",
            "speaker_01",
            "Woman 2",
            "Mwezeshaji",
            "Several",
            "Mujer minera",
            "Voice B",
        ],
    )
    def test_what_says_what_somebody_is_names_nobody(self, label):
        assert voices.names_nobody(label)

    @pytest.mark.parametrize("label", ["Asha", "Mama Asha", "Pit miner Juma", "María Quispe", "juma.mrema"])
    def test_anything_else_is_a_name(self, label):
        assert not voices.names_nobody(label)

    def test_a_number_the_file_uses_is_not_given_twice(self):
        assert voices.labels(["Asha", "Speaker 1", "Juma"]) == {
            "Asha": "Speaker 2",
            "Speaker 1": "Speaker 1",
            "Juma": "Speaker 3",
        }

    @given(st.lists(st.text(min_size=1, max_size=30), max_size=12))
    @settings(max_examples=60, deadline=None)
    def test_no_two_speakers_share_a_number_and_no_name_is_shown(self, speakers):
        shown = voices.labels(speakers)

        numbers = [word for name, word in shown.items() if word != name[:60]]
        assert len(numbers) == len(set(numbers))
        assert all(voices.names_nobody(word) for word in shown.values())


class TestMakingComments:
    def test_an_utterance_becomes_a_comment_with_its_category_region_and_second(
        self, session, round_, workshop, version, now
    ):
        kept = a_transcript(session, workshop, now, CUED, "talk.vtt", **{"Speaker 2": "pit-miners"})
        row = utterances(session, kept)[1]
        clause = clause_numbered(session, version, "2.1")

        made = comment(session, round_, workshop, row, now, clause_ids=(clause,), lone=True)

        assert made.text == "Nobody else will say it: children breathe it."
        assert made.group_id == rounds.group_called(session, "pit-miners").id
        assert (made.region, made.language, made.late, made.public) == ("Geita", "en", False, False)
        assert [(link.clause_id, link.kind, link.by) for link in links.live_links(session, made.id)] == [
            (clause, LinkKind.CONFIRMED, "test")
        ]
        origin = workshops.origin_of(session, made.id)
        assert (origin.workshop, origin.utterance.start) == (workshop, 62.5)
        assert workshops.lone_among(session, [made.id]) == {made.id}

    def test_several_clauses_and_the_whole_document(self, session, round_, workshop, version, said, now):
        clauses = tuple(clause_numbered(session, version, number) for number in ("2.1", "2.2"))

        made = comment(session, round_, workshop, said[0], now, clause_ids=(*clauses, None))

        assert {link.clause_id for link in links.live_links(session, made.id)} == {*clauses, None}
        assert session.get_one(StandingRow, made.id).placement is Placement.LINKED

    def test_without_a_clause_it_waits_in_the_queue(self, session, round_, workshop, said, now):
        made = comment(session, round_, workshop, said[0], now)

        assert session.get_one(StandingRow, made.id).placement is Placement.QUEUED

    def test_pressing_twice_gives_the_same_comment(self, session, round_, workshop, said, now):
        first = workshops.make_comment(session, round_, workshop, said[0].id, Wanted(), by="a", now=now)
        second = workshops.make_comment(session, round_, workshop, said[0].id, Wanted(), by="a", now=now)

        assert (first.fresh, second.fresh) == (True, False)
        assert first.made == second.made

    def test_a_part_leaves_what_was_said_around_it_open(self, session, round_, workshop, said, now):
        made = comment(session, round_, workshop, said[0], now, words="nobody will carry\n wet amalgam")

        rows = utterances(session, session.get_one(TranscriptRow, said[0].transcript_id))
        assert made.text == "nobody will carry wet amalgam"
        assert [(row.words, row.state) for row in rows[:3]] == [
            ("If it is far", UtteranceState.OPEN),
            ("nobody will carry wet amalgam", UtteranceState.COMMENT),
            ("in the rain. They will do it behind the house.", UtteranceState.OPEN),
        ]
        assert {row.speaker_name for row in rows[:3]} == {"Asha Mrema"}

    def test_a_part_of_joined_cues_leads_to_its_own_second(self, session, round_, workshop, now):
        kept = a_transcript(session, workshop, now, CUED, "talk.vtt")
        row = utterances(session, kept)[0]

        made = comment(session, round_, workshop, row, now, words="behind the house.")

        origin = workshops.origin_of(session, made.id).utterance
        assert (origin.start, origin.end) == (9.0, 12.0)
        rest = utterances(session, kept)[0]
        assert (rest.words, rest.start, rest.end) == ("We burn it", 5.0, 8.0)

    def test_half_a_word_is_taken_whole(self, session, round_, workshop, said, now):
        made = comment(session, round_, workshop, said[0], now, words="obody will car")

        assert made.text == "nobody will carry"

    @given(st.lists(st.tuples(st.integers(0, 17), st.integers(1, 6)), min_size=1, max_size=5))
    @settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_no_word_is_lost_by_splitting(self, session, workshop, said, now, cuts):
        transcript = session.get_one(TranscriptRow, said[0].transcript_id)
        before = " ".join(row.words for row in utterances(session, transcript)).split()
        for place, length in cuts:
            for row in utterances(session, transcript)[:1]:
                words = row.words.split()[place : place + length]
                if words:
                    splitting.split_out(session, transcript, row, " ".join(words))

        assert " ".join(row.words for row in utterances(session, transcript)).split() == before

    def test_words_that_were_not_said_are_refused(self, session, round_, workshop, said, now):
        with pytest.raises(workshops.NotSaid):
            comment(session, round_, workshop, said[0], now, words="something else")

        assert said[0].state is UtteranceState.OPEN

    def test_neighbours_join_and_keep_who_said_what(self, session, round_, workshop, said, now):
        workshops.join(session, workshop, said[1].id, by="test", now=now)
        made = comment(session, round_, workshop, said[1], now)

        assert made.text == (
            "Speaker 2: [name] is right, call me on [number].\n"
            "Speaker 1: The smith makes retorts from pipe. Sixty thousand."
        )
        assert made.group_id is None
        assert workshops.origin_of(session, made.id).utterance.id == said[1].id
        assert workshops.progress(session, workshop).commented == 2

    def test_what_is_done_is_not_joined(self, session, workshop, said, now):
        workshops.skip(session, workshop, said[2].id, by="test", now=now)

        with pytest.raises(workshops.NothingToJoin):
            workshops.join(session, workshop, said[1].id, by="test", now=now)

    def test_an_unknown_clause_changes_nothing(self, session, round_, workshop, said, now):
        from standards.identity import new_id

        with pytest.raises(UnknownClause):
            comment(session, round_, workshop, said[0], now, clause_ids=(new_id(),))

        assert session.scalar(sa.select(sa.func.count()).select_from(CommentRow)) == 0

    def test_an_utterance_longer_than_any_comment_is_refused(self, session, round_, workshop, said, now):
        said[0].words = "x" * (comments.LONGEST + 1)
        session.add(said[0])
        session.flush()

        with pytest.raises(TooLong):
            comment(session, round_, workshop, said[0], now)

    def test_an_utterance_of_another_workshop_is_not_there(self, session, round_, said, now):
        other = a_workshop(session, round_, now, place="Nyarugusu")

        with pytest.raises(NotFound):
            comment(session, round_, other, said[0], now)

    def test_what_comes_after_the_close_is_taken_and_marked_late(self, session, round_, workshop, now):
        kept = a_transcript(session, workshop, now + timedelta(days=61))
        row = utterances(session, kept)[0]

        taken = workshops.make_comment(session, round_, workshop, row.id, Wanted(), by="a", now=now)

        assert taken.late
        assert session.get_one(CommentRow, taken.made.id).late

    def test_words_are_public_only_where_that_was_agreed(self, session, round_, now):
        workshop = a_workshop(session, round_, now, consent=Consent.SPOKEN, quotable=True)
        row = utterances(session, a_transcript(session, workshop, now))[0]

        assert comment(session, round_, workshop, row, now).public


class TestTwoAtOnce:
    def test_pressed_at_the_same_moment_one_utterance_gives_one_comment(self, engine, now):
        with db.transaction() as session:
            round_ = a_round(session, a_version(session, status="consultation"), now)
            workshop = a_workshop(session, round_, now)
            rows = utterances(session, a_transcript(session, workshop, now))

        def press(row):
            with db.transaction() as session:
                return workshops.make_comment(
                    session, round_, workshop, row.id, Wanted((None,)), by="t", now=now
                )

        with ThreadPoolExecutor(4) as people:
            taken = list(people.map(press, [rows[0], rows[0], rows[1], rows[1]]))

        assert sorted(one.fresh for one in taken) == [False, False, True, True]
        assert len({one.made.id for one in taken}) == 2
        with db.reading() as session:
            assert sorted(session.execute(sa.select(CommentRow.part)).scalars()) == [0, 1]
            assert ledger.verify(session).faults == []


class TestUndoing:
    def test_undoing_opens_the_utterance_and_leaves_an_empty_place(
        self, session, round_, workshop, version, said, now
    ):
        clause = clause_numbered(session, version, "2.1")
        made = comment(session, round_, workshop, said[0], now, clause_ids=(clause,))

        assert workshops.undo(session, workshop, said[0].id, by="test", now=now)

        assert (said[0].state, said[0].comment_id) == (UtteranceState.OPEN, None)
        assert session.get_one(StandingRow, made.id).placement is Placement.ERASED
        assert links.live_links(session, made.id) == []
        assert intake.open_payload(session, made.record_id) == SPOKEN.encode()

    def test_it_can_be_made_a_comment_again(self, session, round_, workshop, said, now):
        first = comment(session, round_, workshop, said[0], now)
        workshops.undo(session, workshop, said[0].id, by="test", now=now)

        second = comment(session, round_, workshop, said[0], now)

        assert (first.part, second.part) == (0, 1)
        assert second.text == said[0].words

    def test_undoing_joined_neighbours_opens_all(self, session, round_, workshop, said, now):
        for _ in range(2):
            workshops.join(session, workshop, said[0].id, by="test", now=now)
        comment(session, round_, workshop, said[0], now)

        workshops.undo(session, workshop, said[1].id, by="test", now=now)

        assert workshops.progress(session, workshop).left == len(said)

    def test_a_comment_with_a_decision_is_not_undone(self, session, round_, workshop, said, now):
        made = comment(session, round_, workshop, said[0], now, clause_ids=(None,))
        decision = dispositions.Decision(outcome=DispositionOutcome.NOTED, reason="Heard.")
        dispositions.decide(session, made, decision, by="test", now=now + timedelta(days=61))

        with pytest.raises(workshops.AlreadyDecided, match=made.receipt):
            workshops.undo(session, workshop, said[0].id, by="test", now=now)

    def test_undoing_what_is_open_changes_nothing(self, session, workshop, said, now):
        assert not workshops.undo(session, workshop, said[0].id, by="test", now=now)


class TestBothSums:
    def test_the_file_waits_until_its_first_comment(self, session, round_, workshop, said, now):
        record_id = session.get_one(TranscriptRow, said[0].transcript_id).record_id
        workshops.skip(session, workshop, said[1].id, by="test", now=now)
        assert intake.outcome_of(session, record_id) is None

        comment(session, round_, workshop, said[0], now)

        assert intake.outcome_of(session, record_id) is Outcome.COMMENT

    def test_a_transcript_all_skipped_is_set_aside_and_waits_again_when_one_is_opened(
        self, session, workshop, said, now
    ):
        record_id = session.get_one(TranscriptRow, said[0].transcript_id).record_id

        assert [workshops.skip(session, workshop, row.id, by="test", now=now) for row in said] == [
            True
        ] * len(said)
        assert not workshops.skip(session, workshop, said[0].id, by="test", now=now)

        outcome = session.get_one(RecordOutcomeRow, record_id)
        assert (outcome.outcome, "skipped" in outcome.reason) == (Outcome.SET_ASIDE, True)
        workshops.undo(session, workshop, said[0].id, by="test", now=now)
        assert intake.outcome_of(session, record_id) is None

    @given(st.lists(st.tuples(st.sampled_from("csu"), st.integers(0, 4)), max_size=20))
    @settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_both_sums_hold_whatever_is_pressed(self, session, round_, workshop, said, now, pressed):
        for key, place in pressed:
            if key == "c":
                workshops.make_comment(
                    session, round_, workshop, said[place].id, Wanted((None,)), by="t", now=now
                )
            elif key == "s":
                workshops.skip(session, workshop, said[place].id, by="test", now=now)
            else:
                workshops.undo(session, workshop, said[place].id, by="t", now=now)

        assert ledger.verify(session).faults == []

    def test_an_erased_comment_takes_the_words_from_the_transcript_too(
        self, session, round_, workshop, said, now
    ):
        made = comment(session, round_, workshop, said[0], now)

        comments.erase(session, made, reason=erasures.REASON, by="test", now=now)

        session.expire_all()
        assert session.get_one(UtteranceRow, said[0].id).words == ""


class TestTheBench:
    def test_the_clause_on_the_table_comes_first(self, session, round_, version, now):
        agenda = tuple(clause_numbered(session, version, number) for number in ("2.1", "2.2"))
        workshop = a_workshop(session, round_, now, agenda=agenda)
        rows = utterances(session, a_transcript(session, workshop, now))

        laid = bench.lay_out(session, round_, workshop, rows[4].id)

        assert laid.choices[0].clause.number == "2.2"
        assert laid.choices[0].on_the_table
        assert {choice.clause.number for choice in laid.choices if choice.on_agenda} == {"2.1", "2.2"}

    def test_suggestions_carry_their_score_and_words(self, session, round_, workshop, said):
        laid = bench.lay_out(session, round_, workshop, said[0].id)

        amalgam = next(choice for choice in laid.choices if choice.clause.number == "2.1")
        assert amalgam.score is not None
        assert "amalgam" in amalgam.why

    def test_it_begins_at_the_first_open_utterance_and_goes_on_to_the_next(
        self, session, round_, workshop, said, now
    ):
        workshops.skip(session, workshop, said[0].id, by="test", now=now)

        assert bench.lay_out(session, round_, workshop, None).current.id == said[1].id
        assert bench.next_after(session, workshop, said[1].id) == said[1].id
        workshops.skip(session, workshop, said[1].id, by="test", now=now)
        assert bench.next_after(session, workshop, said[1].id) == said[2].id

    def test_the_number_of_statements_does_not_grow_with_the_tape(self, session, round_, now):
        counts = []
        for turns in (20, 400):
            workshop = a_workshop(session, round_, now, place=f"Site {turns}")
            text = "".join(f"Speaker {n % 7}: word {n} about retorts\n" for n in range(turns))
            a_transcript(session, workshop, now, text)
            bench.lay_out(session, round_, workshop, None)
            counts.append(
                _statements(session, lambda workshop=workshop: bench.lay_out(session, round_, workshop, None))
            )

        assert counts[0] == counts[1]


def _statements(session, act):
    seen = []
    engine = session.get_bind()
    sa.event.listen(engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    session.expunge_all()
    act()
    return len(seen)


class TestDemonstration:
    def test_the_workshop_of_the_demonstration_is_held_and_partly_tagged(self, session, round_, version, now):
        folder = files("consult.demonstration")
        told = json.loads((folder / "workshop.json").read_text(encoding="utf-8"))
        keys = {key for tag in told["tags"] for key in tag["clauses"]} | set(told["agenda"])
        clauses = dict.fromkeys(keys, clause_numbered(session, version, "2.1"))
        for one in told["attendance"]:
            rounds.keep_group(session, one["group"], {"en": one["group"]})
        groups = {row.key: row.id for row in rounds.groups(session)}
        facilitator = a_person(session, role=Role.FACILITATOR)

        workshop = workshops.demonstrate(
            session,
            round_,
            told,
            (folder / told["transcript"]).read_bytes(),
            clauses=clauses,
            groups=groups,
            facilitator=facilitator.id,
            now=now,
        )

        far = workshops.progress(session, workshop)
        assert far.comments == len(told["tags"])
        assert far.skipped > 0
        assert far.left > 0
        assert sum(workshops.attendance_by_group(session, round_).values()) == 38
        made = session.execute(sa.select(CommentRow.text).order_by(CommentRow.part)).scalars().all()
        assert made == [tag["words"] for tag in told["tags"]]


class TestRealMeetings:
    @pytest.mark.parametrize("folder", ["acdc-2026-04-16_177", "acde-2026-02-12_230"])
    def test_a_call_comes_in_whole(self, session, round_, workshop, corpora, now, folder):
        file = corpora("meetings/ethereum-calls") / folder / "transcript.vtt"
        content = file.read_bytes()

        kept = a_transcript(session, workshop, now, content.decode(), file.name)

        rows = utterances(session, kept)
        cues = content.count(b"-->")
        heard = transcripts.understood(content, file.name)
        assert heard.read >= cues
        assert sum(len(cue.originals) or 1 for cue in heard.cues) == heard.read - heard.empty
        assert len(rows) == len(heard.cues)
        assert all(row.start is not None for row in rows)
        shown = " ".join(row.words for row in rows)
        assert not any(name in shown for name in heard.names if " " in name)

    def test_every_hearing_comes_in_whole(self, session, round_, workshop, corpora, now):
        files = sorted(corpora("meetings/ecuador-assembly-es").glob("*.json"))

        for file in files:
            kept = a_transcript(session, workshop, now, file.read_text(), file.name)

            heard = transcripts.understood(file.read_bytes(), file.name)
            assert len(utterances(session, kept)) == len(heard.cues) > 0
        assert len(workshops.transcripts_of(session, workshop)) == len(files) > 0
