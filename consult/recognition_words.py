"""The words for recognition: verdicts, standings, extents, and why a judgement no longer holds."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _

from consult.look import Sign
from standards.recognition import Extent, Staleness, Standing, Verdict

VERDICTS: Mapping[Verdict, Sign] = {
    Verdict.EQUIVALENT: Sign("met", _("equivalent")),
    Verdict.EXCEEDS: Sign("stricter", _("exceeds")),
    Verdict.PARTIAL: Sign("in-part", _("in part")),
    Verdict.NONE: Sign("not-met", _("not at all")),
    Verdict.UNREVIEWED: Sign("undecided", _("not yet judged")),
}

MEANINGS: Mapping[Verdict, Any] = {
    Verdict.EQUIVALENT: _("Ours asks the same as theirs."),
    Verdict.EXCEEDS: _("Ours asks more: whoever meets ours meets theirs."),
    Verdict.PARTIAL: _("Ours asks part of what theirs asks."),
    Verdict.NONE: _("Ours says nothing to theirs."),
}

STANDINGS: Mapping[Standing, Sign] = {
    Standing.STALE: Sign("warning", _("no longer holds")),
    Standing.HALF: Sign("suggested", _("waits for a second reviewer")),
    Standing.UNREVIEWED: Sign("undecided", _("not yet judged")),
    Standing.REVIEWED: Sign("met", _("reviewed")),
    Standing.GONE: Sign("withdrawn", _("a clause is gone")),
}

EXTENTS: Mapping[Extent, Any] = {
    Extent.MET: _("met"),
    Extent.PARTLY: _("met in part"),
    Extent.NOT: _("not met"),
    Extent.UNREVIEWED: _("not yet judged"),
}

PATTERNS: Mapping[Extent, str] = {
    Extent.MET: "solid",
    Extent.PARTLY: "hatch",
    Extent.NOT: "open",
    Extent.UNREVIEWED: "hidden-cell",
}

REASONS: Mapping[Staleness, Any] = {
    Staleness.OUR_CLAUSE_GONE: _("Our clause is no longer in the text."),
    Staleness.THEIR_CLAUSE_GONE: _("Their clause is no longer in the text."),
    Staleness.OUR_CLAUSE_CHANGED: _("Our clause has changed since it was judged."),
    Staleness.THEIR_CLAUSE_CHANGED: _("Their clause has changed since it was judged."),
    Staleness.EXPIRED: _("The judgement has reached its last day."),
}
