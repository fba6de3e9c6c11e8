"""TSR and EUSR: what is counted, the sums, the shape."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree

from peppol.evidence import Direction, Evidence
from peppol.identifiers import TRANSACTION_STATISTICS, seat_id
from peppol.statistics import Month, counted, end_user_report, transaction_report
from peppol.trust import Network

from .builders import CITY, VENDOR
from .exchange import Exchange

NOVEMBER = Month(2026, 11)
US = seat_id("PZZ000002")
T = "{urn:fdc:peppol:transaction-statistics-report:1.0}"
E = "{urn:fdc:peppol:end-user-statistics-report:1.1}"


@pytest.fixture
def one(exchange: Exchange) -> Evidence:
    exchange.receive(exchange.outgoing())
    return next(iter(exchange.store.all()))


def many(one: Evidence) -> Iterator[Evidence]:
    """Three in (two senders' seats), two out (one end user twice), and what does not count."""
    yield one
    yield replace(one, message_id="2")
    yield replace(one, message_id="3", sender_seat="POP000009", country_c1="DE",
                  receiver="0188:2000012010019")  # fmt: skip
    out = replace(one, direction=Direction.OUTGOING, sender_seat=US, receiver_seat="POP000009",
                  sender=CITY.value, receiver=VENDOR.value, country_c4="")  # fmt: skip
    yield replace(out, message_id="4")
    yield replace(out, message_id="5")
    yield replace(one, message_id="6", receipted=None)
    yield replace(one, message_id="7", network=Network.TEST)
    yield replace(one, message_id="8", timestamp=datetime(2026, 12, 1, tzinfo=UTC))
    yield replace(one, message_id="9", document_type=TRANSACTION_STATISTICS.uri)


def test_only_receipted_exchanges_of_the_network_and_month_count(one: Evidence) -> None:
    ids = [e.message_id for e in counted(many(one), NOVEMBER, Network.PRIVATE)]
    assert ids[1:] == ["2", "3", "4", "5"]


def test_month_is_cut_in_utc(one: Evidence) -> None:
    last = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)
    assert NOVEMBER.has(last)
    assert not NOVEMBER.has(last + timedelta(seconds=1))
    assert str(NOVEMBER.last) == "2026-11-30"
    assert str(Month(2028, 2).last) == "2028-02-29"


def sums(root: etree._Element, kind: str) -> tuple[int, int]:
    found = [s for s in root.iter(f"{T}Subtotal") if s.get("type") == kind]
    return (
        sum(int(s.findtext(f"{T}Incoming") or 0) for s in found),
        sum(int(s.findtext(f"{T}Outgoing") or 0) for s in found),
    )


def test_transactions_add_up_in_every_breakdown(one: Evidence) -> None:
    root = etree.fromstring(transaction_report(many(one), NOVEMBER, US, Network.PRIVATE))
    total = root.find(f"{T}Total")
    assert total is not None
    assert (total.findtext(f"{T}Incoming"), total.findtext(f"{T}Outgoing")) == ("3", "2")
    assert sums(root, "PerTP") == sums(root, "PerSP-DT-PR") == (3, 2)
    assert sums(root, "PerSP-DT-PR-CC") == (3, 0)
    keys = {(k.get("metaSchemeID"), k.get("schemeID"), k.text) for k in root.iter(f"{T}Key")}
    assert ("CC", "SenderCountry", "DE") in keys
    assert ("SP", "CertSubjectCN", "POP000009") in keys
    assert ("TP", "Peppol", "peppol-transport-as4-v2_0") in keys
    assert root.findtext(f"{T}Header/{T}ReporterID") == US


def test_end_users_are_counted_once(one: Evidence) -> None:
    root = etree.fromstring(end_user_report(many(one), NOVEMBER, US, Network.PRIVATE))
    full = root.find(f"{E}FullSet")
    assert full is not None
    assert [child.text for child in full] == ["1", "2", "2"]
    kinds = {s.get("type") for s in root.iter(f"{E}Subset")}
    assert kinds == {"PerDT-PR", "PerDT-PR-EUC", "PerDT-EUC", "PerEUC"}


def test_empty_month_gives_a_report_of_zeros() -> None:
    tsr = etree.fromstring(transaction_report([], NOVEMBER, US, Network.PRIVATE))
    assert [child.tag for child in tsr][-1] == f"{T}Total"
    eusr = etree.fromstring(end_user_report([], NOVEMBER, US, Network.PRIVATE))
    assert [c.text for c in eusr[-1]] == ["0", "0", "0"]


@pytest.mark.parametrize("kind", ["transaction", "end-user"])
def test_reports_hold_against_the_published_schema(one: Evidence, kind: str) -> None:
    root = os.environ.get("WARIFU_PEPPOL_VECTORS")
    found = sorted(Path(root).rglob(f"peppol-{kind}-statistics*.xsd")) if root else []
    if not found:
        pytest.skip("WARIFU_PEPPOL_VECTORS names no folder with edec-reporting")
    schema = etree.XMLSchema(etree.parse(str(found[0])))
    make = transaction_report if kind == "transaction" else end_user_report
    for records in ([], list(many(one))):
        schema.assertValid(etree.fromstring(make(records, NOVEMBER, US, Network.PRIVATE)))
