"""The settings of staff sign-in by OpenID Connect."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import SecretStr, field_validator, model_validator

from portal.settings.groups import Group, Words, setting, split

if TYPE_CHECKING:
    from portal.security.roles import Role  # portal.security reads the settings: not at import


class OidcSettings(Group):
    issuer: str | None = setting(
        None,
        "市の認証基盤（OpenID Connect）の発行者のURL。空なら使いません。",
        "Issuer of the city's OpenID Connect provider. Empty: not used.",
    )
    client_id: str = setting("", "このサービスのクライアントID。", "Client id of this service.")
    client_secret: SecretStr | None = setting(
        None,
        "クライアントの秘密。空なら公開クライアント（PKCEだけ）。",
        "Client secret. Empty: a public client (PKCE alone).",
    )
    scopes: Words = setting(
        ("openid", "profile", "email"),
        "求めるスコープ（コンマ区切り）。",
        "Scopes asked for (commas between).",
    )
    name_claim: str = setting(
        "preferred_username",
        "ログイン名として使うクレーム。最初のサインインで職員の登録と結び付けます。",
        "Claim used as login name; ties the first sign-in to the member of staff.",
    )
    roles_claim: str = setting("groups", "権限を読むクレーム。", "Claim from which roles are read.")
    role_map: Words = setting(
        (),
        "クレームの値と権限の対応（値=権限、コンマ区切り。例 keiyaku-tanto=contracting_officer）。"
        "空なら、権限は運用管理者が職員の画面で決めます。",
        "Value of the claim=role (commas between). Empty: roles are set on the staff page.",
    )
    create_staff: bool = setting(
        False,
        "登録のない人を、最初のサインインで登録する（role_map の権限がある人だけ）。",
        "Enter unknown people at their first sign-in (only with a role from role_map).",
    )
    password: bool = setting(
        True,
        "認証基盤を使うときも、パスワードでのサインインを残す。",
        "Keep the password way beside OpenID Connect.",
    )

    _lists = field_validator("scopes", "role_map", mode="before")(split)

    @field_validator("issuer")
    @classmethod
    def _safe_issuer(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        local = parts.hostname in ("127.0.0.1", "localhost", "::1")
        if parts.scheme != "https" and not (parts.scheme == "http" and local):
            raise ValueError("https:// で始めてください / must start with https://")
        return value.rstrip("/")

    @field_validator("role_map")
    @classmethod
    def _known_roles(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:  # the default, looked at while this module is being imported
            return value
        from portal.security.roles import STAFF_ROLES

        for pair in value:
            name, _, role = pair.rpartition("=")
            if not name or role not in {r.value for r in STAFF_ROLES}:
                raise ValueError(
                    f"「{pair}」は 値=権限 の形ではありません / {pair!r} is not value=role"
                )
        return value

    @model_validator(mode="after")
    def _complete(self) -> OidcSettings:
        if self.issuer and not self.client_id:
            raise ValueError("client_id が必要です / client_id is needed")
        return self

    def roles_of(self, values: object) -> frozenset[Role]:
        """The roles that these values of the claim stand for."""
        from portal.security.roles import Role

        given = {values} if isinstance(values, str) else set()
        if isinstance(values, list):
            given = {value for value in values if isinstance(value, str)}
        pairs = [pair.rpartition("=") for pair in self.role_map]
        return frozenset(Role(role) for name, _, role in pairs if name in given)
