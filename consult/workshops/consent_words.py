"""The words in which people at a workshop are asked what they agree to: read aloud, one question at a time.

Whoever changes a question raises `VERSION`: each answer keeps the version it was given to.
"""

from consult.words import N_, speaker

VERSION = "1"

ABOUT = ("notes", "quotes", "photo", "audio", "contact")
"""What is asked for, each by itself, in the order of asking."""

QUESTIONS = {
    "notes": N_("May we write down what you say today? Your name is not written beside it."),
    "quotes": N_("May we show your words, without your name, where everybody can read them?"),
    "photo": N_("May we take photographs of the sheets and the room, and keep them?"),
    "audio": N_("May we record your voices, so that your words are written down rightly?"),
    "contact": N_(
        "May we keep your name and your telephone number, to tell you what was decided? "
        "They are locked away and shown to nobody else."
    ),
    "group": N_(
        "I ask you all together. Who does not agree says so now, or tells me alone afterwards. "
        "Nobody loses anything by saying no."
    ),
    "withdraw": N_(
        "You may change your mind at any time. Tell me, or the office that sent me, "
        "and what you no longer agree to is removed."
    ),
}


def consent_words(language: str) -> dict[str, str]:
    """Each question in a language we speak, else in English; `group` and `withdraw` are said besides."""
    speak = speaker(language).gettext
    return {about: speak(question) for about, question in QUESTIONS.items()}
