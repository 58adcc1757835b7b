"""Calls that count for others at their place, are merged with others, check others, or were left behind by them.

Column by column, never by making the table anew: on SQLite that would delete the history of every call with it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """There."""
    op.add_column("calls", sa.Column("starts_group", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("calls", sa.Column("has_order", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("calls", sa.Column("merge_with", sa.String(length=36), nullable=True))
    op.add_column("calls", sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("calls", sa.Column("checks", sa.String(length=36), nullable=True))
    op.add_column("calls", sa.Column("nested_in", sa.String(length=36), nullable=True))
    op.add_column("calls", sa.Column("nested_call", sa.String(length=36), nullable=True))
    op.add_column("calls", sa.Column("over_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_calls_checks_opened_at", "calls", ["checks", "opened_at"])


def downgrade() -> None:
    """And back."""
    op.drop_index("ix_calls_checks_opened_at", table_name="calls")
    for column in ("over_at", "nested_call", "nested_in", "checks", "reported_at", "merge_with", "has_order", "starts_group"):
        op.drop_column("calls", column)
