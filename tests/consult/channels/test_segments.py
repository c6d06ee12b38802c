"""SMS segments: counted as the provider's public calculator counts, and split without loss."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.channels.segments import (
    ALONE,
    ALPHABET,
    EXTENSION,
    IN_PARTS,
    Segments,
    characters,
    costly,
    count,
    encoding_of,
    parts,
    plainer,
    units,
)

FAMILY = "👨\u200d👩\u200d👧"
FLAG = "🇹🇿"
RAINBOW = "🏳\ufe0f\u200d🌈"

texts = st.text(max_size=400) | st.text(alphabet=st.sampled_from([*"abc {€[é", "\n"]), max_size=700)


class TestCount:
    @pytest.mark.parametrize(
        ("text", "encoding", "shown", "segments"),
        [
            ("", "GSM-7", 0, 0),
            ("a" * 160, "GSM-7", 160, 1),
            ("a" * 161, "GSM-7", 161, 2),
            ("a" * 306, "GSM-7", 306, 2),
            ("a" * 307, "GSM-7", 307, 3),
            ("é" * 160, "GSM-7", 160, 1),
            ("{" + "a" * 158, "GSM-7", 160, 1),
            ("{" + "a" * 159, "GSM-7", 161, 2),
            ("€" * 80, "GSM-7", 160, 1),
            ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3),
            ("\rabcde\r\n123", "GSM-7", 11, 1),
            ("a\fb", "GSM-7", 4, 1),
            ("ç" * 70, "UCS-2", 70, 1),
            ("ç" * 71, "UCS-2", 71, 2),
            ("ç" * 134, "UCS-2", 134, 2),
            ("ç" * 135, "UCS-2", 135, 3),
            ("`", "UCS-2", 1, 1),
            ("a\tb", "UCS-2", 3, 1),
            ("😜" + "2" * 68, "UCS-2", 69, 1),
            ("😜" + "2" * 69, "UCS-2", 70, 2),
            ("😜" + "2" * 133, "UCS-2", 134, 3),
            ("😀" + "]" * 68, "UCS-2", 69, 1),
            (FLAG + "2" * 66, "UCS-2", 67, 1),
            (FLAG + "2" * 67, "UCS-2", 68, 2),
            (RAINBOW + "2" * 64, "UCS-2", 65, 1),
            (RAINBOW + "2" * 65, "UCS-2", 66, 2),
            ("e\u0301\u0301\u0301", "UCS-2", 1, 1),
            (FAMILY, "UCS-2", 1, 1),
            ("ndiyo 👍🏾", "UCS-2", 7, 1),
        ],
    )
    def test_texts_at_the_boundaries(self, text, encoding, shown, segments):
        assert count(text) == Segments(encoding, shown, segments)

    def test_an_escape_is_never_parted_from_its_letter(self):
        assert parts("a" * 152 + "{" + "b" * 20) == ["a" * 152, "{" + "b" * 20]

    def test_an_emoji_is_never_parted(self):
        assert parts("ç" * 66 + "😀" + "ç" * 20) == ["ç" * 66, "😀" + "ç" * 20]

    def test_a_flag_stays_with_its_other_half(self):
        assert list(characters("🇹🇿🇰🇪a")) == ["🇹🇿", "🇰🇪", "a"]


class TestParts:
    @given(text=texts)
    def test_joined_they_are_the_text(self, text):
        assert "".join(parts(text)) == text
        assert len(parts(text)) == count(text).segments

    @given(text=texts)
    def test_each_fits_its_segment(self, text):
        encoding, split = encoding_of(text), parts(text)
        room = ALONE[encoding] if len(split) == 1 else IN_PARTS[encoding]

        for part in split:
            sizes = [units(one, encoding) for one in characters(part)]
            assert sum(sizes) <= room or len(sizes) == 1

    @given(text=st.text(alphabet=sorted(ALPHABET | EXTENSION), max_size=200))
    def test_the_alphabet_is_never_dear(self, text):
        assert encoding_of(text) == "GSM-7"
        assert costly(text) == ()


class TestCostly:
    @pytest.mark.parametrize(
        ("letter", "offered"),
        [
            ("ç", "c"),
            ("ê", "e"),
            ("í", "i"),
            ("û", "u"),
            ("ã", "a"),
            ("’", "'"),
            ("“", '"'),
            ("–", "-"),
            ("…", "..."),
            ("\u00a0", " "),
            ("½", "1/2"),
            ("œ", "oe"),
            ("•", "-"),
            ("`", "'"),
            ("\u200b", ""),
            ("«", '"'),
            ("🙂", None),
            ("中", None),
        ],
    )
    def test_a_character_and_what_may_stand_for_it(self, letter, offered):
        (found,) = costly(f"ok {letter} ok")

        assert (found.character, found.places, found.replacement) == (letter, (3,), offered)

    def test_capital_c_with_cedilla_is_free_and_the_small_one_is_not(self):
        assert [found.character for found in costly("Ça va, ça va")] == ["ç"]

    def test_making_the_replacements_makes_the_text_cheap(self):
        text = "Não há água limpa: “é caro” – três garimpos, coração…"

        assert encoding_of(text) == "UCS-2"
        assert encoding_of(plainer(text)) == "GSM-7"
        assert plainer(text) == 'Nao ha agua limpa: "é caro" - tres garimpos, coracao...'

    @given(text=texts)
    def test_what_stays_dear_has_no_replacement(self, text):
        assert all(found.replacement is None for found in costly(plainer(text)))
