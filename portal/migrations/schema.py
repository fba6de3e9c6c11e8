"""Alembic run from Python, with the engine that the service already has."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

import econtract.models
import einvoice.models
import portal.accounts.bank_models
import portal.accounts.factor_models
import portal.accounts.models
import portal.accounts.oidc_models
import portal.contracts.models
import portal.network.models
import portal.prepared.models
import records.models
from portal.errors import SchemaNotCurrent
from records import Base, Database

METADATA = Base.metadata
"""Every table of the service; the imports above put them there."""

TABLE_OWNERS = (
    records.models,
    portal.accounts.models,
    portal.accounts.bank_models,
    portal.accounts.factor_models,
    portal.accounts.oidc_models,
    portal.contracts.models,
    portal.prepared.models,
    portal.network.models,
    econtract.models,
    einvoice.models,
)

# One node migrates at a time; the number is ours alone ("warifu" in ASCII).
_LOCK = 0x77617269_6675


def upgrade(database: Database) -> None:
    """Bring the schema to the newest revision. Safe to call from several processes at once."""
    config = _config()
    with database.engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
        connection.commit()
        try:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
            connection.commit()


def current(database: Database) -> str | None:
    """The revision the database is at; None where there is no schema yet."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str | None:
    """The newest revision that this program knows."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def require_head(database: Database) -> None:
    """Raise SchemaNotCurrent unless the database is at the newest revision."""
    found, wanted = current(database), head()
    if found != wanted:
        raise SchemaNotCurrent(found=f"{found or '–'} ≠ {wanted}")


def revise(database: Database, message: str) -> None:
    """Write a new revision from what the models say and the database lacks."""
    config = _config()
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.revision(config, message=message, autogenerate=True)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
