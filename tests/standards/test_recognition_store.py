"""Keeping recognition: proposing, judging by two, what carries to a later version and what does not."""

from datetime import date, timedelta

import pytest
from sqlmodel import select

from standards import drafting, recognition_store, store, versions
from standards.document import ClauseText, Modality
from standards.drafting import Hand
from standards.recognition import SameStandardTwice, Staleness, Standing, Verdict
from standards.recognition_store import AlreadyJudged, AnotherPersonNeeded, Judgement, Undecided
from standards.store import UnknownVersion
from standards.tables import CrosswalkRow
from standards.versions import StillADraft
from tests.factories import NOW, a_standard, a_version

THEIRS = {
    "1": "Trade",
    "1.1": "Burning. Amalgam shall not be burned in the open by operators.",
    "1.2": "Slips. Each buyer shall give a slip for every sale.",
}
TODAY = NOW.date()
SAME = Judgement(requirement=Verdict.EQUIVALENT, assurance=Verdict.EQUIVALENT)


@pytest.fixture
def pair(session):
    a_version(session, a_standard(session, slug="gold"), status="published")
    a_version(session, a_standard(session, slug="trade"), clauses=THEIRS, status="published")
    return recognition_store.pair_called(session, "gold@1.0", "trade@1.0")


def ends(pair, ours="2.1", theirs="1.1"):
    return pair.ours.clause(ours).id, pair.theirs.clause(theirs).id


def judge(session, pair, judgement=SAME, reviewer="Asha Mrema", by="account-1", now=NOW, at=("2.1", "1.1")):
    return recognition_store.judge(
        session, pair, *ends(pair, *at), judgement, reviewer=reviewer, by=by, now=now
    )


def judged_by_two(session, pair, judgement=SAME, **fields):
    judge(session, pair, judgement, **fields)
    return judge(session, pair, judgement, "Luis Quispe", "account-2", **fields)


def the_only(session, pair, on=TODAY):
    (found,) = recognition_store.kept(session, pair, on)
    return found


def reworded(session, slug, number, words):
    """The next frozen version of a standard, with one clause changed."""
    _, older = store.version_called(session, f"{slug}@1.0")
    draft = versions.new_draft(session, older, "2.0", now=NOW)
    clause = store.clause_in(store.load(session, draft), number)
    text = ClauseText(clause.text.heading, words, modality=Modality.REQUIREMENT)
    drafting.edit(session, draft, clause.id, clause.text.hash, text, Hand("editor", NOW))
    versions.freeze(session, draft, now=NOW)
    session.flush()


class TestPairs:
    def test_edges_are_pinned_to_frozen_versions_only(self, session, pair):
        versions.new_draft(session, pair.ours.version, "1.1", now=NOW)

        with pytest.raises(StillADraft, match="Freeze it first"):
            recognition_store.pair_called(session, "gold@1.1", "trade@1.0")

    def test_a_standard_does_not_recognise_itself(self, session, pair):
        with pytest.raises(SameStandardTwice):
            recognition_store.pair_called(session, "gold@1.0", "gold@1.0")

    def test_a_version_that_is_not_there_is_told(self, session, pair):
        with pytest.raises(UnknownVersion, match="has no version 9"):
            recognition_store.pair_called(session, "gold@1.0", "trade@9")

    def test_pairs_are_counted_by_where_their_edges_stand(self, session, pair):
        judged_by_two(session, pair)
        recognition_store.join(session, pair, *ends(pair, "2.2", "1.2"), by="account-1", now=NOW)

        ((found, counts),) = recognition_store.pairs(session, TODAY)

        assert (found.ours.side.name, found.theirs.side.name) == ("gold@1.0", "trade@1.0")
        assert counts == {Standing.REVIEWED: 1, Standing.UNREVIEWED: 1}


class TestPropose:
    def test_clauses_alike_in_words_are_joined_unreviewed_with_a_score(self, session, pair):
        made = recognition_store.propose(session, pair, by="account-1", now=NOW)

        best = max(made, key=lambda row: row.score)
        assert (best.from_clause_id, best.to_clause_id) == ends(pair)
        assert best.requirement is best.assurance is Verdict.UNREVIEWED
        assert 0 < best.score <= 1

    def test_what_was_joined_before_is_not_proposed_again(self, session, pair):
        none = Judgement(requirement=Verdict.NONE, assurance=Verdict.NONE)
        recognition_store.propose(session, pair, by="account-1", now=NOW)
        judge(session, pair, none)

        assert recognition_store.propose(session, pair, by="account-1", now=NOW) == []

    def test_headings_of_chapters_are_not_proposed(self, session, pair):
        made = recognition_store.propose(session, pair, by="account-1", now=NOW, least=0.0)

        asked = set(pair.ours.side.asked)
        assert made
        assert {row.from_clause_id for row in made} <= asked


class TestJudge:
    def test_the_first_judgement_waits_for_a_second_reviewer(self, session, pair):
        row = judge(session, pair)

        assert (row.reviewers, row.reviewed_on) == (["Asha Mrema"], "")
        assert the_only(session, pair).standing is Standing.HALF

    def test_a_second_person_who_finds_the_same_makes_it_reviewed(self, session, pair):
        row = judged_by_two(session, pair)

        assert row.reviewers == ["Asha Mrema", "Luis Quispe"]
        assert row.reviewed_on == TODAY.isoformat()
        assert the_only(session, pair).standing is Standing.REVIEWED

    @pytest.mark.parametrize(
        "other",
        [
            Judgement(requirement=Verdict.EXCEEDS, assurance=Verdict.EQUIVALENT),
            Judgement(requirement=Verdict.EQUIVALENT, assurance=Verdict.EXCEEDS),
            Judgement(requirement=Verdict.EQUIVALENT, assurance=Verdict.EQUIVALENT, gap="a map"),
        ],
    )
    def test_a_difference_reopens_and_stands_alone(self, session, pair, other):
        judged_by_two(session, pair)

        row = judge(session, pair, other, "Neema Massawe", "account-3")

        assert row.reviewers == ["Neema Massawe"]
        assert (row.requirement, row.assurance, row.gap) == (other.requirement, other.assurance, other.gap)
        assert the_only(session, pair).standing is Standing.HALF

    def test_the_same_person_does_not_confirm_themselves(self, session, pair):
        judge(session, pair)

        with pytest.raises(AlreadyJudged, match="A second person confirms it"):
            judge(session, pair, reviewer=" asha  mrema ", by="account-2")

    def test_nor_under_another_name_from_the_same_account(self, session, pair):
        judge(session, pair)

        with pytest.raises(AnotherPersonNeeded, match="signs in with their own"):
            judge(session, pair, reviewer="Luis Quispe")

    def test_a_third_who_finds_the_same_changes_nothing(self, session, pair):
        judged_by_two(session, pair)

        with pytest.raises(AlreadyJudged, match="Nothing was changed"):
            judge(session, pair, reviewer="Neema Massawe", by="account-3")

    @pytest.mark.parametrize(
        ("judgement", "reviewer", "told"),
        [
            ({"requirement": "equivalent", "assurance": "unreviewed"}, "Asha", "Judge both"),
            ({"requirement": "partial", "assurance": "equivalent"}, "Asha", "leaves a gap"),
            ({"requirement": "none", "assurance": "none", "expires_on": date(2026, 1, 1)}, "Asha", "no day"),
            ({"requirement": "none", "assurance": "none"}, "  ", "reviewer's name"),
        ],
    )
    def test_what_is_not_a_whole_judgement_is_refused_kindly(self, session, pair, judgement, reviewer, told):
        with pytest.raises(Undecided, match=told):
            judge(session, pair, Judgement.model_validate(judgement), reviewer)

        assert session.exec(select(CrosswalkRow)).all() == []

    def test_the_nearer_of_two_last_days_counts(self, session, pair):
        judge(session, pair, SAME.model_copy(update={"expires_on": date(2027, 1, 1)}))

        row = judge(
            session, pair, SAME.model_copy(update={"expires_on": date(2028, 1, 1)}), "Luis", "account-2"
        )

        assert row.expires_on == "2027-01-01"

    def test_a_verdict_of_none_stays_in_the_list(self, session, pair):
        judged_by_two(session, pair, Judgement(requirement=Verdict.NONE, assurance=Verdict.NONE))

        assert the_only(session, pair).edge.requirement is Verdict.NONE


class TestWhenATextMoves:
    @pytest.mark.parametrize(
        ("slug", "number", "names", "reason"),
        [
            ("gold", "2.1", ("gold@2.0", "trade@1.0"), Staleness.OUR_CLAUSE_CHANGED),
            ("trade", "1.1", ("gold@1.0", "trade@2.0"), Staleness.THEIR_CLAUSE_CHANGED),
        ],
    )
    def test_either_end_makes_the_edge_stale_there_and_leaves_it_where_it_was_made(
        self, session, pair, slug, number, names, reason
    ):
        judged_by_two(session, pair)
        reworded(session, slug, number, "Nobody shall burn amalgam without a retort.")

        found = the_only(session, recognition_store.pair_called(session, *names))

        assert (found.standing, found.because) == (Standing.STALE, (reason,))
        assert the_only(session, pair).standing is Standing.REVIEWED

    def test_an_edge_whose_clauses_did_not_change_goes_on_holding_in_the_next_version(self, session, pair):
        judged_by_two(session, pair)
        reworded(session, "gold", "2.2", "Operators shall use a retort.")

        found = the_only(session, recognition_store.pair_called(session, "gold@2.0", "trade@1.0"))

        assert found.standing is Standing.REVIEWED
        assert found.edge.ours.version == "gold@1.0"

    def test_judging_again_makes_a_new_row_and_keeps_the_old_one(self, session, pair):
        old = judged_by_two(session, pair)
        reworded(session, "gold", "2.1", "Nobody shall burn amalgam without a retort.")
        later = recognition_store.pair_called(session, "gold@2.0", "trade@1.0")

        new = judged_by_two(session, later, Judgement(requirement=Verdict.EXCEEDS, assurance=Verdict.EXCEEDS))

        assert new.id != old.id
        assert the_only(session, later).edge.requirement is Verdict.EXCEEDS
        assert the_only(session, pair).edge.requirement is Verdict.EQUIVALENT

    def test_stale_edges_stand_first(self, session, pair):
        judged_by_two(session, pair, at=("2.2", "1.2"))
        judged_by_two(session, pair)
        recognition_store.join(session, pair, *ends(pair, "1", "1.2"), by="account-1", now=NOW)
        reworded(session, "gold", "2.2", "Operators shall use a retort.")

        later = recognition_store.pair_called(session, "gold@2.0", "trade@1.0")

        found = [one.standing for one in recognition_store.kept(session, later, TODAY)]
        assert found == [Standing.STALE, Standing.UNREVIEWED, Standing.REVIEWED]

    def test_after_its_last_day_two_judge_afresh(self, session, pair):
        judged_by_two(session, pair, SAME.model_copy(update={"expires_on": TODAY}))
        tomorrow = NOW + timedelta(days=1)
        assert the_only(session, pair, tomorrow.date()).because == (Staleness.EXPIRED,)

        row = judge(session, pair, now=tomorrow)

        assert (row.reviewers, row.expires_on) == (["Asha Mrema"], "")


class TestAReviewMadeElsewhere:
    def test_it_is_kept_as_two_people_recorded_it(self, session, pair):
        recognition_store.keep_reviewed(
            session,
            pair,
            *ends(pair),
            SAME,
            reviewers=["Asha", "Luis"],
            reviewed_on=date(2026, 1, 5),
            by="account-1",
            now=NOW,
        )

        assert the_only(session, pair).edge.reviewed_on == date(2026, 1, 5)

    @pytest.mark.parametrize(
        ("reviewers", "day", "told"),
        [
            (["Asha", "asha"], TODAY, "two different reviewers"),
            (["Asha", "Luis"], TODAY + timedelta(days=1), "has not come yet"),
        ],
    )
    def test_what_cannot_have_been_is_refused(self, session, pair, reviewers, day, told):
        with pytest.raises(Undecided, match=told):
            recognition_store.keep_reviewed(
                session, pair, *ends(pair), SAME, reviewers=reviewers, reviewed_on=day, by="x", now=NOW
            )
