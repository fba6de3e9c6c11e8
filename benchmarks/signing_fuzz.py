"""Mutants of signed documents against the verifier.

    python -m benchmarks.signing_fuzz [--mutants 2000] [--seed 1]

Each mutant differs from a document that passes. Counted: verdicts by status, mutants that were
passed although changed (must be 0), exceptions (must be 0), times.
"""

import argparse
import logging
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from benchmarks._signing_documents import kept_contract
from signing import development, verify

NUMBER = re.compile(rb"(?<![0-9A-Za-z])\d{1,6}(?![0-9A-Za-z])")
OBJECT = re.compile(rb"\n\d+ 0 obj\b.*?endobj", re.S)


def flip_bit(pdf: bytes, rng: random.Random) -> bytes:
    out = bytearray(pdf)
    out[rng.randrange(len(out))] ^= 1 << rng.randrange(8)
    return bytes(out)


def set_bytes(pdf: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(pdf))
    return pdf[:at] + rng.randbytes(rng.randint(1, 8)) + pdf[at + rng.randint(1, 8) :]


def cut_out(pdf: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(pdf))
    return pdf[:at] + pdf[at + rng.randint(1, 4000) :]


def insert(pdf: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(pdf) - 8)
    piece = rng.choice([b"%%EOF\n", b"endobj\n", b"<< /Evil true >>", b"0", rng.randbytes(20)])
    return pdf[:at] + piece + pdf[at:]


def repeat(pdf: bytes, rng: random.Random) -> bytes:
    at, to = rng.randrange(len(pdf)), rng.randrange(len(pdf) - 8)
    return pdf[:to] + pdf[at : at + rng.randint(8, 4000)] + pdf[to:]


def truncate(pdf: bytes, rng: random.Random) -> bytes:
    return pdf[: rng.randrange(len(pdf) - 8)]


def change_number(pdf: bytes, rng: random.Random) -> bytes:
    match = rng.choice(list(NUMBER.finditer(pdf, rng.randrange(len(pdf) - 2000)))[:50] or [None])
    if match is None:
        return flip_bit(pdf, rng)
    new = str(rng.choice([0, 1, 65535, 2**31, int(match[0]) + 1])).encode()
    return pdf[: match.start()] + new.rjust(len(match[0]), b"0") + pdf[match.end() :]


def swap_objects(pdf: bytes, rng: random.Random) -> bytes:
    found = list(OBJECT.finditer(pdf))
    a, b = sorted(rng.sample(found, 2), key=lambda m: m.start())
    return pdf[: a.start()] + b[0] + pdf[a.end() : b.start()] + a[0] + pdf[b.end() :]


def append_object(pdf: bytes, rng: random.Random) -> bytes:
    return pdf + rng.choice([m[0] for m in OBJECT.finditer(pdf)]) + b"\n"


MUTATIONS: list[Callable[[bytes, random.Random], bytes]] = [
    flip_bit, flip_bit, set_bytes, cut_out, insert, repeat, truncate, change_number,
    swap_objects, append_object,
]  # fmt: skip


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--mutants", type=int, default=2_000)
    options.add_argument("--seed", type=int, default=1)
    wanted = options.parse_args()
    logging.disable(logging.CRITICAL)
    rng = random.Random(wanted.seed)
    with tempfile.TemporaryDirectory() as folder:
        pki = development.create_pki(Path(folder))
        signed, archived = kept_contract(pki)
    trust = pki.trust()
    originals = [signed, archived]
    # A document cut back to its own earlier state may pass: that is a true statement about it.
    assert all(verify(pdf, trust).is_passed for pdf in originals)
    statuses: Counter[str] = Counter()
    wrong: list[str] = []
    times: list[float] = []
    for number in range(wanted.mutants):
        mutate = rng.choice(MUTATIONS)
        mutant = mutate(rng.choice(originals), rng)
        if mutant in originals or mutant.rstrip(b"\0\t\n\x0c\r ") in (
            o.rstrip(b"\n") for o in originals
        ):
            continue
        start = time.perf_counter()
        try:
            verdict = verify(mutant, trust)
        except BaseException as error:
            wrong.append(f"{number} {mutate.__name__}: raised {error!r}")
            continue
        times.append(time.perf_counter() - start)
        statuses[verdict.status] += 1
        if verdict.is_passed:
            wrong.append(f"{number} {mutate.__name__}: passed")
            Path(f"/tmp/mutant-{wanted.seed}-{number}.pdf").write_bytes(mutant)
    times.sort()
    print(f"{len(times)} mutants, seed {wanted.seed}: {dict(statuses)}")
    p50, p95, most = (times[round(share * (len(times) - 1))] * 1000 for share in (0.5, 0.95, 1))
    print(f"p50 {p50:.0f} ms, p95 {p95:.0f} ms, max {most:.0f} ms")
    print(f"passed although changed, or raised: {len(wrong)}")
    print("\n".join(wrong[:20]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
