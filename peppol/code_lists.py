"""Code lists of the network as data (edelivery code lists, https://docs.peppol.eu/edelivery/codelists/).

The package carries the whole lists of one release in a compact form. Newer ones are read as they
are published (`peppol.published_lists`); `CodeLists.save` keeps them in our form, which `load`
reads.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Any, Final, TypeVar

from peppol.errors import CodeListInvalid, PeppolError, Text
from peppol.identifiers import DocumentTypeId, ParticipantId, ProcessId

T = TypeVar("T")

BUNDLED: Final = "codelists-9.7.json"
MAX_BYTES: Final = 20 * 1024 * 1024


class State(StrEnum):
    """Life of a code. Deprecated: no new registration. Removed: never."""

    ACTIVE = "active"
    DEPRECATED = "deprecated"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class ParticipantScheme:
    code: str
    name: str
    country: str
    state: State


@dataclass(frozen=True, slots=True)
class DocumentTypeEntry:
    name: str
    scheme: str
    value: str
    state: State
    processes: tuple[str, ...] = ()
    removed_on: str | None = None


@dataclass(frozen=True, slots=True)
class ProcessEntry:
    scheme: str
    value: str
    state: State


@dataclass(frozen=True, slots=True)
class TransportProfile:
    id: str
    protocol: str
    state: State
    removed_on: str | None = None


@dataclass(frozen=True, slots=True)
class CodeLists:
    """One release of the lists."""

    version: str
    complete: bool
    participant_schemes: tuple[ParticipantScheme, ...]
    document_types: tuple[DocumentTypeEntry, ...]
    processes: tuple[ProcessEntry, ...]
    transport_profiles: tuple[TransportProfile, ...]
    date: str | None = None
    note: str | None = None

    def scheme_state(self, participant: ParticipantId) -> State | None:
        """State of the participant's scheme; None when these lists do not have it."""
        found = (s.state for s in self.participant_schemes if s.code == participant.scheme)
        return next(found, None)

    def document_type(self, wanted: DocumentTypeId) -> DocumentTypeEntry | None:
        """The row of exactly this document type."""
        key = (wanted.scheme, wanted.value)
        return next((d for d in self.document_types if (d.scheme, d.value) == key), None)

    def process_state(self, process: ProcessId) -> State | None:
        """State of a process; None when these lists do not have it."""
        key = (process.scheme, process.value)
        return next((p.state for p in self.processes if (p.scheme, p.value) == key), None)

    def transport_state(self, profile: str) -> State | None:
        """State of a transport profile; None when these lists do not have it."""
        return next((t.state for t in self.transport_profiles if t.id == profile), None)

    def save(self, path: Path) -> None:
        """Write to `path`, whole or not at all."""
        draft = path.with_name(path.name + ".new")
        draft.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1), "utf-8")
        os.replace(draft, path)


def load(path: Path | None = None) -> CodeLists:
    """The lists at `path` (as saved by `save`), or those in the package."""
    if path is None:
        text = resources.files("peppol").joinpath("data", BUNDLED).read_text("utf-8")
        return from_rows(BUNDLED, json.loads(text))
    return from_rows(path.name, _read_json(path))


def differences(old: CodeLists, new: CodeLists) -> list[str]:
    """What changed for the codes that `old` knows, one line each (for the update command)."""
    lines = [f"version {old.version} -> {new.version}"]
    for entry in old.document_types:
        now = new.document_type(DocumentTypeId(entry.scheme, entry.value))
        state = now.state if now else "absent"
        if state != entry.state:
            lines.append(f"{entry.scheme}::{entry.value}: {entry.state} -> {state}")
    for scheme in old.participant_schemes:
        states = [s.state for s in new.participant_schemes if s.code == scheme.code]
        state = states[0] if states else "absent"
        if state != scheme.state:
            lines.append(f"{scheme.code} {scheme.name}: {scheme.state} -> {state}")
    return lines


def _read_json(path: Path) -> Any:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CodeListInvalid(file=path.name, why=Text("大きすぎます。", "it is too large."))
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise unreadable(path.name, error) from error


def from_rows(name: str, raw: Mapping[str, Any]) -> CodeLists:
    """The lists in `raw`, our own form; CodeListInvalid naming the file `name`."""

    def rows(key: str, make: Callable[[Mapping[str, Any]], T]) -> tuple[T, ...]:
        return tuple(make(row) for row in raw[key])

    try:
        if not re.fullmatch(r"[0-9.]{1,10}", raw["version"]):
            raise ValueError(raw["version"])
        if raw.get("date"):
            date.fromisoformat(raw["date"])
        return CodeLists(
            version=raw["version"],
            complete=bool(raw["complete"]),
            date=raw.get("date"),
            note=raw.get("note"),
            participant_schemes=rows("participant_schemes", _participant_scheme),
            document_types=rows("document_types", _document_type),
            processes=rows(
                "processes", lambda r: ProcessEntry(r["scheme"], r["value"], State(r["state"]))
            ),
            transport_profiles=rows(
                "transport_profiles",
                lambda r: TransportProfile(
                    r["id"], r["protocol"], State(r["state"]), r.get("removed_on")
                ),
            ),
        )
    except (KeyError, TypeError, ValueError, AttributeError, PeppolError) as error:
        raise unreadable(name, error) from error


def _participant_scheme(row: Mapping[str, Any]) -> ParticipantScheme:
    return ParticipantScheme(row["code"], row["name"], row["country"], State(row["state"]))


def _document_type(row: Mapping[str, Any]) -> DocumentTypeEntry:
    return DocumentTypeEntry(
        row["name"],
        row["scheme"],
        row["value"],
        State(row["state"]),
        tuple(row.get("processes", ())),
        row.get("removed_on"),
    )


def unreadable(name: str, error: Exception) -> CodeListInvalid:
    """CodeListInvalid for what cannot be read as what it should be."""
    detail = f"{type(error).__name__}: {error}"[:200]
    return CodeListInvalid(file=name, why=Text(detail, detail))
