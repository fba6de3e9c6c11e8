"""What a process of its own does again and again; in a module that child processes can import."""

import time
from pathlib import Path
from typing import Literal

from benchmarks._signing_documents import VENDOR
from signing import Timestamper, development, extend, sign, verify

Level = Literal["B-B", "B-T", "B-LT", "B-LTA"]
LEVELS: tuple[Level, ...] = ("B-B", "B-T", "B-LT", "B-LTA")


def signed(
    pdf: bytes, level: Level, pki: development.DevelopmentPki, timestamper: Timestamper
) -> bytes:
    """By the vendor, brought to `level`."""
    trust = pki.trust()
    first: Literal["B-B", "B-T"] = "B-B" if level == "B-B" else "B-T"
    pdf = sign(
        pdf, "Vendor", VENDOR, key=pki.service, timestamper=timestamper, trust=trust, level=first
    )
    if level in ("B-LT", "B-LTA"):
        pdf = extend(pdf, level=level, timestamper=timestamper, trust=trust)
    return pdf


def sign_many(job: tuple[str, bytes, int, Level]) -> float:
    folder, pdf, count, level = job
    pki = development.load(Path(folder))
    stamper = pki.timestamper()
    signed(pdf, level, pki, stamper)
    start = time.perf_counter()
    for _ in range(count):
        signed(pdf, level, pki, stamper)
    return time.perf_counter() - start


def verify_many(job: tuple[str, bytes, int]) -> float:
    folder, pdf, count = job
    trust = development.load(Path(folder)).trust()
    verify(pdf, trust)
    start = time.perf_counter()
    for _ in range(count):
        verify(pdf, trust)
    return time.perf_counter() - start
