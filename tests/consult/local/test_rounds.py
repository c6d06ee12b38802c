"""A round on a local text: ordinary in everything, its comments on the base and the local part apart."""

from datetime import timedelta

import pytest
from sqlmodel import select

from consult import comments, links, reports, rounds
from consult.comments import Said
from consult.intake import Arrival, record
from consult.links import Tie
from consult.local import deciding, parts
from consult.local.parts import OfOnePart
from consult.tables.comments import LinkRow
from consult.tables.intake import Channel, RecordRow
from consult.tables.rounds import RoundRow
from standards import store as texts
from tests import factories
from tests.consult.local.groups_of import a_published_base, decided_by_clause
from tests.consult.local.texts import a_local_text
from tests.factories import NOW


@pytest.fixture
def text(session):
    """A frozen local text: 1.1 with a SET, TZ:1.1+1 added, 2.2 with a GUIDE, 1.2 adopted."""
    version = decided_by_clause(session, a_local_text(session, a_published_base(session)))
    return deciding.freeze_for_consultation(session, version, by="x", now=NOW)


@pytest.fixture
def round_(session, text):
    return factories.a_round(session, text, slug="tz", opens=NOW, closes=NOW + timedelta(days=30))


def a_comment(session, round_, number, quote="", part="", channel=Channel.WEB):
    clause = texts.load(session, texts.version_called(session, "tz-gold@1.0")[1]).by_number[number]
    key = f"{number}{quote}{part}{channel}"
    arrival = Arrival(channel=channel, source="t", provider_id=key, payload=b"{}", round_id=round_.id)
    row = session.get_one(RecordRow, record(session, arrival, now=NOW).id)
    tie = Tie(clause.id, quote=quote, part=part)
    return comments.make(session, round_, row, Said(text="x", ties=(tie,), quote=quote), now=NOW), clause


def part_of(session, made):
    (link,) = links.live_links(session, made.id)
    return link.part


class TestWhichPart:
    @pytest.mark.parametrize(
        ("number", "quote", "said", "part"),
        [
            ("TZ:1.1+1", "", "", "local"),
            ("1.2", "", "", "base"),
            ("1.2", "", "local", "base"),
            ("1.1", "", "", ""),
            ("1.1", "", "base", "base"),
            ("1.1", "", "local", "local"),
            ("1.1", "95 %", "", "local"),
            ("1.1", "give back 95", "", "local"),
            ("1.1", "It shall give", "", "base"),
            ("1.1", "It shall give", "local", "local"),
            ("1.1", "words that are not there", "", ""),
            ("2.2", "sign with a thumb", "", "local"),
        ],
    )
    def test_a_new_comment_is_on(self, session, round_, number, quote, said, part):
        made, _clause = a_comment(session, round_, number, quote, said)

        assert part_of(session, made) == part

    def test_on_an_ordinary_text_no_part_is_kept(self, session):
        ordinary = factories.a_round(session)
        clause = texts.load(session, rounds.version_of(session, ordinary)[1]).by_number["2.1"]
        arrival = Arrival(
            channel=Channel.WEB, source="t", provider_id="1", payload=b"{}", round_id=ordinary.id
        )
        row = session.get_one(RecordRow, record(session, arrival, now=NOW).id)

        tie = Tie(clause.id, part="local")
        made = comments.make(session, ordinary, row, Said(text="x", ties=(tie,)), now=NOW)

        assert part_of(session, made) == ""
        assert parts.counts(session, ordinary) == {}

    def test_at_the_desk_a_link_to_another_clause_is_of_that_clauses_part(self, session, round_):
        made, clause = a_comment(session, round_, "1.1", part="base")
        added = texts.load(session, rounds.version_of(session, round_)[1]).by_number["TZ:1.1+1"]

        links.confirm(session, made.id, [clause.id, added.id], by="x", now=NOW)

        found = {link.clause_id: link.part for link in links.live_links(session, made.id)}
        assert found == {clause.id: "base", added.id: "local"}


class TestSayingIt:
    def test_somebody_at_the_desk_says_it_and_the_earlier_link_is_ended(self, session, round_):
        made, clause = a_comment(session, round_, "1.1", channel=Channel.SMS)

        changed = links.say_part(session, made.id, clause.id, "local", by="x", now=NOW)

        assert changed
        assert part_of(session, made) == "local"
        kept = session.exec(select(LinkRow).where(LinkRow.comment_id == made.id)).all()
        assert sorted((link.part, link.ended_at is None) for link in kept) == [("", False), ("local", True)]
        assert not links.say_part(session, made.id, clause.id, "local", by="x", now=NOW)

    def test_of_a_clause_of_one_part_there_is_nothing_to_say(self, session, round_):
        made, clause = a_comment(session, round_, "TZ:1.1+1")

        with pytest.raises(OfOnePart):
            links.say_part(session, made.id, clause.id, "base", by="x", now=NOW)


class TestShownApart:
    def test_the_round_counts_them(self, session, round_):
        for number, said in (("1.1", "base"), ("1.1", "local"), ("TZ:1.1+1", ""), ("1.2", "")):
            a_comment(session, round_, number, part=said)
        a_comment(session, round_, "1.1", channel=Channel.SMS)

        together = parts.together(parts.counts(session, round_))

        assert dict(together) == {"base": 2, "local": 2, "": 1}

    def test_the_report_tells_them_by_clause(self, session, round_):
        a_comment(session, round_, "1.1", part="base")
        a_comment(session, round_, "1.1", part="local")

        (clause,) = reports.of(session, round_, now=NOW).clauses

        assert clause.parts == {"base": 1, "local": 1}


def test_added_clauses_have_codes_for_text_messages(session, round_):
    document = texts.load(session, rounds.version_of(session, round_)[1])

    codes = rounds.codes_of(session, session.get_one(RoundRow, round_.id))

    assert document.by_number["TZ:1.1+1"].id in codes
    assert sorted(codes.values()) == list(range(10, 10 + len(document)))
