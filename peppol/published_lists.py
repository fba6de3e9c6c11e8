"""Code lists as OpenPeppol publishes them: JSON, XML or GenericCode, four files of one release.

    Peppol Code Lists - Document types v9.7.json | .xml | .gc
    Peppol Code Lists - Participant identifier schemes v9.7.…
    Peppol Code Lists - Processes v9.7.…
    Peppol Code Lists - Transport profiles v9.7.…

All three name their columns alike, so each file becomes rows of column → text, and the rest is one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from lxml import etree

from peppol.code_lists import MAX_BYTES, CodeLists, from_rows, unreadable
from peppol.errors import CodeListInvalid, Text, XmlRefused
from peppol.xml_input import XmlLimits, confined, parse

Row = Mapping[str, Any]

FORMATS: Final = (".json", ".xml", ".gc")
_TITLES: Final = {
    "participant_schemes": "Participant identifier schemes",
    "document_types": "Document types",
    "processes": "Processes",
    "transport_profiles": "Transport profiles",
}
_LIMITS: Final = XmlLimits(size=MAX_BYTES, elements=200_000, depth=20, attributes=200_000)
_PROCESSES: Final = "process-ids"


def read_published(place: Path) -> CodeLists:
    """The four published files in a folder, or beside one of them.

    All must be of one release; a format is enough (JSON before XML before GenericCode), and with
    one file named, its format and release are taken. Raises CodeListInvalid with the file's name.
    """
    folder, release = place, ""
    wanted: tuple[str, ...] = FORMATS
    if not place.is_dir():
        if place.suffix not in FORMATS or not place.is_file():
            raise CodeListInvalid(
                file=place.name,
                why=Text(
                    "公開された .json・.xml・.gc のファイルではありません。",
                    "it is no published .json, .xml or .gc file.",
                ),
            )
        folder, wanted = place.parent, (place.suffix,)
        release = place.stem.rpartition(" ")[2]
    versions: set[str] = set()
    rows: dict[str, list[Row]] = {}
    for key, title in _TITLES.items():
        file = _one(folder, title, wanted, release)
        version, rows[key] = _rows(file)
        versions.add(version)
    if len(versions) != 1:
        raise CodeListInvalid(
            file=str(folder),
            why=Text(
                "版がそろっていません。", f"different versions: {', '.join(sorted(versions))}."
            ),
        )
    try:
        raw = _in_our_form(versions.pop(), rows)
    except (KeyError, TypeError, AttributeError) as error:
        raise unreadable(str(folder), error) from error
    return from_rows(str(folder), raw)


def _one(folder: Path, title: str, formats: tuple[str, ...], release: str) -> Path:
    found: list[Path] = []
    for suffix in formats:
        found = sorted(folder.glob(f"*{title}*{release}{suffix}"))
        if found:
            break
    if len(found) != 1:
        raise CodeListInvalid(
            file=f"{title}*{formats[0]}",
            why=Text(
                f"1つ必要ですが{len(found)}個あります。", f"one is needed, {len(found)} found."
            ),
        )
    return found[0]


def _rows(path: Path) -> tuple[str, list[Row]]:
    """Version and rows of one file, its own entry count checked where it has one."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CodeListInvalid(file=path.name, why=Text("大きすぎます。", "it is too large."))
        data = path.read_bytes()
        if path.suffix == ".json":
            version, count, rows = _from_json(data)
        else:
            version, count, rows = confined(data, lambda: _from_xml(data))
    except (
        OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError, XmlRefused,
    ) as error:  # fmt: skip
        raise unreadable(path.name, error) from error
    if count is not None and count != len(rows):
        raise CodeListInvalid(
            file=path.name,
            why=Text(
                "件数が合いません(途中で切れています)。", "its entry count does not fit (cut off)."
            ),
        )
    return version, rows


def _from_json(data: bytes) -> tuple[str, int | None, list[Row]]:
    content = json.loads(data)
    rows: list[Row] = [
        {**value, _PROCESSES: [f"{p['scheme']}::{p['value']}" for p in value.get(_PROCESSES, ())]}
        for value in content["values"]
    ]
    return str(content["version"]), int(content["entry-count"]), rows


def _from_xml(data: bytes) -> tuple[str, int | None, list[Row]]:
    root = parse(data, _LIMITS)
    if etree.QName(root).localname == "CodeList":
        return _from_genericcode(root)
    rows: list[Row] = [
        {
            **dict(element.attrib),
            _PROCESSES: [
                f"{p.get('scheme')}::{p.get('value')}" for p in element.findall("process-id")
            ],
        }
        for element in root
    ]
    return root.attrib["version"], int(root.attrib["entry-count"]), rows


def _from_genericcode(root: etree._Element) -> tuple[str, int | None, list[Row]]:
    rows: list[Row] = []
    for element in root.iterfind("SimpleCodeList/Row"):
        row: dict[str, Any] = {
            value.attrib["ColumnRef"]: value.findtext("SimpleValue", "")
            for value in element.findall("Value")
        }
        row[_PROCESSES] = str(row.get(_PROCESSES, "")).replace(",", " ").split()
        rows.append(row)
    version = root.findtext("Identification/Version")
    if not version or not rows:
        raise ValueError("no GenericCode")
    return version, None, rows


def _in_our_form(version: str, rows: Mapping[str, list[Row]]) -> dict[str, Any]:
    return {
        "version": version,
        "complete": True,
        "participant_schemes": [
            {
                "code": row["iso6523"],
                "name": row["schemeid"],
                "country": row["country"],
                "state": row["state"],
            }
            for row in rows["participant_schemes"]
        ],
        "document_types": [
            {
                "name": row["name"],
                "scheme": row["scheme"],
                "value": row["value"],
                "state": row["state"],
                "removed_on": row.get("removal-date"),
                "processes": row[_PROCESSES],
            }
            for row in rows["document_types"]
        ],
        "processes": rows["processes"],
        "transport_profiles": [
            {
                "id": row["profile-id"],
                "protocol": row["protocol"],
                "state": row["state"],
                "removed_on": row.get("removal-date"),
            }
            for row in rows["transport_profiles"]
        ],
    }
