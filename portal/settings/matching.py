"""Settings of the match: what a claim may differ by, for each kind of contract.

They bear on the amount due alone (AMT-005, AMT-006). What a contract or a commitment has left and
what was accepted are never exceeded, by not one yen (CON-008, BUD-002, INS-002).
"""

from __future__ import annotations

from pydantic import field_validator

from portal.settings.groups import Group, Words, setting, split

_KINDS = {"works", "goods", "manufacture", "services", "unit_price", "lease"}
_MOST = 1_000
"""Yen: enough for roundings of another clause, too little for anything that was not agreed."""


class MatchingSettings(Group):
    tolerance_lump: int = setting(
        0,
        "総価契約の請求が、支払対象額と何円まで違ってよいか。",
        "Yen by which a claim on a lump sum may differ from the amount due.",
        ge=0,
        le=_MOST,
    )
    tolerance_milestone: int = setting(
        0,
        "分割払の請求の許容差（円）。",
        "Tolerance of instalments in yen.",
        ge=0,
        le=_MOST,
    )
    tolerance_fixed_monthly: int = setting(
        0,
        "月額の契約の請求の許容差（円）。",
        "Tolerance of monthly amounts in yen.",
        ge=0,
        le=_MOST,
    )
    tolerance_unit_price: int = setting(
        0,
        "単価契約の請求の許容差（円）。",
        "Tolerance of unit-price contracts in yen.",
        ge=0,
        le=_MOST,
    )
    taxed_accounts: Words = setting(
        (),
        "消費税を申告し仕入税額控除をする会計（特別会計・公営企業）の番号（コンマ区切り）。支出負担行為の会計で判断します。",
        "Accounts that file consumption tax, by their numbers (commas between).",
    )
    required_documents: Words = setting(
        (),
        "契約の種類ごとに、請求に添付が要る書類（「種類:書類の名前」をコンマ区切りで。種類は "
        "works 工事、goods 物品、manufacture 製造、services 業務、"
        "unit_price 単価、lease 賃貸借）。",
        "Documents that a claim of a kind of contract brings, as kind:name (commas between).",
    )
    separate_inspector: bool = setting(
        False,
        "検査員と起票者を別の人にするか。同じ人なら保留にします（INS-005）。",
        "Hold a claim whose inspector drafted it (INS-005).",
    )

    _lists = field_validator("taxed_accounts", "required_documents", mode="before")(split)

    @field_validator("required_documents")
    @classmethod
    def _kind_and_name(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for pair in value:
            kind, _, name = pair.partition(":")
            if kind not in _KINDS or not name.strip():
                raise ValueError(
                    f"「{pair}」は「種類:書類の名前」の形で書いてください / write kind:name"
                )
        return value
