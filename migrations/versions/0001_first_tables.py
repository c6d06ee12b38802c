"""The first tables, and the triggers that keep frozen text frozen and received words kept.

What happens to rows already there: there are none.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


REFUSALS = [
    # (trigger, table, event, condition under which the database refuses, its sentence)
    ("outline_stays_insert", "outline", "INSERT", "{frozen_new}", "a frozen version does not change"),
    (
        "outline_stays_update",
        "outline",
        "UPDATE",
        "{frozen_old} OR {frozen_new}",
        "a frozen version does not change",
    ),
    ("outline_stays_delete", "outline", "DELETE", "{frozen_old}", "a frozen version does not change"),
    (
        "version_stays",
        "version",
        "UPDATE",
        "OLD.content_hash IS NOT NULL AND (NEW.content_hash IS NULL OR NEW.content_hash <> OLD.content_hash"
        " OR NEW.label <> OLD.label OR NEW.standard_id <> OLD.standard_id OR NEW.id <> OLD.id"
        " OR NEW.status = 'draft')",
        "a frozen version does not change",
    ),
    (
        "version_is_kept",
        "version",
        "DELETE",
        "OLD.content_hash IS NOT NULL",
        "a frozen version is not deleted",
    ),
    ("clause_text_stays", "clause_text", "UPDATE", "1 = 1", "a clause text never changes"),
    ("clause_text_is_kept", "clause_text", "DELETE", "1 = 1", "a clause text is never deleted"),
    ("edit_stays", "edit", "UPDATE", "1 = 1", "the history of a clause never changes"),
    ("edit_is_kept", "edit", "DELETE", "1 = 1", "the history of a clause is never deleted"),
    ("record_stays", "record", "UPDATE", "1 = 1", "what was received never changes"),
    ("record_is_kept", "record", "DELETE", "1 = 1", "what was received is never deleted"),
    ("seal_stays", "seal", "UPDATE", "1 = 1", "the chain never changes"),
    ("seal_is_kept", "seal", "DELETE", "1 = 1", "the chain is never deleted"),
    (
        "payload_key_is_kept",
        "payload_key",
        "DELETE",
        "NOT EXISTS (SELECT 1 FROM erasure WHERE erasure.record_id = OLD.record_id)",
        "a payload key goes only with a recorded erasure",
    ),
    (
        "comment_stays",
        "comment",
        "UPDATE",
        "NOT EXISTS (SELECT 1 FROM erasure WHERE erasure.comment_id = OLD.id)",
        "a comment changes only by a recorded erasure",
    ),
    ("comment_is_kept", "comment", "DELETE", "1 = 1", "a comment is never deleted"),
    ("link_is_kept", "link", "DELETE", "1 = 1", "a link is ended, never deleted"),
    (
        "disposition_stays",
        "disposition",
        "UPDATE",
        "1 = 1",
        "a disposition never changes; a new one follows it",
    ),
    ("disposition_is_kept", "disposition", "DELETE", "1 = 1", "a disposition is never deleted"),
    ("erasure_stays", "erasure", "UPDATE", "1 = 1", "the record of an erasure never changes"),
    ("erasure_is_kept", "erasure", "DELETE", "1 = 1", "the record of an erasure is never deleted"),
    ("audit_stays", "audit", "UPDATE", "1 = 1", "the audit trail never changes"),
    ("audit_is_kept", "audit", "DELETE", "1 = 1", "the audit trail is never deleted"),
]
FROZEN = {
    "frozen_new": "(SELECT content_hash FROM version WHERE version.id = NEW.version_id) IS NOT NULL",
    "frozen_old": "(SELECT content_hash FROM version WHERE version.id = OLD.version_id) IS NOT NULL",
}


def add_refusals() -> None:
    """Write each refusal as a trigger of the engine at hand."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for name, table, event, condition, sentence in REFUSALS:
        condition = condition.format(**FROZEN)
        if on_sqlite:
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {event} ON {table} WHEN {condition} "
                f"BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
            )
            continue
        result = "OLD" if event == "DELETE" else "NEW"
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF {condition} THEN RAISE EXCEPTION '{sentence}' "
            "USING ERRCODE = 'integrity_constraint_violation'; "
            f"END IF; RETURN {result}; END $$"
        )
        op.execute(f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")


def remove_refusals() -> None:
    """Take the triggers away again."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for name, table, *_ in REFUSALS:
        op.execute(f"DROP TRIGGER {name}" if on_sqlite else f"DROP TRIGGER {name} ON {table}")
        if not on_sqlite:
            op.execute(f"DROP FUNCTION {name}()")


def upgrade() -> None:
    op.create_table(
        "attempt",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", "since", name=op.f("pk_attempt")),
    )
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.create_index("ix_attempt_since", ["since"], unique=False)

    op.create_table(
        "audit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("act", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("after", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index("ix_audit_at", ["at"], unique=False)
        batch_op.create_index("ix_audit_subject", ["subject", "subject_id", "at"], unique=False)

    op.create_table(
        "clause_text",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("heading", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "section",
                "principle",
                "criterion",
                "indicator",
                "guidance",
                "note",
                "definition",
                "annex",
                name="level",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "modality",
            sa.Enum(
                "requirement",
                "recommendation",
                "permission",
                "none",
                name="modality",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "grade",
            sa.Enum(
                "core",
                "improvement",
                "optional",
                name="grade",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("declared_number", sa.String(length=60), nullable=False),
        sa.Column("attributes", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("parameters", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_clause_text")),
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.String(length=100), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("error", sa.String(length=60), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("provider_id", "status", name=op.f("uq_delivery_provider_id_status")),
    )
    op.create_table(
        "erasure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=True),
        sa.Column("comment_id", sa.Uuid(), nullable=True),
        sa.Column("participant_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
    )
    with op.batch_alter_table("erasure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_erasure_comment_id"), ["comment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_erasure_participant_id"), ["participant_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_erasure_record_id"), ["record_id"], unique=False)

    op.create_table(
        "heartbeat",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeat")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email_lookup", sa.LargeBinary(), nullable=False),
        sa.Column("email", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "secretary",
                "drafter",
                "working-group",
                "facilitator",
                "auditor",
                "operator",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("session_stamp", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("email_lookup", name=op.f("uq_person_email_lookup")),
    )
    op.create_table(
        "stakeholder_group",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("labels", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stakeholder_group")),
        sa.UniqueConstraint("key", name=op.f("uq_stakeholder_group_key")),
    )
    op.create_table(
        "standard",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("lead", sa.String(length=1000), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column(
            "scheme",
            sa.Enum(
                "decimal",
                "principles",
                "declared",
                name="scheme",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("owner", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standard")),
        sa.UniqueConstraint("slug", name=op.f("uq_standard_slug")),
    )
    op.create_table(
        "clause",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("standard_id", sa.Uuid(), nullable=False),
        sa.Column("anchor", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["standard_id"], ["standard.id"], name=op.f("fk_clause_standard_id_standard")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clause")),
    )
    with op.batch_alter_table("clause", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_clause_standard_id"), ["standard_id"], unique=False)

    op.create_table(
        "clause_html",
        sa.Column("text_hash", sa.String(length=64), nullable=False),
        sa.Column("renderer", sa.String(length=40), nullable=False),
        sa.Column("html", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["text_hash"], ["clause_text.hash"], name=op.f("fk_clause_html_text_hash_clause_text")
        ),
        sa.PrimaryKeyConstraint("text_hash", "renderer", name=op.f("pk_clause_html")),
    )
    op.create_table(
        "participant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("alias", sa.String(length=12), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=True),
        sa.Column("region", sa.String(length=100), nullable=False),
        sa.Column("gender", sa.String(length=60), nullable=False),
        sa.Column("producer", sa.String(length=60), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["stakeholder_group.id"], name=op.f("fk_participant_group_id_stakeholder_group")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participant")),
        sa.UniqueConstraint("alias", name=op.f("uq_participant_alias")),
    )
    op.create_table(
        "token",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum("set-up", "reset", name="purpose", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_token_person_id_person")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_token")),
    )
    with op.batch_alter_table("token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_token_person_id"), ["person_id"], unique=False)

    op.create_table(
        "version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("standard_id", sa.Uuid(), nullable=False),
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
        sa.Column("based_on_id", sa.Uuid(), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=True),
        sa.Column("change_note", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["based_on_id"], ["version.id"], name=op.f("fk_version_based_on_id_version")),
        sa.ForeignKeyConstraint(
            ["standard_id"], ["standard.id"], name=op.f("fk_version_standard_id_standard")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_version")),
        sa.UniqueConstraint("standard_id", "label", name=op.f("uq_version_standard_id_label")),
    )
    with op.batch_alter_table("version", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_version_standard_id"), ["standard_id"], unique=False)

    op.create_table(
        "contact_point",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("participant_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("sms", "email", name="kind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("lookup", sa.LargeBinary(), nullable=True),
        sa.Column("address", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_asked", sa.String(length=40), nullable=True),
        sa.Column("last_asked_clause_id", sa.Uuid(), nullable=True),
        sa.Column("last_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["last_asked_clause_id"], ["clause.id"], name=op.f("fk_contact_point_last_asked_clause_id_clause")
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participant.id"], name=op.f("fk_contact_point_participant_id_participant")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_point")),
    )
    with op.batch_alter_table("contact_point", schema=None) as batch_op:
        batch_op.create_index("ix_contact_point_lookup", ["lookup", "created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_contact_point_participant_id"), ["participant_id"], unique=False)

    op.create_table(
        "edit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("clause_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "import",
                "add",
                "edit",
                "move",
                "split",
                "merge",
                "withdraw",
                "restore",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("before_hash", sa.String(length=64), nullable=True),
        sa.Column("after_hash", sa.String(length=64), nullable=True),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["after_hash"], ["clause_text.hash"], name=op.f("fk_edit_after_hash_clause_text")
        ),
        sa.ForeignKeyConstraint(
            ["before_hash"], ["clause_text.hash"], name=op.f("fk_edit_before_hash_clause_text")
        ),
        sa.ForeignKeyConstraint(["clause_id"], ["clause.id"], name=op.f("fk_edit_clause_id_clause")),
        sa.ForeignKeyConstraint(["version_id"], ["version.id"], name=op.f("fk_edit_version_id_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edit")),
    )
    with op.batch_alter_table("edit", schema=None) as batch_op:
        batch_op.create_index("ix_edit_clause", ["clause_id", "at"], unique=False)
        batch_op.create_index("ix_edit_version", ["version_id", "at"], unique=False)

    op.create_table(
        "kept_text",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("clause_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("base_hash", sa.String(length=64), nullable=False),
        sa.Column("heading", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["clause_id"], ["clause.id"], name=op.f("fk_kept_text_clause_id_clause")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_kept_text_person_id_person")),
        sa.ForeignKeyConstraint(["version_id"], ["version.id"], name=op.f("fk_kept_text_version_id_version")),
        sa.PrimaryKeyConstraint("version_id", "clause_id", "person_id", name=op.f("pk_kept_text")),
    )
    op.create_table(
        "lineage",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("from_version_id", sa.Uuid(), nullable=False),
        sa.Column("to_version_id", sa.Uuid(), nullable=False),
        sa.Column(
            "relation",
            sa.Enum(
                "same",
                "moved",
                "reworded",
                "split",
                "merged",
                "replaced",
                "withdrawn",
                "new",
                name="relation",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("from_clause_id", sa.Uuid(), nullable=True),
        sa.Column("to_clause_id", sa.Uuid(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "recorded",
                "suggested",
                "confirmed",
                "rejected",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["from_clause_id"], ["clause.id"], name=op.f("fk_lineage_from_clause_id_clause")
        ),
        sa.ForeignKeyConstraint(
            ["from_version_id"], ["version.id"], name=op.f("fk_lineage_from_version_id_version")
        ),
        sa.ForeignKeyConstraint(["to_clause_id"], ["clause.id"], name=op.f("fk_lineage_to_clause_id_clause")),
        sa.ForeignKeyConstraint(
            ["to_version_id"], ["version.id"], name=op.f("fk_lineage_to_version_id_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lineage")),
    )
    with op.batch_alter_table("lineage", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lineage_from_clause_id"), ["from_clause_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_lineage_to_clause_id"), ["to_clause_id"], unique=False)
        batch_op.create_index("ix_lineage_versions", ["from_version_id", "to_version_id"], unique=False)

    op.create_table(
        "outline",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("clause_id", sa.Uuid(), nullable=False),
        sa.Column("text_hash", sa.String(length=64), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["clause_id"], ["clause.id"], name=op.f("fk_outline_clause_id_clause")),
        sa.ForeignKeyConstraint(["parent_id"], ["clause.id"], name=op.f("fk_outline_parent_id_clause")),
        sa.ForeignKeyConstraint(
            ["text_hash"], ["clause_text.hash"], name=op.f("fk_outline_text_hash_clause_text")
        ),
        sa.ForeignKeyConstraint(["version_id"], ["version.id"], name=op.f("fk_outline_version_id_version")),
        sa.PrimaryKeyConstraint("version_id", "clause_id", name=op.f("pk_outline")),
    )
    op.create_table(
        "round",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("languages", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("channels", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("join_words", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("time_zone", sa.String(length=60), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("closes_at > opens_at", name=op.f("ck_round_closes_after_opening")),
        sa.ForeignKeyConstraint(["version_id"], ["version.id"], name=op.f("fk_round_version_id_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round")),
        sa.UniqueConstraint("slug", name=op.f("uq_round_slug")),
    )
    with op.batch_alter_table("round", schema=None) as batch_op:
        batch_op.create_index("ix_round_version", ["version_id"], unique=False)

    op.create_table(
        "tally",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("clause_id", sa.Uuid(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum(
                "web",
                "sms",
                "voice",
                "workshop",
                "document",
                "email",
                name="channel",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("comments", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["clause_id"], ["clause.id"], name=op.f("fk_tally_clause_id_clause")),
        sa.ForeignKeyConstraint(["version_id"], ["version.id"], name=op.f("fk_tally_version_id_version")),
        sa.PrimaryKeyConstraint("version_id", "clause_id", "channel", name=op.f("pk_tally")),
    )
    op.create_table(
        "translation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clause_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column(
            "wording",
            sa.Enum(
                "full", "plain", "sms", name="wording", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("heading", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("source_hash", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["clause_id"], ["clause.id"], name=op.f("fk_translation_clause_id_clause")),
        sa.ForeignKeyConstraint(
            ["source_hash"], ["clause_text.hash"], name=op.f("fk_translation_source_hash_clause_text")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_translation")),
        sa.UniqueConstraint(
            "clause_id", "language", "wording", name=op.f("uq_translation_clause_id_language_wording")
        ),
    )
    op.create_table(
        "clause_code",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("clause_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Integer(), nullable=False),
        sa.CheckConstraint("code >= 10", name=op.f("ck_clause_code_from_ten")),
        sa.ForeignKeyConstraint(["clause_id"], ["clause.id"], name=op.f("fk_clause_code_clause_id_clause")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_clause_code_round_id_round")),
        sa.PrimaryKeyConstraint("round_id", "clause_id", name=op.f("pk_clause_code")),
        sa.UniqueConstraint("round_id", "code", name=op.f("uq_clause_code_round_id_code")),
    )
    op.create_table(
        "message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "receipt",
                "reply",
                "answer",
                "sign-in",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("contact_point_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("round_id", sa.Uuid(), nullable=True),
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("dedupe", sa.String(length=120), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "sending",
                "sent",
                "delivered",
                "failed",
                "unknown",
                "blocked",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("provider_id", sa.String(length=100), nullable=True),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_point_id"], ["contact_point.id"], name=op.f("fk_message_contact_point_id_contact_point")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_message_person_id_person")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_message_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("dedupe", name=op.f("uq_message_dedupe")),
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_message_contact_point_id"), ["contact_point_id"], unique=False)
        batch_op.create_index("ix_message_provider", ["provider_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_message_round_id"), ["round_id"], unique=False)
        batch_op.create_index("ix_message_state", ["state", "created_at"], unique=False)

    op.create_table(
        "participation_goal",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("goal", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["stakeholder_group.id"],
            name=op.f("fk_participation_goal_group_id_stakeholder_group"),
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["round.id"], name=op.f("fk_participation_goal_round_id_round")
        ),
        sa.PrimaryKeyConstraint("round_id", "group_id", name=op.f("pk_participation_goal")),
    )
    op.create_table(
        "question",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("clause_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("words", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(["clause_id"], ["clause.id"], name=op.f("fk_question_clause_id_clause")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_question_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question")),
    )
    with op.batch_alter_table("question", schema=None) as batch_op:
        batch_op.create_index("ix_question_round", ["round_id", "position"], unique=False)

    op.create_table(
        "record",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=True),
        sa.Column(
            "channel",
            sa.Enum(
                "web",
                "sms",
                "voice",
                "workshop",
                "document",
                "email",
                name="channel",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("provider_id", sa.String(length=200), nullable=False),
        sa.Column("content_type", sa.String(length=100), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("payload_hash", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_record_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record")),
        sa.UniqueConstraint("source", "provider_id", name=op.f("uq_record_source_provider_id")),
    )
    with op.batch_alter_table("record", schema=None) as batch_op:
        batch_op.create_index("ix_record_received", ["received_at"], unique=False)
        batch_op.create_index("ix_record_round_channel", ["round_id", "channel"], unique=False)

    op.create_table(
        "theme",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("clause_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["clause_id"], ["clause.id"], name=op.f("fk_theme_clause_id_clause")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_theme_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_theme")),
    )
    with op.batch_alter_table("theme", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_theme_round_id"), ["round_id"], unique=False)

    op.create_table(
        "workshop",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("region", sa.String(length=100), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("languages", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("facilitator_id", sa.Uuid(), nullable=True),
        sa.Column("agenda", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("notes", sa.String(), nullable=False),
        sa.Column("consent", sa.String(length=60), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["facilitator_id"], ["person.id"], name=op.f("fk_workshop_facilitator_id_person")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_workshop_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workshop")),
    )
    with op.batch_alter_table("workshop", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_workshop_round_id"), ["round_id"], unique=False)

    op.create_table(
        "attendance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workshop_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.String(length=100), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=True),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("women", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"], ["stakeholder_group.id"], name=op.f("fk_attendance_group_id_stakeholder_group")
        ),
        sa.ForeignKeyConstraint(
            ["workshop_id"], ["workshop.id"], name=op.f("fk_attendance_workshop_id_workshop")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance")),
        sa.UniqueConstraint("workshop_id", "category", name=op.f("uq_attendance_workshop_id_category")),
    )
    op.create_table(
        "comment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Uuid(), nullable=True),
        sa.Column(
            "channel",
            sa.Enum(
                "web",
                "sms",
                "voice",
                "workshop",
                "document",
                "email",
                name="channel",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("quote", sa.String(), nullable=False),
        sa.Column("proposal", sa.String(), nullable=False),
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
        sa.Column("cost", sa.String(), nullable=False),
        sa.Column("obstacle", sa.String(), nullable=False),
        sa.Column("benefit", sa.String(), nullable=False),
        sa.Column("author", sa.LargeBinary(), nullable=True),
        sa.Column("group_id", sa.Uuid(), nullable=True),
        sa.Column("region", sa.String(length=100), nullable=False),
        sa.Column("asked_clause_id", sa.Uuid(), nullable=True),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("confidential", sa.Boolean(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("receipt", sa.String(length=20), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=True),
        sa.Column("external_id", sa.String(length=200), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["asked_clause_id"], ["clause.id"], name=op.f("fk_comment_asked_clause_id_clause")
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["stakeholder_group.id"], name=op.f("fk_comment_group_id_stakeholder_group")
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participant.id"], name=op.f("fk_comment_participant_id_participant")
        ),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_comment_record_id_record")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_comment_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment")),
        sa.UniqueConstraint("receipt", name=op.f("uq_comment_receipt")),
        sa.UniqueConstraint("record_id", "part", name=op.f("uq_comment_record_id_part")),
    )
    with op.batch_alter_table("comment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_comment_participant_id"), ["participant_id"], unique=False)
        batch_op.create_index("ix_comment_round_received", ["round_id", "received_at"], unique=False)

    op.create_table(
        "payload_key",
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_payload_key_record_id_record")),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_payload_key")),
    )
    op.create_table(
        "record_outcome",
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "comment",
                "part",
                "command",
                "set-aside",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.id"], name=op.f("fk_record_outcome_record_id_record")
        ),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_record_outcome")),
    )
    with op.batch_alter_table("record_outcome", schema=None) as batch_op:
        batch_op.create_index("ix_record_outcome_outcome", ["outcome"], unique=False)

    op.create_table(
        "seal",
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_seal_record_id_record")),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_seal")),
        sa.UniqueConstraint("record_id", name=op.f("uq_seal_record_id")),
    )
    op.create_table(
        "transcript",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workshop_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("format", sa.String(length=40), nullable=False),
        sa.Column("problems", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_transcript_record_id_record")),
        sa.ForeignKeyConstraint(
            ["workshop_id"], ["workshop.id"], name=op.f("fk_transcript_workshop_id_workshop")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transcript")),
        sa.UniqueConstraint("record_id", name=op.f("uq_transcript_record_id")),
    )
    with op.batch_alter_table("transcript", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_transcript_workshop_id"), ["workshop_id"], unique=False)

    op.create_table(
        "disposition",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("comment_id", sa.Uuid(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "accepted",
                "in-part",
                "noted",
                "declined",
                "out-of-scope",
                "next-revision",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("change_version_id", sa.Uuid(), nullable=True),
        sa.Column("change_clause_id", sa.Uuid(), nullable=True),
        sa.Column("exception", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(length=64), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(reason) > 0", name=op.f("ck_disposition_has_reason")),
        sa.ForeignKeyConstraint(
            ["change_clause_id"], ["clause.id"], name=op.f("fk_disposition_change_clause_id_clause")
        ),
        sa.ForeignKeyConstraint(
            ["change_version_id"], ["version.id"], name=op.f("fk_disposition_change_version_id_version")
        ),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comment.id"], name=op.f("fk_disposition_comment_id_comment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disposition")),
    )
    with op.batch_alter_table("disposition", schema=None) as batch_op:
        batch_op.create_index(
            "ix_disposition_change", ["change_clause_id", "change_version_id"], unique=False
        )
        batch_op.create_index("ix_disposition_comment", ["comment_id", "decided_at"], unique=False)

    op.create_table(
        "link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("comment_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("clause_id", sa.Uuid(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "explicit",
                "asked",
                "suggested",
                "confirmed",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("quote", sa.String(), nullable=False),
        sa.Column("span_start", sa.Integer(), nullable=True),
        sa.Column("span_end", sa.Integer(), nullable=True),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("why", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["clause_id"], ["clause.id"], name=op.f("fk_link_clause_id_clause")),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"], name=op.f("fk_link_comment_id_comment")),
        sa.ForeignKeyConstraint(["version_id"], ["version.id"], name=op.f("fk_link_version_id_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link")),
    )
    with op.batch_alter_table("link", schema=None) as batch_op:
        batch_op.create_index("ix_link_clause", ["clause_id", "version_id", "ended_at"], unique=False)
        batch_op.create_index("ix_link_comment", ["comment_id"], unique=False)
        batch_op.create_index(
            "uq_link_live",
            ["comment_id", "clause_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "utterance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("transcript_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("speaker", sa.String(length=60), nullable=False),
        sa.Column("speaker_name", sa.LargeBinary(), nullable=True),
        sa.Column("category", sa.String(length=100), nullable=False),
        sa.Column("start", sa.Float(), nullable=True),
        sa.Column("end", sa.Float(), nullable=True),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("lone", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "comment",
                "skipped",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("comment_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"], name=op.f("fk_utterance_comment_id_comment")),
        sa.ForeignKeyConstraint(
            ["transcript_id"], ["transcript.id"], name=op.f("fk_utterance_transcript_id_transcript")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_utterance")),
        sa.UniqueConstraint("transcript_id", "position", name=op.f("uq_utterance_transcript_id_position")),
    )
    with op.batch_alter_table("utterance", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_utterance_comment_id"), ["comment_id"], unique=False)

    op.create_table(
        "answer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("disposition_id", sa.Uuid(), nullable=False),
        sa.Column("comment_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("satisfied", sa.Boolean(), nullable=True),
        sa.Column("satisfied_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"], name=op.f("fk_answer_comment_id_comment")),
        sa.ForeignKeyConstraint(
            ["disposition_id"], ["disposition.id"], name=op.f("fk_answer_disposition_id_disposition")
        ),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_answer_message_id_message")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer")),
        sa.UniqueConstraint("disposition_id", name=op.f("uq_answer_disposition_id")),
    )
    with op.batch_alter_table("answer", schema=None) as batch_op:
        batch_op.create_index("ix_answer_comment", ["comment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_answer_message_id"), ["message_id"], unique=False)

    op.create_table(
        "standing",
        sa.Column("comment_id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum(
                "web",
                "sms",
                "voice",
                "workshop",
                "document",
                "email",
                name="channel",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "placement",
            sa.Enum(
                "linked",
                "general",
                "queued",
                "erased",
                name="placement",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("held", sa.String(length=60), nullable=False),
        sa.Column("hidden", sa.String(length=500), nullable=False),
        sa.Column("theme_id", sa.Uuid(), nullable=True),
        sa.Column("disposition_id", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"], name=op.f("fk_standing_comment_id_comment")),
        sa.ForeignKeyConstraint(
            ["disposition_id"], ["disposition.id"], name=op.f("fk_standing_disposition_id_disposition")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_standing_round_id_round")),
        sa.ForeignKeyConstraint(["theme_id"], ["theme.id"], name=op.f("fk_standing_theme_id_theme")),
        sa.PrimaryKeyConstraint("comment_id", name=op.f("pk_standing")),
    )
    with op.batch_alter_table("standing", schema=None) as batch_op:
        batch_op.create_index("ix_standing_decided", ["round_id", "disposition_id"], unique=False)
        batch_op.create_index("ix_standing_queue", ["round_id", "placement", "comment_id"], unique=False)
        batch_op.create_index("ix_standing_round_channel", ["round_id", "channel", "placement"], unique=False)
        batch_op.create_index("ix_standing_theme", ["theme_id"], unique=False)
    add_refusals()


def downgrade() -> None:
    remove_refusals()
    with op.batch_alter_table("standing", schema=None) as batch_op:
        batch_op.drop_index("ix_standing_theme")
        batch_op.drop_index("ix_standing_round_channel")
        batch_op.drop_index("ix_standing_queue")
        batch_op.drop_index("ix_standing_decided")

    op.drop_table("standing")
    with op.batch_alter_table("answer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_answer_message_id"))
        batch_op.drop_index("ix_answer_comment")

    op.drop_table("answer")
    with op.batch_alter_table("utterance", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_utterance_comment_id"))

    op.drop_table("utterance")
    with op.batch_alter_table("link", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_link_live",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_index("ix_link_comment")
        batch_op.drop_index("ix_link_clause")

    op.drop_table("link")
    with op.batch_alter_table("disposition", schema=None) as batch_op:
        batch_op.drop_index("ix_disposition_comment")
        batch_op.drop_index("ix_disposition_change")

    op.drop_table("disposition")
    with op.batch_alter_table("transcript", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_transcript_workshop_id"))

    op.drop_table("transcript")
    op.drop_table("seal")
    with op.batch_alter_table("record_outcome", schema=None) as batch_op:
        batch_op.drop_index("ix_record_outcome_outcome")

    op.drop_table("record_outcome")
    op.drop_table("payload_key")
    with op.batch_alter_table("comment", schema=None) as batch_op:
        batch_op.drop_index("ix_comment_round_received")
        batch_op.drop_index(batch_op.f("ix_comment_participant_id"))

    op.drop_table("comment")
    op.drop_table("attendance")
    with op.batch_alter_table("workshop", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_workshop_round_id"))

    op.drop_table("workshop")
    with op.batch_alter_table("theme", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_theme_round_id"))

    op.drop_table("theme")
    with op.batch_alter_table("record", schema=None) as batch_op:
        batch_op.drop_index("ix_record_round_channel")
        batch_op.drop_index("ix_record_received")

    op.drop_table("record")
    with op.batch_alter_table("question", schema=None) as batch_op:
        batch_op.drop_index("ix_question_round")

    op.drop_table("question")
    op.drop_table("participation_goal")
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_index("ix_message_state")
        batch_op.drop_index(batch_op.f("ix_message_round_id"))
        batch_op.drop_index("ix_message_provider")
        batch_op.drop_index(batch_op.f("ix_message_contact_point_id"))

    op.drop_table("message")
    op.drop_table("clause_code")
    op.drop_table("translation")
    op.drop_table("tally")
    with op.batch_alter_table("round", schema=None) as batch_op:
        batch_op.drop_index("ix_round_version")

    op.drop_table("round")
    op.drop_table("outline")
    with op.batch_alter_table("lineage", schema=None) as batch_op:
        batch_op.drop_index("ix_lineage_versions")
        batch_op.drop_index(batch_op.f("ix_lineage_to_clause_id"))
        batch_op.drop_index(batch_op.f("ix_lineage_from_clause_id"))

    op.drop_table("lineage")
    op.drop_table("kept_text")
    with op.batch_alter_table("edit", schema=None) as batch_op:
        batch_op.drop_index("ix_edit_version")
        batch_op.drop_index("ix_edit_clause")

    op.drop_table("edit")
    with op.batch_alter_table("contact_point", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contact_point_participant_id"))
        batch_op.drop_index("ix_contact_point_lookup")

    op.drop_table("contact_point")
    with op.batch_alter_table("version", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_version_standard_id"))

    op.drop_table("version")
    with op.batch_alter_table("token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_token_person_id"))

    op.drop_table("token")
    op.drop_table("participant")
    op.drop_table("clause_html")
    with op.batch_alter_table("clause", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_clause_standard_id"))

    op.drop_table("clause")
    op.drop_table("standard")
    op.drop_table("stakeholder_group")
    op.drop_table("person")
    op.drop_table("heartbeat")
    with op.batch_alter_table("erasure", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_erasure_record_id"))
        batch_op.drop_index(batch_op.f("ix_erasure_participant_id"))
        batch_op.drop_index(batch_op.f("ix_erasure_comment_id"))

    op.drop_table("erasure")
    op.drop_table("delivery")
    op.drop_table("clause_text")
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_subject")
        batch_op.drop_index("ix_audit_at")

    op.drop_table("audit")
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.drop_index("ix_attempt_since")

    op.drop_table("attempt")
