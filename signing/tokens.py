"""A timestamp token by itself, as the audit trail keeps one: what it proves, and when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509

from ._internal import chain
from ._internal.rfc3161 import SIZES, check_token_signature, purpose_checked
from ._internal.signed_data import SignedData, tst_info


def check_token(token: bytes, digest: bytes, roots: Sequence[bytes]) -> datetime | None:
    """The instant at which an authority under `roots` (DER) saw `digest`, or None.

    `token` is an RFC 3161 TimeStampToken (DER). Checked in this order: 1 the token is readable,
    2 it speaks of this digest, 3 its signature, 4 its certificate may time-stamp and nothing else,
    5 that certificate's chain ends at a root and was valid at that instant. Not checked: whether
    the certificate was revoked later.
    """
    try:
        data = SignedData.parse(token)  # 1
        info = tst_info(data)
        imprint = info["message_imprint"]
        algorithm = str(imprint["hash_algorithm"]["algorithm"].native)
        at: datetime = info["gen_time"].native
        if algorithm != SIZES.get(len(digest)) or imprint["hashed_message"].native != digest:
            return None  # 2
        check_token_signature(data)  # 3
        signer = purpose_checked(data)  # 4
        others = [x509.load_der_x509_certificate(c.dump()) for c in data.certificates]
        trusted = [x509.load_der_x509_certificate(root) for root in roots]
        chain.build(signer, others, trusted, at)  # 5
    except Exception:  # whatever a parser makes of hostile bytes, they prove nothing
        return None
    return at
