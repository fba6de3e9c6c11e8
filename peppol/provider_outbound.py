"""Envelopes that a service provider (corner 2) sends for us: handed over at its API.

The other direction of `peppol.provider_inbound`. One POST an envelope (SBD), with our key; the
provider looks the receiver up, sends by AS4 and keeps the receipt. What is proven here is that the
provider took the envelope over, not that its receiver has it.

What providers have in common is little, so the agreement is small:

    POST <address>                           Content-Type: application/xml (the SBD)
    Authorization: Bearer <key>              Idempotency-Key: <InstanceIdentifier>

    2xx                                      taken over
    409                                      taken over before: the same number once more
    400, 413, 415, 422                       refused, for good; code "not_registered" in a JSON
                                             answer: the receiver takes no such document
    anything else, or no answer              later again, the very same bytes
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from peppol.as4.faults import EndpointUnavailable, SendingFailed
from peppol.errors import AddressRefused, SettingInvalid, Text
from peppol.outbound import AddressRules, Outbound, Unreachable

MOST_ANSWER: Final = 64 * 1024
NOT_REGISTERED: Final = "not_registered"
_REFUSALS: Final = frozenset({400, 413, 415, 422})
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class RefusedByProvider(SendingFailed):
    """The provider will not send it. `status`: HTTP; `told`: its code, if it gave one."""

    code = "peppol.provider.refused"
    remedy = Text(
        "事業者に理由を確かめ、直してから再送してください。",
        "Ask the provider for the reason, mend it and send again.",
    )

    def __init__(self, status: int, told: str) -> None:
        self.status = status
        self.told = told
        shown = " ".join(filter(None, (f"HTTP {status}", told)))
        super().__init__(f"事業者が拒みました({shown})。", f"the provider refused ({shown}).")


class ReceiverNotRegistered(RefusedByProvider):
    """The receiver takes no such document."""

    code = "peppol.provider.receiver_not_registered"


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider's API at `address`. `rules` follow from the address: see `rules_for`."""

    address: str
    key: str = field(repr=False)
    outbound: Outbound

    @classmethod
    def at(cls, address: str, key: str, *, timeout: float = 30.0) -> Provider:
        """The provider at `address`; SettingInvalid when it cannot be used safely."""
        return cls(address, key, Outbound(rules_for(address), timeout=timeout))

    def hand_over(self, envelope: bytes, *, number: str) -> bytes:
        """Give `envelope` to the provider; what it answered.

        `number` is the InstanceIdentifier: it makes the second of two equal requests harmless.
        Raises EndpointUnavailable (try again), RefusedByProvider (for good).
        """
        headers = {
            "Content-Type": "application/xml",
            "Authorization": f"Bearer {self.key}",
            "Idempotency-Key": number,
        }
        try:
            answer = self.outbound.request(
                "POST", self.address, limit=MOST_ANSWER, headers=headers, body=envelope
            )
        except (Unreachable, AddressRefused) as error:
            raise EndpointUnavailable(error.message_ja, error.message_en) from error
        if 200 <= answer.status < 300 or answer.status == 409:
            return answer.body
        if answer.status in _REFUSALS:
            told = _code(answer.body)
            kind = ReceiverNotRegistered if told == NOT_REGISTERED else RefusedByProvider
            raise kind(answer.status, told)
        raise EndpointUnavailable(
            f"事業者の応答は HTTP {answer.status} です。",
            f"the provider answered HTTP {answer.status}.",
        )


def rules_for(address: str) -> AddressRules:
    """https to any host and port: the operator chose it, it may stand in a closed network.

    Plain http only to this machine itself (a gateway beside us, tests): the key must not travel
    in the clear.
    """
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 - a port that is no number fails here
    except ValueError:
        parts = urlsplit("")
    if parts.scheme == "https" and parts.hostname:
        return AddressRules(frozenset({"https"}), None, allow_private=True)
    if parts.scheme == "http" and parts.hostname in _LOOPBACK:
        return AddressRules(frozenset({"http"}), None, allow_private=True)
    raise SettingInvalid(
        name="peppol.provider_url",
        why=Text("https:// で始まるアドレスが必要です。", "it must begin with https://."),
    )


def _code(body: bytes) -> str:
    """`code` of a JSON answer, if it is one, cut to what may be shown."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    code = told.get("code") if isinstance(told, dict) else None
    if not isinstance(code, str):
        return ""
    return "".join(c for c in code[:60] if c.isascii() and (c.isalnum() or c in "._-"))
