"""Bodies: what providers and telephones post, read calmly whatever its encoding.

Nothing here refuses: what cannot be read as it claims to be is read as well as
can be, because the bytes themselves are kept and a person can still look.
"""

import base64
import binascii
import json
import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

FORM: Final = "application/x-www-form-urlencoded"
JSON: Final = "application/json"
MOST_FIELDS: Final = 500


def is_form(content_type: str) -> bool:
    """Whether a body of this type is a form; one of no type is."""
    return not content_type or content_type.partition(";")[0].strip().lower() == FORM


def as_form(pairs: Sequence[tuple[str, str]]) -> bytes:
    """Fields as a form is posted."""
    return urlencode(pairs).encode()


def form_of(body: bytes) -> dict[str, str]:
    """The fields of a form, the first of each name; UTF-8, else Latin-1, which every byte is."""
    # Some post what should be written as %E3 as it is.
    text = re.sub(rb"[\x80-\xff]", lambda byte: b"%%%02X" % byte[0][0], body).decode("ascii")
    for encoding, errors in (("utf-8", "strict"), ("latin-1", "replace")):
        try:
            pairs = parse_qsl(
                text,
                keep_blank_values=True,
                max_num_fields=MOST_FIELDS,
                encoding=encoding,
                errors=errors,
            )
        except UnicodeDecodeError:
            continue
        except ValueError:
            return {}
        return {name: whole(value) for name, value in reversed(pairs)}
    return {}


def object_of(body: bytes) -> dict[str, Any] | None:
    """The JSON object in a body; None where it holds none."""
    try:
        said = json.loads(decoded(body))
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def decoded(words: bytes) -> str:
    """Bytes as words: UTF-8, with or without its mark, else Latin-1, which every byte is."""
    try:
        return words.decode("utf-8-sig")
    except UnicodeDecodeError:
        return words.decode("latin-1")


def unpacked(words: str) -> str:
    """Words that came as base64; as they are where they are none."""
    try:
        return decoded(base64.b64decode("".join(words.split()), validate=True))
    except (binascii.Error, ValueError):
        return words


def whole(words: str) -> str:
    """Words whose halves of characters are joined; a half that stands alone becomes `\ufffd`."""
    return words.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def plain(words: str) -> str:
    """A name or number that came from outside, without what cannot be printed or stored."""
    return "".join(one for one in words if one.isprintable()).strip()
