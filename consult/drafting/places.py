"""Places in an outline: where a clause goes when it is moved a step, or put beside another."""

from typing import Literal, NamedTuple, TypeAlias
from uuid import UUID

from flask_babel import gettext as _

from consult.errors import BarazaError
from standards.document import Clause, Document
from standards.drafting import UnderItself

Step: TypeAlias = Literal["up", "down", "in", "out"]
Beside: TypeAlias = Literal["before", "after", "under"]
STEPS: tuple[Step, ...] = ("up", "down", "in", "out")
BESIDES: tuple[Beside, ...] = ("before", "after", "under")


class NoRoom(BarazaError):
    """A clause cannot take this step from where it stands."""


class Place(NamedTuple):
    """A parent, None at the top, and a position among its children without the clause itself."""

    parent: UUID | None
    position: int


def step(document: Document, clause: Clause, way: Step) -> Place:
    """Where one step leads: up or down among its siblings, in under the one above, out after its parent.

    Raises NoRoom where there is no such step.
    """
    siblings = [other.id for other in document.children[clause.parent]]
    at = siblings.index(clause.id)
    if way == "up" and at > 0:
        return Place(clause.parent, at - 1)
    if way == "down" and at + 1 < len(siblings):
        return Place(clause.parent, at + 1)
    if way == "in" and at > 0:
        above = siblings[at - 1]
        return Place(above, len(document.children.get(above, ())))
    if way == "out" and clause.parent is not None:
        parent = document.by_id[clause.parent]
        uncles = [other.id for other in document.children[parent.parent]]
        return Place(parent.parent, uncles.index(parent.id) + 1)
    raise NoRoom(_NOWHERE[way]() % {"clause": clause.title})


def beside(document: Document, target: Clause, where: Beside, moving: Clause | None = None) -> Place:
    """The place before or after a clause, or last under it; `moving` is the clause that will go there.

    Raises UnderItself for a clause beside or under itself or under its own.
    """
    if moving is not None and target.id in {below.id for below in document.subtree(moving)}:
        raise UnderItself(moving)
    moved = moving.id if moving else None
    if where == "under":
        below = [other.id for other in document.children.get(target.id, ()) if other.id != moved]
        return Place(target.id, len(below))
    siblings = [other.id for other in document.children[target.parent] if other.id != moved]
    return Place(target.parent, siblings.index(target.id) + (where == "after"))


_NOWHERE = {
    "up": lambda: _("%(clause)s is the first here already. To go further up, move it out first."),
    "down": lambda: _("%(clause)s is the last here already. To go further down, move it out first."),
    "in": lambda: _("Nothing stands before %(clause)s at its level, so it cannot go in under it."),
    "out": lambda: _("%(clause)s stands at the top of the text already."),
}
