"""What we say in a text message, in the reader's language; one segment wherever it can be.

English here, translated by the catalogues like every other text. Characters that
would make our own sentences cost three segments instead of one are replaced by
their plain neighbours: a reader takes "Portugues" as it is meant.
"""

from collections.abc import Iterable
from typing import Final

from consult.channels import segments
from consult.look import language_name
from consult.words import N_, speaker

WELCOME: Final = N_(
    "Baraza: your say on the rules. You are %(alias)s. "
    "Number not published; the network sees texts. STOP ends."
)
HELP: Final = N_(
    "Text a clause code and your words, such as: 12 too far to walk. "
    "LIST names the clauses, NEW is for another person on this phone, STOP ends."
)
STOPPED: Final = N_(
    "We will not text you again. What you said is kept, your number is not shown. START comes back."
)
STARTED: Final = N_("Welcome back, %(alias)s. Text a clause code and your words, or HELP.")
NOTHING_OPEN: Final = N_("Thank you. No consultation is open now. Your words are kept for the committee.")
NO_LIST: Final = N_("No consultation is open now. When one opens you can text again.")
NO_CALL: Final = N_(
    "We cannot call you yet, but we noted that you wish it. You can text us your words in any language."
)
NO_PICTURES: Final = N_("Thank you. We cannot see pictures here. Tell us in words, please.")
RECEIVED: Final = N_(
    "Thank you, we have your words. Your receipt: %(receipt)s. Text it to us to hear what became of it."
)
NOTED: Final = N_(
    "Thank you, noted. Receipt: %(receipt)s. Why, and what would you change? Tell us in your words."
)
UNPLACED: Final = N_(
    "Thank you. A person will read where your words belong. Your receipt: %(receipt)s. HELP tells you more."
)
FREELY: Final = N_(
    "Text what you would change, with a clause code in front if you know it. LIST names the clauses."
)
QUESTION: Final = N_("%(code)s: %(question)s 1 yes 2 with help 3 no, then your words.")
ABOUT: Final = N_("%(code)s is clause %(clause)s. Can you do this? 1 yes 2 with help 3 no, then your words.")
LIST: Final = N_("Text a code and your words. %(clauses)s")
UNKNOWN_RECEIPT: Final = N_("We do not know receipt %(receipt)s. Please check it letter by letter.")
UNDECIDED: Final = N_("%(receipt)s: we have it. The committee has not decided yet. We will tell you.")
DECIDED: Final = N_("%(receipt)s: %(outcome)s. %(answer)s")
SATISFIED: Final = N_("Thank you. It is good to know that the answer helps.")
NOT_SATISFIED: Final = N_("Thank you. The committee will see that the answer does not satisfy you.")

RESULT: Final = N_("Baraza: the committee has answered. Reply 1 to hear the result.")
RESULT_FOR: Final = N_("%(alias)s: the committee has answered. Reply 1 to hear the result.")
OUTCOME: Final = N_("%(receipt)s: %(outcome)s. %(answer)s Satisfied? Reply 1 yes, 2 no.")
CHOICES: Final = N_("1 yes 2 with help 3 no, then your words.")

# A list longer than two segments costs more than it tells.
LONGEST_LIST: Final = 2 * segments.IN_PARTS["GSM-7"]


def say(language: str, message: str, **facts: object) -> str:
    """A sentence in a language, as plain as GSM-7 wants it where that makes it cheaper."""
    return cheaper(speaker(language).gettext(message) % facts)


def cheaper(words: str) -> str:
    """The words with plain neighbours of costly characters, where that saves segments."""
    plain = segments.plainer(words)
    saves = segments.count(plain).segments < segments.count(words).segments
    return plain if saves else words


def languages_by_number(codes: Iterable[str]) -> str:
    """The languages to choose from, in their own names: `1 English 2 Kiswahili`."""
    return " ".join(f"{place} {language_name(code)}" for place, code in enumerate(codes, start=1))


def listed(language: str, entries: Iterable[str]) -> str:
    """As many clauses as two segments hold."""
    kept = ""
    for entry in entries:
        longer = f"{kept}; {entry}" if kept else entry
        if len(say(language, LIST, clauses=longer)) > LONGEST_LIST - 4:
            kept += " ..."
            break
        kept = longer
    return say(language, LIST, clauses=kept)
