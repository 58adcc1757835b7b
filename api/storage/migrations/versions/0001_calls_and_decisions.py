"""What the first version keeps: calls and their history, the decision log, outcomes, API keys, answers to retries."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """There."""
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.String(length=128), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
    )
    op.create_table(
        "calls",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("test_traffic", sa.Boolean(), nullable=False),
        sa.Column("caller_ref", sa.String(length=128), nullable=True),
        sa.Column("transformer_area", sa.String(length=128), nullable=True),
        sa.Column("building", sa.String(length=128), nullable=True),
        sa.Column("feeder", sa.String(length=128), nullable=True),
        sa.Column("base", sa.String(length=200), nullable=False),
        sa.Column("base_version", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("fault", sa.String(length=200), nullable=True),
        sa.Column("action", sa.String(length=200), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_id", sa.String(length=36), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_calls"),
    )
    op.create_index("ix_calls_building_opened_at", "calls", ["building", "opened_at"])
    op.create_index("ix_calls_caller_ref_opened_at", "calls", ["caller_ref", "opened_at"])
    op.create_index("ix_calls_feeder_opened_at", "calls", ["feeder", "opened_at"])
    op.create_index("ix_calls_opened_at", "calls", ["opened_at"])
    op.create_index("ix_calls_transformer_area_opened_at", "calls", ["transformer_area", "opened_at"])
    op.create_table(
        "decisions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("call_id", sa.String(length=36), nullable=True),
        sa.Column("test_traffic", sa.Boolean(), nullable=False),
        sa.Column("base", sa.String(length=200), nullable=False),
        sa.Column("base_version", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("fault", sa.String(length=200), nullable=True),
        sa.Column("action", sa.String(length=200), nullable=True),
        sa.Column("engines_agree", sa.Boolean(), nullable=True),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_decisions"),
    )
    op.create_index("ix_decisions_at", "decisions", ["at"])
    op.create_index("ix_decisions_call_id", "decisions", ["call_id"])
    op.create_table(
        "outcomes",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("decision_id", sa.String(length=36), nullable=False),
        sa.Column("call_id", sa.String(length=36), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("found", sa.Text(), nullable=False),
        sa.Column("visited", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_outcomes"),
    )
    op.create_index("ix_outcomes_call_id", "outcomes", ["call_id"])
    op.create_index("ix_outcomes_decision_id", "outcomes", ["decision_id"])
    op.create_table(
        "repeats",
        sa.Column("key_id", sa.String(length=200), nullable=False),
        sa.Column("idempotency_key", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=36), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", sa.Text(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("key_id", "idempotency_key", name="pk_repeats"),
    )
    op.create_index("ix_repeats_started_at", "repeats", ["started_at"])
    op.create_table(
        "call_events",
        sa.Column("call_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("key_id", sa.String(length=200), nullable=True),
        sa.Column("decision_id", sa.String(length=36), nullable=True),
        sa.Column("data", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_call_events_call_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("call_id", "version", name="pk_call_events"),
    )


def downgrade() -> None:
    """And back."""
    op.drop_table("call_events")
    op.drop_index("ix_repeats_started_at", table_name="repeats")
    op.drop_table("repeats")
    op.drop_index("ix_outcomes_decision_id", table_name="outcomes")
    op.drop_index("ix_outcomes_call_id", table_name="outcomes")
    op.drop_table("outcomes")
    op.drop_index("ix_decisions_call_id", table_name="decisions")
    op.drop_index("ix_decisions_at", table_name="decisions")
    op.drop_table("decisions")
    op.drop_index("ix_calls_transformer_area_opened_at", table_name="calls")
    op.drop_index("ix_calls_opened_at", table_name="calls")
    op.drop_index("ix_calls_feeder_opened_at", table_name="calls")
    op.drop_index("ix_calls_caller_ref_opened_at", table_name="calls")
    op.drop_index("ix_calls_building_opened_at", table_name="calls")
    op.drop_table("calls")
    op.drop_table("api_keys")
