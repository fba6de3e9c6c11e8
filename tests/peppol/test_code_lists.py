"""Code lists as data, and their update from a downloaded folder."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from xml.sax.saxutils import quoteattr

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
from peppol.published_lists import read_published


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


def test_bundled_lists_are_whole_and_know_what_a_japanese_city_needs() -> None:
    lists = code_lists.load()
    assert lists.version == "9.7"
    assert lists.complete
    sizes = [len(lists.document_types), len(lists.participant_schemes), len(lists.processes)]
    assert (sizes, len(lists.transport_profiles)) == ([321, 105, 109], 5)
    states = Counter(entry.state.value for entry in lists.document_types)
    assert states == {"active": 209, "deprecated": 71, "removed": 41}
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
    new = read_published(publish(tmp_path))
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
        read_published(tmp_path)
    publish(tmp_path, **{"entry-count": 7})
    with pytest.raises(CodeListInvalid, match="Document types"):
        read_published(tmp_path)
    publish(tmp_path, version="9.8")
    publish(tmp_path, values=[{"name": "x"}])
    with pytest.raises(CodeListInvalid):
        read_published(tmp_path)
    publish(tmp_path)
    other = tmp_path / "Peppol Code Lists - Processes v9.8.json"
    other.write_text(json.dumps({"version": "9.9", "entry-count": 0, "values": []}))
    with pytest.raises(CodeListInvalid, match=r"9\.9"):
        read_published(tmp_path)
    other.write_text("{")
    with pytest.raises(CodeListInvalid, match="Processes"):
        read_published(tmp_path)


@pytest.mark.parametrize("text", ["[]", "{}", '{"version": "x"}', "[" * 100_000, "\x00"])
def test_damaged_saved_list_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "lists.json"
    path.write_text(text)
    with pytest.raises(CodeListInvalid):
        code_lists.load(path)


def as_xml(folder: Path, content: dict[str, object], title: str) -> None:
    rows = ""
    for value in content["values"]:  # type: ignore[attr-defined]
        inside = "".join(
            f"<process-id scheme={quoteattr(p['scheme'])} value={quoteattr(p['value'])}/>"
            for p in value.pop("process-ids", [])
        )
        told = " ".join(f"{name}={quoteattr(text)}" for name, text in value.items())
        rows += f"<row {told}>{inside}</row>"
    count = content["entry-count"]
    (folder / f"Peppol Code Lists - {title} v9.8.xml").write_text(
        f'<rows version="9.8" entry-count="{count}">{rows}</rows>'
    )


def as_genericcode(folder: Path, content: dict[str, object], title: str) -> None:
    rows = ""
    for value in content["values"]:  # type: ignore[attr-defined]
        listed = [f"{p['scheme']}::{p['value']}" for p in value.pop("process-ids", [])]
        value["process-ids"] = "\n".join(listed)
        rows += "<Row>"
        for name, text in value.items():
            rows += f'<Value ColumnRef="{name}"><SimpleValue>{text}</SimpleValue></Value>'
        rows += "</Row>"
    (folder / f"Peppol Code Lists - {title} v9.8.gc").write_text(
        '<gc:CodeList xmlns:gc="http://docs.oasis-open.org/codelist/ns/genericode/1.0/">'
        "<Identification><Version>9.8</Version></Identification>"
        f"<SimpleCodeList>{rows}</SimpleCodeList></gc:CodeList>"
    )


def test_all_published_formats_say_the_same(tmp_path: Path) -> None:
    plain = read_published(publish(tmp_path))
    for suffix, write in ((".xml", as_xml), (".gc", as_genericcode)):
        folder = tmp_path / suffix[1:]
        folder.mkdir()
        for path in tmp_path.glob("*.json"):
            title = path.stem.removeprefix("Peppol Code Lists - ").removesuffix(" v9.8")
            write(folder, json.loads(path.read_text()), title)
        assert read_published(folder) == plain
        assert read_published(folder / f"Peppol Code Lists - Processes v9.8{suffix}") == plain


def test_a_named_file_of_another_kind_or_a_damaged_one_is_refused(tmp_path: Path) -> None:
    publish(tmp_path)
    with pytest.raises(CodeListInvalid, match=r"notes\.txt"):
        read_published(tmp_path / "notes.txt")
    for text in ("<rows", "<a/>", '<!DOCTYPE a [<!ENTITY b "c">]><a version="9.8"/>'):
        for title in ("Participant identifier schemes", "Document types"):
            (tmp_path / f"Peppol Code Lists - {title} v9.8.xml").write_text(text)
        with pytest.raises(CodeListInvalid, match="Participant"):
            read_published(tmp_path / "Peppol Code Lists - Participant identifier schemes v9.8.xml")
