"""The working list: decided, undecided and waiting; the shelf that counts it without texts; the voices."""

import pytest

from consult.local import voices, working
from consult.local.shelf import shelf
from standards.overlays import drafting, store, versions
from standards.tables import OverlayRow, VersionRow
from tests.consult.desk.conftest import counting
from tests.consult.local.texts import BASE, a_base, a_local_text, a_voice, kept
from tests.factories import NOW


@pytest.fixture(autouse=True)
def _speaking(app):
    with app.test_request_context("/desk/local"):
        yield


@pytest.fixture
def draft(session):
    return a_local_text(session)


def place(session, slug="tz-gold", label="1.0"):
    return working.place(session, slug, label)


def shown(session, show="", comments=None):
    return [(line.depth, line.number) for line in working.lines(place(session), comments or {}, show)]


class TestLines:
    def test_every_clause_stands_in_its_place(self, session, draft):
        assert shown(session) == [(0, "1"), (1, "1.1"), (1, "1.2"), (0, "2"), (1, "2.1"), (1, "2.2")]

    def test_a_decision_is_told_in_words(self, session, draft):
        kept(session, draft)

        line = next(line for line in working.lines(place(session), {}) if line.number == "1.1")

        assert line.state == "decided"
        assert [(one.line, one.way) for one in line.told] == [
            ("Set recovery, 90\N{NO-BREAK SPACE}% → 95\N{NO-BREAK SPACE}%", "stricter")
        ]

    def test_narrowed_clauses_stand_under_the_nearest_that_is_shown(self, session, draft):
        kept(session, draft)
        kept(session, draft, "2", op="ADOPT")

        assert shown(session, "undecided") == [(0, "1"), (1, "1.2"), (0, "2.1"), (0, "2.2")]
        assert shown(session, "decided") == [(0, "1.1"), (0, "2")]

    def test_what_lacks_other_eyes_waits(self, session, draft):
        kept(session, draft, "1.2", op="STRENGTHEN", wording="Nobody shall burn amalgam anywhere.")

        assert shown(session, "waiting") == [(0, "1.2")]
        assert place(session).counts == working.Counts(clauses=6, undecided=5, moved=0, eyes=1)

    def test_an_undecided_clause_that_waits_is_found_under_both(self, session, draft):
        row = kept(session, draft)
        row.waiting = "The base changed the same value."
        session.add(row)
        session.flush()

        assert (0, "1.1") in shown(session, "waiting")
        assert len(shown(session, "undecided")) == place(session).counts.undecided == 6

    def test_clauses_people_spoke_about(self, session, draft):
        here = place(session)
        spoken = {here.ground.document.by_number["2.1"].id: 3}

        assert shown(session, "commented", spoken) == [(0, "2.1")]

    def test_an_added_clause_is_decided_and_its_anchor_is_not(self, session, draft):
        kept(session, draft, "1.1", op="ADD", id="TZ:1.1+1", level="criterion", modality="requirement",
             heading="Log", body="The group shall keep a log.")  # fmt: skip

        counts = place(session).counts

        assert (counts.clauses, counts.undecided) == (7, 6)
        assert shown(session, "decided") == [(0, "TZ:1.1+1")]

    def test_a_parents_decision_counts(self, session, draft):
        kept(session, draft)
        below = a_local_text(session, _base(session, draft), "geita-gold", parent=draft)

        here = place(session, "geita-gold")
        line = next(line for line in working.lines(here, {}) if line.number == "1.1")

        assert below.parent_id == draft.id
        assert line.state == "decided"
        assert [name for name, _told in line.inherited] == ["tz-gold@1.0"]


def _base(session, version):
    return session.get_one(VersionRow, version.base_id)


class TestNextUndecided:
    def test_it_follows_the_clause_and_begins_again_at_the_end(self, session, draft):
        kept(session, draft, "1.2", op="ADOPT")
        here = place(session)
        number = here.ground.document.by_number

        assert working.next_undecided(here).number == "1"
        assert working.next_undecided(here, number["1.1"]).number == "2"
        assert working.next_undecided(here, number["2.2"]).number == "1"

    def test_none_is_left_when_all_are_decided(self, session, draft):
        for number in ("1", "1.1", "1.2", "2", "2.1", "2.2"):
            kept(session, draft, number, op="ADOPT")

        assert working.next_undecided(place(session)) is None


class TestPartOf:
    def test_a_part_is_the_clause_with_all_under_it(self, session, draft):
        here = place(session)
        ids = working.part_of(here, here.ground.document.by_number["2"].id)

        assert [here.ground.document.by_id[id_].number for id_ in ids] == ["2", "2.1", "2.2"]


class TestShelf:
    def test_it_counts_what_the_working_list_counts(self, session, draft):
        kept(session, draft)
        kept(session, draft, "1.1", op="GUIDE", text="A closed retort does it.")
        kept(session, draft, "2.2", op="ADD", id="TZ:2.2+1", level="criterion", modality="requirement",
             heading="Log", body="The group shall keep a log.")  # fmt: skip
        a_local_text(session, _base(session, draft), "geita-gold", parent=draft)

        for row in shelf(session):
            there = place(session, row.overlay.slug, row.version.label)
            assert row.counts[:2] == there.counts[:2]
            assert row.counts.undecided == len(store.check(session, row.version).undecided)

    def test_operations_that_wait_decide_nothing(self, session, draft):
        row = kept(session, draft)
        row.waiting = "The base changed the same value."
        session.add(row)
        session.flush()

        [listed] = shelf(session)

        assert listed.counts == working.Counts(clauses=6, undecided=6, moved=1, eyes=0)
        assert place(session).counts.moved == 1

    def test_only_the_newest_version_is_listed(self, session, draft):
        draft.content_hash = "a" * 64
        session.flush()
        newer = drafting.new_draft(session, draft, "1.1", by="x", now=NOW.replace(year=2027))

        assert [row.version.id for row in shelf(session)] == [newer.id]


class TestStatements:
    def test_a_longer_text_takes_as_many(self, session, engine, draft):
        more = "\n".join(f"3.{n} | criterion | shall open | Rule {n} | The group shall keep rule {n}. |"
                         for n in range(1, 60))  # fmt: skip
        lines = BASE.strip() + "\n3 | principle | none open | More |\n" + more
        longer = a_local_text(session, a_base(session, "long", "1.0", _renamed(lines)), "long-gold")
        for number in ("3.1", "3.2", "3.3"):
            kept(session, longer, number, op="ADOPT")
        session.commit()
        session.expire_all()

        def statements(slug):
            session.expire_all()
            with counting(engine) as told:
                here = place(session, slug)
                working.lines(here, voices.counts(session, here.overlay))
            return told.statements

        assert statements("tz-gold") == statements("long-gold")


def _renamed(lines: str) -> str:
    """Other headings: clauses of another standard have ids of their own."""
    told = [line.split("|") for line in lines.splitlines()]
    return "\n".join("|".join([*parts[:3], f"{parts[3]}there", *parts[4:]]) for parts in told)


class TestVoices:
    @pytest.fixture
    def overlay(self, session, draft):
        return session.get_one(OverlayRow, draft.overlay_id)

    def heard(self, session, overlay, number="1.1", confidential=False, **narrowed):
        id_ = place(session).ground.document.by_number[number].id
        return voices.on(session, overlay, id_, {}, confidential=confidential, language="en", **narrowed)

    def test_comments_on_the_base_are_narrowed_to_the_districts(self, session, draft, overlay):
        a_voice(session, _base(session, draft), "1.1", "Our retort is heavy.", region="GEITA")
        a_voice(session, _base(session, draft), "1.1", "Ours too.", region="Madre de Dios")

        heard = self.heard(session, overlay)

        assert [one["said"] for one in heard.comments] == ["Our retort is heavy."]
        assert (heard.base, heard.local) == (1, 0)

    def test_capitals_of_every_alphabet_fold(self, session, draft, overlay):
        overlay.regions = ["nariño"]
        a_voice(session, _base(session, draft), "1.1", "Pesa mucho.", region="NARIÑO")

        assert self.heard(session, overlay).total == 1

    def test_without_districts_no_comment_on_the_base_is_national(self, session, draft, overlay):
        overlay.regions = []
        a_voice(session, _base(session, draft), "1.1", "Our retort is heavy.", region="Geita")
        a_voice(session, _base(session, draft), "1.1", "From nowhere.")

        assert self.heard(session, overlay).total == 0

    def test_confidential_ones_are_counted_and_shown_to_those_who_may_read_them(
        self, session, draft, overlay
    ):
        a_voice(
            session, _base(session, draft), "1.1", "They threatened us.", region="Geita", confidential=True
        )

        heard = self.heard(session, overlay)

        assert (heard.comments, heard.base, heard.confidential) == ([], 1, 1)
        assert len(self.heard(session, overlay, confidential=True).comments) == 1

    def test_the_working_list_counts_the_same(self, session, draft, overlay):
        a_voice(session, _base(session, draft), "1.1", "Our retort is heavy.", region="Geita")
        a_voice(session, _base(session, draft), "1.2", "Elsewhere.", region="Mara")

        by_number = {
            place(session).ground.document.by_id[id_].number: many
            for id_, many in voices.counts(session, overlay).items()
        }

        assert by_number == {"1.1": 1}

    def test_its_own_round_is_heard_whole_and_told_apart_by_part(self, session, draft, overlay):
        kept(session, draft)
        text = versions.freeze(session, draft, by="x", now=NOW)
        a_voice(session, text, "1.1", "The 95 ones are heavy.", part="local", region="Anywhere")
        a_voice(session, text, "1.1", "One for forty people.", part="base")
        a_voice(session, text, "1.1", "Good.")

        heard = self.heard(session, overlay)

        assert (heard.base, heard.local, heard.untold) == (1, 1, 1)
        local = self.heard(session, overlay, part="local")
        assert [one["said"] for one in local.comments] == ["The 95 ones are heavy."]
