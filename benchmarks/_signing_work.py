"""What a process of its own does again and again; in a module that child processes can import."""

import time
from pathlib import Path

from benchmarks._signing_documents import VENDOR
from signing import development, sign, verify


def sign_many(job: tuple[str, bytes, int]) -> float:
    folder, pdf, count = job
    pki = development.load(Path(folder))
    trust, stamper, key = pki.trust(), pki.timestamper(), pki.service
    sign(pdf, "Vendor", VENDOR, key=key, timestamper=stamper, trust=trust)
    start = time.perf_counter()
    for _ in range(count):
        sign(pdf, "Vendor", VENDOR, key=key, timestamper=stamper, trust=trust)
    return time.perf_counter() - start


def verify_many(job: tuple[str, bytes, int]) -> float:
    folder, pdf, count = job
    trust = development.load(Path(folder)).trust()
    verify(pdf, trust)
    start = time.perf_counter()
    for _ in range(count):
        verify(pdf, trust)
    return time.perf_counter() - start
