"""Twilio: the only package that knows this provider.

`signatures` proves who posts to us, `webhooks` reads what was posted, `gateway`
speaks to the provider's REST interface, and here stands whose account it is.
"""

import secrets
from pathlib import Path
from typing import Final

from consult.channels.bodies import FORM
from consult.channels.bodies import as_form as as_body
from consult.channels.twilio.gateway import TwilioGateway
from consult.channels.twilio.signatures import MOST_BYTES, SIGNATURE, SIGNATURE_SETTINGS, proved, sign
from consult.channels.twilio.webhooks import EMPTY_REPLY, KEY, STATES, inbound, report
from consult.config import Config, Twilio

__all__ = [
    "DEMONSTRATION_NUMBER",
    "EMPTY_REPLY",
    "FORM",
    "KEY",
    "MOST_BYTES",
    "SIGNATURE",
    "SIGNATURE_SETTINGS",
    "STATES",
    "TwilioGateway",
    "account_of",
    "as_body",
    "inbound",
    "proved",
    "report",
    "sign",
]

# A number from the range kept free for fiction, so that nobody is ever texted from the screen.
DEMONSTRATION_NUMBER: Final = "+12025550100"


def account_of(config: Config) -> Twilio | None:
    """The account whose webhooks are accepted: the one of the settings, or our own to demonstrate with."""
    if config.twilio is not None or not config.demonstration:
        return config.twilio
    secret = _demonstration_secret(config.data_dir / "keys" / "telephone.secret")
    return Twilio(account="demonstration", tokens=(secret,), number=DEMONSTRATION_NUMBER, api_base="")


def _demonstration_secret(path: Path) -> str:
    """A signing secret of this installation's own, made once and readable by its owner alone."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        beside.touch(mode=0o600)
        beside.write_text(secrets.token_hex(32))
        beside.replace(path)
    return path.read_text().strip()
