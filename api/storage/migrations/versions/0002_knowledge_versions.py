"""Versions of knowledge bases, which of them was active when, and what candidates would have answered otherwise."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """There."""
    op.create_table(
        "knowledge_versions",
        sa.Column("digest", sa.String(length=200), nullable=False),
        sa.Column("base", sa.String(length=200), nullable=False),
        sa.Column("version", sa.String(length=200), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key_id", sa.String(length=200), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_knowledge_versions"),
    )
    op.create_index("ix_knowledge_versions_base_loaded_at", "knowledge_versions", ["base", "loaded_at"])
    op.create_table(
        "knowledge_events",
        sa.Column("base", sa.String(length=200), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.String(length=200), nullable=False),
        sa.Column("key_id", sa.String(length=200), nullable=True),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("base", "number", name="pk_knowledge_events"),
    )
    op.create_table(
        "shadow_counts",
        sa.Column("base", sa.String(length=200), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("before", sa.String(length=200), nullable=False),
        sa.Column("after", sa.String(length=200), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("examples", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("base", "number", "kind", "name", "before", "after", name="pk_shadow_counts"),
    )


def downgrade() -> None:
    """And back."""
    op.drop_table("shadow_counts")
    op.drop_table("knowledge_events")
    op.drop_index("ix_knowledge_versions_base_loaded_at", table_name="knowledge_versions")
    op.drop_table("knowledge_versions")
