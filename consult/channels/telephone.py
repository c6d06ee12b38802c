"""A telephone to try conversations on: it texts through the same signed webhook as the provider does.

Only where no provider is connected, so that nobody is ever texted by mistake;
the numbers are fictional.
"""

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from sqlmodel import Session, col, select

from consult import intake, participants
from consult.channels import segments, sms, twilio
from consult.config import Config
from consult.errors import BarazaError
from consult.tables.intake import Channel, RecordRow
from consult.tables.messages import MessageRow
from consult.tables.participants import ContactKind

NUMBERS: Final = ("+255700000001", "+255700000002", "+243970000003", "+51900000004", "+233200000005")
PATH: Final = "/twilio/sms"
LATEST: Final = 300


class NoTelephone(BarazaError):
    """The telephone was asked for where real people would be texted."""

    def __init__(self) -> None:
        super().__init__(
            "This installation is connected to an SMS provider, so trying a conversation here could text "
            "somebody. Try it in a demonstration: `baraza demo`."
        )


class NotTaken(BarazaError):
    """Our own webhook did not take a text."""

    def __init__(self, status: str) -> None:
        super().__init__(f"The text was not taken ({status}). Nothing was kept; send it again.")


@dataclass(frozen=True)
class Text:
    """One text on the telephone's screen."""

    words: str
    ours: bool
    at: datetime
    segments: int
    encoding: str
    state: str = ""


def send(wsgi: Callable[..., Iterable[bytes]], config: Config, number: str, words: str) -> str:
    """Text from a number through the signed webhook. Returns its id. Raises NoTelephone, NotTaken."""
    account = twilio.account_of(config)
    if config.texts_people or account is None:
        raise NoTelephone
    sid = f"SM{uuid4().hex}"
    form = [
        ("MessageSid", sid),
        ("AccountSid", account.account),
        ("From", number),
        ("To", account.number),
        ("Body", words),
        ("NumMedia", "0"),
        ("NumSegments", str(segments.count(words).segments)),
    ]
    statuses: list[str] = []
    signature = twilio.sign(account.tokens[0], config.base_url, PATH, form)
    environ = _environ(twilio.as_body(form), signature)
    list(wsgi(environ, lambda line, headers, *_: statuses.append(line)))
    if not statuses or not statuses[0].startswith("200"):
        raise NotTaken(statuses[0] if statuses else "no answer")
    return sid


def texts(session: Session, number: str) -> list[Text]:
    """What was said to and from a number lately, in order."""
    contacts = participants.look_up(session, ContactKind.SMS, sms.address_of(number) or number)
    found = [
        _text(row.words, True, row.created_at, row.state.value)
        for row in session.exec(
            select(MessageRow)
            .where(col(MessageRow.contact_point_id).in_([contact.id for contact in contacts]))
            .order_by(col(MessageRow.created_at).desc())
            .limit(LATEST)
        )
    ]
    for record in session.exec(
        select(RecordRow)
        .where(RecordRow.channel == Channel.SMS)
        .order_by(col(RecordRow.received_at).desc())
        .limit(LATEST)
    ):
        payload = intake.open_payload(session, record.id)
        heard = twilio.inbound(payload, record.content_type) if payload is not None else None
        if heard is not None and heard.sender == number:
            found.append(_text(heard.words, False, record.received_at))
    return sorted(found, key=lambda text: (text.at, text.ours))


def _text(words: str, ours: bool, at: datetime, state: str = "") -> Text:
    counted = segments.count(words)
    return Text(words, ours, at, counted.segments, counted.encoding, state)


def _environ(body: bytes, signature: str) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": PATH,
        "REQUEST_URI": PATH,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_TYPE": twilio.FORM,
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_X_TWILIO_SIGNATURE": signature,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.url_scheme": "http",
    }
