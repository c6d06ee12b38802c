"""Comments, links, dispositions and answers, as acts without HTTP."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from consult import answers, comments, dispositions, intake, ledger, links, participants, rounds, tracing
from consult.comments import Said
from consult.intake import Arrival
from consult.links import Tie
from consult.outgoing import messages
from consult.tables.comments import CommentRow, LinkKind, TallyRow
from consult.tables.decisions import AnswerRow, DispositionOutcome
from consult.tables.intake import Channel, RecordRow
from consult.tables.messages import MessageRow
from consult.tables.participants import ContactKind
from standards import drafting, store, versions
from standards.tables import VersionRow
from tests.factories import a_version, clause_numbered


@pytest.fixture
def version(session) -> VersionRow:
    return a_version(session, status="consultation")


@pytest.fixture
def round_(session, version, now):
    return rounds.open_round(
        session,
        version,
        rounds.NewRound(slug="r1", title="Round 1", opens_at=now, closes_at=now + timedelta(days=60)),
        now=now,
    )


@pytest.fixture
def after(now):
    """A moment after the round has closed."""
    return now + timedelta(days=61)


def a_comment(session, round_, now, text="Too far to walk", *, ties=(), channel=Channel.WEB, **fields):
    number = session.execute(sa.select(sa.func.count()).select_from(RecordRow)).scalar_one()
    recorded = intake.record(
        session, Arrival(channel, "test", f"id-{number}", text.encode(), round_id=round_.id), now=now
    )
    record = session.get_one(RecordRow, recorded.id)
    made = comments.make(session, round_, record, Said(text=text, ties=tuple(ties), **fields), now=now)
    return session.get_one(CommentRow, made.id)


def tallies(session):
    rows = session.execute(sa.select(TallyRow.clause_id, TallyRow.comments)).all()
    return {clause: count for clause, count in rows if count}


def placement(session, round_):
    return {where.value: count for where, count in rounds.placements(session, round_).items() if count}


class TestRounds:
    def test_codes_are_dealt_from_ten_upward(self, session, round_):
        assert sorted(rounds.codes_of(session, round_).values()) == [10, 11, 12, 13]

    def test_a_round_that_closes_before_it_opens_is_refused(self, now):
        with pytest.raises(ValueError, match="closes before it opens"):
            rounds.NewRound(slug="r", title="R", opens_at=now, closes_at=now - timedelta(days=1))

    def test_a_time_without_a_zone_is_read_off_a_clock_in_the_rounds_zone(self, now):
        naive = now.replace(tzinfo=None)

        wanted = rounds.NewRound(
            slug="r",
            title="R",
            time_zone="Africa/Dar_es_Salaam",
            opens_at=naive,
            closes_at=naive + timedelta(days=1),
        )

        assert wanted.opens_at == now - timedelta(hours=3)

    def test_a_draft_is_not_consulted_on(self, session, now):
        with pytest.raises(versions.StillADraft):
            rounds.open_round(
                session,
                a_version(session, label="9"),
                rounds.NewRound(slug="r", title="R", opens_at=now, closes_at=now + timedelta(days=1)),
                now=now,
            )


class TestComments:
    def test_a_record_gives_its_comments_once(self, session, round_, now):
        first = a_comment(session, round_, now)
        record = session.get_one(RecordRow, first.record_id)

        again = comments.make(session, round_, record, Said(text="something else"), now=now)

        assert (again.id, again.receipt) == (first.id, first.receipt)

    def test_number_like_strings_are_masked_in_the_working_text_only(self, session, round_, now):
        comment = a_comment(session, round_, now, "Call me on +255 700 000 123")

        assert "700" not in comment.text
        assert b"+255 700 000 123" in intake.open_payload(session, comment.record_id)

    def test_nul_bytes_do_not_lose_a_comment(self, session, round_, now):
        comment = a_comment(session, round_, now, "before\0after")

        session.flush()
        session.refresh(comment)
        assert comment.text == "beforeafter"

    @pytest.mark.parametrize("text", ["👩🏾‍🏭 dhahabu", "الزئبق غالٍ جدا", "é́ e\u0301", "x" * 100_000])
    def test_any_writing_is_kept_as_it_is(self, session, round_, now, text):
        assert a_comment(session, round_, now, text).text == text

    @pytest.mark.parametrize("statement", ["UPDATE comment SET text = 'other'", "DELETE FROM comment"])
    def test_the_database_refuses_to_change_what_was_said(self, session, round_, now, statement):
        a_comment(session, round_, now)

        with pytest.raises(IntegrityError, match="a comment"):
            session.execute(sa.text(statement))

    def test_a_receipt_opens_with_its_secret_words_alone(self, session, round_, now):
        comment = a_comment(session, round_, now, secret="tembo-mvua-nazi")

        assert comments.by_receipt(session, comment.receipt.lower(), "Tembo mvua nazi").id == comment.id
        with pytest.raises(comments.NotFound):
            comments.by_receipt(session, comment.receipt, "tembo-mvua-dodo")

    def test_erasing_keeps_both_sums_and_the_chain(self, session, round_, version, now):
        comment = a_comment(
            session, round_, now, "my name is on it", ties=[Tie(clause_numbered(session, version, "2.1"))]
        )
        ledger.seal_new(session, now=now)

        comments.erase(session, comment, reason="the author asked", by="secretary", now=now)

        assert comment.text == ""
        assert intake.open_payload(session, comment.record_id) is None
        assert placement(session, round_) == {"erased": 1}
        assert tallies(session) == {}
        assert ledger.verify(session).faults == []


class TestLinks:
    def test_a_comment_without_a_clause_waits_in_the_queue(self, session, round_, now):
        a_comment(session, round_, now)

        assert placement(session, round_) == {"queued": 1}

    def test_an_explicit_tie_places_and_counts(self, session, round_, version, now):
        clause = clause_numbered(session, version, "2.1")

        a_comment(session, round_, now, ties=[Tie(clause)])

        assert placement(session, round_) == {"linked": 1}
        assert tallies(session) == {clause: 1}

    def test_a_suggested_tie_does_not_place(self, session, round_, version, now):
        a_comment(
            session, round_, now, ties=[Tie(clause_numbered(session, version, "2.1"), LinkKind.SUGGESTED)]
        )

        assert placement(session, round_) == {"queued": 1}
        assert tallies(session) == {}

    def test_confirming_another_clause_ends_the_link_but_keeps_it(self, session, round_, version, now):
        wrong, right = (clause_numbered(session, version, n) for n in ("2.1", "2.2"))
        comment = a_comment(session, round_, now, ties=[Tie(wrong)])

        links.confirm(session, comment.id, [right], by="secretary", now=now)

        assert [link.clause_id for link in links.live_links(session, comment.id)] == [right]
        assert session.execute(sa.text("SELECT count(*) FROM link")).scalar_one() == 2
        assert tallies(session) == {right: 1}

    def test_the_whole_document_is_a_place_too(self, session, round_, now):
        comment = a_comment(session, round_, now)

        links.confirm(session, comment.id, [None], by="secretary", now=now)

        assert placement(session, round_) == {"general": 1}

    def test_unplacing_puts_it_back_into_the_queue(self, session, round_, version, now):
        comment = a_comment(session, round_, now, ties=[Tie(clause_numbered(session, version, "2.1"))])

        links.unplace(session, comment.id, by="secretary", now=now)

        assert placement(session, round_) == {"queued": 1}
        assert tallies(session) == {}

    def test_a_clause_of_another_version_is_refused(self, session, round_, now):
        comment = a_comment(session, round_, now)
        elsewhere = clause_numbered(session, a_version(session, label="7", status="published"), "1")

        with pytest.raises(store.UnknownClause):
            links.confirm(session, comment.id, [elsewhere], by="secretary", now=now)

    def test_tallies_can_be_built_anew(self, session, round_, version, now):
        clause = clause_numbered(session, version, "2.1")
        for _ in range(3):
            a_comment(session, round_, now, ties=[Tie(clause)])
        session.execute(sa.update(TallyRow).values(comments=99))

        links.recount(session)

        assert tallies(session) == {clause: 3}


class TestDecide:
    def decision(self, **fields):
        return dispositions.Decision(
            **{"outcome": DispositionOutcome.NOTED, "reason": "Heard, and kept for the guidance."} | fields
        )

    def test_deciding_while_the_round_is_open_is_refused(self, session, round_, now):
        comment = a_comment(session, round_, now, ties=[Tie(None)])

        with pytest.raises(rounds.RoundStillOpen):
            dispositions.decide(session, comment, self.decision(), by="c", now=now)

    def test_a_comment_without_a_place_is_not_decided(self, session, round_, now, after):
        with pytest.raises(dispositions.NotPlaced):
            dispositions.decide(session, a_comment(session, round_, now), self.decision(), by="c", now=after)

    def test_nothing_is_decided_without_a_reason(self, session, round_, now, after):
        comment = a_comment(session, round_, now, ties=[Tie(None)])

        with pytest.raises(dispositions.ReasonMissing):
            dispositions.decide(session, comment, self.decision(reason="  "), by="c", now=after)

    def test_accepting_needs_a_change_or_an_exception(self, session, round_, now, after):
        comment = a_comment(session, round_, now, ties=[Tie(None)])

        with pytest.raises(dispositions.ChangeMissing):
            dispositions.decide(session, comment, self.decision(outcome="accepted"), by="c", now=after)
        decided = dispositions.decide(
            session, comment, self.decision(outcome="accepted", exception="Already so."), by="c", now=after
        )
        assert decided.outcome is DispositionOutcome.ACCEPTED

    def test_a_comment_keeps_its_earlier_dispositions(self, session, round_, now, after):
        comment = a_comment(session, round_, now, ties=[Tie(None)])
        dispositions.decide(session, comment, self.decision(), by="c", now=after)

        dispositions.decide(
            session, comment, self.decision(outcome="declined"), by="c", now=after + timedelta(hours=1)
        )

        assert [row.outcome.value for row in dispositions.history(session, comment.id)] == [
            "declined",
            "noted",
        ]
        assert session.execute(sa.select(sa.func.count()).select_from(AnswerRow)).scalar_one() == 2

    @pytest.mark.parametrize(
        ("kind", "address", "channel"),
        [(ContactKind.SMS, "+255700000123", "sms"), (ContactKind.EMAIL, "asha@example.org", "email")],
    )
    def test_a_decision_queues_a_reply_by_the_channel_the_comment_came_by(
        self, session, round_, now, after, kind, address, channel
    ):
        person = participants.enrol(session, now=now)
        participants.reach(session, person.id, kind, address, now=now)
        comment = a_comment(
            session,
            round_,
            now,
            ties=[Tie(None)],
            participant_id=person.id,
            language="sw",
            channel=Channel.SMS,
        )

        row = dispositions.decide(session, comment, self.decision(answer="Tumesikia."), by="c", now=after)

        (message,) = session.execute(sa.select(MessageRow)).scalars().all()
        assert (message.channel, message.language) == (channel, "sw")
        assert "Tumesikia." in message.words
        assert "Too far" not in message.words
        assert answers.give(session, comment, row, now=after).message_id == message.id

    def test_without_an_address_the_answer_waits_at_the_receipt(self, session, round_, now, after):
        comment = a_comment(session, round_, now, ties=[Tie(None)])

        dispositions.decide(session, comment, self.decision(), by="c", now=after)

        assert answers.newest(session, comment.id).channel == "receipt"
        assert messages.outbox(session) == []

    def test_what_is_open_stands_in_the_way_of_publishing(self, session, round_, version, now, after):
        clause = clause_numbered(session, version, "2.1")
        queued, accepted = (
            a_comment(session, round_, now),
            a_comment(session, round_, now, ties=[Tie(clause)]),
        )
        draft = versions.new_draft(session, version, "2.0", now=after)
        assert dispositions.open_matters(session, draft) == [
            "“Round 1”: comments that wait for a clause: 1.",
            "“Round 1”: comments without a disposition: 1.",
        ]
        links.confirm(session, queued.id, [None], by="s", now=after)
        dispositions.decide(session, queued, self.decision(), by="c", now=after)
        dispositions.decide(
            session,
            accepted,
            self.decision(outcome="accepted", change_version_id=draft.id, change_clause_id=clause),
            by="c",
            now=after,
        )
        assert "read as before" in dispositions.open_matters(session, draft)[0]

        text = store.load(session, draft).by_id[clause].text
        drafting.edit(
            session,
            draft,
            clause,
            text.hash,
            drafting.with_words(text, "New", "shall"),
            drafting.Hand("d", after),
        )

        assert dispositions.open_matters(session, draft) == []

    def test_the_path_leads_from_the_comment_to_the_wording_and_back(
        self, session, round_, version, now, after
    ):
        clause = clause_numbered(session, version, "2.1")
        comment = a_comment(session, round_, now, ties=[Tie(clause)])
        draft = versions.new_draft(session, version, "2.0", now=after)
        dispositions.decide(
            session,
            comment,
            self.decision(outcome="accepted", change_version_id=draft.id, change_clause_id=clause),
            by="c",
            now=after,
        )

        (decided,) = dispositions.history(session, comment.id)
        assert (decided.change_version_id, decided.change_clause_id) == (draft.id, clause)
        assert [voice.id for voice, _ in tracing.voices_behind(session, draft, clause)] == [comment.id]
