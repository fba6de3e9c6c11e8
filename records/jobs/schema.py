"""Procrastinate's tables and functions, as SQL that a migration or a test installs."""

import re
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import Connection, text

# With one job per key the library's own index (id, lock) would be read from end to end for each
# candidate; this one finds the holder of a lock at once.
_LOCK_INDEX = """
CREATE INDEX IF NOT EXISTS warifu_jobs_lock ON procrastinate_jobs (lock)
    WHERE status IN ('todo', 'doing');
"""


def schema_sql() -> str:
    """Return the SQL of the installed procrastinate version plus our index.

    It holds PL/pgSQL bodies and per-cent signs: run it through ``install`` or hand it to the
    driver without parameters.
    """
    spec = find_spec("procrastinate")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("procrastinate", name="procrastinate")
    folder = Path(spec.submodule_search_locations[0])
    return (folder / "sql" / "schema.sql").read_text(encoding="utf-8") + _LOCK_INDEX


def is_installed(connection: Connection) -> bool:
    """Say whether the schema is there."""
    found = connection.execute(text("SELECT to_regclass('procrastinate_jobs')")).scalar_one()
    return found is not None


def install(connection: Connection) -> None:
    """Create procrastinate's schema in the connection's transaction; nothing if it is there."""
    if is_installed(connection):
        return
    driver = connection.connection.driver_connection
    assert driver is not None
    # Without parameters psycopg leaves per-cent signs alone and takes many statements at once.
    driver.execute(schema_sql())


def missing_functions(connection: Connection) -> list[str]:
    """Return the SQL functions that the installed procrastinate calls and the database lacks.

    Not empty after an upgrade of the library whose migrations were not run (its files
    ``procrastinate/sql/migrations/*``; each becomes a migration of ours).
    """
    needed = set(re.findall(r"CREATE FUNCTION (procrastinate_\w+)", schema_sql()))
    found = connection.execute(
        text("SELECT proname FROM pg_proc WHERE proname LIKE 'procrastinate%'")
    ).scalars()
    return sorted(needed - set(found))
