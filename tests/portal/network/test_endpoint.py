"""The access point as a real process: bounded memory, caps, many at once."""

from __future__ import annotations

import base64
import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from peppol.private.network import PrivateNetwork
from portal import migrations
from portal.network.models import NetworkMessage
from records import Database, FixedClock

from .conftest import US, City, an_invoice

PATIENCE = 120.0
MEGABYTE = 1024 * 1024


@contextmanager
def started(arguments: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the service; ended and waited for at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "portal", *arguments],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    threading.Thread(target=process.stdout.read, daemon=True).start()  # type: ignore[union-attr]
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


def wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    """Until the access point answers."""
    until = time.monotonic() + PATIENCE
    while True:
        assert process.poll() is None, f"it ended: {process.returncode}"
        assert time.monotonic() < until, "it does not answer"
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/livez")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()


@contextmanager
def running(environment: dict[str, str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The access point, once it answers."""
    with started(["access-point"], {**environment, "WARIFU_PEPPOL__PORT": str(port)}) as process:
        wait_for(process, port)
        yield process


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def post(port: int, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("POST", "/as4", body=body, headers=headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def peak(process: subprocess.Popen[bytes]) -> int:
    """The most memory the process ever had resident, in bytes (VmHWM)."""
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmHWM")


@pytest.fixture
def environment(database: Database, tmp_path: Path, todays_network: Path) -> dict[str, str]:
    """The settings of the city, for a process of its own."""
    stamp(database)
    return {
        "WARIFU_DATABASE__URL": database.url,
        "WARIFU_STORE__FOLDER": str(tmp_path / "store"),
        "WARIFU_PEPPOL__MODE": "access_point",
        "WARIFU_PEPPOL__NETWORK": "private",
        "WARIFU_PEPPOL__PRIVATE_FOLDER": str(todays_network),
        "WARIFU_PEPPOL__PARTICIPANTS": US,
    }


def stamp(database: Database) -> None:
    """The template has all tables; say so as a migration would."""
    with database.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE IF NOT EXISTS alembic_version (version_num varchar(32) PRIMARY KEY)"
        )
        connection.exec_driver_sql("DELETE FROM alembic_version")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES (%s)", (migrations.head(),))


@pytest.fixture(scope="session")
def todays_network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network valid by the real clock, which the process has."""
    folder = tmp_path_factory.mktemp("today") / "net"
    PrivateNetwork.create(folder)
    return folder


@pytest.fixture
def town(make_city: Callable[..., City], clock: FixedClock, todays_network: Path) -> City:
    clock.set(datetime.now(UTC))
    return make_city(private_folder=todays_network)


@pytest.mark.slow
def test_a_message_of_100_mb_arrives_with_bounded_memory(town, environment, database):
    """Base64 of random bytes hardly compresses: more than 100 MB come over the wire."""
    document, marker = an_invoice(), b"<cbc:InvoiceTypeCode"
    noise = b"<cbc:Note>" + base64.b64encode(os.urandom(102 * MEGABYTE)) + b"</cbc:Note>"
    message = town.outgoing(document.replace(marker, noise + marker, 1), level=1)
    del document, noise
    assert len(message.body) > 100 * MEGABYTE
    environment |= {"WARIFU_PEPPOL__BODY_MB": "110", "WARIFU_PEPPOL__EXPANDED_MB": "150"}
    port = free_port()
    with running(environment, port) as process:
        before = peak(process)
        status, body = post(port, message.body, {"Content-Type": message.content_type})
        assert status == 200
        assert b"NonRepudiationInformation" in body
        assert peak(process) - before < 64 * MEGABYTE
    with database.transaction() as session:
        row = session.query(NetworkMessage).one()
    assert row.expanded_size > 130 * MEGABYTE


@pytest.mark.slow
def test_a_process_takes_messages_and_refuses_what_is_none(town, environment, database):
    messages = [town.outgoing(an_invoice(f"N-{n}"), number=f"i-{n}") for n in range(8)]
    port = free_port()
    environment |= {"WARIFU_PEPPOL__BODY_MB": "1", "WARIFU_PEPPOL__AT_ONCE": "4"}
    with running(environment, port) as process:
        # 1 not a message; 2 said to be too large; 3 too large without saying so; 4 not POST
        assert post(port, b"hello", {"Content-Type": "text/plain"})[0] == 400
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as line:
            line.sendall(
                b"POST /as4 HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n"
                b"Expect: 100-continue\r\n\r\n"
            )
            assert line.recv(100).startswith(b"HTTP/1.1 413")
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as line:
            line.sendall(b"POST /as4 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            chunk, answer = b"10000\r\n" + b"x" * 0x10000 + b"\r\n", b""
            # It answers and closes while we still send: then the line may be reset, too.
            with suppress(ConnectionError):
                for _ in range(17):
                    line.sendall(chunk)
                answer = line.recv(100)
            assert answer == b"" or answer.startswith(b"HTTP/1.1 413")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        connection.request("GET", "/as4")
        assert connection.getresponse().status == 405
        connection.close()
        # Eight at the same time: taken, or told to come again, never lost.
        answers: list[int] = []

        def send(message) -> None:
            while True:
                try:
                    status, _ = post(port, message.body, {"Content-Type": message.content_type})
                except ConnectionError:
                    continue  # as a sender does: again, with the same message
                if status != 503:
                    answers.append(status)
                    return

        threads = [threading.Thread(target=send, args=(m,)) for m in messages]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == [200] * 8
        assert process.poll() is None
    with database.transaction() as session:
        assert session.query(NetworkMessage).count() == 8
