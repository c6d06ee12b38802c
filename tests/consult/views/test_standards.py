"""Reading standards over HTTP: versions, chapters, print, permanent addresses, comparisons."""

import gzip
import io
import re
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import brotli
import pytest
import sqlalchemy as sa

from consult import comparing, db, rounds
from consult.tables.comments import CommentRow, LinkRow, StandingRow, TallyRow
from consult.tables.decisions import DispositionRow
from consult.tables.intake import RecordRow
from standards import drafting, store, versions
from standards.document import ClauseText
from standards.drafting import Hand
from standards.tables import VersionRow
from tests.factories import a_standard, a_version, clause_numbered

NOW = datetime.now(UTC)
HAND = Hand("editor", NOW, "People asked for it.")


@pytest.fixture
def gold(client) -> VersionRow:
    """`gold` 1.0, published."""
    with db.transaction() as session:
        return a_version(session, a_standard(session, slug="gold"), label="1.0", status="published")


def an_open_round(version: VersionRow, **fields):
    wanted = {
        "slug": "gold-1",
        "title": "First round",
        "opens_at": NOW - timedelta(days=2),
        "closes_at": NOW + timedelta(days=20),
    }
    with db.transaction() as session:
        return rounds.open_round(session, version, rounds.NewRound(**wanted | fields), now=NOW)


def the_next(version: VersionRow, label: str = "2.0"):
    """A draft from a version, and the clause ids of the version by number."""
    with db.transaction() as session:
        version = session.get_one(VersionRow, version.id)
        draft = versions.new_draft(session, version, label, now=NOW)
        numbers = {clause.number: clause.id for clause in store.load(session, version)}
    return draft, numbers


def frozen(version: VersionRow) -> None:
    with db.transaction() as session:
        versions.freeze(session, session.get_one(VersionRow, version.id), now=NOW)


def a_public_comment(version: VersionRow, round_, number: str, text: str, *, held="", **fields) -> None:
    """A linked comment, as the rows that every door leaves behind."""
    same = {"round_id": round_.id, "channel": fields.pop("channel", "web")}
    with db.transaction() as session:
        record = RecordRow(
            **same,
            source="test",
            provider_id=text,
            content_type="text/plain",
            payload=b"",
            payload_hash=b"",
            received_at=datetime(2026, 3, 4, 9, 30, tzinfo=UTC),
        )
        session.add(record)
        session.flush()
        comment = CommentRow(
            **same,
            record_id=record.id,
            text=text,
            language="en",
            receipt=text[:20],
            received_at=record.received_at,
            **{"public": True, **fields},
        )
        session.add(comment)
        session.flush()
        session.add(StandingRow(comment_id=comment.id, **same, placement="linked", held=held))
        session.add(
            LinkRow(
                comment_id=comment.id,
                version_id=version.id,
                clause_id=clause_numbered(session, version, number),
                kind="explicit",
                at=NOW,
            )
        )


def tallied(version: VersionRow, number: str, **channels: int) -> None:
    with db.transaction() as session:
        clause_id = clause_numbered(session, version, number)
        for channel, comments in channels.items():
            session.merge(
                TallyRow(version_id=version.id, clause_id=clause_id, channel=channel, comments=comments)
            )


def words_of(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.text))


class TestStandard:
    def test_versions_stand_newest_first_with_their_standing(self, client, gold):
        draft, _ = the_next(gold)
        frozen(draft)

        page = words_of(client.get("/standards/gold"))

        assert page.index("2.0") < page.index("Consultation draft") < page.index("Published")

    def test_drafts_are_not_for_the_public(self, client, gold):
        the_next(gold)

        assert "2.0" not in client.get("/standards/gold").text
        assert client.get("/standards/gold/2.0").status_code == 404

    def test_who_may_read_the_desk_reads_drafts(self, gold, signed_in):
        the_next(gold)

        assert signed_in("secretary").get("/standards/gold/2.0").status_code == 200
        assert signed_in("operator").get("/standards/gold/2.0").status_code == 404

    def test_an_unknown_version_is_answered_with_those_there_are(self, client, gold):
        response = client.get("/standards/gold/9.9")

        assert response.status_code == 404
        assert "has no version 9.9 to read. Those to read: 1.0." in words_of(response)

    def test_an_unknown_standard_is_a_page_not_a_trace(self, client):
        response = client.get("/standards/nowhere")

        assert response.status_code == 404
        assert "There is no standard called “nowhere” here." in words_of(response)


class TestReading:
    def test_a_short_standard_is_one_page_with_its_numbers_as_permanent_links(self, client, gold):
        page = client.get("/standards/gold/1.0").text

        assert '<a class="clause-number" href="/standards/gold/1.0/clauses/2.1">2.1</a>' in page
        assert '<b class="shall">shall not</b>' in page
        assert 'lang="en"' in page

    def test_a_long_standard_is_read_by_chapter(self, client):
        clauses = {"1": "First. Words.", "2": "Second"} | {
            f"2.{n}": f"Part {n}. Words {n}." for n in range(1, 90)
        }
        with db.transaction() as session:
            a_version(session, a_standard(session, slug="long"), clauses=clauses, status="published")

        first, second = (client.get(f"/standards/long/1.0{q}").text for q in ("", "?chapter=2"))

        assert 'rel="next" href="/standards/long/1.0?chapter=2"' in first
        assert "Words 7." not in first
        assert "Words 7." in second
        assert 'id="c-2.7"' in second
        assert "Words 7." in client.get("/standards/long/1.0/print").text

    def test_any_clause_opens_its_chapter_and_an_unknown_one_says_so(self, client):
        clauses = {f"{n}": f"Rule {n}. Words of {n}." for n in range(1, 101)}
        with db.transaction() as session:
            a_version(session, a_standard(session, slug="flat"), clauses=clauses, status="published")

        assert "Words of 100." in client.get("/standards/flat/1.0?chapter=95").text
        assert '<h2 id="c-1">' in client.get("/standards/flat/1.0").text
        assert client.get("/standards/flat/1.0?chapter=500").status_code == 404

    def test_an_open_round_puts_the_way_to_comment_beside_each_clause(self, client, gold):
        an_open_round(gold)

        page = client.get("/standards/gold/1.0").text

        assert "/consultations/gold-1/comment?clause=2.1" in page
        assert "how to take part" in page

    def test_a_closed_round_takes_no_comments(self, client, gold):
        an_open_round(gold, closes_at=NOW - timedelta(days=1))

        page = client.get("/standards/gold/1.0").text

        assert "/comment?clause=" not in page
        assert "First round" in page

    def test_counts_tell_texted_and_spoken_from_written(self, client, gold):
        tallied(gold, "2.1", sms=3, workshop=2, voice=1, web=4, document=1)

        page = words_of(client.get("/standards/gold/1.0"))

        assert "11 comments, 6 of them texted or spoken" in page

    def test_a_new_comment_is_counted_on_the_next_page(self, client, gold):
        assert "comments" not in words_of(client.get("/standards/gold/1.0"))

        tallied(gold, "2.1", sms=2)

        assert "2 comments" in words_of(client.get("/standards/gold/1.0"))

    def test_text_that_looks_like_markup_is_shown_not_obeyed(self, client):
        hostile = {"1": "<img src=x onerror=alert(1)>. <script>alert(2)</script> [x](javascript:alert(3))"}
        with db.transaction() as session:
            standard = a_standard(session, slug="hostile", title="<b onclick=x>Title</b>")
            a_version(session, standard, clauses=hostile, status="published")

        for address in ("", "/1.0", "/1.0/print", "/1.0/clauses/1"):
            page = client.get(f"/standards/hostile{address}").text
            assert "<script>alert" not in page
            assert "<img" not in page
            assert "<b onclick" not in page
            assert 'href="javascript' not in page

    def test_the_print_page_has_the_whole_text_and_no_interface(self, client, gold):
        an_open_round(gold)

        page = client.get("/standards/gold/1.0/print").text

        assert "Operators should use a retort" in words_of(client.get("/standards/gold/1.0/print"))
        assert "comment-link" not in page


class TestKeptPages:
    def test_a_page_comes_compressed_as_the_browser_asks(self, client, gold):
        plain = client.get("/standards/gold/1.0").data
        for encoding, unpack in (("br", brotli.decompress), ("gzip", gzip.decompress)):
            response = client.get("/standards/gold/1.0", headers={"Accept-Encoding": encoding})

            assert response.headers["Content-Encoding"] == encoding
            assert unpack(response.data) == plain

    def test_an_unchanged_page_is_not_sent_again(self, client, gold):
        tag = client.get("/standards/gold/1.0").headers["ETag"]

        again = client.get("/standards/gold/1.0", headers={"If-None-Match": tag})

        assert (again.status_code, again.data) == (304, b"")

    def test_a_kept_page_asks_the_database_nothing(self, client, gold, engine):
        client.get("/standards/gold/1.0")
        asked = []
        sa.event.listen(engine, "before_cursor_execute", lambda *args: asked.append(args[2]))

        client.get("/standards/gold/1.0")

        assert asked == []

    @pytest.mark.parametrize(
        "address", ["/standards/gold/1.0", "/standards/gold/1.0/print", "/standards/gold/1.0/clauses/2.1"]
    )
    def test_the_number_of_queries_does_not_grow_with_clauses_or_comments(
        self, client, engine, gold, address
    ):
        def queries(path):
            asked = []
            count = lambda *args: asked.append(args[2])  # noqa: E731
            sa.event.listen(engine, "before_cursor_execute", count)
            assert client.get(path).status_code == 200
            sa.event.remove(engine, "before_cursor_execute", count)
            return len(asked)

        clauses = {"1": "Scope", "2": "Chapter"} | {f"2.{n}": f"Part {n}. Words." for n in range(1, 300)}
        with db.transaction() as session:
            many = a_version(session, a_standard(session, slug="many"), clauses=clauses, status="published")
        few = queries(address)
        for number in range(1, 40):
            tallied(many, f"2.{number}", sms=number, web=7)

        assert queries(address.replace("gold", "many")) == few <= 8

    def test_each_language_has_its_own_page(self, client, gold):
        english = client.get("/standards/gold/1.0", headers={"Accept-Language": "en"}).text
        french = client.get("/standards/gold/1.0", headers={"Accept-Language": "fr"}).text

        assert '<html lang="en"' in english
        assert '<html lang="fr"' in french

    def test_what_a_signed_in_person_sees_is_kept_for_nobody(self, client, gold, signed_in):
        secretary = signed_in("secretary")

        own = secretary.get("/standards/gold/1.0")

        assert 'href="/desk"' in own.text
        assert own.headers["Cache-Control"] == "no-store"
        assert 'href="/desk"' not in client.get("/standards/gold/1.0").text


class TestClause:
    def test_a_clause_stands_alone_with_what_is_above_and_below(self, client, gold):
        page = words_of(client.get("/standards/gold/1.0/clauses/2"))

        assert "2.1 No open burning" in page
        assert "Read it in its place" in page

    def test_a_clause_is_found_by_its_id_as_well(self, client, gold):
        with db.reading() as session:
            id_ = clause_numbered(session, gold, "2.1")

        assert "No open burning" in client.get(f"/standards/gold/1.0/clauses/{id_}").text

    def test_an_id_still_leads_to_a_clause_that_was_renumbered(self, client, gold):
        draft, numbers = the_next(gold)
        with db.transaction() as session:
            wanted = ClauseText("First of all", "Words.")
            drafting.add(session, session.get_one(VersionRow, draft.id), wanted, HAND, position=0)
        frozen(draft)

        page = words_of(client.get(f"/standards/gold/2.0/clauses/{numbers['2.1']}"))

        assert "3.1 No open burning" in page
        assert "Version 1.0 : 2.1 (the same words)" in page

    def test_a_withdrawn_clause_says_where_it_stood_and_why_it_went(self, client, gold):
        draft, numbers = the_next(gold)
        with db.transaction() as session:
            drafting.withdraw(session, session.get_one(VersionRow, draft.id), numbers["2.1"], HAND)
        frozen(draft)

        response = client.get(f"/standards/gold/2.0/clauses/{numbers['2.1']}")

        assert response.status_code == 200
        page = words_of(response)
        assert "Version 2.0 does not have this clause" in page
        assert "withdrawn" in page
        assert "People asked for it." in page
        assert f"/standards/gold/1.0/clauses/{numbers['2.1']}" in response.text

    def test_a_clause_merged_away_leads_to_the_one_it_went_into(self, client, gold):
        draft, numbers = the_next(gold)
        with db.transaction() as session:
            row = session.get_one(VersionRow, draft.id)
            kept, gone = numbers["2.1"], numbers["2.2"]
            drafting.join(session, row, kept, gone, ClauseText("Retorts", "Both together."), HAND)
        frozen(draft)

        response = client.get(f"/standards/gold/2.0/clauses/{gone}")

        assert "merged" in words_of(response)
        assert f'href="/standards/gold/2.0/clauses/{kept}"' in response.text

    def test_a_number_that_only_another_version_has_is_explained_with_a_404(self, client, gold):
        draft, numbers = the_next(gold)
        with db.transaction() as session:
            drafting.withdraw(session, session.get_one(VersionRow, draft.id), numbers["2.2"], HAND)
        frozen(draft)

        response = client.get("/standards/gold/2.0/clauses/2.2")

        assert response.status_code == 404
        assert "A clause of this number stands in version 1.0:" in words_of(response)

    @pytest.mark.parametrize("named", ["9.9", "00000000-0000-7000-8000-000000000000", "no/such clause"])
    def test_a_clause_nobody_knows_is_a_kind_404(self, client, gold, named):
        assert client.get(f"/standards/gold/1.0/clauses/{named}").status_code == 404

    def test_a_clause_of_another_standard_is_not_found_under_this_one(self, client, gold):
        with db.transaction() as session:
            other = a_version(session, a_standard(session, slug="other"), status="published")
            id_ = clause_numbered(session, other, "1")

        assert client.get(f"/standards/gold/1.0/clauses/{id_}").status_code == 404


class TestVoices:
    def test_public_words_show_their_week_and_nothing_of_their_author(self, client, gold):
        round_ = an_open_round(gold)
        a_public_comment(gold, round_, "2.1", "Retorts are dear here.", author="Asha Mrema", region="Geita")

        page = words_of(client.get("/standards/gold/1.0/clauses/2.1"))

        assert "Retorts are dear here." in page
        assert "week of 2 March 2026" in page
        for private in ("Asha", "Geita", "09:30", "4 March"):
            assert private not in page

    @pytest.mark.parametrize(
        "fields",
        [
            {"public": False},
            {"confidential": True},
            {"held": "moderation"},
            {"erased_at": NOW},
        ],
        ids=["not public", "confidential", "waiting for moderation", "erased"],
    )
    def test_other_words_are_nobodys(self, client, gold, fields):
        a_public_comment(gold, an_open_round(gold), "2.1", "Between us.", **fields)

        assert "Between us." not in client.get("/standards/gold/1.0/clauses/2.1").text


class TestCompare:
    @pytest.fixture
    def reworded(self, client, gold):
        """`gold` 2.0: 2.1 reworded, frozen."""
        draft, numbers = the_next(gold)
        with db.transaction() as session:
            row = session.get_one(VersionRow, draft.id)
            old = store.load(session, row).by_id[numbers["2.1"]].text
            text = replace(old, body="Operators shall never burn amalgam in the open.")
            drafting.edit(session, row, numbers["2.1"], old.hash, text, HAND)
        frozen(draft)
        return draft, numbers["2.1"]

    def test_what_went_and_came_is_marked_word_by_word_with_the_reason(self, client, reworded):
        page = client.get("/standards/gold/compare/1.0/2.0").text

        assert "<del>not</del>" in page
        assert "<ins>never</ins>" in page
        assert "People asked for it." in page
        assert 'href="#change-' in page

    def test_untouched_clauses_are_counted_not_shown(self, client, reworded):
        page = words_of(client.get("/standards/gold/compare/1.0/2.0"))

        assert "Untouched, word for word: 3." in page
        assert "recovers the vapour" not in page

    def test_the_comments_that_asked_for_a_change_are_counted(self, client, gold, reworded):
        draft, clause_id = reworded
        a_public_comment(gold, an_open_round(gold), "2.1", "Say never.")
        with db.transaction() as session:
            standing = session.exec(sa.select(StandingRow)).scalars().one()
            decision = DispositionRow(
                comment_id=standing.comment_id,
                outcome="accepted",
                reason="Clearer.",
                change_version_id=draft.id,
                change_clause_id=clause_id,
                decided_by="x",
                decided_at=NOW,
            )
            session.add(decision)
            session.flush()
            standing.disposition_id = decision.id

        assert "1 comment asked for it" in words_of(client.get("/standards/gold/compare/1.0/2.0"))

    def test_many_changes_are_read_over_several_pages(self, client, gold, reworded, monkeypatch):
        monkeypatch.setattr(comparing, "PAGE_CHARACTERS", 1)
        draft, numbers = the_next(reworded[0], "3.0")
        with db.transaction() as session:
            row = session.get_one(VersionRow, draft.id)
            for number in ("1", "2.2"):
                old = store.load(session, row).by_id[numbers[number]].text
                text = replace(old, body=f"Quite other words in {number}.")
                drafting.edit(session, row, numbers[number], old.hash, text, HAND)
        frozen(draft)

        first = client.get("/standards/gold/compare/1.0/3.0")
        second = client.get("/standards/gold/compare/1.0/3.0?page=2")

        assert "1–1 of 3" in words_of(first)
        assert "Quite other words" in words_of(first)
        assert 'rel="next" href="/standards/gold/compare/1.0/3.0?page=2"' in first.text
        assert "<ins>never</ins>" in second.text
        assert "<ins>never</ins>" not in first.text

    def test_it_can_be_had_as_a_word_file_with_tracked_changes(self, client, reworded):
        assert (
            'href="/standards/gold/compare/1.0/2.0.docx"'
            in client.get("/standards/gold/compare/1.0/2.0").text
        )

        response = client.get("/standards/gold/compare/1.0/2.0.docx")

        assert response.status_code == 200
        assert "gold-1.0-to-2.0.docx" in response.headers["Content-Disposition"]
        with zipfile.ZipFile(io.BytesIO(response.data)) as package:
            written = package.read("word/document.xml").decode()
        assert "<w:del " in written
        assert "<w:ins " in written

    def test_a_word_file_of_an_unknown_version_is_a_404(self, client, gold):
        assert client.get("/standards/gold/compare/1.0/7.0.docx").status_code == 404

    def test_a_version_beside_itself_says_that_no_word_changed(self, client, gold):
        assert "No word changed" in client.get("/standards/gold/compare/1.0/1.0").text

    def test_an_unknown_version_is_answered_with_those_there_are(self, client, gold):
        response = client.get("/standards/gold/compare/1.0/7.0")

        assert response.status_code == 404
        assert "has no version 7.0" in words_of(response)


class TestDownload:
    @pytest.mark.parametrize(
        ("kind", "start"),
        [("docx", b"PK"), ("pdf", b"%PDF"), ("html", b"<!doctype"), ("md", b""), ("json", b"{")],
    )
    def test_a_version_is_taken_along_as_a_file(self, client, session, kind, start):
        a_version(session, a_standard(session, slug="gold"), status="published")
        session.commit()

        file = client.get(f"/standards/gold/1.0/download/{kind}")

        assert file.status_code == 200
        assert file.data.lower().startswith(start.lower())
        assert f"gold-1.0.{kind}" in file.headers["Content-Disposition"]

    def test_a_draft_is_not_taken_along(self, client, session):
        a_version(session, a_standard(session, slug="gold"))
        session.commit()

        assert client.get("/standards/gold/1.0/download/docx").status_code == 404

    def test_another_kind_names_those_there_are(self, client, session):
        a_version(session, a_standard(session, slug="gold"), status="published")
        session.commit()

        page = client.get("/standards/gold/1.0/download/exe")

        assert page.status_code == 404
        assert "docx, pdf, html, md, json" in page.text
