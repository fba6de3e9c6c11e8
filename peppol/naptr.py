"""From a participant to its SMP's address (SML 1.3.0, PFUOI 4.4.0 POLICY 7).

The name is base32(sha256(lower-case value)) without padding; the answer a NAPTR record with flag
`U` and service `Meta:SMP`, whose regexp replaces everything by an https address.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Final, Protocol

import dns.exception
import dns.rdatatype
import dns.resolver

from peppol.errors import (
    LookupTemporarilyUnavailable,
    ParticipantNotRegistered,
    RegistrationFaulty,
    Text,
)
from peppol.identifiers import PARTICIPANT_META_SCHEME, ParticipantId

PRODUCTION_ZONE: Final = "participant.sml.prod.tech.peppol.org"
TEST_ZONE: Final = "participant.sml.test.tech.peppol.org"

_REPLACE_ALL: Final = re.compile(
    r"(?P<d>[^\w\s\\])(?:\.\*|\^\.\*\$)(?P=d)(?P<url>[^\\]+?)(?P=d)i?\Z"
)


class AddressBook(Protocol):
    """Says where a participant's SMP is."""

    def smp_address(self, participant: ParticipantId) -> str: ...


def hostname(participant: ParticipantId, zone: str) -> str:
    """The DNS name of `participant` in `zone`, without final dot."""
    digest = hashlib.sha256(participant.value.lower().encode()).digest()
    label = base64.b32encode(digest).decode().rstrip("=").lower()
    return f"{label}.{PARTICIPANT_META_SCHEME}.{zone.strip('.')}"


def address_of_regexp(regexp: str) -> str | None:
    """The address in a NAPTR regexp such as `!.*!https://smp.example!`; None if it is not that."""
    match = _REPLACE_ALL.match(regexp)
    return match["url"].rstrip("/") if match else None


class NaptrAddressBook:
    """Asks DNS. `resolver` is the system's unless given; `seconds` bounds one question."""

    def __init__(
        self,
        zone: str = PRODUCTION_ZONE,
        resolver: dns.resolver.Resolver | None = None,
        seconds: float = 10.0,
    ) -> None:
        self._zone = zone
        self._resolver = resolver or dns.resolver.Resolver()
        self._seconds = seconds

    def smp_address(self, participant: ParticipantId) -> str:
        """The SMP's base address, without final slash.

        ParticipantNotRegistered: the name is absent. RegistrationFaulty: it has no usable record.
        LookupTemporarilyUnavailable: nobody could say.
        """
        name = hostname(participant, self._zone)
        try:
            answer = self._resolver.resolve(
                name, dns.rdatatype.NAPTR, lifetime=self._seconds, search=False
            )
        except dns.resolver.NXDOMAIN:
            raise ParticipantNotRegistered(participant=participant) from None
        except dns.resolver.NoAnswer:
            raise _faulty(participant) from None
        except dns.exception.DNSException as error:
            detail = type(error).__name__
            raise LookupTemporarilyUnavailable(
                participant=participant,
                why=Text(f"DNS が答えません({detail})。", f"DNS does not answer ({detail})."),
            ) from None
        for record in sorted(answer, key=lambda r: (r.order, r.preference)):
            flags = record.flags.decode("ascii", "replace").upper()
            service = record.service.decode("ascii", "replace").lower()
            if flags == "U" and service == "meta:smp":
                address = address_of_regexp(record.regexp.decode("utf-8", "replace"))
                if address and not set(address) & set("?#@"):
                    return address
        raise _faulty(participant)


def _faulty(participant: ParticipantId) -> RegistrationFaulty:
    return RegistrationFaulty(
        participant=participant,
        why=Text("SMP を指す NAPTR レコードがありません。", "no NAPTR record names an SMP."),
    )
