"""Conversations: scripts, pieces of one thought, broadcasts, allowances, senders, care.

What happens to rows already there: whoever commented on a round by text message is
a member of that round's conversation from when they joined; reports of deliveries
gain the state they tell of; messages and contact points gain empty places; a
comment's words may from now on also change to those of a recorded joining.
"""

import sqlalchemy as sa
from alembic import op

from consult import refusals

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


_SAME = " OR ".join(
    f"(OLD.{name} IS NULL) <> (NEW.{name} IS NULL) OR OLD.{name} <> NEW.{name}"
    for name in (
        "id",
        "round_id",
        "record_id",
        "part",
        "participant_id",
        "channel",
        "language",
        "quote",
        "proposal",
        "ability",
        "cost",
        "obstacle",
        "benefit",
        "author",
        "group_id",
        "region",
        "asked_clause_id",
        "public",
        "confidential",
        "late",
        "receipt",
        "secret_hash",
        "external_id",
        "received_at",
        "erased_at",
    )
)
_ERASED = "EXISTS (SELECT 1 FROM erasure WHERE erasure.comment_id = OLD.{comment})"
# A piece that was parted lies in the history of the comment it was joined to.
_PARTED_AND_ERASED = (
    "EXISTS (SELECT 1 FROM erasure JOIN comment ON comment.id = erasure.comment_id"
    " JOIN joining AS parted ON parted.record_id = comment.record_id"
    " WHERE parted.comment_id = OLD.comment_id)"
)
_SPELLED = "EXISTS (SELECT 1 FROM joining WHERE joining.comment_id = OLD.id AND joining.text = NEW.text)"
COMMENT_BEFORE = [
    (
        "comment_stays",
        "comment",
        "UPDATE",
        f"NOT {_ERASED.format(comment='id')}",
        "a comment changes only by a recorded erasure",
    ),
]
COMMENT_NOW = [
    (
        "comment_stays",
        "comment",
        "UPDATE",
        f"NOT {_ERASED.format(comment='id')} AND ({_SAME} OR (OLD.text <> NEW.text AND NOT {_SPELLED}))",
        "a comment changes only by a recorded joining or erasure",
    ),
]
_STAYS = "a conversation that has run does not change"
REFUSALS = [
    (
        "script_stays",
        "script",
        "UPDATE",
        "OLD.state <> 'draft' AND (NEW.state = 'draft' OR NEW.round_id <> OLD.round_id"
        " OR NEW.number <> OLD.number OR CAST(NEW.join_words AS TEXT) <> CAST(OLD.join_words AS TEXT)"
        " OR CAST(NEW.questions AS TEXT) <> CAST(OLD.questions AS TEXT)"
        " OR CAST(NEW.wording AS TEXT) <> CAST(OLD.wording AS TEXT))",
        _STAYS,
    ),
    ("script_is_kept", "script", "DELETE", "OLD.state <> 'draft'", _STAYS),
    (
        "joining_stays",
        "joining",
        "UPDATE",
        f"NOT {_ERASED.format(comment='comment_id')} AND NOT {_PARTED_AND_ERASED}",
        "the history of a joined comment never changes",
    ),
    ("joining_is_kept", "joining", "DELETE", "1 = 1", "the history of a joined comment is never deleted"),
]
STATES = {
    "sent": ("accepted", "scheduled", "queued", "sending", "sent"),
    "delivered": ("delivered", "read"),
    "failed": ("undelivered", "failed", "canceled"),
}
KINDS = ("receipt", "reply", "answer", "sign-in", "notice")
MESSAGE_STATES = ("waiting", "sending", "sent", "delivered", "failed", "unknown", "blocked")


def upgrade() -> None:
    op.create_table(
        "provider_copy",
        sa.Column("provider_id", sa.String(length=100), nullable=False),
        sa.Column("transport", sa.String(length=20), nullable=False),
        sa.Column("blanked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=200), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("provider_id", name=op.f("pk_provider_copy")),
    )
    op.create_index("ix_provider_copy_due", "provider_copy", ["blanked_at", "next_try_at"])
    op.create_table(
        "sender",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("transport", sa.String(length=20), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("rate", sa.Float(), nullable=False),
        sa.Column("free_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sender")),
        sa.UniqueConstraint("transport", "number", name=op.f("uq_sender_transport_number")),
    )
    op.create_table(
        "approved_wording",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("words", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["approved_by"], ["person.id"], name=op.f("fk_approved_wording_approved_by_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approved_wording")),
    )
    op.create_table(
        "thread",
        sa.Column("participant_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participant.id"], name=op.f("fk_thread_participant_id_participant")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_thread_person_id_person")),
        sa.PrimaryKeyConstraint("participant_id", name=op.f("pk_thread")),
    )
    with op.batch_alter_table("thread", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_thread_person_id"), ["person_id"], unique=False)

    op.create_table(
        "allowance",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("limit", sa.Integer(), nullable=True),
        sa.Column("spent", sa.Integer(), nullable=False),
        sa.Column("price", sa.String(length=20), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("quiet_from", sa.String(length=5), nullable=False),
        sa.Column("quiet_until", sa.String(length=5), nullable=False),
        sa.Column("countries", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_allowance_round_id_round")),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_allowance")),
    )
    op.create_table(
        "broadcast",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("words", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("groups", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("languages", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("regions", sa.JSON(none_as_null=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "running",
                "stopped",
                "done",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_broadcast_created_by_person")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_broadcast_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broadcast")),
    )
    with op.batch_alter_table("broadcast", schema=None) as batch_op:
        batch_op.create_index("ix_broadcast_round", ["round_id", "created_at"], unique=False)

    op.create_table(
        "care",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("procedure", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_care_person_id_person")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_care_round_id_round")),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_care")),
    )
    op.create_table(
        "script",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "running",
                "retired",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("join_words", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("questions", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("wording", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_script_created_by_person")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_script_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_script")),
        sa.UniqueConstraint("round_id", "number", name=op.f("uq_script_round_id_number")),
    )
    running = sa.text("state = 'running'")
    with op.batch_alter_table("script", schema=None) as batch_op:
        batch_op.create_index(
            "ix_script_running", ["round_id"], unique=True, sqlite_where=running, postgresql_where=running
        )

    op.create_table(
        "concern",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("participant_id", sa.Uuid(), nullable=True),
        sa.Column("round_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("words", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "handled",
                "mistaken",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participant.id"], name=op.f("fk_concern_participant_id_participant")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_concern_person_id_person")),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_concern_record_id_record")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_concern_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_concern")),
        sa.UniqueConstraint("record_id", "kind", name=op.f("uq_concern_record_id_kind")),
    )
    with op.batch_alter_table("concern", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_concern_participant_id"), ["participant_id"], unique=False)
        batch_op.create_index("ix_concern_state", ["state"], unique=False)

    op.create_table(
        "membership",
        sa.Column("participant_id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("script_id", sa.Uuid(), nullable=True),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("language_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("worded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participant.id"], name=op.f("fk_membership_participant_id_participant")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_membership_round_id_round")),
        sa.ForeignKeyConstraint(["script_id"], ["script.id"], name=op.f("fk_membership_script_id_script")),
        sa.PrimaryKeyConstraint("participant_id", "round_id", name=op.f("pk_membership")),
    )
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.create_index("ix_membership_round", ["round_id", "joined_at"], unique=False)

    op.create_table(
        "joining",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("comment_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("joined", sa.Boolean(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"], name=op.f("fk_joining_comment_id_comment")),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_joining_record_id_record")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_joining")),
    )
    with op.batch_alter_table("joining", schema=None) as batch_op:
        batch_op.create_index("ix_joining_comment", ["comment_id", "at"], unique=False)
        batch_op.create_index(batch_op.f("ix_joining_record_id"), ["record_id"], unique=False)

    op.create_table(
        "redaction",
        sa.Column("comment_id", sa.Uuid(), nullable=False),
        sa.Column("spans", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("text_hash", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"], name=op.f("fk_redaction_comment_id_comment")),
        sa.PrimaryKeyConstraint("comment_id", name=op.f("pk_redaction")),
    )
    op.create_table(
        "message_part",
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("contact_point_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("whole", sa.Uuid(), nullable=False),
        sa.Column("comment_id", sa.Uuid(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comment.id"], name=op.f("fk_message_part_comment_id_comment")
        ),
        sa.ForeignKeyConstraint(
            ["contact_point_id"],
            ["contact_point.id"],
            name=op.f("fk_message_part_contact_point_id_contact_point"),
        ),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_message_part_record_id_record")),
        sa.ForeignKeyConstraint(["whole"], ["record.id"], name=op.f("fk_message_part_whole_record")),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_message_part")),
    )
    with op.batch_alter_table("message_part", schema=None) as batch_op:
        batch_op.create_index("ix_message_part_reference", ["contact_point_id", "reference"], unique=False)
        batch_op.create_index(batch_op.f("ix_message_part_whole"), ["whole"], unique=False)
        batch_op.create_index(batch_op.f("ix_message_part_comment_id"), ["comment_id"], unique=False)

    with op.batch_alter_table("contact_point", schema=None) as batch_op:
        batch_op.add_column(sa.Column("transport", sa.String(length=20), server_default="", nullable=False))
        batch_op.add_column(sa.Column("receiver", sa.String(length=40), server_default="", nullable=False))
        batch_op.add_column(sa.Column("last_heard_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("thought_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("thought_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(
            sa.Column("thought_hash", sa.String(length=64), server_default="", nullable=False)
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_contact_point_thought_id_comment"), "comment", ["thought_id"], ["id"]
        )

    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "state",
                sa.Enum(
                    "waiting",
                    "sending",
                    "sent",
                    "delivered",
                    "partial",
                    "failed",
                    "unknown",
                    "blocked",
                    name="state",
                    native_enum=False,
                    create_constraint=True,
                    length=32,
                ),
                nullable=True,
            )
        )
        batch_op.add_column(sa.Column("part", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("parts", sa.Integer(), server_default="0", nullable=False))
        batch_op.drop_constraint(batch_op.f("uq_delivery_provider_id_status"), type_="unique")
        batch_op.create_unique_constraint(
            batch_op.f("uq_delivery_provider_id_status_part"), ["provider_id", "status", "part"]
        )

    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("urgency", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("held", sa.String(length=20), server_default="", nullable=False))
        batch_op.add_column(sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("transport", sa.String(length=20), server_default="", nullable=False))
        batch_op.add_column(sa.Column("sender", sa.String(length=40), server_default="", nullable=False))
        batch_op.add_column(sa.Column("charged", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("broadcast_id", sa.Uuid(), nullable=True))
        batch_op.create_index("ix_message_broadcast", ["broadcast_id", "state"], unique=False)
        batch_op.create_index(
            "ix_message_next", ["channel", "state", "held", "urgency", "created_at"], unique=False
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_message_broadcast_id_broadcast"), "broadcast", ["broadcast_id"], ["id"]
        )

    _allow("message", "kind", *KINDS, "broadcast")
    _allow("message", "state", *MESSAGE_STATES, "partial")
    for state, told in STATES.items():
        listed = ", ".join(f"'{status}'" for status in told)
        op.execute(f"UPDATE delivery SET state = '{state}' WHERE status IN ({listed})")
    op.execute(
        "INSERT INTO membership (participant_id, round_id, joined_at, answered_at, worded_at, answers)"
        " SELECT comment.participant_id, comment.round_id,"
        " (SELECT MIN(joined_at) FROM contact_point"
        " WHERE contact_point.participant_id = comment.participant_id),"
        " MIN(CASE WHEN comment.ability IS NOT NULL THEN comment.received_at END),"
        " MIN(CASE WHEN comment.text <> '' THEN comment.received_at END),"
        " SUM(CASE WHEN comment.ability IS NOT NULL THEN 1 ELSE 0 END)"
        " FROM comment WHERE comment.channel = 'sms' AND comment.participant_id IS NOT NULL"
        " GROUP BY comment.participant_id, comment.round_id"
    )
    refusals.drop(op.get_bind(), COMMENT_BEFORE)
    refusals.create(op.get_bind(), [*COMMENT_NOW, *REFUSALS])


def downgrade() -> None:
    refusals.drop(op.get_bind(), [*COMMENT_NOW, *REFUSALS])
    refusals.create(op.get_bind(), COMMENT_BEFORE)
    op.execute("UPDATE message SET kind = 'notice' WHERE kind = 'broadcast'")
    op.execute("UPDATE message SET state = 'failed' WHERE state = 'partial'")
    # The release before knows of no holding and would send these at once.
    op.execute(
        "UPDATE message SET state = 'blocked', error = 'its broadcast was stopped'"
        " WHERE state = 'waiting' AND held = 'stopped'"
    )
    op.execute(
        "UPDATE message SET state = 'failed', error = 'it was held when the release before came back'"
        " WHERE state = 'waiting' AND held <> ''"
    )
    op.execute("DELETE FROM delivery WHERE part > 0")
    _allow("message", "state", *MESSAGE_STATES)
    _allow("message", "kind", *KINDS)
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_message_broadcast_id_broadcast"), type_="foreignkey")
        batch_op.drop_index("ix_message_next")
        batch_op.drop_index("ix_message_broadcast")
        batch_op.drop_column("broadcast_id")
        batch_op.drop_column("looked_at")
        batch_op.drop_column("charged")
        batch_op.drop_column("sender")
        batch_op.drop_column("transport")
        batch_op.drop_column("due_at")
        batch_op.drop_column("held")
        batch_op.drop_column("urgency")

    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_delivery_state"), type_="check")
        batch_op.drop_constraint(batch_op.f("uq_delivery_provider_id_status_part"), type_="unique")
        batch_op.create_unique_constraint(
            batch_op.f("uq_delivery_provider_id_status"), ["provider_id", "status"]
        )
        batch_op.drop_column("parts")
        batch_op.drop_column("part")
        batch_op.drop_column("state")

    with op.batch_alter_table("contact_point", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_contact_point_thought_id_comment"), type_="foreignkey")
        batch_op.drop_column("thought_hash")
        batch_op.drop_column("thought_at")
        batch_op.drop_column("thought_id")
        batch_op.drop_column("last_heard_at")
        batch_op.drop_column("receiver")
        batch_op.drop_column("transport")

    with op.batch_alter_table("message_part", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_message_part_comment_id"))
        batch_op.drop_index(batch_op.f("ix_message_part_whole"))
        batch_op.drop_index("ix_message_part_reference")

    op.drop_table("message_part")
    op.drop_table("redaction")
    with op.batch_alter_table("joining", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_joining_record_id"))
        batch_op.drop_index("ix_joining_comment")

    op.drop_table("joining")
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.drop_index("ix_membership_round")

    op.drop_table("membership")
    with op.batch_alter_table("concern", schema=None) as batch_op:
        batch_op.drop_index("ix_concern_state")
        batch_op.drop_index(batch_op.f("ix_concern_participant_id"))

    op.drop_table("concern")
    with op.batch_alter_table("script", schema=None) as batch_op:
        batch_op.drop_index("ix_script_running")

    op.drop_table("script")
    op.drop_table("care")
    with op.batch_alter_table("broadcast", schema=None) as batch_op:
        batch_op.drop_index("ix_broadcast_round")

    op.drop_table("broadcast")
    op.drop_table("allowance")
    with op.batch_alter_table("thread", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_thread_person_id"))

    op.drop_table("thread")
    op.drop_table("approved_wording")
    op.drop_table("sender")
    op.drop_table("provider_copy")


def _allow(table: str, column: str, *values: str) -> None:
    """Let a column hold these values and no other."""
    listed = ", ".join(f"'{value}'" for value in values)
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.drop_constraint(op.f(f"ck_{table}_{column}"), type_="check")
        batch_op.create_check_constraint(op.f(f"ck_{table}_{column}"), f"{column} IN ({listed})")
