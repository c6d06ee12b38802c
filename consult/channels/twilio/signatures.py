"""The provider's signature: which requests it has made, and which only claim so.

The signed address is rebuilt from the configured public base and the raw path
and query, never from what a proxy or a caller claims. A check that cannot be
made fails. The signature is the provider's published one (HMAC-SHA1, or SHA256
where the request says so, over the address and the sorted fields), computed
here because the library's own validator costs 25 times as much; the tests hold
both against each other.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qs, urlsplit

from consult.channels.bodies import is_form
from consult.channels.twilio.webhooks import fields_of, pairs_of
from consult.config import Twilio

SIGNATURE: Final = "X-Twilio-Signature"
SIGNATURE_SETTINGS: Final = "X-Twilio-Webhooks-Signature-Settings"
# Real webhooks have some thirty fields of at most 1,600 characters.
MOST_BYTES: Final = 512 * 1024

_HASHES: Final = {"HMAC_SHA1": "sha1", "HMAC_SHA256": "sha256"}
_PORTS: Final = {"https": ":443", "http": ":80"}


def proved(
    account: Twilio,
    base_url: str,
    path_and_query: str,
    body: bytes,
    content_type: str,
    signature: str | None,
    settings: str = "",
) -> dict[str, str] | None:
    """The fields of a request that was signed with one of the account's secrets, else None.

    The signature covers exactly this address and body. A body that is no form is
    bound by its hash in the signed query; without that it is refused.
    """
    algorithm = _HASHES.get(_algorithm(settings) if settings else "HMAC_SHA1")
    if not signature or algorithm is None or len(body) > MOST_BYTES:
        return None
    pairs = pairs_of(body) if is_form(content_type) else [] if _is_bound(path_and_query, body) else None
    if pairs is None:
        return None
    signed = "".join([name + value for name, value in sorted(set(pairs))])
    given = signature.encode("latin-1", "replace")
    # Every candidate is tried, so that the time taken does not tell which one was near.
    fits = [
        hmac.compare_digest(_signature(token, address + signed, algorithm), given)
        for token in account.tokens
        for address in _addresses(base_url, path_and_query)
    ]
    if not any(fits):
        return None
    return fields_of(body, content_type)


def sign(
    token: str, base_url: str, path_and_query: str, form: Iterable[tuple[str, str]], algorithm: str = "sha1"
) -> str:
    """The signature the provider would give a form: used by the telephone on the screen."""
    signed = "".join(name + value for name, value in sorted(set(form)))
    return _signature(token, base_url + path_and_query + signed, algorithm).decode()


def _algorithm(settings: str) -> str:
    """The algorithm the settings header names; without one, the provider's first."""
    for part in settings.split(","):
        name, _, value = part.partition("=")
        if name.strip() == "algorithm" and value.strip():
            return value.strip().upper()
    return "HMAC_SHA1"


def _signature(token: str, words: str, algorithm: str) -> bytes:
    return base64.b64encode(hmac.digest(token.encode(), words.encode("utf-8", "surrogatepass"), algorithm))


@lru_cache(maxsize=64)
def _addresses(base_url: str, path_and_query: str) -> tuple[str, ...]:
    """The address as configured, and with the port the provider sometimes adds or leaves out."""
    scheme, _, rest = base_url.partition("://")
    host, slash, prefix = rest.partition("/")
    port = _PORTS.get(scheme, "")
    other = host.removesuffix(port) if port and host.endswith(port) else host
    if other == host and ":" not in host.rpartition("]")[2]:
        other = host + port
    first = base_url + path_and_query
    return (first,) if other == host else (first, f"{scheme}://{other}{slash}{prefix}{path_and_query}")


def _is_bound(path_and_query: str, body: bytes) -> bool:
    """Whether the signed query holds the hash of the body."""
    given = parse_qs(urlsplit(path_and_query).query).get("bodySHA256", [""])[0]
    return hmac.compare_digest(hashlib.sha256(body).hexdigest().encode(), given.lower().encode())
