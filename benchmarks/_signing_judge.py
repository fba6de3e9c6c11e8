"""How long one file takes through `signing.Judge`, by the clock on the wall: ours, manipulated ones
(the generators of the tests), and the public sample sets when they lie beside the project.
"""

import importlib.util
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from benchmarks._signing_documents import kept_contract
from benchmarks._targets import Targets
from signing import Judge
from signing.development import DevelopmentPki

PROJECT = Path(__file__).parents[1]
SAMPLES = PROJECT.parent / "samples"


def attacks() -> ModuleType:
    place = PROJECT / "tests" / "signing" / "attacks.py"
    spec = importlib.util.spec_from_file_location("attacks", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["attacks"] = module  # dataclasses look their module up there
    spec.loader.exec_module(module)
    return module


def manipulated(documents: tuple[bytes, ...]) -> Iterator[bytes]:
    classes = attacks()
    for pdf in documents:
        for make in classes.INCREMENTAL.values():
            yield make(pdf)
        yield from (evil for _name, evil in classes.byte_range_tricks(pdf))
        yield from (evil for _name, evil in classes.usf(pdf))


def foreign() -> Iterator[bytes]:
    if SAMPLES.is_dir():
        for path in sorted(SAMPLES.rglob("*.pdf")):
            yield path.read_bytes()


def judging(pki: DevelopmentPki, targets: Targets) -> None:
    documents = kept_contract(pki, pages=6)
    every: list[float] = []
    print("through signing.Judge, a file at a time, ms by the clock")
    with Judge(pki.trust(), workers=1) as judge:
        judge.warm()
        for name, files in (
            ("ours", list(documents) * 20),
            ("manipulated", list(manipulated(documents))),
            ("public samples", list(foreign())),
        ):
            if not files:
                print(f"  {name:<16} not beside the project")
                continue
            times, statuses = [], Counter[str]()
            for pdf in files:
                start = time.perf_counter()
                statuses[judge.verify(pdf).status] += 1
                times.append(time.perf_counter() - start)
            every += times
            p50, p95, most = (at(times, share) * 1000 for share in (0.5, 0.95, 1))
            print(f"  {name:<16}{len(files):>5} files  p50 {p50:>5.0f}  p95 {p95:>5.0f}"
                  f"  max {most:>5.0f}  {dict(statuses)}")  # fmt: skip
    targets.at_most("judging a file, p95 of all, seconds", at(every, 0.95), 0.5)
    targets.at_most("judging a file, the longest, seconds", max(every), 3.2)
    print()


def at(times: list[float], share: float) -> float:
    return sorted(times)[round(share * (len(times) - 1))]
