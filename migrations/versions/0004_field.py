"""The field: devices, operations, objects, votes, consents, the bench's acts, minutes.

What happens to rows already there: workshops are meetings on the version of their
round; transcripts and utterances gain empty places; nothing else changes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "field_device",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("storage", sa.String(length=20), nullable=False),
        sa.Column("unsent", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_field_device_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_device")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_field_device_token_hash")),
    )
    with op.batch_alter_table("field_device", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_field_device_person_id"), ["person_id"], unique=False)

    op.create_table(
        "attendee",
        sa.Column("workshop_id", sa.Uuid(), nullable=False),
        sa.Column("entity", sa.String(length=120), nullable=False),
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column("category", sa.String(length=100), nullable=False),
        sa.Column("gender", sa.String(length=20), nullable=False),
        sa.Column("age_band", sa.String(length=20), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("contact", sa.LargeBinary(), nullable=True),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workshop_id"], ["workshop.id"], name=op.f("fk_attendee_workshop_id_workshop")
        ),
        sa.PrimaryKeyConstraint("workshop_id", "entity", name=op.f("pk_attendee")),
    )
    op.create_table(
        "bench_act",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workshop_id", sa.Uuid(), nullable=False),
        sa.Column("utterance_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["workshop_id"], ["workshop.id"], name=op.f("fk_bench_act_workshop_id_workshop")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bench_act")),
    )
    with op.batch_alter_table("bench_act", schema=None) as batch_op:
        batch_op.create_index("ix_bench_act_workshop", ["workshop_id", "at"], unique=False)

    op.create_table(
        "bench_place",
        sa.Column("workshop_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("utterance_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_bench_place_person_id_person")),
        sa.ForeignKeyConstraint(
            ["workshop_id"], ["workshop.id"], name=op.f("fk_bench_place_workshop_id_workshop")
        ),
        sa.PrimaryKeyConstraint("workshop_id", "person_id", name=op.f("pk_bench_place")),
    )
    op.create_table(
        "dot_vote",
        sa.Column("workshop_id", sa.Uuid(), nullable=False),
        sa.Column("entity", sa.String(length=120), nullable=False),
        sa.Column("clause_id", sa.Uuid(), nullable=True),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("options", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("dots", sa.Integer(), nullable=False),
        sa.Column("people", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("cells", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["clause_id"], ["clause.id"], name=op.f("fk_dot_vote_clause_id_clause")),
        sa.ForeignKeyConstraint(
            ["workshop_id"], ["workshop.id"], name=op.f("fk_dot_vote_workshop_id_workshop")
        ),
        sa.PrimaryKeyConstraint("workshop_id", "entity", name=op.f("pk_dot_vote")),
    )
    op.create_table(
        "field_entity",
        sa.Column("workshop_id", sa.Uuid(), nullable=False),
        sa.Column("entity", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("conflicts", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("clash", sa.Boolean(), nullable=False),
        sa.Column("after_comment", sa.Boolean(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["workshop_id"], ["workshop.id"], name=op.f("fk_field_entity_workshop_id_workshop")
        ),
        sa.PrimaryKeyConstraint("workshop_id", "entity", name=op.f("pk_field_entity")),
    )
    op.create_table(
        "field_operation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("workshop_id", sa.Uuid(), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("counter", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("entity", sa.String(length=120), nullable=False),
        sa.Column("field", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.id"], name=op.f("fk_field_operation_record_id_record")
        ),
        sa.ForeignKeyConstraint(
            ["workshop_id"], ["workshop.id"], name=op.f("fk_field_operation_workshop_id_workshop")
        ),
        sa.PrimaryKeyConstraint("id", "hash", name=op.f("pk_field_operation")),
        sa.UniqueConstraint("record_id", name=op.f("uq_field_operation_record_id")),
    )
    with op.batch_alter_table("field_operation", schema=None) as batch_op:
        batch_op.create_index("ix_field_operation_entity", ["workshop_id", "entity"], unique=False)
        batch_op.create_index("ix_field_operation_received", ["workshop_id", "received_at"], unique=False)

    op.create_table(
        "minutes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workshop_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("content", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("shown", sa.String(length=20), nullable=False),
        sa.Column("shown_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shown_to", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["workshop_id"], ["workshop.id"], name=op.f("fk_minutes_workshop_id_workshop")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_minutes")),
        sa.UniqueConstraint("workshop_id", "number", name=op.f("uq_minutes_workshop_id_number")),
    )
    op.create_table(
        "object_chunk",
        sa.Column("workshop_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["workshop_id"], ["workshop.id"], name=op.f("fk_object_chunk_workshop_id_workshop")
        ),
        sa.PrimaryKeyConstraint("workshop_id", "sha256", "start", name=op.f("pk_object_chunk")),
    )
    op.create_table(
        "recording",
        sa.Column("workshop_id", sa.Uuid(), nullable=False),
        sa.Column("entity", sa.String(length=120), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("parts", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("kept", sa.String(length=20), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("erased_why", sa.String(length=200), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workshop_id"], ["workshop.id"], name=op.f("fk_recording_workshop_id_workshop")
        ),
        sa.PrimaryKeyConstraint("workshop_id", "entity", name=op.f("pk_recording")),
    )
    op.create_table(
        "stored_object",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workshop_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_stored_object_record_id_record")),
        sa.ForeignKeyConstraint(
            ["workshop_id"], ["workshop.id"], name=op.f("fk_stored_object_workshop_id_workshop")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_object")),
        sa.UniqueConstraint("workshop_id", "sha256", name=op.f("uq_stored_object_workshop_id_sha256")),
    )
    with op.batch_alter_table("stored_object", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stored_object_record_id"), ["record_id"], unique=False)

    op.create_table(
        "workshop_consent",
        sa.Column("workshop_id", sa.Uuid(), nullable=False),
        sa.Column("entity", sa.String(length=120), nullable=False),
        sa.Column("attendee", sa.String(length=120), nullable=False),
        sa.Column("about", sa.String(length=20), nullable=False),
        sa.Column("answer", sa.String(length=20), nullable=False),
        sa.Column("how", sa.String(length=20), nullable=False),
        sa.Column("witness", sa.LargeBinary(), nullable=True),
        sa.Column("wording", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["workshop_id"], ["workshop.id"], name=op.f("fk_workshop_consent_workshop_id_workshop")
        ),
        sa.PrimaryKeyConstraint("workshop_id", "entity", name=op.f("pk_workshop_consent")),
    )
    op.create_table(
        "photo",
        sa.Column("workshop_id", sa.Uuid(), nullable=False),
        sa.Column("entity", sa.String(length=120), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=True),
        sa.Column("clause_id", sa.Uuid(), nullable=True),
        sa.Column("caption", sa.String(), nullable=False),
        sa.Column("typed", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["clause_id"], ["clause.id"], name=op.f("fk_photo_clause_id_clause")),
        sa.ForeignKeyConstraint(
            ["object_id"], ["stored_object.id"], name=op.f("fk_photo_object_id_stored_object")
        ),
        sa.ForeignKeyConstraint(["workshop_id"], ["workshop.id"], name=op.f("fk_photo_workshop_id_workshop")),
        sa.PrimaryKeyConstraint("workshop_id", "entity", name=op.f("pk_photo")),
    )
    op.create_table(
        "minutes_correction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("minutes_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("utterance_id", sa.Uuid(), nullable=True),
        sa.Column("category", sa.String(length=100), nullable=False),
        sa.Column("clause_id", sa.Uuid(), nullable=True),
        sa.Column("about", sa.String(length=120), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["clause_id"], ["clause.id"], name=op.f("fk_minutes_correction_clause_id_clause")
        ),
        sa.ForeignKeyConstraint(
            ["minutes_id"], ["minutes.id"], name=op.f("fk_minutes_correction_minutes_id_minutes")
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.id"], name=op.f("fk_minutes_correction_record_id_record")
        ),
        sa.ForeignKeyConstraint(
            ["utterance_id"], ["utterance.id"], name=op.f("fk_minutes_correction_utterance_id_utterance")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_minutes_correction")),
        sa.UniqueConstraint("record_id", name=op.f("uq_minutes_correction_record_id")),
    )
    with op.batch_alter_table("minutes_correction", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_minutes_correction_minutes_id"), ["minutes_id"], unique=False)

    op.create_table(
        "utterance_correction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("utterance_id", sa.Uuid(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["utterance_id"], ["utterance.id"], name=op.f("fk_utterance_correction_utterance_id_utterance")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_utterance_correction")),
    )
    with op.batch_alter_table("utterance_correction", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_utterance_correction_utterance_id"), ["utterance_id"], unique=False
        )

    with op.batch_alter_table("attendance", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("bands", sa.JSON(none_as_null=True), server_default="{}", nullable=False)
        )

    with op.batch_alter_table("transcript", schema=None) as batch_op:
        batch_op.add_column(sa.Column("recording", sa.String(length=120), server_default="", nullable=False))
        batch_op.add_column(sa.Column("shift", sa.Float(), server_default="0", nullable=False))
        batch_op.alter_column("record_id", existing_type=sa.Uuid(), nullable=True)

    with op.batch_alter_table("utterance", schema=None) as batch_op:
        batch_op.add_column(sa.Column("record_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("entity", sa.String(length=120), server_default="", nullable=False))
        batch_op.add_column(sa.Column("attendee", sa.String(length=120), server_default="", nullable=False))
        batch_op.add_column(sa.Column("gender", sa.String(length=20), server_default="", nullable=False))
        batch_op.add_column(sa.Column("language", sa.String(length=20), server_default="", nullable=False))
        batch_op.add_column(sa.Column("feeling", sa.String(length=20), server_default="", nullable=False))
        batch_op.add_column(
            sa.Column("marks", sa.JSON(none_as_null=True), server_default="[]", nullable=False)
        )
        batch_op.add_column(
            sa.Column("clauses", sa.JSON(none_as_null=True), server_default="[]", nullable=False)
        )
        batch_op.add_column(sa.Column("read_back", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("recording", sa.String(length=120), server_default="", nullable=False))
        batch_op.add_column(sa.Column("said_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("joined", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.create_index(batch_op.f("ix_utterance_entity"), ["entity"], unique=False)
        batch_op.create_index("ix_utterance_state", ["transcript_id", "state", "position"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_utterance_record_id_record"), "record", ["record_id"], ["id"]
        )

    with op.batch_alter_table("standing", schema=None) as batch_op:
        batch_op.add_column(sa.Column("timing", sa.String(length=10), server_default="", nullable=False))

    with op.batch_alter_table("workshop", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "kind",
                sa.Enum(
                    "meeting", "trial", name="kind", native_enum=False, create_constraint=True, length=32
                ),
                server_default="meeting",
                nullable=False,
            )
        )
        batch_op.add_column(sa.Column("version_id", sa.Uuid(), nullable=True))
        batch_op.add_column(
            sa.Column("prompts", sa.JSON(none_as_null=True), server_default="{}", nullable=False)
        )
        batch_op.add_column(
            sa.Column("seats", sa.JSON(none_as_null=True), server_default="{}", nullable=False)
        )
        batch_op.add_column(
            sa.Column("trial", sa.JSON(none_as_null=True), server_default="{}", nullable=False)
        )
        batch_op.add_column(
            sa.Column("audio_kept", sa.String(length=20), server_default="verified", nullable=False)
        )
        batch_op.add_column(sa.Column("begins", sa.String(length=5), server_default="", nullable=False))
        batch_op.add_column(sa.Column("minutes", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("stale_since", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_workshop_version_id_version"), "version", ["version_id"], ["id"]
        )

    op.add_column(
        "pilot_finding", sa.Column("photo", sa.String(length=120), server_default="", nullable=False)
    )
    op.add_column("erasure", sa.Column("workshop_id", sa.Uuid(), nullable=True))
    op.add_column("erasure", sa.Column("entity", sa.String(length=120), server_default="", nullable=False))
    op.create_index(op.f("ix_erasure_workshop_id"), "erasure", ["workshop_id"], unique=False)

    op.execute(
        "UPDATE workshop SET version_id ="
        " (SELECT round.version_id FROM round WHERE round.id = workshop.round_id)"
    )


def downgrade() -> None:
    # Notes from the field have no file; their words stay in the ledger and in their comments.
    notes = "SELECT id FROM transcript WHERE record_id IS NULL"
    heard = f"SELECT id FROM utterance WHERE transcript_id IN ({notes})"
    op.execute(f"DELETE FROM utterance_correction WHERE utterance_id IN ({heard})")
    op.execute(f"UPDATE minutes_correction SET utterance_id = NULL WHERE utterance_id IN ({heard})")
    op.execute(f"DELETE FROM utterance WHERE transcript_id IN ({notes})")
    op.execute("DELETE FROM transcript WHERE record_id IS NULL")
    op.drop_column("pilot_finding", "photo")
    op.drop_index(op.f("ix_erasure_workshop_id"), table_name="erasure")
    op.drop_column("erasure", "entity")
    op.drop_column("erasure", "workshop_id")
    with op.batch_alter_table("standing", schema=None) as batch_op:
        batch_op.drop_column("timing")

    with op.batch_alter_table("workshop", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_workshop_version_id_version"), type_="foreignkey")
        batch_op.drop_column("stale_since")
        batch_op.drop_column("finished_at")
        batch_op.drop_column("minutes")
        batch_op.drop_column("begins")
        batch_op.drop_column("audio_kept")
        batch_op.drop_column("trial")
        batch_op.drop_column("seats")
        batch_op.drop_column("prompts")
        batch_op.drop_column("version_id")
        batch_op.drop_constraint(op.f("ck_workshop_kind"), type_="check")
        batch_op.drop_column("kind")

    with op.batch_alter_table("utterance", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_utterance_record_id_record"), type_="foreignkey")
        batch_op.drop_index("ix_utterance_state")
        batch_op.drop_index(batch_op.f("ix_utterance_entity"))
        batch_op.drop_column("joined")
        batch_op.drop_column("recording")
        batch_op.drop_column("said_at")
        batch_op.drop_column("read_back")
        batch_op.drop_column("clauses")
        batch_op.drop_column("marks")
        batch_op.drop_column("feeling")
        batch_op.drop_column("language")
        batch_op.drop_column("gender")
        batch_op.drop_column("attendee")
        batch_op.drop_column("entity")
        batch_op.drop_column("record_id")

    with op.batch_alter_table("transcript", schema=None) as batch_op:
        batch_op.alter_column("record_id", existing_type=sa.Uuid(), nullable=False)
        batch_op.drop_column("shift")
        batch_op.drop_column("recording")

    with op.batch_alter_table("attendance", schema=None) as batch_op:
        batch_op.drop_column("bands")

    with op.batch_alter_table("utterance_correction", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_utterance_correction_utterance_id"))

    op.drop_table("utterance_correction")
    with op.batch_alter_table("minutes_correction", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_minutes_correction_minutes_id"))

    op.drop_table("minutes_correction")
    op.drop_table("photo")
    op.drop_table("workshop_consent")
    with op.batch_alter_table("stored_object", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stored_object_record_id"))

    op.drop_table("stored_object")
    op.drop_table("recording")
    op.drop_table("object_chunk")
    op.drop_table("minutes")
    with op.batch_alter_table("field_operation", schema=None) as batch_op:
        batch_op.drop_index("ix_field_operation_received")
        batch_op.drop_index("ix_field_operation_entity")

    op.drop_table("field_operation")
    op.drop_table("field_entity")
    op.drop_table("dot_vote")
    op.drop_table("bench_place")
    with op.batch_alter_table("bench_act", schema=None) as batch_op:
        batch_op.drop_index("ix_bench_act_workshop")

    op.drop_table("bench_act")
    op.drop_table("attendee")
    with op.batch_alter_table("field_device", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_field_device_person_id"))

    op.drop_table("field_device")
