"""Reading what a relay telephone brings: whatever its encoding, each message is one record."""

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consult import keys
from consult.channels import relay
from consult.tables.messages import MessageState
from tests.conftest import RING


def heard(**message: object) -> relay.Inbound:
    return relay.inbound(json.dumps({"from": "+255700000001", "to": "+255750000000"} | message).encode())


@pytest.fixture(autouse=True)
def _keys():
    keys.use(RING)


class TestInbound:
    def test_a_message_as_the_telephone_brings_it(self):
        one = heard(id="7", text="habari", reference="42", part=2, parts=3)

        assert (one.sender, one.words, one.reference, one.part, one.parts) == (
            "+255700000001",
            "habari",
            "42",
            2,
            3,
        )

    @pytest.mark.parametrize("bytes_", ["não 😀".encode(), "não".encode("latin-1")])
    def test_words_packed_as_base64_are_unpacked(self, bytes_):
        packed = base64.b64encode(bytes_).decode()

        assert heard(text=packed, encoding="base64").words.startswith("não")

    def test_words_that_only_claim_to_be_packed_stay(self):
        assert heard(text="12 no!", encoding="base64").words == "12 no!"

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("\ud83d\ude00", "😀"),
            ("a\ud800b", "a\ufffdb"),
            (None, ""),
            (12, "12"),
            (True, ""),
            ({"x": 1}, ""),
            ("", ""),
        ],
    )
    def test_odd_words_are_words(self, text, words):
        assert heard(text=text).words == words

    @pytest.mark.parametrize(
        ("sender", "number"),
        [
            ("0700000001", "+255700000001"),
            ("255700000001", "+255700000001"),
            ("+32470123456", "+32470123456"),
            ("15090", "15090"),
            ("M-PESA", "M-PESA"),
            ("\0", ""),
        ],
    )
    def test_a_number_without_its_country_is_of_our_telephones_country(self, sender, number):
        one = relay.inbound(json.dumps({"from": sender, "to": "+255750000000", "text": "a"}).encode())

        assert one.sender == number

    @pytest.mark.parametrize(("part", "parts"), [(0, 3), (4, 3), (1, "3"), (-1, 2), (1, 10**9), (None, None)])
    def test_parts_that_make_no_sense_are_a_whole_message(self, part, parts):
        one = heard(text="a", reference="42", part=part, parts=parts)

        assert (one.part, one.parts, one.reference) == (1, 1, "")

    @settings(max_examples=60)
    @given(st.binary(max_size=80))
    def test_any_bytes_are_read_calmly(self, payload):
        assert isinstance(relay.inbound(payload).words, str)


class TestExchange:
    @pytest.mark.parametrize(
        "body",
        [b"", b"[]", b"{", b"\xff\xfe", b'{"messages": 3}', b'{"reports": {"a": 1}}', b"[" * 5000],
    )
    def test_what_is_no_exchange_says_so(self, body):
        with pytest.raises(relay.NotUnderstood):
            relay.exchange_of(body)

    def test_more_than_a_telephone_holds_is_not_taken_at_once(self):
        with pytest.raises(relay.NotUnderstood, match="500"):
            relay.exchange_of(json.dumps({"messages": [{}] * 501}).encode())

    def test_an_exchange_in_latin_1_is_read(self):
        body = '{"messages": [{"id": "1", "text": "não"}]}'.encode("latin-1")

        assert relay.exchange_of(body).messages[0].heard.words == "não"

    @pytest.mark.parametrize(
        ("want", "given"), [(3, 3), (-1, 0), (10**6, 50), ("3", 0), (None, 0), (True, 1)]
    )
    def test_it_may_want_only_so_many(self, want, given):
        assert relay.exchange_of(json.dumps({"want": want}).encode()).want == given

    def test_the_same_message_has_the_same_name_and_another_under_its_number_another(self):
        def names(*messages: dict[str, str]) -> list[str]:
            body = json.dumps({"messages": messages}).encode()
            return [one.kept.provider_id for one in relay.exchange_of(body).messages]

        first, again, other = names(
            {"id": "1", "text": "a"}, {"text": "a", "id": "1"}, {"id": "1", "text": "b"}
        )

        assert first == again != other

    def test_reports_are_read_and_odd_ones_passed_over(self):
        reports = [
            {"message": "m1", "status": "Delivered"},
            {
                "message": "m2",
                "status": "failed",
                "part": 2,
                "parts": 3,
                "error": "to +255 700 000 001: no credit",
            },
            {"message": "m3", "status": "melted"},
            {"status": "sent"},
            "sent",
        ]

        first, second, third = relay.exchange_of(json.dumps({"reports": reports}).encode()).reports

        assert (first.provider_id, first.state) == ("m1", MessageState.DELIVERED)
        assert (second.state, second.part, second.parts) == (MessageState.FAILED, 2, 3)
        assert "700" not in second.error
        assert third.state is None
