"""The bench: what was said is split, joined, attributed and corrected, and every act of it can be undone."""

import contextlib
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consult import comments, db, dispositions, intake, ledger, workshops
from consult.sheets.columns import Column
from consult.sheets.writing import table
from consult.tables.comments import CommentRow, StandingRow
from consult.tables.decisions import DispositionOutcome
from consult.tables.intake import Outcome
from consult.tables.rounds import RoundRow
from consult.tables.workshops import (
    BenchActRow,
    TranscriptRow,
    UtteranceCorrectionRow,
    UtteranceRow,
    UtteranceState,
    WorkshopRow,
)
from consult.workshops import Attended, NotSaid, Stays, Told, Wanted, attributing, bench, pace
from consult.workshops.note_records import records_with_words
from tests import factories
from tests.consult.field.device import Device
from tests.consult.field.test_keeping import sent
from tests.consult.test_workshops import CUED, a_round, a_transcript, a_workshop, comment, utterances
from tests.factories import a_person, a_version, clause_numbered

TALK = """\
Facilitator: Good. We go on to clause 2.2, the retort.
Asha: If it is far nobody will carry wet amalgam in the rain. They will do it behind the house.
Asha: And the rain comes every day. The smith makes retorts for sixty thousand.
Juma: The one who buys the gold should pay half.
Facilitator: Thank you. Who else?
"""
HAND = {"by": "asha"}
LAST = "They will do it behind the house."


@pytest.fixture
def version(session):
    return a_version(session, status="consultation")


@pytest.fixture
def round_(session, version, now):
    return a_round(session, version, now)


@pytest.fixture
def workshop(session, round_, now):
    came = (Attended("pit-miners", 12, 6), Attended("processors", 3, 3))
    return a_workshop(session, round_, now, languages=("en",), attendance=came)


@pytest.fixture
def transcript(session, workshop, now):
    return a_transcript(session, workshop, now, TALK)


@pytest.fixture
def said(session, transcript):
    """The five utterances of TALK: the facilitator, Speaker 1 twice, Speaker 2, the facilitator."""
    return utterances(session, transcript)


def as_said(session, transcript):
    """All that an undone act must bring back."""
    session.expire_all()
    return [
        {name: getattr(row, name) for name in ("id", "position", *workshops.acts.KEPT)}
        for row in utterances(session, transcript)
    ]


class TestSplitting:
    def test_where_the_caret_is_there_are_two(self, session, workshop, transcript, said, now):
        in_hand = workshops.split(session, workshop, said[1].id, "", LAST, **HAND, now=now)

        rows = utterances(session, transcript)
        assert in_hand.id == said[1].id
        assert [row.words for row in rows[1:3]] == [
            "If it is far nobody will carry wet amalgam in the rain.",
            LAST,
        ]

    def test_marked_words_stand_alone(self, session, workshop, transcript, said, now):
        in_hand = workshops.split(session, workshop, said[1].id, "wet amalgam", "", **HAND, now=now)

        assert in_hand.words == "wet amalgam"
        assert len(utterances(session, transcript)) == len(said) + 2

    def test_words_said_twice_are_taken_where_they_were_marked(self, session, round_, workshop, said, now):
        said[1].words = "The rain. No road. The rain."
        session.add(said[1])

        made = comment(session, round_, workshop, said[1], now, words="The rain", rest="The rain.")

        assert made.text == "The rain"
        assert said[1].words == "The rain. No road."

    def test_without_a_mark_it_says_what_to_do(self, session, workshop, said, now):
        with pytest.raises(workshops.NothingMarked, match="Mark the words"):
            workshops.split(session, workshop, said[1].id, "", "", **HAND, now=now)

    def test_what_a_colleague_split_meanwhile_is_not_taken_by_mistake(self, session, workshop, said, now):
        workshops.split(session, workshop, said[1].id, "", LAST, **HAND, now=now)

        with pytest.raises(NotSaid):
            workshops.split(session, workshop, said[1].id, "", "do it behind the house.", **HAND, now=now)

    def test_what_has_become_a_comment_stays(self, session, round_, workshop, said, now):
        comment(session, round_, workshop, said[1], now)

        with pytest.raises(workshops.IsComment):
            workshops.split(session, workshop, said[1].id, "wet amalgam", "", **HAND, now=now)


class TestJoining:
    def test_joined_they_are_skipped_and_taken_together(self, session, round_, workshop, said, now):
        workshops.join(session, workshop, said[1].id, **HAND, now=now)
        workshops.join(session, workshop, said[1].id, **HAND, now=now)

        made = comment(session, round_, workshop, said[2], now)

        assert made.text.splitlines()[-1] == "Speaker 2: The one who buys the gold should pay half."
        assert workshops.origin_of(session, made.id).utterance.id == said[1].id
        assert workshops.progress(session, workshop).commented == 3

    def test_the_bench_has_them_in_hand_as_one(self, session, round_, workshop, said, now):
        workshops.join(session, workshop, said[1].id, **HAND, now=now)

        laid = bench.lay_out(session, round_, workshop, said[2].id)

        assert [row.id for row in laid.together] == [said[1].id, said[2].id]
        assert (laid.previous, laid.following) == (said[0].id, said[3].id)

    def test_the_last_one_goes_apart_again(self, session, workshop, said, now):
        workshops.join(session, workshop, said[1].id, **HAND, now=now)

        assert workshops.part(session, workshop, said[1].id, **HAND, now=now)
        assert not workshops.part(session, workshop, said[1].id, **HAND, now=now)

    def test_nothing_follows_the_last(self, session, workshop, said, now):
        with pytest.raises(workshops.NothingToJoin):
            workshops.join(session, workshop, said[-1].id, **HAND, now=now)


class TestTelling:
    TOLD = Told(feeling="against", marks=("obstacle", "cost"), lone=True, read_back=True, gender="woman")

    def test_what_is_named_stands_at_the_comment_in_the_words_marked(
        self, session, round_, workshop, said, now
    ):
        made = comment(
            session,
            round_,
            workshop,
            said[2],
            now,
            told=self.TOLD,
            named={"cost": "retorts for sixty thousand"},
        )

        assert (made.cost, made.obstacle, made.proposal) == ("retorts for sixty thousand", said[2].words, "")
        row = session.get_one(UtteranceRow, said[2].id)
        assert (row.feeling, row.marks, row.lone, row.read_back) == (
            "against",
            ["cost", "obstacle"],
            True,
            True,
        )

    def test_it_leaves_the_desk_with_the_comment_but_no_small_group_does(
        self, session, round_, workshop, said, now
    ):
        comment(session, round_, workshop, said[1], now, told=self.TOLD._replace(category="pit-miners"))
        comment(session, round_, workshop, said[3], now, told=Told(category="processors", gender="woman"))
        session.flush()

        many, few = table(session, round_)

        assert [many[c] for c in list(many)[-6:]] == ["pit-miners", "woman", "no", "yes", "yes", "against"]
        assert (few[Column.SPEAKER], few[Column.GENDER], few[Column.LONE]) == ("", "", "no")

    def test_of_a_comment_only_the_lone_voice_changes(self, session, round_, workshop, said, now):
        made = comment(session, round_, workshop, said[1], now)

        workshops.keep_told(
            session,
            workshop,
            said[1].id,
            Told(category="pit-miners", lone=True, feeling="for"),
            **HAND,
            now=now,
        )

        row = session.get_one(UtteranceRow, said[1].id)
        assert (row.category, row.lone, row.feeling) == ("", True, "for")
        assert workshops.lone_among(session, [made.id]) == {made.id}

    def test_everything_one_speaker_says_is_skipped_by_one_act_and_back_again(
        self, session, workshop, transcript, said, now
    ):
        before = as_said(session, transcript)

        assert workshops.skip_speaker(session, workshop, said[0].id, **HAND, now=now) == 2
        assert workshops.progress(session, workshop).skipped == 2
        workshops.undo_last(session, workshop, **HAND, now=now)

        assert as_said(session, transcript) == before

    def test_undoing_for_all_leaves_what_was_told_since(self, session, workshop, transcript, said, now):
        workshops.set_category(session, workshop, transcript.id, "Speaker 1", "pit-miners", **HAND, now=now)
        workshops.keep_told(session, workshop, said[2].id, Told(category="processors"), by="juma", now=now)

        workshops.undo_last(session, workshop, **HAND, now=now)

        session.expire_all()
        assert [row.category for row in utterances(session, transcript)[1:3]] == ["", "processors"]


class TestCorrecting:
    def test_what_stood_first_is_kept_and_names_are_hidden(self, session, workshop, transcript, said, now):
        first = said[3].words

        workshops.correct(session, workshop, said[3].id, "Asha says the buyer pays half.", **HAND, now=now)

        row = session.get_one(UtteranceRow, said[3].id)
        assert row.words == "[name] says the buyer pays half."
        assert attributing.corrections(session, [row.id]) == {row.id: first}
        assert intake.open_payload(session, transcript.record_id) == TALK.encode()

    def test_nothing_is_no_correction(self, session, workshop, said, now):
        with pytest.raises(attributing.NoWords, match="skip it instead"):
            workshops.correct(session, workshop, said[3].id, " ", **HAND, now=now)

    def test_an_erased_comment_takes_what_stood_before_with_it(self, session, round_, workshop, said, now):
        workshops.correct(session, workshop, said[1].id, "Nobody carries amalgam. It rains.", **HAND, now=now)
        workshops.split(session, workshop, said[1].id, "", "It rains.", **HAND, now=now)
        made = comment(session, round_, workshop, said[1], now)

        comments.erase(session, made, reason="asked", by="test", now=now)

        session.expire_all()
        kept = [act.before for act in session.execute(sa.select(BenchActRow)).scalars()]
        assert "amalgam" not in str(kept)
        assert session.execute(sa.select(UtteranceCorrectionRow.before)).scalars().all() == [""]
        with pytest.raises(workshops.WordsErased):
            workshops.undo(session, workshop, said[1].id, **HAND, now=now)


class TestUndoing:
    def test_act_by_act_the_last_first(self, session, round_, workshop, transcript, said, now):
        before = as_said(session, transcript)
        workshops.correct(
            session, workshop, said[1].id, "It is far. It rains. Nobody comes.", **HAND, now=now
        )
        workshops.split(session, workshop, said[1].id, "", "It rains. Nobody comes.", **HAND, now=now)
        workshops.join(session, workshop, said[2].id, **HAND, now=now + timedelta(seconds=1))
        made = workshops.make_comment(
            session, round_, workshop, said[2].id, Wanted((None,)), **HAND, now=now + timedelta(seconds=2)
        )

        undone = [workshops.undo_last(session, workshop, **HAND, now=now).kind.value for _ in range(4)]

        assert undone == ["comment", "join", "split", "correct"]
        assert as_said(session, transcript) == before
        assert session.get_one(StandingRow, made.made.id).placement.value == "erased"
        assert workshops.undo_last(session, workshop, **HAND, now=now) is None

    def test_each_undoes_their_own(self, session, workshop, said, now):
        workshops.skip(session, workshop, said[0].id, by="asha", now=now)
        workshops.skip(session, workshop, said[1].id, by="juma", now=now + timedelta(seconds=1))

        assert workshops.undo_last(session, workshop, by="asha", now=now).utterance_id == said[0].id
        assert said[1].state is UtteranceState.SKIPPED

    def test_what_a_colleague_changed_since_stays_and_the_act_before_it_can_be_undone(
        self, session, round_, workshop, said, now
    ):
        workshops.skip(session, workshop, said[0].id, **HAND, now=now)
        workshops.split(
            session, workshop, said[1].id, "wet amalgam", "", **HAND, now=now + timedelta(seconds=1)
        )
        comment(session, round_, workshop, said[1], now)

        held = workshops.undo_last(session, workshop, **HAND, now=now)
        after = workshops.undo_last(session, workshop, **HAND, now=now)

        assert (held.stays, after.stays) == (Stays.CHANGED, None)
        assert said[0].state is UtteranceState.OPEN

    def test_a_decided_comment_stays(self, session, round_, workshop, said, now):
        made = workshops.make_comment(session, round_, workshop, said[1].id, Wanted((None,)), **HAND, now=now)
        decision = dispositions.Decision(outcome=DispositionOutcome.NOTED, reason="Heard.")
        row = session.get_one(CommentRow, made.made.id)
        dispositions.decide(session, row, decision, by="test", now=now + timedelta(days=61))

        assert workshops.undo_last(session, workshop, **HAND, now=now).stays is Stays.DECIDED
        assert said[1].comment_id == row.id

    ACTS = st.tuples(
        st.sampled_from(
            [
                "comment",
                "part of it",
                "skip",
                "skip all",
                "split",
                "join",
                "apart",
                "tell",
                "tell all",
                "correct",
                "undo",
                "open",
            ]
        ),
        st.integers(0, 8),
    )

    @given(st.lists(ACTS, max_size=14))
    @settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    def test_whatever_is_pressed_the_sums_hold_and_all_undone_it_is_as_it_was(
        self, session, round_, workshop, said, transcript, now, pressed
    ):
        before = as_said(session, transcript)
        for step, (act, place) in enumerate(pressed):
            rows = utterances(session, transcript)
            _do(session, round_, workshop, rows[place % len(rows)], act, now + timedelta(seconds=step))
        assert ledger.verify(session).faults == []

        while workshops.undo_last(session, workshop, **HAND, now=now):
            pass

        assert as_said(session, transcript) == before
        assert ledger.verify(session).faults == []


def _do(session, round_, workshop, row, act, now):
    """One act on an utterance; what is refused changes nothing."""
    words = row.words.split()
    half, told = " ".join(words[len(words) // 2 :]), Told(category="pit-miners", feeling="for")
    hand = {"by": "asha", "now": now}
    acts = {
        "comment": lambda: workshops.make_comment(session, round_, workshop, row.id, Wanted((None,)), **hand),
        "part of it": lambda: workshops.make_comment(
            session, round_, workshop, row.id, Wanted((), words=words[0], told=told), **hand
        ),
        "skip": lambda: workshops.skip(session, workshop, row.id, **hand),
        "skip all": lambda: workshops.skip_speaker(session, workshop, row.id, **hand),
        "split": lambda: workshops.split(session, workshop, row.id, "", half, **hand),
        "join": lambda: workshops.join(session, workshop, row.id, **hand),
        "apart": lambda: workshops.part(session, workshop, row.id, **hand),
        "tell": lambda: workshops.keep_told(session, workshop, row.id, told, **hand),
        "tell all": lambda: workshops.set_category(
            session, workshop, row.transcript_id, row.speaker, "processors", **hand
        ),
        "correct": lambda: workshops.correct(session, workshop, row.id, f"{row.words} Indeed.", **hand),
        "undo": lambda: workshops.undo_last(session, workshop, **hand),
        "open": lambda: workshops.undo(session, workshop, row.id, **hand),
    }
    with contextlib.suppress(workshops.IsComment, workshops.NothingToJoin, NotSaid):
        acts[act]()


class TestNotesFromTheField:
    @pytest.fixture
    def noted(self, engine):
        """Two notes from the field: the first names its clause, its feeling and an obstacle."""
        with db.transaction() as session:
            round_ = factories.a_round(session)
            workshop = a_workshop(session, round_, factories.NOW)
        device = Device(workshop.id)
        with db.reading() as session:
            clause = str(
                clause_numbered(session, session.get_one(factories.VersionRow, round_.version_id), "2.1")
            )
        device.notes(
            "The rain is heavy. It is far.",
            clauses=[clause],
            feeling="against",
            marks=["obstacle"],
            lone=True,
        )
        device.notes("And dear.")
        sent(workshop, *device.written)
        return workshop.id, clause

    @pytest.fixture
    def at_hand(self, noted):
        with db.transaction() as session:
            workshop = session.get_one(WorkshopRow, noted[0])
            kept = session.execute(sa.select(TranscriptRow)).scalar_one()
            yield session, session.get_one(RoundRow, workshop.round_id), workshop, utterances(session, kept)

    def test_what_was_named_in_the_field_is_chosen_already(self, noted, at_hand):
        session, round_, workshop, rows = at_hand

        laid = bench.lay_out(session, round_, workshop, rows[0].id)

        assert [str(choice.clause.id) for choice in laid.choices if choice.named] == [noted[1]]
        assert laid.choices[0].named

    def test_what_was_told_in_the_field_goes_with_the_comment(self, at_hand):
        session, round_, workshop, rows = at_hand

        made = comment(session, round_, workshop, rows[0], factories.NOW)

        assert made.obstacle == "The rain is heavy. It is far."
        assert (rows[0].lone, rows[0].feeling) == (True, "against")

    def test_joined_split_and_undone_the_records_of_both_hold(self, at_hand):
        session, round_, workshop, rows = at_hand
        now, hand = factories.NOW, {"by": "asha"}
        records = [records_with_words(session, workshop.id, row.entity)[0] for row in rows]

        workshops.join(session, workshop, rows[0].id, **hand, now=now)
        workshops.make_comment(session, round_, workshop, rows[0].id, Wanted(), **hand, now=now)
        assert [intake.outcome_of(session, id_) for id_ in records] == [Outcome.COMMENT, Outcome.PART]
        assert ledger.verify(session).faults == []

        workshops.undo_last(session, workshop, **hand, now=now)
        workshops.undo_last(session, workshop, **hand, now=now)
        workshops.split(session, workshop, rows[1].id, "", "dear.", **hand, now=now)
        workshops.skip(session, workshop, rows[1].id, **hand, now=now)
        assert [intake.outcome_of(session, id_) for id_ in records] == [Outcome.COMMENT, None]
        assert ledger.verify(session).faults == []

    def test_a_correction_outlives_what_else_the_field_says_of_the_note(self, noted, engine):
        device = Device(noted[0])
        entity = device.notes("Retots are dear.")
        with db.reading() as session:
            workshop = session.get_one(WorkshopRow, noted[0])
        sent(workshop, *device.written)
        with db.transaction() as session:
            row = session.execute(sa.select(UtteranceRow).where(UtteranceRow.entity == entity)).scalar_one()
            workshops.correct(session, workshop, row.id, "Retorts are dear.", **HAND, now=factories.NOW)

        device.sets("note", entity, "lone", True)
        sent(workshop, *device.written)

        with db.reading() as session:
            row = session.execute(sa.select(UtteranceRow).where(UtteranceRow.entity == entity)).scalar_one()
            assert (row.words, row.lone) == ("Retorts are dear.", True)


class TestTwoPeople:
    def test_one_sees_where_the_other_works_and_where_they_meet(self, session, round_, workshop, now):
        text = "".join(f"Speaker {n % 3}: word {n}\n" for n in range(12))
        rows = utterances(session, a_transcript(session, workshop, now, text))
        asha, juma = (a_person(session) for _ in range(2))
        for row in rows[6:9]:
            workshops.skip(session, workshop, row.id, by=str(juma.id), now=now)
        pace.stand_at(session, workshop, juma.id, rows[9].id, now=now)

        seen = pace.colleague(session, workshop, rows[2], asha.id, now=now)

        assert (seen.at.id, seen.meets.id) == (rows[9].id, rows[6].id)
        assert pace.colleague(session, workshop, rows[10], asha.id, now=now).meets is None
        assert pace.colleague(session, workshop, rows[2], asha.id, now=now + timedelta(hours=1)) is None

    def test_the_pace_is_that_of_this_sitting(self, session, workshop, now):
        text = "".join(f"Speaker {n % 3}: word {n}\n" for n in range(40))
        rows = utterances(session, a_transcript(session, workshop, now, text))
        for place in range(10):
            moment = now + timedelta(seconds=30 * place, days=-1 if place < 2 else 0)
            workshops.skip(session, workshop, rows[place].id, **HAND, now=moment)
        ended = now + timedelta(seconds=300)

        assert pace.minutes_left(session, workshop, 30, **HAND, now=ended) == 15
        assert pace.minutes_left(session, workshop, 30, by="juma", now=ended) is None
        assert pace.minutes_left(session, workshop, 30, **HAND, now=ended + timedelta(hours=1)) is None


class TestAPlaceOnTheTape:
    def test_it_is_found_by_its_second(self, session, workshop, now):
        rows = utterances(session, a_transcript(session, workshop, now, CUED, "talk.vtt"))

        assert bench.on_tape(session, workshop, 20) == rows[1].id
        assert bench.on_tape(session, workshop, 0) == rows[0].id
        assert bench.on_tape(session, workshop, 600) is None
