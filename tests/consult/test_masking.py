"""Masking: what is hidden, what is kept."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consult.masking import masked, spans


class TestHidden:
    @pytest.mark.parametrize(
        "number",
        [
            "+255 712 345 678",
            "+255712345678",
            "0712345678",
            "0712 345 678",
            "0712-345-678",
            "0712.345.678",
            "(0712) 345678",
            "00255712345678",
            "255712345678",
            "712 345 678",
            "76 12 34 56",
            "07 12 34 56 78",
            "0 7 1 2 3 4 5 6 7 8",
            "+57 (310) 555-0134",
            "+243 81 234 5678",
            "19900101-12345-00001-23",
            "123.456.789-09",
            "12.345.678-9",
            "12345678",
            "CM12345678ABCD",
            "AB1234567",
            "0712/345/678",
            "071234\u200b5678",
        ],
    )
    def test_numbers_that_reach_or_name_somebody(self, number):
        assert masked(f"Call {number} today") == "Call [number] today"

    @pytest.mark.parametrize(
        "address", ["asha@example.org", "a.b+c@mail.example.co.tz", "asha @ example.org"]
    )
    def test_addresses(self, address):
        assert masked(f"write to {address}!") == "write to [e-mail]!"

    def test_names_we_know_whole_and_in_any_case(self):
        assert (
            masked("JOSÉ and Jose Mamani; Josefina", names=("José", "José Mamani"))
            == "[name] and [name]; Josefina"
        )

    def test_several_in_one_text(self):
        assert masked("0712345678 or 0754 111 222, a@b.org") == "[number] or [number], [e-mail]"


class TestKept:
    @pytest.mark.parametrize(
        "text",
        [
            "60,000 shillings",
            "1,500,000",
            "1 500 000 CFA",
            "TZS 2500000",
            "$12000000",
            "25000000 shillings",
            "1.500.000 pesos",
            "4.2.1",
            "clause 4.2.1 and 4.2.2",
            "clauses 4.2.1, 4.2.2, 5.1.3",
            "2026-11-22",
            "22/11/2026",
            "22.11.2026",
            "in 2019-2026",
            "from 2024 to 2026",
            "at 10:30",
            "10000 people",
            "10000kg a year",
            "3.14159265",
            "ISO 14001",
            "Law 1333 of 1992",
            "90 %",
            "12, 13, 14, 15",
            "USD 60000",
            "1 000 000",
            "2026-11-22 10:30",
            "2000000",
        ],
    )
    def test_numbers_a_comment_is_about(self, text):
        assert masked(text) == text


class TestAnyText:
    @settings(max_examples=150, deadline=None)
    @given(
        text=st.text(alphabet=st.sampled_from("0123456789 .,-/()+@abzÉ\u200b"), max_size=80),
        name=st.text(max_size=6),
    )
    def test_spans_are_in_order_and_masking_touches_nothing_else(self, text, name):
        found = spans(text, [name])

        assert all(span.start < span.end for span in found)
        assert all(before.end <= after.start for before, after in pairwise(found))
        outside = "".join(
            text[start:end]
            for start, end in zip(
                [0, *(span.end for span in found)], [*(span.start for span in found), len(text)], strict=True
            )
        )
        assert len(outside) == len(text) - sum(span.end - span.start for span in found)

    @settings(max_examples=150, deadline=None)
    @given(
        digits=st.lists(st.integers(0, 9), min_size=9, max_size=9), gap=st.sampled_from(["", " ", "-", "."])
    )
    def test_a_telephone_number_never_survives(self, digits, gap):
        written = [str(one) for one in digits]
        number = "+255" + gap + gap.join(["".join(written[:3]), "".join(written[3:6]), "".join(written[6:])])

        assert masked(f"me {number}, ok") == "me [number], ok"
