"""Which step of a signature takes how long, by the clock on the wall around each step."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from unittest.mock import patch

from signing import development, sealing, timestamping
from signing._internal import archiving, cms, dss, revision
from signing._internal import sealing as writing
from signing.keys import SigningKey

# (label, holder, name): a step's time is its own, without the steps inside it.
STEPS: tuple[tuple[str, object, str], ...] = (
    ("the signing certificate: chain, revocation", sealing, "check_credential"),
    ("reading the document", revision, "open_writer"),
    ("appearance, field, hash of the document", writing, "begin"),
    ("private-key operation, checked", SigningKey, "sign"),
    ("CMS", cms, "signed_attributes"),
    ("CMS", cms, "signed_data"),
    ("timestamp: request, token checked", timestamping.Timestamper, "token"),
    ("timestamp: the development authority's own work", development.DevelopmentPki, "tsa_answer"),
    ("putting the CMS in its place", writing.Pending, "filled"),
    ("long-term form: validation data", archiving, "_collect"),
    ("long-term form: writing the data", dss, "write"),
    ("long-term form: field, hash of the document", writing, "begin_timestamp"),
)


def show_steps(title: str, make: Callable[[], Callable[[], object]], rounds: int) -> None:
    """`make` gives the act; it is called where its parts are watched already."""
    spent: dict[str, float] = {}
    stack: list[float] = []  # time of steps inside the current one

    def watched(label: str, inner: Callable[..., object]) -> Callable[..., object]:
        def run(*args: object, **options: object) -> object:
            stack.append(0.0)
            start = time.perf_counter()
            try:
                return inner(*args, **options)
            finally:
                whole = time.perf_counter() - start
                spent[label] = spent.get(label, 0.0) + whole - stack.pop()
                if stack:
                    stack[-1] += whole

        return run

    with ExitStack() as watching:
        for label, holder, name in STEPS:
            inner = getattr(holder, name)
            watching.enter_context(patch.object(holder, name, watched(label, inner)))
        act = make()
        act()
        spent.clear()
        start = time.perf_counter()
        for _ in range(rounds):
            act()
        total = time.perf_counter() - start
    spent["all else"] = total - sum(spent.values())
    print(f"  {title}: {total / rounds * 1000:.1f} ms, of which")
    for label, seconds in sorted(spent.items(), key=lambda entry: -entry[1]):
        print(f"    {label:<50}{seconds / rounds * 1000:>7.2f} ms {seconds / total:>5.0%}")
