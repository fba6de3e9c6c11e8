"""One award as an e-bidding export states it, and under which headings it is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from econtract import cells


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a joint venture (共同企業体) other than its lead."""

    vendor_code: str
    name: str
    representative_title: str
    representative: str
    email: str


@dataclass(frozen=True, slots=True)
class AwardRow:
    """One award as the export states it. Amounts in yen; `tax` is part of `amount`."""

    line: int
    case_number: str
    title: str
    kind: str
    department: str
    award_date: date
    vendor_code: str
    vendor_name: str
    vendor_address: str
    representative_title: str
    representative: str
    email: str
    registration_number: str
    amount: Decimal
    tax: Decimal
    tax_rate: Decimal
    period_from: date
    period_to: date
    place: str
    members: tuple[Member, ...] = ()

    def facts(self) -> dict[str, str | list[dict[str, str]]]:
        """The row without its line number, as JSON-safe text: what 'the same award' means."""
        out: dict[str, str | list[dict[str, str]]] = {
            name: str(getattr(self, name)) for name in FACTS
        }
        out["members"] = [
            {
                "vendor_code": m.vendor_code,
                "name": m.name,
                "representative_title": m.representative_title,
                "representative": m.representative,
                "email": m.email,
            }
            for m in self.members
        ]
        return out


FACTS = tuple(n for n in AwardRow.__dataclass_fields__ if n not in {"line", "members"})


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    headings: tuple[str, ...]
    read: Callable[[str], Any]
    required: bool = True
    default: Any = None


#: Found in the register of vendors when the export does not say them: typed once, there.
FROM_REGISTER = frozenset(
    {"vendor_name", "vendor_address", "representative_title", "representative", "email",
     "registration_number"}
)  # fmt: skip


def _kind(cell: str) -> str:
    value = cells.plain(cell)
    for words, kind in KINDS:
        if any(word in value for word in words):
            return kind
    raise cells.BadCell(
        f"契約の種類「{value[:30]}」は、このサービスのひな形にありません。",
        f"There is no template for the contract kind '{value[:30]}'.",
        "工事・物品・製造・業務委託・単価契約・賃貸借のどれかを書いてください。",
        "Write works, goods, manufacture, services, unit_price or lease.",
    )


#: Looked for in this order: 「工事用資材の単価契約」 is one for unit prices, not for works.
KINDS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("単価", "unit_price"), "unit_price"),
    (("賃貸借", "リース", "借入", "長期継続", "lease"), "lease"),
    (("製造", "印刷", "manufacture"), "manufacture"),
    (("委託", "業務", "役務", "services"), "services"),
    (("工事", "works"), "works"),
    (("物品", "購入", "売買", "goods"), "goods"),
)

COLUMNS: tuple[Column, ...] = (
    Column("case_number", ("案件番号", "調達案件番号", "入札番号", "案件コード"), cells.text),
    Column("title", ("案件名", "案件名称", "調達案件名称", "件名", "工事名", "品名"), cells.text),
    Column("kind", ("契約種別", "調達区分", "種別", "区分", "契約種類"), _kind),
    Column("department", ("担当課", "所管課", "発注課", "契約担当部局", "部局"), cells.text),
    Column("award_date", ("落札決定日", "落札日", "契約相手方決定日", "開札日"), cells.day),
    Column(
        "vendor_code", ("業者番号", "落札者番号", "業者コード", "登録業者番号"), cells.vendor_code
    ),
    Column(
        "vendor_name", ("落札者", "落札者名", "落札業者名", "商号又は名称", "相手方"), cells.text
    ),
    Column("vendor_address", ("落札者住所", "所在地", "住所", "業者住所"), cells.text),
    Column("representative_title", ("代表者役職", "代表者職名", "職名", "役職"), cells.text),
    Column("representative", ("代表者氏名", "代表者名", "代表者", "氏名"), cells.text),
    Column(
        "email", ("メールアドレス", "電子メール", "Eメール", "連絡先メールアドレス"), cells.mail
    ),
    Column(
        "registration_number",
        ("登録番号", "適格請求書発行事業者登録番号", "インボイス登録番号"),
        cells.registration_number,
        required=False,
        default="",
    ),
    Column("net", ("落札金額（税抜）", "落札金額", "税抜金額"), cells.yen, required=False),
    Column("amount", ("契約金額（税込）", "契約金額", "税込金額"), cells.yen, required=False),
    Column("tax_rate", ("消費税率", "税率"), cells.percent, required=False, default=Decimal(10)),
    Column("period_from", ("着手日", "履行期間（自）", "工期（自）", "契約期間（自）"), cells.day),
    Column(
        "period_to",
        ("完成期限", "納入期限", "履行期間（至）", "工期（至）", "契約期間（至）", "履行期限"),
        cells.day,
    ),
    Column("place", ("工事場所", "履行場所", "納入場所", "施工場所"), cells.text),
    Column(
        "members",
        ("JV構成員", "共同企業体構成員", "構成員"),
        cells.text,
        required=False,
        default="",
    ),
)
