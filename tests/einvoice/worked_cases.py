"""The five worked cases of the domain facts: their orders, transfers and expected bytes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from einvoice.account_names import account_name, bank_text
from einvoice.payment_order import (
    Account,
    BudgetCode,
    Deduction,
    DeductionKind,
    OrderKind,
    PaymentOrder,
)
from einvoice.zengin import AccountType, Payer, Transfer

PAYER = Payer(
    code="9900000001",
    name=account_name("ハママツシ カイケイカンリシャ"),
    bank_code="9999",
    bank_name=bank_text("テストギンコウ"),
    branch_code="998",
    branch_name=bank_text("ホンテン"),
    account_type=AccountType.CURRENT,
    account_number="9000001",
)


def _account(bank: str, kind: str, number: str, reading: str) -> Account:
    names = {
        "9998": ("ケンショウギンコウ", "901", "ヒガシ"),
        "9997": ("ケンショウシンキン", "902", "キタ"),
    }
    bank_name, branch, branch_name = names[bank]
    return Account(
        bank_code=bank,
        bank_name=bank_text(bank_name),
        branch_code=branch,
        branch_name=bank_text(branch_name),
        account_type=kind,
        account_number=number,
        payee_kana=account_name(reading),
    )


def _budget(account_section: str, codes: str) -> BudgetCode:
    account, section = account_section.split(",")
    kan, kou, moku, jigyo, setsu, saisetsu = codes.split(",")
    return BudgetCode(
        account=account,
        section=section,
        kan=kan,
        kou=kou,
        moku=moku,
        jigyo=jigyo,
        setsu=setsu,
        saisetsu=saisetsu,
    )


CASE_1 = PaymentOrder(
    order_no="R8-104512",
    fiscal_year=2026,
    kind=OrderKind.ORDINARY,
    commitment_no="R8-F-0034567",
    contract_no="2026K-B-00123",
    budget=_budget("01,0310", "09,01,05,0123,10,01"),
    creditor_no="V000101",
    registration_number="T8999999999901",
    invoice_no="INV-2026-1015",
    invoice_date=date(2026, 10, 27),
    received_on=date(2026, 10, 27),
    channel="PEPPOL",
    inspection_no="K8-00456",
    inspected_on=date(2026, 10, 26),
    clock_start=date(2026, 10, 27),
    due_on=date(2026, 11, 25),
    pay_on=date(2026, 11, 20),
    base_10=Decimal(481_980),
    tax_10=Decimal(48_198),
    base_8=Decimal(599_841),
    tax_8=Decimal(47_987),
    gross=Decimal(1_178_006),
    payable=Decimal(1_178_006),
    account=_account("9998", "1", "9876501", "カ）エンシュウボウサイショウジ"),
    edi="R8-104512 1015",
    summary="防災備蓄品購入",
)
CASE_2 = PaymentOrder(
    order_no="R8-104690",
    fiscal_year=2026,
    kind=OrderKind.COMBINED,
    commitment_no="R8-F-0039001",
    contract_no="2026K-T-00045",
    budget=_budget("01,0720", "10,06,03,0451,10,09"),
    creditor_no="V000102",
    registration_number="T7999999999902",
    invoice_no="M-1010R",
    invoice_date=date(2026, 11, 9),
    received_on=date(2026, 11, 10),
    channel="PEPPOL",
    inspection_no="K8-00501",
    inspected_on=date(2026, 11, 4),
    clock_start=date(2026, 11, 5),
    due_on=date(2026, 12, 9),
    pay_on=date(2026, 11, 20),
    base_10=Decimal(39_930),
    tax_10=Decimal(3_993),
    base_8=Decimal(650_330),
    tax_8=Decimal(52_026),
    gross=Decimal(746_279),
    payable=Decimal(746_279),
    account=_account("9997", "1", "9876502", "ユウゲンガイシャ　ミカタハラニュウギョウ"),
    edi="R8-104690 M1010R",
    summary="学校給食用牛乳 10月分",
    codes=("DUP-004",),
)
CASE_3 = PaymentOrder(
    order_no="R8-105877",
    fiscal_year=2026,
    kind=OrderKind.ORDINARY,
    commitment_no="R8-F-0008812",
    contract_no="2026K-K-00210",
    budget=_budget("01,0510", "08,02,03,0330,14,01"),
    creditor_no="V000103",
    registration_number="T6999999999903",
    invoice_no="26-0310",
    invoice_date=date(2026, 11, 19),
    received_on=date(2026, 11, 20),
    channel="WEB",
    inspection_no="K8-00566",
    inspected_on=date(2026, 11, 18),
    clock_start=date(2026, 11, 20),
    due_on=date(2026, 12, 29),
    pay_on=date(2026, 12, 18),
    base_10=Decimal(44_000_000),
    tax_10=Decimal(4_400_000),
    gross=Decimal(48_400_000),
    prepaid=Decimal(29_040_000),
    payable=Decimal(19_360_000),
    deductions=(
        Deduction(
            kind=DeductionKind.DAMAGE,
            base=Decimal(48_400_000),
            amount=Decimal(39_700),
            income_number="R8-C-0009876",
        ),
    ),
    account=_account("9998", "2", "9876503", "テンリュウガワケンセツ株式会社"),
    edi="R8-105877 26-0310",
    summary="市道改良工事 完成払",
    codes=("DED-004R",),
)
CASE_4 = PaymentOrder(
    order_no="R8-104733",
    fiscal_year=2026,
    kind=OrderKind.ORDINARY,
    commitment_no="R8-F-0035110",
    contract_no="2026K-I-00388",
    budget=_budget("01,0150", "02,01,02,0088,12,01"),
    creditor_no="V000104",
    registration_number="T5999999999904",
    invoice_no="D-77",
    invoice_date=date(2026, 11, 2),
    received_on=date(2026, 11, 2),
    channel="WEB",
    inspection_no="K8-00478",
    inspected_on=date(2026, 10, 30),
    clock_start=date(2026, 11, 2),
    due_on=date(2026, 12, 1),
    pay_on=date(2026, 11, 20),
    base_10=Decimal(1_250_000),
    tax_10=Decimal(125_000),
    gross=Decimal(1_375_000),
    payable=Decimal(1_375_000),
    deductions=(
        Deduction(kind=DeductionKind.WITHHOLDING, base=Decimal(1_250_000), amount=Decimal(153_150)),
    ),
    account=_account("9997", "1", "9876504", "スズキ ハナコ"),
    edi="R8-104733 D-77",
    summary="広報紙デザイン業務",
)
CASE_5 = PaymentOrder(
    order_no="R7-190021",
    fiscal_year=2025,
    kind=OrderKind.ORDINARY,
    commitment_no="R7-F-0000211",
    contract_no="2025K-I-00012",
    budget=_budget("01,0120", "02,01,05,0021,12,01"),
    creditor_no="V000105",
    registration_number="T4999999999905",
    invoice_no="2026-0331",
    invoice_date=date(2026, 4, 6),
    received_on=date(2026, 4, 7),
    channel="PEPPOL",
    inspection_no="K7-09871",
    inspected_on=date(2026, 3, 31),
    clock_start=date(2026, 4, 7),
    due_on=date(2026, 5, 6),
    pay_on=date(2026, 4, 30),
    base_10=Decimal(530_000),
    tax_10=Decimal(53_000),
    gross=Decimal(583_000),
    payable=Decimal(583_000),
    account=_account("9998", "1", "9876505", "ハマナソウゴウビルメンテナンスサービス株式会社"),
    edi="R7-190021 2026-0331",
    summary="庁舎清掃業務 3月分",
    codes=("DAT-006",),
)

ROWS = {
    "case 1": (
        CASE_1,
        "1,R8-104512,2026,01,0310,1,R8-F-0034567,2026K-B-00123,09,01,05,0123,10,01,V000101,"
        "T8999999999901,INV-2026-1015,2026-10-27,2026-10-27,PEPPOL,K8-00456,2026-10-26,2026-10-27,"
        "2026-11-25,2026-11-20,481980,48198,599841,47987,0,1178006,0,1178006,0,1178006,1,9998,901,"
        "1,9876501,ｶ)ｴﾝｼﾕｳﾎﾞｳｻｲｼﾖｳｼﾞ,R8-104512 1015,防災備蓄品購入,MATCHED,",
    ),
    "case 2": (
        CASE_2,
        "1,R8-104690,2026,01,0720,2,R8-F-0039001,2026K-T-00045,10,06,03,0451,10,09,V000102,"
        "T7999999999902,M-1010R,2026-11-09,2026-11-10,PEPPOL,K8-00501,2026-11-04,2026-11-05,"
        "2026-12-09,2026-11-20,39930,3993,650330,52026,0,746279,0,746279,0,746279,1,9997,902,1,"
        "9876502,ﾕ)ﾐｶﾀﾊﾗﾆﾕｳｷﾞﾖｳ,R8-104690 M1010R,学校給食用牛乳 10月分,MATCHED,DUP-004",
    ),
    "case 3": (
        CASE_3,
        "1,R8-105877,2026,01,0510,1,R8-F-0008812,2026K-K-00210,08,02,03,0330,14,01,V000103,"
        "T6999999999903,26-0310,2026-11-19,2026-11-20,WEB,K8-00566,2026-11-18,2026-11-20,"
        "2026-12-29,2026-12-18,44000000,4400000,0,0,0,48400000,29040000,19360000,39700,19320300,1,"
        "9998,901,2,9876503,ﾃﾝﾘﾕｳｶﾞﾜｹﾝｾﾂ(ｶ,R8-105877 26-0310,市道改良工事 完成払,MATCHED,DED-004R",
    ),
    "case 4": (
        CASE_4,
        "1,R8-104733,2026,01,0150,1,R8-F-0035110,2026K-I-00388,02,01,02,0088,12,01,V000104,"
        "T5999999999904,D-77,2026-11-02,2026-11-02,WEB,K8-00478,2026-10-30,2026-11-02,2026-12-01,"
        "2026-11-20,1250000,125000,0,0,0,1375000,0,1375000,153150,1221850,1,9997,902,1,9876504,"
        "ｽｽﾞｷ ﾊﾅｺ,R8-104733 D-77,広報紙デザイン業務,MATCHED,",
    ),
    "case 5": (
        CASE_5,
        "1,R7-190021,2025,01,0120,1,R7-F-0000211,2025K-I-00012,02,01,05,0021,12,01,V000105,"
        "T4999999999905,2026-0331,2026-04-06,2026-04-07,PEPPOL,K7-09871,2026-03-31,2026-04-07,"
        "2026-05-06,2026-04-30,530000,53000,0,0,0,583000,0,583000,0,583000,1,9998,901,1,9876505,"
        "ﾊﾏﾅｿｳｺﾞｳﾋﾞﾙﾒﾝﾃﾅﾝｽｻ-ﾋﾞｽ(ｶ,R7-190021 2026-0331,庁舎清掃業務 3月分,MATCHED,DAT-006",
    ),
}


def transfer_of(order: PaymentOrder) -> Transfer:
    account = order.account
    return Transfer(
        bank_code=account.bank_code,
        bank_name=account.bank_name,
        branch_code=account.branch_code,
        branch_name=account.branch_name,
        account_type=AccountType(account.account_type),
        account_number=account.account_number,
        payee=account.payee_kana,
        amount=order.net,
        reference=order.edi,
    )


def with_codes(transfer: Transfer, one: str, two: str) -> Transfer:
    return replace(transfer, customer_code_1=one, customer_code_2=two)
