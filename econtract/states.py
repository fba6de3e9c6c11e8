"""States of a contract and of a signing act, and the only moves between them.

    drafting ──render──▶ rendering ──▶ ready ──submit──▶ deciding ──▶ approved ──send──▶
        ▲  ▲                │           │                   │            │
        │  └── render_failed┘           │ edit              │ return     │ recall
        └───────────────────────────────┴───────────────────┴────────────┘
    awaiting_vendor ──vendor signs──▶ signing ──▶ awaiting_vendor (joint venture: the next one)
                                         │    ──▶ awaiting_city ──city signs──▶ signing ─▶ concluded
    any state before concluded ──▶ halted (bytes are not what was decided, or do not verify)
    awaiting_vendor ──decline──▶ declined;  drafting…approved ──withdraw──▶ withdrawn
    awaiting_vendor, awaiting_city ──call off──▶ withdrawn
    ready…awaiting_city ──vote lost──▶ voted_down
    concluded, declined, withdrawn, voted_down ──dispose, by decision──▶ disposed
A contract that ended without being concluded frees its award (econtract/reissuing.py).

A municipal contract is final only when both sides' measures are complete (地方自治法234条5項);
so `concluded` (確定) is reached from `signing` alone, by the job that verified the last slot.
"""

from __future__ import annotations

from enum import StrEnum

from econtract.errors import MoveRefused


class ContractState(StrEnum):
    DRAFTING = "drafting"
    RENDERING = "rendering"
    RENDER_FAILED = "render_failed"
    READY = "ready"
    DECIDING = "deciding"
    APPROVED = "approved"
    AWAITING_VENDOR = "awaiting_vendor"
    SIGNING = "signing"
    AWAITING_CITY = "awaiting_city"
    CONCLUDED = "concluded"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    HALTED = "halted"
    VOTED_DOWN = "voted_down"
    DISPOSED = "disposed"


class ActState(StrEnum):
    """A signing act: asked for, waiting for a time-stamping authority, done, or refused."""

    REQUESTED = "requested"
    WAITING_TSA = "waiting_tsa"
    SIGNED = "signed"
    REFUSED = "refused"


S = ContractState

STATE_NAMES: dict[ContractState, tuple[str, str]] = {
    S.DRAFTING: ("下書き", "draft"),
    S.RENDERING: ("契約書を作成中", "making the document"),
    S.RENDER_FAILED: ("契約書を作れませんでした", "document could not be made"),
    S.READY: ("決裁前", "ready for decision"),
    S.DECIDING: ("決裁中", "being decided"),
    S.APPROVED: ("決裁済・送信前", "approved, not sent"),
    S.AWAITING_VENDOR: ("受注者の署名待ち", "waiting for the vendor"),
    S.SIGNING: ("署名を処理中", "signing"),
    S.AWAITING_CITY: ("市の署名待ち", "waiting for the city"),
    S.CONCLUDED: ("確定", "concluded"),
    S.DECLINED: ("受注者が辞退", "declined by the vendor"),
    S.WITHDRAWN: ("取下げ", "withdrawn"),
    S.HALTED: ("停止（要確認）", "stopped, needs a person"),
    S.VOTED_DOWN: ("議会で否決", "voted down by the council"),
    S.DISPOSED: ("廃棄済み（保存年限満了）", "files destroyed after their term of keeping"),
}

ACT_NAMES: dict[ActState, tuple[str, str]] = {
    ActState.REQUESTED: ("署名を処理中", "signing"),
    ActState.WAITING_TSA: ("署名待ち（時刻局）", "waiting for the time-stamping authority"),
    ActState.SIGNED: ("署名済み", "signed"),
    ActState.REFUSED: ("署名できませんでした", "not signed"),
}

#: Ended without a contract: the award may be contracted anew. The index on the award says the same.
FAILED = frozenset({S.DECLINED, S.WITHDRAWN, S.HALTED, S.VOTED_DOWN})
ENDED = FAILED | {S.CONCLUDED, S.DISPOSED}
BEFORE_SENDING = frozenset(
    {S.DRAFTING, S.RENDERING, S.RENDER_FAILED, S.READY, S.DECIDING, S.APPROVED}
)

#: act -> (states it may start from, name ja, name en). The table docs/ draws.
ACTS: dict[str, tuple[frozenset[ContractState], str, str]] = {
    "edit": (frozenset({S.DRAFTING, S.READY, S.RENDER_FAILED}), "下書きを直す", "edit the draft"),
    "make": (
        frozenset({S.DRAFTING, S.READY, S.RENDER_FAILED}),
        "契約書を作る",
        "make the document",
    ),
    "submit": (frozenset({S.READY}), "決裁に回す", "submit for decision"),
    "approve": (frozenset({S.DECIDING}), "承認する", "approve"),
    "return": (frozenset({S.DECIDING}), "差し戻す", "return"),
    "recall": (frozenset({S.DECIDING, S.APPROVED}), "引き戻す", "take back"),
    "withdraw": (
        frozenset({S.DRAFTING, S.RENDERING, S.RENDER_FAILED, S.READY, S.DECIDING, S.APPROVED}),
        "取り下げる",
        "withdraw",
    ),
    "call_off": (
        frozenset({S.AWAITING_VENDOR, S.AWAITING_CITY}),
        "送った後に取り下げる",
        "call off after sending",
    ),
    "vote_down": (
        frozenset({S.READY, S.DECIDING, S.APPROVED, S.AWAITING_VENDOR, S.AWAITING_CITY}),
        "否決を記録する",
        "record a lost vote",
    ),
    "contract_anew": (FAILED, "契約し直す", "contract anew"),
    "send": (frozenset({S.APPROVED}), "受注者へ送る", "send to the vendor"),
    "resend": (frozenset({S.AWAITING_VENDOR}), "リンクを送り直す", "send a new link"),
    "consent": (frozenset({S.AWAITING_VENDOR}), "同意する", "consent"),
    "choose_way": (
        BEFORE_SENDING | {S.AWAITING_VENDOR, S.AWAITING_CITY},
        "署名の方法を選ぶ",
        "choose the way of signing",
    ),
    "sign_vendor": (frozenset({S.AWAITING_VENDOR}), "受注者が署名する", "sign as the vendor"),
    "decline": (frozenset({S.AWAITING_VENDOR}), "辞退する", "decline"),
    "sign_city": (frozenset({S.AWAITING_CITY}), "市が署名する", "sign for the city"),
}


def allows(state: ContractState, act: str) -> bool:
    """Whether `act` may start from `state`."""
    return state in ACTS[act][0]


def require(state: ContractState, act: str) -> None:
    """Raise MoveRefused, in words, unless `act` may start from `state`."""
    if not allows(state, act):
        state_ja, state_en = STATE_NAMES[state]
        _, act_ja, act_en = ACTS[act]
        raise MoveRefused(state_ja=state_ja, state_en=state_en, act_ja=act_ja, act_en=act_en)
