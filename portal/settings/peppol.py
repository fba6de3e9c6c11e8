"""The settings of the Peppol network."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from pydantic import SecretStr, field_validator, model_validator

from peppol import ParticipantId, PeppolError
from peppol.provider_outbound import rules_for
from portal.settings.groups import Group, Words, setting, split


class PeppolSettings(Group):
    mode: Literal["off", "provider", "access_point"] = setting(
        "off",
        "Peppolの使い方。off 使わない、provider 事業者（サービスプロバイダー）から受け取る、"
        "access_point 自らアクセスポイントになる。",
        "off; provider: a service provider hands messages over; access_point: we are one.",
    )
    network: Literal["production", "test", "private"] = setting(
        "test",
        "どの網か。private は手元の試験網で、Peppolではありません。",
        "Which network. private is a network of one's own machines, not Peppol.",
    )
    participants: Words = setting(
        (),
        "ここで受け取る参加者ID（コンマ区切り、例 0188:法人番号）。空なら市の法人番号。",
        "Participants received for (commas between). Empty: the city's corporate number.",
    )
    provider: str = setting(
        "provider",
        "受け渡しを頼む事業者の呼び名（証跡に残ります）。",
        "What the service provider is called in the evidence.",
        pattern=r"^[A-Za-z0-9._-]{1,60}$",
    )
    provider_url: str | None = setting(
        None,
        "事業者に送信を頼むAPIのアドレス（https）。こちらの回答と文書の封筒をここへ渡します。"
        "空なら、回答はメールと窓口の画面だけです。",
        "The provider's API that sends for us (https): our answers' envelopes are handed over"
        " there. Empty: answers go by mail and portal only.",
    )
    provider_key: SecretStr | None = setting(
        None, "そのAPIの鍵（Bearer）。", "Our key for that API (Bearer)."
    )
    provider_address: str = setting(
        "",
        "事業者のSPIS番号（6桁の数字など）。入れると、受信結果の通知（MLS）もこちらが作って"
        "事業者に渡します。空なら事業者が作ります。",
        "The provider's SPIS number (six digits …). Given, we make the MLS and hand it to the"
        " provider; empty, the provider makes it.",
        pattern=r"^([0-9]{6}[0-9A-Za-z_.~-]{0,38})?$",
    )
    key: Path | None = setting(
        None,
        "アクセスポイントの鍵と証明書（PKCS#12、または両方を含むPEM）。",
        "Key and certificate of the access point (PKCS#12, or PEM with both).",
    )
    key_password: SecretStr | None = setting(None, "その鍵のパスワード。", "Password of that key.")
    token_module: Path | None = setting(
        None,
        "鍵がトークン（HSM）にあるときのPKCS#11モジュール。",
        "PKCS#11 module, when the key is in a token (HSM).",
    )
    token: str = setting("", "トークンの名前。", "Label of the token.")
    token_pin: SecretStr | None = setting(None, "トークンの暗証番号。", "PIN of the token.")
    token_label: str = setting("", "トークン内の鍵の名前。", "Label of the key in the token.")
    certificate: Path | None = setting(
        None, "トークンの鍵の証明書（PEM）。", "Certificate of the token's key (PEM)."
    )
    trust: Path | None = setting(
        None,
        "OpenPeppolの認証局証明書（PEM）のフォルダー。",
        "Folder of OpenPeppol's CA certificates (PEM).",
    )
    private_folder: Path | None = setting(
        None,
        "private のときの網のフォルダー（warifu peppol private init）。",
        "Folder of the private network (warifu peppol private init).",
    )
    zone: str | None = setting(
        None,
        "名前を引くゾーン。空ならその網の標準。",
        "DNS zone of the lookup. Empty: the network's own.",
    )
    host: str = setting(
        "127.0.0.1", "受け口が待ち受けるアドレス。", "Address the access point listens on."
    )
    port: int = setting(
        8319, "受け口が待ち受けるポート。", "Port the access point listens on.", ge=1, le=65535
    )
    processes: int = setting(
        1, "受け口のプロセスの数。", "Processes of the access point.", ge=1, le=32
    )
    at_once: int = setting(
        8,
        "1プロセスが同時に受け取るメッセージの数。超えた分は503で待ってもらいます。",
        "Messages one process takes in at the same time; more are told to wait (503).",
        ge=1,
        le=256,
    )
    body_mb: int = setting(
        100, "受け取る本文の上限（MB）。", "Largest request body (MB).", ge=1, le=2048
    )
    expanded_mb: int = setting(
        100, "展開後の上限（MB）。", "Largest payload after expansion (MB).", ge=1, le=2048
    )
    ratio: int = setting(
        200, "展開の倍率の上限。", "Times a payload may grow when expanded.", ge=10, le=1000
    )
    soap_kb: int = setting(256, "SOAP部の上限（KB）。", "Largest SOAP part (kB).", ge=16, le=4096)
    headers_kb: int = setting(
        8, "パートのヘッダーの上限（KB）。", "Largest headers of a part (kB).", ge=1, le=64
    )
    patience_seconds: int = setting(
        60,
        "送信側から次のデータが届くのを待つ秒数。",
        "Seconds to wait for a sender's next bytes.",
        ge=1,
        le=600,
    )

    _lists = field_validator("participants", mode="before")(split)

    @field_validator("participants")
    @classmethod
    def _identifiers(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            try:
                ParticipantId.parse(text)
            except PeppolError as error:
                raise ValueError(str(error)) from None
        return value

    @field_validator("provider_url")
    @classmethod
    def _safe(cls, value: str | None) -> str | None:
        if value:
            try:
                rules_for(value)
            except PeppolError as error:
                raise ValueError(str(error)) from None
        return value or None

    @field_validator("provider_key")
    @classmethod
    def _fits_a_header(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.fullmatch(r"[\x21-\x7e]{1,1000}", value.get_secret_value()):
            raise ValueError("空白のない英数字・記号で書きます / visible ASCII, no blanks")
        return value

    @model_validator(mode="after")
    def _a_provider_that_sends_knows_us(self) -> PeppolSettings:
        if self.mode == "provider" and self.provider_url and self.provider_key is None:
            raise ValueError(
                "provider_url には provider_key が必要です / provider_url needs provider_key"
            )
        return self

    @model_validator(mode="after")
    def _an_access_point_has_what_it_needs(self) -> PeppolSettings:
        if self.mode != "access_point":
            return self
        if self.network == "private":
            missing = [] if self.private_folder else ["private_folder"]
        else:
            missing = [] if self.trust else ["trust"]
            if self.token_module is None:
                missing += [] if self.key else ["key"]
            else:
                wanted = ("token", "token_pin", "token_label", "certificate")
                missing += [name for name in wanted if not getattr(self, name)]
        if missing:
            names = ", ".join(missing)
            raise ValueError(f"access_point には {names} が必要です / access_point needs {names}")
        return self
