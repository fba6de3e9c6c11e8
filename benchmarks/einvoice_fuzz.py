"""Mutants of invoices against reading, validation and the human view.

    python -m benchmarks.einvoice_fuzz [--minutes 1] [--seed 1] [FILE-or-FOLDER …]

Bytes are flipped, cut, repeated and truncated; elements, values, attributes and encodings are
exchanged; hostile pieces are put in. Whatever comes in, an answer must come out: nothing may be
raised, nothing may take longer than `SLOW` seconds, and where only the suspect was judged the rule
engine alone must say the same of the whole. Counted: verdicts, times, peak memory.
"""

from __future__ import annotations

import argparse
import random
import re
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

from einvoice import read, validate, view_html
from einvoice.batch import xml_files
from einvoice.errors import EInvoiceError
from einvoice.findings import Report
from einvoice.rules.clearance import Clearance
from tests.conformance.own_corpus import BASES, document

#: A mutant is no larger than some 100 kB; more than this is a hang.
SLOW = 5.0
LARGEST = 200_000

ELEMENT = re.compile(rb"<(cbc:[A-Za-z]+)([^>]*)>([^<]*)</\1>")
GROUP = re.compile(rb"<(cac:[A-Za-z]+)>.*?</\1>", re.S)
ATTRIBUTE = re.compile(rb'[A-Za-z]+="[^"]*"')
VALUES = (
    b"", b" ", b"0", b"-0.00", b"-1", b"1e308", b"NaN", b"INF", b"9" * 400, b"1." + b"0" * 300,
    b"2026-02-30", b"0000-00-00", b"JPY", b"true", b"T1", "〆㈱\u3000".encode(), b"&#0;", b"&lt;",
    b"&#x10FFFF;", b"<!-- -->1", b"<![CDATA[<]]>", b"<x/>", b"\x00", b"\xff\xfe", b"A" * 20_000,
)  # fmt: skip
PIECES = (
    b"<!DOCTYPE a [<!ENTITY x 'y'>]>", b"&x;", b"<?pi?>", b"<!--", b"]]>", b"<a:b/>",
    b"</cac:Item>",
    b"<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='/etc/passwd'/>", b"\x00" * 50,
    b"<a>" * 300, b" a='" + b"b" * 20_000 + b"'", b"xmlns:cbc='urn:x'", b"\xef\xbb\xbf",
    b'xsi:type="cbc:Text" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"',
)  # fmt: skip
ENCODINGS = ("utf-16", "utf-16-le", "utf-32", "shift_jis", "euc_jp", "utf-7", "latin-1", "cp037")

Mutation = Callable[[bytes, random.Random], bytes]


def _at(xml: bytes, rng: random.Random) -> int:
    return rng.randrange(len(xml) + 1)


def flip(xml: bytes, rng: random.Random) -> bytes:
    out = bytearray(xml or b"<")
    for _ in range(rng.randint(1, 4)):
        out[rng.randrange(len(out))] ^= 1 << rng.randrange(8)
    return bytes(out)


def cut(xml: bytes, rng: random.Random) -> bytes:
    at = _at(xml, rng)
    return xml[:at] + xml[at + rng.randint(1, 500) :]


def repeat(xml: bytes, rng: random.Random) -> bytes:
    at, to = _at(xml, rng), _at(xml, rng)
    return xml[:to] + xml[at : at + rng.randint(1, 4_000)] * rng.randint(1, 8) + xml[to:]


def truncate(xml: bytes, rng: random.Random) -> bytes:
    return xml[: _at(xml, rng)]


def insert(xml: bytes, rng: random.Random) -> bytes:
    at = _at(xml, rng)
    return xml[:at] + rng.choice(PIECES) + xml[at:]


def reencode(xml: bytes, rng: random.Random) -> bytes:
    return xml.decode("utf-8", "replace").encode(rng.choice(ENCODINGS), "replace")


def _one(pattern: re.Pattern[bytes], xml: bytes, rng: random.Random) -> re.Match[bytes] | None:
    found = list(pattern.finditer(xml))
    return rng.choice(found) if found else None


def set_value(xml: bytes, rng: random.Random) -> bytes:
    found = _one(ELEMENT, xml, rng)
    if found is None:
        return flip(xml, rng)
    return xml[: found.start(3)] + rng.choice(VALUES) + xml[found.end(3) :]


def set_attribute(xml: bytes, rng: random.Random) -> bytes:
    found = _one(ATTRIBUTE, xml, rng)
    if found is None:
        return flip(xml, rng)
    name = found[0].partition(b"=")[0]
    return xml[: found.start()] + name + b'="' + rng.choice(VALUES) + b'"' + xml[found.end() :]


def move(xml: bytes, rng: random.Random) -> bytes:
    """One group or value dropped, doubled, or put in the place of another."""
    pattern = rng.choice((ELEMENT, GROUP))
    one, other = _one(pattern, xml, rng), _one(pattern, xml, rng)
    if one is None or other is None:
        return flip(xml, rng)
    piece = rng.choice((b"", one[0] * 2, other[0]))
    return xml[: one.start()] + piece + xml[one.end() :]


MUTATIONS: tuple[Mutation, ...] = (
    flip, cut, repeat, truncate, insert, reencode, *(set_value, set_attribute, move) * 3,
)  # fmt: skip


def judged(xml: bytes) -> Report:
    """All that is done with an incoming document; what is said about it must be printable."""
    report = validate(xml)
    str(report.to_json())
    try:
        view_html(read(xml), report)
    except EInvoiceError as error:
        str(error)
    quick = validate(xml, law=False)
    with patch.object(Clearance, "look", return_value=None):
        whole = validate(xml, law=False)
    assert quick == whole, f"quick: {_said(quick)}, the engine alone: {_said(whole)}"
    assert quick.verdict == report.verdict, f"with the law {report.verdict}: {_said(quick)}"
    return report


def _said(report: Report) -> str:
    return f"{report.verdict} {[(f.id, f.path) for f in report.findings]}"


def main() -> int:
    options = argparse.ArgumentParser(description="Mutants of invoices against the validator.")
    options.add_argument("files", nargs="*", type=Path)
    options.add_argument("--minutes", type=float, default=1)
    options.add_argument("--seed", type=int, default=1)
    wanted = options.parse_args()
    rng = random.Random(wanted.seed)
    seeds = [document(name, []) for name in BASES]
    seeds += [file.read_bytes() for file in xml_files(wanted.files)]
    verdicts: Counter[str] = Counter()
    wrong: list[str] = []
    times: list[float] = []
    slowest = 0.0
    end = time.monotonic() + wanted.minutes * 60
    number = 0
    while time.monotonic() < end:
        number += 1
        mutant = rng.choice(seeds)
        for _ in range(rng.choice((1, 1, 1, 2, 3, 5))):
            mutant = rng.choice(MUTATIONS)(mutant, rng)[:LARGEST]
        start = time.process_time()
        try:
            verdicts[judged(mutant).verdict] += 1
        except Exception as error:
            wrong.append(f"mutant {number}: {error!r}")
            Path(f"/tmp/einvoice-mutant-{wanted.seed}-{number}.xml").write_bytes(mutant)
        spent = time.process_time() - start
        if len(times) < 1_000_000:
            times.append(spent)
        slowest = max(slowest, spent)
        if spent > SLOW:
            wrong.append(f"mutant {number}: {spent:.1f} s")
            Path(f"/tmp/einvoice-mutant-{wanted.seed}-{number}.xml").write_bytes(mutant)
    times.sort()
    p50, p99 = (times[int(share * (len(times) - 1))] * 1000 for share in (0.5, 0.99))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{number} mutants in {wanted.minutes:g} minutes, seed {wanted.seed}: {dict(verdicts)}")
    print(f"CPU time p50 {p50:.1f} ms, p99 {p99:.1f} ms, max {slowest * 1000:.0f} ms")
    print(f"peak memory {peak:.0f} MB; raised, hung or disagreed: {len(wrong)}")
    print("\n".join(wrong[:20]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
