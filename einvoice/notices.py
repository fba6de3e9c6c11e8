"""Notices: mails to vendors about their invoices, enqueued in the transaction that makes them true;
and the word to the network about those that came over it.

The vendor's own words stand in some of them; brackets that the mailer takes for placeholders are
taken apart, so that no text of an invoice can become a link.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from einvoice import queries
from einvoice.findings import Report
from einvoice.models import InvoiceReturn, ReceivedInvoice
from records import calendar, jobs

_MAX_REASONS = 30


def tell_refused(session: Session, row: ReceivedInvoice, report: Report) -> None:
    """受付不可: the document is not valid under the standard."""
    reasons = [
        f"・{finding.message.ja}\n　→ {finding.remedy.ja}"
        for finding in report.findings
        if finding.severity == "error"
    ]
    _mail(
        session,
        row,
        key="refused",
        subject=f"【受付できませんでした】請求書 {row.original_name}（受付番号 {row.receipt_no}）",
        body=(
            "お送りいただいた請求書は、次の理由で受け付けできませんでした。\n"
            "この請求書による支払の手続は始まっていません。\n\n"
            + _listed(reasons)
            + "\n\n直した請求書を、もう一度お送りください。"
        ),
    )


def tell_returned(session: Session, row: ReceivedInvoice, returned: InvoiceReturn) -> None:
    """返戻: the notice with its reasons that pauses the payment clock."""
    reasons = [
        f"・{item['message']['ja']}\n　→ {item['remedy']['ja']}" for item in returned.reasons
    ]
    note = f"\n\n担当からの連絡：\n{returned.note}" if returned.note else ""
    _mail(
        session,
        row,
        key="returned",
        subject=f"【返戻のお知らせ】請求書 {row.number or ''}（受付番号 {row.receipt_no}）",
        body=(
            f"{calendar.wareki(returned.notified_on)}付けで、次の理由により請求書を返戻します。\n\n"
            + _listed(reasons)
            + note
            + "\n\n訂正した請求書を、同じ請求書番号か、"
            "元の番号を記載した新しい番号でお送りください。"
            "\n訂正した請求書が届くまでの日数は、支払期限の計算に入りません"
            "（政府契約の支払遅延防止等に関する法律6条2項）。"
        ),
    )


def tell_paid(session: Session, row: ReceivedInvoice) -> None:
    """支払済."""
    day = calendar.wareki(row.paid_on) if row.paid_on else ""
    _mail(
        session,
        row,
        key="paid",
        subject=f"【お支払いのお知らせ】請求書 {row.number or ''}（受付番号 {row.receipt_no}）",
        body=(
            f"{day}に、次の請求書のお支払いをしました。通帳などでご確認ください。\n\n"
            f"請求書番号　{row.number or ''}\n"
            f"ご請求額　　{row.payable or 0:,}円\n"
            "控除がある場合は、差し引いた額をお振り込みしています。"
        ),
    )


def tell_network(session: Session, row: ReceivedInvoice, at: datetime) -> None:
    """Where an invoice of the network stands now; what is answered, the network's room decides."""
    if row.channel != "peppol":
        return
    jobs.enqueue(
        session,
        "network.answer",
        key=f"{row.id}:{row.version}",
        args={"invoice_id": row.id, "state": row.state, "at": at.isoformat()},
    )


def _mail(session: Session, row: ReceivedInvoice, *, key: str, subject: str, body: str) -> None:
    creditor = queries.creditor(session, row.vendor_id)
    if creditor is None or not creditor.email:
        return
    text = f"{creditor.name} 御中\n\n{body}\n\n受付番号　{row.receipt_no}\n"
    if row.contract_no:
        text += f"契約番号　{row.contract_no}　{row.contract_title or ''}\n"
    text += "\nこのメールに心当たりがない場合は、お手数ですが市の担当課へお知らせください。\n"
    message_key = f"invoice:{row.id}:{key}"
    jobs.enqueue(
        session,
        "portal.mail",
        key=message_key,
        args={
            "to": creditor.email,
            "subject": _plain(subject)[:200],
            "body": text.replace("[[", "[ ["),
            "message_key": message_key,
        },
    )


def _listed(reasons: list[str]) -> str:
    shown = "\n".join(reasons[:_MAX_REASONS])
    more = len(reasons) - _MAX_REASONS
    return shown + (f"\n・ほか {more} 件（窓口の画面でご覧ください）" if more > 0 else "")


def _plain(text: str) -> str:
    """One line without control characters: a subject must not become further headers."""
    return "".join(c if c.isprintable() else " " for c in text)
