"""Who is at the door: a value that every page gets and the role table judges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from portal.security.roles import Role
from records import Actor


@dataclass(frozen=True, slots=True)
class Identity:
    """A signed-in person (or the API key that acts for one).

    ``factors`` says how they proved who they are: "password", "link", "code", "api_key".
    """

    kind: Literal["staff", "vendor"]
    id: str
    name: str
    roles: frozenset[Role]
    department: str | None = None
    title: str = ""
    mail: str = ""
    vendor_id: str | None = None
    vendor_name: str = ""
    factors: frozenset[str] = frozenset()
    session_hash: bytes | None = None
    only: frozenset[str] | None = None
    """Actions an API key is narrowed to; None where it is not."""
    key_id: str | None = None

    @property
    def actor(self) -> Actor:
        """The same person as the audit trail names them."""
        return Actor(kind=self.kind, id=self.id, name=self.name)

    @property
    def subject(self) -> str:
        """The person as the subject of an act of the audit trail."""
        return f"{'staff' if self.kind == 'staff' else 'vendor_user'}:{self.id}"

    @property
    def role_words(self) -> str:
        return "・".join(role.ja for role in Role if role in self.roles)
