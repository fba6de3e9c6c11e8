"""People of the fictional city as programs: each speaks to the JSON API with a key of its own."""

from __future__ import annotations

import email
import email.policy
import re
import time
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx2

from portal.accounts import queries
from portal.demo import city
from portal.demo.stage import Stage
from portal.errors import PortalError
from portal.security import api_keys, people
from portal.security.identity import Identity
from portal.service import Service

PATIENCE_SECONDS = 120.0
PAUSE_SECONDS = 0.15
CODE = re.compile(r"(?<![0-9])([0-9]{6})(?![0-9])")


class StoryStopped(PortalError):
    """A step of a story was answered otherwise than it should be."""

    code = "portal.story_stopped"
    ja = "{who}の手順が進みません（{path}）: {answer}"
    en = "A step of {who} went no further ({path}): {answer}"
    mend_ja = "表示された理由を確かめてください。"
    mend_en = "See the reason shown."


class Voice:
    """One person with an API key. A connection that breaks is tried again: acts happen once."""

    def __init__(
        self,
        name: str,
        address: str,
        key: str,
        patience: float,
        heard: Callable[[httpx2.Response], None] = lambda _: None,
    ) -> None:
        """`heard` is told of every answer (tests look at those that are tried again)."""
        self.name = name
        self._heard = heard
        self._client = httpx2.Client(
            base_url=f"{address}/api/v1", headers={"authorization": f"Bearer {key}"}, timeout=60
        )
        self._patience = patience

    def get(self, path: str, **params: Any) -> Any:
        return self._call("GET", path, params=params).json()

    def download(self, path: str) -> bytes:
        return self._call("GET", path).content

    def post(self, path: str, body: object = None, **how: Any) -> Any:
        return self._call(
            "POST", path, **({"json": body} if body is not None else {}), **how
        ).json()

    def try_post(self, path: str, body: object = None, **how: Any) -> httpx2.Response:
        """Post and give the answer whatever it is."""
        given = {"json": body} if body is not None else {}
        return self._reach("POST", path, **given, **how)

    def wait(self, path: str, until: Callable[[Any], bool]) -> Any:
        """Ask again until the answer is as wished. Raises StoryStopped with the last one."""
        deadline = time.monotonic() + self._patience
        while not until(answer := self.get(path)):
            if time.monotonic() > deadline:
                raise StoryStopped(who=self.name, path=path, answer=str(answer)[:400])
            time.sleep(PAUSE_SECONDS)
        return answer

    def close(self) -> None:
        self._client.close()

    def _call(self, method: str, path: str, **how: Any) -> httpx2.Response:
        answer = self._reach(method, path, **how)
        if answer.status_code >= 400:
            raise StoryStopped(
                who=self.name, path=path, answer=f"{answer.status_code} {answer.text[:400]}"
            )
        return answer

    def _reach(self, method: str, path: str, **how: Any) -> httpx2.Response:
        deadline = time.monotonic() + self._patience
        while True:
            try:
                answer = self._client.request(method, path, **how)
                self._heard(answer)
                if answer.status_code != 503:
                    return answer
            except httpx2.TransportError:
                pass  # the web process is being started again
            if time.monotonic() > deadline:
                raise StoryStopped(who=self.name, path=path, answer="no answer")
            time.sleep(PAUSE_SECONDS)


class Voices:
    """Everybody of the demonstration: staff by sign-in name, vendors by 業者番号."""

    def __init__(
        self,
        stage: Stage,
        service: Service,
        *,
        patience: float = PATIENCE_SECONDS,
        heard: Callable[[httpx2.Response], None] = lambda _: None,
    ) -> None:
        self._outbox = stage.settings().mail.folder
        self._patience = patience
        at = service.clock.now()
        holders: dict[str, Identity] = {}
        with service.database.transaction() as session:
            for person in city.STAFF:
                user = queries.user_by_login_name(session, person.login_name)
                assert user is not None
                holders[person.login_name] = people.staff(user, frozenset())
            for company in city.COMPANIES:
                vendor = queries.vendor_by_code(session, company.code)
                assert vendor is not None
                first = queries.vendor_users(session, vendor.id)[0]
                holders[company.code] = people.vendor(first, vendor, frozenset())
            self._voices = {
                name: Voice(
                    holder.name,
                    stage.address,
                    api_keys.issue(
                        session,
                        holder=holder,
                        label="デモ",
                        at=at,
                        expires_at=at + timedelta(days=1),
                    )[0],
                    patience,
                    heard,
                )
                for name, holder in holders.items()
            }

    def __getitem__(self, name: str) -> Voice:
        return self._voices[name]

    def code_mailed(self, to: str, about: str, known: set[Path]) -> str:
        """The six digits of the newest mail to `to` that speaks of `about` and is not `known`."""
        deadline = time.monotonic() + self._patience
        while time.monotonic() < deadline:
            fresh = [file for file in self._outbox.glob("*.eml") if file not in known]
            for file in sorted(fresh, key=lambda file: file.stat().st_mtime, reverse=True):
                message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
                assert isinstance(message, EmailMessage)
                body = message.get_content()
                if to in str(message["to"]) and about in body and (code := CODE.search(body)):
                    return code.group(1)
            time.sleep(PAUSE_SECONDS)
        raise StoryStopped(who=to, path="outbox", answer="no code was mailed")

    def mails(self) -> set[Path]:
        """All mails so far."""
        return set(self._outbox.glob("*.eml"))

    def close(self) -> None:
        for voice in self._voices.values():
            voice.close()
