"""The words that documents of local texts add to the text, in each language we speak.

`words` speaks the language of a page; a document speaks its own, also where no
page is asked for.
"""

from functools import cache

from consult.words import speaker, spoken_language
from standards.exchange.local_words import LocalWords
from standards.operations import Op


@cache
def document_words(language: str) -> LocalWords:
    """The phrases of a language; English for one we do not speak."""
    language = spoken_language(language)
    _ = speaker(language).gettext
    # Said outside the f-strings: sentences inside them are not found for translation.
    either, both = _("or"), _("and")
    return LocalWords(
        language=language,
        acts={
            Op.ADOPT: _("Adopt"),
            Op.TRANSLATE: _("Translate"),
            Op.SET: _("Set"),
            Op.STRENGTHEN: _("Strengthen"),
            Op.SCOPE: _("Scope"),
            Op.RESTAGE: _("Restage"),
            Op.DEROGATE: _("Derogate"),
            Op.ADD: _("Add"),
            Op.LAW: _("Law"),
            Op.GUIDE: _("Guide"),
            Op.VERIFY: _("Verify"),
        },
        facts={
            "producer": _("the producer is %(values)s"),
            "mineral": _("the mineral is %(values)s"),
            "region": _("the region is %(values)s"),
            "law": _("this law holds: %(values)s"),
        },
        fields={
            "heading": _("heading"),
            "body": _("text"),
            "stage": _("stage"),
            "verifiers": _("verifier"),
            "laws": _("law"),
            "guidance": _("guidance"),
            "applies": _("scope"),
            "wording": _("wording"),
            "derogation": _("derogation"),
        },
        laws={
            "law": _("The law asks more."),
            "standard": _("The standard asks more."),
            "same": _("Law and standard ask the same."),
        },
        verifiers={
            "document": _("document"),
            "observation": _("observation"),
            "interview": _("interview"),
            "measurement": _("measurement"),
        },
        standings={
            "in-force": _("In force"),
            "run-out": _("Run out"),
            "not-approved": _("Not approved"),
        },
        either=f" {either} ",
        both=f" {both} ",
        stricter=_("stricter"),
        looser=_("looser"),
        entry=_("Entry"),
        year=_("Year %(n)s"),
        attested=_("reworded; %(names)s attest that it asks at least as much"),
        reviewed=_("reviewed by %(name)s"),
        unless=_("Does not apply where %(condition)s."),
        only=_("Applies only where %(condition)s."),
        until=_("Until %(day)s: %(what)s %(weaker)s in place of %(lasting)s, approved by %(name)s."),
        until_wording=_("Until %(day)s: another wording, approved by %(name)s."),
        asked_for=_(
            "Asked for until %(day)s: %(what)s %(weaker)s in place of %(lasting)s. "
            "Nobody has approved it, so it does not hold."
        ),
        afterwards=_("From that day again: %(words)s"),
        forbids=_("The law forbids what this clause asks."),
        uncertifiable=_("This clause cannot be certified here: a law forbids what it asks."),
        added=_("a clause of this text alone"),
        absent=_("not in the version it stands on"),
        reason=_("Reason: %(words)s"),
        evidence=_("Evidence: %(words)s"),
        by=_("By %(who)s."),
        written=_("Written on %(day)s."),
        answers=_("Comments answered: %(n)s."),
        sources=_("Where each part comes from"),
        local_text=_("Local text of %(title)s, version %(label)s"),
        base=_("Base: %(name)s, SHA-256 %(hash)s"),
        layers=_("Layers: %(names)s"),
        on=_("As it holds on %(day)s"),
        text_hash=_("This text: SHA-256 %(hash)s"),
        unmarked=_("What bears no mark stands in the base, word for word."),
        wordings=_(
            "Clauses with a wording in this language: %(n)s of %(total)s. The others stand as in the base."
        ),
        register=_("Register of derogations"),
        register_lead=_(
            "Where this text asks less than its base for a time, with the approval of the base’s owner. "
            "On the day named the base holds again by itself. What has run out stays in the register."
        ),
        register_empty=_("No derogation was ever made in this text."),
        heads=(
            _("Clause"),
            _("Local text"),
            _("What is weakened"),
            _("Lasting"),
            _("For a time"),
            _("Until"),
            _("Approved by"),
            _("Reason"),
            _("Standing"),
        ),
    )
