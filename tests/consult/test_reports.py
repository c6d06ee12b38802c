"""The synopsis of a round: figures that come out, and words only where their author agreed."""

import csv
import io
import json
from datetime import timedelta
from itertools import count

import pytest
import sqlalchemy as sa

from consult import (
    comments,
    dispositions,
    intake,
    ledger,
    participants,
    report_documents,
    reports,
    rounds,
    themes,
)
from consult.comments import Said
from consult.links import Tie
from consult.tables.comments import CommentRow, StandingRow
from consult.tables.decisions import DispositionOutcome
from consult.tables.field import DotVoteRow
from consult.tables.intake import Channel, RecordRow
from consult.tables.workshops import AttendanceRow, UtteranceRow, WorkshopRow
from consult.workshops import Attended, Meeting, Wanted, hear, hold, keep, make_comment, receive
from standards.exchange.docx import inspect, read
from tests import factories
from tests.factories import a_version, clause_numbered

_serial = count()
KINDS = ("docx", "pdf", "html", "csv", "json")


@pytest.fixture
def version(session):
    return a_version(session, status="consultation")


@pytest.fixture
def round_(session, version, now):
    return factories.a_round(
        session, version, slug="gold-1", opens=now - timedelta(days=70), closes=now - timedelta(days=5)
    )


@pytest.fixture
def say(session, round_, now):
    """`say("Too far", on=clause)`: one comment, of somebody of their own."""

    def say(text="Too far to walk", *, on=None, whole=False, channel=Channel.WEB, **fields) -> CommentRow:
        arrival = intake.Arrival(channel, "test", f"id-{next(_serial)}", text.encode(), round_id=round_.id)
        record = session.get_one(RecordRow, intake.record(session, arrival, now=now).id)
        ties = [Tie(clause) for clause in ([on] if not isinstance(on, list) else on) if clause]
        ties += [Tie(None)] if whole else []
        made = comments.make(session, round_, record, Said(text=text, ties=tuple(ties), **fields), now=now)
        return session.get_one(CommentRow, made.id)

    return say


@pytest.fixture
def retorts(session, version):
    return clause_numbered(session, version, "2.2")


def decide(session, comment, now, *, outcome="declined", reason="Not now.", **fields):
    decision = dispositions.Decision(outcome=DispositionOutcome(outcome), reason=reason, **fields)
    return dispositions.decide(session, comment, decision, by="test", now=now)


def report(session, round_, now):
    return reports.of(session, round_, now=now)


def every_word(synopsis) -> str:
    """All a reader could find in any form of the report that holds text."""
    written = [report_documents.write(synopsis, kind).decode() for kind in ("html", "csv", "json")]
    shown = [p["accepted"] or "" for p in inspect(report_documents.write(synopsis, "docx"))["paragraphs"]]
    return "\n".join([*written, *shown])


class TestWorkshops:
    """Who came, what was said and how they voted: three figures, each for itself."""

    @pytest.fixture
    def held(self, session, round_, now):
        def held(place="Katoro", *, people=12, others=0, group="miners"):
            meeting = Meeting(
                place, (now - timedelta(days=30)).date(),
                attendance=(Attended(group, people), *([Attended("others", others)] if others else [])),
            )  # fmt: skip
            return hold(session, round_, meeting, now=now).workshop

        rounds.keep_group(session, "miners", {"en": "Miners"})
        rounds.keep_group(session, "others", {"en": "Others"})
        return held

    @pytest.fixture
    def heard(self, session, round_, now):
        """`heard(workshop, "Too far", lone=True)`: said there, and made a public comment."""

        def heard(workshop, words, *, lone=False):
            workshop.consent = "spoken public"
            recorded = receive(session, workshop, f"A: {words}\n".encode(), "talk.txt", now=now)
            record = session.get_one(RecordRow, recorded.id)
            kept, _ = keep(session, workshop, record, hear(session, record), name="talk.txt", now=now)
            row = session.execute(
                sa.select(UtteranceRow).where(UtteranceRow.transcript_id == kept.id)
            ).scalar_one()
            wanted = Wanted((None,), lone=lone)
            return make_comment(session, round_, workshop, row.id, wanted, by="test", now=now)

        return heard

    def test_attendance_comments_and_dots_are_told_apart(self, session, round_, held, heard, now):
        workshop = held(people=12)
        for at in range(5):
            heard(workshop, f"Words number {at} of them.", lone=at == 0)
        session.add(
            DotVoteRow(
                workshop_id=workshop.id, entity="vote:1", question="Which?", options=["A", "B"],
                cells={"0": {"miners": 7}, "1": {"miners": 3}},
            )
        )  # fmt: skip

        found = report(session, round_, now).workshops

        [meeting] = found.meetings
        assert (meeting.people, meeting.comments, meeting.lone) == (12, 5, 1)
        assert meeting.votes[0].options == (("A", 7), ("B", 3))
        assert (found.comments, found.lone) == (5, 1)
        assert [(row.labels["en"], row.people) for row in found.groups] == [("Miners", 12)]

    def test_a_meeting_of_few_and_groups_of_few_are_kept_back(self, session, round_, held, heard, now):
        workshop = held(people=9, others=2)
        held("Village", people=3)
        heard(workshop, "Only one was said here.")

        found = report(session, round_, now).workshops

        assert {one.place: (one.people, one.comments) for one in found.meetings} == {
            "Katoro": (11, None), "Village": (None, None),
        }  # fmt: skip
        assert [row.people for row in found.groups] == [None, None]

    def test_lone_voices_are_quoted_first_and_never_cut(self, session, round_, held, heard, now):
        workshop = held()
        for at in range(7):
            heard(workshop, f"Words number {at} of them.", lone=at == 6)

        [issue] = report(session, round_, now).general

        assert (issue.voices[0].said, issue.voices[0].lone) == ("Words number 6 of them.", True)
        assert not any(voice.lone for voice in issue.voices[1:])
        assert "a lone voice: nobody else said it" in every_word(report(session, round_, now))


class TestFigures:
    def test_every_comment_stands_in_one_place(self, session, round_, say, retorts, now):
        say(on=retorts)
        say(whole=True)
        say()
        comments.erase(session, say(on=retorts), reason="asked", by="test", now=now)

        figures = report(session, round_, now).figures

        assert (figures.linked, figures.general, figures.waiting, figures.erased) == (1, 1, 1, 1)
        assert figures.comments == 4

    def test_a_comment_on_two_clauses_counts_in_both_and_once_in_all(
        self, session, round_, version, say, retorts, now
    ):
        say(on=[retorts, clause_numbered(session, version, "2.1")])

        synopsis = report(session, round_, now)

        assert [(c.clause.number, c.comments) for c in synopsis.clauses] == [("2.1", 1), ("2.2", 1)]
        assert synopsis.figures.comments == synopsis.figures.linked == 1

    def test_those_of_the_demonstration_are_the_ledgers(self, demonstrated, session, now):
        for slug in ("rag-2025", "rag-2026"):
            round_ = rounds.round_called(session, slug)

            figures = report(session, round_, now).figures

            sums = [one for one in ledger.verify(session).sums if one.round_id == round_.id]
            assert figures.comments == sum(one.comments for one in sums) > 0
            assert sum(figures.records.values()) == sum(one.records for one in sums)
            placed = sum((one.by_placement for one in sums), start=type(sums[0].by_placement)())
            assert figures.linked == placed["linked"]
            assert figures.waiting == placed["queued"]

    @pytest.mark.parametrize("placement", ["general", "linked"])
    def test_a_report_that_does_not_come_out_is_not_written(self, session, round_, say, now, placement):
        say()
        session.execute(sa.update(StandingRow).values(placement=placement))

        with pytest.raises(reports.FiguresDisagree, match="ledger verify"):
            report(session, round_, now)

    def test_it_asks_no_more_of_the_database_when_there_are_more_comments(
        self, session, round_, say, retorts, now
    ):
        def statements() -> int:
            asked = []
            sa.event.listen(session.get_bind(), "before_cursor_execute", lambda *a: asked.append(a[2]))
            report(session, round_, now)
            return len(asked)

        for _ in range(2):
            decide(session, say(on=retorts), now)
        few = statements()
        for _ in range(20):
            decide(session, say(on=retorts), now, reason=f"Reason {next(_serial)}.")

        assert statements() - few <= few


class TestIssues:
    def test_a_theme_gathers_its_comments_under_its_title(self, session, round_, say, retorts, now):
        said = [say(on=retorts) for _ in range(3)]
        themes.make(session, round_, "Too far", [comment.id for comment in said], clause_id=retorts, now=now)
        say("Too dear", on=retorts)

        issues = report(session, round_, now).clauses[0].issues

        assert [(issue.title, issue.comments, issue.texts) for issue in issues] == [
            ("Too far", 3, 1),
            ("", 1, 1),
        ]

    def test_comments_that_got_one_answer_stand_together(self, session, round_, say, retorts, now):
        for _ in range(2):
            decide(session, say(on=retorts), now, reason="Steel is dear.")
        decide(session, say(on=retorts), now, outcome="noted", reason="Thank you.")

        issues = report(session, round_, now).clauses[0].issues

        assert [(i.comments, i.responses[0].outcome, i.responses[0].reason) for i in issues] == [
            (2, "declined", "Steel is dear."),
            (1, "noted", "Thank you."),
        ]

    def test_an_accepted_one_leads_to_the_clause_that_changed(
        self, session, round_, version, say, retorts, now
    ):
        newer = a_version(
            session,
            session.get_one(type(rounds.version_of(session, round_)[0]), version.standard_id),
            label="2.0",
            status="decided",
            clauses={"1": "Scope. New."},
        )
        changed = clause_numbered(session, newer, "1")
        decide(
            session,
            say(on=retorts),
            now,
            outcome="accepted",
            change_version_id=newer.id,
            change_clause_id=changed,
        )

        response = report(session, round_, now).clauses[0].issues[0].responses[0]

        assert (response.change_version, response.change_number) == ("2.0", "1")
        assert response.change_clause == changed


class TestWords:
    def test_are_shown_where_their_author_agreed(self, session, round_, say, retorts, now):
        say("Zebaki ni ghali", on=retorts, public=True, language="sw")

        assert "Zebaki ni ghali" in every_word(report(session, round_, now))

    @pytest.mark.parametrize("channel", [Channel.SMS, Channel.WORKSHOP, Channel.VOICE, Channel.WEB])
    def test_are_only_counted_where_nobody_asked(self, session, round_, say, retorts, now, channel):
        say("Zebaki ni ghali", on=retorts, channel=channel)

        synopsis = report(session, round_, now)

        assert synopsis.clauses[0].comments == 1
        assert "Zebaki" not in every_word(synopsis)

    @pytest.mark.parametrize("why", ["confidential", "held", "hidden", "erased"])
    def test_are_never_shown_while(self, session, round_, say, retorts, now, why):
        comment = say(
            "Zebaki ni ghali",
            on=retorts,
            public=True,
            confidential=why == "confidential",
            held="robot" if why == "held" else "",
        )
        if why == "hidden":
            comments.hide(session, comment.id, "names a neighbour")
        if why == "erased":
            comments.erase(session, comment, reason="asked", by="test", now=now)

        synopsis = report(session, round_, now)

        assert synopsis.figures.comments == 1
        assert "Zebaki" not in every_word(synopsis)

    def test_of_the_committee_on_a_confidential_comment_stay_with_its_author(
        self, session, round_, say, retorts, now
    ):
        decide(session, say(on=retorts, confidential=True), now, reason="The chairman was warned.")

        assert "chairman" not in every_word(report(session, round_, now))

    def test_cannot_be_markup(self, session, round_, say, retorts, now):
        say("# <b>*Fire*</b> | =1+1 ![x](http://x.y)", on=retorts, public=True)

        shown = report_documents.write(report(session, round_, now), "html").decode()

        assert "# &lt;b&gt;*Fire*&lt;/b&gt; | =1+1 ![x](http://x.y)" in shown


class TestPeople:
    def test_small_groups_are_kept_back_with_one_that_would_betray_them(
        self, session, round_, say, retorts, now
    ):
        few = factories.a_group(session, "few", "The few")
        some, many = factories.a_group(session, "some", "Some"), factories.a_group(session, "many", "Many")
        for group, people in ((few, 2), (some, 6), (many, 9)):
            for _ in range(people):
                say(on=retorts, group_id=group.id)

        rows = report(session, round_, now).people.groups

        assert {row.labels["en"]: row.people for row in rows} == {"The few": None, "Some": None, "Many": 9}

    def test_a_region_that_few_named_is_not_named(self, session, round_, say, retorts, now):
        for region, people in (("Geita", 6), ("Mara ", 5), ("Kibingo village", 1), ("mara", 2)):
            for _ in range(people):
                say(on=retorts, region=region)

        synopsis = report(session, round_, now)

        assert [row.people for row in synopsis.people.regions] == [7, None]
        assert "ibingo" not in every_word(synopsis)

    def test_women_are_counted_from_telephones_and_workshops(self, session, round_, say, retorts, now):
        for _ in range(6):
            person = participants.enrol(session, now=now, gender="woman")
            say(on=retorts, channel=Channel.SMS, participant_id=person.id)
        workshop = WorkshopRow(
            round_id=round_.id, place="Geita", held_on=now.date(), languages=["sw"], created_at=now
        )
        session.add(workshop)
        session.flush()
        session.add(AttendanceRow(workshop_id=workshop.id, category="Pit", people=20, women=8))
        session.flush()

        genders = report(session, round_, now).people.genders

        assert [(dict(row.labels), row.people) for row in genders] == [({"": "woman"}, 14), ({}, 12)]


class TestFiles:
    @pytest.fixture
    def synopsis(self, demonstrated, session, now):
        return report(session, rounds.round_called(session, "rag-2025"), now)

    @pytest.mark.parametrize("kind", KINDS)
    def test_the_same_data_give_the_same_bytes(self, synopsis, kind):
        assert report_documents.write(synopsis, kind) == report_documents.write(synopsis, kind)

    def test_word_has_the_sections_of_a_synopsis(self, synopsis):
        back = read(report_documents.write(synopsis, "docx"), "report.docx")

        headings = [clause.text.heading for clause in back.clauses if clause.parent is None]
        assert headings == [
            "Summary",
            "What happens next",
            "How we consulted",
            "Who took part",
            "What people said, clause by clause",
            "On the whole document",
        ]

    def test_word_has_every_clause_people_spoke_about(self, synopsis):
        back = read(report_documents.write(synopsis, "docx"), "report.docx")

        numbers = {clause.text.declared_number for clause in back.clauses}
        assert {report.clause.number for report in synopsis.clauses} <= numbers

    def test_csv_has_every_figure_once(self, synopsis):
        text = report_documents.write(synopsis, "csv").decode("utf-8-sig")

        rows = list(csv.reader(io.StringIO(text)))

        assert rows[0] == ["table", "row", "column", "value"]
        assert len({tuple(row[:3]) for row in rows}) == len(rows)
        assert ["comments", "", "comments", str(synopsis.figures.comments)] in rows

    def test_json_says_null_where_a_figure_is_kept_back(self, synopsis):
        told = json.loads(report_documents.write(synopsis, "json"))

        assert None in [row["people"] for row in told["people"]["groups"]]
        assert sum(told["outcomes"].values()) == told["comments"]["decided"]
