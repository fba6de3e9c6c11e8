"""Puts links and codes into a mail at the moment it is sent, and only there.

A mail waits in the job queue as text with placeholders, ``[[link:<id>]]`` and ``[[code:<id>]]``.
The mail task calls ``fill`` on the body just before it hands it to the mail server. The values are
derived, so a second sending of the same mail is the same mail.
"""

from __future__ import annotations

import re

from portal.security.login_links import address_of
from portal.security.one_time_code import digits_of

_PLACEHOLDER = re.compile(
    r"\[\[(link|code):([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\]\]"
)


def fill(body: str, *, secret: bytes, public_url: str) -> str:
    """The body with every placeholder replaced by the link's address or the code's digits."""

    def value(found: re.Match[str]) -> str:
        kind, name = found.groups()
        if kind == "link":
            return address_of(secret, name, public_url)
        return digits_of(secret, name)

    return _PLACEHOLDER.sub(value, body)
