"""Suggesting: the clause a comment is about, why, and when that may be decided alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consult.linking.suggesting import ClauseGiven, Index

CLAUSES = (
    ClauseGiven(
        "m", "4.1", "Mercury storage", "Mercury shall be stored in sealed containers away from children."
    ),
    ClauseGiven("w", "4.2", "Water discharge", "Waste water shall not be discharged into rivers or wells."),
    ClauseGiven(
        "c", "5.1", "Child labour", "No person under eighteen shall work underground or carry loads."
    ),
    ClauseGiven(
        "r", "5.2", "Rescue plan", "The group shall keep a rescue plan and practise it twice a year."
    ),
)


@pytest.fixture(scope="module")
def index() -> Index:
    return Index(CLAUSES)


class TestRanking:
    def test_the_words_of_a_clause_bring_it_first_and_are_named(self, index: Index) -> None:
        made = index.suggest("Our river is brown because of the waste water")

        assert made.clauses[0].id == "w"
        assert {"water", "waste", "river"} & set(made.clauses[0].why)

    def test_a_quoted_passage_outweighs_the_words_of_another_clause(self, index: Index) -> None:
        said = "Mercury storage in sealed containers is dear"

        assert index.suggest(said).clauses[0].id == "m"
        assert index.suggest(said, quote="keep a rescue plan and practise it").clauses[0].id == "r"

    def test_the_clause_we_asked_about_comes_first_for_a_bare_answer(self, index: Index) -> None:
        assert index.suggest("yes, with help", asked="c").clauses[0].id == "c"
        assert index.suggest("yes, with help", asked="5.2").clauses[0].id == "r"

    def test_synonyms_of_the_committee_carry_lay_words(self) -> None:
        given_one = [*CLAUSES[:3], ClauseGiven("q", "6", "Hg", "Amalgam rules.", synonyms=("quicksilver",))]

        assert Index(given_one).suggest("Where do we burn the quicksilver?").clauses[0].id == "q"

    def test_comments_confirmed_in_this_round_teach_the_next(self) -> None:
        taught = [
            ClauseGiven(
                c.id, c.number, c.title, c.text, confirmed=("the siren never sounds",) if c.id == "r" else ()
            )
            for c in CLAUSES
        ]

        assert Index(taught).suggest("our siren is broken").clauses[0].id == "r"


class TestDeciding:
    def test_a_clause_named_by_number_is_linked(self, index: Index) -> None:
        made = index.suggest("Clause 5.1 is too hard for us")

        assert (made.clauses[0].id, made.decision) == ("c", "link")

    def test_two_clauses_named_are_left_to_a_person(self, index: Index) -> None:
        assert index.suggest("clauses 4.1 and 5.1").decision == "suggest"

    def test_a_passage_quoted_from_one_clause_is_linked(self, index: Index) -> None:
        assert index.suggest("Too dear", quote="stored in sealed containers").decision == "link"

    @pytest.mark.parametrize("said", ["water", "mercury storage", "child", "plan", "rescue rescue rescue"])
    def test_a_word_or_two_is_never_linked(self, index: Index, said: str) -> None:
        assert index.suggest(said).decision == "suggest"

    @pytest.mark.parametrize("said", ["", "  ", "?!", "ndiyo", "zzz qqq", "👍"])
    def test_nothing_recognised_is_said_honestly(self, index: Index, said: str) -> None:
        assert index.suggest(said).decision == "none"

    def test_swahili_against_english_is_not_guessed(self, index: Index) -> None:
        said = "Maji machafu ya mgodi yanaingia kwenye mto wetu na hatuna pa kunywa kwa sababu hii"

        assert index.suggest(said, lang="sw").decision == "none"

    def test_another_language_is_never_linked_by_its_words(self, index: Index) -> None:
        said = "Le plan de rescue plan du groupe est pratiqué deux fois par an dans la mine avec les mineurs"

        assert index.suggest(said, lang="fr").decision != "link"


class TestAnyInput:
    def test_no_clauses_gives_no_suggestion(self) -> None:
        made = Index([]).suggest("anything")

        assert (made.clauses, made.decision) == ((), "none")

    @pytest.mark.parametrize(("k", "given_back"), [(0, 0), (1, 1), (3, 3), (50, 4)])
    def test_at_most_k_clauses_come_back(self, index: Index, k: int, given_back: int) -> None:
        assert len(index.suggest("water", k=k).clauses) == given_back

    def test_clauses_without_any_words_are_taken(self) -> None:
        assert Index([ClauseGiven("a"), ClauseGiven("b")]).suggest("water").decision == "none"

    @settings(max_examples=60, deadline=None)
    @given(
        said=st.text(max_size=200),
        quote=st.none() | st.text(max_size=60),
        asked=st.none() | st.text(max_size=5),
    )
    def test_any_text_is_ranked_and_twice_the_same(
        self, said: str, quote: str | None, asked: str | None
    ) -> None:
        index = Index(CLAUSES)

        made = index.suggest(said, quote=quote, asked=asked)

        assert made == Index(CLAUSES).suggest(said, quote=quote, asked=asked)
        assert sorted(one.id for one in made.clauses) == ["c", "m", "r", "w"]
        assert all(0 <= one.score <= 1 for one in made.clauses)
        assert [one.score for one in made.clauses] == sorted(
            (one.score for one in made.clauses), reverse=True
        )
