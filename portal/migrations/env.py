"""Run by Alembic; the connection comes from `portal.migrations.schema`."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from portal.migrations.schema import METADATA
from records import UtcDateTime, Yen


def ours(_object: Any, name: str | None, kind: str, _reflected: bool, _compare: Any) -> bool:
    """Leave procrastinate's tables to procrastinate."""
    return not (kind == "table" and (name or "").startswith("procrastinate_"))


def render(kind: str, value: Any, _context: AutogenContext) -> str | Literal[False]:
    """Revisions name plain column types, so that they stay readable when our code moves on."""
    if kind == "type" and isinstance(value, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(value, Yen):
        return "sa.Numeric(18, 0)"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    include_object=ours,
    render_item=render,
    compare_type=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
