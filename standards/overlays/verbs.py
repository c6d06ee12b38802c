"""Verbs: whether other words for a clause bind as the base's do, and still hold its values.

How a clause binds is the base's alone. Of a language whose verbs we do not know,
only people can tell; there nothing is said.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from standards.diff import word_changes
from standards.document import ClauseText, Modality
from standards.markdown import filled_parts
from standards.provisions import PROVISION_WORDS, modality_of, provision_words


def knows(language: str) -> bool:
    """Whether we know the verbs by which sentences of this language bind."""
    return language.replace("_", "-").split("-")[0].lower() in PROVISION_WORDS


def keeps_binding(text: ClauseText, wording: str, language: str) -> Iterator[str]:
    """That other words bind as the base's do, and still hold every value."""
    was, now = binds(text, language), modality_of(wording, language)
    if not knows(language):
        pass  # of a language whose verbs we do not know, only people can tell
    elif now is not was:
        yield (
            f"the clause is {MODALITY_WORDS[was]} and these words make it {MODALITY_WORDS[now]}. "
            "How a clause binds is the base's alone: keep its verbs."
        )
    elif _weakened_verbs(text.body, wording, language):
        yield "a “shall” of the base has become a weaker verb. Keep each “shall”."
    for name in lost_values(text, wording):
        yield f"the value {{{name}}} of the base is not in these words. Write {{{name}}} where it belongs."


def lost_values(text: ClauseText, wording: str) -> list[str]:
    """The names of the values that stand in the clause's words and not in these."""
    values = {parameter.name: parameter.shown for parameter in text.parameters}
    here = {name for _, name in filled_parts(wording, values)}
    return sorted({name for _, name in filled_parts(text.body, values) if name} - here)


MODALITY_WORDS = {
    Modality.REQUIREMENT: "a requirement (shall)",
    Modality.RECOMMENDATION: "a recommendation (should)",
    Modality.PERMISSION: "a permission (may)",
    Modality.NONE: "without a binding verb",
}


def binds(text: ClauseText, language: str) -> Modality:
    """How the clause binds: as it is recorded, or else as its words say."""
    return text.modality if text.modality is not Modality.NONE else modality_of(text.body, language)


WEAKER = (Modality.RECOMMENDATION, Modality.PERMISSION)


def _weakened_verbs(old: str, new: str, language: str) -> bool:
    """Whether there are fewer “shall” and more weaker verbs, in all or in one place."""
    if _fewer(verbs(old, language), verbs(new, language)):
        return True
    pieces = word_changes(old, new)
    return any(
        _fewer(verbs(went.text, language), verbs(came.text, language))
        for went, came in pairwise(pieces)
        if went.kind == "delete" and came.kind == "insert"
    )


def _fewer(before: Counter[Modality], after: Counter[Modality]) -> bool:
    lost = after[Modality.REQUIREMENT] < before[Modality.REQUIREMENT]
    return lost and any(after[modality] > before[modality] for modality in WEAKER)


def verbs(words: str, language: str) -> Counter[Modality]:
    """How often words bind in each way."""
    return Counter(modality for _, modality in provision_words(words, language))
