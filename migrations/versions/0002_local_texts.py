"""Local texts: overlays and their operations, seats and decisions, pilots, crosswalks.

What happens to rows already there: links gain an empty `part`; messages may be notices; nothing else changes.
"""

import sqlalchemy as sa
from alembic import op

from consult import refusals

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_FROZEN_NEW = (
    "(SELECT content_hash FROM overlay_version WHERE overlay_version.id = NEW.overlay_version_id) IS NOT NULL"
)
_FROZEN_OLD = (
    "(SELECT content_hash FROM overlay_version WHERE overlay_version.id = OLD.overlay_version_id) IS NOT NULL"
)
_STAYS = "a frozen local text does not change"
REFUSALS = [
    ("operation_stays_insert", "operation", "INSERT", _FROZEN_NEW, _STAYS),
    ("operation_stays_update", "operation", "UPDATE", f"{_FROZEN_OLD} OR {_FROZEN_NEW}", _STAYS),
    ("operation_stays_delete", "operation", "DELETE", _FROZEN_OLD, _STAYS),
    (
        "overlay_version_stays",
        "overlay_version",
        "UPDATE",
        "OLD.content_hash IS NOT NULL AND (NEW.content_hash IS NULL OR NEW.content_hash <> OLD.content_hash"
        " OR NEW.label <> OLD.label OR NEW.overlay_id <> OLD.overlay_id OR NEW.base_id <> OLD.base_id"
        " OR NEW.id <> OLD.id OR NEW.text_id <> OLD.text_id OR NEW.status = 'draft')",
        _STAYS,
    ),
    (
        "overlay_version_is_kept",
        "overlay_version",
        "DELETE",
        "OLD.content_hash IS NOT NULL",
        "a frozen local text is not deleted",
    ),
    (
        "overlay_decision_stays",
        "overlay_decision",
        "UPDATE",
        "1 = 1",
        "a decision of a working group never changes",
    ),
    (
        "overlay_decision_is_kept",
        "overlay_decision",
        "DELETE",
        "1 = 1",
        "a decision of a working group is never deleted",
    ),
]


def upgrade() -> None:
    op.create_table(
        "overlay",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("standard_id", sa.Uuid(), nullable=False),
        sa.Column("text_standard_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("scope", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("regions", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["overlay.id"], name=op.f("fk_overlay_parent_id_overlay")),
        sa.ForeignKeyConstraint(
            ["standard_id"], ["standard.id"], name=op.f("fk_overlay_standard_id_standard")
        ),
        sa.ForeignKeyConstraint(
            ["text_standard_id"], ["standard.id"], name=op.f("fk_overlay_text_standard_id_standard")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overlay")),
        sa.UniqueConstraint("slug", name=op.f("uq_overlay_slug")),
        sa.UniqueConstraint("text_standard_id", name=op.f("uq_overlay_text_standard_id")),
    )
    with op.batch_alter_table("overlay", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_overlay_standard_id"), ["standard_id"], unique=False)

    op.create_table(
        "crosswalk",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("from_version_id", sa.Uuid(), nullable=False),
        sa.Column("from_clause_id", sa.Uuid(), nullable=False),
        sa.Column("from_hash", sa.String(length=64), nullable=False),
        sa.Column("to_version_id", sa.Uuid(), nullable=False),
        sa.Column("to_clause_id", sa.Uuid(), nullable=False),
        sa.Column("to_hash", sa.String(length=64), nullable=False),
        sa.Column(
            "requirement",
            sa.Enum(
                "equivalent",
                "partial",
                "exceeds",
                "none",
                "unreviewed",
                name="requirement",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "assurance",
            sa.Enum(
                "equivalent",
                "partial",
                "exceeds",
                "none",
                "unreviewed",
                name="assurance",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("gap", sa.String(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("reviewers", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("reviewed_on", sa.String(length=10), nullable=False),
        sa.Column("expires_on", sa.String(length=10), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["from_clause_id"], ["clause.id"], name=op.f("fk_crosswalk_from_clause_id_clause")
        ),
        sa.ForeignKeyConstraint(
            ["from_version_id"], ["version.id"], name=op.f("fk_crosswalk_from_version_id_version")
        ),
        sa.ForeignKeyConstraint(
            ["to_clause_id"], ["clause.id"], name=op.f("fk_crosswalk_to_clause_id_clause")
        ),
        sa.ForeignKeyConstraint(
            ["to_version_id"], ["version.id"], name=op.f("fk_crosswalk_to_version_id_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crosswalk")),
        sa.UniqueConstraint(
            "from_version_id", "from_clause_id", "to_version_id", "to_clause_id", name="uq_crosswalk_edge"
        ),
    )
    with op.batch_alter_table("crosswalk", schema=None) as batch_op:
        batch_op.create_index("ix_crosswalk_to", ["to_version_id", "to_clause_id"], unique=False)

    op.create_table(
        "overlay_notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("overlay_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["overlay_id"], ["overlay.id"], name=op.f("fk_overlay_notice_overlay_id_overlay")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["version.id"], name=op.f("fk_overlay_notice_version_id_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overlay_notice")),
        sa.UniqueConstraint("overlay_id", "version_id", name=op.f("uq_overlay_notice_overlay_id_version_id")),
    )
    op.create_table(
        "overlay_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("overlay_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "consultation",
                "decided",
                "published",
                "superseded",
                "withdrawn",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("base_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("based_on_id", sa.Uuid(), nullable=True),
        sa.Column("text_id", sa.Uuid(), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=True),
        sa.Column("transition_until", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["base_id"], ["version.id"], name=op.f("fk_overlay_version_base_id_version")),
        sa.ForeignKeyConstraint(
            ["based_on_id"],
            ["overlay_version.id"],
            name=op.f("fk_overlay_version_based_on_id_overlay_version"),
        ),
        sa.ForeignKeyConstraint(
            ["overlay_id"], ["overlay.id"], name=op.f("fk_overlay_version_overlay_id_overlay")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["overlay_version.id"], name=op.f("fk_overlay_version_parent_id_overlay_version")
        ),
        sa.ForeignKeyConstraint(["text_id"], ["version.id"], name=op.f("fk_overlay_version_text_id_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overlay_version")),
        sa.UniqueConstraint("overlay_id", "label", name=op.f("uq_overlay_version_overlay_id_label")),
    )
    with op.batch_alter_table("overlay_version", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_overlay_version_base_id"), ["base_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_overlay_version_overlay_id"), ["overlay_id"], unique=False)

    op.create_table(
        "pilot",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("region", sa.String(length=100), nullable=False),
        sa.Column("producer", sa.String(length=60), nullable=False),
        sa.Column("stage", sa.String(length=40), nullable=False),
        sa.Column("mineral", sa.String(length=60), nullable=False),
        sa.Column("held_on", sa.String(length=10), nullable=False),
        sa.Column("file_hash", sa.String(length=64), nullable=False),
        sa.Column("respondents", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["version.id"], name=op.f("fk_pilot_version_id_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pilot")),
        sa.UniqueConstraint("version_id", "file_hash", name=op.f("uq_pilot_version_id_file_hash")),
    )
    with op.batch_alter_table("pilot", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pilot_version_id"), ["version_id"], unique=False)

    op.create_table(
        "seat",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("overlay_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("holder", sa.LargeBinary(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"], ["stakeholder_group.id"], name=op.f("fk_seat_group_id_stakeholder_group")
        ),
        sa.ForeignKeyConstraint(["overlay_id"], ["overlay.id"], name=op.f("fk_seat_overlay_id_overlay")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_seat_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat")),
    )
    with op.batch_alter_table("seat", schema=None) as batch_op:
        batch_op.create_index("ix_seat_overlay", ["overlay_id", "ended_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_seat_person_id"), ["person_id"], unique=False)

    op.create_table(
        "operation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("overlay_version_id", sa.Uuid(), nullable=False),
        sa.Column("clause_id", sa.Uuid(), nullable=False),
        sa.Column(
            "op",
            sa.Enum(
                "ADOPT",
                "TRANSLATE",
                "SET",
                "STRENGTHEN",
                "SCOPE",
                "RESTAGE",
                "DEROGATE",
                "ADD",
                "LAW",
                "GUIDE",
                "VERIFY",
                name="op",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("field", sa.String(length=100), nullable=False),
        sa.Column("content", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("waiting", sa.String(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["clause_id"], ["clause.id"], name=op.f("fk_operation_clause_id_clause")),
        sa.ForeignKeyConstraint(
            ["overlay_version_id"],
            ["overlay_version.id"],
            name=op.f("fk_operation_overlay_version_id_overlay_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operation")),
    )
    with op.batch_alter_table("operation", schema=None) as batch_op:
        batch_op.create_index("ix_operation_place", ["overlay_version_id", "clause_id"], unique=False)

    op.create_table(
        "overlay_decision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("overlay_version_id", sa.Uuid(), nullable=False),
        sa.Column("votes", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("decided_on", sa.String(length=10), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["overlay_version_id"],
            ["overlay_version.id"],
            name=op.f("fk_overlay_decision_overlay_version_id_overlay_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overlay_decision")),
    )
    with op.batch_alter_table("overlay_decision", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_overlay_decision_overlay_version_id"), ["overlay_version_id"], unique=False
        )

    op.create_table(
        "pilot_finding",
        sa.Column("pilot_id", sa.Uuid(), nullable=False),
        sa.Column("respondent", sa.String(length=80), nullable=False),
        sa.Column("clause_id", sa.Uuid(), nullable=False),
        sa.Column(
            "met",
            sa.Enum(
                "met",
                "partly",
                "not-met",
                "not-applicable",
                name="met",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("producer", sa.String(length=60), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=True),
        sa.Column(
            "ability",
            sa.Enum(
                "can",
                "with_help",
                "cannot",
                name="ability",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("cost", sa.String(), nullable=False),
        sa.Column("obstacle", sa.String(), nullable=False),
        sa.Column("benefit", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["clause_id"], ["clause.id"], name=op.f("fk_pilot_finding_clause_id_clause")),
        sa.ForeignKeyConstraint(
            ["group_id"], ["stakeholder_group.id"], name=op.f("fk_pilot_finding_group_id_stakeholder_group")
        ),
        sa.ForeignKeyConstraint(["pilot_id"], ["pilot.id"], name=op.f("fk_pilot_finding_pilot_id_pilot")),
        sa.PrimaryKeyConstraint("pilot_id", "respondent", "clause_id", name=op.f("pk_pilot_finding")),
    )
    with op.batch_alter_table("pilot_finding", schema=None) as batch_op:
        batch_op.create_index("ix_pilot_finding_clause", ["clause_id"], unique=False)

    _kinds_of_messages("receipt", "reply", "answer", "sign-in", "notice")
    op.add_column("link", sa.Column("part", sa.String(length=10), server_default="", nullable=False))
    refusals.create(op.get_bind(), REFUSALS)


def downgrade() -> None:
    refusals.drop(op.get_bind(), REFUSALS)
    op.drop_column("link", "part")
    op.execute("DELETE FROM message WHERE kind = 'notice'")
    _kinds_of_messages("receipt", "reply", "answer", "sign-in")

    with op.batch_alter_table("pilot_finding", schema=None) as batch_op:
        batch_op.drop_index("ix_pilot_finding_clause")

    op.drop_table("pilot_finding")
    with op.batch_alter_table("overlay_decision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_overlay_decision_overlay_version_id"))

    op.drop_table("overlay_decision")
    with op.batch_alter_table("operation", schema=None) as batch_op:
        batch_op.drop_index("ix_operation_place")

    op.drop_table("operation")
    with op.batch_alter_table("seat", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_seat_person_id"))
        batch_op.drop_index("ix_seat_overlay")

    op.drop_table("seat")
    with op.batch_alter_table("pilot", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pilot_version_id"))

    op.drop_table("pilot")
    with op.batch_alter_table("overlay_version", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_overlay_version_overlay_id"))
        batch_op.drop_index(batch_op.f("ix_overlay_version_base_id"))

    op.drop_table("overlay_version")
    op.drop_table("overlay_notice")
    with op.batch_alter_table("crosswalk", schema=None) as batch_op:
        batch_op.drop_index("ix_crosswalk_to")

    op.drop_table("crosswalk")
    with op.batch_alter_table("overlay", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_overlay_standard_id"))

    op.drop_table("overlay")


def _kinds_of_messages(*kinds: str) -> None:
    """Let messages be of these kinds and no other."""
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_message_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_message_kind"), f"kind IN ({listed})")
