"""From a subject of the identity provider to a member of staff, with the roles of today.

1. A subject known from before is that person, whatever the login name says now.
2. Else the login name ties the subject to a member of staff who is tied to no other subject.
3. Else, where the settings say so, the person is entered, if the claim gives a role.
4. Where a role map is set, the roles are the provider's at every sign-in; none is refused.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import queries, registering
from portal.accounts.models import User
from portal.accounts.oidc_models import OidcLink
from portal.errors import PortalError
from portal.security.oidc import Arrived
from portal.settings.oidc import OidcSettings
from records import Actor, audit

SYSTEM = Actor("system", "oidc", "warifu")


class PersonUnknown(PortalError):
    code = "portal.person_unknown"
    status = 403
    ja: ClassVar[str] = (
        "市の認証基盤では確かめられましたが、このサービスの利用者ではありません。{why_ja}"
    )
    en: ClassVar[str] = "The identity provider knows you, but you have no access here. {why_en}"
    mend_ja: ClassVar[str] = "所属の係を通じて、運用管理者に登録を依頼してください。"
    mend_en: ClassVar[str] = "Ask the operator for access."


def member_of_staff(
    session: Session, settings: OidcSettings, arrived: Arrived, *, at: datetime
) -> User:
    """Raises PersonUnknown with the reason."""
    name = _name(arrived.claims.get(settings.name_claim))
    roles = settings.roles_of(arrived.claims.get(settings.roles_claim))
    link = session.get(OidcLink, (arrived.issuer, arrived.subject))
    user = session.get(User, link.user_id) if link is not None else None
    if settings.role_map and not roles:
        raise PersonUnknown(
            why_ja="使える権限が割り当てられていません。", why_en="No role is assigned to you."
        )
    if user is None:
        user = queries.user_by_login_name(session, name) if name else None
        if user is None and settings.create_staff and roles and name:
            user = registering.add_staff(
                session,
                login_name=name,
                display_name=_words(arrived.claims, "name") or name,
                mail=_words(arrived.claims, "email"),
                department=_words(arrived.claims, "department"),
                roles=roles,
                password=None,
                actor=SYSTEM,
                at=at,
            )
        if user is None:
            raise PersonUnknown(why_ja="", why_en="")
        taken = session.scalar(select(OidcLink).where(OidcLink.user_id == user.id))
        if taken is not None:
            raise PersonUnknown(
                why_ja="このログイン名は、別の人に結び付いています。",
                why_en="This login name belongs to somebody else.",
            )
        session.add(
            OidcLink(issuer=arrived.issuer, subject=arrived.subject, user_id=user.id, created_at=at)
        )
        session.flush()
        details = {"issuer": arrived.issuer}
        audit.append(session, SYSTEM, "account.oidc_linked", f"staff:{user.id}", details, at)
    if not user.active:
        raise PersonUnknown(why_ja="利用が止められています。", why_en="Your access is stopped.")
    if settings.role_map and set(user.roles) != {role.value for role in roles}:
        registering.set_roles(session, user=user, roles=roles, actor=SYSTEM, at=at)
    return user


def _name(value: object) -> str:
    if not isinstance(value, str):
        return ""
    return unicodedata.normalize("NFKC", value).strip().lower()[:64]


def _words(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    return value.strip()[:100] if isinstance(value, str) else ""
