"""Mail, read from a real SMTP server."""

import email
import email.policy
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from portal.mail import mailer
from portal.settings import MailSettings

AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
MAIL = {
    "to": "yoshida@example.jp",
    "subject": "【遠州市】契約書の署名のお願い（髙橋建設 𠮷田様）",
    "body": "市道中央線 舗装補修工事の契約書ができました。\n",
    "message_key": "contract:1:vendor_turn:1",
    "at": AT,
}


class Inbox:
    """Keeps what an SMTP server was given."""

    def __init__(self) -> None:
        self.received: list[bytes] = []

    async def handle_DATA(self, _server, _session, envelope) -> str:  # noqa: N802
        self.received.append(envelope.content)
        return "250 OK"


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def server(inbox: Inbox) -> Iterator[Controller]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield controller
    controller.stop()


def parsed(raw: bytes):
    return email.message_from_bytes(raw, policy=email.policy.default)


def test_a_mail_arrives_with_its_japanese_words_unharmed(server: Controller, inbox: Inbox) -> None:
    mailer(MailSettings(kind="smtp", port=server.port, security="none")).send(**MAIL)
    [message] = map(parsed, inbox.received)
    assert message["Subject"] == MAIL["subject"]
    assert message.get_content().replace("\r\n", "\n") == MAIL["body"]
    assert message["To"] == MAIL["to"]
    assert message["Auto-Submitted"] == "auto-generated"


def test_the_same_mail_sent_twice_has_the_same_message_id(server: Controller, inbox: Inbox) -> None:
    sender = mailer(MailSettings(kind="smtp", port=server.port, security="none"))
    sender.send(**MAIL)
    sender.send(**MAIL)
    sender.send(**MAIL | {"message_key": "contract:1:vendor_turn:2"})
    first, second, other = (parsed(raw)["Message-ID"] for raw in inbox.received)
    assert first == second != other


def test_a_dead_mail_server_is_an_error_the_job_can_retry() -> None:
    with pytest.raises(OSError, match=r"."):
        mailer(MailSettings(kind="smtp", port=1, security="none")).send(**MAIL)


def test_the_folder_keeps_one_file_for_a_mail_sent_twice(tmp_path: Path) -> None:
    sender = mailer(MailSettings(kind="folder", folder=tmp_path / "outbox"))
    sender.send(**MAIL)
    sender.send(**MAIL)
    [file] = (tmp_path / "outbox").iterdir()
    assert parsed(file.read_bytes())["Subject"] == MAIL["subject"]


def test_a_header_cannot_be_smuggled_in_by_a_subject(tmp_path: Path) -> None:
    sender = mailer(MailSettings(kind="folder", folder=tmp_path / "outbox"))
    with pytest.raises(ValueError, match="linefeed"):
        sender.send(**MAIL | {"subject": "署名\r\nBcc: thief@example.jp"})
