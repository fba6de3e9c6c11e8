"""認定タイムスタンプ: the services certified by 総務大臣, in a file that the operator keeps.

The ministry certifies 時刻認証業務 under 令和3年総務省告示146号 and publishes them on a web page: a
table with a zip archive of certificates a row. No machine reads that page reliably, so a person
copies it into a TOML file beside the certificates, and says of each row where it was seen and
when. docs/how-to/trust.md describes the file:

    version = 1
    next_check = 2027-04-01              # when a person compares it with the page again

    [[service]]
    name = "…"                           # 時刻認証業務の名称
    operator = "…"                       # 時刻認証業務を行う者
    certified = 2023-02-16               # 認定日, Japanese time
    ended = 2028-02-15                   # the last day; only once the certification has ended
    certificates = ["certs/tsa.pem"]     # from the ministry's archive; relative to this file
    policies = ["1.2.392.…"]             # OIDs the tokens must name; leave out for any
    source = "https://www.soumu.go.jp/…" # where this row was seen
    seen = 2026-11-23                    # and when

A certificate here is a root of trust for timestamps in that period, and only a timestamp whose
chain meets one of them is shown as 認定タイムスタンプ.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import TypeGuard

from .anchors import Anchor, Period
from .errors import AccreditationUnreadable
from .trust import MAX_FILE, certificates_in

JST = timezone(timedelta(hours=9), "JST")
MAX_SERVICES = 500
MAX_CERTIFICATES = 50  # a row's: one authority has a handful of stamping units
REQUIRED = ("name", "operator", "certified", "certificates", "source", "seen")
OPTIONAL = ("ended", "policies")


@dataclass(frozen=True, slots=True)
class Accreditation:
    """The services of the file, one anchor for each certificate; `next_check` as it says."""

    anchors: tuple[Anchor, ...]
    next_check: datetime

    def is_stale(self, at: datetime) -> bool:
        return self.next_check < at


def read(path: Path) -> Accreditation:
    """The accredited services in the TOML file at `path`. Raises AccreditationUnreadable."""
    try:
        if path.stat().st_size > MAX_FILE:
            raise _wrong(path, "大きすぎます", "too large")
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _wrong(path, str(error), str(error)) from error
    if document.get("version") != 1:
        raise _wrong(path, "version = 1 がありません", "version = 1 is missing")
    next_check = document.get("next_check")
    if not _is_day(next_check):
        raise _wrong(path, "next_check が日付ではありません", "next_check is no date")
    rows = document.get("service", [])
    if not isinstance(rows, list) or not 0 < len(rows) <= MAX_SERVICES:
        raise _wrong(path, "[[service]] がありません", "there is no [[service]]")
    stale = _end_of(next_check)
    anchors = [a for n, row in enumerate(rows, 1) for a in _anchors(path, n, row, stale)]
    return Accreditation(tuple(anchors), stale)


def _anchors(path: Path, number: int, row: object, stale: datetime) -> Iterator[Anchor]:
    where = f"service {number}"
    if not isinstance(row, Mapping):
        raise _wrong(path, f"{where}: 表ではありません", f"{where}: no table")
    for key in REQUIRED:
        if key not in row:
            raise _wrong(path, f"{where}: {key} がありません", f"{where}: {key} is missing")
    for key in row:
        if key not in (*REQUIRED, *OPTIONAL):
            raise _wrong(path, f"{where}: {key} は使えません", f"{where}: {key} is unknown")
    for key in ("certified", "seen", "ended"):
        if key in row and not _is_day(row[key]):
            raise _wrong(path, f"{where}: {key} が日付ではありません", f"{where}: {key} is no date")
    files, policies = row["certificates"], row.get("policies", [])
    for key, texts in (("certificates", files), ("policies", policies)):
        if not isinstance(texts, list) or not all(isinstance(t, str) for t in texts):
            raise _wrong(path, f"{where}: {key} が文字列の並びではありません",
                         f"{where}: {key} is no list of strings")  # fmt: skip
    ended = _end_of(row["ended"]) if "ended" in row else None
    since = datetime.combine(row["certified"], time(), JST).astimezone(UTC)
    if ended is not None and ended <= since:
        raise _wrong(path, f"{where}: ended が certified より前です",
                     f"{where}: ended lies before certified")  # fmt: skip
    ders = [der for file in files for der in _certificates(path, where, file)]
    if not 0 < len(ders) <= MAX_CERTIFICATES:
        raise _wrong(path, f"{where}: 証明書がありません", f"{where}: no certificates")
    for der, subject in ders:
        yield Anchor(
            certificate=der,
            subject=subject,
            purpose="time_stamping",
            granted=(Period(since, ended),),
            service=f"{row['name']}（{row['operator']}）",
            listed_in=str(row["source"]),
            policies=tuple(policies),
            is_accredited=True,
            next_update=stale,
        )


def _certificates(path: Path, where: str, file: str) -> Iterator[tuple[bytes, str]]:
    from asn1crypto import x509

    place = path.parent / file
    try:
        if place.stat().st_size > MAX_FILE:
            raise OSError("too large / 大きすぎます")
        found = certificates_in(place.read_bytes())
    except OSError as error:
        words = f"{where}: {file}: {error.strerror or error}"
        raise _wrong(path, words, words) from error
    if not found:
        raise _wrong(path, f"{where}: {file} に証明書がありません",
                     f"{where}: no certificate in {file}")  # fmt: skip
    for der in found:
        yield der, str(x509.Certificate.load(der).subject.hashable)


def _is_day(value: object) -> TypeGuard[date]:
    return isinstance(value, date) and not isinstance(value, datetime)


def _end_of(day: date) -> datetime:
    """The instant at which the day is over in Japan."""
    return datetime.combine(day + timedelta(days=1), time(), JST).astimezone(UTC)


def _wrong(path: Path, ja: str, en: str) -> AccreditationUnreadable:
    return AccreditationUnreadable(place=str(path), reason_ja=ja, reason_en=en)
