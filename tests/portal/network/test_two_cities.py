"""The how-to, walked: two cities on one machine, each with processes of its own.

City A sends an invoice to city B over a private network; B takes it in, examines it and answers;
A reads the answers. Registry, access points and workers are real processes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from einvoice.invoice_terms import DocumentKind
from peppol.identifiers import JP_SELF_BILLING, SELF_BILLING
from peppol.private.network import PrivateNetwork
from portal.network.models import NetworkMessage, NetworkReply
from records import Database, embedded
from records.database import libpq_url

from .conftest import THEM, US, an_invoice
from .test_endpoint import PATIENCE, free_port, stamp, started, wait_for

pytestmark = pytest.mark.slow


@pytest.fixture
def second_database(database_server: str, database_template: str) -> Iterator[Database]:
    name = f"second_{os.urandom(6).hex()}"
    with psycopg.connect(libpq_url(database_server), autocommit=True) as connection:
        connection.execute(
            f"CREATE DATABASE {name} TEMPLATE {database_template} STRATEGY FILE_COPY"
        )
    database = Database(database_server.replace(f"/{embedded.DATABASE}?", f"/{name}?"))
    yield database
    database.dispose()  # it goes with the server at the end of the session


def until(what: str, look: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not look():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def command(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "portal", "peppol", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
    )


def test_two_cities_on_one_machine(
    tmp_path: Path, database: Database, second_database: Database
) -> None:
    folder = tmp_path / "net"
    PrivateNetwork.create(folder)
    a_port, b_port = free_port(), free_port()

    def city(who: str, kept: Database) -> dict[str, str]:
        stamp(kept)
        return {
            "WARIFU_DATABASE__URL": kept.url,
            "WARIFU_STORE__FOLDER": str(tmp_path / who / "store"),
            "WARIFU_MAIL__FOLDER": str(tmp_path / who / "outbox"),
            "WARIFU_SIGNING__DEVELOPMENT_KEYS": "true",
            "WARIFU_SIGNING__PKI_FOLDER": str(tmp_path / who / "pki"),
            "WARIFU_SECURITY__SECRET_PATH": str(tmp_path / who / "secret"),
            "WARIFU_PEPPOL__MODE": "access_point",
            "WARIFU_PEPPOL__NETWORK": "private",
            "WARIFU_PEPPOL__PRIVATE_FOLDER": str(folder),
            "WARIFU_PEPPOL__PARTICIPANTS": US if who == "a" else THEM,
        }

    a, b = city("a", database), city("b", second_database)
    invoice = tmp_path / "invoice.xml"
    invoice.write_bytes(an_invoice())
    with ExitStack() as stack:
        registry = [
            "peppol", "private", "serve", str(folder),
            "--point", f"PZZ000001=http://127.0.0.1:{a_port}/as4",
            "--point", f"PZZ000002=http://127.0.0.1:{b_port}/as4",
        ]  # fmt: skip
        stack.enter_context(started(registry, {}))
        points = []
        for environment, port in ((a, a_port), (b, b_port)):
            own = {**environment, "WARIFU_PEPPOL__PORT": str(port)}
            points.append((stack.enter_context(started(["access-point"], own)), port))
            stack.enter_context(started(["worker"], environment))
        until("the registry runs", (folder / "running.json").exists)
        for process, port in points:
            wait_for(process, port)

        sent = command(a, "send", str(invoice), "--from", US, "--to", THEM, "--wait", str(PATIENCE))
        assert sent.returncode == 0, sent.stdout + sent.stderr
        told = json.loads(sent.stdout)
        assert (told["state"], told["number"]) == ("delivered", "H-2026-11")
        assert told["receipted"]

        def answered() -> bool:
            with database.transaction() as session:
                return session.query(NetworkReply).count() == 2

        until("B answers and A reads it", answered)
        with second_database.transaction() as session:
            row = session.query(NetworkMessage).filter_by(direction="incoming").one()
            assert (row.state, row.sender) == ("handed_on", US)
        listed = command(a, "messages", "--shelf", "outgoing")
        assert listed.returncode == 0, listed.stderr
        [line] = [json.loads(each) for each in listed.stdout.splitlines()]
        replies = {(reply["kind"], reply["status"]) for reply in line["replies"]}
        assert replies == {("mls", "AB"), ("invoice_response", "AB")}
        # 仕入明細書: A buys, B is the supplier; the document itself says what it is.
        statement = tmp_path / "statement.xml"
        statement.write_bytes(an_invoice("S-2026-11", kind=DocumentKind.SELF_BILLED))
        sent = command(
            a, "send", str(statement), "--from", US, "--to", THEM, "--wait", str(PATIENCE)
        )
        assert sent.returncode == 0, sent.stdout + sent.stderr
        told = json.loads(sent.stdout)
        assert (told["state"], told["number"]) == ("delivered", "S-2026-11")
        assert told["document"] == JP_SELF_BILLING.uri

        def kept() -> bool:
            with second_database.transaction() as session:
                named = session.query(NetworkMessage).filter_by(document_number="S-2026-11")
                return [(row.state, row.process) for row in named] == [
                    ("handed_on", SELF_BILLING.uri)
                ]

        until("B keeps it as the supplier", kept)

        figures = command(b, "metrics").stdout
        assert 'warifu_peppol_messages{direction="incoming",state="handed_on"} 2' in figures
        assert "warifu_peppol_answers_late 0" in figures
