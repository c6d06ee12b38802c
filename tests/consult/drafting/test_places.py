"""Where a clause goes when it takes a step."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consult.drafting import places
from consult.drafting.places import NoRoom
from standards.drafting import UnderItself
from tests.factories import a_document

DOCUMENT = a_document({"1": "A", "1.1": "B", "1.1.1": "C", "1.2": "D", "2": "E"})


def at(number):
    return DOCUMENT.by_number[number]


class TestStep:
    @pytest.mark.parametrize(
        ("number", "way", "parent", "position"),
        [
            ("1.2", "up", "1", 0),
            ("1.1", "down", "1", 1),
            ("1.2", "in", "1.1", 1),
            ("2", "in", "1", 2),
            ("1.1", "out", None, 1),
            ("1.1.1", "out", "1", 1),
        ],
    )
    def test_one_step(self, number, way, parent, position):
        place = places.step(DOCUMENT, at(number), way)

        assert place == (at(parent).id if parent else None, position)

    @pytest.mark.parametrize(("number", "way"), [("1", "up"), ("2", "down"), ("1.1", "in"), ("2", "out")])
    def test_a_step_that_leads_nowhere_is_refused_with_what_to_do(self, number, way):
        with pytest.raises(NoRoom, match=at(number).text.heading):
            places.step(DOCUMENT, at(number), way)


class TestBeside:
    @pytest.mark.parametrize(
        ("where", "parent", "position"), [("before", "1", 0), ("after", "1", 1), ("under", "1.1", 1)]
    )
    def test_on_each_side(self, where, parent, position):
        place = places.beside(DOCUMENT, at("1.1"), where, at("2"))

        assert place == (at(parent).id, position)

    @settings(max_examples=25)
    @given(
        st.sampled_from(DOCUMENT.clauses), st.sampled_from(DOCUMENT.clauses), st.sampled_from(places.BESIDES)
    )
    def test_never_under_itself(self, moving, target, where):
        if target in DOCUMENT.subtree(moving):
            with pytest.raises(UnderItself):
                places.beside(DOCUMENT, target, where, moving)
        else:
            assert places.beside(DOCUMENT, target, where, moving).parent != moving.id
