"""Conversations before a person: answered under an alias, handed over, parted; listed and read."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import select

from consult import comments, db, dispositions, intake, links
from consult.channels.pieces import NotJoined
from consult.conversations import threads
from consult.desk import thread, thread_list
from consult.desk.thread import Ours, Theirs
from consult.desk.thread_events import Event
from consult.desk.thread_list import Asked, Reader
from consult.errors import Misfilled, NotFound
from consult.tables.comments import CommentRow, Placement, StandingRow
from consult.tables.conversations import ConcernRow, ThreadRow
from consult.tables.decisions import DispositionOutcome
from consult.tables.intake import Channel, RecordRow
from consult.tables.messages import Hold, MessageKind, MessageRow, MessageState, Urgency
from consult.tables.outgoing import AllowanceRow
from consult.tables.participants import ContactPointRow, ParticipantRow
from consult.tables.people import Role
from consult.tables.process import AuditRow
from consult.tables.rounds import RoundRow
from tests import factories
from tests.consult.channels.talking import BARAKA, Telephone, open_round

TOKEN = "a" * 32
WORDS = "Asante. Kamati itasoma ujumbe huu."


@pytest.fixture
def telephone(engine, now):
    """Asha joined in Swahili, spoke on clause 2.1 in two texts at once, and said what fits nowhere."""
    with db.transaction() as session:
        open_round(session, now)
    spoken = Telephone(now)
    spoken.text("dhahabu")
    spoken.text("2")
    spoken.text("12 tunasubiri mpaka usiku kila siku bila mwanga")
    spoken.text("retort moja haitoshi", after=30)
    forget_question()
    spoken.text("na mnunuzi je, naye anafuata?", after=600)
    return spoken


def forget_question():
    """Nothing of ours stands open any more, so that what comes next fits nowhere."""
    with db.transaction() as session:
        for contact in session.exec(select(ContactPointRow)):
            contact.last_asked = contact.last_asked_clause_id = None
            session.add(contact)


@pytest.fixture
def secretary(telephone):
    with db.transaction() as session:
        return factories.a_person(session)


def say_in_confidence(telephone):
    """Something of Asha's that only few may read, brought in by hand."""
    arrival = intake.Arrival(Channel.SMS, "paper", "note 1", b"{}")
    with db.transaction() as session:
        round_ = session.exec(select(RoundRow)).one()
        kept = intake.record(session, arrival, now=telephone.now)
        said = comments.Said(
            text="mwenye duara anatutisha", participant_id=asha(session).id, confidential=True
        )
        comments.make(session, round_, session.get_one(RecordRow, kept.id), said, now=telephone.now)


def asha(session) -> ParticipantRow:
    return session.exec(select(ParticipantRow).order_by(ParticipantRow.created_at)).first()


def answer(telephone, by, words=WORDS, token=TOKEN):
    with db.transaction() as session:
        return threads.answer(
            session, asha(session), words, language="sw", token=token, by=by.id, now=telephone.now
        )


class TestAnswering:
    def test_an_answer_waits_its_turn_in_their_language_and_keeps_quiet_hours(self, telephone, secretary):
        row = answer(telephone, secretary)

        assert (row.kind, row.urgency, row.language) == (MessageKind.REPLY, Urgency.ANSWER, "sw")
        assert (row.state, row.segments) == (MessageState.WAITING, 1)
        assert row.round_id is not None

    def test_pressed_twice_it_is_one_message(self, telephone, secretary):
        first, second = answer(telephone, secretary), answer(telephone, secretary)

        assert first.id == second.id

    def test_words_changed_since_are_another_message_and_never_lost(self, telephone, secretary):
        first, second = answer(telephone, secretary), answer(telephone, secretary, words="Kamati imesoma.")

        assert first.id != second.id

    def test_that_somebody_answered_is_on_record_without_the_words(self, telephone, secretary):
        answer(telephone, secretary)
        answer(telephone, secretary)

        with db.reading() as session:
            (line,) = session.exec(select(AuditRow).where(AuditRow.act == "answer-conversation")).all()
        assert line.by == str(secretary.id)
        assert "Asante" not in str(line.after)

    def test_it_marks_the_conversation_as_read(self, telephone, secretary):
        answer(telephone, secretary)

        with db.reading() as session:
            assert session.exec(select(ThreadRow.read_at)).one() == telephone.now

    def test_who_has_left_gets_nothing(self, telephone, secretary):
        telephone.text("STOP")

        with pytest.raises(threads.HasLeft, match="START"):
            answer(telephone, secretary)

    def test_a_number_that_was_erased_gets_nothing(self, telephone, secretary):
        with db.transaction() as session:
            contact = threads.contact_of(session, asha(session).id)
            contact.address, contact.erased_at = None, telephone.now
            session.add(contact)

        with pytest.raises(threads.NoAddress, match="receipt"):
            answer(telephone, secretary)

    @pytest.mark.parametrize(
        ("words", "kind"),
        [
            ("", threads.NothingWritten),
            (" \n\0", threads.NothingWritten),
            ("Piga simu 0712 345 678", threads.HoldsAddress),
            ("+255 (712) 345-678", threads.HoldsAddress),
            ("Andika asha@example.org", threads.HoldsAddress),
            ("neno " * 200, threads.TooLong),
            ("😀" * 500, threads.TooLong),
            ("Ulisema: tunasubiri mpaka usiku kila siku bila mwanga", threads.QuotesThem),
            ("Ulisema TUNASUBIRI, mpaka usiku kila siku... bila!", threads.QuotesThem),
        ],
    )
    def test_words_that_must_not_go_are_refused_with_a_reason(self, telephone, secretary, words, kind):
        with pytest.raises(kind):
            answer(telephone, secretary, words=words)

        with db.reading() as session:
            sent = session.exec(select(MessageRow.dedupe)).all()
        assert not [cause for cause in sent if cause.startswith(threads.BY_PERSON)]

    @pytest.mark.parametrize(
        "words", ["Bei ni shilingi 2,500,000", "Tazama kifungu 4.1.2", "tunasubiri mpaka usiku"]
    )
    def test_money_clauses_and_turns_of_phrase_are_no_reason(self, telephone, secretary, words):
        assert answer(telephone, secretary, words=words).words == words

    @pytest.mark.parametrize("token", ["", "x", "../", "a" * 33])
    def test_a_form_that_is_not_ours_is_refused(self, telephone, secretary, token):
        with pytest.raises(threads.OldForm):
            answer(telephone, secretary, token=token)

    def test_they_are_told_when_it_will_wait(self, telephone, secretary):
        with db.transaction() as session:
            round_ = session.exec(select(RoundRow)).one()
            session.merge(AllowanceRow(round_id=round_.id, limit=10, spent=10, changed_at=telephone.now))
        night = telephone.now.replace(hour=22)

        with db.reading() as session:
            contact = threads.contact_of(session, asha(session).id)
            foreseen = threads.forecast(session, contact, round_, 1, now=night)

        assert foreseen.over_budget
        assert foreseen.quiet_until is not None
        assert foreseen.quiet_until > night


class TestHandingOver:
    def test_a_conversation_waits_for_whom_it_was_given_to(self, telephone, secretary):
        with db.transaction() as session:
            drafter = factories.a_person(session, role=Role.DRAFTER)
            threads.hand_over(
                session, asha(session), drafter.id, note="7.1?", by=secretary.id, now=telephone.now
            )

        with db.reading() as session:
            theirs = thread_list.page(session, Asked(keeper="mine"), Reader(drafter.id, False))
            ours = thread_list.page(session, Asked(keeper="mine"), Reader(secretary.id, True))
        assert ([line.keeper for line in theirs.lines], theirs.mine) == ([drafter.name], 1)
        assert (ours.lines, ours.mine) == ([], 0)

    @pytest.mark.parametrize("role", [Role.AUDITOR, Role.WORKING_GROUP, Role.FACILITATOR, Role.OPERATOR])
    def test_only_who_may_place_comments_can_be_given_one(self, telephone, secretary, role):
        with db.transaction() as session:
            other = factories.a_person(session, role=role)

        with db.transaction() as session, pytest.raises(threads.NoColleague):
            threads.hand_over(session, asha(session), other.id, by=secretary.id, now=telephone.now)

    def test_a_colleague_who_was_shut_out_cannot_be_given_one(self, telephone, secretary, now):
        with db.transaction() as session:
            other = factories.a_person(session, role=Role.DRAFTER, disabled_at=now)

        with db.transaction() as session, pytest.raises(threads.NoColleague):
            threads.hand_over(session, asha(session), other.id, by=secretary.id, now=telephone.now)

    @pytest.mark.parametrize("note", ["her number is 0712345678", "x" * 1001])
    def test_a_note_holds_no_number_and_no_story(self, telephone, secretary, note):
        with db.transaction() as session, pytest.raises(Misfilled):
            threads.hand_over(
                session, asha(session), secretary.id, note=note, by=secretary.id, now=telephone.now
            )


class TestParting:
    def joined(self, session):
        return session.exec(select(CommentRow).where(CommentRow.text.contains("haitoshi"))).one()

    def test_a_text_that_was_joined_becomes_a_comment_of_its_own(self, telephone, secretary):
        with db.transaction() as session:
            comment = self.joined(session)
            second = threads.pieces.pieces_of(session, comment)[1]
            made = threads.part(
                session, asha(session), comment.id, second.record_id, by=secretary.id, now=telephone.now
            )

        with db.reading() as session:
            assert session.get_one(CommentRow, comment.id).text.endswith("mwanga")
            assert session.get_one(CommentRow, made.id).text == "retort moja haitoshi"
            assert session.exec(select(AuditRow.act)).all().count("part-comment") == 1

    def test_the_first_text_cannot_be_parted_from_itself(self, telephone, secretary):
        with db.reading() as session:
            comment = self.joined(session)

        with db.transaction() as session, pytest.raises(NotJoined):
            threads.part(
                session, asha(session), comment.id, comment.record_id, by=secretary.id, now=telephone.now
            )

    def test_what_the_committee_has_decided_on_stays_joined(self, telephone, secretary):
        with db.transaction() as session:
            round_ = session.exec(select(RoundRow)).one()
            round_.closed_at = telephone.now
            comment = self.joined(session)
            decision = dispositions.Decision(outcome=DispositionOutcome.NOTED, reason="Heard.")
            dispositions.decide(session, comment, decision, by=str(secretary.id), now=telephone.now)
            second = threads.pieces.pieces_of(session, comment)[1]

            with pytest.raises(threads.DecidedAlready):
                threads.part(
                    session, asha(session), comment.id, second.record_id, by=secretary.id, now=telephone.now
                )

    def test_a_comment_of_somebody_else_is_not_found(self, telephone, secretary):
        telephone.text("12 maji yako mbali", BARAKA)

        other = telephone.comments[-1]
        with db.transaction() as session, pytest.raises(NotFound):
            threads.part(
                session, asha(session), other.id, other.record_id, by=secretary.id, now=telephone.now
            )


class TestTheList:
    def page(self, asked=None, reader=None):
        with db.reading() as session:
            return thread_list.page(session, asked or Asked(), reader or Reader(factories.new_id(), True))

    def test_unplaced_come_first_then_who_waits_for_us_then_the_rest(self, telephone, secretary):
        telephone.text("gold", BARAKA)
        telephone.text("gold", "+255700000003")
        with db.transaction() as session:
            third = session.exec(select(ParticipantRow).order_by(ParticipantRow.created_at.desc())).first()
            threads.hand_over(
                session, third, secretary.id, by=factories.a_person(session).id, now=telephone.now
            )
        telephone.text("LIST", BARAKA)

        lines = self.page().lines

        assert [(line.unplaced, line.is_waiting) for line in lines] == [(1, False), (0, True), (0, False)]

    def test_who_answers_a_person_waits_for_us_until_somebody_has_read_it(self, telephone, secretary):
        with db.transaction() as session:
            waiting = session.exec(select(StandingRow).where(StandingRow.placement == Placement.QUEUED)).one()
            links.confirm(session, waiting.comment_id, [None], by=str(secretary.id), now=telephone.now)
        answer(telephone, secretary)
        assert not self.page().lines[0].is_waiting
        telephone.text("12 asante kwa mkutano")
        assert self.page().lines[0].is_waiting

        with db.transaction() as session:
            threads.mark_read(session, asha(session).id, now=telephone.now)

        assert not self.page().lines[0].is_waiting

    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            (Asked(show="unplaced"), 1),
            (Asked(show="left"), 1),
            (Asked(show="waiting"), 0),
            (Asked(show="flagged"), 0),
            (Asked(language="sw"), 1),
            (Asked(language="en"), 1),
            (Asked(language="none"), 0),
            (Asked(language="fr"), 0),
            (Asked(group="none"), 2),
            (Asked(group="no-such-group"), 0),
            (Asked(keeper="nobody"), 2),
            (Asked(round="gold-2026"), 2),
            (Asked(round="another"), 0),
        ],
    )
    def test_filters_narrow_it(self, telephone, asked, found):
        telephone.text("gold", BARAKA)
        telephone.text("STOP", BARAKA)

        assert self.page(asked).total == found

    def test_words_given_in_confidence_are_not_told_to_who_may_not_read_them(self, telephone):
        say_in_confidence(telephone)

        seen, hidden = self.page(), self.page(reader=Reader(factories.new_id(), False))

        assert "anatutisha" in seen.lines[0].excerpt
        assert (hidden.lines[0].excerpt, hidden.lines[0].in_confidence) == ("", True)

    def test_a_flag_is_seen_by_the_secretary_and_the_person_named_alone(self, telephone, secretary):
        with db.transaction() as session:
            named = factories.a_person(session, role=Role.DRAFTER)
            session.add(
                ConcernRow(
                    record_id=session.exec(select(CommentRow.record_id)).first(),
                    participant_id=asha(session).id,
                    kind="danger",
                    person_id=named.id,
                    raised_at=telephone.now,
                )
            )
        readers = (Reader(secretary.id, True), Reader(named.id, False), Reader(factories.new_id(), False))

        told = [self.page(Asked(show="flagged"), reader).total for reader in readers]

        assert told == [1, 1, 0]

    def test_a_page_costs_the_same_for_many_as_for_few(self, telephone, engine):
        few = statements_of(engine, self.page)
        for number in range(45):
            telephone.text("gold", f"+2557001{number:05d}", after=1)

        many = statements_of(engine, self.page)

        assert many == few
        assert (self.page().total, len(self.page().lines), self.page().last) == (46, thread_list.PAGE, 3)

    @pytest.mark.parametrize(("page", "shown"), [(0, 1), (1, 1), (3, 3), (99, 3)])
    def test_a_page_that_is_not_there_is_the_nearest(self, telephone, page, shown):
        for number in range(45):
            telephone.text("gold", f"+2557001{number:05d}", after=1)

        assert self.page(Asked(page=page)).number == shown


class TestAConversation:
    def read(self, telephone, reader=None, **more):
        with db.reading() as session:
            reader = reader or Reader(factories.new_id(), True)
            return thread.read(session, asha(session), reader, now=telephone.now, **more)

    def test_every_text_stands_in_order_with_what_became_of_it(self, telephone):
        found = self.read(telephone)

        kinds = [
            entry.what if isinstance(entry, Event) else "ours" if isinstance(entry, Ours) else entry.placement
            for entry in found.entries
        ]
        assert kinds == [
            *("joined", "ours"),
            *("chose", "ours"),
            *("linked", "ours"),
            *("queued", "ours"),
        ]
        assert [entry.at for entry in found.entries] == sorted(entry.at for entry in found.entries)

    def test_joined_texts_say_so_and_where_they_are_linked(self, telephone):
        (linked,) = [one for one in self.read(telephone).entries if getattr(one, "placement", "") == "linked"]

        assert [piece.words for piece in linked.pieces] == [
            "tunasubiri mpaka usiku kila siku bila mwanga",
            "retort moja haitoshi",
        ]
        assert [(tie.number, tie.how) for tie in linked.ties] == [("2.1", "explicit")]
        assert linked.may_part

    def test_an_unplaced_text_comes_with_the_round_to_place_it_in(self, telephone):
        found = self.read(telephone)
        (waiting,) = [one for one in found.entries if getattr(one, "placement", "") == "queued"]

        assert waiting.round_slug in found.places

    @pytest.mark.parametrize(
        ("words", "what"),
        [
            ("LIST", "list"),
            ("msaada", "help"),
            ("LISTEN", "listen"),
            ("STOP", "stop"),
        ],
    )
    def test_a_command_is_shown_as_what_it_did(self, telephone, words, what):
        telephone.text(words)

        (event,) = [
            one
            for one in self.read(telephone).entries
            if getattr(one, "at", None) == telephone.now and isinstance(one, Event)
        ]

        assert (event.what, event.detail) == (what, "")

    def test_an_answer_by_number_stands_on_its_clause(self, telephone):
        telephone.text("13")
        telephone.text("3")

        answered = [one for one in self.read(telephone).entries if getattr(one, "ability", "")]

        assert [(one.ability, one.asked, one.words) for one in answered] == [("cannot", "2.2", "")]

    @pytest.mark.parametrize(
        ("fields", "why"),
        [
            ({"held": Hold.BUDGET}, "budget"),
            ({"held": Hold.BY_HAND}, "by-hand"),
            ({"due_at": timedelta(hours=9)}, "quiet"),
            ({"due_at": timedelta(minutes=1), "attempts": 2}, "again"),
            ({"state": MessageState.DELIVERED, "held": Hold.BUDGET}, ""),
        ],
    )
    def test_a_message_says_why_it_waits(self, telephone, secretary, fields, why):
        row = answer(telephone, secretary)
        with db.transaction() as session:
            row = session.get_one(MessageRow, row.id)
            for name, value in fields.items():
                setattr(row, name, telephone.now + value if isinstance(value, timedelta) else value)
            session.add(row)

        shown = self.read(telephone).entries[-1]

        assert (shown.kind, shown.why) == ("person", why)

    def test_neither_confidence_nor_what_may_repeat_it_is_shown_to_who_may_not_read_it(
        self, telephone, secretary
    ):
        answer(telephone, secretary)
        say_in_confidence(telephone)

        entries = self.read(telephone, Reader(factories.new_id(), False)).entries

        assert [one.words for one in entries if isinstance(one, Theirs)][-1:] == [""]
        assert [one.words for one in entries if getattr(one, "kind", "") == "person"] == [""]

    def test_a_long_conversation_is_read_from_its_end_at_the_same_cost(self, telephone, engine, monkeypatch):
        few = statements_of(engine, lambda: self.read(telephone))
        monkeypatch.setattr(thread, "SHOWN", 12)
        for number in range(20):
            telephone.text(f"12 neno la {number}", after=300)

        found = self.read(telephone)

        assert len(found.entries) == 12
        assert found.entries[-1].at == telephone.now
        earlier = self.read(telephone, before=found.earlier)
        assert earlier.entries[-1].at < found.entries[0].at
        assert statements_of(engine, lambda: self.read(telephone)) <= few


def statements_of(engine, act) -> int:
    seen = []

    def note(*args):
        seen.append(args[2])

    act()
    sa.event.listen(engine, "before_cursor_execute", note)
    act()
    sa.event.remove(engine, "before_cursor_execute", note)
    return len([statement for statement in seen if not statement.startswith(("BEGIN", "PRAGMA"))])
