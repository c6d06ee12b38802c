"""E-mail: the gateway that hands messages to a mail server.

`smtps://` speaks TLS from the first byte; `smtp://` moves to TLS where the
server offers it, and always before a password is said. Each message carries our
own id for it, so that a mail server that gets it twice can tell.
"""

import smtplib
import ssl
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from consult.channels.ports import FateUnknown, Outbound, Sent, TryLater
from consult.config import Misconfigured
from consult.tables.messages import MessageState

SECONDS = 20.0
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class EmailGateway:
    """Sends e-mail through one mail server."""

    host: str
    port: int
    encrypted: bool
    name: str
    password: str = field(repr=False)
    sender: str

    @classmethod
    def at(cls, url: str, sender: str, base_url: str) -> "EmailGateway":
        """The gateway of a URL such as `smtps://name:password@mail.example.org`. Raises Misconfigured."""
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            port = -1
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname or port == -1:
            raise Misconfigured(
                "BARAZA_SMTP_URL looks like smtp://name:password@mail.example.org:587, or smtps://… for TLS "
                "from the start. Write @ : / in a password as %40 %3A %2F."
            )
        encrypted = parts.scheme == "smtps"
        return cls(
            host=parts.hostname,
            port=port or (465 if encrypted else 587),
            encrypted=encrypted,
            name=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            sender=sender or f"baraza@{urlsplit(base_url).hostname or 'localhost'}",
        )

    def send(self, message: Outbound) -> Sent:
        """Hand a message over. Raises TryLater, FateUnknown."""
        letter = self._letter(message)
        try:
            server = self._connected()
        except smtplib.SMTPException as error:
            raise TryLater(f"The mail server did not let us in ({type(error).__name__}).") from error
        except OSError as error:
            raise TryLater("The mail server could not be reached.") from error
        try:
            server.send_message(letter)
        except smtplib.SMTPRecipientsRefused as error:
            return _refused(next(iter(error.recipients.values()), (550, b""))[0])
        except smtplib.SMTPResponseException as error:
            return _refused(error.smtp_code)
        except smtplib.SMTPNotSupportedError:
            return Sent(MessageState.FAILED, error="the mail server cannot write to this address")
        except (smtplib.SMTPException, OSError) as error:
            raise FateUnknown(
                "The connection to the mail server broke while the message was handed over."
            ) from error
        finally:
            _hang_up(server)
        return Sent(MessageState.SENT, str(letter["Message-ID"])[:100])

    def _connected(self) -> smtplib.SMTP:
        trust = ssl.create_default_context()
        if self.encrypted:
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=SECONDS, context=trust)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=SECONDS)
        try:
            server.ehlo()
            if not self.encrypted and server.has_extn("starttls"):
                server.starttls(context=trust)
                server.ehlo()
            elif not self.encrypted and self.name and self.host not in LOCAL:
                raise smtplib.SMTPNotSupportedError("a password is never said in the clear")
            if self.name:
                server.login(self.name, self.password)
        except BaseException:
            server.close()
            raise
        return server

    def _letter(self, message: Outbound) -> EmailMessage:
        letter = EmailMessage()
        letter["From"] = Address("Baraza", addr_spec=self.sender)
        letter["To"] = Address(addr_spec=message.address)
        letter["Subject"] = " ".join(message.subject.split())
        letter["Message-ID"] = f"<{message.key}@{self.sender.rpartition('@')[2]}>"
        letter["Content-Language"] = message.language
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(message.words)
        return letter


def _refused(code: int) -> Sent:
    """What a reply code means: 4xx asks us to come back, anything else is a refusal."""
    if 400 <= code < 500:
        raise TryLater(f"The mail server asks us to wait ({code}).")
    return Sent(MessageState.FAILED, error=f"the mail server refused it ({code})")


def _hang_up(server: smtplib.SMTP) -> None:
    try:
        server.quit()
    except (smtplib.SMTPException, OSError):
        server.close()
