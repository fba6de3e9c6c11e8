"""Keys, time and trust from the settings: what signs, who says when, and what is believed.

Each is made when it is first asked for: the web process asks for none of the keys, only for how
long their certificates last.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import structlog
from pydantic import SecretStr

from portal.errors import SettingsError
from portal.settings import Settings
from portal.trust_lists import TrustLists
from records import Clock, SystemClock
from signing import (
    SigningKey,
    TimestampAuthority,
    Timestamper,
    Trust,
    Validity,
    development,
)
from signing.revocation import OnlineRevocation

log = structlog.get_logger(__name__)


class Keys:
    """The signing side of the settings."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self._wanted = settings.signing
        self._clock = clock or SystemClock()

    @cached_property
    def city_key(self) -> SigningKey:
        """The key of the 契約担当者."""
        wanted = self._wanted
        if wanted.development_keys:
            return self._development.city
        return _key("SIGNING__CITY_KEY", wanted.city_key, wanted.city_key_password)

    @cached_property
    def service_key(self) -> SigningKey:
        """The service's own key, with which it records what vendors do (立会人型)."""
        wanted = self._wanted
        if wanted.development_keys:
            return self._development.service
        return _key("SIGNING__SERVICE_KEY", wanted.service_key, wanted.service_key_password)

    @cached_property
    def certificates(self) -> tuple[Validity, Validity]:
        """How long the city's and the service's certificates last; the keys are not kept."""
        wanted = self._wanted
        if wanted.development_keys:
            return self._development.city.validity, self._development.service.validity
        city = _key("SIGNING__CITY_KEY", wanted.city_key, wanted.city_key_password)
        service = _key("SIGNING__SERVICE_KEY", wanted.service_key, wanted.service_key_password)
        return city.validity, service.validity

    @cached_property
    def timestamper(self) -> Timestamper:
        """Asks the time-stamping authorities of the settings, in their order."""
        wanted = self._wanted
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
        return Timestamper(authorities, timeout=wanted.tsa_timeout_seconds, clock=self._clock.now)

    @cached_property
    def trust(self) -> Trust:
        """The roots at which signatures and timestamps must end."""
        wanted = self._wanted
        lists = self.lists
        if wanted.development_keys:
            return self._development.trust().merged(lists.trust)
        trust = Trust(revocation=OnlineRevocation(clock=self._clock.now)).merged(lists.trust)
        for path in wanted.roots:
            trust = trust.merged(Trust(roots=Trust.from_path(path).roots))
        for path in wanted.tsa_roots:
            trust = trust.merged(Trust(tsa_roots=Trust.from_path(path).tsa_roots))
        return trust

    @cached_property
    def lists(self) -> TrustLists:
        """The published lists of the settings; one that should have been replaced is logged."""
        wanted = self._wanted
        lists = TrustLists.read(
            wanted.trusted_lists, wanted.trusted_list_signers, wanted.accredited_tsa
        )
        for words in lists.stale(self._clock.now()):
            log.warning("trust.list_stale", list=words)
        return lists

    @cached_property
    def _development(self) -> development.DevelopmentPki:
        return development.create_pki(self._wanted.pki_folder, clock=self._clock.now)

    def close(self) -> None:
        """Close connections to time-stamping authorities."""
        if "timestamper" in self.__dict__:
            self.timestamper.close()


def _key(setting: str, path: Path | None, password: SecretStr | None) -> SigningKey:
    if path is None:
        raise SettingsError(
            problems_ja=f"・WARIFU_{setting}: 署名鍵（PKCS#12）の場所が必要です。",
            problems_en=f"- WARIFU_{setting}: the place of a signing key (PKCS#12) is needed.",
        )
    return SigningKey.from_pkcs12(path.read_bytes(), plain(password))


def plain(secret: SecretStr | None) -> str | None:
    """The secret itself, at the one place that needs it."""
    return None if secret is None else secret.get_secret_value()
