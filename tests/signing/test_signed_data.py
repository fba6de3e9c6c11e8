"""Bytes of a CMS that no signature covers are still read: a wrong one is never "passed"."""

from __future__ import annotations

import re

import pytest
from asn1crypto import cms

from signing._internal.signed_data import CmsFault, SignedData


def newest_token(pdf: bytes) -> bytes:
    """The newest archive timestamp's CMS."""
    return bytes.fromhex(re.findall(rb"/Contents\s*<([0-9a-fA-F]+)>", pdf)[-1].decode())


@pytest.mark.parametrize(
    ("offset", "value"),
    [(0, 0x03), (1, 0x02), (2, 0x02), (2, 0x07)],
    ids=["tag", "length", "version-2", "version-7"],
)
def test_the_version_of_the_signer_is_read(archived: bytes, offset: int, value: int) -> None:
    token = newest_token(archived)
    SignedData.parse(token)
    signer = cms.ContentInfo.load(token)["content"]["signer_infos"][0]
    start = token.index(signer.dump()) + len(signer.dump()) - len(signer.contents)
    assert token[start : start + 2] == b"\x02\x01"  # INTEGER of one byte (RFC 5652 §5.3)
    mutant = bytearray(token)
    mutant[start + offset] = value
    with pytest.raises(CmsFault):
        SignedData.parse(bytes(mutant))
