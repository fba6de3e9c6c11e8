"""The composition root: one `Service` holds what the processes share, built from the settings.

Web, worker and commands each build one. What only the worker needs (keys, time-stamping
authorities) is made when it is first asked for, so that the web process never holds a key.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from portal.keys import Keys, plain
from portal.mail import Mailer, mailer
from portal.settings import Settings
from records import Clock, Database, LocalStore, S3Store, Store, SystemClock, embedded
from signing import Judge, SigningKey, Timestamper, Trust, Validity

if TYPE_CHECKING:
    from portal.network.parts import AccessPoint


class Service:
    """Everything a process of this service works with. Built once, shared by its threads."""

    def __init__(
        self, settings: Settings, *, database: Database, store: Store, clock: Clock | None = None
    ) -> None:
        self.settings = settings
        self.database = database
        self.store = store
        self.clock: Clock = clock or SystemClock()
        self.keys = Keys(settings, self.clock)

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

    @property
    def city_key(self) -> SigningKey:
        """The key of the 契約担当者."""
        return self.keys.city_key

    @property
    def service_key(self) -> SigningKey:
        """The service's own key, with which it records what vendors do (立会人型)."""
        return self.keys.service_key

    @property
    def certificates(self) -> tuple[Validity, Validity]:
        """How long the certificates of the city's and the service's key last."""
        return self.keys.certificates

    @property
    def timestamper(self) -> Timestamper:
        """Asks the time-stamping authorities."""
        return self.keys.timestamper

    @property
    def trust(self) -> Trust:
        """The roots at which signatures and timestamps must end."""
        return self.keys.trust

    @cached_property
    def access_point(self) -> AccessPoint:
        """Our access point in the Peppol network. The web process never asks for it."""
        from portal.network.parts import AccessPoint  # takes service and settings from here

        return AccessPoint(self)

    def close(self) -> None:
        """Give back connections and child processes. The embedded server goes on for the others."""
        if "judge" in self.__dict__:
            self.judge.close()
        self.keys.close()
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
        access_key=plain(wanted.access_key),
        secret_key=plain(wanted.secret_key),
    )


def tend_database(settings: Settings) -> None:
    """Start the embedded database again when it has died; nothing where another one is named."""
    if settings.database.url is None and not embedded.is_running(settings.database.data_dir):
        embedded.start(settings.database.data_dir)
