"""What the city keeps: database, jobs, documents, audit trail, calendar, clock."""

from records import audit, calendar, embedded, jobs
from records.actors import Actor, ActorKind
from records.clock import Clock, FixedClock, SystemClock
from records.database import Base, Database, UtcDateTime, Yen
from records.errors import RecordsError
from records.ids import new_id
from records.local_store import LocalStore
from records.models import AUDIT_DDL
from records.s3_store import S3Store
from records.store import Store, Stored

__all__ = [
    "AUDIT_DDL",
    "Actor",
    "ActorKind",
    "Base",
    "Clock",
    "Database",
    "FixedClock",
    "LocalStore",
    "RecordsError",
    "S3Store",
    "Store",
    "Stored",
    "SystemClock",
    "UtcDateTime",
    "Yen",
    "audit",
    "calendar",
    "embedded",
    "jobs",
    "new_id",
]
