"""What a second reading of the whole found: each test is a defect that once was there."""

import json
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlmodel import select

from consult import (
    backups,
    commenting,
    comments,
    db,
    dispositions,
    erasures,
    feasibility,
    forgetting,
    intake,
    jobs,
    links,
    masking,
    participants,
)
from consult.comments import Said
from consult.links import Tie
from consult.outgoing import messages
from consult.sheets.bringing import bring
from consult.sheets.columns import Column
from consult.sheets.writing import table
from consult.tables.comments import CommentRow, LinkKind, LinkRow, TallyRow
from consult.tables.intake import Channel, PayloadKeyRow, RecordRow
from consult.tables.messages import MessageRow, MessageState
from consult.tables.participants import ContactKind, ContactPointRow
from consult.tables.people import KeptTextRow
from consult.tables.process import AuditRow
from consult.tables.workshops import TranscriptRow, UtteranceRow, UtteranceState, WorkshopRow
from consult.views.guard import is_own_path
from consult.workshops.undoing import MISTAKE
from standards import drafting, store, versions
from standards.document import ClauseText
from standards.tables import OutlineRow, VersionRow
from tests import factories

CLOSED = {"opens": datetime(2026, 1, 1, tzinfo=UTC), "closes": datetime(2026, 2, 1, tzinfo=UTC)}


def a_comment(session, round_, *, name="1", now, payload=b"{}", channel=Channel.WEB, **said: Any):
    arrival = intake.Arrival(channel, "test", name, payload, round_id=round_.id)
    record = session.get_one(RecordRow, intake.record(session, arrival, now=now).id)
    fields = {"text": "The retort is too far.", "ties": (Tie(None),)} | said
    return session.get_one(CommentRow, comments.make(session, round_, record, Said(**fields), now=now).id)


class TestNoVoiceIsLost:
    def test_two_tables_that_both_count_their_rows_from_one_are_both_heard(self, session, now):
        round_ = factories.a_round(session)
        one, other = (
            json.dumps({"comment_id": "1", "comment": words}).encode()
            for words in ("Too costly.", "Too late.")
        )

        bring(session, round_, one, "kenya.jsonl", now=now)
        brought = bring(session, round_, other, "peru.jsonl", now=now)
        again = bring(session, round_, other, "peru.jsonl", now=now)

        assert (brought.fresh, again.fresh) == (1, 0)
        assert {row.text for row in session.exec(select(CommentRow))} == {"Too costly.", "Too late."}

    def test_a_form_that_cannot_be_read_does_not_hold_up_those_behind_it(self, engine, now):
        with db.transaction() as session:
            round_ = factories.a_round(session)
            sent = commenting.Sent({"text": "We have no retort."}, "form", datetime.now(UTC))
            for name, payload in (("a", b"no form at all"), (sent.provider_id, sent.payload)):
                arrival = intake.Arrival(Channel.WEB, commenting.SOURCE, name, payload, round_id=round_.id)
                intake.record(session, arrival, now=datetime.now(UTC) - timedelta(minutes=5))

        commenting.take_up_what_waits()

        with db.reading() as session:
            assert [row.text for row in session.exec(select(CommentRow))] == ["We have no retort."]

    def test_a_restore_keeps_what_was_said_when_a_comment_was_made_of_it_by_mistake(
        self, engine, tmp_path, now
    ):
        with db.transaction() as session:
            round_ = factories.a_round(session)
            comment = a_comment(session, round_, now=now, channel=Channel.WORKSHOP)
            workshop = WorkshopRow(
                round_id=round_.id, place="Geita", held_on=now.date(), languages=["sw"], created_at=now
            )
            session.add(workshop)
            session.flush()
            transcript = TranscriptRow(
                workshop_id=workshop.id, record_id=comment.record_id, name="t", format="plain", created_at=now
            )
            session.add(transcript)
            session.flush()
            said = UtteranceRow(
                transcript_id=transcript.id,
                position=1,
                words="It is far.",
                line=1,
                state=UtteranceState.COMMENT,
                comment_id=comment.id,
            )
            session.add(said)
        backups.back_up(engine, tmp_path / "b.zip", now=now)
        with db.transaction() as session:
            comments.take_back(
                session, session.get_one(CommentRow, comment.id), reason=MISTAKE, by="x", now=now
            )

        backups.restore(engine, tmp_path / "b.zip", replace=True, now=now)

        with db.reading() as session:
            utterance = session.exec(select(UtteranceRow)).one()
        assert (utterance.words, utterance.state, utterance.comment_id) == ("It is far.", "open", None)

    def test_words_sent_for_a_text_that_was_frozen_meanwhile_are_kept_for_the_next_draft(
        self, engine, signed_in, now
    ):
        with db.transaction() as session:
            version = factories.a_version(session, factories.a_standard(session, slug="gold"))
            clause = factories.clause_numbered(session, version, "2.1")
            base = session.get_one(OutlineRow, (version.id, clause)).text_hash
            versions.freeze(session, version, now=now)

        refused = signed_in("drafter").post(
            f"/desk/standards/gold/1.0/clauses/{clause}/",
            data={"base": base, "heading": "No burning", "body": "Nobody shall burn amalgam."},
        )

        assert refused.status_code == 409
        with db.reading() as session:
            assert session.exec(select(KeptTextRow)).one().body == "Nobody shall burn amalgam."


class TestErasure:
    def test_quoted_and_telling_words_go_from_the_links_and_replies_with_them(self, session, now):
        round_ = factories.a_round(session)
        tie = Tie(None, LinkKind.SUGGESTED, quote="my own number", why=("retort",))
        person = participants.enrol(session, now=now)
        comment = a_comment(session, round_, now=now, ties=(tie,), participant_id=person.id)
        commenting.keep_reply(session, comment, "It is still too far.", False, now=now)

        erasures.erase(session, [person], by="test", now=now)

        session.expire_all()
        link = session.exec(select(LinkRow)).one()
        assert (link.quote, link.why) == ("", [])
        assert session.exec(select(PayloadKeyRow)).all() == []

    def test_a_restore_empties_the_comment_and_leaves_its_author_reachable(self, engine, tmp_path, now):
        with db.transaction() as session:
            version = factories.a_version(session, status="consultation")
            round_ = factories.a_round(session, version)
            person = participants.enrol(session, now=now)
            participants.reach(session, person.id, ContactKind.SMS, "+255712345678", now=now)
            clause = factories.clause_numbered(session, version, "2.1")
            tie = Tie(clause, quote="in the open")
            gone = a_comment(session, round_, now=now, ties=(tie,), participant_id=person.id, region="Geita")
            a_comment(session, round_, now=now, name="2", participant_id=person.id)
        backups.back_up(engine, tmp_path / "b.zip", now=now)
        with db.transaction() as session:
            comments.erase(session, session.get_one(CommentRow, gone.id), reason="asked", by="x", now=now)

        backups.restore(engine, tmp_path / "b.zip", replace=True, now=now)

        with db.reading() as session:
            comment = session.get_one(CommentRow, gone.id)
            link = session.exec(select(LinkRow).where(LinkRow.comment_id == gone.id)).one()
            assert (comment.text, comment.region, comment.participant_id) == ("", "", None)
            assert (link.quote, link.ended_at) == ("", now)
            assert session.exec(select(TallyRow)).all() == []
            assert session.exec(select(ContactPointRow)).one().address == "+255712345678"

    def test_an_address_waits_thirty_days_for_the_last_answer_not_the_first(self, session, now):
        round_ = factories.a_round(session, **CLOSED)
        person = participants.enrol(session, now=now)
        participants.reach(session, person.id, ContactKind.EMAIL, "a@example.org", now=now)
        comment = a_comment(session, round_, now=now, participant_id=person.id)
        later = now + timedelta(days=40)
        for outcome, when in (("noted", now), ("declined", later)):
            decision = dispositions.Decision(outcome=outcome, reason="Heard.")
            dispositions.decide(session, comment, decision, by="c", now=when)
        for message in session.exec(select(MessageRow)):
            messages.advance(session, message, MessageState.DELIVERED, now=when)
        session.flush()

        assert forgetting.forget_answered(session, now=later + timedelta(days=1)) == 0
        assert forgetting.forget_answered(session, now=later + timedelta(days=31)) == 1


class TestWhoSeesWhat:
    def test_a_reason_given_on_a_confidential_comment_is_not_exported(self, session, now):
        round_ = factories.a_round(session, **CLOSED)
        comment = a_comment(session, round_, now=now, confidential=True)
        decision = dispositions.Decision(outcome="noted", reason="The foreman was spoken to.")
        dispositions.decide(session, comment, decision, by="c", now=now)

        (row,) = table(session, round_)

        assert row[Column.OBSERVATION] == ""

    def test_what_was_set_aside_is_opened_without_its_sender(self, engine, signed_in, now):
        fields = {"text": "Too late for me", "contact": "+255712345678", "name": "Neema"}
        with db.transaction() as session:
            round_ = factories.a_round(session)
            payload = commenting.Sent(fields, "form", now).payload
            arrival = intake.Arrival(Channel.WEB, commenting.SOURCE, "1", payload, round_id=round_.id)
            record = intake.record(session, arrival, now=now)

        page = signed_in("secretary").post(f"/desk/rounds/{round_.slug}/moderation/original/{record.id}")

        assert "Too late for me" in page.text
        assert "712345678" not in page.text
        assert "Neema" not in page.text

    def test_the_original_of_a_web_comment_shows_what_was_written(self, engine, signed_in, now):
        with db.transaction() as session:
            payload = commenting.Sent({"text": "Call 0712345678"}, "form", now).payload
            comment = a_comment(session, factories.a_round(session), now=now, payload=payload)

        page = signed_in("secretary").post(f"/desk/comments/{comment.id}/original")

        assert "Call 0712345678" in page.text

    def test_the_trail_tells_where_a_comment_stood_before(self, engine, signed_in, now):
        with db.transaction() as session:
            comment = a_comment(session, factories.a_round(session), now=now, ties=())

        signed_in("secretary").post(f"/desk/comments/{comment.id}", data={"act": "link", "to": "2.1"})

        with db.reading() as session:
            line = session.exec(select(AuditRow).where(AuditRow.act == "link")).one()
        assert line.before == {"placement": "queued"}

    def test_what_a_job_says_when_it_fails_is_not_kept(self, monkeypatch):
        def fails(*, message_id: object) -> None:
            raise ValueError("+255712345678 said no")

        monkeypatch.setitem(jobs._handlers, jobs.Job.SEND_MESSAGE, fails)

        with pytest.raises(jobs.JobFailed) as failure:
            jobs._discreetly("send-message", {"message_id": "1"})

        assert str(failure.value) == "send-message failed: ValueError"

    def test_an_error_of_the_database_quotes_no_words(self, engine):
        with pytest.raises(sa.exc.DBAPIError) as refused, db.transaction() as session:
            session.execute(
                sa.text("INSERT INTO standing (comment_id) VALUES (:id)"), {"id": "what somebody said"}
            )

        assert "what somebody said" not in str(refused.value).partition("[SQL")[2]

    @pytest.mark.parametrize(
        "path", ["//evil.example", "/\t/evil.example", "/\\evil.example", "/\t\\evil.example", "evil"]
    )
    def test_no_redirect_leads_away(self, path: str):
        assert not is_own_path(path)


class TestWhatVisitorsMaySend:
    def test_an_endless_run_of_digits_is_masked_at_once(self):
        # Each digit once cost all those before it: this line never ended.
        assert masking.masked("A" + "1" * 100_000 + "_") != ""

    @pytest.mark.parametrize("cost", ["1.2.3", "12.03.2026", "1,2,3 days"])
    def test_a_cost_that_is_no_figure_is_passed_over(self, cost: str):
        answers = [feasibility.Answer(None, at, None, "", "", None, cost=cost) for at in range(7)]

        assert feasibility.costs(answers, 1) == []

    def test_a_language_called_by_its_name_does_not_close_the_desk(self, engine, signed_in, now):
        with db.transaction() as session:
            round_ = factories.a_round(session)
            rows = [{"comment": "Too far.", "lang": code, "clause": "2.1"} for code in ("English", "klingon")]
            data = "\n".join(map(json.dumps, rows)).encode()
            bring(session, round_, data, "a.jsonl", now=now)
        desk = signed_in("secretary")

        assert desk.get("/desk/comments").status_code == 200
        assert desk.get(f"/desk/rounds/{round_.slug}/clauses/2.1").status_code == 200

    def test_figures_that_no_machine_counts_with(self, engine, client):
        with db.transaction() as session:
            round_ = factories.a_round(session)

        assert client.get(f"/consultations/{round_.slug}?page=²").status_code == 200
        assert client.get("/api/v1/standards?limit=²").status_code == 400

    def test_a_label_in_other_letters_stands_in_headers(self, engine, client):
        with db.transaction() as session:
            standard = factories.a_standard(session, slug="gold")
            for label in ("один", "два"):
                factories.a_version(session, standard, label=label, status="published")

        file = client.get("/standards/gold/compare/один/два.docx")
        listed = client.get("/api/v1/standards/gold/versions/один/clauses?limit=1")

        assert file.headers["Content-Disposition"].isascii()
        assert listed.headers["Link"].isascii()


class TestTwoAtOnce:
    def test_who_links_second_sees_what_the_first_did(self, engine, now):
        with db.transaction() as session:
            version = factories.a_version(session, status="consultation")
            comment = a_comment(session, factories.a_round(session, version), now=now, ties=())
            first, second = (factories.clause_numbered(session, version, number) for number in ("2.1", "2.2"))

        def link(clause: UUID) -> None:
            with db.transaction() as session:
                links.confirm(session, comment.id, [clause], by="b", now=now)

        with ThreadPoolExecutor(1) as colleague:
            with db.transaction() as session:
                links.confirm(session, comment.id, [first], by="a", now=now)
                linking = colleague.submit(link, second)
                wait([linking], timeout=0.3)
            linking.result()

        with db.reading() as session:
            live = [link.clause_id for link in links.live_links(session, comment.id)]
            counted = {row.clause_id: row.comments for row in session.exec(select(TallyRow))}
        assert live == [second]
        assert counted == {first: 0, second: 1}

    def test_words_that_come_while_a_draft_is_being_frozen_are_refused(self, engine, now):
        with db.transaction() as session:
            version = factories.a_version(session)

        def write() -> None:
            with db.transaction() as session:
                draft = session.get_one(VersionRow, version.id)
                drafting.add(session, draft, ClauseText("Late", "It shall."), drafting.Hand("x", now))

        with ThreadPoolExecutor(1) as colleague:
            with db.transaction() as session:
                versions.freeze(session, session.get_one(VersionRow, version.id), now=now)
                writing = colleague.submit(write)
                wait([writing], timeout=0.3)
            with pytest.raises(versions.NotADraft):
                writing.result()

        with db.reading() as session:
            frozen = session.get_one(VersionRow, version.id)
            assert store.load(session, frozen).hash == frozen.content_hash
