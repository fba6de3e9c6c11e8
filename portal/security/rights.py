"""Who may do what: one table, one function.

``may(user, action)`` answers by role alone (the door of a page). ``may(user, action, facts)`` also
answers by what the thing is: whose vendor, which department, who drafted or inspected it. Every
refusal says why in Japanese and English. Whether an act fits the thing's *state* is the domain's
answer, not this table's.

Facts are plain strings or None: ``vendor_id``, ``department``, ``drafted_by``, ``inspected_by``. An
action names the facts it needs (its conditions); leaving one out is a programming error and raises
KeyError rather than letting somebody in. A fact that is there but None never fits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from portal.security.identity import Identity
from portal.security.roles import Role

Facts = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Allow:
    allowed: bool = True


@dataclass(frozen=True, slots=True)
class Deny:
    reason_ja: str
    reason_en: str
    allowed: bool = False


Answer = Allow | Deny
# The person, those of their roles by which they may do the action at all, and the thing's facts.
Condition = Callable[[Identity, frozenset[Role], Facts], Deny | None]


# --- conditions ----------------------------------------------------------------------------------


def own(user: Identity, by: frozenset[Role], facts: Facts) -> Deny | None:
    """A vendor sees its own, a department its own; the other roles see all."""
    if user.kind == "vendor":
        if facts["vendor_id"] is None or facts["vendor_id"] != user.vendor_id:
            return Deny("ほかの事業者の書類です。", "It belongs to another vendor.")
    elif by == {Role.DEPARTMENT} and (
        facts["department"] is None or facts["department"] != user.department
    ):
        return Deny(
            f"ほかの課の書類です（あなたの所属は {user.department or '未登録'} です）。",
            f"It belongs to another department (yours is {user.department or 'not set'}).",
        )
    return None


def not_the_drafter(user: Identity, by: frozenset[Role], facts: Facts) -> Deny | None:
    if facts["drafted_by"] == user.id:
        return Deny(
            "自分が起案したものを自分で決裁することはできません。",
            "You drafted it, so another person has to decide.",
        )
    return None


def not_the_inspector(user: Identity, by: frozenset[Role], facts: Facts) -> Deny | None:
    if facts["inspected_by"] == user.id:
        return Deny(
            "自分が検査したものを自分で審査することはできません。",
            "You inspected it, so another person has to approve.",
        )
    return None


# --- the table -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rule:
    ja: str
    en: str
    roles: frozenset[Role]
    conditions: tuple[Condition, ...] = ()


V, VA = Role.VENDOR, Role.VENDOR_ADMIN
D, P, C = Role.DEPARTMENT, Role.PROCUREMENT, Role.CONTRACTING_OFFICER
A, T = Role.ACCOUNTING, Role.TREASURER
U, O = Role.AUDITOR, Role.OPERATOR  # noqa: E741
STAFF_READERS = (D, P, C, A, T, U)
EVERYBODY = tuple(Role)


def _rule(ja: str, en: str, *roles: Role, when: tuple[Condition, ...] = ()) -> Rule:
    return Rule(ja, en, frozenset(roles), when)


ACTIONS: Mapping[str, Rule] = {
    # everybody
    "home.read": _rule("ホームを見る", "see the home page", *EVERYBODY),
    "account.own": _rule("自分の設定を変える", "change one's own settings", *EVERYBODY),
    # contracts
    "award.read": _rule("落札データを見る", "see awards", D, P, C, U, when=(own,)),
    "award.import": _rule("落札データを取り込む", "take in awards", P),
    "contract.list": _rule("契約の一覧を見る", "list contracts", V, *STAFF_READERS),
    "contract.read": _rule("契約を見る", "read a contract", V, *STAFF_READERS, when=(own,)),
    "contract.draft": _rule("契約書を起案する", "draft a contract", D, P, when=(own,)),
    "contract.submit": _rule("決裁に回す", "put before the deciders", D, P, when=(own,)),
    "contract.decide": _rule("決裁する", "decide", D, P, C, A, T, when=(own, not_the_drafter)),
    "contract.withdraw": _rule("取り下げる", "withdraw", D, P, when=(own,)),
    "contract.call_off": _rule(
        "送った契約を取り下げる", "call off a sent contract", D, P, when=(own,)
    ),
    "contract.send": _rule("事業者へ送る", "send to the vendor", D, P, when=(own,)),
    "contract.remind": _rule("催促を送る", "send a reminder", D, P, when=(own,)),
    "contract.reissue": _rule(
        "案内を出し直す", "issue an invitation again", P, when=(not_the_drafter,)
    ),
    "contract.release": _rule(
        "契約し直しを認める", "allow contracting anew", P, when=(not_the_drafter,)
    ),
    "decision.read": _rule("決裁簿を見る", "read the register of decisions", *STAFF_READERS),
    "decision.deputise": _rule("代決者を決める", "name a deputy", D, P, C, A, T),
    "decision.routes_edit": _rule("決裁経路の表を直す", "edit the table of routes", P),
    "decision.routes_approve": _rule("決裁経路の表を承認する", "approve the routes", P, C),
    "template.edit": _rule("ひな形を直す", "edit templates", P),
    "template.approve": _rule("ひな形を公開する", "publish templates", P, C),
    "contract.consent": _rule("契約に合意する", "consent to a contract", V, when=(own,)),
    "contract.decline": _rule("契約を辞退する", "decline a contract", V, when=(own,)),
    "contract.close": _rule("市として署名し成立させる", "sign for the city and conclude", C),
    "authority.read": _rule("契約締結権限を見る", "see authority to sign", *STAFF_READERS),
    "authority.record": _rule("契約締結権限を記録・確認する", "record and confirm authority", P),
    "performance.report": _rule("履行の届を出す", "give notice of performance", V, when=(own,)),
    "guarantee.record": _rule("保証を登録する", "record a guarantee", D, P, when=(own,)),
    "guarantee.check": _rule("保証を確認する", "check a guarantee", D, P, A, when=(own,)),
    "contract.amend": _rule(
        "変更契約・覚書を起案する", "draft an amendment or a memorandum", D, P, when=(own,)
    ),
    "contract.vote": _rule("議会の議決を記録する", "record the council's vote", D, P, when=(own,)),
    "contract.cancel": _rule("解除の伺いを起こす", "propose a cancellation", D, P, when=(own,)),
    "contract.decide_cancel": _rule("解除を決める", "decide a cancellation", C),
    "contract.import": _rule("ほかで結んだ契約を取り込む", "import contracts signed elsewhere", P),
    "retention.read": _rule("保存年限と廃棄を見る", "see terms of keeping and disposal", P, C, U),
    "retention.hold": _rule("廃棄を止める・解く", "hold disposal, lift a hold", P, C),
    "retention.prepare": _rule("廃棄の一覧を作る", "prepare a disposal list", P),
    "retention.decide": _rule("廃棄を決める", "decide on disposal", C),
    "performance.inspect": _rule("検査を記録する", "record an inspection", D, when=(own,)),
    # invoices
    "invoice.list": _rule("請求書の一覧を見る", "list invoices", V, D, P, A, T, U),
    "invoice.read": _rule("請求書を見る", "read an invoice", V, D, P, A, T, U, when=(own,)),
    "invoice.submit": _rule("請求書を出す", "submit an invoice", V, when=(own,)),
    "invoice.receive": _rule("届いた請求書を取り込む", "take in an invoice", D, A),
    "invoice.inspect": _rule("請求内容を検査する", "inspect an invoice", D, when=(own,)),
    "invoice.decide": _rule("課の決裁をする", "decide in the section", D, when=(own,)),
    "invoice.approve": _rule(
        "請求書を審査する", "approve an invoice", A, when=(not_the_inspector,)
    ),
    "invoice.return": _rule("請求書を差し戻す", "return an invoice", D, A, when=(own,)),
    "network.read": _rule("ネットワークの送受信を見る", "see the network's messages", A, U),
    "network.resend": _rule("ネットワークで再送する", "send over the network again", A),
    "route.edit": _rule("決裁の経路と代理を決める", "set routes of decision and deputies", A),
    "statement.own": _rule("自社への支払を見る", "see payments to one's own company", V),
    "payment.read": _rule("支払を見る", "see payments", A, T, U),
    "payment.order": _rule("支出命令を作る", "write payment orders", A),
    "payment.release": _rule("支払を確定する", "release payments", T),
    "payment.export": _rule("振込ファイルを書き出す", "export transfer files", A, T),
    "layout.edit": _rule("書き出しの形式を作る", "write export layouts", A),
    # figures
    "figures.read": _rule("実績と試算を見る", "see figures and simulations", *STAFF_READERS),
    "figures.simulate": _rule("試算を実行する", "run a simulation", D, P, A, T),
    # vendors, people, running
    "vendor.read": _rule("事業者の台帳を見る", "see the vendor register", *STAFF_READERS),
    "vendor.edit": _rule("事業者の台帳を直す", "edit the vendor register", P),
    "vendor.payment_facts": _rule(
        "源泉徴収・差押・指名停止を登録する", "record withholding, seizures, suspensions", P, A
    ),
    "vendor.people": _rule(
        "自社の利用者を管理する", "manage one's own company's people", VA, when=(own,)
    ),
    "staff.manage": _rule("職員の利用者を管理する", "manage staff accounts", O),
    "audit.read": _rule("監査記録を見る", "read the audit trail", U),
    "operations.read": _rule("稼働の状況を見る", "see how the service runs", O),
    "operations.act": _rule("止まった仕事をやり直す", "retry stopped work", O),
}


def may(user: Identity, action: str, facts: Facts | None = None) -> Answer:
    """Whether ``user`` may do ``action``, on the thing that ``facts`` describe when given.

    :raises KeyError: for an unknown action, or a fact that the action needs and is missing.
    """
    rule = ACTIONS[action]
    if user.only is not None and action not in user.only:
        return Deny(
            f"この API キーの用途に「{rule.ja}」は含まれていません。",
            f"This API key is not for: {rule.en}.",
        )
    by = user.roles & rule.roles
    if not by:
        return Deny(_needs_ja(user, rule), _needs_en(user, rule))
    for condition in rule.conditions if facts is not None else ():
        refusal = condition(user, by, facts or {})
        if refusal is not None:
            return refusal
    return Allow()


def _needs_ja(user: Identity, rule: Rule) -> str:
    needed = "・".join(role.ja for role in Role if role in rule.roles)
    have = "・".join(role.ja for role in Role if role in user.roles) or "なし"
    return f"「{rule.ja}」には {needed} の権限が必要です（あなたの権限: {have}）。"


def _needs_en(user: Identity, rule: Rule) -> str:
    needed = ", ".join(role.en for role in Role if role in rule.roles)
    have = ", ".join(role.en for role in Role if role in user.roles) or "none"
    return f"To {rule.en} takes one of these roles: {needed} (yours: {have})."
