"""A provider that speaks as Africa's Talking does: what it takes, what its codes mean, what it posts."""

from collections.abc import Iterator

import pytest

from consult.channels import at
from consult.channels.at import AtGateway
from consult.channels.ports import FateUnknown, Outbound, Sent, TryLater
from consult.config import At
from consult.tables.messages import MessageState
from tests.standins import at_server
from tests.standins.at_server import Provider

MESSAGE = Outbound("+255700000001", "asante", "key")


@pytest.fixture
def provider() -> Iterator[Provider]:
    with at_server.serving() as provider:
        yield provider


def gateway(provider: Provider, *, api_key: str = "", sender: str = "") -> AtGateway:
    account = At(provider.username, api_key or provider.api_key, ("s" * 20,), sender, provider.url)
    return AtGateway(account, seconds_to_answer=0.3)


class TestSend:
    def test_a_message_is_handed_over_and_goes_by_their_name_for_it(self, provider):
        sent = gateway(provider).send(MESSAGE)

        (taken,) = provider.accepted
        assert sent == Sent(MessageState.SENT, taken["name"])
        assert (taken["to"], taken["message"]) == ("+255700000001", "asante")
        assert "from" not in taken

    def test_a_sender_of_ours_is_named(self, provider):
        gateway(provider, sender="20880").send(MESSAGE)

        assert provider.accepted[0]["from"] == "20880"

    @pytest.mark.parametrize("code", [100, 101, 102])
    def test_processed_sent_and_queued_have_left(self, provider, code):
        provider.will(code=code)

        assert gateway(provider).send(MESSAGE).state is MessageState.SENT

    @pytest.mark.parametrize("code", [402, 403, 407, 502])
    def test_refused_has_failed(self, provider, code):
        provider.will(code=code)

        assert gateway(provider).send(MESSAGE).state is MessageState.FAILED

    def test_a_refusal_in_one_word_has_failed_and_says_it(self, provider):
        provider.will(word="InvalidSenderId")

        sent = gateway(provider).send(MESSAGE)

        assert (sent.state, sent.error) == (
            MessageState.FAILED,
            "the provider refused it (InvalidSenderId)",
        )

    def test_a_refusal_that_names_a_number_is_not_repeated(self, provider):
        provider.will(word="Could not send to +255700000001")

        assert "255" not in gateway(provider).send(MESSAGE).error

    def test_whoever_opted_out_there_is_blocked(self, provider):
        provider.will(code=406)

        assert gateway(provider).send(MESSAGE).state is MessageState.BLOCKED

    @pytest.mark.parametrize("mood", [{"code": 405}, {"status": 401}, {"status": 429}])
    def test_no_credit_no_entry_and_throttled_mean_later(self, provider, mood):
        provider.will(**mood)

        with pytest.raises(TryLater):
            gateway(provider).send(MESSAGE)

    def test_a_wrong_key_means_later_because_an_operator_mends_it(self, provider):
        with pytest.raises(TryLater):
            gateway(provider, api_key="wrong").send(MESSAGE)

    @pytest.mark.parametrize(
        "mood", [{"code": 500}, {"code": 501}, {"status": 500}, {"seconds": 1.0}, {"breaks": True}]
    )
    def test_what_broke_after_they_read_it_is_an_unknown_fate(self, provider, mood):
        provider.will(**mood)

        with pytest.raises(FateUnknown):
            gateway(provider).send(MESSAGE)

    def test_nobody_listening_means_later(self):
        with pytest.raises(TryLater):
            AtGateway(At("u", "k", ("s" * 20,), api_base="http://127.0.0.1:9")).send(MESSAGE)


class TestInbound:
    def test_a_message_as_the_provider_posts_it(self):
        heard = at.inbound(b"from=%2B255700000001&to=20880&text=habari%20%F0%9F%98%80&id=b9&linkId=l&date=d")

        assert (heard.sender, heard.receiver, heard.words, heard.provider_id) == (
            "+255700000001",
            "20880",
            "habari 😀",
            "b9",
        )

    @pytest.mark.parametrize(
        ("payload", "words"),
        [
            (b"from=%2B1&text=n%E3o", "não"),
            ("from=%2B1&text=não".encode("latin-1"), "não"),
            ("from=%2B1&text=não".encode(), "não"),
            (b"from=%2B1&text=a%00b", "a\0b"),
            (b"from=%2B1&text=%ED%A0%80", "í\xa0\x80"),
            (b"from=%2B1", ""),
            (b"", ""),
            (b"\xff\xfe", ""),
            (b"&".join([b"a=1"] * 600), ""),
        ],
    )
    def test_whatever_its_encoding_it_is_a_message(self, payload, words):
        assert at.inbound(payload).words == words

    def test_leaving_that_was_told_the_provider_is_a_stop(self):
        heard = at.inbound(b"senderId=20880&phoneNumber=%2B255700000001")

        assert (heard.sender, heard.command) == ("+255700000001", "STOP")


class TestReport:
    @pytest.mark.parametrize(
        ("status", "state"),
        [
            ("Sent", MessageState.SENT),
            ("Submitted", MessageState.SENT),
            ("Buffered", MessageState.SENT),
            ("Success", MessageState.DELIVERED),
            ("Rejected", MessageState.FAILED),
            ("Failed", MessageState.FAILED),
            ("AbsentSubscriber", MessageState.FAILED),
            ("SomethingNew", None),
        ],
    )
    def test_each_status_means_something_or_is_kept_without_meaning(self, status, state):
        report = at.report({"id": "ATXid_1", "status": status, "failureReason": "UserIsInactive"})

        assert report is not None
        assert (report.provider_id, report.state, report.error) == ("ATXid_1", state, "UserIsInactive")

    @pytest.mark.parametrize("fields", [{}, {"id": "x"}, {"status": "Sent"}])
    def test_what_tells_nothing_is_no_report(self, fields):
        assert at.report(fields) is None
