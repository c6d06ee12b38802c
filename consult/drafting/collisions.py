"""Two people in one clause: both texts merged, and the choices a person still has to make.

Words merge one by one (`standards.merge`); other particulars merge field by
field. Where both changed the same thing differently, a person chooses.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import gettext as _

from standards.document import Attributes, ClauseText
from standards.merge import Collision, Merged, merge

PARTICULARS = ("level", "modality", "grade", "declared_number", "parameters")


class NotChosen(Exception):
    """Some places where both changed the same words still wait for a choice; `fields` names them."""

    def __init__(self, fields: list[str]) -> None:
        super().__init__(", ".join(fields))
        self.fields = fields


@dataclass(frozen=True)
class Meeting:
    """Two texts that grew from one, put together as far as they go."""

    base: ClauseText
    mine: ClauseText
    theirs: ClauseText

    @property
    def heading(self) -> Merged:
        """Both headings in one."""
        return merge(self.base.heading, self.mine.heading, self.theirs.heading)

    @property
    def body(self) -> Merged:
        """Both bodies in one."""
        return merge(self.base.body, self.mine.body, self.theirs.body)

    def disputed(self) -> dict[str, tuple[Any, Any]]:
        """Particulars both changed differently: mine and theirs under the field's name."""
        sides = [_particulars(text) for text in (self.base, self.mine, self.theirs)]
        return {
            name: (mine, theirs)
            for name, (base, mine, theirs) in _side_by_side(sides).items()
            if mine != theirs and base not in (mine, theirs)
        }

    def decided(self, choices: Mapping[str, str]) -> ClauseText:
        """One text: what agrees, and what was chosen for the rest. Raises NotChosen.

        `choices` holds `heading-0`, `body-0` …, each `mine`, `theirs` or `third`
        (the words then under `heading-0-third`), and `particular-<name>`.
        """
        missing: list[str] = []
        heading = _chosen_words("heading", self.heading, choices, missing)
        body = _chosen_words("body", self.body, choices, missing)
        disputed = self.disputed()
        missing += [
            f"particular-{name}"
            for name in disputed
            if choices.get(f"particular-{name}") not in ("mine", "theirs")
        ]
        if missing:
            raise NotChosen(missing)
        particulars = {}
        for name, (base, mine, theirs) in _side_by_side(
            [_particulars(text) for text in (self.base, self.mine, self.theirs)]
        ).items():
            if name in disputed:
                particulars[name] = mine if choices[f"particular-{name}"] == "mine" else theirs
            else:
                particulars[name] = theirs if mine == base else mine
        own = {name: particulars.pop(name) for name in PARTICULARS}
        return replace(
            self.mine, heading=heading, body=body, attributes=Attributes.model_validate(particulars), **own
        )


def words_for(name: str) -> str:
    """The name of a particular as a reader knows it."""
    return name.replace("_", " ")


def _particulars(text: ClauseText) -> dict[str, Any]:
    return {name: getattr(text, name) for name in PARTICULARS} | dict(text.attributes)


def _side_by_side(sides: list[dict[str, Any]]) -> dict[str, tuple[Any, Any, Any]]:
    base, mine, theirs = sides
    return {name: (base[name], mine[name], theirs[name]) for name in base}


def _chosen_words(part: str, merged: Merged, choices: Mapping[str, str], missing: list[str]) -> str:
    wordings: list[str] = []
    for at, collision in enumerate(merged.collisions):
        wording = _wording(f"{part}-{at}", collision, choices)
        if wording is None:
            missing.append(f"{part}-{at}")
        wordings.append(wording or "")
    return merged.decided(wordings)


def _wording(field: str, collision: Collision, choices: Mapping[str, str]) -> str | None:
    match choices.get(field):
        case "mine":
            return collision.mine
        case "theirs":
            return collision.theirs
        case "third":
            return choices.get(f"{field}-third", "").replace("\r\n", "\n")
    return None


def sentence_for(fields: list[str]) -> str:
    """What to say when choices are missing."""
    if len(fields) == 1:
        return str(_("One place still waits for your choice."))
    return str(_("%(n)s places still wait for your choice.", n=len(fields)))
