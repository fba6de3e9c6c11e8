"""The second factor at an act: mailed code, authenticator app or passkey, whichever the person has.

Who has registered an app or a passkey is asked for that and no longer for a mailed code: a stranger
in the mailbox would otherwise need nothing else. Lost devices: a recovery code opens the door (it
does not sign), and the city's office can take all factors away after a telephone call, whereupon
the mailed code counts again; the person is told by mail.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.accounts.factor_models import SecondFactor
from portal.errors import CodeRefused
from portal.security import one_time_code, passkeys, rate_limits, totp
from portal.security.case_code import LETTERS
from portal.security.counting import counting
from portal.security.rate_limits import Limit
from portal.security.server_secret import server_secret
from portal.security.tokens import derive, same
from portal.service import Service
from records import new_id

APP_TRIES = Limit("factor.app", 5, 15)
RECOVERY_TRIES = Limit("factor.recovery", 5, 60)
MOST_FACTORS = 10
RECOVERY_CODES = 10


class FactorRefused(CodeRefused):
    """``why``: "app", "passkey", "own" (a passkey is registered, digits were given), "recovery"."""

    _WHY: ClassVar[dict[str, tuple[str, str, str, str]]] = {
        "app": (
            "認証アプリの番号が違うか、一度使った番号です。",
            "The authenticator's code is wrong or was used already.",
            "アプリに今出ている6桁を入力してください。30秒ごとに変わります。",
            "Enter the six digits shown now; they change every 30 seconds.",
        ),
        "own": (
            "この人にはパスキーが登録されています。",
            "A passkey is registered for this person.",
            "登録したパスキーで確認してください。",
            "Use the passkey that you registered.",
        ),
        "recovery": (
            "回復コードが違うか、一度使ったコードです。",
            "The recovery code is wrong or was used already.",
            "控えた回復コードを確かめるか、窓口へ連絡してください。",
            "Check the recovery codes you kept, or contact the office.",
        ),
    }


@dataclass(frozen=True, slots=True)
class Ways:
    """How this person proves an act: by what they registered, else by a mailed code."""

    apps: tuple[SecondFactor, ...]
    passkeys: tuple[SecondFactor, ...]

    @property
    def by_mail(self) -> bool:
        return not self.apps and not self.passkeys


@dataclass(frozen=True, slots=True)
class Proved:
    """Which factor it was; ``code_id`` is to be spent with the act (mailed codes only)."""

    factor: str
    code_id: str | None = None

    def spend(self, session: Session, at: datetime) -> None:
        """In the transaction of the act: a second act finds the code used."""
        if self.code_id is not None:
            one_time_code.spend(session, self.code_id, at)


def ways(session: Session, holder_id: str) -> Ways:
    rows = session.scalars(
        select(SecondFactor)
        .where(
            SecondFactor.holder_id == holder_id,
            SecondFactor.confirmed_at.is_not(None),
            SecondFactor.ended_at.is_(None),
        )
        .order_by(SecondFactor.created_at)
    ).all()
    return Ways(
        apps=tuple(row for row in rows if row.kind == "totp"),
        passkeys=tuple(row for row in rows if row.kind == "passkey"),
    )


def prove_by_digits(
    service: Service, session: Session, *, holder_id: str, subject: str, given: str
) -> Proved:
    """Six digits, of the app where the person has one, else of the mail. Raises CodeRefused,
    TooManyTries."""
    at = service.clock.now()
    own = ways(session, holder_id)
    if own.apps:
        _prove_by_app(service, own.apps, holder_id, given, at)
        return Proved("totp")
    if not own.by_mail:
        raise FactorRefused("own")
    code_id = one_time_code.check(
        service.database,
        secret=server_secret(service.settings),
        subject=subject,
        holder_id=holder_id,
        given=given,
        at=at,
    )
    return Proved("mailed_code", code_id)


def question(
    service: Service, session: Session, *, holder_id: str, subject: str
) -> dict[str, str] | None:
    """What the page gives the browser for a passkey: ``asked`` and ``options``; None without."""
    own = ways(session, holder_id).passkeys
    if not own or not passkeys.can_be_offered(service.settings):
        return None
    asked, options = passkeys.to_prove(
        session,
        service.settings,
        server_secret(service.settings),
        holder_id=holder_id,
        subject=subject,
        known=own,
        at=service.clock.now(),
    )
    return {"asked": asked, "options": options}


def prove_by_passkey(
    service: Service, session: Session, *, holder_id: str, subject: str, asked: str, answer: str
) -> Proved:
    """:raises CodeRefused: unless a passkey of this person answered about this subject."""
    passkeys.prove(
        session,
        service.settings,
        server_secret(service.settings),
        holder_id=holder_id,
        subject=subject,
        known=ways(session, holder_id).passkeys,
        asked=asked,
        answer=answer,
        at=service.clock.now(),
    )
    return Proved("passkey")


def new_app(session: Session, *, holder_id: str, label: str, at: datetime) -> SecondFactor:
    """An app to be: it counts when its first code was given (``confirm_app``)."""
    session.execute(
        update(SecondFactor)
        .where(
            SecondFactor.holder_id == holder_id,
            SecondFactor.kind == "totp",
            SecondFactor.confirmed_at.is_(None),
            SecondFactor.ended_at.is_(None),
        )
        .values(ended_at=at)
    )
    row = SecondFactor(id=new_id(), holder_id=holder_id, kind="totp", label=label, created_at=at)
    session.add(row)
    session.flush()
    return row


def confirm_app(
    service: Service, session: Session, *, holder_id: str, factor_id: str, given: str
) -> SecondFactor:
    """Take the app into use with its first code. Raises CodeRefused, TooManyTries."""
    row = session.get(SecondFactor, factor_id)
    if row is None or row.holder_id != holder_id or row.kind != "totp" or row.ended_at is not None:
        raise CodeRefused("none")
    if row.confirmed_at is not None:
        return row
    at = service.clock.now()
    rate_limits.hit(service.database, APP_TRIES, holder_id, at)
    secret = totp.secret_of(server_secret(service.settings), row.id)
    step = totp.step_of(secret, given, at, after=row.last_step)
    if step is None:
        raise FactorRefused("app")
    rate_limits.forgive(service.database, APP_TRIES, holder_id, at)
    row.last_step, row.confirmed_at, row.used_at = step, at, at
    return row


def new_recovery_codes(
    service: Service, session: Session, *, holder_id: str, at: datetime
) -> list[str]:
    """Ten codes, told once and kept as HMACs; earlier ones stop working."""
    _end(session, holder_id, ("recovery",), at)
    told = []
    for _ in range(RECOVERY_CODES):
        code = "".join(secrets.choice(LETTERS) for _ in range(12))
        session.add(
            SecondFactor(
                id=new_id(),
                holder_id=holder_id,
                kind="recovery",
                created_at=at,
                confirmed_at=at,
                code_hash=_recovery_hash(service, holder_id, code),
            )
        )
        told.append("-".join(code[i : i + 4] for i in range(0, 12, 4)))
    session.flush()
    return told


def use_recovery_code(service: Service, session: Session, *, holder_id: str, given: str) -> None:
    """Use one up. Raises CodeRefused, TooManyTries."""
    at = service.clock.now()
    rate_limits.hit(service.database, RECOVERY_TRIES, holder_id, at)
    plain = "".join(c for c in given[:60].upper() if c in LETTERS)
    wanted = _recovery_hash(service, holder_id, plain)
    rows = session.scalars(
        select(SecondFactor)
        .where(
            SecondFactor.holder_id == holder_id,
            SecondFactor.kind == "recovery",
            SecondFactor.ended_at.is_(None),
        )
        .with_for_update()
    ).all()
    for row in rows:
        if row.code_hash is not None and same(row.code_hash, wanted):
            row.used_at = row.ended_at = at
            return
    raise FactorRefused("recovery")


def remove(session: Session, *, holder_id: str, factor_id: str, at: datetime) -> bool:
    """End one app or passkey; whether this call did it."""
    return bool(
        session.scalar(
            update(SecondFactor)
            .where(
                SecondFactor.id == factor_id,
                SecondFactor.holder_id == holder_id,
                SecondFactor.ended_at.is_(None),
            )
            .values(ended_at=at)
            .returning(SecondFactor.id)
        )
    )


def remove_all(session: Session, *, holder_id: str, at: datetime) -> int:
    """Every factor of a person who lost them all; returns how many apps and passkeys."""
    _end(session, holder_id, ("recovery",), at)
    return _end(session, holder_id, ("totp", "passkey"), at)


def _prove_by_app(
    service: Service, apps: Sequence[SecondFactor], holder_id: str, given: str, at: datetime
) -> None:
    # Counted before the comparison, and the step is used up beside the caller's transaction: a
    # refusal that undoes the caller's work gives back neither the try nor the code.
    rate_limits.hit(service.database, APP_TRIES, holder_id, at)
    for app in apps:
        secret = totp.secret_of(server_secret(service.settings), app.id)
        step = totp.step_of(secret, given, at, after=app.last_step)
        if step is None:
            continue
        with counting(service.database) as own:
            used = own.scalar(
                update(SecondFactor)
                .where(SecondFactor.id == app.id, SecondFactor.last_step < step)
                .values(last_step=step, used_at=at)
                .returning(SecondFactor.id)
            )
        if used is not None:
            rate_limits.forgive(service.database, APP_TRIES, holder_id, at)
            return
    raise FactorRefused("app")


def _end(session: Session, holder_id: str, kinds: Sequence[str], at: datetime) -> int:
    ended = session.scalars(
        update(SecondFactor)
        .where(
            SecondFactor.holder_id == holder_id,
            SecondFactor.kind.in_(kinds),
            SecondFactor.ended_at.is_(None),
        )
        .values(ended_at=at)
        .returning(SecondFactor.id)
    )
    return len(ended.all())


def _recovery_hash(service: Service, holder_id: str, code: str) -> bytes:
    return derive(server_secret(service.settings), f"recovery:{holder_id}", code)
