"""Verification in a process that can be killed.

A hostile PDF may take a parser anywhere: endless loops, gigabytes, crashes in native code. `Judge`
keeps warm child processes, hands each file to one of them and kills it when the time is up; the
verdict is then "could not be judged", never "passed". The caller's process loads none of pyHanko.

Children come from a fork server that has loaded the machinery once, so that a fresh child is ready
in milliseconds. Each child limits its own memory.
"""

from __future__ import annotations

import hashlib
import logging
import multiprocessing
import queue
import resource
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from types import TracebackType

from ._internal.wording import say
from .timestamping import utc_now
from .trust import Trust
from .verdict import Reason, Verdict

HARD_STOP = 3.0  # seconds a file
MEMORY = 2 * 1024**3  # address space a child may take beyond what it is born with
LIVES = 200  # files a child judges before it is replaced, so that leaks stay small
START_LIMIT = 120.0  # seconds for a child to report that it is ready
PRELOAD = ["signing._internal.examination"]


@dataclass(slots=True)
class _Child:
    process: ForkServerProcess
    pipe: Connection
    judged: int = 0
    ready: bool = False


class Judge:
    """Gives verdicts, from any thread, at most `workers` at a time.

    Use it as a context manager or call `close()`; children die with their parent in any case.
    """

    def __init__(
        self,
        trust: Trust,
        *,
        workers: int = 2,
        seconds: float = HARD_STOP,
        memory: int = MEMORY,
    ) -> None:
        self._trust = trust
        self._seconds = seconds
        self._memory = memory
        self._context: ForkServerContext = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(PRELOAD)
        self._idle: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        for _ in range(workers):
            self._idle.put(None)  # a place for a child that is started on first use
        self._lock = threading.Lock()
        self._children: set[int] = set()
        self._closed = False

    def __enter__(self) -> Judge:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def warm(self) -> None:
        """Start the first child now, so that the first file does not wait for it."""
        child = self._idle.get() or self._start()
        self._await_ready(child)
        self._idle.put(child)

    def verify(
        self,
        pdf: bytes,
        at: datetime | None = None,
        expected_slots: Sequence[str] | None = None,
        *,
        trust: Trust | None = None,
    ) -> Verdict:
        """As `signing.verify`, within the limits of time and memory; never raises for the file.

        `trust` replaces the judge's own for this file.
        """
        if self._closed:
            raise RuntimeError("the judge is closed")
        moment = at or utc_now()
        child = self._idle.get()
        try:
            child = child or self._start()
            expected = None if expected_slots is None else tuple(expected_slots)
            answer = self._ask(child, (pdf, trust, moment, expected))
        except BaseException:
            self._idle.put(None)
            raise
        keep = not isinstance(answer, Reason) and child.judged < LIVES and not self._closed
        if not keep:
            self._end(child)
        self._idle.put(child if keep else None)
        if isinstance(answer, Verdict):
            return answer
        reason = answer if isinstance(answer, Reason) else say("judge.error", str(answer)[:200])
        return self._unjudged(pdf, moment, reason)

    def close(self) -> None:
        """End all children; a file that is being judged ends with its own answer."""
        self._closed = True
        with suppress(queue.Empty):
            while True:
                child = self._idle.get_nowait()
                if child is not None:
                    self._end(child)

    def _start(self) -> _Child:
        with self._lock:  # the fork server itself is started once
            ours, theirs = self._context.Pipe()
            process = self._context.Process(
                target=_serve, args=(theirs, self._trust, self._memory), daemon=True
            )
            process.start()
        theirs.close()
        return _Child(process, ours)

    def _ask(self, child: _Child, question: tuple[object, ...]) -> object:
        """The child's answer; a Reason when the child is of no further use."""
        if not self._await_ready(child):
            return say("judge.crashed")
        try:
            child.pipe.send(question)
            if not child.pipe.poll(self._seconds):
                return say("judge.timeout", f"{self._seconds:g} s")
            child.judged += 1
            return child.pipe.recv()
        except (EOFError, OSError):
            return say("judge.crashed")

    @staticmethod
    def _await_ready(child: _Child) -> bool:
        if child.ready:
            return child.process.is_alive()
        try:
            if child.pipe.poll(START_LIMIT):
                child.ready = child.pipe.recv() == "ready"
        except (EOFError, OSError):
            return False
        return child.ready

    @staticmethod
    def _end(child: _Child) -> None:
        child.process.kill()
        child.process.join(5)
        child.pipe.close()
        with suppress(ValueError):
            child.process.close()

    @staticmethod
    def _unjudged(pdf: bytes, at: datetime, reason: Reason) -> Verdict:
        return Verdict(
            status="indeterminate",
            reasons=(reason,),
            signatures=(),
            sha256=hashlib.sha256(pdf).hexdigest(),
            size=len(pdf),
            judged_at=at,
        )


def _address_space() -> int:
    """Bytes this process has mapped already: libraries, and what came from the fork server."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()


def _serve(pipe: Connection, trust: Trust, memory: int) -> None:
    """A child's life: one file after the other until the pipe closes."""
    with suppress(ValueError, OSError):
        most = _address_space() + memory
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # What pyHanko logs about hostile files is in the verdict; a child has no log of its own.
    logging.getLogger("pyhanko").propagate = False
    logging.getLogger("pyhanko").addHandler(logging.NullHandler())
    from .verification import verify

    pipe.send("ready")
    while True:
        try:
            pdf, own, at, expected = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            answer: object = verify(pdf, own or trust, at, expected)
        except MemoryError:
            answer = "out of memory"
        except Exception as error:
            answer = f"{type(error).__name__}: {error}"
        pipe.send(answer)
