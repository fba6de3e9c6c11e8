"""warifu and phase4 (Java) side by side: HTTP servers on loopback that take the same messages.

Both keep every message in synced files before they answer, both run the same suite with the same
keys, both are asked by the same client over kept connections. phase4 is one JVM with a thread a
request, warmed up; warifu is its access point (uvicorn), in one process and in two.
"""

from __future__ import annotations

import http.client
import logging
import multiprocessing
import os
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import cycle, islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from benchmarks._peppol_messages import PKI, RECEIVER, messages, receiver
from peppol.as4 import Limits
from peppol.as4.building import Outgoing
from peppol.private.folder import FolderReceived

CLIENTS = 4
SEAT = "PZZ000002"


def _serve(listener: socket.socket, folder: str) -> None:
    """The access point of the product over a folder: its own HTTP code, no database."""
    import structlog
    import uvicorn

    from portal.network.endpoint import create_endpoint

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    point = receiver(FolderReceived(Path(folder)))
    service: Any = SimpleNamespace(
        settings=SimpleNamespace(peppol=SimpleNamespace(patience_seconds=60, at_once=64)),
        access_point=SimpleNamespace(receiver=lambda: point, limits=Limits()),
    )
    config = uvicorn.Config(create_endpoint(service), log_config=None, access_log=False)
    uvicorn.Server(config).run(sockets=[listener])


@contextmanager
def access_points(count: int, folder: Path) -> Iterator[list[str]]:
    """Addresses of `count` processes, each with a port of its own and one folder for all."""
    context = multiprocessing.get_context("fork")
    workers, addresses = [], []
    for _ in range(count):
        listener = socket.create_server(("127.0.0.1", 0))
        addresses.append(f"http://127.0.0.1:{listener.getsockname()[1]}/as4")
        worker = context.Process(target=_serve, args=(listener, str(folder)), daemon=True)
        worker.start()
        listener.close()  # the child has its own
        workers.append(worker)
    try:
        yield addresses
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.join(20)


@contextmanager
def phase4(folder: Path) -> Iterator[list[str]]:
    """A listening phase4. RuntimeError saying why there is none."""
    os.environ.setdefault("WARIFU_PHASE4", "1")
    from tests.interop.phase4_peer import Phase4, Receiving, missing

    reason = missing()
    if reason is not None:
        raise RuntimeError(reason)
    peer = Phase4(folder, PKI, RECEIVER, SEAT)
    peer.build()
    with Receiving(peer) as there:
        yield [there.url]


def send_all(batch: Sequence[Outgoing], addresses: Sequence[str]) -> float:
    """Messages a second: `CLIENTS` threads, each with one kept connection, over the addresses."""
    left = iter(batch)
    lock = threading.Lock()
    wrong: list[str] = []

    def client(address: str) -> None:
        parts = urlsplit(address)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=120)
        while True:
            with lock:
                message = next(left, None)
            if message is None:
                break
            connection.request(
                "POST", parts.path, message.body, {"Content-Type": message.content_type}
            )
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200 or b"NonRepudiationInformation" not in body:
                wrong.append(f"{answer.status} {body[:300]!r}")
                break
        connection.close()

    threads = [
        threading.Thread(target=client, args=(address,))
        for address in islice(cycle(addresses), CLIENTS)
    ]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = time.perf_counter() - start
    assert not wrong, wrong[0]
    return len(batch) / taken


def side_by_side(sizes: Sequence[tuple[int, int, int]], rounds: int) -> None:
    """Rates at each (size, messages a round, messages to warm up), the sides in turns."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sides = {
            "warifu, one process": stack.enter_context(access_points(1, home / "one")),
            "warifu, two processes": stack.enter_context(access_points(2, home / "two")),
        }
        try:
            sides["phase4"] = stack.enter_context(phase4(home / "phase4"))
        except (RuntimeError, OSError) as error:
            print(f"phase4 is not here: {error}")
        for size, count, warming in sizes:
            rates: dict[str, list[float]] = {name: [] for name in sides}
            while warming > 0:
                batch = messages(size, min(warming, 300))
                warming -= len(batch)
                for addresses in sides.values():
                    send_all(batch, addresses)
            for _ in range(rounds):
                batch = messages(size, count)
                for name, addresses in sides.items():
                    rates[name].append(send_all(batch, addresses))
            for name, found in rates.items():
                spread = f"[{min(found):.1f}–{max(found):.1f}]"
                told = f"{size:>9,} B  {name:<22} {statistics.median(found):7.1f} msg/s {spread}"
                if "phase4" in rates and name != "phase4":
                    pairs = zip(found, rates["phase4"], strict=True)
                    told += f"  {statistics.median(a / b for a, b in pairs):.2f} x phase4"
                print(told, flush=True)
