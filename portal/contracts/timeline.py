"""The audit trail of a contract in words: what happened, by whom, when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from records.audit import AuditEntry

#: action -> (words, tone of the mark)
WORDS: dict[str, tuple[str, str]] = {
    "contract.drafted": ("起案しました", "plain"),
    "contract.edited": ("下書きを直しました", "plain"),
    "contract.document_ordered": ("契約書の作成を始めました", "plain"),
    "contract.document_made": ("契約書（PDF）ができました", "success"),
    "contract.document_failed": ("契約書を作れませんでした", "error"),
    "contract.submitted": ("決裁に回しました", "info"),
    "contract.step_approved": ("承認しました", "success"),
    "contract.decided": ("決裁が終わりました", "success"),
    "contract.returned": ("差し戻しました", "warning"),
    "contract.recalled": ("引き戻しました", "warning"),
    "contract.withdrawn": ("取り下げました", "warning"),
    "contract.form_changed": ("書式を変えました", "plain"),
    "contract.attached": ("ファイルを添付しました", "plain"),
    "contract.detached": ("添付ファイルを外しました", "plain"),
    "contract.award_released": ("契約し直すことを認めました", "info"),
    "contract.sent": ("受注者へ送りました", "info"),
    "contract.sent_again": ("案内を送り直しました", "info"),
    "contract.case_codes_issued": ("案件コードを出し直しました", "warning"),
    "contract.opened": ("案件コードを確認して開きました", "info"),
    "contract.code_refused": ("番号またはコードが違いました", "warning"),
    "contract.read": ("契約書を最後まで読みました", "info"),
    "contract.consented": ("電子による契約に同意しました", "success"),
    "contract.consent_taken_back": ("同意を取りやめました", "warning"),
    "contract.way_chosen": ("署名の方法を選びました", "plain"),
    "contract.certificate_refused": ("示された電子証明書を受け付けませんでした", "warning"),
    "contract.digest_asked": ("電子証明書を示して、署名の依頼を求めました", "info"),
    "contract.digest_handed_out": ("署名の依頼（ダイジェスト）を渡しました", "info"),
    "contract.answer_refused": ("署名の回答を受け付けませんでした", "warning"),
    "contract.act_requested": ("署名を申し込みました", "info"),
    "contract.waiting_for_time": ("時刻局の応答を待っています", "warning"),
    "contract.signed": ("署名しました", "success"),
    "contract.concluded": ("契約が確定しました", "success"),
    "contract.certified": ("合意締結証明書を発行しました", "success"),
    "contract.kept": ("長期保存の形式にしました", "success"),
    "contract.downloaded": ("ダウンロードしました", "plain"),
    "contract.renewed": ("長期保存のタイムスタンプを足しました", "success"),
    "contract.copy_reminded": ("控えの保存をお願いするメールを送りました", "info"),
    "contract.declined": ("辞退しました", "error"),
    "contract.reminded": ("署名をお願いするメールを、もう一度送りました", "info"),
    "contract.called_off": ("送った後に取り下げました", "warning"),
    "contract.to_paper": ("電子での契約をやめ、紙に切り替えました", "warning"),
    "contract.forwarded": ("社内の別の人に回しました", "info"),
    "closing.refused": ("まとめ署名で署名できませんでした", "warning"),
    "contract.notice_given": ("履行の届を出しました", "info"),
    "contract.notice_accepted": ("届を受理しました", "success"),
    "contract.notice_returned": ("届を返しました", "warning"),
    "contract.notice_passed": ("検査に合格しました", "success"),
    "contract.notice_failed": ("検査に合格しませんでした", "error"),
    "contract.guarantee_recorded": ("保証を登録しました", "info"),
    "contract.guarantee_checked": ("保証を確認しました", "success"),
    "contract.guarantee_ended": ("保証を終わりにしました", "plain"),
    "contract.guarantee_key_shown": ("保証の認証キーを見ました", "warning"),
    "contract.advance_granted": ("前払の条件を登録しました", "plain"),
    "contract.interim_certified": ("中間前払を認定しました", "success"),
    "contract.amendment_drafted": ("変更契約を起案しました", "info"),
    "contract.memorandum_drafted": ("覚書を起案しました", "info"),
    "contract.council_passed": ("議会で可決されました", "success"),
    "contract.council_rejected": ("議会で否決されました", "error"),
    "contract.cancellation_proposed": ("解除の伺いを起こしました", "warning"),
    "contract.cancellation_refused": ("解除の伺いを退けました", "plain"),
    "contract.cancelled": ("契約を解除しました", "error"),
    "contract.cancellation_seen": ("受注者が解除の通知を開きました", "plain"),
    "contract.imported": ("ほかのサービスから取り込みました", "info"),
    "contract.archived": ("保存用のタイムスタンプを付けました", "success"),
    "contract.held": ("廃棄を止めました（保全）", "warning"),
    "contract.hold_lifted": ("保全を解きました", "plain"),
    "contract.disposed": ("保存年限が過ぎたため、文書を廃棄しました", "warning"),
    "contract.job_given_up": ("自動の処理ができませんでした（運用管理者が確認します）", "error"),
    "contract.alarm": ("警報：一致しないデータを見つけ、停止しました", "error"),
}

_DOWNLOADS = {"pdf": "契約書", "certificate": "合意締結証明書", "package": "一式（ZIP）"}


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as a page shows it. `proof` is a hash to compare, if the act is about a file."""

    at: datetime
    words: str
    tone: str
    who: str
    side: str
    detail: str
    proof: str


def lines(entries: Sequence[AuditEntry], *, for_vendor: bool = False) -> list[Line]:
    """Oldest first. A vendor does not see the city's inner steps before the sending."""
    shown = []
    for entry in entries:
        if for_vendor and entry.action in _INNER:
            continue
        words, tone = WORDS.get(entry.action, (entry.action, "plain"))
        details: dict[str, Any] = entry.details
        shown.append(
            Line(
                at=entry.at,
                words=words,
                tone=tone,
                who="warifu（自動）" if entry.actor.kind == "system" else entry.actor.name,
                side=entry.actor.kind,
                detail=_detail(entry.action, details),
                proof=str(details.get("sha256", "")),
            )
        )
    return shown


_INNER = frozenset(
    {
        "contract.drafted",
        "contract.edited",
        "contract.document_ordered",
        "contract.document_made",
        "contract.document_failed",
        "contract.submitted",
        "contract.step_approved",
        "contract.decided",
        "contract.returned",
        "contract.recalled",
        "contract.form_changed",
        "contract.attached",
        "contract.detached",
        "contract.award_released",
        "contract.guarantee_key_shown",
        "contract.cancellation_proposed",
        "contract.cancellation_refused",
        "contract.held",
        "contract.hold_lifted",
    }
)


def _detail(action: str, details: dict[str, Any]) -> str:
    if action in {"contract.step_approved", "contract.decided"}:
        return str(details.get("step", ""))
    if action == "contract.downloaded":
        return _DOWNLOADS.get(str(details.get("what")), "")
    if action in {"contract.act_requested", "contract.signed", "contract.consented"}:
        return str(details.get("person", ""))
    if action == "contract.forwarded":
        return str(details.get("to", ""))
    if action == "contract.document_made":
        return f"第{details.get('version')}版・{details.get('pages')}ページ"
    return str(details.get("reason") or details.get("code") or "")
