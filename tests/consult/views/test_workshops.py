"""The workshop screens over HTTP: log a meeting, look at its transcript, tag it; refusals in words."""

import re
from datetime import UTC, datetime, timedelta
from io import BytesIO
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlmodel import select

from consult import db, ledger, rounds, workshops
from consult.tables.comments import CommentRow, LinkRow
from consult.tables.people import PersonRow, Role
from consult.tables.process import AuditRow
from consult.tables.workshops import AttendanceRow, UtteranceRow, UtteranceState, WorkshopRow
from tests.factories import a_version, clause_numbered

SPOKEN = """\
Neema Paul: If it is far nobody will carry wet amalgam in the rain.
Juma: Neema is right, call me on 0754 123 456.
Facilitator: We go on to clause 2.2, the retort.
"""


@pytest.fixture
def version(engine):
    with db.transaction() as session:
        return a_version(session, status="consultation")


@pytest.fixture
def round_(version):
    """A round that is open at this moment."""
    now = datetime.now(UTC)
    with db.transaction() as session:
        rounds.keep_group(session, "pit-miners", {"en": "Pit miners"})
        wanted = rounds.NewRound(
            slug="r1", title="Round 1", opens_at=now - timedelta(days=1), closes_at=now + timedelta(days=9)
        )
        return rounds.open_round(session, version, wanted, now=now)


@pytest.fixture
def secretary(signed_in, round_):
    return signed_in("secretary")


def filled(**fields):
    """The form of a workshop, filled in."""
    return {
        "id": str(uuid4()),
        "place": "Katoro",
        "region": "Geita",
        "held_on": "2026-03-01",
        "languages": ["en"],
        "agenda": "2.2",
        "consent": "spoken",
        "people-pit-miners": "12",
        "women-pit-miners": "3",
    } | fields


def logged(client, **fields):
    """The address of a workshop that was just logged."""
    answer = client.post("/desk/rounds/r1/workshops/new", data=filled(**fields))
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def brought(client, address, text=SPOKEN, name=""):
    """The address of the look at a transcript."""
    data = {"file": (BytesIO(text.encode()), name)} if name else {"pasted": text}
    answer = client.post(f"{address}/transcripts", data=data, content_type="multipart/form-data")
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def tagged(client, **fields):
    """The address of a workshop with its transcript kept, and its utterances."""
    address = logged(client, **fields)
    kept = client.post(brought(client, address), data={"act": "keep", "category-1": "pit-miners"})
    assert kept.status_code == 302, kept.text
    with db.reading() as session:
        return address, session.exec(select(UtteranceRow).order_by(UtteranceRow.position)).all()


def one(row):
    with db.reading() as session:
        return session.exec(select(row)).one()


class TestLoggingAWorkshop:
    def test_it_is_kept_with_who_came(self, secretary):
        page = secretary.get(logged(secretary)).text

        assert "Workshop in Katoro" in page
        assert re.search(r"Pit miners.*?12.*?3", page, re.DOTALL)
        assert "2.2 Retorts" in page

    def test_pressing_twice_gives_one_workshop(self, secretary):
        id_ = str(uuid4())

        assert logged(secretary, id=id_) == logged(secretary, id=id_)

        assert str(one(WorkshopRow).id) == id_

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"place": ""}, "Where was it?"),
            ({"held_on": "yesterday"}, "On which day"),
            ({"languages": []}, "Tick at least one"),
            ({"other_language": "klingon speech"}, "no language code"),
            ({"agenda": "2.2, 9.9"}, "no clause 9.9"),
            ({"people-pit-miners": "-2"}, "below nought"),
            ({"people-pit-miners": "5", "women-pit-miners": "6"}, "6 women among 5"),
            ({"people-pit-miners": "1000000"}, "more than one workshop holds"),
            ({"people-pit-miners": "", "women-pit-miners": "3"}, "how many came altogether"),
            ({"category": [""], "people": ["4"], "women": [""]}, "Who were they?"),
        ],
    )
    def test_what_cannot_be_is_shown_again_with_everything_typed(self, secretary, fields, words):
        answer = secretary.post("/desk/rounds/r1/workshops/new", data=filled(notes="Rain all day.", **fields))

        assert answer.status_code == 400
        assert words in answer.text
        assert "Rain all day." in answer.text
        with db.reading() as session:
            assert session.exec(select(WorkshopRow)).all() == []

    def test_every_error_leads_to_its_field(self, secretary):
        wrong = {"place": "", "held_on": "", "people-pit-miners": "x", "category": [""], "people": ["4"]}
        answer = secretary.post("/desk/rounds/r1/workshops/new", data=filled(**wrong, women=[""]))

        summary = re.search(r'class="error-summary".*?</ul>', answer.text, re.DOTALL).group()
        targets = re.findall(r'href="#([^"]+)"', summary)
        assert len(targets) == 4
        assert all(f'id="{target}"' in answer.text for target in targets)

    def test_it_can_be_put_right(self, secretary):
        address = logged(secretary)
        assert 'value="12"' in secretary.get(f"{address}/edit").text

        secretary.post(f"{address}/edit", data=filled(**{"people-pit-miners": "10"}))

        assert one(AttendanceRow).people == 10

    def test_a_closed_round_takes_it_and_says_so(self, secretary, round_):
        with db.transaction() as session:
            row = session.merge(round_)
            rounds.close(session, row, now=datetime.now(UTC))

        assert "marked late" in secretary.get("/desk/rounds/r1/workshops/new").text
        address, utterances = tagged(secretary)
        secretary.post(f"{address}/utterances/{utterances[0].id}", data={"act": "comment", "whole": "yes"})

        assert one(CommentRow).late
        assert "marked late" in secretary.get(f"{address}/utterances").text


class TestWhoMaySee:
    def test_a_facilitator_sees_their_own_alone(self, signed_in, round_):
        asha, juma = signed_in(Role.FACILITATOR), signed_in(Role.FACILITATOR)
        address = logged(asha)

        assert asha.get(address).status_code == 200
        assert "Katoro" in asha.get("/desk/workshops").text
        assert "Katoro" not in juma.get("/desk/workshops").text
        for path in ("", "/edit", "/transcripts", "/utterances"):
            assert juma.get(address + path).status_code == 404

    def test_a_facilitator_cannot_give_theirs_away(self, signed_in, round_):
        asha = signed_in(Role.FACILITATOR)
        with db.reading() as session:
            person = session.exec(select(PersonRow)).one()

        logged(asha, facilitator=str(uuid4()))

        assert one(WorkshopRow).facilitator_id == person.id

    @pytest.mark.parametrize("role", ["drafter", "auditor", "working-group"])
    def test_colleagues_read_what_was_held_and_write_nothing(self, signed_in, secretary, role):
        address = logged(secretary)
        reader = signed_in(role)

        assert "Katoro" in reader.get("/desk/workshops").text
        page = reader.get(address).text
        assert "Minutes" in page
        assert "/plan" not in page
        assert "Put it right" not in page
        assert reader.get(f"{address}/edit").status_code == 403
        assert reader.get(f"{address}/consents").status_code == 403
        assert reader.post("/desk/rounds/r1/workshops/new", data=filled()).status_code == 403

    def test_who_reads_nothing_at_the_desk_is_refused(self, signed_in, round_):
        assert signed_in("operator").get("/desk/workshops").status_code == 403
        assert signed_in("operator").post("/desk/rounds/r1/workshops/new", data=filled()).status_code == 403

    def test_names_are_opened_by_the_secretary_alone_and_that_is_recorded(self, secretary, signed_in):
        address, _ = tagged(secretary)

        assert "Neema Paul" in secretary.post(f"{address}/names").text
        assert signed_in(Role.FACILITATOR).post(f"{address}/names").status_code == 403
        with db.reading() as session:
            acts = session.exec(select(AuditRow.act)).all()
        assert acts.count("open-original") == 1


class TestBringingInATranscript:
    def test_first_it_is_shown_and_nothing_is_made_of_it(self, secretary):
        page = secretary.get(brought(secretary, logged(secretary))).text

        assert "Neema Paul" in page
        assert "[name] is right, call me on [number]." in page
        with db.reading() as session:
            assert session.exec(select(UtteranceRow)).all() == []

    def test_kept_it_shows_no_name_any_more(self, secretary):
        address, utterances = tagged(secretary)

        page = secretary.get(f"{address}/utterances").text
        assert [row.speaker for row in utterances] == ["Speaker 1", "Speaker 2", "Facilitator"]
        assert utterances[0].category == "pit-miners"
        assert "Neema" not in page
        assert "0754" not in page

    def test_the_same_file_twice_says_so(self, secretary):
        address, _ = tagged(secretary)

        again = secretary.get(brought(secretary, address), follow_redirects=True)

        assert "Nothing was brought in twice" in again.text
        with db.reading() as session:
            assert len(session.exec(select(UtteranceRow)).all()) == 3

    def test_problems_are_told_by_line(self, secretary):
        cues = ("00:00:05.000 --> 00:00:03.000\n<v A>Backwards", "00:00:09.000 --> 00:00:10.000\n<v A>Yes")
        text = "\n\n".join(("WEBVTT", *cues, ""))

        page = secretary.get(brought(secretary, logged(secretary), text, "t.vtt")).text

        assert re.search(r"line \d+: ", page)

    def test_without_speakers_there_is_a_way_out(self, secretary):
        look = brought(secretary, logged(secretary), "The water is dear.\n\nAnd far away.")

        refused = secretary.get(look)
        assert refused.status_code == 400
        assert "no line says who is speaking" in refused.text.lower()
        assert "one voice" in refused.text
        secretary.post(look, data={"act": "keep", "as": "one-voice"})

        with db.reading() as session:
            assert [row.words for row in session.exec(select(UtteranceRow)).all()] == [
                "The water is dear.",
                "And far away.",
            ]

    def test_what_is_no_transcript_is_kept_in_the_ledger_and_refused_kindly(self, secretary):
        look = brought(secretary, logged(secretary), "%PDF-1.7 something", "minutes.pdf")

        assert "PDF" in secretary.get(look).text
        assert secretary.post(look, data={"act": "keep"}).status_code == 409
        assert secretary.post(look, data={"act": "aside"}).status_code == 302
        with db.reading() as session:
            assert ledger.verify(session).faults == []

    def test_an_empty_form_says_what_to_do(self, secretary):
        address = logged(secretary)

        answer = secretary.post(f"{address}/transcripts", data={"pasted": "  "})

        assert (answer.status_code, "Choose a file" in answer.text) == (400, True)

    def test_without_consent_no_words_are_taken(self, secretary):
        address = logged(secretary, consent="refused")

        answer = secretary.post(f"{address}/transcripts", data={"pasted": SPOKEN})

        assert (answer.status_code, "did not agree" in answer.text) == (409, True)


class TestTagging:
    def test_a_comment_on_chosen_clauses_leads_back_to_its_utterance(self, secretary, version):
        address, utterances = tagged(secretary)
        with db.reading() as session:
            clause = clause_numbered(session, version, "2.1")

        answer = secretary.post(
            f"{address}/utterances/{utterances[0].id}",
            data={
                "act": "comment",
                "clause": [str(clause)],
                "number": "2.2",
                "lone": "yes",
                "language": "en",
            },
            follow_redirects=True,
        )

        comment = one(CommentRow)
        with db.reading() as session:
            tied = session.exec(select(LinkRow)).all()
            assert workshops.origin_of(session, comment.id).utterance.id == utterances[0].id
        assert len(tied) == 2
        assert next(link for link in tied if link.clause_id == clause).score is not None
        assert comment.receipt in answer.text
        assert "1 of 3" in answer.text
        assert "Lone voice" in answer.text

    def test_suggestions_come_with_scores_and_words(self, secretary):
        address, utterances = tagged(secretary)

        page = secretary.get(f"{address}/utterances?at={utterances[0].id}").text

        assert re.search(r"No open burning.*?\d+%.*?<q[^>]*>amalgam</q>", page, re.DOTALL)
        assert "on the agenda" in page

    def test_a_number_that_is_not_there_changes_nothing_and_keeps_what_was_typed(self, secretary):
        address, utterances = tagged(secretary)

        answer = secretary.post(
            f"{address}/utterances/{utterances[1].id}",
            data={"act": "comment", "number": "2.2 9.9", "lone": "yes"},
        )

        assert answer.status_code == 400
        assert "no clause 9.9" in answer.text
        assert 'value="2.2 9.9"' in answer.text
        with db.reading() as session:
            assert session.exec(select(CommentRow)).all() == []

    def test_skipping_undoing_and_a_lone_voice(self, secretary):
        address, utterances = tagged(secretary)
        target = f"{address}/utterances/{utterances[2].id}"

        secretary.post(target, data={"act": "skip"})
        secretary.post(target, data={"act": "lone", "lone": "yes"})
        with db.reading() as session:
            row = session.get_one(UtteranceRow, utterances[2].id)
            assert (row.state, row.lone) == (UtteranceState.SKIPPED, True)
        page = secretary.post(target, data={"act": "undo"}, follow_redirects=True).text

        assert "open again" in page
        with db.reading() as session:
            assert session.get_one(UtteranceRow, utterances[2].id).state is UtteranceState.OPEN

    def test_after_each_act_comes_the_next_open_utterance_and_a_way_to_undo(self, secretary):
        address, utterances = tagged(secretary)

        page = secretary.post(
            f"{address}/utterances/{utterances[0].id}", data={"act": "skip"}, follow_redirects=True
        )

        assert f"at={utterances[1].id}" in page.request.url
        assert "Skipped." in page.text
        undone = secretary.post(f"{address}/undo", follow_redirects=True)
        assert f"at={utterances[0].id}" in undone.request.url
        assert "it is as it was before" in undone.text

    def test_a_speakers_category_holds_from_then_on(self, secretary):
        address, utterances = tagged(secretary)
        speaker = f"{utterances[1].transcript_id}:Speaker 2"

        secretary.post(
            f"{address}/speakers",
            data={"speaker-2": speaker, "category-2": "pit-miners", "category-1": "pit-miners"},
        )
        secretary.post(f"{address}/utterances/{utterances[1].id}", data={"act": "comment", "whole": "yes"})

        assert one(CommentRow).group_id is not None

    def test_what_the_form_tells_goes_with_the_comment(self, secretary):
        address, utterances = tagged(secretary)

        secretary.post(
            f"{address}/utterances/{utterances[0].id}",
            data={
                "act": "comment",
                "told": "yes",
                "number": "retorts",
                "mark": ["obstacle"],
                "obstacle-words": "in the rain",
                "feeling": "against",
                "read_back": "yes",
                "gender": "woman",
                "gender-was": "",
            },
        )

        assert one(CommentRow).obstacle == "in the rain"
        with db.reading() as session:
            row = session.get_one(UtteranceRow, utterances[0].id)
            assert (row.feeling, row.read_back, row.gender, row.category) == (
                "against",
                True,
                "woman",
                "pit-miners",
            )
            assert len(session.exec(select(LinkRow)).all()) == 1
        page = secretary.get(f"/desk/comments/{row.comment_id}").text
        assert "in the rain" in page
        assert "read back" in page

    def test_splitting_joining_correcting_and_undoing_by_buttons(self, secretary):
        address, utterances = tagged(secretary)
        target = f"{address}/utterances/{utterances[0].id}"

        def pressed(act, **fields):
            return secretary.post(target, data={"act": act} | fields, follow_redirects=True).text

        assert "Each part is on its own now" in pressed("split", rest="wet amalgam in the rain.")
        assert "Joined with the next" in pressed("join")
        assert "joined</span>" in pressed("correct", corrected="If it is far nobody carries")
        assert "Corrected; what stood there first" in secretary.get(f"{address}/utterances").text
        for _ in range(3):
            assert "as it was before" in secretary.post(f"{address}/undo", follow_redirects=True).text
        assert "Nothing is left" in secretary.post(f"{address}/undo", follow_redirects=True).text
        with db.reading() as session:
            row = session.get_one(UtteranceRow, utterances[0].id)
            assert (row.words, row.joined) == (utterances[0].words, False)

    def test_all_that_one_speaker_says_at_once(self, secretary):
        address, utterances = tagged(secretary)

        kept = secretary.post(
            f"{address}/utterances/{utterances[1].id}",
            data={"act": "tell-speaker", "category": "pit-miners", "category-was": ""},
            follow_redirects=True,
        )
        skipped = secretary.post(
            f"{address}/utterances/{utterances[2].id}", data={"act": "skip-speaker"}, follow_redirects=True
        )

        assert "It holds for 1 utterance of Speaker 2" in kept.text
        assert "1 utterance skipped" in skipped.text

    def test_the_second_of_two_sees_what_the_first_made_and_where_they_work(
        self, secretary, signed_in, round_
    ):
        address, utterances = tagged(secretary)
        secretary.post(f"{address}/utterances/{utterances[1].id}", data={"act": "here"})
        secretary.post(f"{address}/utterances/{utterances[0].id}", data={"act": "comment", "whole": "yes"})
        other = signed_in("secretary")

        page = other.post(
            f"{address}/utterances/{utterances[0].id}",
            data={"act": "comment", "number": "2.2"},
            follow_redirects=True,
        )

        assert "already; nothing was changed" in page.text
        assert f"at={utterances[0].id}" in page.request.url
        assert "A colleague works at" in page.text

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"act": "split"}, "put the caret where they part"),
            ({"act": "split", "words": "not said"}, "not in what was said"),
            ({"act": "correct", "corrected": " "}, "skip it instead"),
            ({"act": "comment", "number": "volcano"}, "no clause volcano"),
            ({"act": "comment", "number": "e"}, "Type the number"),
        ],
    )
    def test_what_cannot_be_says_what_to_do_and_changes_nothing(self, secretary, fields, words):
        address, utterances = tagged(secretary)

        answer = secretary.post(f"{address}/utterances/{utterances[0].id}", data=fields)

        assert answer.status_code == 400
        assert words in answer.text
        with db.reading() as session:
            assert session.get_one(UtteranceRow, utterances[0].id).words == utterances[0].words

    @pytest.mark.parametrize("where", ["", "x", "1:2:3:4", "99:00:00", "0:40", "-5"])
    def test_any_place_on_the_tape_gives_a_page(self, secretary, where):
        address, _ = tagged(secretary)

        assert secretary.get(f"{address}/utterances?from={where}").status_code == 200

    def test_everything_works_without_scripts_by_buttons(self, secretary):
        address, _ = tagged(secretary)

        page = secretary.get(f"{address}/utterances").text

        for act in ("comment", "skip"):
            assert re.search(rf'<button[^>]*name="act" value="{act}"', page)
        assert re.search(r'rel="next" href=', page)

    def test_both_sums_hold_afterwards(self, secretary):
        address, utterances = tagged(secretary)
        for row, form in zip(utterances, ({"act": "comment"}, {"act": "skip"}, {"act": "undo"}), strict=True):
            secretary.post(f"{address}/utterances/{row.id}", data=form)

        with db.reading() as session:
            assert ledger.verify(session).faults == []

    def test_an_utterance_that_is_not_there_is_a_404(self, secretary):
        address, _ = tagged(secretary)

        assert secretary.post(f"{address}/utterances/{uuid4()}", data={"act": "skip"}).status_code == 404
        with db.reading() as session:
            assert session.exec(select(sa.func.count()).select_from(CommentRow)).one() == 0


class TestALanguageNobodySet:
    SPANISH = (
        "Ana: En la comunidad no tenemos agua limpia para lavar el oro, y el molino queda muy lejos.\n"
        "Luis: Los compradores nos pagan menos porque no tenemos papeles, y eso no es justo para nosotros.\n"
        "Ana: Queremos que la norma diga claramente quien paga las retortas y cuando llegan.\n"
    )

    def test_it_is_noticed_and_added_where_somebody_says_so(self, secretary):
        at = brought(secretary, logged(secretary), self.SPANISH)

        page = secretary.get(at).text
        secretary.post(at, data={"act": "keep", "language": "es"})

        assert "seems to be in Español" in page
        assert one(WorkshopRow).languages == ["en", "es"]

    def test_it_is_left_as_it_is_where_somebody_says_so(self, secretary):
        at = brought(secretary, logged(secretary), self.SPANISH)

        secretary.post(at, data={"act": "keep", "language": ""})

        assert one(WorkshopRow).languages == ["en"]

    def test_a_language_we_do_not_know_is_said_to_be_one(self, secretary):
        words = "Biso nyonso tozali kosala mosala makasi na libulu ya wolo mikolo nyonso"
        at = brought(secretary, logged(secretary), f"A: {words}\nB: {words} lelo\nA: {words} lobi\n")

        page = secretary.get(at).text
        secretary.post(at, data={"act": "keep", "language": "other", "other": "ln"})

        assert "nor in another one that we know" in page
        assert one(WorkshopRow).languages == ["en", "ln"]
        with db.reading() as session:
            assert {row.language for row in session.exec(select(UtteranceRow))} == {"ln"}

    def test_what_is_in_the_languages_set_is_not_asked_about(self, secretary):
        page = secretary.get(brought(secretary, logged(secretary), SPOKEN)).text

        assert "What was spoken?" not in page
