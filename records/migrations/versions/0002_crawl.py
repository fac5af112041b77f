"""Hosts, pages that need a browser, logins and fairs; windows, coverage and alarms"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_ADDED: dict[str, tuple[tuple[str, str, bool], ...]] = {
    "watches": (("window", "", False), ("session_id", "", False)),
    "runs": (
        ("coverage", "{}", False),
        ("alarms", "[]", False),
        ("robots", "obeyed", False),
        ("screenshot_sha256", "", True),
    ),
    "listings": (("field_sha256", "", True), ("raw_sha256", "", True)),
}
"""Table → new columns: name, default, whether it holds a digest."""


def upgrade() -> None:
    """Bring the schema to this version."""
    for table, columns in _ADDED.items():
        with op.batch_alter_table(table) as batch:
            for name, default, is_digest in columns:
                kind = sa.String(length=64) if is_digest else sa.Text()
                batch.add_column(sa.Column(name, kind, nullable=False, server_default=default))
        with op.batch_alter_table(table) as batch:  # rows that are there have the value; new ones state theirs
            for name, _, _ in columns:
                batch.alter_column(name, server_default=None)
    op.create_table(
        "hosts",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delay_s", sa.Double(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("open_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_hosts")),
    )
    op.create_table(
        "render_needs",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("needed", sa.Boolean(), nullable=False),
        sa.Column("probed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("host", "template", name=op.f("pk_render_needs")),
    )
    op.create_table(
        "logins",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logins")),
    )
    op.create_index(op.f("ix_logins_host"), "logins", ["host"], unique=False)
    op.create_table(
        "fairs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("watch_id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("starts", sa.Date(), nullable=True),
        sa.Column("ends", sa.Date(), nullable=True),
        sa.Column("venue", sa.Text(), nullable=False),
        sa.Column("exhibitors", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fairs")),
    )
    op.create_index(op.f("ix_fairs_watch_id"), "fairs", ["watch_id"], unique=False)


def downgrade() -> None:
    """Take the schema back to the version before."""
    for table in ("fairs", "logins", "render_needs", "hosts"):
        op.drop_table(table)
    for table, columns in _ADDED.items():
        with op.batch_alter_table(table) as batch:
            for name, _, _ in columns:
                batch.drop_column(name)
