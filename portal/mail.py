"""Mail to people: one message a job, by SMTP or, for demonstrations, into a folder.

Delivery is at least once. The message's key is in its Message-ID, so that a mail system can drop a
second copy, and in the folder a second copy is the same file.
"""

from __future__ import annotations

import hashlib
import os
import smtplib
import ssl
from collections.abc import Callable
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Protocol

from portal.settings import MailSettings


class Mailer(Protocol):
    def send(self, *, to: str, subject: str, body: str, message_key: str, at: datetime) -> None:
        """Deliver one plain-text mail. Raises OSError or SMTPException when that failed."""
        ...


def mailer(settings: MailSettings) -> Mailer:
    return _Mailer(settings, _by_smtp if settings.kind == "smtp" else _to_folder)


class _Mailer:
    def __init__(
        self, settings: MailSettings, deliver: Callable[[MailSettings, EmailMessage], None]
    ) -> None:
        self._settings = settings
        self._deliver = deliver

    def send(self, *, to: str, subject: str, body: str, message_key: str, at: datetime) -> None:
        self._deliver(self._settings, self._message(to, subject, body, message_key, at))

    def _message(
        self, to: str, subject: str, body: str, message_key: str, at: datetime
    ) -> EmailMessage:
        settings = self._settings
        message = EmailMessage(policy=SMTP)
        message["From"] = Address(settings.sender_name, addr_spec=settings.sender)
        message["To"] = Address(addr_spec=to)
        message["Subject"] = subject
        message["Date"] = format_datetime(at)
        name = hashlib.sha256(message_key.encode()).hexdigest()[:32]
        message["Message-ID"] = f"<{name}@{settings.sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office replies
        message.set_content(body, cte="base64")
        return message


def _to_folder(settings: MailSettings, message: EmailMessage) -> None:
    settings.folder.mkdir(parents=True, exist_ok=True)
    name = str(message["Message-ID"]).strip("<>").partition("@")[0]
    final = settings.folder / f"{name}.eml"
    if final.exists():
        return
    partial = settings.folder / f"{name}.{os.getpid()}.partial"
    partial.write_bytes(bytes(message))
    partial.replace(final)


def _by_smtp(settings: MailSettings, message: EmailMessage) -> None:
    context = ssl.create_default_context()
    connection: smtplib.SMTP
    if settings.security == "tls":
        connection = smtplib.SMTP_SSL(
            settings.host, settings.port, timeout=settings.timeout_seconds, context=context
        )
    else:
        connection = smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout_seconds)
    with connection:
        if settings.security == "starttls":
            connection.starttls(context=context)
        if settings.user and settings.password:
            connection.login(settings.user, settings.password.get_secret_value())
        connection.send_message(message)
