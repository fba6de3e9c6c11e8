"""How fast invoices are validated: ours, the official rules on Saxon, and bare parsing.

    python benchmarks/einvoice_validation.py [FILE-or-FOLDER …] [--schematron DIR_OR_ZIP]

Three kinds of documents: the files as they are; the same with a wrong amount due in each; and the
mutants of our own corpus (tests/conformance/own_corpus.jsonl: values, codes, elements and
attributes changed, dropped or doubled). Within a kind the same files, the same run, one process,
medians of five rounds; Saxon (the optional extra `conformance`) with its stylesheets compiled once
and warmed up. What is in order is cleared at once, only the suspect takes the engine and the words
for its findings (einvoice/rules/clearance.py).
Without files, documents of our own are used.
Then all cores, with the memory of every process at a tenth and at the end of a folder of 10,000
files, and invoices of 10 to 10,000 lines with their peak memory. The plot goes to
docs/benchmarks/einvoice-validation.svg.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from lxml import etree

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from einvoice import validate, write  # noqa: E402
from einvoice.batch import validate_files, xml_files  # noqa: E402
from einvoice.conformance import OfficialRules  # noqa: E402
from tests.conformance.own_corpus import BASES, document, full  # noqa: E402

PLOT = ROOT / "docs" / "benchmarks" / "einvoice-validation.svg"
ROUNDS = 5
SECONDS = 0.6
PARSE = "lxml.etree.fromstring (no checks)"
RULES = "warifu: structure and rules"
EVERYTHING = "warifu: structure, rules and law"
SAXON = "Saxon: the official rules, no structure"
LINES = (10, 100, 1_000, 10_000)
FOLDER = 10_000


def per_second(works: dict[str, Callable[[], int]]) -> dict[str, float]:
    """Documents a CPU second: the median of five rounds, each contender once in every round.

    Processor time, not the clock, so that whatever else the machine does disturbs less.
    """
    rates: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work()
    for _ in range(ROUNDS):
        for name, work in works.items():
            done, start = 0, time.process_time()
            while (spent := time.process_time() - start) < SECONDS:
                done += work()
            rates[name].append(done / spent)
    return {name: statistics.median(found) for name, found in rates.items()}


def compare(documents: list[bytes], official: OfficialRules | None) -> dict[str, float]:
    """Documents a second, of each contender, on the same documents."""

    def each(work: Callable[[bytes], object]) -> Callable[[], int]:
        def run() -> int:
            for xml in documents:
                work(xml)
            return len(documents)

        return run

    works = {
        PARSE: each(etree.fromstring),
        RULES: each(lambda xml: validate(xml, law=False)),
        EVERYTHING: each(validate),
    }
    if official is None:
        return per_second(works)
    with tempfile.TemporaryDirectory() as folder:
        files = write_files(documents, Path(folder))
        profiles = [validate(xml, law=False).profile for xml in documents]
        usable = [(f, p) for f, p in zip(files, profiles, strict=True) if p in official.profiles]

        def saxon() -> int:
            for file, profile in usable:
                official.failed(file, str(profile))
            return len(usable)

        return per_second(works | {SAXON: saxon})


def write_files(documents: list[bytes], folder: Path) -> list[Path]:
    files = [folder / f"{number:05}.xml" for number in range(len(documents))]
    for file, xml in zip(files, documents, strict=True):
        file.write_bytes(xml)
    return files


def wrong_amounts(documents: list[bytes]) -> list[bytes]:
    return [re.sub(rb"(<cbc:PayableAmount[^>]*>-?)", rb"\g<1>1", xml) for xml in documents]


def mutants() -> list[bytes]:
    """Every fourth case of our own corpus."""
    rows = (ROOT / "tests" / "conformance" / "own_corpus.jsonl").read_text("utf-8").splitlines()
    cases = [json.loads(row) for row in rows[::4]]
    return [document(case["base"], case["edits"]) for case in cases]


def folder_of_files(documents: list[bytes]) -> None:
    """A folder of 10,000 files on all cores: rate, and whether memory grows on the way."""
    jobs = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as folder:
        write_files((documents * (FOLDER // len(documents) + 1))[:FOLDER], Path(folder))
        start, early = time.perf_counter(), {}
        for done, _ in enumerate(validate_files(xml_files([Path(folder)]), jobs=jobs), 1):
            if done == FOLDER // 10:
                early = memory_of_processes()
            if done == FOLDER - jobs * 8:
                late = memory_of_processes()
        rate = FOLDER / (time.perf_counter() - start)
    print(
        f"a folder of {FOLDER:,} files, everything, {jobs} processes: {rate:,.0f} /s by the clock"
    )
    for name, before in early.items():
        print(f"  {name:10} {before:6.1f} MB at a tenth, {late.get(name, 0):6.1f} MB at the end")


def memory_of_processes() -> dict[str, float]:
    """Resident memory of this process and of its workers, in MB (Linux)."""
    own = os.getpid()
    workers = Path(f"/proc/{own}/task/{own}/children").read_text().split()
    found = {"parent": resident(str(own))}
    busy = [size for size in map(resident, workers) if size > 20]
    return found | {f"worker {number}": size for number, size in enumerate(busy, 1)}


def resident(process: str, which: str = "VmRSS") -> float:
    """Memory of a process in MB, now (VmRSS) or at its highest (VmHWM). `getrusage` would not do:
    what it says of a new process begins with the memory of the one that started it."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split(f"{which}:")[1].split()[0]) / 1024


def many_lines(count: int) -> bytes:
    """The full invoice of our own corpus with so many lines, in order: it is cleared."""
    invoice = full()
    lines = tuple(replace(invoice.lines[0], id=str(n)) for n in range(1, count + 1))
    line_sum = sum((line.net_amount or Decimal(0) for line in lines), Decimal(0))
    totals = invoice.totals
    without_tax = line_sum - (totals.allowances or 0) + (totals.charges or 0)
    tax = without_tax // 10
    subtotal = replace(invoice.tax_breakdown[0], taxable_amount=without_tax, tax_amount=tax)
    return write(
        replace(
            invoice,
            lines=lines,
            tax_total=tax,
            tax_breakdown=(subtotal,),
            totals=replace(
                totals,
                line_sum=line_sum,
                without_tax=without_tax,
                with_tax=without_tax + tax,
                payable=without_tax + tax - (totals.paid or 0),
            ),
        )
    )


def measure_lines(count: int) -> tuple[float, float, float, float]:
    """Seconds of parsing, of structure and rules, of everything; its peak memory in MB above start.

    In a process of its own, so that one measurement's memory is not another's.
    """
    code = f"from benchmarks.einvoice_validation import child; child({count})"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env
    )
    parse, rules, everything, memory = map(float, out.stdout.split())
    return parse, rules, everything, memory


def child(count: int) -> None:
    xml = many_lines(count)
    validate(document("full", []))
    before = resident("self", "VmHWM")
    rounds = ROUNDS if count <= 1000 else 3

    def seconds(work: Callable[[], object]) -> float:
        spent = []
        for _ in range(rounds):
            start = time.process_time()
            work()
            spent.append(time.process_time() - start)
        return statistics.median(spent)

    validate(xml, law=False)  # learns the shape of its lines
    rules = seconds(lambda: validate(xml, law=False))
    parse = seconds(lambda: etree.fromstring(xml))
    everything = seconds(lambda: validate(xml))
    memory = resident("self", "VmHWM") - before
    assert validate(xml).verdict == "valid"
    print(parse, rules, everything, memory)


def plot(rows: list[tuple[int, float, float, float, float]]) -> str:
    """Milliseconds over lines, both on logarithmic axes."""
    from math import log10

    width, height, left, bottom = 640, 400, 70, 50

    def x(lines: float) -> float:
        return left + (log10(lines) - 1) / 3 * (width - left - 30)

    top_decade = 5

    def y(ms: float) -> float:
        return height - bottom - (log10(ms) + 1) / (top_decade + 1) * (height - bottom - 30)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="{left}" y="20" font-size="14">Time to validate one invoice / 検証時間</text>',
    ]
    for decade in range(-1, top_decade + 1):
        at = y(10**decade)
        parts.append(
            f'<line x1="{left}" x2="{width - 30}" y1="{at:.0f}" y2="{at:.0f}" stroke="#ddd"/>'
        )
        parts.append(
            f'<text x="{left - 8}" y="{at + 4:.0f}" text-anchor="end">{10**decade:g} ms</text>'
        )
    for lines in LINES:
        parts.append(
            f'<text x="{x(lines):.0f}" y="{height - 28}" text-anchor="middle">{lines:,}</text>'
        )
    parts.append(
        f'<text x="{width / 2}" y="{height - 8}" text-anchor="middle">lines / 明細行</text>'
    )
    series = (
        (1, "#888", "lxml parse only"),
        (2, "#0b5cad", "structure and rules"),
        (3, "#b35900", "structure, rules and law (peak memory)"),
    )
    for column, colour, name in series:
        points = " ".join(f"{x(row[0]):.1f},{y(row[column] * 1000):.1f}" for row in rows)
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
        )
        parts += [
            f'<circle cx="{x(row[0]):.1f}" cy="{y(row[column] * 1000):.1f}" r="3" fill="{colour}"/>'
            for row in rows
        ]
        parts.append(f'<text x="{left + 20}" y="{30 + column * 18}" fill="{colour}">{name}</text>')
    # The highest of all, and its memory beside it.
    parts += [
        f'<text x="{x(row[0]) - 8:.0f}" y="{y(row[3] * 1000) - 10:.0f}" text-anchor="end" '
        f'fill="#b35900">{row[4]:,.0f} MB</text>'
        for row in rows
        if row[4] >= 1
    ]
    return "\n".join([*parts, "</svg>", ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--schematron", type=Path)
    arguments = parser.parse_args()
    documents = [file.read_bytes() for file in xml_files(arguments.files)]
    documents = documents or [document(name, []) for name in BASES]
    kinds = {
        "as they are": documents,
        "with a wrong amount due": wrong_amounts(documents),
        "mutants of our own corpus": mutants(),
    }
    # Before Saxon is in this process, which would count as memory of ours.
    folder_of_files([document(name, []) for name in BASES])
    with ExitStack() as stack:
        source = arguments.schematron
        official = stack.enter_context(OfficialRules(source)) if source else None
        for kind, of_kind in kinds.items():
            results = compare(of_kind, official)
            slowest, bare = results.get(SAXON), results[PARSE]
            print(f"{len(of_kind)} documents {kind}, one core, medians of {ROUNDS}, CPU time:")
            for name, rate in results.items():
                saxon = f"{rate / slowest:6.1f} x Saxon" if slowest else ""
                print(f"  {name:42} {rate:8,.0f} /s  {rate / bare:6.2f} x parsing {saxon}")
    rows = []
    print("lines      parse ms  rules ms    all ms  ms/1000 lines  peak MB")
    for count in LINES:
        parse, rules, everything, memory = measure_lines(count)
        rows.append((count, parse, rules, everything, memory))
        print(
            f"{count:6,} {parse * 1e3:12.2f} {rules * 1e3:9.2f} {everything * 1e3:9.2f}"
            f" {rules / count * 1e6:14.1f} {memory:8.1f}"
        )
    PLOT.parent.mkdir(parents=True, exist_ok=True)
    PLOT.write_text(plot(rows), "utf-8")
    print(f"plot: {PLOT.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
