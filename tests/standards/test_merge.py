from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standards.diff import word_changes
from standards.merge import Agreed, Collision, Merged, UndecidedCollision, merge
from standards.words import is_word, tokens
from tests.standards.casefile import read_cases

TEXTS = st.lists(
    st.sampled_from(["keep", "it", "dry", "of", "mercury", ".", ",", "\n", "90", "水", "é"]), max_size=10
).map(" ".join)


def shown(merged: Merged) -> str:
    return "".join(
        piece.text if isinstance(piece, Agreed) else f"«{piece.base}|{piece.mine}|{piece.theirs}»"
        for piece in merged.pieces
    )


def mirrored(merged: Merged) -> list[Agreed | Collision]:
    swapped = {"mine": "theirs", "theirs": "mine", "base": "base", "both": "both"}
    return [
        Agreed(piece.text, swapped[piece.by])  # type: ignore[arg-type]  # a plain dict forgets the literals
        if isinstance(piece, Agreed)
        else Collision(piece.base, piece.theirs, piece.mine)
        for piece in merged.pieces
    ]


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "expected"), [c[1:] for c in read_cases("merge.md", 4)], ids=lambda part: ""
)
def test_cases(base: str, mine: str, theirs: str, expected: str) -> None:
    assert shown(merge(base, mine, theirs)) == expected


class TestMerge:
    @given(TEXTS, TEXTS)
    def test_where_one_side_changed_nothing_the_other_stands(self, base: str, other: str) -> None:
        assert merge(base, base, other).text == other
        assert merge(base, other, base).text == other
        assert merge(base, other, other).text == other

    @given(TEXTS, TEXTS, TEXTS)
    def test_it_does_not_matter_who_saved_first(self, base: str, mine: str, theirs: str) -> None:
        assert mirrored(merge(base, mine, theirs)) == list(merge(base, theirs, mine).pieces)

    @given(TEXTS, TEXTS, TEXTS)
    def test_no_word_either_side_put_in_is_lost(self, base: str, mine: str, theirs: str) -> None:
        merged = merge(base, mine, theirs)

        for side in ("mine", "theirs"):
            held = Counter(
                word
                for piece in merged.pieces
                for word in tokens(piece.text if isinstance(piece, Agreed) else getattr(piece, side))
            )
            assert not words_put_in(base, mine if side == "mine" else theirs) - held

    @given(TEXTS, TEXTS, TEXTS)
    def test_choosing_mine_at_every_collision_gives_mine_where_they_changed_nothing_else(
        self, base: str, mine: str, theirs: str
    ) -> None:
        merged = merge(base, mine, theirs)

        ours = merged.decided([collision.mine for collision in merged.collisions])

        assert merged.clean == (merged.collisions == ())
        if not any(isinstance(p, Agreed) and p.by == "theirs" for p in merged.pieces):
            assert ours == mine

    def test_the_text_of_an_unsettled_merge_is_refused(self) -> None:
        merged = merge("a red car", "a blue car", "a green car")

        with pytest.raises(UndecidedCollision, match="Choose which wording to keep"):
            _ = merged.text

    def test_a_collision_is_settled_by_the_wording_chosen(self) -> None:
        merged = merge("Go. A red car.", "Go. A blue car.", "Go. A green car.")

        assert merged.decided(["A teal car."]) == "Go. A teal car."


def words_put_in(base: str, side: str) -> Counter[str]:
    inserted = [piece.text for piece in word_changes(base, side) if piece.kind == "insert"]
    return Counter(word for text in inserted for word in tokens(text) if is_word(word))
