"""Group 6, algorithms: one suite; everything else is refused by name, before any key is used."""

from __future__ import annotations

import base64
import hashlib
import os

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from lxml import etree

from peppol.as4 import vocabulary as v
from peppol.as4.compression import compress
from peppol.keys import FileKey
from peppol.sbdh_writing import make_envelope
from tests.peppol.builders import a_header, an_invoice
from tests.peppol.conftest import Pki
from tests.peppol.exchange import Exchange, Message, code_of, find, sign_again

SHA1 = "http://www.w3.org/2000/09/xmldsig#sha1"

REPLACED = {
    "rsa-sha1": (v.RSA_SHA256, "http://www.w3.org/2000/09/xmldsig#rsa-sha1"),
    "hmac": (v.RSA_SHA256, "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"),
    "rsa-sha512": (v.RSA_SHA256, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"),
    "rsa-pss": (v.RSA_SHA256, "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"),
    "digest sha1": (f'<ds:DigestMethod Algorithm="{v.SHA256}"></ds:DigestMethod>',
                    f'<ds:DigestMethod Algorithm="{SHA1}"></ds:DigestMethod>'),
    "inclusive c14n": (f'Method Algorithm="{v.EXC_C14N}"',
                       'Method Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"'),
    "c14n with comments": (f'Method Algorithm="{v.EXC_C14N}"',
                           f'Method Algorithm="{v.EXC_C14N}WithComments"'),
    "xslt": (f'Transform Algorithm="{v.EXC_C14N}"',
             'Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"'),
    "xpath": (f'Transform Algorithm="{v.EXC_C14N}"',
              'Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"'),
    "base64 transform": (v.ATTACHMENT_CONTENT, "http://www.w3.org/2000/09/xmldsig#base64"),
    "complete attachment": (v.ATTACHMENT_CONTENT,
                            v.SWA + "#Attachment-Complete-Signature-Transform"),
    "rsa-1_5": (v.RSA_OAEP, v.XENC + "rsa-1_5"),
    "oaep mgf1p": (v.RSA_OAEP, v.XENC + "rsa-oaep-mgf1p"),
    "oaep sha1": (f'<ds:DigestMethod Algorithm="{v.SHA256}"/>',
                  f'<ds:DigestMethod Algorithm="{SHA1}"/>'),
    "oaep without digest": (f'<ds:DigestMethod Algorithm="{v.SHA256}"/>', ""),
    "mgf sha1": (v.MGF1_SHA256, v.XENC11 + "mgf1sha1"),
    "mgf absent": (f'<xenc11:MGF Algorithm="{v.MGF1_SHA256}"/>', ""),
    "aes-cbc": (v.AES128_GCM, v.XENC + "aes128-cbc"),
    "aes256-gcm": (v.AES128_GCM, v.XENC11 + "aes256-gcm"),
    "tripledes": (v.AES128_GCM, v.XENC + "tripledes-cbc"),
    "attachment complete": (v.ATTACHMENT_CONTENT_ONLY, v.SWA + "#Attachment-Complete"),
    "ciphertext transform": (v.ATTACHMENT_CIPHERTEXT, v.ATTACHMENT_CONTENT),
    "certificate chain": ("#X509v3", "#X509PKIPathv1"),
}  # fmt: skip


@pytest.mark.parametrize("name", REPLACED)
def test_other_algorithm_or_transform_is_refused_by_name(exchange: Exchange, name: str) -> None:
    old, new = REPLACED[name]
    reply = exchange.receive(exchange.message().replaced(old.encode(), new.encode()))
    assert code_of(reply) == "EBMS:0103"
    assert exchange.kept() == []


@pytest.mark.parametrize("name", ["rsa-sha1", "digest sha1", "inclusive c14n", "xslt"])
def test_other_algorithm_is_refused_even_when_signed_with_it(
    exchange: Exchange, pki: Pki, name: str
) -> None:
    old, new = REPLACED[name]
    message = exchange.message().replaced(old.encode(), new.encode())
    message = message.changed(
        lambda root: sign_again(root, pki.sender, "sha1" if "sha1" in name else "sha256")
    )
    assert code_of(exchange.receive(message)) == "EBMS:0103"


def test_hmac_with_the_public_key_as_secret_is_refused(exchange: Exchange) -> None:
    message = exchange.message().replaced(
        b"</ds:SignatureMethod>",
        b"<ds:HMACOutputLength>0</ds:HMACOutputLength></ds:SignatureMethod>",
    )
    assert code_of(exchange.receive(message)) == "EBMS:0103"


def test_unsigned_or_unencrypted_message_is_refused(exchange: Exchange) -> None:
    def without(*names: str) -> Message:
        def change(root: etree._Element) -> None:
            for name in names:
                element = find(root, f".//{name}")
                parent = element.getparent()
                assert parent is not None
                parent.remove(element)

        return exchange.message().changed(change)

    assert code_of(exchange.receive(without("ds:Signature"))) == "EBMS:0103"
    for names in (("xenc:EncryptedKey",), ("xenc:EncryptedData",),
                  ("xenc:EncryptedKey", "xenc:EncryptedData")):  # fmt: skip
        assert code_of(exchange.receive(without(*names))) == "EBMS:0103"
    assert code_of(exchange.receive(without("wsse:Security"))) == "EBMS:0009"
    assert exchange.kept() == []


def test_oaep_label_is_refused(exchange: Exchange) -> None:
    message = exchange.message().replaced(
        b"<xenc11:MGF", b"<xenc:OAEPparams>AA==</xenc:OAEPparams><xenc11:MGF"
    )
    assert code_of(exchange.receive(message)) == "EBMS:0103"


def encrypted_otherwise(
    exchange: Exchange, pki: Pki, *, key: bytes, tag: int = 16, pad: padding.AsymmetricPadding
) -> Message:
    """A message whose payload is encrypted in a way its header does not admit."""
    payload = compress(make_envelope(a_header(), an_invoice()))
    nonce = os.urandom(12)
    encryptor = Cipher(algorithms.AES(key), modes.GCM(nonce)).encryptor()
    wire = nonce + encryptor.update(payload) + encryptor.finalize() + encryptor.tag[:tag]
    wrapped = pki.receiver.certificate.public_key().encrypt(key, pad)  # type: ignore[union-attr, call-arg]

    def change(root: etree._Element) -> None:
        find(root, ".//xenc:CipherValue").text = base64.b64encode(wrapped).decode()
        digest = base64.b64encode(hashlib.sha256(payload).digest()).decode()
        find(root, ".//ds:SignedInfo").findall(f"{{{v.DS}}}Reference")[2][2].text = digest
        sign_again(root, pki.sender)

    message = exchange.message().changed(change)
    return Message(message.content_type, message.soap, wire, message.cid, message.boundary)


OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


def test_the_same_made_rightly_passes(exchange: Exchange, pki: Pki) -> None:
    message = encrypted_otherwise(exchange, pki, key=os.urandom(16), pad=OAEP)
    assert exchange.receive(message).outcome == "accepted"


@pytest.mark.parametrize(
    ("size", "tag", "pad"),
    [
        (16, 8, OAEP),
        (16, 12, OAEP),
        (32, 16, OAEP),
        (24, 16, OAEP),
        (16, 16, padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)),
        (16, 16, padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA256(), None)),
        (16, 16, padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), b"label")),
        (16, 16, padding.PKCS1v15()),
    ],
)
def test_other_encryption_than_announced_fails_without_a_hint(
    exchange: Exchange, pki: Pki, size: int, tag: int, pad: padding.AsymmetricPadding
) -> None:
    message = encrypted_otherwise(exchange, pki, key=os.urandom(size), tag=tag, pad=pad)
    reply = exchange.receive(message)
    assert code_of(reply) == "EBMS:0102"
    assert b"it cannot be decrypted." in reply.body
    assert exchange.kept() == []


def test_every_way_decryption_fails_says_the_same(exchange: Exchange, pki: Pki) -> None:
    good = exchange.message()

    def soap(change: bytes) -> Message:
        start = good.soap.index(b"<xenc:CipherValue>") + 18
        spoiled = good.soap[:start] + change + good.soap[start + len(change) :]
        return Message(good.content_type, spoiled, good.payload, good.cid, good.boundary)

    def wire(payload: bytes) -> Message:
        return Message(good.content_type, good.soap, payload, good.cid, good.boundary)

    p = good.payload
    other_key = exchange.message(endpoint=exchange.endpoint(pki.sender))
    spoiled = [
        soap(b"AAAA"), soap(b"////"), wire(p[:-1]), wire(p + b"x"), wire(b""), wire(p[:11]),
        wire(p[:28]), wire(bytes([p[0] ^ 1]) + p[1:]), wire(p[:40] + bytes([p[40] ^ 1]) + p[41:]),
        wire(p[:-1] + bytes([p[-1] ^ 1])), other_key,
    ]  # fmt: skip
    texts = set()
    for message in spoiled:
        reply = exchange.receive(message)
        assert code_of(reply) == "EBMS:0102"
        texts.add(etree.fromstring(reply.body).findtext(f".//{{{v.EB}}}Description"))
    assert len(texts) == 1


def test_message_for_another_recipient_costs_no_private_key_operation(pki: Pki) -> None:
    class Counting(FileKey):
        opened = 0

        def unwrap(self, wrapped: bytes) -> bytes:
            Counting.opened += 1
            return super().unwrap(wrapped)

    exchange = Exchange(pki, key=Counting(pki.receiver.key, pki.receiver.certificate))
    other = exchange.message(endpoint=exchange.endpoint(pki.sender))
    assert code_of(exchange.receive(other)) == "EBMS:0102"
    assert Counting.opened == 0
