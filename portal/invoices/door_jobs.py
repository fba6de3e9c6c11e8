"""Jobs of the doors that are looked at by the clock: the mails' Maildir and the folder."""

from __future__ import annotations

from collections.abc import Callable

from portal.invoices.folder_door import take_in_folder
from portal.invoices.mail_door import take_in_mails
from portal.service import Service
from portal.settings import Settings
from records.jobs import Periodic

EVERY_MINUTE = "* * * * *"


def look_for_mails(service: Service) -> None:
    """Take in mailed invoices, where the city has set a Maildir."""
    folder = service.settings.intake.maildir
    if folder is not None:
        take_in_mails(service, folder)


def look_into_folder(service: Service) -> None:
    """Take in files, where the city has set a folder."""
    folder = service.settings.intake.folder
    if folder is not None:
        take_in_folder(service, folder)


TASKS: dict[str, Callable[..., None]] = {
    "portal.look_for_mails": look_for_mails,
    "portal.look_into_folder": look_into_folder,
}


def periodic(settings: Settings) -> tuple[Periodic, ...]:
    """When to look: once a minute at the doors that are set."""
    found = []
    if settings.intake.maildir is not None:
        found.append(Periodic("portal.look_for_mails", EVERY_MINUTE))
    if settings.intake.folder is not None:
        found.append(Periodic("portal.look_into_folder", EVERY_MINUTE))
    return tuple(found)
