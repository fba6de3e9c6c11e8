"""消費税法57条の4第1項3号・4号: the reduced-rate mark, and rates that exist on their day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from einvoice.invoice import Invoice, TaxCategory
from einvoice.own_checks import Desk
from einvoice.places import Place, adjustments
from einvoice.supply_days import supply_days
from einvoice.tax_rates import REDUCED, STANDARD, Standing, tax_tables

if TYPE_CHECKING:
    from einvoice.document import Node

# The same wrong rate is said of this many places; more would hide everything else.
MAX_SAME_RATE_FINDINGS = 20
# A vendor who uses an old rate by a transitional measure says so in a note.
_OLD_RATE_WORDS = ("経過措置", "旧税率")


@dataclass(frozen=True, slots=True)
class _Stated:
    """A category and rate somewhere in the document, its day, and words that may explain it."""

    category: TaxCategory
    place: Place
    term: str
    where_ja: str
    where_en: str
    day: date | None
    words: str


def _stated(invoice: Invoice, root: Node | None) -> Iterator[_Stated]:
    days = supply_days(invoice)
    general = None if days is None else days[1]
    remarks = " ".join(
        text for text in (invoice.note, *(t.note for t in invoice.payment_terms)) if text
    )
    for index, line in enumerate(invoice.lines):
        if len(line.taxes) == 1:
            day = line.period.end or line.period.start if line.period else None
            yield _Stated(
                line.taxes[0],
                (("cac:InvoiceLine", index), "cac:Item", "cac:ClassifiedTaxCategory"),
                "IBT-152",
                f"明細「{line.id}」",
                f"Line “{line.id}”",
                day or general,
                f"{remarks} {line.note or ''} {line.item.name} {line.item.description or ''}",
            )
    for made_here, is_charge in ((invoice.allowances, False), (invoice.charges, True)):
        steps = adjustments(root, len(made_here), is_charge=is_charge)
        for step, made in zip(steps, made_here, strict=True):
            if made.tax is not None:
                yield _Stated(
                    made.tax,
                    (step, "cac:TaxCategory"),
                    "IBT-103" if is_charge else "IBT-096",
                    "値引・加算",
                    "Allowance or charge",
                    general,
                    f"{remarks} {made.reason or ''}",
                )
    for index, row in enumerate(invoice.tax_breakdown):
        yield _Stated(
            row.category,
            ("cac:TaxTotal", ("cac:TaxSubtotal", index), "cac:TaxCategory"),
            "IBT-119",
            "税率ごとの内訳",
            "The breakdown",
            general,
            f"{remarks} {row.category.exemption_reason or ''}",
        )


def check_rates(invoice: Invoice, desk: Desk, root: Node | None) -> None:
    """Each category and rate on its day.

    A return follows the rate of the original, so the days of the invoices it names count, too.
    """
    originals = [p.issue_date for p in invoice.preceding_invoices if p.issue_date is not None]
    standings: dict[tuple[str, Decimal, date], Standing] = {}
    said: Counter[tuple[str, Decimal]] = Counter()
    for stated in _stated(invoice, root):
        code, rate, day = stated.category.code, stated.category.rate, stated.day
        if code not in (STANDARD, REDUCED) or rate is None or day is None:
            continue
        key = (code, rate, day)
        standing = standings.get(key)
        if standing is None:
            standing = standings[key] = _standing(code, rate, day, originals)
        if standing is Standing.IN_FORCE:
            continue
        if standing is Standing.FORMER and any(word in stated.words for word in _OLD_RATE_WORDS):
            continue
        said[code, rate] += 1
        if said[code, rate] <= MAX_SAME_RATE_FINDINGS:
            _report(stated, rate, day, standing, desk)


def _report(stated: _Stated, rate: Decimal, day: date, standing: Standing, desk: Desk) -> None:
    tables = tax_tables()
    code = stated.category.code
    lacks_mark = code != REDUCED and tables.category_of(rate, day) == REDUCED
    desk.report(
        "reduced-mark-missing" if lacks_mark else f"rate-{standing}",
        (*stated.place, "cbc:ID" if lacks_mark else "cbc:Percent"),
        term=None if lacks_mark else stated.term,
        where_ja=stated.where_ja,
        where_en=stated.where_en,
        code=code,
        rate=f"{rate.normalize():f}",
        day=day,
        rates=", ".join(f"{row.category} {row.percent}%" for row in tables.rates_on(day)),
    )


def _standing(code: str, rate: Decimal, day: date, originals: list[date]) -> Standing:
    tables = tax_tables()
    standing = tables.standing(code, rate, day)
    if standing is not Standing.IN_FORCE and any(
        tables.standing(code, rate, original) is Standing.IN_FORCE for original in originals
    ):
        return Standing.IN_FORCE
    return standing
