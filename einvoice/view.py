"""The human view: an invoice as a page in the form Japanese readers expect of a 適格請求書.

`view_html` gives an `<article>` for a page of the portal, `view_page` a page that stands alone,
`view_pdf` a PDF. Styles are in `assets/invoice_view.css` (`view_css`), names only in the markup, so
that a strict Content-Security-Policy holds. Every value of the document is escaped; nothing in it
becomes a link, an image or a script.

Beside what the law asks for (parties with registration number, days of supply, ※ for the reduced
rate, sums and tax per rate) it shows bank account, notes, attachments, and each finding at the
place it speaks of with what to change.
"""

from __future__ import annotations

from importlib import resources

from einvoice.findings import Report
from einvoice.invoice import Invoice
from einvoice.markup import Html, tag, together
from einvoice.view_blocks import (
    amount_due_block,
    attachments_block,
    head_block,
    notes_block,
    party_blocks,
    payment_block,
)
from einvoice.view_findings import PlacedFindings
from einvoice.view_tables import lines_table, tax_table, totals_table

_TITLES = {"380": "請求書", "480": "請求書", "389": "仕入明細書"}
_KINDS = {"380": "適格請求書", "480": "区分記載請求書（登録のない事業者）", "389": "仕入明細書"}
_VERDICTS = {"valid": "適合", "invalid": "不適合", "unreadable": "読み取れない"}
_QUALIFIED = {"met": "満たす", "not_met": "満たさない", "cannot_tell": "確認できない"}


def view_html(invoice: Invoice, report: Report | None = None, *, heading: int = 2) -> str:
    """The invoice as an `<article>`; with a report, its answers and findings on it.

    `heading` is the level of its title: 2 on a page with a title of its own.
    """
    findings = PlacedFindings(report.findings if report else ())
    below = f"h{heading + 1}"
    return tag(
        "article",
        None if report is None else _answers(report, findings),
        tag(f"h{heading}", _title(invoice), class_="iv-title"),
        tag("p", _kind(invoice, report), class_="iv-kind"),
        party_blocks(invoice, findings),
        head_block(invoice, findings),
        amount_due_block(invoice),
        lines_table(invoice, findings),
        tag(
            "div",
            tag(
                "div",
                tax_table(invoice, findings, below),
                payment_block(invoice, findings, below),
            ),
            totals_table(invoice, findings, below),
            class_="iv-sums",
        ),
        notes_block(invoice, below),
        attachments_block(invoice, findings, below),
        class_="invoice-view",
        lang="ja",
    )


def _title(invoice: Invoice) -> str:
    title = _TITLES.get(invoice.type_code, "請求書")
    total = invoice.totals.with_tax
    return f"返還{title}" if total is not None and total < 0 else title


def _kind(invoice: Invoice, report: Report | None) -> str:
    if invoice.type_code == "380" and report is not None and report.qualified == "not_met":
        return "適格請求書の要件を満たしていません"
    return _KINDS.get(invoice.type_code, f"種別 {invoice.type_code}")


def _answers(report: Report, findings: PlacedFindings) -> Html:
    def answer(label: str, value: str, state: str) -> Html:
        return together(tag("dt", label), tag("dd", value, class_=f"iv-answer iv-is-{state}"))

    return tag(
        "aside",
        tag(
            "dl",
            answer("JP PINT の規則", _VERDICTS[report.verdict], report.verdict),
            answer("適格請求書の要件", _QUALIFIED[report.qualified], report.qualified),
        ),
        findings.summary(),
        class_="iv-report",
        aria_label="確認の結果",
    )


def view_css() -> str:
    """The style sheet, for screen (from 320 px) and A4 print."""
    return resources.files("einvoice").joinpath("assets/invoice_view.css").read_text("utf-8")


def view_page(invoice: Invoice, report: Report | None = None) -> str:
    """A whole page that needs nothing beside it: for a file on somebody's desk."""
    title = f"{_title(invoice)} {invoice.number} {invoice.seller.name}"
    head = together(
        Html('<meta charset="utf-8">'),
        Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Html('<meta name="referrer" content="no-referrer">'),
        tag("title", title),
        Html(f"<style>{view_css()}</style>"),
    )
    main = tag("main", Html(view_html(invoice, report, heading=1)))
    body = tag("body", main, class_="invoice-page")
    return f'<!DOCTYPE html>\n<html lang="ja"><head>{head}</head>{body}</html>\n'


def view_pdf(invoice: Invoice, report: Report | None = None) -> bytes:
    """The page as A4 PDF. Heavy: for the worker and the command line, not for a web request."""
    # Slow to import, and not for the web process.
    from weasyprint import HTML, URLFetcher  # type: ignore[import-untyped,unused-ignore]

    # The page refers to nothing; if it ever did, no protocol would be allowed to fetch it.
    nothing = URLFetcher(allowed_protocols=())
    pdf = HTML(string=view_page(invoice, report), url_fetcher=nothing).write_pdf()
    assert isinstance(pdf, bytes)
    return pdf
