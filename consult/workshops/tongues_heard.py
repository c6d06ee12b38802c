"""Which language a transcript is in, where nobody set it for the workshop."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from consult.channels.tongues import written_in
from consult.channels.words import LANGUAGES

_ENOUGH = 8
"""Words an utterance must have to tell its language."""
_MOST = 200
"""Utterances looked at, spread over the whole."""
_SHARE = 0.2


class Unset(NamedTuple):
    """A language that is spoken though nobody set it; `code` is empty where we do not know which."""

    code: str
    share: float


def unset(words: Sequence[str], languages: Iterable[str]) -> Unset | None:
    """The language of a good part of what was said that is not among these; None when all is as set.

    None also where too little was said to tell.
    """
    long_enough = [one for one in words if len(one.split()) >= _ENOUGH]
    looked_at = long_enough[:: max(1, len(long_enough) // _MOST)]
    found = Counter(written_in(one) or "" for one in looked_at)
    known = {code.partition("-")[0] for code in languages}
    strange = [(count, code) for code, count in found.items() if code and code not in known]
    if strange and max(strange)[0] >= _SHARE * len(looked_at):
        count, code = max(strange)
        return Unset(code, count / len(looked_at))
    # Nothing in any of the five languages: another one, unless a language beyond the five was set.
    only_ours = known <= set(LANGUAGES)
    if only_ours and len(looked_at) >= 3 and found[""] == len(looked_at):
        return Unset("", 1.0)
    return None
