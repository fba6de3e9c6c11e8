"""`warifu peppol …` as a person types it, the private network running for real."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from peppol.evidence import export
from peppol.identifiers import JP_INVOICE
from peppol.private.network import TOWNS, PrivateNetwork
from peppol.sbdh_writing import make_envelope
from portal.cli.peppol import app

from .builders import a_header, an_invoice
from .test_code_lists import publish

CITY, VENDOR = TOWNS[0].participant.value, TOWNS[1].participant.value


def run(*arguments: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    assert result.exit_code == code, (result.output, result.exception)
    return result.output


@pytest.fixture
def network(tmp_path: Path) -> Iterator[PrivateNetwork]:
    out = run("private", "init", tmp_path / "net")
    assert "NOT PEPPOL" in out
    with PrivateNetwork(tmp_path / "net") as network:
        yield network


def test_two_towns_exchange_an_invoice(network: PrivateNetwork, tmp_path: Path) -> None:
    file = tmp_path / "invoice.xml"
    file.write_bytes(an_invoice())
    found = json.loads(run("lookup", CITY, "--private", network.folder))
    assert found["verified"]
    assert found["network"] == "private"
    assert JP_INVOICE.uri in found["registered"]
    sent = json.loads(
        run("send", file, "--from", VENDOR, "--to", CITY, "--private", network.folder)
    )
    assert sent["network"] == "private"
    assert sent["receipted"]
    (arrived,) = [json.loads(line) for line in run("private", "inbox", network.folder).splitlines()]
    assert arrived["message_id"] == sent["message_id"]
    log = tmp_path / "evidence.jsonl"
    log.write_text("".join(export(network.received(network.towns[0]).all())))
    assert json.loads(run("evidence", log))["message_id"] == sent["message_id"]
    month = sent["timestamp"][:7]
    for report in ("tsr", "eusr"):
        text = run("evidence", log, "--report", report, "--month", month, "--seat", "PZZ000001",
                   "--network", "private")  # fmt: skip
        assert "PZZ000001" in text
    run("evidence", log, "--report", "tsr", "--month", "2026-13", "--seat", "PZZ000001", code=2)


def test_what_goes_wrong_is_said_in_both_languages(network: PrivateNetwork, tmp_path: Path) -> None:
    file = tmp_path / "invoice.xml"
    file.write_bytes(an_invoice())
    out = run("send", file, "--from", VENDOR, "--to", "0188:2000012010019",
              "--private", network.folder, code=1)  # fmt: skip
    assert "登録されていません" in out
    assert "not registered" in out
    assert "check digit" in run("send", file, "--from", "0188:1000012050002", "--to", CITY,
                                "--private", network.folder, code=1)  # fmt: skip
    run("private", "init", network.folder, code=1)
    run("send", tmp_path / "absent", "--from", VENDOR, "--to", CITY, code=2)
    network.close()
    assert "not running" in run("lookup", CITY, "--private", network.folder, code=1)


def test_envelope_is_made_and_opened(tmp_path: Path) -> None:
    document, envelope, back = tmp_path / "d.xml", tmp_path / "e.xml", tmp_path / "b.xml"
    document.write_bytes(an_invoice())
    assert "StandardBusinessDocument" in run("wrap", document, "--from", VENDOR, "--to", CITY)
    envelope.write_bytes(make_envelope(a_header(), an_invoice()))
    assert json.loads(run("open", envelope, "--to", back))["sender"] == VENDOR
    assert back.read_bytes() == an_invoice()
    assert "StandardBusinessDocument" in run("open", document, code=1)
    run("open", tmp_path / "absent", code=2)


def test_code_lists_are_shown_and_updated(tmp_path: Path) -> None:
    assert json.loads(run("codelists", "show"))["version"] == "9.7"
    kept = tmp_path / "kept.json"
    assert "9.7 -> 9.8" in run("codelists", "update", publish(tmp_path), "--to", kept)
    assert json.loads(run("codelists", "show", kept))["complete"]
    run("codelists", "update", tmp_path / "absent", "--to", kept, code=1)


def test_real_network_needs_its_authorities(tmp_path: Path) -> None:
    file = tmp_path / "invoice.xml"
    file.write_bytes(an_invoice())
    # Through the service: no invoice leaves that breaks the rules its receiver will check.
    assert "ibr-" in run("send", file, "--from", VENDOR, "--to", CITY, code=1)
    assert "missing" in run(
        "send", file, "--from", VENDOR, "--to", CITY, "--trust", tmp_path, code=1
    )


def test_private_network_can_be_served_for_a_while(tmp_path: Path) -> None:
    run("private", "init", tmp_path / "net")
    assert "NOT PEPPOL" in run("private", "serve", tmp_path / "net", "--seconds", 0.1)
    assert not (tmp_path / "net" / "running.json").exists()
