"""In which of the five languages a text is written, as far as its commonest words tell.

A text message is short and often mixes languages, so this says nothing unless it
is evident. Words of still other languages vote against all five: Haitian Creole
is not taken for French.
"""

import re
from functools import cache
from typing import Final

from consult.channels.folding import fold, tokens_of
from consult.channels.words import LANGUAGES, words
from consult.linking.words import empty_words

EVIDENT: Final = 2
"""So many words of a language must occur."""
SHARE: Final = 0.2
"""So large a part of the text must be words of that language."""
# Swahili says who and when in front of the verb: "hatuwezi", "tunahitaji", "nimesema".
_CONJUGATED: Final = re.compile(
    r"(?:hatu|tuna|tuta|tume|wana|wata|wame|hawa|nina|nita|nime|mna|mta)[a-z]{2,}[aeiou]"
)


def written_in(text: str) -> str | None:
    """The language a text is evidently written in; None where that is not evident."""
    said = {token for token in tokens_of(text) if len(token) > 1 and not token.isdigit()}
    votes = {language: len(said & _common(language)) for language in LANGUAGES}
    votes["sw"] += sum(bool(_CONJUGATED.fullmatch(token)) for token in said - _common("sw"))
    best = max(votes, key=votes.__getitem__)
    others = [len(said & _common("others")), *(count for code, count in votes.items() if code != best)]
    if votes[best] < max(EVIDENT, SHARE * len(said)) or votes[best] <= max(others):
        return None
    return best


@cache
def _common(language: str) -> frozenset[str]:
    return frozenset(map(fold, words(language)["common"])) | {
        word for word in empty_words(language) if len(word) > 1
    }
