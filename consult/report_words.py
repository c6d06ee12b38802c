"""The sentences of a report: said the same on the page and in files, in the reader's language."""

from collections.abc import Callable, Mapping
from typing import Any

from consult import look
from consult.report_issues import Issue, Response
from consult.reports import Synopsis
from consult.words import N_, speaker
from standards.tables import Status

Say = Callable[..., str]
"""Speaks a message with its values: `say("%(n)s comments", n=3)`."""

OUTCOMES = {
    "accepted": N_("Accepted"),
    "in-part": N_("Accepted in part"),
    "noted": N_("Noted"),
    "declined": N_("Declined"),
    "out-of-scope": N_("Out of scope"),
    "next-revision": N_("For the next revision"),
    "": N_("Not yet decided"),
}
CHANNELS = {
    "web": N_("Web"),
    "sms": N_("SMS"),
    "voice": N_("Voice"),
    "workshop": N_("Workshop"),
    "document": N_("Document"),
    "email": N_("E-mail"),
}
GENDERS = {"woman": N_("Women"), "man": N_("Men")}


def saying(language: str) -> Say:
    """Speaks one language, outside pages."""
    speak = speaker(language).gettext

    def say(message: str, **values: Any) -> str:
        return speak(message) % values if values else speak(message)

    return say


def summary(synopsis: Synopsis, _: Say) -> list[str]:
    """The whole round in a few sentences, all from its figures."""
    figures = synopsis.figures
    found = [
        _(
            "Comments that arrived: %(comments)s. About a clause: %(linked)s; about the whole document: "
            "%(general)s; waiting for a clause: %(waiting)s; erased because their author asked: %(erased)s.",
            comments=figures.comments,
            linked=figures.linked,
            general=figures.general,
            waiting=figures.waiting,
            erased=figures.erased,
        ),
        _("People who took part: %(people)s.", people=synopsis.people.total),
    ]
    if figures.outcomes:
        told = ", ".join(f"{_(OUTCOMES[name]).lower()} {count}" for name, count in figures.outcomes.items())
        found.append(_("Decided: %(decided)s (%(outcomes)s).", decided=figures.decided, outcomes=told))
    busiest = sorted(synopsis.clauses, key=lambda one: -one.comments)[:3]
    if busiest:
        told = "; ".join(f"{one.clause.title} ({one.comments})" for one in busiest)
        found.append(_("Most was said about: %(clauses)s.", clauses=told))
    return found


def next_steps(synopsis: Synopsis, _: Say, language: str) -> list[str]:
    """What is still to come, as the records have it."""
    figures, found = synopsis.figures, []
    if synopsis.is_open:
        closes = look.written_deadline(synopsis.round.closes_at, synopsis.round.time_zone, language)
        found.append(_("The consultation is open until %(moment)s.", moment=closes))
    if figures.waiting:
        found.append(_("Comments still to be tied to a clause: %(count)s.", count=figures.waiting))
    undecided = figures.linked + figures.general - figures.decided
    if undecided:
        found.append(_("Comments still to be decided on: %(count)s.", count=undecided))
    elif figures.decided and not figures.waiting:
        found.append(_("Every comment has been decided on, with a reason."))
    if kept := figures.outcomes.get("next-revision"):
        found.append(_("Comments kept for the next revision: %(count)s.", count=kept))
    for version in synopsis.successors:
        found.append(_step(version.label, version.status, _))
    if not synopsis.successors:
        found.append(_("The next version has not been begun."))
    return found


def _step(label: str, status: Status, _: Say) -> str:
    if status is Status.DRAFT:
        return _("Version %(label)s is being written.", label=label)
    if status is Status.CONSULTATION:
        return _("Version %(label)s is out for consultation.", label=label)
    if status is Status.DECIDED:
        return _("Version %(label)s has been decided and awaits publication.", label=label)
    return _("Version %(label)s has been published.", label=label)


def issue_heading(issue: Issue, _: Say) -> str:
    """The name of an issue; of comments nobody gathered, how many got one answer."""
    if issue.title:
        return issue.title
    if issue.comments == 1:
        return _("One comment")
    return _("%(count)s comments with one answer", count=issue.comments)


def part_words(parts: Mapping[str, int], _: Say) -> str:
    """How many comments speak of either part of a local text; "" for other texts."""
    if not parts:
        return ""
    words = _(
        "On the international text: %(base)s; on the local part: %(local)s; not said: %(unsaid)s.",
        base=parts.get("base", 0),
        local=parts.get("local", 0),
        unsaid=parts.get("", 0),
    )
    return str(words)


def change_words(response: Response, _: Say) -> str:
    """Where the change can be read; "" where there is none to read."""
    if not response.change_version:
        return ""
    if not response.change_number:
        return _("The change is in version %(label)s.", label=response.change_version)
    return _(
        "The change is in clause %(number)s of version %(label)s.",
        number=response.change_number,
        label=response.change_version,
    )


def label(labels: Any, language: str, _: Say) -> str:
    """The name of a group, region or gender in a language."""
    if not labels:
        return _("Did not say")
    if labels.get("") == "…":
        return _("Others, kept back")
    if "" in labels:
        name = str(labels[""])
        return _(GENDERS[name]) if name in GENDERS else name[:1].upper() + name[1:]
    return str(labels.get(language) or labels.get("en") or next(iter(labels.values())))
