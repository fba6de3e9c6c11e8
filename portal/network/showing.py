"""Words for the network's pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from peppol import DocumentTypeId
from peppol.answers import AnswerState
from peppol.identifiers import (
    INVOICE_RESPONSE,
    JP_INVOICE,
    JP_NON_TAX_INVOICE,
    JP_SELF_BILLING,
    MESSAGE_LEVEL_STATUS,
)
from portal.network.models import MessageState, NetworkAnswer, NetworkMessage, NetworkReply
from portal.network.queries import NO_PLACE, Figures, Shelf
from portal.network.received import ALARM, REPEATED

STATES = {
    MessageState.KEPT: ("受信・取り込み中", "waiting"),
    MessageState.HANDED_ON: ("取り込み済み", "success"),
    MessageState.REJECTED: ("取り込めません", "error"),
    MessageState.WAITING: ("送信中", "waiting"),
    MessageState.DELIVERED: ("届きました（受領書あり）", "success"),
    MessageState.FAILED: ("届きません", "error"),
}
DOCUMENTS = {
    JP_INVOICE: "請求書",
    JP_NON_TAX_INVOICE: "請求書（免税事業者）",
    JP_SELF_BILLING: "仕入明細書",
    INVOICE_RESPONSE: "請求書への回答",
    MESSAGE_LEVEL_STATUS: "受信結果の通知",
}
STATUSES = {
    "AB": "受け取りました",
    "AP": "承認しました",
    "RE": "受け付けられません",
    "PD": "支払いました",
    "IP": "処理中です",
    "UQ": "確認中です",
    "CA": "条件付きで承認しました",
}
NETWORKS = {
    "production": "本番の網",
    "test": "試験の網（Peppol）",
    "private": "手元の試験網（Peppolではありません）",
}
ACTS = {
    "network.handed_on": "請求書などへ引き渡し",
    "network.rejected": "取り込めず",
    "network.delivered": "届いた（受領書を確認）",
    "network.handed_to_provider": "事業者に渡した",
    "network.failed": "届かず",
    "network.resent": "再送を指示",
    "network.answer_resent": "回答の再送を指示",
    "network.alarm": "異常を検知",
    "network.queued": "送信を指示",
}


def now() -> datetime:
    """For counts on the home page, which is handed no clock."""
    return datetime.now(UTC)


def document_words(document_type: str) -> str:
    """What kind of document, in plain words."""
    return DOCUMENTS.get(DocumentTypeId.parse(document_type), "その他の文書")


def shelves(figures: Figures) -> Sequence[tuple[str, str, int]]:
    """(value, words, count) of each list."""
    return (
        (Shelf.TROUBLE.value, "要確認", figures.trouble),
        (Shelf.INCOMING.value, "受信", figures.received),
        (Shelf.OUTGOING.value, "送信", figures.sent),
        (Shelf.ALL.value, "すべて", figures.received + figures.sent),
    )


@dataclass(frozen=True, slots=True)
class Line:
    """A message in a list."""

    id: str
    serial: int
    incoming: bool
    at: datetime
    partner: str
    document: str
    number: str
    state: tuple[str, str]
    error: str
    flags: tuple[str, ...]

    @classmethod
    def of(cls, row: NetworkMessage) -> Line:
        return cls(
            id=row.id,
            serial=row.serial,
            incoming=row.is_incoming,
            at=row.recorded,
            partner=row.sender if row.is_incoming else row.receiver,
            document=document_words(row.document_type),
            number=row.document_number or "",
            state=_state(row),
            error=row.error_ja,
            flags=tuple(_flag(flag) for flag in row.flags),
        )


@dataclass(frozen=True, slots=True)
class Owed:
    """An answer we owe or gave."""

    id: str
    kind: str
    words: str
    receiver: str
    state: tuple[str, str]
    due: datetime
    sent: datetime | None
    attempts: int
    failed: bool
    about_id: str | None
    error: str

    @classmethod
    def of(cls, row: NetworkAnswer) -> Owed:
        failed = row.state == AnswerState.UNDELIVERABLE.value
        unwanted = row.last_error == NO_PLACE
        state = ("送信を待っています", "waiting")
        if row.sent is not None:
            late = row.sent > row.due
            state = ("届きました（期限後）", "warning") if late else ("届きました", "success")
        elif unwanted:
            state = ("相手が受け取る登録をしていません", "plain")
        elif failed:
            state = ("届きません", "error")
        return cls(
            id=row.id,
            kind=document_words(row.document_type),
            words=STATUSES.get(row.status, row.status),
            receiver=row.receiver,
            state=state,
            due=row.due,
            sent=row.sent,
            attempts=row.attempts,
            failed=failed and not unwanted,
            about_id=row.about_id,
            error=row.last_error,
        )


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that came."""

    kind: str
    words: str
    status: str
    at: datetime
    reasons: tuple[tuple[str, str], ...]
    source_id: str

    @classmethod
    def of(cls, row: NetworkReply) -> Reply:
        kind = INVOICE_RESPONSE if row.kind == "invoice_response" else MESSAGE_LEVEL_STATUS
        return cls(
            kind=DOCUMENTS[kind],
            words=STATUSES.get(row.status, row.status),
            status=row.status,
            at=row.at,
            reasons=tuple((code, text) for code, text in row.words),
            source_id=row.source_id,
        )


def proof(row: NetworkMessage) -> list[tuple[str, Any]]:
    """The evidence as terms and values."""
    told = row.evidence or {}
    return [
        ("差出人", row.sender),
        ("宛先", row.receiver),
        ("差出人のアクセスポイント", row.sender_seat),
        ("宛先のアクセスポイント", row.receiver_seat),
        ("文書の種類", row.document_type),
        ("処理", row.process),
        ("封筒の番号", row.instance_identifier),
        ("メッセージの番号", row.message_id),
        ("差出国", told.get("country_c1")),
        ("本体のSHA-256", row.payload_sha256),
        ("相手の証明書のSHA-256", told.get("peer_certificate_sha256")),
        ("展開後の大きさ", f"{row.expanded_size:,}バイト" if row.expanded_size else None),
    ]


def _state(row: NetworkMessage) -> tuple[str, str]:
    if row.via == "provider" and row.status is MessageState.DELIVERED:
        return "事業者に渡しました", "success"
    return STATES[row.status]


def _flag(flag: str) -> str:
    known = {
        "timestamp outside window": "送信時刻がずれています",
        REPEATED: "同じ封筒が別のメッセージで届きました",
        "handed over by provider": "事業者から受け渡し",
        ALARM: "番号が別の内容に使われています",
    }
    if flag.startswith("already received: "):
        return f"受付済み：{flag.partition(': ')[2]}"
    return known.get(flag, flag)
