"""The three tables of the page: lines, tax per rate, totals."""

from __future__ import annotations

from einvoice.invoice import AllowanceCharge, Invoice, Line
from einvoice.markup import Html, tag, together
from einvoice.units import unit_shown
from einvoice.view_findings import PlacedFindings
from einvoice.view_values import (
    NONE,
    REDUCED_MARK,
    money,
    number,
    rate,
    rate_heading,
    short_days,
)

_HEADINGS = ("番号", "取引日", "品名・内容", "数量", "単位", "単価", "税率", "金額")


def lines_table(invoice: Invoice, findings: PlacedFindings) -> Html:
    """One row a line, its allowances and charges below, then what was found there."""
    is_gross = invoice.type_code == "480"
    shows_days = any(
        short_days(line.period) not in (None, short_days(invoice.period)) for line in invoice.lines
    )
    headings = [h for h in _HEADINGS if shows_days or h != "取引日"]
    body = [
        _line(invoice, index, line, findings, shows_days=shows_days)
        for index, line in enumerate(invoice.lines, start=1)
    ]
    has_reduced = any(tax.code == "AA" for line in invoice.lines for tax in line.taxes)
    notes = ["金額は税込です。" if is_gross else "単価・金額は税抜です。"]
    if has_reduced:
        notes.append(f"{REDUCED_MARK}は軽減税率対象です。")
    return together(
        tag(
            "table",
            tag("caption", "明細", class_="visually-hidden"),
            tag("thead", tag("tr", *(tag("th", h, scope="col") for h in headings))),
            tag("tbody", *body),
            class_="iv-lines",
        ),
        tag("p", *notes, class_="iv-legend"),
    )


def _line(
    invoice: Invoice, index: int, line: Line, findings: PlacedFindings, *, shows_days: bool
) -> Html:
    place = f"line:{index}"
    level = findings.level(place)
    tax = line.taxes[0] if line.taxes else None
    is_reduced = any(t.code == "AA" for t in line.taxes)
    unit_name = next((a.value for a in line.item.attributes if a.name == "表示単位名称"), None)
    base = line.price.base_quantity
    per = "" if base is None or base == 1 else f"／{number(base)}"
    cells = [_cell("番号", line.id or NONE, "iv-id")]
    if shows_days:
        cells.append(_cell("取引日", short_days(line.period) or NONE, "iv-day"))
    cells += [
        tag(
            "td",
            tag("span", tag("bdi", line.item.name), class_="iv-item"),
            tag("span", REDUCED_MARK, class_="iv-reduced") if is_reduced else None,
            *_details(line),
            class_="iv-name",
            data_label="品名・内容",
        ),
        _cell("数量", number(line.quantity), "iv-amount"),
        _cell("単位", unit_shown(line.unit, unit_name), "iv-unit"),
        _cell("単価", number(line.price.net) + per, "iv-amount"),
        _cell("税率", NONE if tax is None else rate(tax.code, tax.rate), "iv-rate"),
        _cell("金額", number(line.net_amount), "iv-amount"),
    ]
    rows = [tag("tr", *cells, class_=None if level is None else f"iv-row iv-has-{level}")]
    rows += [_adjustment(a, "値引", "−", len(cells)) for a in line.allowances]
    rows += [_adjustment(c, "加算", "+", len(cells)) for c in line.charges]
    found = findings.at(place)
    if found is not None:
        rows.append(tag("tr", tag("td", found, colspan=len(cells)), class_="iv-found"))
    return together(*rows)


def _cell(label: str, value: str, class_: str) -> Html:
    return tag("td", value, class_=class_, data_label=label)


def _details(line: Line) -> list[Html]:
    item = line.item
    details = [text for text in (item.description, line.note) if text]
    details += [f"{a.name}：{a.value}" for a in item.attributes if a.name != "表示単位名称"]
    numbers = [
        ("納品書", "、".join(d.id for d in line.documents)),
        ("納品書", line.despatch_advice),
        ("注文", "-".join(part for part in (line.order, line.order_line) if part)),
        ("品番", item.sellers_id),
        ("貴社品番", item.buyers_id),
        ("商品コード", item.standard_id.value if item.standard_id else None),
    ]
    details += [f"{label} {value}" for label, value in numbers if value]
    return [tag("span", detail, class_="iv-detail") for detail in details]


def _adjustment(made: AllowanceCharge, kind: str, sign: str, columns: int) -> Html:
    percentage = "" if made.percentage is None else f" {number(made.percentage)}％"
    label = f"{kind} {made.reason or made.reason_code or ''}{percentage}"
    amount = f"（{sign}{number(made.amount)} を金額に含む）"
    return tag("tr", tag("td", label, amount, colspan=columns), class_="iv-adjustment")


def tax_table(invoice: Invoice, findings: PlacedFindings, heading: str) -> Html:
    """税率ごとの合計と消費税額: items 4 and 5 of the law."""
    is_gross = invoice.type_code == "480"
    foreign = {
        (row.category.code, row.category.rate): row for row in invoice.accounting_tax_breakdown
    }
    headings = ["税率", "対象額（税込）" if is_gross else "対象額（税抜）"]
    if not is_gross:
        headings.append("消費税額")
    if foreign:
        headings.append("消費税額（円）")
    rows = []
    for row in invoice.tax_breakdown:
        cells = [
            tag("th", rate_heading(row.category.code, row.category.rate), scope="row"),
            _cell(headings[1], money(row.taxable_amount, invoice.currency), "iv-amount"),
        ]
        if not is_gross:
            cells.append(_cell("消費税額", money(row.tax_amount, invoice.currency), "iv-amount"))
        if foreign:
            yen = foreign.get((row.category.code, row.category.rate))
            amount = NONE if yen is None else money(yen.tax_amount, "JPY")
            cells.append(_cell("消費税額（円）", amount, "iv-amount"))
        rows.append(tag("tr", *cells))
    return tag(
        "section",
        tag(heading, "税率ごとの内訳", class_="iv-heading"),
        tag(
            "table",
            tag("thead", tag("tr", *(tag("th", h, scope="col") for h in headings))),
            tag("tbody", *rows),
            class_="iv-tax",
        ),
        findings.at("tax"),
        aria_label="税率ごとの内訳",
    )


def totals_table(invoice: Invoice, findings: PlacedFindings, heading: str) -> Html:
    """From the lines to what is to be paid."""
    totals, currency = invoice.totals, invoice.currency
    rows: list[tuple[str, str, str | None]] = [
        ("小計", money(totals.line_sum, currency), None),
        *(_document_adjustment(a, "値引", currency, is_charge=False) for a in invoice.allowances),
        *(_document_adjustment(c, "加算", currency, is_charge=True) for c in invoice.charges),
    ]
    if invoice.type_code != "480":
        rows += [
            ("税抜合計", money(totals.without_tax, currency), None),
            ("消費税", money(invoice.tax_total, currency), None),
        ]
        if invoice.accounting_tax_total is not None:
            rows.append(("消費税（円）", money(invoice.accounting_tax_total, "JPY"), None))
    rows.append(("税込合計", money(totals.with_tax, currency), None))
    if totals.paid:
        rows.append(("既払額", money(-totals.paid, currency), None))
    if totals.rounding:
        rows.append(("端数調整", money(totals.rounding, currency), None))
    rows.append(("ご請求金額", money(totals.payable, currency), "iv-payable"))
    return tag(
        "section",
        tag(heading, "合計", class_="iv-heading"),
        tag(
            "table",
            tag(
                "tbody",
                *(
                    tag(
                        "tr",
                        tag("th", label, scope="row"),
                        tag("td", value, class_="iv-amount"),
                        class_=class_,
                    )
                    for label, value, class_ in rows
                ),
            ),
            class_="iv-totals",
        ),
        findings.at("totals"),
        aria_label="合計",
    )


def _document_adjustment(
    made: AllowanceCharge, kind: str, currency: str, *, is_charge: bool
) -> tuple[str, str, str | None]:
    percentage = "" if made.percentage is None else f" {number(made.percentage)}％"
    taxed = "" if made.tax is None else f"（{rate(made.tax.code, made.tax.rate)}）"
    amount = made.amount
    value = amount if amount is None or is_charge else -amount
    label = f"{kind} {made.reason or made.reason_code or ''}{percentage}{taxed}"
    return label, money(value, currency), None
