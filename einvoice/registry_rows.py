"""One row of the registry of qualified-invoice issuers (適格請求書発行事業者公表システム).

The Web-API (Ver.1) and the bulk files publish the same 24 columns, always as text, in this order
in CSV and under these names in JSON and XML; an empty text is "none". `registratedNumber` is
spelt so by the publisher. Individuals' names are in the API's answers only, not in bulk files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from einvoice.errors import RegistryError
from einvoice.registration import is_registration_number

COLUMNS: tuple[str, ...] = (
    "sequenceNumber",
    "registratedNumber",
    "process",
    "correct",
    "kind",
    "country",
    "latest",
    "registrationDate",
    "updateDate",
    "disposalDate",
    "expireDate",
    "address",
    "addressPrefectureCode",
    "addressCityCode",
    "addressRequest",
    "addressRequestPrefectureCode",
    "addressRequestCityCode",
    "kana",
    "name",
    "addressInside",
    "addressInsidePrefectureCode",
    "addressInsideCityCode",
    "tradeName",
    "popularName_previousName",
)

# The longest published value is an address; anything beyond this is not this format.
MAX_VALUE_CHARACTERS = 4_000


class Process(StrEnum):
    """処理区分: why the row was published."""

    NEW = "01"
    CHANGED = "02"
    LAPSED = "03"
    CANCELLED = "04"
    DELETED = "99"


class Kind(StrEnum):
    """人格区分."""

    INDIVIDUAL = "1"
    CORPORATION = "2"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryRow:
    """One published state of one registration.

    `cancelled` (取消) and `lapsed` (失効) are the first days on which it no longer counts: the law
    takes effect from that day (消費税法57条の2第6項, 第10項).
    """

    number: str
    process: Process
    registered: date
    updated: date
    cancelled: date | None = None
    lapsed: date | None = None
    kind: Kind = Kind.CORPORATION
    sequence: int = 0
    is_correction: bool = False
    is_latest: bool = True
    name: str = ""
    kana: str = ""
    address: str = ""
    trade_name: str = ""
    other_name: str = ""  # 通称・旧姓

    @property
    def names(self) -> tuple[str, ...]:
        """Every name under which this issuer may write invoices."""
        return tuple(name for name in (self.name, self.trade_name, self.other_name) if name)

    @property
    def ended(self) -> date | None:
        """First day without registration, if there is one."""
        ends = [day for day in (self.cancelled, self.lapsed) if day is not None]
        return min(ends) if ends else None

    def covers(self, day: date) -> bool:
        """Whether the registration counts on this day."""
        return self.registered <= day and (self.ended is None or day < self.ended)


def _day(values: Mapping[str, str], column: str) -> date | None:
    text = values[column]
    if not text:
        return None
    try:
        if len(text) != len("2023-10-01"):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise RegistryError(reason=f"{column}={text[:40]!r}", field=column) from None


def _required_day(values: Mapping[str, str], column: str) -> date:
    day = _day(values, column)
    if day is None:
        raise RegistryError(reason=f"{column}=''", field=column)
    return day


def row_from_mapping(raw: Mapping[str, object]) -> RegistryRow:
    """A row from a JSON object or XML element; RegistryError on any other form."""
    values: dict[str, str] = {}
    for column in COLUMNS:
        value = raw.get(column)
        if value is None:
            value = ""
        if not isinstance(value, str) or len(value) > MAX_VALUE_CHARACTERS:
            raise RegistryError(reason=column, field=column)
        values[column] = value
    number = values["registratedNumber"]
    if not is_registration_number(number):
        raise RegistryError(reason=f"registratedNumber={number[:40]!r}", field="registratedNumber")
    try:
        process, kind = Process(values["process"]), Kind(values["kind"])
        sequence = int(values["sequenceNumber"] or "0")
    except ValueError as error:
        raise RegistryError(reason=str(error), field="process") from None
    return RegistryRow(
        number=number,
        process=process,
        registered=_required_day(values, "registrationDate"),
        updated=_required_day(values, "updateDate"),
        cancelled=_day(values, "disposalDate"),
        lapsed=_day(values, "expireDate"),
        kind=kind,
        sequence=sequence,
        is_correction=values["correct"] == "1",
        is_latest=values["latest"] == "1",
        name=values["name"],
        kana=values["kana"],
        address=values["address"] or values["addressRequest"],
        trade_name=values["tradeName"],
        other_name=values["popularName_previousName"],
    )


def row_from_csv(cells: Sequence[str]) -> RegistryRow:
    """A row from the 24 cells of a CSV record."""
    if len(cells) != len(COLUMNS):
        raise RegistryError(reason=f"{len(cells)} columns")
    return row_from_mapping(dict(zip(COLUMNS, cells, strict=True)))
