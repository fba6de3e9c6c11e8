"""Batches at their true size: 600 contracts closed on 1 April, 500 contracts of others taken in.

A city of its own in a temporary folder: embedded database, documents on disk, a time-stamping
authority and the worker as processes of their own. Each contract is drafted, decided, sent and
signed by its vendor (its text is set in type once for all of them, which is not what is measured);
the city's signature and timestamp on each is real, verified before it counts, and the worker is
killed (SIGKILL) in the middle. The imported PDFs
are signed here one by one: half with `signing` (a root that the city trusts), half with plain
pyHanko and a root that nobody knows; every tenth line says another amount than its PDF.

    python -m benchmarks contract_batches            # both; or with CLOSE=600 IMPORT=500
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "econtract"))

import signing
from econtract import awards, bulk_closing, drafting, importing, making_job, rendering
from econtract.keeping_models import ImportRow
from econtract.models import Act, Contract, Party
from portal.contracts import people
from portal.contracts.work import contract_parts
from portal.demo.stage import Ports, Stage
from portal.service import Service
from records import new_id
from records.models import AuditRow

CLOSE = int(os.environ.get("CLOSE", "600"))
IMPORT = int(os.environ.get("IMPORT", "500"))
BASE_TIME_LIMIT = 3600.0


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="warifu-batches-") as folder:
        stage = Stage(Path(folder), Ports(web=_port(), tsa=_port()))
        environment = _environment(stage)
        stage.prepare(lambda _: None)
        try:
            with _process(["development-tsa", f"{folder}/pki", "--port", str(stage.ports.tsa)],
                          environment):  # fmt: skip
                _answers(stage.ports.tsa)
                service = Service.from_settings(stage.settings(), name="benchmark")
                if CLOSE:
                    close(service, environment)
                if IMPORT:
                    take_in(service, environment)
                service.close()
        finally:
            stage.close()


def close(service: Service, environment: dict[str, str]) -> None:
    from walk import CITY, DRAFTER, OFFICER, HeardNotices, Walk, award_csv

    made = time.perf_counter()
    walk = Walk(contract_parts(service), HeardNotices())
    set_once: list[rendering.RenderedPdf] = []
    original = rendering.render

    def render(*args: Any, **options: Any) -> rendering.RenderedPdf:
        if not set_once:
            set_once.append(original(*args, **options))
        return set_once[0]

    rendering.render = render
    making_job.page_images = lambda *_: []
    with service.database.transaction() as session:
        taken = awards.take_in(
            session,
            award_csv(*({"案件番号": f"2026-物-{n:04}"} for n in range(CLOSE))),
            vendor_of=people.vendor_of(session, DRAFTER, walk.now),
            actor=DRAFTER,
            at=walk.now,
        )
    for award_id in taken.new:
        with service.database.transaction() as session:
            walk.contract_id = drafting.draft(
                session, award_id=award_id, city=CITY, actor=DRAFTER, at=walk.now
            ).id
        walk.make().submit().approve().send()._vendor()
    print(f"close: {CLOSE} contracts await the city after {time.perf_counter() - made:.0f} s")
    batch_id = new_id()
    with service.database.transaction() as session:
        shown = bulk_closing.closable(session, rules=walk.deps.rules, actor=OFFICER, at=walk.now)
        bulk_closing.begin(
            session,
            batch_id=batch_id,
            chosen=[(each.contract.id, each.sha256) for each in shown],
            rules=walk.deps.rules,
            officer=OFFICER.name,
            factors=("password", "mailed_code"),
            evidence={"address": "198.51.100.1"},
            actor=OFFICER,
            at=walk.now,
        )

    def settled() -> int:
        with service.database.reader() as session:
            return bulk_closing.progress(session, batch_id).settled

    spent, at_kill = _killed_once(environment, settled, len(shown))
    with service.database.reader() as session:
        counts = bulk_closing.progress(session, batch_id).counts
        acts = session.scalars(select(Act).where(Act.slot == "City")).all()
        states = Counter(session.scalars(select(Contract.state)))
        trail = Counter(
            session.scalars(select(AuditRow.subject).where(AuditRow.action == "contract.concluded"))
        )
        slots = [p.slot for p in session.scalars(select(Party).where(
            Party.contract_id == walk.contract_id).order_by(Party.position))]  # fmt: skip
        results = [act.result_sha256 for act in acts]
    print(
        f"close {len(shown)}: {spent / 60:.1f} min, {len(shown) / spent:.2f} contracts/s;"
        f" worker killed at {at_kill}; {dict(counts)}; states {dict(states)}"
    )
    assert len({act.contract_id for act in acts}) == len(acts) == len(set(results)) == len(shown)
    assert set(trail.values()) == {1}
    assert len(trail) == len(shown)
    sample = results[:: max(1, len(results) // 20)]
    verdicts = Counter(
        signing.verify(service.store.read(sha256), service.trust, expected_slots=slots).status
        for sha256 in sample
        if sha256
    )
    print(
        f"  one act, one signature, one conclusion each; {len(sample)} verified: {dict(verdicts)}"
    )


def take_in(service: Service, environment: dict[str, str]) -> None:
    from test_importing import CLERK, page, table

    made = time.perf_counter()
    foreign = _foreign_signer()
    rows, files = [], []
    for n in range(IMPORT):
        name, number, amount = f"CS-{n:04}.pdf", f"CS-2025-{n:04}", f"{1_000_000 + n:,}"
        plain = page(number, amount, "Enshu Cleaning Co.")
        if n % 2:
            pdf = foreign(plain)
        else:
            prepared = signing.prepare(plain, [signing.Slot("V", "vendor", 0, None)], metadata={})
            pdf = signing.sign(
                prepared, "V", signing.Act("A", "B", "C", new_id()),
                key=service.service_key, timestamper=service.timestamper, trust=service.trust,
            )  # fmt: skip
        files.append((name, pdf))
        rows.append({
            "ファイル名": name, "契約番号": number,
            "契約金額（税込）": "9,999,999" if n % 10 == 0 else amount,
            "契約締結日": f"{datetime.now(UTC) + timedelta(hours=9):%Y-%m-%d}",
        })  # fmt: skip
    print(f"import: {IMPORT} PDFs signed in {time.perf_counter() - made:.0f} s")
    at = service.clock.now()
    start = time.perf_counter()
    with service.database.transaction() as session:
        begun = importing.begin(
            session,
            table(*rows),
            source="another service",
            vendor_of=people.vendor_of(session, CLERK, at),
            actor=CLERK,
            at=at,
        )
    importing.add_all(service.database, service.store, begun.id, files, actor=CLERK, at=at)

    def settled() -> int:
        with service.database.reader() as session:
            counts = importing.counts(session, begun.id)
            return sum(counts.get(s, 0) for s in ("archived", "unsealed", "refused", "paper"))

    spent, at_kill = _killed_once(environment, settled, IMPORT)
    with service.database.reader() as session:
        counts = importing.counts(session, begun.id)
        differing = session.scalar(
            select(func.count()).select_from(ImportRow).where(
                func.jsonb_array_length(ImportRow.mismatches) > 0)
        )  # fmt: skip
        contracts = session.scalar(
            select(func.count()).select_from(Contract).where(Contract.number.startswith("CS-"))
        )
    print(
        f"import {IMPORT}: {spent / 60:.1f} min, {IMPORT / spent:.2f} PDFs/s (all"
        f" {(time.perf_counter() - start) / 60:.1f} min); worker killed at {at_kill}; {counts};"
        f" {differing} lines differ; {contracts} contracts"
    )


def _killed_once(
    environment: dict[str, str], settled: Callable[[], int], total: int
) -> tuple[float, int]:
    """Run the worker until all is settled, killing it once in the middle: (seconds, at)."""
    start = time.perf_counter()
    at_kill = 0
    for until in (total // 2, total):
        with _process(["worker"], environment) as worker:
            while settled() < until:
                time.sleep(1)
                assert worker.poll() is None, "the worker has ended by itself"
                assert time.perf_counter() - start < BASE_TIME_LIMIT, f"{settled()} of {total}"
            if until < total:
                worker.send_signal(signal.SIGKILL)
                worker.wait()
                at_kill = settled()
    return time.perf_counter() - start, at_kill


def _foreign_signer() -> Callable[[bytes], bytes]:
    """Signs with plain pyHanko and a certificate whose root nobody knows."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import signers

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Another Service")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.KeyUsage(True, True, *[False] * 7), critical=True)
        .sign(key, hashes.SHA256())
    )
    pfx = serialization.pkcs12.serialize_key_and_certificates(
        b"x", key, certificate, None, serialization.BestAvailableEncryption(b"x")
    )
    signer = signers.SimpleSigner.load_pkcs12_data(pfx, [], b"x")
    assert signer is not None

    def sign(pdf: bytes) -> bytes:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        out = signers.sign_pdf(writer, signers.PdfSignatureMetadata("V"), signer=signer)
        return bytes(out.getbuffer())

    return sign


def _environment(stage: Stage) -> dict[str, str]:
    """The demonstration's, with the day between a signature and its long-term form as in a city."""
    os.environ.update(stage.environment, WARIFU_SIGNING__KEEP_AFTER_HOURS="24")
    return dict(os.environ)


@contextlib.contextmanager
def _process(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen([sys.executable, "-m", "portal", *command], env=environment)
    try:
        yield child
    finally:
        child.terminate()
        child.wait(30)


def _port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _answers(port: int) -> None:
    for _ in range(600):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise SystemExit("the time-stamping authority does not answer")


if __name__ == "__main__":
    main()
