"""Receiving AS4 messages: verify, decrypt, expand, keep (fsync), receipt. Messages a second.

Beside it, in alternating rounds, the bare operations that no implementation can avoid, in the same
process and over the same bytes: RSA sign, RSA-OAEP open, RSA verify, AES-GCM, SHA-256, gunzip.
Time is the processor's (other programs share this machine); `wall` is the clock's. The ratio is
the median of the rounds with its spread. Then where the rest of the time goes, step by step, and
the same messages over HTTP beside phase4 where Java and Maven are present (`_peppol_peer`).

Most of what is no crypto at 20 kB is reading two small XML documents by the rules of 14 groups of
attacks: each step costs in place about twice what it costs alone, for it runs on cold caches.

    python -m benchmarks.peppol_receive [--quick]
"""

from __future__ import annotations

import hashlib
import io
import multiprocessing
import os
import statistics
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from benchmarks._peppol_messages import (
    RECEIVER,
    SENDER,
    Memory,
    document,
    header,
    messages,
    receiver,
)
from benchmarks._peppol_peer import side_by_side
from peppol.as4 import Receiver, receiving
from peppol.as4.building import Outgoing
from peppol.as4.compression import compress
from peppol.private.folder import FolderReceived
from peppol.sbdh_writing import make_envelope

QUICK = "--quick" in sys.argv
OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


def take(point: Receiver, sent: Outgoing) -> None:
    reply = point.receive({"Content-Type": sent.content_type}, io.BytesIO(sent.body))
    assert reply.outcome == "accepted", (reply.outcome, reply.fault, reply.cause)


def bare(size: int, count: int) -> Callable[[], None]:
    """The unavoidable work of one message of `size`, each time the next of `count` messages."""
    key, public = RECEIVER.as_key(), SENDER.key.public_key()
    inside = document(size)
    prepared = []
    for number in range(count):
        payload = compress(make_envelope(header(number), inside))
        secret, nonce = os.urandom(16), os.urandom(12)
        wire = AESGCM(secret).encrypt(nonce, payload, None)
        wrapped = RECEIVER.key.public_key().encrypt(secret, OAEP)
        signed = os.urandom(1900)
        prepared.append((nonce, wire, wrapped, signed, SENDER.as_key().sign(signed)))
    turn = iter(range(10**9))

    def work() -> None:
        nonce, wire, wrapped, signed, signature = prepared[next(turn) % count]
        public.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
        opened = AESGCM(key.unwrap(wrapped)).decrypt(nonce, wire, None)
        hashlib.sha256(opened).digest()
        zlib.decompress(opened, 31)
        key.sign(signed)

    return work


def seconds(act: Callable[[], None], times: int) -> tuple[float, float]:
    """Processor and clock seconds of one act, averaged."""
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(times):
        act()
    return (time.process_time() - cpu) / times, (time.perf_counter() - wall) / times


def against_bare(size: int, count: int, rounds: int) -> None:
    point, work = receiver(Memory()), bare(size, count)
    sent = messages(size, count)
    turn = iter(range(10**9))
    whole = lambda: take(point, sent[next(turn) % count])  # noqa: E731
    seconds(whole, count), seconds(work, count)
    ours, floor, ratios, walls = [], [], [], []
    for _ in range(rounds):
        a, wall = seconds(whole, count)
        b, _ = seconds(work, count)
        ours.append(a), floor.append(b), ratios.append(a / b), walls.append(wall)
    print(
        f"{size:>9,} B  receive {statistics.median(ours) * 1e3:7.2f} ms"
        f"  bare {statistics.median(floor) * 1e3:6.2f} ms"
        f"  ratio {statistics.median(ratios):.2f} [{min(ratios):.2f}–{max(ratios):.2f}]"
        f"  {1 / statistics.median(walls):7.1f} msg/s (wall)"
    )


class TimedKey:
    """The receiver's key, its two acts timed."""

    def __init__(self, spent: dict[str, list[int]]) -> None:
        self._key = RECEIVER.as_key()
        self.certificate = self._key.certificate
        self.sign = _timed(self._key.sign, spent["RSA sign"])
        self.unwrap = _timed(self._key.unwrap, spent["RSA-OAEP open"])


def _timed(act: Callable[..., Any], spent: list[int]) -> Callable[..., Any]:
    def timed(*arguments: Any, **named: Any) -> Any:
        start = time.perf_counter_ns()
        try:
            return act(*arguments, **named)
        finally:
            spent.append(time.perf_counter_ns() - start)

    return timed


STEPS = {
    "RSA-OAEP open": None,
    "RSA sign": None,
    "multipart, SOAP part": (receiving.Receiver, "_soap_part"),
    "SOAP parsed, its skeleton": (receiving, "read_soap"),
    "user message": (receiving, "read_user_message"),
    "signature: digests, RSA verify": (receiving, "verify"),
    "encryption header": (receiving, "read_encryption"),
    "signer trusted": (receiving.Receiver, "_authenticate"),
    "payload: decrypt, digest": (receiving.Receiver, "_payload"),
    "envelope: gunzip, SBDH": (receiving.Receiver, "_open"),
    "receipt (with RSA sign)": (receiving, "make_receipt"),
    "all": (receiving.Receiver, "_receive"),
}


def where_it_goes(size: int, count: int) -> None:
    """Median clock time of each step, in place. The store is Memory."""
    spent: dict[str, list[int]] = {name: [] for name in STEPS}
    usual: list[tuple[Any, str, Any]] = []
    for name, place in STEPS.items():
        if place is not None:
            usual.append((*place, getattr(*place)))
            setattr(*place, _timed(getattr(*place), spent[name]))
    try:
        point = receiver(Memory(), TimedKey(spent))
        for message in messages(size, count):
            take(point, message)
    finally:
        for owner, name, act in usual:
            setattr(owner, name, act)
    for name, times in spent.items():
        print(f"{size:>9,} B    {name:<32} {statistics.median(times) / 1e3:9.0f} µs")


def one_process(size: int, count: int) -> float:
    """Messages a second with the durable store, each message new."""
    with tempfile.TemporaryDirectory() as folder:
        point = receiver(FolderReceived(Path(folder)))
        sent = messages(size, count)
        start = time.perf_counter()
        for message in sent:
            take(point, message)
        return count / (time.perf_counter() - start)


def run_one(size: int, count: int, results: multiprocessing.Queue[float]) -> None:
    results.put(one_process(size, count))


def processes(number: int, size: int, count: int) -> float:
    context = multiprocessing.get_context("fork")
    results: multiprocessing.Queue[float] = context.Queue()
    workers = [context.Process(target=run_one, args=(size, count, results)) for _ in range(number)]
    for worker in workers:
        worker.start()
    rates = [results.get() for _ in workers]
    for worker in workers:
        worker.join()
    return sum(rates)


def steady_load(size: int, rate: float, duration: float) -> None:
    """Answer times when messages come at a fixed rate, whether the last one is done or not."""
    count = max(10, int(rate * duration))
    with tempfile.TemporaryDirectory() as folder:
        point = receiver(FolderReceived(Path(folder)))
        sent = messages(size, count)
        times: list[float] = []
        threads: list[threading.Thread] = []
        start = time.perf_counter()

        def answer(message: Outgoing, due: float) -> None:
            take(point, message)
            times.append(time.perf_counter() - due)

        for number, message in enumerate(sent):
            due = start + number / rate
            time.sleep(max(0.0, due - time.perf_counter()))
            thread = threading.Thread(target=answer, args=(message, due))
            thread.start()
            threads.append(thread)
        for thread in threads:
            thread.join()
    times.sort()
    p50, p95 = times[len(times) // 2], times[int(len(times) * 0.95)]
    print(f"{size:>9,} B  at {rate:.0f} msg/s: p50 {p50 * 1e3:.1f} ms, p95 {p95 * 1e3:.1f} ms")


def resident() -> float:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6


def growth(count: int) -> None:
    """Memory before and after many messages, each new, none kept."""
    point = receiver(Memory())
    batch = messages(20_000, 50)
    for message in batch * 4:
        take(point, message)
    before = resident()
    start = time.perf_counter()
    for number in range(count):
        take(point, batch[number % 50])
    print(
        f"{count:,} messages of 20 kB in {time.perf_counter() - start:.0f} s:"
        f" {before:.1f} MB before, {resident():.1f} MB after"
    )


if __name__ == "__main__":
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    against_bare(20_000, 40 if QUICK else 100, 5 if QUICK else 9)
    against_bare(5_000_000, 3 if QUICK else 6, 3 if QUICK else 5)
    where_it_goes(20_000, 100 if QUICK else 400)
    where_it_goes(5_000_000, 3 if QUICK else 10)
    for size, count in ((20_000, 100 if QUICK else 400), (5_000_000, 8 if QUICK else 20)):
        one = processes(1, size, count)
        two = processes(2, size, count)
        print(f"{size:>9,} B  kept with fsync: one process {one:.0f} msg/s, two {two:.0f} msg/s")
        steady_load(size, one / 2, 2.0 if QUICK else 5.0)
    small, large = (
        ((20_000, 40, 100), (5_000_000, 4, 4)),
        ((20_000, 200, 1500), (5_000_000, 12, 24)),
    )
    side_by_side(small if QUICK else large, 3 if QUICK else 5)
    growth(1_000 if QUICK else 10_000)
