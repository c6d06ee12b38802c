"""The provider's signature: what is accepted, what is refused, and agreement with its own library."""

import hashlib
import json
from dataclasses import replace
from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from consult.channels import twilio
from consult.config import Twilio

ACCOUNT = Twilio("AC1", ("12345", "older"), "+12025550100", "")
BASE = "https://mycompany.com"
# The example of the provider's documentation and of its library's own tests.
FORM = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
    ("Caller", "+14158675309"),
]
QUERY = "/myapp.php?foo=1&bar=2"
SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def proved(
    form: list[tuple[str, str]] = FORM,
    signature: str | None = SIGNATURE,
    *,
    account: Twilio = ACCOUNT,
    base: str = BASE,
    path: str = QUERY,
    hashing: str = "",
) -> dict[str, str] | None:
    return twilio.proved(account, base, path, twilio.as_body(form), twilio.FORM, signature, hashing)


class TestProved:
    def test_the_documented_example_is_proved(self):
        assert proved() == dict(FORM)

    def test_we_sign_as_documented(self):
        assert twilio.sign("12345", BASE, QUERY, FORM) == SIGNATURE

    @pytest.mark.parametrize(
        "signature", [None, "", "x", SIGNATURE[:-2] + "9=", SIGNATURE + "=", "é", SIGNATURE.lower()]
    )
    def test_another_signature_or_none_is_refused(self, signature):
        assert proved(signature=signature) is None

    @pytest.mark.parametrize(
        ("change", "value"),
        [
            ("path", "/myapp.php?foo=1&bar=3"),
            ("path", "/myapp.php"),
            ("base", "http://mycompany.com"),
            ("base", "https://evil.com"),
        ],
    )
    def test_another_address_is_refused(self, change, value):
        assert proved(**{change: value}) is None

    def test_one_field_more_or_other_is_refused(self):
        assert proved([*FORM, ("Body", "x")]) is None
        assert proved(FORM[:-1]) is None
        assert proved([("CallSid", "other"), *FORM[1:]]) is None

    def test_the_older_of_two_secrets_is_accepted_too(self):
        assert proved(signature=twilio.sign("older", BASE, QUERY, FORM)) is not None
        assert proved(signature=twilio.sign("oldest", BASE, QUERY, FORM)) is None

    def test_the_port_may_be_written_or_not(self):
        signature = twilio.sign("12345", "https://mycompany.com:443", QUERY, FORM)

        assert proved(signature=signature) is not None
        assert proved(base="https://mycompany.com:443") is not None
        assert proved(base="https://mycompany.com:8443") is None

    def test_sha256_is_accepted_where_the_request_names_it_and_nothing_unknown_is(self):
        signature = twilio.sign("12345", BASE, QUERY, FORM, "sha256")

        assert proved(signature=signature, hashing="key=k,algorithm=HMAC_SHA256") is not None
        assert proved(signature=signature) is None
        assert proved(hashing="key=k,algorithm=NONE") is None

    def test_a_body_in_json_is_bound_by_its_hash_in_the_signed_query(self):
        body = json.dumps({"MessageSid": "SM1"}).encode()
        path = f"/twilio/sms?bodySHA256={hashlib.sha256(body).hexdigest()}"
        signature = twilio.sign("12345", BASE, path, [])

        def accepted(body: bytes, path: str = path, signature: str = signature) -> object:
            return twilio.proved(ACCOUNT, BASE, path, body, "application/json", signature)

        assert accepted(body) == {"MessageSid": "SM1"}
        assert accepted(b"{}") is None
        assert accepted(body, "/twilio/sms", twilio.sign("12345", BASE, "/twilio/sms", [])) is None

    def test_a_body_beyond_all_measure_is_refused(self):
        form = [("Body", "x" * twilio.MOST_BYTES)]

        assert proved(form, twilio.sign("12345", BASE, QUERY, form)) is None


WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@settings(max_examples=60)
@given(
    st.dictionaries(WORDS.filter(bool), WORDS, max_size=6),
    st.sampled_from(
        ["https://a.org", "http://a.org", "https://a.org:443", "https://a.org:8443", "https://a.org/baraza"]
    ),
    st.sampled_from(["/twilio/sms", "/twilio/sms?a=b%20c", "/x?y="]),
    st.sampled_from(["", "key=k,algorithm=HMAC_SHA256"]),
    st.booleans(),
)
def test_it_agrees_with_the_providers_library(fields, base, path, hashing, tampered):
    algorithm = "HMAC_SHA256" if hashing else "HMAC_SHA1"
    signature = RequestValidator("12345").compute_signature(base + path, fields, algorithm)
    sent = {**fields, "Body": "tampered"} if tampered else fields

    accepted = proved(list(sent.items()), signature, base=base, path=path, hashing=hashing) is not None

    assert accepted == RequestValidator("12345").validate(base + path, sent, signature, algorithm)


# What the provider's library checks itself against, in its own tests and documentation.
VECTORS = [
    (FORM, "https://mycompany.com", "/myapp.php?foo=1&bar=2"),
    (FORM, "https://mycompany.com:1234", "/myapp.php?foo=1&bar=2"),
    (FORM, "http://mycompany.com:80", "/myapp.php?foo=1&bar=2"),
    (FORM, "https://mycompany.com:443", "/myapp.php?foo=1&bar=2"),
    ([("Sid", "CA123"), ("SidAccount", "AC123")], "https://mycompany.com", "/myapp.php"),
    ([("Digits", "5678"), ("Digits", "1234"), ("Digits", "1234")], "https://mycompany.com", "/myapp.php"),
    ([("Body", ""), ("Body", "a&b=c+d %20 é 😀")], "https://mycompany.com", "/myapp.php?a=b%20c"),
    ([], "https://mycompany.com", "/myapp.php"),
    ([("Body", "x")], "https://user:pass@mycompany.com", "/myapp.php"),
    ([("Body", "x")], "https://[::1]:8443", "/myapp.php"),
]


def as_library(form: list[tuple[str, str]]) -> MultiDict[str, str]:
    """A form as the provider's library takes it: with every value of a name."""
    return MultiDict(form)


def pairs_in(body: bytes) -> set[tuple[str, str]]:
    """The fields of a form as it was posted."""
    return set(parse_qsl(body.decode("latin-1"), keep_blank_values=True))


@pytest.mark.parametrize("hashing", ["", "key=k,algorithm=HMAC_SHA256"])
@pytest.mark.parametrize(("form", "base", "path"), VECTORS)
class TestEachVectorOfTheProvidersLibrary:
    def signed(self, form: list[tuple[str, str]], base: str, path: str, hashing: str) -> str:
        algorithm = "HMAC_SHA256" if hashing else "HMAC_SHA1"
        return str(RequestValidator("12345").compute_signature(base + path, as_library(form), algorithm))

    def test_it_is_accepted_here_too(self, form, base, path, hashing):
        signature = self.signed(form, base, path, hashing)

        assert proved(form, signature, base=base, path=path, hashing=hashing) is not None

    def test_one_byte_changed_anywhere_is_refused(self, form, base, path, hashing):
        signature, body = self.signed(form, base, path, hashing), twilio.as_body(form)
        accepted = []
        for at in range(len(body)):
            for flip in (0x01, 0x20, 0x80):
                changed = bytearray(body)
                changed[at] ^= flip
                found = twilio.proved(ACCOUNT, base, path, bytes(changed), twilio.FORM, signature, hashing)
                # `%6c` for `%6C` is the same byte written otherwise.
                if found is not None and pairs_in(bytes(changed)) != pairs_in(body):
                    accepted.append(bytes(changed))
        for at in range(len(path)):
            other = path[:at] + chr(ord(path[at]) ^ 1) + path[at + 1 :]
            if proved(form, signature, base=base, path=other, hashing=hashing) is not None:
                accepted.append(other.encode())
        for at in range(len(signature)):
            other = signature[:at] + chr(ord(signature[at]) ^ 1) + signature[at + 1 :]
            if proved(form, other, base=base, path=path, hashing=hashing) is not None:
                accepted.append(other.encode())

        assert accepted == []

    def test_another_host_is_refused_and_only_the_usual_port_may_come_or_go(self, form, base, path, hashing):
        signature = self.signed(form, base, path, hashing)
        for changed in (base.replace("my", "mx"), base + "0", base.replace("http", "hxxp", 1)):
            if changed != base:
                assert proved(form, signature, base=changed, path=path, hashing=hashing) is None

    def test_both_secrets_are_accepted_while_one_replaces_the_other(self, form, base, path, hashing):
        algorithm = "HMAC_SHA256" if hashing else "HMAC_SHA1"
        for token in ("12345", "older"):
            signature = RequestValidator(token).compute_signature(base + path, as_library(form), algorithm)
            assert proved(form, signature, base=base, path=path, hashing=hashing) is not None


class TestTheDemonstrationsSecret:
    def test_it_is_made_once_and_only_for_a_demonstration(self, config):
        shown = replace(config, demonstration=True)

        assert twilio.account_of(config) is None
        assert twilio.account_of(shown) == twilio.account_of(shown)
        assert (config.data_dir / "keys" / "telephone.secret").stat().st_mode & 0o077 == 0


class TestInbound:
    def test_a_message_as_the_provider_posts_it(self):
        form = [
            ("MessageSid", "SM1"),
            ("From", "+255700000001"),
            ("To", "+1202"),
            ("Body", "habari 😀"),
            ("NumMedia", "2"),
        ]

        heard = twilio.inbound(twilio.as_body(form))

        assert (heard.sender, heard.words, heard.provider_id, heard.media) == (
            "+255700000001",
            "habari 😀",
            "SM1",
            2,
        )

    @pytest.mark.parametrize("payload", [b"", b"%", b"\xff\xfe", b"NumMedia=x&Body=%ff%fe"])
    def test_a_strange_payload_is_still_a_message(self, payload):
        assert twilio.inbound(payload).media == 0
