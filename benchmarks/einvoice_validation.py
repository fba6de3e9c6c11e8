"""How fast invoices are validated: ours, the official rules on Saxon, and bare parsing.

    python benchmarks/einvoice_validation.py [FILE-or-FOLDER …] [--schematron DIR_OR_ZIP]

Same files, same run, one process, medians of five rounds; Saxon (the optional extra `conformance`)
with its stylesheets compiled once and warmed up. Without files, documents of our own are used.
A second figure is for the same files with a wrong amount due: what is in order is cleared at once
(einvoice/rules/clearance.py), what is not takes the engine and the words for its findings.
Then all cores, and invoices of 10 to 10,000 lines with their peak memory. The plot goes to
docs/benchmarks/einvoice-validation.svg.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from lxml import etree

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from einvoice import validate  # noqa: E402
from einvoice.batch import validate_files, xml_files  # noqa: E402
from einvoice.conformance import OfficialRules  # noqa: E402
from tests.conformance.own_corpus import BASES, document  # noqa: E402

PLOT = ROOT / "docs" / "benchmarks" / "einvoice-validation.svg"
ROUNDS = 5
SECONDS = 0.6
PARSE = "lxml.etree.fromstring (no checks)"
RULES = "warifu: structure and rules"
FAULTY = "warifu: the same, a wrong amount in each"
EVERYTHING = "warifu: structure, rules and law"
SAXON = "Saxon: the official rules, no structure"
LINES = (10, 100, 1_000, 10_000)


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


def compare(files: list[Path], schematron: Path | None) -> dict[str, float]:
    data = [file.read_bytes() for file in files]

    def parse() -> int:
        for xml in data:
            etree.fromstring(xml)
        return len(data)

    def rules() -> int:
        for xml in data:
            validate(xml, law=False)
        return len(data)

    def everything() -> int:
        for xml in data:
            validate(xml)
        return len(data)

    wrong = [re.sub(rb"(<cbc:PayableAmount[^>]*>)", rb"\g<1>1", xml) for xml in data]

    def faulty() -> int:
        for xml in wrong:
            validate(xml, law=False)
        return len(wrong)

    works = {PARSE: parse, RULES: rules, FAULTY: faulty, EVERYTHING: everything}
    if schematron is None:
        return per_second(works)
    with OfficialRules(schematron) as official:
        profiles = [validate(xml, law=False).profile or "" for xml in data]
        usable = [(f, p) for f, p in zip(files, profiles, strict=True) if p in official.profiles]

        def saxon() -> int:
            for file, profile in usable:
                official.failed(file, profile)
            return len(usable)

        return per_second(works | {SAXON: saxon})


def all_cores(files: list[Path]) -> float:
    """Documents a second through the process pool, its start left out."""
    many = (files * (4000 // len(files) + 1))[:4000]
    jobs = os.cpu_count() or 1
    reports = validate_files(many, jobs=jobs)
    for _ in range(200):
        next(reports)
    start = time.perf_counter()
    done = sum(1 for _ in reports)
    return done / (time.perf_counter() - start)


def many_lines(count: int) -> bytes:
    """The full invoice of our own corpus with so many lines; sums are wrong, which costs more."""
    xml = document("full", [])
    start, end = xml.index(b"<cac:InvoiceLine>"), xml.index(b"</cac:InvoiceLine>") + 18
    line = xml[start:end]
    lines = b"".join(line.replace(b"<cbc:ID>1<", b"<cbc:ID>%d<" % n, 1) for n in range(count))
    return xml[:start] + lines + xml[xml.rindex(b"</cac:InvoiceLine>") + 18 :]


def measure_lines(count: int) -> tuple[float, float, float, float]:
    """Seconds of parsing, of structure and rules, of everything; peak memory in MB above start.

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
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rounds = ROUNDS if count <= 1000 else 3

    def seconds(work: Callable[[], object]) -> float:
        spent = []
        for _ in range(rounds):
            start = time.process_time()
            work()
            spent.append(time.process_time() - start)
        return statistics.median(spent)

    rules = seconds(lambda: validate(xml, law=False))
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    parse = seconds(lambda: etree.fromstring(xml))
    print(parse, rules, seconds(lambda: validate(xml)), memory)


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
        (3, "#b35900", "structure, rules and law"),
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
    return "\n".join([*parts, "</svg>", ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--schematron", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = list(xml_files(arguments.files))
        if not files:
            for name in BASES:
                files.append(Path(folder) / f"{name}.xml")
                files[-1].write_bytes(document(name, []))
        results = compare(files, arguments.schematron)
        slowest = results.get(SAXON)
        bare = results[PARSE]
        print(f"{len(files)} files, one core, medians of {ROUNDS}, CPU time:")
        for name, rate in results.items():
            saxon = f"{rate / slowest:6.1f} x Saxon" if slowest else ""
            print(f"  {name:42} {rate:8,.0f} /s  {rate / bare:6.2f} x parsing {saxon}")
        print(
            f"  {f'warifu: everything, {os.cpu_count()} processes':42} {all_cores(files):8,.0f} /s"
        )
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
