"""Jobs of the door itself: mail, the daily anchor of the audit trail, sweeping what expired."""

from __future__ import annotations

from collections.abc import Callable

from portal.contracts.reminding import remind
from portal.contracts.sign_reminders import remind_signers
from portal.security.mailed_secrets import fill
from portal.security.server_secret import server_secret
from portal.security.sweeping import sweep
from portal.service import Service
from records import audit


def send_mail(
    service: Service, *, to: str, subject: str, body: str, message_key: str, about: str = ""
) -> None:
    """Send one mail. Links and codes are put into it only now (`mailed_secrets`).

    `about` names what it is about ("contract:<id>"), for the page that says a mail waits."""
    settings = service.settings
    filled = fill(body, secret=server_secret(settings), public_url=settings.web.public_url)
    service.mailer.send(
        to=to, subject=subject, body=filled, message_key=message_key, at=service.clock.now()
    )


def anchor_audit_trail(service: Service) -> None:
    """Put the newest entry's hash under a timestamp; once a day (Asia/Tokyo), however often run."""
    with service.database.transaction() as session:
        audit.anchor(session, service.timestamper.token, service.clock.now())


def sweep_door(service: Service) -> None:
    """Delete sessions, codes, links and rate windows that expired."""
    with service.database.transaction() as session:
        sweep(session, service.clock.now())


TASKS: dict[str, Callable[..., None]] = {
    "portal.mail": send_mail,
    "portal.anchor": anchor_audit_trail,
    "portal.sweep": sweep_door,
    "portal.remind_contracts": remind,
    "portal.remind_signers": remind_signers,
}
