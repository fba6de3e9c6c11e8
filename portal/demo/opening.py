"""The demonstration's processes from start to stop, ready before anybody looks."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx2

from portal.demo.stage import Ports, Stage
from portal.errors import PortalError
from portal.supervisor import ChildKeepsDyingError, Supervisor

READY_SECONDS = 90.0


class DemoNotReady(PortalError):
    """The demonstration did not come up."""

    code = "portal.demo_not_ready"
    ja = "デモを開けませんでした: {reason}"
    en = "The demonstration did not come up: {reason}"
    mend_ja = "ポートを変えるか（--port）、フォルダーを消して、もう一度お試しください。"
    mend_en = "Try another port (--port), or remove the folder, and try again."


@contextmanager
def opened(stage: Stage, report: Callable[[str], None]) -> Iterator[Supervisor]:
    """Prepare the stage, start its processes, wait until they answer; stop them at the end."""
    stage.prepare(report)
    report("サービスを起動しています / starting the service")
    supervisor = stage.supervisor(report)
    failure: list[ChildKeepsDyingError] = []

    def watch() -> None:
        try:
            supervisor.watch()
        except ChildKeepsDyingError as error:
            failure.append(error)

    supervisor.start()
    watcher = threading.Thread(target=watch, name="supervisor", daemon=True)
    watcher.start()
    try:
        wait_until_ready(stage, failure)
        yield supervisor
    finally:
        supervisor.stop()
        watcher.join()
        stage.close()


def wait_until_ready(stage: Stage, failure: list[ChildKeepsDyingError]) -> None:
    """Until the pages answer, the worker beats and time can be had. Raises DemoNotReady."""
    deadline = time.monotonic() + READY_SECONDS
    seen = ""
    while time.monotonic() < deadline and not failure:
        try:
            reply = httpx2.get(f"{stage.address}/readyz", timeout=5)
            if all(state == "ok" for state in reply.json()["parts"].values()):
                # The authority answers GET with an error; that it answers is enough.
                httpx2.get(f"http://127.0.0.1:{stage.ports.tsa}/", timeout=5)
                return
            seen = reply.text[:200]
        except (httpx2.HTTPError, ValueError) as error:
            seen = type(error).__name__
        time.sleep(0.1)
    raise DemoNotReady(reason=str(failure[0]) if failure else seen)


def free_ports(web: int | None = None) -> Ports:
    """Ports nobody uses now; `web` is kept when it is free. Raises DemoNotReady."""
    with socket.socket() as first, socket.socket() as second:
        for one, wanted in ((first, web or 0), (second, 0)):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                one.bind(("127.0.0.1", wanted))
            except OSError as error:
                raise DemoNotReady(reason=f"port {wanted}: {error.strerror}") from error
        return Ports(web=first.getsockname()[1], tsa=second.getsockname()[1])
