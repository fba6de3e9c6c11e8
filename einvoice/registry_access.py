"""The registry as a service uses it: imported files first, then the Web-API behind its cache."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from einvoice.registry import CachedRegistry, Registry, RegistryChain
from einvoice.registry_client import PRODUCTION, RegistryClient
from einvoice.registry_database import BulkRegistry, DatabaseCache
from records import Database


def open_registry(
    database: Database,
    *,
    now: Callable[[], datetime],
    application_id: str | None = None,
    base_url: str = PRODUCTION,
) -> Registry:
    """Answers from the local copy; with an application id, from the Web-API where that cannot tell.

    Without either, every answer is CANNOT_TELL. Kept answers are shared by all processes.
    """
    bulk = BulkRegistry(database, now=now)
    if not application_id:
        return bulk
    client = RegistryClient(application_id, now=now, base_url=base_url)
    return RegistryChain(bulk, CachedRegistry(client, DatabaseCache(database), now=now))
