"""Composing: a snapshot of the minutes as a document in the workshop's language, for page and Word file."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from consult import look
from consult.field.notes import WHOLE
from consult.markdown_words import items, paragraphs, quoted, table, words_of
from consult.words import N_
from consult.workshops.meetings import Consent
from consult.workshops.minutes.gathering import UNPLACED, Snapshot
from consult.workshops.minutes.paper import BANDS, Composed, Paper
from consult.workshops.tagging import clock

CONSENTS = {
    Consent.SPOKEN.value: N_("Yes, asked aloud"),
    Consent.WRITTEN.value: N_("Yes, in writing"),
    Consent.REFUSED.value: N_("No: only count them"),
}
LEFT = {
    "open": N_("Stretches of the recording that nobody has looked at yet: %(count)s."),
    "skipped": N_("Stretches that were passed over, such as greetings: %(count)s."),
    "taken-back": N_("Taken back since by those who said it: %(count)s."),
    "not-agreed": N_("Left out because those who spoke did not agree to be written down: %(count)s."),
}


def compose(snapshot: Snapshot, *, language: str, name: str) -> Composed:
    """The minutes in a language, as given: what is handed out goes through `handing.for_hands` first.

    `name` makes the ids of its sections; the same snapshot gives the same document.
    """
    return _Composing(snapshot, language, name).composed()


def title_of(snapshot: Snapshot, paper: Paper) -> str:
    """The heading of the minutes."""
    _, meeting = paper.say, snapshot["meeting"]
    day = look.written_day(date.fromisoformat(meeting["held_on"]), paper.language)
    return _("Minutes of the meeting in %(place)s, %(day)s", place=meeting["place"], day=day)


class _Composing:
    """Composes one document."""

    def __init__(self, snapshot: Snapshot, language: str, name: str) -> None:
        self._told, self._paper = snapshot, Paper(name, language, snapshot["categories"])
        self._say = self._paper.say

    def composed(self) -> Composed:
        _, paper, lines = self._say, self._paper, self._told["lines"]
        paper.section(_("The meeting"), self._meeting())
        paper.section(_("Who came"), self._came())
        above = paper.section(_("What was said, clause by clause"), "")
        for section in self._told["sections"]:
            if section["clause"] != UNPLACED:
                self._section(section, above)
        self._lone()
        for section in self._told["sections"]:
            if section["clause"] == UNPLACED:
                words = [self._line(lines[key]) for key in section["lines"]]
                paper.section(_("Said, and not yet tied to a clause"), "\n\n".join(words))
        self._corrections()
        left = [
            _(LEFT[key], count=count) for key, count in self._told["left"].items() if key in LEFT and count
        ]
        if left:
            paper.section(_("What is not in here"), items(left))
        paper.section(_("Is something wrong or missing?"), paragraphs(self._how_to_correct()))
        return paper.composed(title_of(self._told, paper))

    def _meeting(self) -> str:
        _, meeting = self._say, self._told["meeting"]
        language = self._paper.language
        place = ", ".join(filter(None, (meeting["place"], meeting["region"])))
        consent = CONSENTS.get(meeting["consent"], "")
        facts = [
            (_("Place"), place),
            (_("Day"), look.written_day(date.fromisoformat(meeting["held_on"]), language)),
            (_("Languages"), ", ".join(look.language_name(code) for code in meeting["languages"])),
            (_("Consultation"), meeting["round"]),
            (_("Text"), f"{meeting['standard']} {meeting['version']}"),
            (_("They agreed that their words are written down"), _(consent) if consent else ""),
            (_("They agreed to be quoted in public"), _("yes") if meeting["quotable"] else _("no")),
        ]
        told = [self._paper.facts(facts)]
        if meeting["notes"].strip():
            told += [words_of(part) for part in meeting["notes"].split("\n") if part.strip()]
        return "\n\n".join(told)

    def _came(self) -> str:
        _, came = self._say, self._told["attendance"]
        if not came["rows"] or came["people"] is None:
            return words_of(_("Nobody was counted, or so few that no figure is given."))
        planned = came["seats"] is not None
        heads = [_("Category"), _("People"), _("of them women"), *([_("Seats planned")] if planned else [])]
        rows = [[self._paper.category(row["category"]), *self._figures(row, planned)] for row in came["rows"]]
        rows.append([_("Together"), *self._figures(came, planned)])
        told = [table(heads, rows, numbers=len(heads) - 1)]
        if came["bands"]:
            bands = ", ".join(f"{_(BANDS.get(key, key))} {count}" for key, count in came["bands"].items())
            told.append(words_of(_("By age: %(bands)s.", bands=bands)))
        told.append(words_of(_("Groups of fewer than five are counted together with others.")))
        return "\n\n".join(told)

    @staticmethod
    def _figures(row: Mapping[str, Any], planned: bool) -> list[str]:
        found = [row["people"], row["women"], *([row["seats"]] if planned else [])]
        return ["–" if count is None else str(count) for count in found]

    # --- what was said

    def _section(self, section: Mapping[str, Any], above: UUID) -> None:
        _, paper, lines = self._say, self._paper, self._told["lines"]
        whole = section["clause"] == WHOLE
        heading = _("On the whole document") if whole else section["heading"] or section["number"]
        prompt = section["prompt"].get(paper.language) or next(iter(section["prompt"].values()), "")
        told = [f"*{words_of(prompt)}*"] if prompt.strip() else []
        told += [self._line(lines[key]) for key in section["lines"]]
        if not (section["lines"] or section["votes"] or section["photos"]):
            told.append(words_of(_("Nothing was written down on this.")))
        id_ = paper.section(heading, "\n\n".join(told), above, "" if whole else section["number"])
        for vote in section["votes"]:
            paper.vote(vote, id_)
        for photo in section["photos"]:
            self._photo(photo, id_)

    def _line(self, line: Mapping[str, Any]) -> str:
        _ = self._say
        words = line["words"]
        if line["is"] == "taken-back":
            words = _("(taken back by those who said it)")
        elif line["is"] == "kept-back":
            words = _("(kept back until somebody has looked at it)")
        by = self._paper.by(line)
        if line.get("corrects"):
            by = ", ".join(filter(None, (by, _("corrects version %(number)s", number=line["corrects"]))))
        return quoted(words, by)

    def _photo(self, photo: Mapping[str, Any], above: UUID) -> None:
        _ = self._say
        caption = photo["caption"]
        heading = _("Photograph: %(caption)s", caption=caption) if caption else _("Photograph")
        typed = photo["typed"]
        told = [words_of(_("Written on it:")), quoted(typed)] if typed.strip() else []
        id_ = self._paper.section(heading, "\n\n".join(told), above)
        self._paper.picture(id_, photo["entity"])

    def _lone(self) -> None:
        """Lone voices once more, together: no summary of many may pass over them."""
        _, told = self._say, []
        numbers = {section["clause"]: section["number"] for section in self._told["sections"]}
        for line in self._told["lines"].values():
            if line["lone"]:
                about = ", ".join(filter(None, (numbers.get(clause, "") for clause in line["clauses"])))
                on = _("on %(clauses)s", clauses=about) if about else ""
                at = _("at %(second)s", second=clock(line["second"])) if line["second"] is not None else ""
                words = line["words"] or _("(no longer written here)")
                told.append(quoted(words, ", ".join(filter(None, (on, at)))))
        if told:
            before = words_of(_("Each of these was said by one person alone. It counts as much as the rest."))
            self._paper.section(_("Lone voices"), "\n\n".join([before, *told]))

    def _corrections(self) -> None:
        _, told = self._say, []
        for one in self._told["corrections"]:
            by = [_("on version %(number)s", number=one["number"]), one["about"]]
            by += [self._paper.category(one["category"]) if one["category"] else ""]
            words = one["words"] or _("(taken back by those who said it)")
            told.append(quoted(words, ", ".join(filter(None, by))))
        if told:
            self._paper.section(_("What was corrected"), "\n\n".join(told))

    def _how_to_correct(self) -> list[str]:
        _ = self._say
        return [
            _(
                "Tell the person who led the meeting what is wrong or missing. It is written down in your "
                "words, stands in the next version of these minutes and reaches the committee."
            ),
            _(
                "You may also take back what you said, without giving a reason. It is then blanked in every "
                "version of these minutes that we keep."
            ),
        ]
