"""Who lives in the fictional city. Every name, number and account is invented.

Registration numbers have right check digits but belong to nobody; bank codes 9997 to 9999 are
assigned to no bank.
"""

from __future__ import annotations

from dataclasses import dataclass

from portal.security.roles import Role


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the city's staff, and what each of them does here."""

    login_name: str
    name: str
    kana: str
    department: str
    title: str
    roles: tuple[Role, ...]
    does: str

    @property
    def mail(self) -> str:
        return f"{self.login_name}@enshu.example"


@dataclass(frozen=True, slots=True)
class Company:
    """A vendor with the person who acts for it."""

    code: str
    name: str
    kana: str
    registration_number: str
    representative_title: str
    representative: str
    mail: str
    postal_code: str
    address: str
    phone: str
    bank: tuple[str, str]
    branch: tuple[str, str]
    account_type: str
    account_number: str
    account_holder_kana: str


STAFF = (
    Person(
        "chotatsu", "鈴木 花子", "スズキ ハナコ", "調達課", "主任",
        (Role.PROCUREMENT,), "落札結果を取り込み、契約書を作り、送る",
    ),
    Person(
        "chotatsukacho", "松下 進", "マツシタ ススム", "調達課", "課長",
        (Role.PROCUREMENT,), "案内を出し直す（起案者とは別の人）",
    ),
    Person(
        "kanzai", "山﨑 健一", "ヤマザキ ケンイチ", "管財課", "課長",
        (Role.DEPARTMENT,), "契約の決裁、検収、請求書の確認",
    ),
    Person(
        "kaikei", "伊藤 由美", "イトウ ユミ", "会計課", "課長",
        (Role.ACCOUNTING,), "合議、請求書の審査、支払の引き渡し",
    ),
    Person(
        "keiyaku", "大石 誠", "オオイシ マコト", "契約担当部", "契約担当部長",
        (Role.CONTRACTING_OFFICER,), "契約の決裁と市の署名",
    ),
    Person(
        "suito", "中村 正", "ナカムラ タダシ", "会計課", "会計管理者",
        (Role.TREASURER,), "支払の承認",
    ),
    Person(
        "kansa", "村松 文", "ムラマツ アヤ", "監査委員事務局", "書記",
        (Role.AUDITOR,), "すべてを読む（何も変えられない）",
    ),
    Person(
        "unyo", "渥美 亮", "アツミ リョウ", "情報システム課", "主任",
        (Role.OPERATOR,), "稼働を見守る（契約の中身は見えない）",
    ),
)  # fmt: skip

TAKAHASHI = Company(
    code="V-0001",
    name="株式会社髙橋建設",
    kana="カブシキガイシャタカハシケンセツ",
    registration_number="T4080401990001",
    representative_title="代表取締役",
    representative="𠮷田 翔",
    mail="yoshida@takahashi-kensetsu.example",
    postal_code="430-0001",
    address="静岡県遠州市東町10番地の1",
    phone="000-000-0001",
    bank=("9998", "ワリフ"),
    branch=("101", "エンシユウ"),
    account_type="1",
    account_number="0012345",
    account_holder_kana="カ)タカハシケンセツ",
)

HAGOROMO = Company(
    code="V-0002",
    name="有限会社はごろも文具",
    kana="ユウゲンガイシャハゴロモブング",
    registration_number="T2080402990002",
    representative_title="取締役",
    representative="羽衣 みどり",
    mail="midori@hagoromo-bungu.example",
    postal_code="430-0002",
    address="静岡県遠州市西町2番地",
    phone="000-000-0002",
    bank=("9999", "エンシユウシンキン"),
    branch=("002", "ニシ"),
    account_type="1",
    account_number="7654321",
    account_holder_kana="ユ)ハゴロモブング",
)

YAMAZAKI = Company(
    code="V-0003",
    name="山﨑印刷合同会社",
    kana="ヤマザキインサツゴウドウガイシャ",
    registration_number="T9080403990003",
    representative_title="代表社員",
    representative="山﨑 邦彦",
    mail="kunihiko@yamazaki-insatsu.example",
    postal_code="430-0003",
    address="静岡県遠州市南町3番地",
    phone="000-000-0003",
    bank=("9998", "ワリフ"),
    branch=("103", "ミナミ"),
    account_type="2",
    account_number="0001001",
    account_holder_kana="ド)ヤマザキインサツ",
)

COMPANIES = (TAKAHASHI, HAGOROMO, YAMAZAKI)


@dataclass(frozen=True, slots=True)
class AwardLine:
    """A row of the e-bidding export. Days count from the day of the demonstration."""

    case_number: str
    title: str
    kind: str
    company: Company
    net: int
    starts_in: int
    lasts: int
    place: str


AWARDS = (
    AwardLine("R8-工-0142", "本庁舎 外壁補修工事", "工事", TAKAHASHI, 8_640_000, 7, 90,
              "遠州市役所 本庁舎"),
    AwardLine("R8-物-0307", "事務用品 一式", "物品", HAGOROMO, 1_284_500, 0, 30,
              "遠州市役所 本庁舎"),
    AwardLine("R8-物-0311", "窓口用封筒 20万枚 印刷", "物品", YAMAZAKI, 946_000, 5, 45,
              "遠州市役所 本庁舎"),
    AwardLine("R8-工-0150", "南庁舎 空調設備改修工事", "工事", TAKAHASHI, 23_400_000, 14, 120,
              "遠州市役所 南庁舎"),
)  # fmt: skip

CORPORATE_NUMBER = "8000020229999"
CONSIGNOR_CODE = "9990000001"
TAX_PERCENT = 10
DEPARTMENT = "管財課"
