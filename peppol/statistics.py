"""Monthly reports of a service provider: TSR 1.0 and EUSR 1.1, counted from evidence.

Only receipted exchanges count, by MessageInfo/Timestamp in UTC. Transaction statistics count every
exchange; end user statistics count different end users of ours. Needed only by an accredited
provider; the evidence is kept by everyone.
"""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from peppol.evidence import Direction, Evidence
from peppol.identifiers import (
    END_USER_STATISTICS,
    REPORTING_PROCESS,
    TRANSACTION_STATISTICS,
    DocumentTypeId,
    SeatId,
)
from peppol.trust import Network

UNKNOWN_COUNTRY: Final = "ZZ"
_REPORTS: Final = frozenset({TRANSACTION_STATISTICS.uri, END_USER_STATISTICS.uri})

Key = tuple[tuple[str, str, str], ...]
"""(metaSchemeID, schemeID, value) of each key."""


@dataclass(frozen=True, slots=True)
class Month:
    """A reporting period: a calendar month in UTC."""

    year: int
    month: int

    @property
    def first(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def last(self) -> date:
        return date(self.year, self.month, calendar.monthrange(self.year, self.month)[1])

    def has(self, instant: datetime) -> bool:
        day = instant.astimezone(UTC).date()
        return self.first <= day <= self.last


def counted(records: Iterable[Evidence], month: Month, network: Network) -> list[Evidence]:
    """What a report counts: receipted, of this network, in this month, no reports themselves."""
    return [
        record
        for record in records
        if record.receipted is not None
        and record.network is network
        and record.document_type not in _REPORTS
        and month.has(record.timestamp)
    ]


def transaction_report(
    records: Iterable[Evidence], month: Month, reporter: SeatId, network: Network
) -> bytes:
    """TSR 1.0: totals, per transport, per (provider, document, process), and with countries."""
    rows = counted(records, month, network)
    incoming = [r for r in rows if r.direction is Direction.INCOMING]
    parts = [_totals("Total", "", rows)]
    parts += _subtotals("PerTP", rows, lambda r: (("TP", "Peppol", r.transport_profile),))
    parts += _subtotals("PerSP-DT-PR", rows, _provider_key)
    # What happens at the far end of what we send is not known to us (SCH-TSR-43).
    parts += _subtotals(
        "PerSP-DT-PR-CC",
        incoming,
        lambda r: (
            *_provider_key(r),
            ("CC", "SenderCountry", r.country_c1 or UNKNOWN_COUNTRY),
            ("CC", "ReceiverCountry", r.country_c4 or UNKNOWN_COUNTRY),
        ),
    )
    return _report("TransactionStatisticsReport", TRANSACTION_STATISTICS, month, reporter, parts)


def end_user_report(
    records: Iterable[Evidence], month: Month, reporter: SeatId, network: Network
) -> bytes:
    """EUSR 1.1: different end users, in all and per document, process and country."""
    rows = counted(records, month, network)
    parts = [_users("FullSet", "", rows)]
    subsets: list[tuple[str, Callable[[Evidence], Key]]] = [
        ("PerDT-PR", _document_key),
        ("PerDT-PR-EUC", lambda r: (*_document_key(r), _country(r))),
        ("PerDT-EUC", lambda r: (_document_key(r)[0], _country(r))),
        ("PerEUC", lambda r: (_country(r),)),
    ]
    for kind, key_of in subsets:
        groups: dict[Key, list[Evidence]] = defaultdict(list)
        for record in rows:
            groups[key_of(record)].append(record)
        for key in sorted(groups):
            parts.append(_users("Subset", kind, groups[key], key))
    return _report("EndUserStatisticsReport", END_USER_STATISTICS, month, reporter, parts)


def _document_key(record: Evidence) -> Key:
    scheme, _, value = record.document_type.partition("::")
    process_scheme, _, process = record.process.partition("::")
    return (("DT", scheme, value), ("PR", process_scheme, process))


def _provider_key(record: Evidence) -> Key:
    is_incoming = record.direction is Direction.INCOMING
    other = record.sender_seat if is_incoming else record.receiver_seat
    return (("SP", "CertSubjectCN", other), *_document_key(record))


def _country(record: Evidence) -> tuple[str, str, str]:
    is_incoming = record.direction is Direction.INCOMING
    country = record.country_c4 if is_incoming else record.country_c1
    return ("CC", "EndUserCountry", country or UNKNOWN_COUNTRY)


def _subtotals(kind: str, rows: list[Evidence], key_of: Callable[[Evidence], Key]) -> list[str]:
    groups: dict[Key, list[Evidence]] = defaultdict(list)
    for record in rows:
        groups[key_of(record)].append(record)
    return [_totals("Subtotal", kind, groups[key], key) for key in sorted(groups)]


def _totals(name: str, kind: str, rows: list[Evidence], key: Key = ()) -> str:
    incoming = sum(r.direction is Direction.INCOMING for r in rows)
    return _element(
        name, kind, key,
        f"<Incoming>{incoming}</Incoming><Outgoing>{len(rows) - incoming}</Outgoing>",
    )  # fmt: skip


def _users(name: str, kind: str, rows: list[Evidence], key: Key = ()) -> str:
    sending = {r.end_user.lower() for r in rows if r.direction is Direction.OUTGOING}
    receiving = {r.end_user.lower() for r in rows if r.direction is Direction.INCOMING}
    return _element(
        name, kind, key,
        f"<SendingEndUsers>{len(sending)}</SendingEndUsers>"
        f"<ReceivingEndUsers>{len(receiving)}</ReceivingEndUsers>"
        f"<SendingOrReceivingEndUsers>{len(sending | receiving)}</SendingOrReceivingEndUsers>",
    )  # fmt: skip


def _element(name: str, kind: str, key: Key, counts: str) -> str:
    typed = f" type={quoteattr(kind)}" if kind else ""
    keys = "".join(
        f"<Key metaSchemeID={quoteattr(meta)} schemeID={quoteattr(scheme)}>{escape(value)}</Key>"
        for meta, scheme, value in key
    )
    return f"<{name}{typed}>{keys}{counts}</{name}>"


def _report(
    name: str, document_type: DocumentTypeId, month: Month, reporter: SeatId, parts: list[str]
) -> bytes:
    kind = document_type.parts
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} xmlns="{kind.namespace}">'
        f"<CustomizationID>{kind.customization}</CustomizationID>"
        f"<ProfileID>{REPORTING_PROCESS.value}</ProfileID><Header><ReportPeriod>"
        f"<StartDate>{month.first}</StartDate><EndDate>{month.last}</EndDate></ReportPeriod>"
        f'<ReporterID schemeID="CertSubjectCN">{reporter}</ReporterID></Header>'
        f"{''.join(parts)}</{name}>\n"
    ).encode()
