"""Signing and verifying against pyHanko as its documentation shows it, and against the key itself.

    python -m benchmarks.signing [--rounds 7] [--renewals 1000]

Everything in one run on one machine; read the ratios. Times are processor time, since nothing here
waits for another machine; only "per second on two cores" goes by the clock. Both sides sign the
same six-page contract with ECDSA P-256 and the same CRLs. The peer uses pyHanko's own
time-stamper, which knows RSA only (2048 bits, in process); ours asks the development authority
(P-256, in process) and checks every token against its pinned root, which the peer does not.
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
from dataclasses import replace
from datetime import timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from benchmarks._shares import show
from benchmarks._signing_documents import (
    VENDOR,
    kept_contract,
    prepared_contract,
    rendered_contract,
)
from benchmarks._signing_judge import judging
from benchmarks._signing_stages import show_steps
from benchmarks._signing_work import LEVELS, Level, sign_many, signed, verify_many
from benchmarks._targets import Targets
from signing import Slot, development, prepare, verify
from signing.renewal import renew_files

DER = serialization.Encoding.DER
Job = TypeVar("Job")


class Plain:
    """pyHanko, one document at a time, as its documentation shows it."""

    def __init__(self, pki: development.DevelopmentPki) -> None:
        folder = pki.folder
        key = serialization.load_pem_private_key((folder / "city.key.pem").read_bytes(), None)
        plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        self.signer = signers.SimpleSigner(
            signing_cert=asn1_x509.Certificate.load(pki.city.certificate),
            signing_key=asn1_keys.PrivateKeyInfo.load(key.private_bytes(DER, *plain)),
            cert_registry=_store(pki.root.der),
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
        self.stamper_parts: dict[str, Any] = {
            "tsa_cert": asn1_x509.Certificate.load(certificate.public_bytes(DER)),
            "tsa_key": asn1_keys.PrivateKeyInfo.load(tsa_key.private_bytes(DER, *plain)),
            "certs_to_embed": _store(issuer.der),
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


def _store(certificate: bytes) -> SimpleCertificateStore:
    make: Any = SimpleCertificateStore  # pyhanko-certvalidator has no types of its own here
    store: SimpleCertificateStore = make()
    store.register(asn1_x509.Certificate.load(certificate))
    return store


def median(act: Callable[[], object], rounds: int) -> float:
    """Milliseconds of processor time; one round before to warm up."""
    act()
    times = []
    for _ in range(rounds):
        start = time.process_time()
        act()
        times.append(time.process_time() - start)
    return statistics.median(times) * 1000


def row(name: str, ours: float, peer: float, unit: str = "ms") -> float:
    """Prints a line; the ratio in it."""
    print(f"{name:<52}{ours:>9.1f}{peer:>11.1f} {unit:<4}{peer / ours:>7.1f}x")
    return peer / ours


def scaling(name: str, work: Callable[[Job], float], job: Job, count: int) -> float:
    """One process, then two: both by the clock on the wall, so only an idle machine shows it."""
    with ProcessPoolExecutor(2) as pool:
        runs = [(min(pool.map(work, [job])), max(pool.map(work, [job] * 2))) for _ in range(3)]
    one, two = (min(times) for times in zip(*runs, strict=True))
    print(f"{name} per second: one core {count / one:.0f}, two {2 * count / two:.0f}"
          f" (x{2 * one / two:.2f})")  # fmt: skip
    return float(2 * one / two)


def bare(pki: development.DevelopmentPki, times: dict[Level, float]) -> None:
    """What OpenSSL's private-key operation alone would allow, and how much of each level it is."""
    data, ecdsa = b"x", ec.ECDSA(hashes.SHA256())
    root = pki.root.key
    value, public = root.sign(data, ecdsa), root.public_key()
    made = median(partial(root.sign, data, ecdsa), 200)
    checked = median(partial(public.verify, value, data, ecdsa), 200)
    rsa_key = rsa.generate_private_key(65537, 3072)
    of_rsa = median(partial(rsa_key.sign, data, padding.PKCS1v15(), hashes.SHA256()), 50)
    print(f"bare ECDSA P-256 (OpenSSL): signing {made:.3f} ms ({1000 / made:.0f} a second),"
          f" checking {checked:.3f} ms; RSA-3072: signing {of_rsa:.2f} ms")  # fmt: skip
    # The signer's value; each token is made here, too, by the development authority.
    for level, number in zip(LEVELS, (1, 2, 2, 3), strict=True):
        share = number * made / times[level]
        print(f"  {level}: {times[level] / made:.0f} times one bare operation;"
              f" its private-key operations ({number}) are {share:.2%} of its time")  # fmt: skip


def signatures(
    pki: development.DevelopmentPki, plain: Plain, rounds: int, targets: Targets
) -> None:
    slots = [Slot("Vendor", "受注者", box=(50, 50, 280, 130))]
    single = prepare(rendered_contract(), slots, metadata={})
    stamper = pki.timestamper()

    def ours(level: Level) -> bytes:
        return signed(single, level, pki, stamper)

    print(f"{'signing a six-page contract, with visible field':<52}{'ours':>9}{'pyHanko':>11}")
    times: dict[Level, float] = {}
    for level in LEVELS:
        times[level] = median(partial(ours, level), rounds)
        peer = median(partial(plain.sign, single, level), rounds)
        named = f"{level} ({1000 / times[level]:.0f} a second on one core)"
        ratio = row(named, times[level], peer)
        if level in ("B-LT", "B-LTA"):
            targets.at_least(f"signing {level} against plain pyHanko", ratio, 3)
    for level in LEVELS:
        mine, theirs = (
            len(made) - len(single) for made in (ours(level), plain.sign(single, level))
        )
        row(f"  bytes added, {level} (ours: with appearance and fonts)", mine, theirs, "B")
    bare(pki, times)
    for level in LEVELS:
        job = (str(pki.folder), single, 60, level)
        grown = scaling(f"{level} signatures", sign_many, job, 60)
        targets.at_least(f"signing {level} on two cores against one (idle machine)", grown, 1.7)

    def act(level: Level) -> Callable[[], Callable[[], object]]:
        # The stamper of the act is made where its parts are watched.
        return lambda: partial(signed, single, level, pki, pki.timestamper())

    show_steps("a B-T signature", act("B-T"), rounds * 5)
    show_steps("a B-LTA (signature and long-term form)", act("B-LTA"), rounds * 5)
    show("a B-T signature's time by kind of work", partial(ours, "B-T"))
    show("a B-LTA's time by kind of work", partial(ours, "B-LTA"))
    print()


def verification(
    pki: development.DevelopmentPki, plain: Plain, rounds: int, targets: Targets
) -> None:
    signed, kept = kept_contract(pki, pages=6)
    trust = pki.trust()
    rendered, prepared = _with_fields(rendered_contract()), prepared_contract()
    print(f"{'verifying two signatures on six pages':<52}{'ours':>9}{'pyHanko':>11}")
    for name, document, level in (("B-T", signed, "B-LT"), ("B-LTA", kept, "B-LTA")):
        left, same = (
            plain.sign(plain.sign(pdf, "B-T"), level, "City") for pdf in (rendered, prepared)
        )
        assert verify(document, trust).is_passed
        assert plain.verify(left)
        mine = median(partial(verify, document, trust), rounds)
        ratio = row(f"{name} (pyHanko: {level}, as WeasyPrint wrote it)", mine,
                    median(partial(plain.verify, left), 5))  # fmt: skip
        targets.at_least(f"verifying {name} against plain pyHanko, as rendered", ratio, 5)
        row(f"{name} (pyHanko: {level}, object streams taken out)", mine,
            median(partial(plain.verify, same), 5))  # fmt: skip
    grown = scaling("B-LTA verifications", verify_many, (str(pki.folder), kept, 60), 60)
    targets.at_least("verifying on two cores against one (idle machine)", grown, 1.7)
    print(f"verifications per second on one core: {1000 / mine:.0f}")
    show("a B-LTA verification's time by kind of work", partial(verify, kept, trust))
    print()


def _with_fields(pdf: bytes) -> bytes:
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    for name in ("Vendor", "City"):
        fields.append_signature_field(writer, fields.SigFieldSpec(name))
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def renewals(pki: development.DevelopmentPki, plain: Plain, count: int, targets: Targets) -> None:
    """Files on a disk, each judged, renewed and put in the old one's place."""
    _signed, kept = kept_contract(pki, pages=6)
    stamper, later = pki.timestamper(), pki.clock() + timedelta(days=365 * 30)
    trust = replace(pki.trust(), revocation=None)
    pki.renew_tsa(pki.clock())  # one that lasts longer, or a renewal would gain nothing

    def plainly() -> None:
        writer = IncrementalPdfFileWriter(BytesIO(kept))
        signers.PdfTimeStamper(DummyTimeStamper(**plain.stamper_parts)).timestamp_pdf(
            writer, "sha256"
        )

    peer = median(plainly, 9)
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{n:04}.pdf" for n in range(count)]
        for path in paths:
            path.write_bytes(kept)
        run = renew_files(paths, timestamper=stamper, trust=trust, before=later)
        warm = [next(run) for _ in range(10)]
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        cpu, wall = time.process_time(), time.perf_counter()
        rest = list(run)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert all(one.outcome == "renewed" for one in (*warm, *rest))
        added = paths[0].stat().st_size - len(kept)
    each = cpu / len(rest) * 1000
    print(f"renewal of {count} documents on disk: {each:.1f} ms a document"
          f" ({wall / len(rest) * 1000:.1f} ms by the clock, with two fsync)")  # fmt: skip
    print(
        f"one archive timestamp added plainly by pyHanko: {peer:.1f} ms ({each / peer:.2f} times)"
    )
    print(f"bytes added by a renewal: {added}; memory grown by {grown / 1024:.1f} MB\n")
    targets.at_most("a renewal against a timestamp added plainly by pyHanko", each / peer, 1.5)
    targets.at_most(f"memory grown over {count} renewals, MB", grown / 1024, 20)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--renewals", type=int, default=1000)
    wanted = options.parse_args()
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        pki = development.create_pki(Path(folder))
        plain = Plain(pki)
        targets = Targets()
        signatures(pki, plain, wanted.rounds, targets)
        verification(pki, plain, wanted.rounds, targets)
        judging(pki, targets)
        renewals(pki, plain, wanted.renewals, targets)
        targets.show()


if __name__ == "__main__":
    main()
