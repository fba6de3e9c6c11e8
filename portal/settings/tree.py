"""Every setting of the service, in one tree.

A setting ``group.name`` comes from, first found wins: the environment (``WARIFU_GROUP__NAME``, or
``WARIFU_GROUP__NAME_FILE`` naming a file that holds a secret), the TOML file that ``WARIFU_CONFIG``
names (``[group]`` / ``name = …``), or its default. Defaults run on one machine without any setting.

``load()`` (in ``loading``) reads and checks them once at the start; a wrong or unknown one stops
the start with its name. The tree is frozen. ``docs/reference/settings.md`` is written from it by
``reference``.
"""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from portal.settings.groups import (
    CitySettings,
    ContractSettings,
    DatabaseSettings,
    IntakeSettings,
    MailSettings,
    PaymentSettings,
    RegistrySettings,
    SecuritySettings,
    SigningSettings,
    StoreSettings,
    WebSettings,
    WorkerSettings,
    setting,
)
from portal.settings.limits import LimitSettings
from portal.settings.matching import MatchingSettings
from portal.settings.oidc import OidcSettings
from portal.settings.peppol import PeppolSettings


class Settings(BaseSettings):
    """The tree. Build it with ``load()``; tests may also call ``Settings(demo=True, …)``."""

    model_config = SettingsConfigDict(
        env_prefix="WARIFU_",
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
        validate_default=True,
    )

    demo: bool = setting(
        False,
        "デモ環境。開発用の鍵を使い、大きな帯とメール箱の画面を出します。",
        "Demonstration: development keys, a loud banner and a page with the mails.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = setting(
        "info", "記録の細かさ。", "How much is logged."
    )
    database: DatabaseSettings = DatabaseSettings()
    store: StoreSettings = StoreSettings()
    web: WebSettings = WebSettings()
    mail: MailSettings = MailSettings()
    signing: SigningSettings = SigningSettings()
    contract: ContractSettings = ContractSettings()
    city: CitySettings = CitySettings()
    matching: MatchingSettings = MatchingSettings()
    payment: PaymentSettings = PaymentSettings()
    intake: IntakeSettings = IntakeSettings()
    registry: RegistrySettings = RegistrySettings()
    peppol: PeppolSettings = PeppolSettings()
    security: SecuritySettings = SecuritySettings()
    oidc: OidcSettings = OidcSettings()
    limits: LimitSettings = LimitSettings()
    worker: WorkerSettings = WorkerSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment is read by ``load()`` alone, so that ``Settings()`` in a test is only
        defaults.
        """
        return (init_settings,)

    @model_validator(mode="after")
    def _a_demo_is_marked(self) -> Settings:
        if self.demo and self.web.host not in ("127.0.0.1", "localhost", "::1"):
            raise ValueError(
                "デモ環境は 127.0.0.1 だけで開けます / a demonstration listens on 127.0.0.1 only"
            )
        return self
