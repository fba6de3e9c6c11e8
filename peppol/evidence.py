"""What is kept of every exchange, from the first day: who, what, when, proven by what.

The fields are those of the statistics reports (TSR 1.0, EUSR 1.1) and those a dispute needs. No
business content. `to_json` and `from_json` are the export; `peppol.statistics` counts them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from peppol.identifiers import TRANSPORT_AS4
from peppol.trust import Network


class Direction(StrEnum):
    INCOMING = "incoming"
    OUTGOING = "outgoing"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One exchange. Instants are aware UTC; digests and fingerprints lower-case hex of SHA-256.

    `receipted` is None until a valid receipt was given (incoming) or got (outgoing): only then
    does the exchange count in a report.
    """

    direction: Direction
    network: Network
    message_id: str
    instance_identifier: str
    timestamp: datetime
    recorded: datetime
    sender_seat: str
    receiver_seat: str
    document_type: str
    process: str
    sender: str
    receiver: str
    country_c1: str
    country_c4: str
    payload_sha256: str
    peer_certificate_sha256: str
    transport_profile: str = TRANSPORT_AS4
    receipted: datetime | None = None
    flags: tuple[str, ...] = ()

    @property
    def end_user(self) -> str:
        """Our end user: who received (incoming) or sent (outgoing)."""
        return self.receiver if self.direction is Direction.INCOMING else self.sender

    def receipt_at(self, at: datetime) -> Evidence:
        """The same with its receipt's instant."""
        return replace(self, receipted=at)

    def to_json(self) -> str:
        """One line of JSON, keys in order."""
        return json.dumps(
            {
                name: value.isoformat() if isinstance(value, datetime) else value
                for name, value in asdict(self).items()
            },
            ensure_ascii=False,
        )

    @classmethod
    def from_json(cls, line: str) -> Evidence:
        """As written by `to_json`. ValueError or KeyError when it is not."""
        raw: dict[str, Any] = json.loads(line)
        values: dict[str, Any] = {f.name: raw[f.name] for f in fields(cls)}
        for name in ("timestamp", "recorded"):
            values[name] = datetime.fromisoformat(values[name])
        if values["receipted"] is not None:
            values["receipted"] = datetime.fromisoformat(values["receipted"])
        values["direction"] = Direction(values["direction"])
        values["network"] = Network(values["network"])
        values["flags"] = tuple(values["flags"])
        return cls(**values)


def export(records: Iterable[Evidence]) -> Iterator[str]:
    """Lines of JSON, each ending in a newline (JSON Lines)."""
    for record in records:
        yield record.to_json() + "\n"
