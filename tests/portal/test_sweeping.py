"""What expired is deleted by the daily job; what may still be used stays."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from portal.accounts.models import LoginLink, SecretCode
from portal.jobs import TASKS
from portal.security import login_links, one_time_code
from portal.security.server_secret import server_secret


def test_only_what_expired_long_ago_is_deleted(door, person):
    secret = server_secret(door.settings)
    now = door.clock.now()
    with door.database.transaction() as session:
        for days in (1, 365):
            login_links.issue(
                session,
                secret=secret,
                vendor_user_id=person.id,
                at=now,
                expires_at=now + timedelta(days=days),
            )
        one_time_code.issue(session, secret=secret, subject="x", holder_id="y", at=now)
    door.clock.advance(timedelta(days=100))
    for _ in range(2):
        TASKS["portal.sweep"](door)
    with door.database.reader() as session:
        assert session.scalar(select(func.count()).select_from(LoginLink)) == 1
        assert session.scalar(select(func.count()).select_from(SecretCode)) == 0
