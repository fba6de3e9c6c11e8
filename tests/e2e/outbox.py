"""Mails as their receivers find them: in the folder that a demonstration mails into."""

from __future__ import annotations

import email
import email.policy
import re
import time
from email.message import EmailMessage
from pathlib import Path

LINK = re.compile(r"http://127\.0\.0\.1:[0-9]+/l/[^\s]+")
CODE = re.compile(r"(?<![0-9])([0-9]{6})(?![0-9])")
PATIENCE_SECONDS = 60.0


class Outbox:
    """Mails are found by receiver and a word of the subject, newest first, never twice."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._seen: set[Path] = set()

    def next(self, to: str, about: str) -> str:
        """The body of the newest mail to `to` about `about` that was not taken before."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            for file in sorted(self._fresh(), key=lambda f: f.stat().st_mtime_ns, reverse=True):
                message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
                assert isinstance(message, EmailMessage)
                if to in str(message["to"]) and about in str(message["subject"]):
                    self._seen.add(file)
                    return str(message.get_content())
            time.sleep(0.1)
        raise AssertionError(f"no mail to {to} about {about}")

    def next_link(self, to: str, about: str) -> str:
        found = LINK.search(self.next(to, about))
        assert found, "the mail holds no link"
        return found.group()

    def next_code(self, to: str, about: str) -> str:
        found = CODE.search(self.next(to, about))
        assert found, "the mail holds no code"
        return found.group(1)

    def _fresh(self) -> list[Path]:
        return [file for file in self.folder.glob("*.eml") if file not in self._seen]
