"""What the words of a text message cost, as pages show it: segments, how full they are, what makes them dear.

Fields are counted here when a page is drawn and by segments.js while one types;
the macro `segments` draws both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from consult.channels import segments, steps
from consult.channels.steps import Around, Step


@dataclass(frozen=True)
class Counted:
    """What a field's words cost, in words, with what the browser needs to count as one types."""

    summary: str
    segments: int
    filled: Sequence[int]
    costly: str
    can_be_replaced: bool
    around: Mapping[str, Any]


def letters() -> dict[str, Any]:
    """What the browser counts segments with."""
    return {
        "alphabet": "".join(sorted(segments.ALPHABET)),
        "extension": "".join(sorted(segments.EXTENSION)),
        "replacements": segments.REPLACEMENTS,
    }


def counted_alone(field: str, words: str, language: str, price: steps.Price | None) -> Counted:
    """The cost of words that leave as they are typed."""
    return counted(Step(field, language, "", words.strip(), Around()), price)


def counted(step: Step, price: steps.Price | None) -> Counted:
    """A step's cost for the page."""
    found = step.counted if step.words else segments.count("")
    return Counted(
        summary=_summary(found, price),
        segments=found.segments,
        filled=_filled(step.around.whole(step.words) if step.words else ""),
        costly=_costly(step),
        can_be_replaced=any(one.replacement is not None for one in step.costly),
        around={
            "before": step.around.before,
            "after": step.around.after,
            "facts": dict(step.around.facts or {}),
            "is_part": step.name in steps.IN_PARTS,
        },
    )


def _summary(found: segments.Segments, price: steps.Price | None) -> str:
    if not found.segments:
        return str(_("Nothing here yet"))
    words = ngettext("%(num)s segment", "%(num)s segments", found.segments)
    words = _(
        "%(segments)s, %(characters)s characters in %(encoding)s",
        segments=words,
        characters=found.characters,
        encoding=found.encoding,
    )
    return f"{words} · {price.of(found.segments)}" if price else str(words)


def _filled(text: str) -> list[int]:
    """How full each segment is, in hundredths."""
    split = segments.parts(text)
    encoding = segments.encoding_of(text)
    room = (segments.ALONE if len(split) == 1 else segments.IN_PARTS)[encoding]
    return [round(100 * segments.units(part, encoding) / room) for part in split[:6]]


def _costly(step: Step) -> str:
    """What makes a sentence dear, and what it would be with the replacements; "" where nothing does."""
    is_part = step.name in steps.IN_PARTS
    if not step.costly or (step.counted.segments == 1 and not is_part):
        return ""
    now, then = step.counted.segments, step.plainer.segments
    dear = " ".join(one.character for one in step.costly[:8])
    replacing = [one.replacement for one in step.costly[:8] if one.replacement is not None]
    offered = " ".join(filter(None, replacing)) or (_("nothing") if replacing else "")
    if is_part:
        return str(_("%(dear)s makes each question dear: 70 characters to a segment, not 160.", dear=dear))
    told = _(
        "With %(dear)s this takes %(now)s.",
        dear=dear,
        now=ngettext("%(num)s segment", "%(num)s segments", now),
    )
    if not offered:
        return str(told)
    return f"{told} {_('With %(offered)s it is %(then)s.', offered=offered, then=then)}"
