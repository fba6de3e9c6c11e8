"""What the jobs of this room need from the outside, handed in by the portal's worker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from econtract.notices import Notices
from econtract.rules import Rules
from records import Clock, Database, Store
from signing import SigningKey, Timestamper, Trust


@dataclass(frozen=True, slots=True)
class Deps:
    """`city_key` signs the city's slot, `service_key` what vendors do by link (立会人型) and the
    certificate. `keep_after` is how long after 確定 the long-term form is made: a day lets
    revocation answers issued after the signatures be embedded (EN 319 142-1 B-LT)."""

    database: Database
    store: Store
    clock: Clock
    rules: Rules
    notices: Notices
    city_key: SigningKey
    service_key: SigningKey
    timestamper: Timestamper
    trust: Trust
    public_url: str
    keep_after: timedelta = timedelta(hours=24)
