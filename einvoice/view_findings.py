"""Findings where they belong on the page: each beside the line or block it speaks of."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from einvoice.findings import Finding
from einvoice.markup import Html, tag, together

MAX_AT_ONE_PLACE = 20
_LINE = re.compile(r"/[^/]+/cac:InvoiceLine(?:\[(\d+)\])?")
_BLOCKS = (
    ("seller", ("cac:AccountingSupplierParty", "cac:TaxRepresentativeParty")),
    ("buyer", ("cac:AccountingCustomerParty", "cac:Delivery")),
    ("tax", ("cac:TaxTotal",)),
    ("totals", ("cac:LegalMonetaryTotal", "cac:AllowanceCharge", "cac:PrepaidPayment")),
    ("payment", ("cac:PaymentMeans", "cac:PaymentTerms", "cac:PayeeParty")),
    ("attachments", ("cac:AdditionalDocumentReference",)),
)
_LEVELS = {"error": "要修正", "warning": "注意", "info": "参考"}
_RANK = {"error": 0, "warning": 1, "info": 2}


def block_of(finding: Finding) -> str:
    """The block's name, or "line:3" for the third line of the document."""
    path = finding.path or ""
    line = _LINE.match(path)
    if line is not None:
        return f"line:{line.group(1) or 1}"
    step = path.split("/")[2].partition("[")[0] if path.count("/") > 1 else ""
    return next((name for name, steps in _BLOCKS if step in steps), "head")


class PlacedFindings:
    """All findings of a report, by block."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self._by_block: dict[str, list[Finding]] = defaultdict(list)
        self.counts = dict.fromkeys(_LEVELS, 0)
        for finding in findings:
            self._by_block[block_of(finding)].append(finding)
            self.counts[finding.severity] += 1

    def at(self, block: str) -> Html | None:
        """The block's findings as a list, worst first; None if there are none."""
        found = sorted(self._by_block.get(block, ()), key=lambda f: _RANK[f.severity])
        if not found:
            return None
        items = [_item(finding) for finding in found[:MAX_AT_ONE_PLACE]]
        if len(found) > MAX_AT_ONE_PLACE:
            items.append(tag("li", f"ほか{len(found) - MAX_AT_ONE_PLACE}件", class_="iv-more"))
        return tag("ul", together(*items), class_="iv-findings")

    def level(self, block: str) -> str | None:
        """The worst severity at a block."""
        found = self._by_block.get(block, ())
        return min((f.severity for f in found), key=_RANK.__getitem__, default=None)

    def summary(self) -> Html:
        """How many of each."""
        counted = [f"{_LEVELS[level]} {n}件" for level, n in self.counts.items() if n]
        return tag("p", "、".join(counted) or "指摘はありません。", class_="iv-counts")


def _item(finding: Finding) -> Html:
    return tag(
        "li",
        tag("strong", _LEVELS[finding.severity], class_="iv-level"),
        " ",
        tag("span", finding.message.ja, class_="iv-message"),
        " ",
        tag("span", "→ ", finding.remedy.ja, class_="iv-remedy"),
        " ",
        tag("small", _reference(finding), class_="iv-rule"),
        class_=f"iv-finding iv-{finding.severity}",
    )


def _reference(finding: Finding) -> str:
    parts = [finding.id]
    if finding.term:
        parts.append(finding.term)
    if finding.line:
        parts.append(f"{finding.line}行目")
    return "（" + "・".join(parts) + "）"
