"""Settings: one frozen tree, read once at the start and passed in from there."""

from portal.settings.groups import (
    CitySettings,
    ContractSettings,
    DatabaseSettings,
    MailSettings,
    RegistrySettings,
    SecuritySettings,
    SigningSettings,
    StoreSettings,
    WebSettings,
    WorkerSettings,
)
from portal.settings.limits import LimitSettings
from portal.settings.loading import load
from portal.settings.peppol import PeppolSettings
from portal.settings.tree import Settings

__all__ = [
    "CitySettings",
    "ContractSettings",
    "DatabaseSettings",
    "LimitSettings",
    "MailSettings",
    "PeppolSettings",
    "RegistrySettings",
    "SecuritySettings",
    "Settings",
    "SigningSettings",
    "StoreSettings",
    "WebSettings",
    "WorkerSettings",
    "load",
]
