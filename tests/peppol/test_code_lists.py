"""Code lists as data, and their update from a downloaded folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from peppol import code_lists
from peppol.code_lists import State
from peppol.errors import CodeListInvalid
from peppol.identifiers import (
    BILLING,
    DOCUMENT_SCHEME_EXACT,
    JP_INVOICE,
    TRANSPORT_AS4,
    DocumentTypeId,
    ParticipantId,
    ProcessId,
)


def publish(folder: Path, version: str = "9.8", **changes: object) -> Path:
    """A folder as published: four JSON files with their entry counts."""
    rows: dict[str, list[dict[str, object]]] = {
        "Participant identifier schemes": [
            {"schemeid": "JP:SST", "iso6523": "0188", "country": "JP", "state": "deprecated"}
        ],
        "Document types": [
            {
                "name": "JP PINT Invoice v1.0",
                "scheme": JP_INVOICE.scheme,
                "value": JP_INVOICE.value,
                "state": "deprecated",
                "process-ids": [{"scheme": BILLING.scheme, "value": BILLING.value}],
            }
        ],
        "Processes": [{"scheme": BILLING.scheme, "value": BILLING.value, "state": "active"}],
        "Transport profiles": [{"protocol": "AS4", "profile-id": TRANSPORT_AS4, "state": "active"}],
    }
    for title, values in rows.items():
        content = {"version": version, "entry-count": len(values), "values": values}
        content.update(changes if title == "Document types" else {})
        path = folder / f"Peppol Code Lists - {title} v{version}.json"
        path.write_text(json.dumps(content), "utf-8")
    return folder


def test_bundled_lists_know_what_a_japanese_city_needs() -> None:
    lists = code_lists.load()
    assert lists.version == "9.7"
    assert not lists.complete
    entry = lists.document_type(JP_INVOICE)
    assert entry is not None
    assert entry.state is State.ACTIVE
    assert entry.processes == (BILLING.uri,)
    old = lists.document_type(DocumentTypeId(DOCUMENT_SCHEME_EXACT, JP_INVOICE.value))
    assert old is not None
    assert old.state is State.REMOVED
    assert lists.scheme_state(ParticipantId("0221:T1")) is State.ACTIVE
    assert lists.scheme_state(ParticipantId("0147:1")) is None
    assert lists.process_state(BILLING) is State.ACTIVE
    assert lists.process_state(ProcessId("x")) is None
    assert lists.transport_state(TRANSPORT_AS4) is State.ACTIVE
    assert lists.transport_state("peppol-transport-as4-v1_0") is State.REMOVED


def test_published_lists_are_read_saved_and_loaded_again(tmp_path: Path) -> None:
    new = code_lists.read_published(publish(tmp_path))
    assert new.complete
    new.save(tmp_path / "lists.json")
    assert code_lists.load(tmp_path / "lists.json") == new
    lines = code_lists.differences(code_lists.load(), new)
    assert lines[0] == "version 9.7 -> 9.8"
    assert f"{JP_INVOICE.uri}: active -> deprecated" in lines
    assert "0188 JP:SST: active -> deprecated" in lines
    assert "0242 SPIS: active -> absent" in lines


def test_cut_off_mixed_or_missing_lists_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(CodeListInvalid, match="Participant"):
        code_lists.read_published(tmp_path)
    publish(tmp_path, **{"entry-count": 7})
    with pytest.raises(CodeListInvalid, match="Document types"):
        code_lists.read_published(tmp_path)
    publish(tmp_path, version="9.8")
    publish(tmp_path, values=[{"name": "x"}])
    with pytest.raises(CodeListInvalid):
        code_lists.read_published(tmp_path)
    publish(tmp_path)
    other = tmp_path / "Peppol Code Lists - Processes v9.8.json"
    other.write_text(json.dumps({"version": "9.9", "entry-count": 0, "values": []}))
    with pytest.raises(CodeListInvalid, match=r"9\.9"):
        code_lists.read_published(tmp_path)
    other.write_text("{")
    with pytest.raises(CodeListInvalid, match="Processes"):
        code_lists.read_published(tmp_path)


@pytest.mark.parametrize("text", ["[]", "{}", '{"version": "x"}', "[" * 100_000, "\x00"])
def test_damaged_saved_list_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "lists.json"
    path.write_text(text)
    with pytest.raises(CodeListInvalid):
        code_lists.load(path)
