"""Who is at the door and what they may do. Pages use these names; the rest is this folder's own
matter.
"""

from portal.security.access import CurrentUser, MaybeUser, current_user, ensure, require, somebody
from portal.security.identity import Identity
from portal.security.rights import Allow, Deny, may
from portal.security.roles import Role

__all__ = [
    "Allow",
    "CurrentUser",
    "Deny",
    "Identity",
    "MaybeUser",
    "Role",
    "current_user",
    "ensure",
    "may",
    "require",
    "somebody",
]
