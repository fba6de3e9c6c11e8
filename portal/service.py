"""The composition root: one `Service` holds what the processes share, built from the settings.

Web, worker and commands each build one. What only the worker needs (keys, time-stamping
authorities) is made when it is first asked for, so that the web process never holds a key.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from pydantic import SecretStr

from portal.errors import SettingsError
from portal.mail import Mailer, mailer
from portal.settings import Settings
from records import Clock, Database, LocalStore, S3Store, Store, SystemClock, embedded
from signing import Judge, SigningKey, TimestampAuthority, Timestamper, Trust, development


class Service:
    """Everything a process of this service works with. Built once, shared by its threads."""

    def __init__(
        self, settings: Settings, *, database: Database, store: Store, clock: Clock | None = None
    ) -> None:
        self.settings = settings
        self.database = database
        self.store = store
        self.clock: Clock = clock or SystemClock()

    @classmethod
    def from_settings(cls, settings: Settings, *, name: str = "warifu") -> Service:
        """Start the embedded database if no other is named, and open the store.

        :param name: what the database server shows as the name of this process.
        """
        if settings.database.url is not None:
            url = settings.database.url.get_secret_value()
        else:
            url = embedded.start(settings.database.data_dir)
        return cls(
            settings, database=Database(url, application_name=name), store=open_store(settings)
        )

    @cached_property
    def mailer(self) -> Mailer:
        return mailer(self.settings.mail)

    @cached_property
    def judge(self) -> Judge:
        """Verifies PDFs in child processes; the only way by which the web process looks at one."""
        return Judge(self.trust)

    @cached_property
    def city_key(self) -> SigningKey:
        """The key of the 契約担当者."""
        wanted = self.settings.signing
        if wanted.development_keys:
            return self._development.city
        return _key("SIGNING__CITY_KEY", wanted.city_key, wanted.city_key_password)

    @cached_property
    def service_key(self) -> SigningKey:
        """The service's own key, with which it records what vendors do (立会人型)."""
        wanted = self.settings.signing
        if wanted.development_keys:
            return self._development.service
        return _key("SIGNING__SERVICE_KEY", wanted.service_key, wanted.service_key_password)

    @cached_property
    def timestamper(self) -> Timestamper:
        """Asks the time-stamping authorities of the settings, in their order."""
        wanted = self.settings.signing
        roots, policy = self.trust.tsa_roots, None
        if wanted.development_keys:
            policy = development.POLICY
            if not wanted.tsa_urls:
                return self._development.timestamper()
        if not wanted.tsa_urls:
            raise SettingsError(
                problems_ja="・WARIFU_SIGNING__TSA_URLS: 時刻認証局のURLが必要です。",
                problems_en="- WARIFU_SIGNING__TSA_URLS: a time-stamping authority is needed.",
            )
        authorities = [
            TimestampAuthority(name=url, url=url, roots=roots, policy=policy)
            for url in wanted.tsa_urls
        ]
        return Timestamper(authorities, timeout=wanted.tsa_timeout_seconds, clock=self.clock.now)

    @cached_property
    def trust(self) -> Trust:
        """The roots at which signatures and timestamps must end."""
        wanted = self.settings.signing
        if wanted.development_keys:
            return self._development.trust()
        trust = Trust()
        for path in wanted.roots:
            trust = trust.merged(Trust(roots=Trust.from_path(path).roots))
        for path in wanted.tsa_roots:
            trust = trust.merged(Trust(tsa_roots=Trust.from_path(path).tsa_roots))
        return trust

    @cached_property
    def _development(self) -> development.DevelopmentPki:
        return development.create_pki(self.settings.signing.pki_folder, clock=self.clock.now)

    def close(self) -> None:
        """Give back connections and child processes. The embedded server goes on for the others."""
        if "judge" in self.__dict__:
            self.judge.close()
        if "timestamper" in self.__dict__:
            self.timestamper.close()
        self.database.dispose()


def open_store(settings: Settings) -> Store:
    """The document store of the settings."""
    wanted = settings.store
    if wanted.kind == "local":
        return LocalStore(wanted.folder)
    assert wanted.bucket is not None  # the settings have checked it
    return S3Store(
        wanted.bucket,
        endpoint_url=wanted.endpoint,
        region=wanted.region,
        access_key=_plain(wanted.access_key),
        secret_key=_plain(wanted.secret_key),
    )


def _key(setting: str, path: Path | None, password: SecretStr | None) -> SigningKey:
    if path is None:
        raise SettingsError(
            problems_ja=f"・WARIFU_{setting}: 署名鍵（PKCS#12）の場所が必要です。",
            problems_en=f"- WARIFU_{setting}: the place of a signing key (PKCS#12) is needed.",
        )
    return SigningKey.from_pkcs12(path.read_bytes(), _plain(password))


def _plain(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
