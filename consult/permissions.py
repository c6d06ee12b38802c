"""Who may do what: one table from role to acts, asked by every screen and command.

The secretary does everything but keep keys. The operator keeps configuration
and keys and sees no content. The auditor reads and exports without personal data.
A working-group member interprets only the local texts in whose group they hold a
seat, see `local.groups`; the owner of the base, who approves derogations, is the
secretary.
"""

from enum import StrEnum

from consult.tables.people import Role


class Act(StrEnum):
    """Something that not everyone may do."""

    READ_DESK = "read-desk"
    IMPORT = "import"
    EDIT_DRAFT = "edit-draft"
    FREEZE = "freeze"
    PUBLISH = "publish"
    OPEN_ROUND = "open-round"
    INTERPRET = "interpret"
    APPROVE_DEROGATION = "approve-derogation"
    LINK = "link"
    DECIDE = "decide"
    MODERATE = "moderate"
    OPEN_ORIGINAL = "open-original"
    READ_CONFIDENTIAL = "read-confidential"
    RUN_WORKSHOP = "run-workshop"
    EXPORT = "export"
    ERASE = "erase"
    SEE_OUTBOX = "see-outbox"
    RESOLVE_MESSAGE = "resolve-message"
    SEE_AUDIT = "see-audit"
    MANAGE_PEOPLE = "manage-people"
    CONFIGURE = "configure"


ALLOWED: dict[Role, frozenset[Act]] = {
    Role.SECRETARY: frozenset(Act) - {Act.CONFIGURE},
    Role.DRAFTER: frozenset(
        {Act.READ_DESK, Act.IMPORT, Act.EDIT_DRAFT, Act.INTERPRET, Act.LINK, Act.DECIDE, Act.EXPORT}
    ),
    Role.WORKING_GROUP: frozenset({Act.READ_DESK, Act.INTERPRET, Act.EXPORT}),
    Role.FACILITATOR: frozenset({Act.READ_DESK, Act.RUN_WORKSHOP}),
    Role.AUDITOR: frozenset({Act.READ_DESK, Act.EXPORT, Act.SEE_AUDIT}),
    Role.OPERATOR: frozenset({Act.CONFIGURE}),
}


def may(role: Role, act: Act) -> bool:
    """Whether someone of this role may do this."""
    return act in ALLOWED[role]
