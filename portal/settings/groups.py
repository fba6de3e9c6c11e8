"""The groups of settings: each name with its default, limits and words in both languages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode


def setting(default: Any, ja: str, en: str, **constraints: Any) -> Any:
    """A field with its two descriptions, which the reference page prints."""
    return Field(default=default, description=ja, json_schema_extra={"en": en}, **constraints)


def split(value: object) -> object:
    """``"a, b"`` → ``("a", "b")``: lists in the environment are written with commas."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


Words = Annotated[tuple[str, ...], NoDecode]
Paths = Annotated[tuple[Path, ...], NoDecode]


class Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class DatabaseSettings(Group):
    url: SecretStr | None = setting(
        None,
        "PostgreSQL 15以降のURL（postgresql://…）。空なら内蔵のPostgreSQLを使います。",
        "URL of a PostgreSQL 15 or later (postgresql://…). Empty: the embedded server is used.",
    )
    data_dir: Path = setting(
        Path("var/postgres"),
        "内蔵PostgreSQLのデータの置き場所。",
        "Where the embedded PostgreSQL keeps its data.",
    )


class StoreSettings(Group):
    kind: Literal["local", "s3"] = setting(
        "local", "文書の保管先の種類。", "Where documents are kept."
    )
    folder: Path = setting(
        Path("var/documents"), "localのときのフォルダー。", "The folder, when local."
    )
    endpoint: str | None = setting(
        None, "S3の接続先（AWS以外のとき）。", "S3 endpoint, when it is not AWS."
    )
    bucket: str | None = setting(None, "S3のバケット名。", "Name of the S3 bucket.")
    region: str = setting("ap-northeast-1", "S3のリージョン。", "S3 region.")
    access_key: SecretStr | None = setting(None, "S3のアクセスキー。", "S3 access key.")
    secret_key: SecretStr | None = setting(None, "S3のシークレットキー。", "S3 secret key.")

    @model_validator(mode="after")
    def _s3_needs_a_bucket(self) -> StoreSettings:
        if self.kind == "s3" and not self.bucket:
            raise ValueError("kind = s3 なら bucket が必要です / kind = s3 needs bucket")
        return self


class WebSettings(Group):
    host: str = setting("127.0.0.1", "待ち受けるアドレス。", "Address to listen on.")
    port: int = setting(8000, "待ち受けるポート。", "Port to listen on.", ge=1, le=65535)
    public_url: str = setting(
        "http://127.0.0.1:8000",
        "利用者から見たURL。メールのリンクと送信元の確認に使います。"
        "https:// なら Cookie に __Host- を付けます。",
        "The address as users see it; used in mailed links and origin checks. "
        "With https:// cookies get __Host-.",
    )
    other_names: Words = setting(
        (),
        "public_url のほかに、この名前でも受け付けるホスト名（コンマ区切り）。",
        "Further host names under which the service answers (commas between).",
    )
    trusted_proxies: Words = setting(
        (),
        "X-Forwarded-For を信じるプロキシのアドレス（コンマ区切り）。",
        "Addresses of proxies whose X-Forwarded-For is believed (commas between).",
    )

    _lists = field_validator("trusted_proxies", "other_names", mode="before")(split)

    @field_validator("public_url")
    @classmethod
    def _an_origin(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError(
                "http:// または https:// で始めてください / must start with http:// or https://"
            )
        return value.rstrip("/")

    @property
    def secure(self) -> bool:
        return self.public_url.startswith("https://")


class MailSettings(Group):
    kind: Literal["folder", "smtp"] = setting(
        "folder",
        "送り方。folder はファイルに書くだけです。",
        "How to send; folder only writes files.",
    )
    folder: Path = setting(
        Path("var/outbox"), "folderのときの置き場所。", "Where mails go, when folder."
    )
    host: str = setting("127.0.0.1", "SMTPサーバー。", "SMTP server.")
    port: int = setting(25, "SMTPのポート。", "SMTP port.", ge=1, le=65535)
    security: Literal["none", "starttls", "tls"] = setting(
        "starttls", "SMTPの暗号化。", "Encryption of SMTP."
    )
    user: str | None = setting(None, "SMTPの利用者名。", "SMTP user name.")
    password: SecretStr | None = setting(None, "SMTPのパスワード。", "SMTP password.")
    sender: str = setting("warifu@example.jp", "差出人のアドレス。", "Sender's address.")
    sender_name: str = setting("電子契約・電子請求窓口", "差出人の名前。", "Sender's name.")
    timeout_seconds: int = setting(
        30, "SMTPの応答を待つ秒数。", "Seconds to wait for SMTP.", ge=1, le=300
    )


class SigningSettings(Group):
    development_keys: bool = setting(
        False,
        "開発用の鍵と時刻認証局を使う。正式な契約には使えません。",
        "Use development keys and a development time-stamping authority. Not for real contracts.",
    )
    pki_folder: Path = setting(
        Path("var/pki"), "開発用の鍵の置き場所。", "Where development keys are kept."
    )
    city_key: Path | None = setting(
        None, "市の署名鍵（PKCS#12）。", "The city's signing key (PKCS#12)."
    )
    city_key_password: SecretStr | None = setting(
        None, "市の署名鍵のパスワード。", "Password of the city's signing key."
    )
    service_key: Path | None = setting(
        None,
        "立会人型署名に使う事業者の署名鍵（PKCS#12）。",
        "The service's key for witness signatures (PKCS#12).",
    )
    service_key_password: SecretStr | None = setting(
        None, "事業者の署名鍵のパスワード。", "Password of the service's signing key."
    )
    tsa_urls: Words = setting(
        (),
        "時刻認証局のURL（コンマ区切り、上から順に試す）。",
        "Time-stamping authorities (commas between, tried in order).",
    )
    roots: Paths = setting(
        (),
        "信頼する認証局の証明書（PEM、コンマ区切り）。",
        "Trusted CA certificates (PEM, commas between).",
    )
    tsa_roots: Paths = setting(
        (),
        "信頼する時刻認証局の証明書（PEM、コンマ区切り）。",
        "Trusted time-stamping CA certificates (PEM, commas between).",
    )
    trusted_lists: Paths = setting(
        (),
        "トラストリスト（ETSI TS 119 612 のXML、コンマ区切り）。",
        "Trusted lists (ETSI TS 119 612 XML, commas between).",
    )
    trusted_list_signers: Paths = setting(
        (),
        "トラストリストの署名者の証明書（PEM、コンマ区切り）。",
        "Certificates of those who sign the trusted lists (PEM, commas between).",
    )
    accredited_tsa: Path | None = setting(
        None,
        "総務大臣の認定を受けた時刻認証業務の一覧（TOML）。docs/how-to/trust.md を参照。",
        "The time-stamping services certified by the ministry (TOML), see docs/how-to/trust.md.",
    )
    tsa_timeout_seconds: int = setting(
        20,
        "時刻認証局の応答を待つ秒数。",
        "Seconds to wait for a time-stamping authority.",
        ge=1,
        le=120,
    )

    keep_after_hours: int = setting(
        24,
        "確定から長期保存の形（B-LTA）にするまでの時間。失効情報が出そろうのを待つ。",
        "Hours from 確定 to the long-term form (B-LTA), so that revocation answers are fresh.",
        ge=0,
        le=168,
    )

    _lists = field_validator(
        "tsa_urls", "roots", "tsa_roots", "trusted_lists", "trusted_list_signers", mode="before"
    )(split)


class ContractSettings(Group):
    rules: Path | None = setting(
        None,
        "契約事務の決まり（決裁の経路など）のTOMLファイル。空なら架空の遠州市の例を使います。",
        "TOML file of the city's contract rules (routes of decision). Empty: the example city's.",
    )


class CitySettings(Group):
    name: str = setting("遠州市", "市の名前。", "Name of the city.", min_length=1)
    name_en: str = setting("Enshu City", "市の名前（英語）。", "Name of the city in English.")
    code: str = setting(
        "229997",
        "全国地方公共団体コード（6桁）。初期値は架空の番号です。",
        "Six-digit local government code. The default is fictional.",
        pattern=r"^[0-9]{6}$",
    )
    corporate_number: str | None = setting(
        None, "法人番号（13桁）。", "Corporate number (13 digits).", pattern=r"^[0-9]{13}$"
    )
    postal_code: str = setting(
        "430-0000", "郵便番号。", "Postal code.", pattern=r"^[0-9]{3}-[0-9]{4}$"
    )
    address: str = setting("静岡県遠州市中央町1番地", "所在地。", "Address.")
    head_title: str = setting("遠州市長", "契約の名義人の職名。", "Title of the head of the city.")
    head_name: str = setting("遠州 太郎", "契約の名義人の氏名。", "Name of the head of the city.")
    office: str = setting("調達課", "問い合わせ先の課。", "Office to contact.")
    phone: str = setting("000-000-0000", "問い合わせ先の電話番号。", "Telephone of that office.")
    mail: str = setting("keiyaku@example.jp", "問い合わせ先のメール。", "Mail of that office.")


class PaymentSettings(Group):
    consignor_code: str | None = setting(
        None,
        "総合振込の委託者コード（10桁）。空なら振込ファイルを作りません（支出命令だけ）。",
        "Consignor code (10 digits). Empty: no transfer file, payment orders only.",
        pattern=r"^[0-9]{10}$",
    )
    consignor_name: str = setting(
        "エンシュウシ カイケイカンリシャ",
        "委託者名（カナ、40文字以内）。",
        "Name of the payer in kana.",
    )
    bank_code: str = setting("9999", "仕向銀行番号。", "Bank code.", pattern=r"^[0-9]{4}$")
    bank_name: str = setting("エンシュウギンコウ", "仕向銀行名（カナ）。", "Bank name in kana.")
    branch_code: str = setting("001", "仕向支店番号。", "Branch code.", pattern=r"^[0-9]{3}$")
    branch_name: str = setting("ホンテン", "仕向支店名（カナ）。", "Branch name in kana.")
    account_type: Literal["1", "2", "9"] = setting(
        "2", "口座の種類（1 普通、2 当座、9 その他）。", "Account type."
    )
    account_number: str = setting(
        "0000001", "口座番号（7桁）。", "Account number.", pattern=r"^[0-9]{7}$"
    )
    run_days: Words = setting(
        ("10", "20", "31"),
        "支払日（毎月の日をコンマ区切りで。31 は月末）。",
        "Days of the month on which the city pays; 31 is the last day.",
    )
    cutoff_days: int = setting(
        1,
        "振込データを銀行に渡す、支払日より前の営業日数。",
        "Banking days before the pay date by which the bank has the file.",
        ge=0,
        le=10,
    )
    treasurer_from: int = setting(
        0,
        "会計管理者の決裁が要る金額（円）。",
        "Yen from which the treasurer decides.",
        ge=0,
        le=10**12,
    )
    bank_names: Literal["fill", "blank"] = setting(
        "fill", "振込データに銀行名・支店名を書くか。", "Whether bank names are written."
    )
    separator: Literal["CRLF", "NONE"] = setting("CRLF", "レコードの区切り。", "Record separator.")
    reference: Literal["EDI", "CODES", "NONE"] = setting(
        "EDI", "振込の照合欄の使い方。", "Use of the reference field."
    )

    _lists = field_validator("run_days", mode="before")(split)

    @field_validator("run_days")
    @classmethod
    def _days_of_a_month(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or not all(day.isdigit() and 1 <= int(day) <= 31 for day in value):
            raise ValueError("1から31の日を書いてください / days must be from 1 to 31")
        return value


class IntakeSettings(Group):
    maildir: Path | None = setting(
        None,
        "請求書をメールで受け付けるときの Maildir。メールサーバーが受付用アドレスの分を置きます。",
        "Maildir of the address that takes invoices by mail; the mail server delivers into it.",
    )
    folder: Path | None = setting(
        None,
        "ほかのシステムが請求書を置くフォルダー（中に in・work・done・failed を作ります）。",
        "Folder into which other systems put invoices (in, work, done, failed are made inside).",
    )


class RegistrySettings(Group):
    application_id: SecretStr | None = setting(
        None,
        "国税庁 適格請求書発行事業者公表システムWeb-APIのアプリケーションID。"
        "空なら取り込んだ公表データだけで確かめます。",
        "Application id of the National Tax Agency's Web-API. Empty: imported files only.",
    )


class SecuritySettings(Group):
    secret: SecretStr | None = setting(
        None,
        "リンクとコードを作るための秘密（32文字以上）。空なら secret_path に作ります。",
        "Secret from which links and codes are made (32+ characters). Empty: made at secret_path.",
    )
    secret_path: Path = setting(
        Path("var/secret"),
        "秘密を置くファイル（所有者だけが読めること）。",
        "File of that secret (owner-only).",
    )
    staff_session_hours: int = setting(
        10, "職員のサインインが続く時間。", "Hours a staff session lasts.", ge=1, le=24
    )
    vendor_session_hours: int = setting(
        2, "事業者のサインインが続く時間。", "Hours a vendor session lasts.", ge=1, le=24
    )
    idle_minutes: int = setting(
        60,
        "操作がないときにサインアウトするまでの分。",
        "Minutes without a request until sign-out.",
        ge=5,
        le=720,
    )
    link_minutes: int = setting(
        30, "サインイン用リンクの有効な分。", "Minutes a sign-in link is valid.", ge=5, le=1440
    )
    invitation_days: int = setting(
        10, "契約の案内リンクの有効な日数。", "Days an invitation link is valid.", ge=1, le=60
    )
    code_minutes: int = setting(
        10, "確認コードの有効な分。", "Minutes a one-time code is valid.", ge=3, le=60
    )
    login_tries: int = setting(
        5, "パスワードを続けて間違えられる回数。", "Wrong passwords before a lock.", ge=3, le=20
    )
    lock_minutes: int = setting(
        15, "間違えたあと使えない分。", "Minutes of that lock.", ge=1, le=1440
    )
    address_tries: int = setting(
        60,
        "1つの接続元から lock_minutes の間に試せる回数。",
        "Tries from one network address within lock_minutes.",
        ge=5,
        le=10000,
    )


class WorkerSettings(Group):
    concurrency: int = setting(
        2, "同時に進める仕事の数。", "Jobs run at the same time.", ge=1, le=64
    )
    heartbeat_seconds: int = setting(
        90,
        "この秒数知らせがなければ、ワーカーは止まったとみなす。",
        "Seconds without a sign of life until the worker counts as stopped.",
        ge=10,
        le=3600,
    )
