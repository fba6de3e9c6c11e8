"""Keys from files and from a token (a real SoftHSM, where it is installed)."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from hypothesis import given
from hypothesis import strategies as st

from peppol.errors import KeyUnusable
from peppol.keys import AccessPointKey, FileKey, Pkcs11Key, UnwrapFailed, open_oaep
from peppol.private import Seat

from .conftest import Pki
from .exchange import Exchange

OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


def works(key: AccessPointKey, seat: Seat) -> None:
    public = seat.key.public_key()
    public.verify(key.sign(b"data"), b"data", padding.PKCS1v15(), hashes.SHA256())
    secret = os.urandom(16)
    assert key.unwrap(public.encrypt(secret, OAEP)) == secret
    wrong = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)
    for wrapped in (b"", bytes(256), b"\xff" * 256, public.encrypt(secret, wrong),
                    public.encrypt(secret, padding.PKCS1v15())):  # fmt: skip
        with pytest.raises(UnwrapFailed):
            key.unwrap(wrapped)


def test_key_from_pem_and_pkcs12(pki: Pki, tmp_path: Path) -> None:
    seat = pki.sender
    pem = tmp_path / "seat.pem"
    pem.write_bytes(seat.pem())
    works(FileKey.from_file(pem), seat)
    store = pkcs12.serialize_key_and_certificates(
        b"ap", seat.key, seat.certificate, None, serialization.BestAvailableEncryption(b"pin")
    )
    p12 = tmp_path / "seat.p12"
    p12.write_bytes(store)
    works(FileKey.from_file(p12, b"pin"), seat)
    with pytest.raises(KeyUnusable):
        FileKey.from_file(p12, b"wrong")


def test_key_that_does_not_fit_is_refused(pki: Pki) -> None:
    with pytest.raises(KeyUnusable, match="do not match"):
        FileKey(pki.sender.key, pki.receiver.certificate)
    weak = rsa.generate_private_key(65537, 1024)
    with pytest.raises(KeyUnusable, match="2048"):
        FileKey(weak, pki.sender.certificate)
    curve = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    with pytest.raises(KeyUnusable, match="RSA"):
        FileKey.from_pem(curve, pki.sender.certificate.public_bytes(serialization.Encoding.PEM))


def test_pkcs12_without_key_is_refused(pki: Pki) -> None:
    data = pkcs12.serialize_key_and_certificates(
        b"x", None, pki.sender.certificate, None, serialization.NoEncryption()
    )
    with pytest.raises(KeyUnusable):
        FileKey.from_pkcs12(data, None)


@given(st.binary(min_size=0, max_size=190))
def test_our_oaep_opens_what_openssl_seals(secret: bytes) -> None:
    wrapped = _KEY.public_key().encrypt(secret, OAEP)
    numbers = _KEY.private_numbers()
    block = pow(int.from_bytes(wrapped, "big"), numbers.d, numbers.public_numbers.n)
    assert open_oaep(block.to_bytes(256, "big")) == secret


@given(st.binary(min_size=0, max_size=256))
def test_our_oaep_refuses_what_is_not_sealed(block: bytes) -> None:
    with pytest.raises(UnwrapFailed):
        open_oaep(block)


_KEY = rsa.generate_private_key(65537, 2048)


@pytest.fixture
def token(softhsm: Path, tmp_path: Path, pki: Pki) -> str:
    """The PKCS#11 module whose token "warifu" holds the receiver's key as "ap"."""
    key = tmp_path / "key.pem"
    key.write_bytes(
        pki.receiver.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    subprocess.run(
        ["softhsm2-util", "--import", str(key), "--token", "warifu", "--label", "ap", "--id", "A1",
         "--pin", "1234"], check=True, capture_output=True,
    )  # fmt: skip
    return str(softhsm)


def test_key_in_a_token_signs_opens_and_receives(token: str, pki: Pki) -> None:
    pytest.importorskip("pkcs11")
    certificate = pki.receiver.certificate
    right = {"module": token, "token": "warifu", "pin": "1234", "label": "ap"}
    for wrong in ({"pin": "9999"}, {"token": "none"}, {"module": "/none.so"}):
        with pytest.raises(KeyUnusable):
            Pkcs11Key(certificate=certificate, **{**right, **wrong})
    key = Pkcs11Key(certificate=certificate, **right)
    works(key, pki.receiver)
    exchange = Exchange(pki, key=key)
    assert exchange.receive(exchange.outgoing()).outcome == "accepted"
    works(Pkcs11Key(certificate=certificate, **right), pki.receiver)
    with pytest.raises(KeyUnusable, match="do not match"):
        Pkcs11Key(certificate=pki.sender.certificate, **right)
    with pytest.raises(KeyUnusable):
        Pkcs11Key(certificate=certificate, **{**right, "label": "none"})
