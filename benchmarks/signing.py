"""Signing and verifying against pyHanko as its documentation shows it, and against the key itself.

    python -m benchmarks.signing [--rounds 7] [--renewals 1000]

Everything in one run on one machine; read the ratios. Both sides sign the same six-page contract
with ECDSA P-256 and the same CRLs. The peer uses pyHanko's own time-stamper, which knows RSA only
(2048 bits, in process); ours asks the development authority (P-256, in process) and checks every
token against its pinned root, which the peer does not.
"""

import argparse
import asyncio
import logging
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from io import BytesIO
from pathlib import Path

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from benchmarks._signing_documents import (
    VENDOR,
    kept_contract,
    prepared_contract,
    rendered_contract,
)
from signing import development, extend, renew, sign, verify

DER = serialization.Encoding.DER


class Plain:
    """pyHanko, one document at a time, as its documentation shows it."""

    def __init__(self, pki: development.DevelopmentPki) -> None:
        folder = pki.folder
        key = serialization.load_pem_private_key((folder / "city.key.pem").read_bytes(), None)
        plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        self.signer = signers.SimpleSigner(
            signing_cert=asn1_x509.Certificate.load(pki.city.certificate),
            signing_key=asn1_keys.PrivateKeyInfo.load(key.private_bytes(DER, *plain)),
            cert_registry=SimpleCertificateStore.from_certs(
                [asn1_x509.Certificate.load(pki.root.der)]
            ),
        )
        tsa_key = rsa.generate_private_key(65537, 2048)
        issuer, now = pki.tsa_root, pki.clock()
        certificate = (
            x509.CertificateBuilder()
            .subject_name(x509.Name.from_rfc4514_string("CN=benchmark TSA"))
            .issuer_name(issuer.certificate.subject)
            .public_key(tsa_key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=999))
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True
            )
            .sign(issuer.key, hashes.SHA256())
        )
        store = SimpleCertificateStore.from_certs([asn1_x509.Certificate.load(issuer.der)])
        self.stamper_parts = {
            "tsa_cert": asn1_x509.Certificate.load(certificate.public_bytes(DER)),
            "tsa_key": asn1_keys.PrivateKeyInfo.load(tsa_key.private_bytes(DER, *plain)),
            "certs_to_embed": store,
        }
        self.roots = [asn1_x509.Certificate.load(r) for r in (pki.root.der, pki.tsa_root.der)]
        self.crls = pki.crls()

    def context(self) -> ValidationContext:
        return ValidationContext(trust_roots=self.roots, crls=self.crls, allow_fetching=False)

    def sign(self, pdf: bytes, level: str, field: str = "Vendor") -> bytes:
        meta = signers.PdfSignatureMetadata(
            field_name=field,
            subfilter=fields.SigSeedSubFilter.PADES,
            reason=VENDOR.statement,
            embed_validation_info=level in ("B-LT", "B-LTA"),
            use_pades_lta=level == "B-LTA",
            validation_context=self.context() if level in ("B-LT", "B-LTA") else None,
        )
        stamper = DummyTimeStamper(**self.stamper_parts) if level != "B-B" else None
        writer = IncrementalPdfFileWriter(BytesIO(pdf))
        out = signers.PdfSigner(meta, self.signer, timestamper=stamper).sign_pdf(writer)
        return bytes(out.getvalue())

    def verify(self, pdf: bytes) -> bool:
        async def every() -> bool:
            reader = PdfFileReader(BytesIO(pdf))
            statuses = [
                await async_validate_pdf_signature(s, self.context(), self.context())
                for s in reader.embedded_regular_signatures
            ]
            return all(s.bottom_line for s in statuses)

        return asyncio.run(every())


def median(act: Callable[[], object], rounds: int) -> float:
    """Milliseconds; one round before to warm up."""
    act()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        act()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def row(name: str, ours: float, peer: float, unit: str = "ms") -> None:
    print(f"{name:<44}{ours:>9.1f}{peer:>11.1f} {unit:<4}{peer / ours:>7.1f}x")


def _many(job: tuple[str, bytes, int]) -> float:
    folder, pdf, count = job
    pki = development.load(Path(folder))
    trust, stamper, key = pki.trust(), pki.timestamper(), pki.service
    sign(pdf, "Vendor", VENDOR, key=key, timestamper=stamper, trust=trust)
    start = time.perf_counter()
    for _ in range(count):
        sign(pdf, "Vendor", VENDOR, key=key, timestamper=stamper, trust=trust)
    return time.perf_counter() - start


def signatures(pki: development.DevelopmentPki, plain: Plain, rounds: int) -> None:
    prepared = prepared_contract()
    trust, stamper, key = pki.trust(), pki.timestamper(), pki.service

    def bt() -> bytes:
        return sign(prepared, "Vendor", VENDOR, key=key, timestamper=stamper, trust=trust)

    # A document with one slot, so that it can be extended after one signature.
    single = _single(prepared_contract_single())

    def blta() -> bytes:
        one = sign(single, "Vendor", VENDOR, key=key, timestamper=stamper, trust=trust)
        return extend(one, timestamper=stamper, trust=trust)

    print(f"{'signing a six-page contract':<44}{'ours':>9}{'pyHanko':>11}")
    row("B-T", median(bt, rounds), median(lambda: plain.sign(prepared, "B-T"), rounds))
    peer_lt = median(lambda: plain.sign(prepared, "B-LT"), rounds)
    ours_lta = median(blta, rounds)
    row("B-LTA (ours; pyHanko: B-LT)", ours_lta, peer_lt)
    row("B-LTA", ours_lta, median(lambda: plain.sign(prepared, "B-LTA"), rounds))
    row("  bytes added, B-T", len(bt()) - len(prepared),
        len(plain.sign(prepared, "B-T")) - len(prepared), "B")  # fmt: skip
    row("  bytes added, B-LTA", len(blta()) - len(single),
        len(plain.sign(prepared, "B-LTA")) - len(prepared), "B")  # fmt: skip
    ecdsa = ec.ECDSA(hashes.SHA256())
    bare = median(lambda: pki.root.key.sign(b"x", ecdsa), 200)
    print(f"bare ECDSA P-256 operation: {bare:.3f} ms; a B-T signature needs two of them and checks"
          f" three: {5 * bare / median(bt, rounds):.1%} of its time")  # fmt: skip
    count = 60
    with ProcessPoolExecutor(2) as pool:
        one = next(iter(pool.map(_many, [(str(pki.folder), prepared, count)])))
        two = max(pool.map(_many, [(str(pki.folder), prepared, count)] * 2))
    print(f"B-T signatures per second: one core {count / one:.0f}, two {2 * count / two:.0f}"
          f" (x{2 * one / two:.2f})\n")  # fmt: skip


def prepared_contract_single() -> bytes:
    return rendered_contract()


def _single(rendered: bytes) -> bytes:
    from signing import Slot, prepare

    return prepare(rendered, [Slot("Vendor", "受注者", box=(50, 50, 280, 130))], metadata={})


def verification(pki: development.DevelopmentPki, plain: Plain, rounds: int) -> None:
    signed, kept = kept_contract(pki, pages=6)
    trust = pki.trust()
    rendered = _with_fields(rendered_contract())
    print(f"{'verifying':<44}{'ours':>9}{'pyHanko':>11}")
    for name, ours, level in (("B-T, two signatures", signed, "B-LT"), ("B-LTA", kept, "B-LTA")):
        left = plain.sign(plain.sign(rendered, "B-T"), level, "City")
        assert verify(ours, trust).is_passed
        assert plain.verify(left)
        row(f"{name} (pyHanko: {level} as WeasyPrint wrote it)",
            median(lambda pdf=ours: verify(pdf, trust), rounds),
            median(lambda pdf=left: plain.verify(pdf), 3))  # fmt: skip
    print()


def _with_fields(pdf: bytes) -> bytes:
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    for name in ("Vendor", "City"):
        fields.append_signature_field(writer, fields.SigFieldSpec(name))
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def renewals(pki: development.DevelopmentPki, plain: Plain, count: int) -> None:
    _signed, kept = kept_contract(pki, pages=6)
    trust, stamper = pki.trust(), pki.timestamper()
    later = pki.clock() + timedelta(days=365 * 30)

    def once() -> bytes:
        return renew(kept, timestamper=stamper, trust=trust, before=later)

    def plainly() -> None:
        writer = IncrementalPdfFileWriter(BytesIO(kept))
        signers.PdfTimeStamper(DummyTimeStamper(**plain.stamper_parts)).timestamp_pdf(
            writer, "sha256"
        )

    peer = median(plainly, 9)
    once()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    for _ in range(count):
        once()
    each = (time.perf_counter() - start) / count * 1000
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(f"renewal of {count} documents, each judged first: {each:.1f} ms a document")
    print(
        f"one archive timestamp added plainly by pyHanko: {peer:.1f} ms ({each / peer:.2f} times)"
    )
    print(f"bytes added: {len(once()) - len(kept)}; memory grown by {grown / 1024:.1f} MB")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--renewals", type=int, default=1000)
    wanted = options.parse_args()
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        pki = development.create_pki(Path(folder))
        plain = Plain(pki)
        signatures(pki, plain, wanted.rounds)
        verification(pki, plain, wanted.rounds)
        renewals(pki, plain, wanted.renewals)


if __name__ == "__main__":
    main()
