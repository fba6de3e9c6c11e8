"""What the law wants a contract to state, and which part of a template states it.

建設業法19条1項1号–15号 (as amended by 令和6年法律49号, in force 2024-12-13 for item 8) for works;
政府契約の支払遅延防止等に関する法律4条 (applied to municipalities by its article 14) for all that
pay; beyond these what each kind of document is for (a lease over years without its clause on the
budget is void under 自治法234条の3).
16号 (what the ministry's ordinance adds) names nothing at the time of writing. The wording below
is the items' gist; the statute decides, so check it in e-Gov when a template is revised.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LawItem:
    """`id` is the tag written in template files under `law`."""

    id: str
    source: str
    name_ja: str
    name_en: str

    @property
    def label_ja(self) -> str:
        return f"{self.name_ja}（{self.source}）"


_K = "建設業法19条1項{}号"
_P = "支払遅延防止法4条{}"

CONSTRUCTION: tuple[LawItem, ...] = (
    LawItem("k19-1", _K.format(1), "工事内容", "scope of works"),
    LawItem("k19-2", _K.format(2), "請負代金の額", "price"),
    LawItem("k19-3", _K.format(3), "着手の時期と完成の時期", "start and completion"),
    LawItem("k19-4", _K.format(4), "施工しない日・時間帯", "days and hours without work"),
    LawItem("k19-5", _K.format(5), "前払金・部分払", "advance and progress payment"),
    LawItem(
        "k19-6",
        _K.format(6),
        "設計変更・延期・中止のときの変更と負担、その算定方法",
        "changes on design change, delay or suspension, and how they are computed",
    ),
    LawItem("k19-7", _K.format(7), "不可抗力による変更と負担", "force majeure"),
    LawItem(
        "k19-8",
        _K.format(8),
        "価格変動に基づく変更とその額の算定方法",
        "price changes and how the amount is computed",
    ),
    LawItem("k19-9", _K.format(9), "第三者の損害の賠償", "damage to third parties"),
    LawItem("k19-10", _K.format(10), "資材の提供・機械の貸与", "materials and machines supplied"),
    LawItem("k19-11", _K.format(11), "検査の時期と方法、引渡し", "inspection and hand-over"),
    LawItem("k19-12", _K.format(12), "完成後の代金の支払", "payment after completion"),
    LawItem("k19-13", _K.format(13), "契約不適合の責任", "non-conformity"),
    LawItem("k19-14", _K.format(14), "遅延利息・違約金", "late interest and penalties"),
    LawItem("k19-15", _K.format(15), "紛争の解決方法", "settlement of disputes"),
)

PAYMENT: tuple[LawItem, ...] = (
    LawItem("p4-1", _P.format("1号"), "検査の時期", "time of inspection"),
    LawItem("p4-2", _P.format("2号"), "対価の支払の時期", "time of payment"),
    LawItem("p4-3", _P.format("3号"), "遅延利息・違約金", "late interest and penalties"),
    LawItem("p4-4", _P.format("4号"), "紛争の解決方法", "settlement of disputes"),
)

SUPPLY = LawItem(
    "p4-0",
    _P.format("柱書"),
    "給付の内容・対価の額・完了の時期",
    "what is delivered, price, time of completion",
)

SERVICES: tuple[LawItem, ...] = (
    LawItem("s-data", "個人情報保護法66条2項", "個人情報の安全管理", "personal data"),
    LawItem("s-sub", "個人情報保護法66条2項", "再委託の制限", "limits of subcontracting"),
    LawItem("s-right", "著作権法61条2項", "成果物の権利", "rights in what is delivered"),
)
UNIT_PRICE: tuple[LawItem, ...] = (
    LawItem("u-table", "単価契約", "単価表", "table of unit prices"),
    LawItem("u-est", "単価契約", "予定数量が約束でないこと", "expected quantities bind nobody"),
)
LEASE: tuple[LawItem, ...] = (
    LawItem("l-month", "長期継続契約", "月額と月数", "monthly rent and months"),
    LawItem(
        "l-budget",
        "自治法234条の3",
        "予算の減額・削除に伴う解除",
        "ending when the budget is cut",
    ),
)
PROVISIONAL: tuple[LawItem, ...] = (
    LawItem("g-vote", "自治法96条1項", "議決による本契約の成立", "the council's vote as condition"),
)
AMENDMENT: tuple[LawItem, ...] = (
    LawItem("a-parent", "建設業法19条2項", "原契約の特定", "which contract is changed"),
    LawItem("a-change", "建設業法19条2項", "変更の内容", "what changes"),
    LawItem("a-rest", "建設業法19条2項", "変更のない事項の扱い", "what stays"),
)
MEMORANDUM: tuple[LawItem, ...] = (
    LawItem("m-parent", "覚書", "関係する契約", "the contract concerned"),
    LawItem("m-content", "覚書", "合意の内容", "what is agreed"),
)

_SUPPLY_AND_PAYMENT = (SUPPLY, *PAYMENT)
REQUIRED: dict[str, tuple[LawItem, ...]] = {
    "works": CONSTRUCTION + PAYMENT,
    "goods": _SUPPLY_AND_PAYMENT,
    "manufacture": _SUPPLY_AND_PAYMENT,
    "services": _SUPPLY_AND_PAYMENT + SERVICES,
    "unit_price": _SUPPLY_AND_PAYMENT + UNIT_PRICE,
    "lease": _SUPPLY_AND_PAYMENT + LEASE,
    "acceptance": _SUPPLY_AND_PAYMENT,
    "provisional_works": CONSTRUCTION + PAYMENT + PROVISIONAL,
    "provisional_manufacture": _SUPPLY_AND_PAYMENT + PROVISIONAL,
    "provisional_goods": _SUPPLY_AND_PAYMENT + PROVISIONAL,
    "amendment": AMENDMENT,
    "memorandum": MEMORANDUM,
}

KNOWN = frozenset(item.id for items in REQUIRED.values() for item in items)


def missing(kind: str, stated: frozenset[str]) -> tuple[LawItem, ...]:
    """The items `kind` must state and `stated` (the tags with text behind them) does not."""
    return tuple(item for item in REQUIRED[kind] if item.id not in stated)
