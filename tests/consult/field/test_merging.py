"""Merging: cases that the browser runs too, and what holds for every history of any devices."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consult.field.merging import fold
from consult.field.operations import read
from tests.consult.field.histories import cases, folded, history

CASES = cases()
histories = st.builds(
    lambda seed, steps: history(Random(seed), steps=steps), st.integers(0, 2**32), st.integers(1, 14)
)


@pytest.mark.parametrize("case", CASES, ids=[case["what"] for case in CASES])
def test_what_operations_come_to(case):
    found = folded(case["operations"])

    assert {key: told["fields"] for key, told in found.items()} == case["comes_to"]
    differing = {key: told["conflicts"] for key, told in found.items() if told["conflicts"]}
    assert differing == case.get("conflicts", {})
    assert [key for key, told in found.items() if told["clash"]] == case.get("clashes", [])


class TestWhateverTheDevicesWrote:
    @settings(max_examples=120, deadline=None)
    @given(histories, st.randoms(use_true_random=False), st.lists(st.integers(0, 20), max_size=10))
    def test_any_order_and_any_repetition_come_to_the_same(self, written, random, repeated):
        arrived = written + [written[place % len(written)] for place in repeated]
        random.shuffle(arrived)

        assert folded(arrived) == folded(written)

    @settings(max_examples=80, deadline=None)
    @given(histories, st.lists(st.integers(0, 3), min_size=30, max_size=30))
    def test_it_matters_not_who_had_which_before_they_met(self, written, places):
        shares = [
            [one for one, place in zip(written, places, strict=False) if place == who] for who in range(4)
        ]

        met = [
            one for share in shares for entity in fold(map(read, share)).values() for one in entity.operations
        ]

        known = {read(one).hash: one for one in written}
        assert folded(known[one.hash] for one in met) == folded(written)

    @settings(max_examples=120, deadline=None)
    @given(histories)
    def test_nothing_said_is_lost(self, written):
        """Every operation is kept, and every value that nobody replaced stands."""
        operations = {one.hash: one for one in map(read, written)}

        entities = fold(operations.values())

        assert {one.hash for entity in entities.values() for one in entity.operations} == set(operations)
        for one in operations.values():
            entity = entities[one.entity]
            if one.kind is not entity.kind:
                continue
            same = [
                other for other in entity.operations if (other.kind, other.field) == (one.kind, one.field)
            ]
            if not any(one.id in other.over for other in same if other.id != one.id):
                assert one in entity.fields[one.field].heads
