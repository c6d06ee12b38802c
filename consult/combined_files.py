"""One list for several standards as a file: Word to print and tick, a workbook to fill in.

The same list gives the same bytes.
"""

from collections.abc import Sequence
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from consult.report_words import Say, saying
from consult.sheets.crosswalk import height_of
from consult.words import N_, spoken_language
from standards.combining import Combined, Item
from standards.document import Clause, ClauseText, Document, Scheme
from standards.exchange.docx import writing
from standards.exchange.docx.wording import escaped, escaped_start
from standards.exchange.workbooks import workbook
from standards.markdown import plain
from standards.recognition_store import End

KINDS: Final = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
BOX: Final = "\N{BALLOT BOX}"
ANSWERS: Final = (N_("met"), N_("in part"), N_("not met"), N_("does not apply"))
WAYS: Final = (N_("first party"), N_("second party"), N_("participatory guarantee"), N_("third party"))
WIDTHS: Final = (6, 60, 18, 22, 26, 22, 34, 12, 30)
Core = Sequence[Sequence[Clause]]


def write(combined: Combined, core: Core, ends: Sequence[End], kind: str) -> bytes:
    """The list and what the standards have in common; `kind` is one of KINDS."""
    language = spoken_language(ends[0].standard.language)
    composing = _Composing(combined, core, ends, language)
    if kind == "xlsx":
        return composing.workbook()
    return writing.write(
        composing.document(),
        title=composing.title,
        label=" · ".join(combined.sides),
        status="",
        lead=composing.saved,
    )


class _Composing:
    """Composes one file, in the language of the first standard that we speak."""

    def __init__(self, combined: Combined, core: Core, ends: Sequence[End], language: str) -> None:
        self._combined, self._core, self._language = combined, core, language
        self._titles = {end.side.name: f"{end.standard.title} {end.version.label}" for end in ends}
        self._names = {end.side.name: end.standard.slug for end in ends}
        self._say: Say = saying(language)
        self._clauses: list[Clause] = []
        # What is asked once for several comes first; the rest keeps its order.
        self._items = sorted(combined.items, key=lambda item: len(item.members) == 1)

    @property
    def title(self) -> str:
        _ = self._say
        return _("One list for %(count)s standards", count=len(self._combined.sides))

    @property
    def saved(self) -> str:
        """How many questions are saved, in a sentence."""
        _, found = self._say, self._combined
        return _(
            "Asked one by one, these standards put %(asked)s questions; in one list they put %(items)s. "
            "Questions saved: %(saved)s.",
            asked=found.asked,
            items=len(found.items),
            saved=found.saved,
        )

    def document(self) -> Document:
        """The whole as a document: a chapter for what is asked once, one for each standard, the core."""
        _ = self._say
        numbered = list(enumerate(self._items, 1))
        shared = [(n, item) for n, item in numbered if len(item.members) > 1]
        if shared:
            self._chapter(_("Asked once for several standards"), shared)
        for side in self._combined.sides:
            own = [(n, item) for n, item in numbered if len(item.members) == 1 and item.lead.side == side]
            if own:
                self._chapter(_("Asked for %(standard)s alone", standard=self._titles[side]), own)
        if self._core:
            items = "\n".join(f"- {_md(' = '.join(clause.title for clause in row))}" for row in self._core)
            self._section(_("What they have in common"), items)
        return Document(self.title, self._language, Scheme.DECLARED, tuple(self._clauses))

    def workbook(self) -> bytes:
        """The list as rows to fill in, and a sheet of what the standards have in common."""
        _ = self._say
        heads = (
            *(_("No."), _("Question"), _("Words of"), _("Answers for"), _("Values"), _("How it is checked")),
            *(_("Still wanted"), _("Answer"), _("Evidence")),
        )
        with workbook(self.title) as book:
            sheet = book.add("Checklist")
            sheet.line(0, [self.saved], text_wrap=False)
            sheet.line(1, heads, bold=True, bottom=1)
            for number, item in enumerate(self._items, 1):
                row = self._row(number, item)
                sheet.line(number + 1, row)
                sheet.tall(number + 1, height_of(row, WIDTHS))
            rows = (2, len(self._items) + 1)
            sheet.choose(rows, 7, [_(answer) for answer in ANSWERS], _("Choose one of the answers."))
            sheet.widths(WIDTHS)
            sheet.freeze(2)
            sheet.for_paper((1, 1), self.title)
            if self._core:
                common = book.add("Common core")
                common.line(0, [self._titles[side] for side in self._combined.sides], bold=True, bottom=1)
                for at, alike in enumerate(self._core, 1):
                    common.line(at, [clause.title for clause in alike])
                common.widths([45 for _side in self._combined.sides])
        return book.bytes

    def _row(self, number: int, item: Item) -> list[str]:
        lead = item.lead
        return [
            str(number),
            "\n".join(part for part in (item.text.heading, plain(item.text)) if part),
            f"{self._names[lead.side]} {lead.clause.number}",
            self._others(item),
            self._values(item),
            self._checked(item),
            self._left(item),
        ]

    def _chapter(self, heading: str, items: Sequence[tuple[int, Item]]) -> None:
        _ = self._say
        above = self._section(heading, "")
        for number, item in items:
            told = [
                (_("Words of"), f"{self._titles[item.lead.side]}, {item.lead.clause.number}"),
                (_("Answers for"), self._others(item)),
                (_("Values"), self._values(item)),
                (_("How it is checked"), self._checked(item)),
                (_("Still wanted"), self._left(item)),
            ]
            facts = "\n".join(f"- **{_md(word)}:** {_md(value)}" for word, value in told if value)
            boxes = "   ".join(f"{BOX}\N{NO-BREAK SPACE}{_(answer)}" for answer in ANSWERS)
            body = "\n\n".join(part for part in (item.text.body, facts, boxes) if part)
            self._section(item.text.heading, body, above, str(number), item)

    def _section(
        self, heading: str, body: str, above: UUID | None = None, number: str = "", item: Item | None = None
    ) -> UUID:
        id_ = uuid5(NAMESPACE_URL, f"combined/{'/'.join(self._combined.sides)}/{len(self._clauses)}")
        parameters = item.text.parameters if item else ()
        text = ClauseText(heading=heading, body=body, declared_number=number, parameters=parameters)
        self._clauses.append(Clause(id_, text, above, number))
        return id_

    def _others(self, item: Item) -> str:
        return "; ".join(f"{self._names[m.side]} {m.clause.title}" for m in item.members[1:])

    def _values(self, item: Item) -> str:
        return "; ".join(
            f"{held.parameter.label or held.parameter.name}: {held.parameter.shown} "
            f"({', '.join(self._names[side] for side in held.sides)})"
            for held in item.parameters
        )

    def _checked(self, item: Item) -> str:
        # What is told in words of its own stays in them: nobody has translated those.
        return "; ".join(self._say(way) for way in item.assurance)

    def _left(self, item: Item) -> str:
        _ = self._say
        own_way = _("its own way of checking")
        return "; ".join(f"{self._names[m.side]} {m.clause.number}: {m.gap or own_way}" for m in item.left)


def _md(words: str) -> str:
    return escaped_start(escaped(" ".join(words.split())))
