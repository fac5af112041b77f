"""Bytes that go once nothing needs them"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "loose_blobs",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_loose_blobs")),
    )


def downgrade() -> None:
    """Take the schema back to the version before."""
    op.drop_table("loose_blobs")
