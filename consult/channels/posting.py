"""Posting to a provider: what a broken connection tells about a message's fate.

A connection that was never made left nothing behind: the message may be handed
over again. One that broke later may have been read, so nobody knows.
"""

from typing import Any, Final

import requests
from urllib3.exceptions import NameResolutionError, NewConnectionError

from consult.channels.ports import FateUnknown, TryLater

SECONDS_TO_CONNECT, SECONDS_TO_ANSWER = 5.0, 20.0
_BEFORE_CONNECTING: Final = (
    requests.ConnectTimeout,
    requests.exceptions.SSLError,
    requests.exceptions.ProxyError,
)


def hand_over(
    address: str, *, seconds_to_answer: float = SECONDS_TO_ANSWER, **given: Any
) -> requests.Response:
    """Post a message. Raises TryLater where it certainly did not arrive, FateUnknown where it may have."""
    try:
        return requests.post(address, timeout=(SECONDS_TO_CONNECT, seconds_to_answer), **given)
    except _BEFORE_CONNECTING as error:
        raise TryLater("The provider could not be reached.") from error
    except requests.RequestException as error:
        if _never_connected(error):
            raise TryLater("The provider could not be reached.") from error
        raise FateUnknown(
            "The connection to the provider broke while the message was handed over."
        ) from error


def ask(
    method: str, address: str, *, seconds_to_answer: float = SECONDS_TO_ANSWER, **given: Any
) -> requests.Response:
    """Ask a provider something that may be asked twice. Raises TryLater."""
    try:
        return requests.request(method, address, timeout=(SECONDS_TO_CONNECT, seconds_to_answer), **given)
    except requests.RequestException as error:
        raise TryLater("The provider could not be reached.") from error


def object_in(answer: requests.Response) -> dict[str, Any]:
    """The JSON object of an answer; empty where it holds none."""
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _never_connected(error: requests.RequestException) -> bool:
    cause = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", cause), NewConnectionError | NameResolutionError)
