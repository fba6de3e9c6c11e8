"""What there is to say of one signature: what it declares of itself, and what is proven of it."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from asn1crypto import x509

from ..verdict import Level
from . import algorithms, revision, timeline
from .found import Found
from .paths import Paths
from .signed_data import CmsFault, load_public_key


class Declared(TypedDict):
    """Fields of SignatureVerdict that the signature itself declares."""

    name: str | None
    capacity: str | None
    statement: str | None
    act_id: str | None
    claimed_time: datetime | None
    certifies: bool
    locks: bool


class Known(TypedDict, total=False):
    """Fields of SignatureVerdict that certificates and timestamps prove."""

    subject: str
    issuer: str
    certificate_not_after: datetime
    certificate_sha256: str
    algorithm: str
    proven_time: datetime | None
    revocation_as_of: datetime | None
    level: Level | None
    time_authority: str
    accredited_time: bool


def declared(item: Found) -> Declared:
    """What the signature says of itself."""
    claimed = None
    if item.embedded is not None:
        try:
            claimed = item.embedded.self_reported_timestamp
        except MemoryError:
            raise  # the limit speaks, not the file
        except Exception:  # an unreadable claim is no claim
            claimed = None
    return {
        "name": item.text("/Name"),
        "capacity": item.text("/Warifu", "/Capacity"),
        "statement": item.text("/Reason"),
        "act_id": item.text("/Warifu", "/ActId"),
        "claimed_time": claimed if claimed is not None and claimed.tzinfo else None,
        "certifies": _permission(item, "/DocMDP") is not None,
        "locks": _permission(item, "/FieldMDP") == 1,
    }


def _permission(item: Found, method: str) -> int | None:
    references = revision.generic_get(item.dictionary, "/Reference")
    for entry in revision.generic_items(references):
        if revision.generic_get(entry, "/TransformMethod") == method:
            value = revision.generic_get(entry, "/TransformParams", "/P")
            return int(value) if isinstance(value, int) else 0
    return None


def known(item: Found, standing: timeline.Standing | None, paths: Paths) -> Known:
    """What the certificates and timestamps say."""
    found: Known = {}
    certificate = item.certificate
    if certificate is not None:
        found |= {
            "subject": _common_name(certificate.subject),
            "issuer": _common_name(certificate.issuer),
            "certificate_not_after": certificate.not_valid_after,
            "certificate_sha256": certificate.sha256.hex(),
        }
        try:
            key = load_public_key(certificate)
            found["algorithm"] = algorithms.describe(
                key, item.data.digest_algorithm if item.data else ""
            )
        except CmsFault:
            found["algorithm"] = certificate.public_key.algorithm
    if standing is not None and standing.fault is None:
        found |= {
            "proven_time": standing.proven_time,
            "revocation_as_of": standing.revocation_as_of,
            "level": None if item.is_timestamp else standing.level,
        }
        if standing.time_chain:
            found["time_authority"] = _common_name(standing.time_chain[0].subject)
            found["accredited_time"] = standing.proven_time is not None and paths.is_accredited(
                standing.time_chain, standing.policy, standing.proven_time
            )
    return found


def _common_name(name: x509.Name) -> str:
    native = name.native
    for key in ("common_name", "organizational_unit_name", "organization_name"):
        if key in native:
            value = native[key]
            return str(value[0] if isinstance(value, list) else value)
    return str(name.human_friendly)
