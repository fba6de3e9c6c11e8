"""The schema of the whole database, by Alembic: `upgrade` brings it to the newest form.

The tables themselves are written in each package's `models.py`; this package knows them all.
A new revision: `warifu database revision "what it does"`, then read what was written.
"""

from portal.migrations.schema import METADATA, current, head, require_head, revise, upgrade

__all__ = ["METADATA", "current", "head", "require_head", "revise", "upgrade"]
