"""A timestamp token outside a PDF."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from signing import development
from signing.tokens import check_token

DIGEST = hashlib.sha256("証跡の先頭".encode()).digest()


@pytest.fixture
def pki(tmp_path: Path) -> development.DevelopmentPki:
    return development.create_pki(tmp_path / "pki")


def test_a_token_proves_its_digest_and_tells_the_instant(pki) -> None:
    before = datetime.now(UTC)
    at = check_token(pki.timestamper().token(DIGEST), DIGEST, pki.trust().tsa_roots)
    assert at is not None
    assert abs((at - before).total_seconds()) < 60


def test_a_token_over_something_else_proves_nothing(pki) -> None:
    other = hashlib.sha256(b"another").digest()
    assert check_token(pki.timestamper().token(other), DIGEST, pki.trust().tsa_roots) is None


def test_a_token_of_a_stranger_proves_nothing(pki, tmp_path: Path) -> None:
    stranger = development.create_pki(tmp_path / "stranger")
    token = stranger.timestamper().token(DIGEST)
    assert check_token(token, DIGEST, pki.trust().tsa_roots) is None


@pytest.mark.parametrize("flip", [100, 900, -20])
def test_a_token_changed_in_its_signed_parts_proves_nothing(pki, flip: int) -> None:
    token = bytearray(pki.timestamper().token(DIGEST))
    token[flip] ^= 1
    assert check_token(bytes(token), DIGEST, pki.trust().tsa_roots) is None


def test_bytes_that_are_no_token_prove_nothing(pki) -> None:
    assert check_token(b"", DIGEST, pki.trust().tsa_roots) is None
    assert check_token(b"%PDF-1.7", DIGEST, pki.trust().tsa_roots) is None
