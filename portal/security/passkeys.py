"""Passkeys (WebAuthn level 2): made on the person's device, answer a question for one subject.

1. The question (challenge) is derived from the server's secret and a row that names person and
   subject; the subject of a signing names the document's hash, so an answer given for one document
   is of no use for another.
2. The answer's origin and relying party must be ours, and the device must have checked its user
   (PIN, finger, face): possession and knowledge or being, two factors in one.
3. A question is answered once, within ten minutes.
4. A counter that goes back tells of a copied device and is refused (a counter of 0 counts nothing).
Not checked: the make of the device (attestation); a city that wants only certain makes cannot have
that here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar
from urllib.parse import urlsplit

import webauthn
from sqlalchemy import update
from sqlalchemy.orm import Session
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from portal.accounts.factor_models import PasskeyChallenge, SecondFactor
from portal.errors import CodeRefused
from portal.security.tokens import derive
from portal.settings import Settings
from records import new_id

LASTS = timedelta(minutes=10)
LONGEST_ANSWER = 20_000


class PasskeyRefused(CodeRefused):
    """The answer is not of a passkey of this person, or not for this question."""

    _WHY: ClassVar[dict[str, tuple[str, str, str, str]]] = {
        "passkey": (
            "パスキーで確認できませんでした。",
            "The passkey could not be checked.",
            "登録した端末で、もう一度「パスキーで確認」を押してください。",
            "Press “passkey” again on the device where you registered it.",
        ),
    }


def can_be_offered(settings: Settings) -> bool:
    """A passkey belongs to a host name: an address of digits (a laptop's 127.0.0.1) has none."""
    host = urlsplit(settings.web.public_url).hostname or ""
    return bool(host) and ":" not in host and not host.replace(".", "").isdigit()


def to_register(
    session: Session,
    settings: Settings,
    secret: bytes,
    *,
    holder_id: str,
    name: str,
    known: Sequence[SecondFactor],
    at: datetime,
) -> tuple[str, str]:
    """A new question for making a passkey: (its id, options as JSON for the browser)."""
    asked, challenge = _ask(session, secret, holder_id, "register", at)
    options = webauthn.generate_registration_options(
        rp_id=_rp_id(settings),
        rp_name=f"{settings.city.name} 電子契約・電子請求",
        user_id=derive(secret, "passkey-user", holder_id),
        user_name=name,
        challenge=challenge,
        exclude_credentials=_descriptors(known),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
    )
    return asked, webauthn.options_to_json(options)


def register(
    session: Session,
    settings: Settings,
    secret: bytes,
    *,
    holder_id: str,
    label: str,
    asked: str,
    answer: str,
    at: datetime,
) -> SecondFactor:
    """Keep the public key of a passkey that answered. Raises CodeRefused."""
    challenge = _answered(session, secret, asked, holder_id, "register", at)
    try:
        made = webauthn.verify_registration_response(
            credential=_answer(answer),
            expected_challenge=challenge,
            expected_rp_id=_rp_id(settings),
            expected_origin=settings.web.public_url,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise PasskeyRefused("passkey") from error
    row = SecondFactor(
        id=new_id(),
        holder_id=holder_id,
        kind="passkey",
        label=label,
        created_at=at,
        confirmed_at=at,
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
    )
    session.add(row)
    session.flush()
    return row


def to_prove(
    session: Session,
    settings: Settings,
    secret: bytes,
    *,
    holder_id: str,
    subject: str,
    known: Sequence[SecondFactor],
    at: datetime,
) -> tuple[str, str]:
    """A new question about ``subject``: (its id, options as JSON for the browser)."""
    asked, challenge = _ask(session, secret, holder_id, subject, at)
    options = webauthn.generate_authentication_options(
        rp_id=_rp_id(settings),
        challenge=challenge,
        allow_credentials=_descriptors(known),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return asked, webauthn.options_to_json(options)


def prove(
    session: Session,
    settings: Settings,
    secret: bytes,
    *,
    holder_id: str,
    subject: str,
    known: Sequence[SecondFactor],
    asked: str,
    answer: str,
    at: datetime,
) -> SecondFactor:
    """The passkey that answered this question about ``subject``. Raises CodeRefused."""
    challenge = _answered(session, secret, asked, holder_id, subject, at)
    try:
        given = _answer(answer)
        credential_id = webauthn.base64url_to_bytes(str(given.get("rawId", "")))
        row = next(each for each in known if each.credential_id == credential_id)
        assert row.public_key is not None
        proved = webauthn.verify_authentication_response(
            credential=given,
            expected_challenge=challenge,
            expected_rp_id=_rp_id(settings),
            expected_origin=settings.web.public_url,
            credential_public_key=row.public_key,
            credential_current_sign_count=row.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError, StopIteration) as error:
        raise PasskeyRefused("passkey") from error
    row.sign_count, row.used_at = proved.new_sign_count, at
    return row


def _ask(
    session: Session, secret: bytes, holder_id: str, subject: str, at: datetime
) -> tuple[str, bytes]:
    row = PasskeyChallenge(id=new_id(), holder_id=holder_id, subject=subject, created_at=at)
    session.add(row)
    session.flush()
    return row.id, _challenge(secret, row.id, holder_id, subject)


def _answered(
    session: Session, secret: bytes, asked: str, holder_id: str, subject: str, at: datetime
) -> bytes:
    spent = session.scalar(
        update(PasskeyChallenge)
        .where(
            PasskeyChallenge.id == asked,
            PasskeyChallenge.holder_id == holder_id,
            PasskeyChallenge.subject == subject,
            PasskeyChallenge.used_at.is_(None),
            PasskeyChallenge.created_at > at - LASTS,
        )
        .values(used_at=at)
        .returning(PasskeyChallenge.id)
    )
    if spent is None:
        raise PasskeyRefused("passkey")
    return _challenge(secret, asked, holder_id, subject)


def _challenge(secret: bytes, asked: str, holder_id: str, subject: str) -> bytes:
    return derive(secret, f"passkey-challenge:{asked}", f"{holder_id}\n{subject}")


def _answer(answer: str) -> dict[str, object]:
    if len(answer) > LONGEST_ANSWER:
        raise ValueError("too long")
    given = json.loads(answer)
    if not isinstance(given, dict):
        raise TypeError("not an object")
    return given


def _descriptors(known: Sequence[SecondFactor]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(id=row.credential_id)
        for row in known
        if row.credential_id is not None
    ]


def _rp_id(settings: Settings) -> str:
    return urlsplit(settings.web.public_url).hostname or ""
