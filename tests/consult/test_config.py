"""Settings of the transports: refused with a sentence while a secret is missing, never shown."""

from typing import Any

import pytest

from consult import config
from consult.cli.doctor import examine
from consult.config import At, Misconfigured, Relay
from tests.factories import NOW

SECRET, OLDER = "a" * 24, "b" * 24
AT = {"BARAZA_AT_USERNAME": "baraza", "BARAZA_AT_API_KEY": "key", "BARAZA_AT_SECRET": SECRET}
RELAY = {"BARAZA_RELAY_SECRET": SECRET, "BARAZA_RELAY_NUMBER": "+255750000000"}
TWILIO = {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "t,u", "TWILIO_NUMBER": "+1202, +1203"}


@pytest.fixture
def read(tmp_path: Any) -> Any:
    return lambda environ: config.read({"BARAZA_DATA_DIR": str(tmp_path), **environ})


class TestTransports:
    def test_nothing_is_connected_without_settings(self, read):
        found = read({})

        assert (found.twilio, found.at, found.relay) == (None, None, None)

    def test_each_is_connected_by_its_settings(self, read):
        found = read(AT | RELAY | TWILIO)

        assert found.at == At("baraza", "key", (SECRET,))
        assert found.relay == Relay((SECRET,), "+255750000000")
        assert found.twilio.senders == ("+1202", "+1203")

    def test_two_secrets_are_accepted_while_one_replaces_the_other(self, read):
        both = f"{SECRET}, {OLDER}"
        found = read(AT | RELAY | {"BARAZA_AT_SECRET": both, "BARAZA_RELAY_SECRET": both})

        assert found.at.secrets == found.relay.secrets == (SECRET, OLDER)

    def test_the_sandbox_has_an_address_of_its_own(self, read):
        assert "sandbox" in read(AT | {"BARAZA_AT_USERNAME": "sandbox"}).at.api_base
        assert read(AT | {"BARAZA_AT_API_BASE": "http://127.0.0.1:1/"}).at.api_base == "http://127.0.0.1:1"

    @pytest.mark.parametrize("missing", [*AT, *RELAY, "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"])
    def test_nothing_starts_while_a_secret_or_account_is_missing(self, read, missing):
        given = next(one for one in (AT, RELAY, TWILIO) if missing in one)

        with pytest.raises(Misconfigured, match=missing):
            read({name: value for name, value in given.items() if name != missing})

    @pytest.mark.parametrize("secret", ["xyzzy", "x" * 19, "with a space in the middle", "a/b" * 10, ","])
    @pytest.mark.parametrize("name", ["BARAZA_AT_SECRET", "BARAZA_RELAY_SECRET"])
    def test_a_secret_that_can_be_guessed_or_fits_in_no_address_is_refused(self, read, name, secret):
        with pytest.raises(Misconfigured, match=name) as refused:
            read(AT | RELAY | {name: secret})

        assert secret == "," or secret not in str(refused.value)


class TestDoctor:
    def test_it_names_what_is_connected_and_no_secret(self, read):
        words = {found["what"]: found["words"] for found in examine(read(AT | RELAY | TWILIO), now=NOW)}

        assert words["Twilio"] == "2 secrets, 2 senders"
        assert words["Africa's Talking"] == "1 secret, the provider's own sender"
        assert words["relay telephone"] == "1 secret"
        assert SECRET not in str(words)

    def test_a_number_that_is_missing_is_a_care(self, read):
        found = examine(read(TWILIO | {"TWILIO_NUMBER": ""}), now=NOW)

        assert [one["state"] for one in found if one["what"] == "Twilio"] == ["care"]

    def test_it_says_where_nothing_is_connected(self, read):
        (found,) = [one for one in examine(read({}), now=NOW) if one["what"] == "text messages"]

        assert "BARAZA_RELAY_SECRET" in found["words"]


class TestObjects:
    def test_they_lie_in_the_data_directory_unless_another_place_is_named(self, read, tmp_path):
        assert read({}).objects_url == (tmp_path / "objects").as_uri()
        assert read({"BARAZA_OBJECTS_URL": "s3://field/gold"}).objects_url == "s3://field/gold"

    @pytest.mark.parametrize("url", ["objects", "http://example.org/x", "s3://", "file://objects"])
    def test_a_place_that_is_none_is_refused(self, read, url):
        with pytest.raises(Misconfigured, match="BARAZA_OBJECTS_URL"):
            read({"BARAZA_OBJECTS_URL": url})

    def test_the_doctor_says_where_they_lie(self, read, tmp_path):
        found = {one["what"]: one for one in examine(read({}), now=NOW)}

        assert found["photographs and sound"]["state"] == "good"
        assert str(tmp_path / "objects") in found["photographs and sound"]["words"]
