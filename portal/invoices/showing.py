"""Invoices in words for pages: steps, badges, what happened, what is left on the contract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from einvoice import approving, queries
from einvoice.contract_terms import ContractTerms
from einvoice.due_dates import banking_days_left
from einvoice.findings import Finding, Report, Text
from einvoice.models import FindingRow, ReceivedInvoice
from einvoice.reading import read
from einvoice.states import STATE_NAMES, State
from einvoice.view import view_html
from records import Store
from records.audit import AuditEntry

TONES: dict[State, str] = {
    State.RECEIVED: "info",
    State.REFUSED: "error",
    State.DUPLICATE: "plain",
    State.AT_SECTION: "waiting",
    State.AT_HEAD: "waiting",
    State.AT_ACCOUNTING: "waiting",
    State.AT_TREASURER: "waiting",
    State.APPROVED: "info",
    State.HANDED_OVER: "info",
    State.PAID: "success",
    State.RETURNED: "error",
    State.WITHDRAWN: "plain",
}
# What a vendor reads: where it is, not who in the house has it.
VENDOR_WORDS: dict[State, str] = {
    State.AT_SECTION: "市が内容を確認しています",
    State.AT_HEAD: "市が内容を確認しています",
    State.AT_ACCOUNTING: "市が審査しています",
    State.AT_TREASURER: "市が審査しています",
    State.APPROVED: "支払の準備をしています",
    State.HANDED_OVER: "銀行で振込の手続中です",
    State.PAID: "お支払い済みです",
    State.RETURNED: "返戻：訂正をお願いします",
    State.REFUSED: "受付できませんでした",
    State.RECEIVED: "受け付けました（内容を確認中）",
    State.DUPLICATE: "同じ請求書が受付済みです",
    State.WITHDRAWN: "取り下げました",
}
RESULTS: dict[str, tuple[str, str]] = {
    "MATCHED": ("契約・検収と一致", "success"),
    "MATCHED_WITH_WARNINGS": ("一致（注意あり）", "success"),
    "HELD": ("確認が必要", "warning"),
    "REJECTED": ("不一致", "error"),
    "WAITING": ("市の手続待ち", "waiting"),
    "UNMATCHED": ("契約が不明", "warning"),
}
LEVELS: dict[str, tuple[str, str]] = {
    "STOP": ("停止", "error"),
    "HOLD": ("保留", "warning"),
    "WARN": ("注意", "warning"),
    "INFO": ("参考", "info"),
}
CHANNELS = {
    "upload": "画面から送信",
    "form": "画面で作成",
    "api": "API",
    "peppol": "Peppol",
    "mail": "メール",
    "folder": "フォルダー連携",
    "scan": "紙・PDF",
}
_WORDS: dict[str, tuple[str, str]] = {
    "invoice.received": ("受け付けました", "info"),
    "invoice.examined_again": ("自動の確認をやり直しました", "info"),
    "invoice.shares_set": ("科目内訳を決めました", "info"),
    "invoice.examine": ("自動で確認・照合しました", "info"),
    "invoice.refuse": ("受付できませんでした", "error"),
    "invoice.set_aside": ("同じ請求書のため対象外にしました", "warning"),
    "invoice.approve": ("承認しました", "success"),
    "invoice.send_back": ("担当課へ差し戻しました", "warning"),
    "invoice.return": ("受注者へ返戻しました", "warning"),
    "invoice.withdraw": ("取り下げました", "warning"),
    "invoice.held": ("保留にしました", "warning"),
    "invoice.hold_lifted": ("保留を解除しました", "info"),
    "invoice.finding_released": ("指摘を解除しました", "info"),
    "invoice.deductions_set": ("控除を決めました", "info"),
    "invoice.contract_chosen": ("契約を選びました", "info"),
    "invoice.hand_over": ("支出命令と振込データを引き渡しました", "success"),
    "invoice.take_back": ("引き渡しを取り消しました", "warning"),
    "invoice.fail": ("振込不能となりました", "error"),
    "invoice.settle": ("支払われました", "success"),
}
_FOR_VENDOR = frozenset(
    {
        "invoice.received",
        "invoice.refuse",
        "invoice.set_aside",
        "invoice.return",
        "invoice.withdraw",
        "invoice.settle",
    }
)


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of the history."""

    at: datetime
    words: str
    tone: str
    who: str
    detail: str


def history(entries: Sequence[AuditEntry], *, for_vendor: bool = False) -> list[Line]:
    """The audit trail of an invoice in words."""
    found = []
    for entry in entries:
        if entry.action not in _WORDS or (for_vendor and entry.action not in _FOR_VENDOR):
            continue
        words, tone = _WORDS[entry.action]
        detail = str(entry.details.get("reason") or entry.details.get("note") or "")
        if entry.action == "invoice.finding_released":
            detail = f"{entry.details.get('check', '')}　{detail}"
        if entry.details.get("deputy_for"):
            detail = f"{entry.details['deputy_for']} の代決　{detail}"
        who = "市" if for_vendor and entry.actor.kind == "staff" else entry.actor.name
        found.append(Line(entry.at, words, tone, who, detail))
    return found


def badge(row: ReceivedInvoice, *, for_vendor: bool = False) -> tuple[str, str]:
    """Words and tone of where the invoice stands."""
    if row.examination_error is not None:
        return ("市の担当が確認しています" if for_vendor else "自動確認が中断"), "warning"
    words = VENDOR_WORDS[row.status] if for_vendor else STATE_NAMES[row.status][0]
    if row.hold_reason and not for_vendor:
        return f"{words}（保留中）", "warning"
    return words, TONES[row.status]


_WALK = (State.RECEIVED, State.AT_SECTION, State.AT_ACCOUNTING, State.APPROVED, State.PAID)
_PLACE = {
    State.RECEIVED: 0,
    State.AT_SECTION: 1,
    State.AT_HEAD: 1,
    State.AT_ACCOUNTING: 2,
    State.AT_TREASURER: 2,
    State.APPROVED: 3,
    State.HANDED_OVER: 3,
    State.PAID: 5,
}


def steps(row: ReceivedInvoice, *, for_vendor: bool = False) -> list[dict[str, Any]]:
    """The walk as a row of steps with the present one marked."""
    labels = (
        ("受付", "市の確認", "市の審査", "支払手続", "支払済")
        if for_vendor
        else ("受付・照合", "担当課", "会計課・会計管理者", "支払", "支払済")
    )
    stopped = row.status in {State.REFUSED, State.RETURNED, State.WITHDRAWN, State.DUPLICATE}
    place = 0 if row.status in {State.REFUSED, State.DUPLICATE} else _PLACE.get(row.status, 1)
    found = []
    for number, label in enumerate(labels):
        state = "done" if number < place else "waiting"
        if number == place:
            state = "failed" if stopped else "current"
        found.append({"label": label, "state": state, "detail": None})
    return found


@dataclass(frozen=True, slots=True)
class Shown:
    """A finding on a page, with its release where one was given."""

    row: FindingRow
    level: str
    tone: str
    open: bool
    released_by: str
    reason: str


def findings(session: Session, row: ReceivedInvoice) -> list[Shown]:
    """What people must look at, gravest first: open ones before answered ones."""
    still = {f.check_id for f in approving.open_findings(session, row)}
    releases = queries.releases(session, row.id)
    found = []
    for finding in queries.findings(session, row.id):
        level, tone = LEVELS[finding.level]
        if finding.level == "STOP" and "V" not in finding.resolver:
            level, tone = "市の手続待ち", "waiting"  # nobody's mistake: something is still to do
        release = releases.get(finding.check_id)
        is_open = finding.check_id in still and finding.level in {"STOP", "HOLD"}
        answered = release is not None and not is_open
        found.append(
            Shown(
                finding,
                level,
                tone,
                is_open,
                release.actor_name if release and answered else "",
                release.reason if release and answered else "",
            )
        )
    order = {"STOP": 0, "HOLD": 1, "WARN": 2, "INFO": 3}
    return sorted(found, key=lambda f: (not f.open, order[f.row.level]))


@dataclass(frozen=True, slots=True)
class Bar:
    """The contract's price in parts: earlier claims, this one, what is left. Percent of it all."""

    total: Decimal
    before: Decimal
    this: Decimal
    left: Decimal
    over: Decimal

    def percent(self, part: Decimal) -> float:
        """Width of a part; of the larger of price and claims, so that an excess shows."""
        whole = max(self.total, self.before + self.this, Decimal(1))
        return float(round(part * 100 / whole, 2))


def bar(session: Session, terms: ContractTerms, row: ReceivedInvoice | None) -> Bar:
    """Amount left as a bar."""
    claims = queries.claims_on(session, terms.number)
    this = (row.payable or Decimal(0)) if row is not None and row.is_live else Decimal(0)
    before = sum(
        (c.payable or Decimal(0) for c in claims if row is None or c.id != row.id), Decimal(0)
    )
    rest = terms.gross - before - this
    return Bar(terms.gross, before, this, max(rest, Decimal(0)), max(-rest, Decimal(0)))


def days_left(row: ReceivedInvoice, today: date) -> int | None:
    """Banking days to the due date; None where it is settled or not yet known."""
    if row.due_on is None or row.status in {State.PAID, State.RETURNED, State.WITHDRAWN}:
        return None
    return banking_days_left(today, row.due_on)


def human_view(
    session: Session, store: Store, row: ReceivedInvoice, *, for_vendor: bool = False
) -> str | None:
    """The invoice as people read it, findings at their lines; None when it cannot be read."""
    if row.verdict in {None, "unreadable"}:
        return None
    rows = queries.findings(session, row.id)
    # On the paper stands what speaks of the paper; budgets and accounts are told beside it.
    shown = [
        f
        for f in rows
        if f.source != "match" or (f.path is not None and (not for_vendor or "V" in f.resolver))
    ]
    report = Report(
        profile=row.profile,
        verdict=row.verdict,  # type: ignore[arg-type]
        qualified=row.qualified or "cannot_tell",  # type: ignore[arg-type]
        findings=tuple(_finding(f) for f in shown),
    )
    return str(view_html(read(store.read(row.readable_sha256)), report))


def _finding(row: FindingRow) -> Finding:
    return Finding(
        id=row.check_id,
        source=row.source,  # type: ignore[arg-type]
        severity=row.severity,  # type: ignore[arg-type]
        message=Text(row.message_ja, row.message_en),
        remedy=Text(row.remedy_ja, row.remedy_en),
        path=row.path,
        line=row.line,
        term=row.term,
    )
