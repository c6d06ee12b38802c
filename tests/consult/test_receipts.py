"""Receipt codes and secret words."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consult import receipts
from consult.receipts import ALPHABET, is_code, new_code, new_secret, normalise, normalise_secret

codes = st.integers(0, 2**32).map(lambda seed: new_code(Random(seed)))


class TestCodes:
    @given(code=codes)
    def test_a_new_code_is_one_and_is_written_in_two_fours(self, code):
        assert normalise(code) == code
        assert len(code) == 9
        assert code[4] == "-"
        assert any(one.isdigit() for one in code)
        assert any(one.isalpha() for one in code)

    @pytest.mark.parametrize("code", [new_code(Random(seed)).replace("-", "") for seed in range(5)])
    def test_one_wrong_character_always_shows(self, code):
        for place, right in enumerate(code):
            for wrong in ALPHABET:
                changed = code[:place] + wrong + code[place + 1 :]
                assert is_code(changed) == (wrong == right)

    @settings(max_examples=60)
    @given(code=codes, one=st.integers(0, 7), other=st.integers(0, 7))
    def test_any_two_characters_changed_over_always_show(self, code, one, other):
        letters = list(code.replace("-", ""))
        letters[one], letters[other] = letters[other], letters[one]

        assert is_code("".join(letters)) == ("".join(letters) == code.replace("-", ""))

    @given(code=codes)
    def test_spaces_case_and_punctuation_do_not_matter(self, code):
        bare = code.replace("-", "")

        for typed in (code.lower(), bare, f" {bare[:4]} {bare[4:]}. ", " ".join(bare), f"({code})"):
            assert normalise(typed) == code

    def test_letters_no_code_holds_are_read_as_the_digit_they_look_like(self):
        code = next(made for seed in range(500) if "8" in (made := new_code(Random(seed))) and "2" in made)

        assert normalise(code.replace("8", "B")) == code

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "12",
            "4.2",
            "BREAKFAST",
            "TREATMEN",
            "mercury is dear",
            "+255712345678",
            "2345 6789",
            "7KT4-M2P",
            "💰",
        ],
    )
    def test_words_numbers_and_clause_codes_are_none(self, text):
        assert normalise(text) is None

    @given(text=st.text(max_size=30))
    def test_any_text_is_a_code_or_is_not(self, text):
        assert is_code(text) == (normalise(text) is not None)

    def test_the_scheme_stands_on_a_prime(self):
        size = len(ALPHABET)

        assert len(set(ALPHABET)) == size
        assert all(size % divisor for divisor in range(2, size))
        assert size > receipts.LENGTH


class TestSecrets:
    def test_three_words_of_256(self):
        assert len(set(receipts.WORDS)) == 256
        assert all(word.isascii() and word.islower() and len(word) + 1 > 2 for word in receipts.WORDS)
        assert len(new_secret(Random(1)).split("-")) == 3

    def test_however_it_is_typed_it_is_the_same_secret(self):
        assert normalise_secret(" Tembo  MVUA – nyota. ") == "tembo-mvua-nyota"

    @given(seed=st.integers(0, 2**32))
    def test_a_new_secret_is_already_normal(self, seed):
        secret = new_secret(Random(seed))

        assert normalise_secret(secret) == secret
