"""Our rules beside the official stylesheets that an operator has downloaded.

The official artefacts (the "resources" archives of JP PINT) hold two XSLT files for each document
type. They are run with Saxon (the optional extra `conformance`), and the ids of the asserts that
failed are compared with ours. The same way an operator runs rules that are newer than ours.
"""

from __future__ import annotations

import os
import re
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import unescape

from einvoice.errors import EInvoiceError
from einvoice.rules import CURRENT, PROFILES
from einvoice.validation import validate

_STYLESHEETS: Final = (
    "PINT-UBL-validation-preprocessed.xslt",
    "PINT-jurisdiction-aligned-rules.xslt",
)
#: Id and text of a failed assert; the text is "" where there is none.
_FAILED: Final = re.compile(
    r'<svrl:failed-assert\b[^>]*?\sid="([^"]*)"[^>]*?'
    r"(?:/>|>(?:(?!</svrl:failed-assert>).)*?<svrl:text>(.*?)</svrl:text>|>)",
    re.DOTALL,
)
_MARKS: Final = {
    "pint-jp-ntr": "urn:peppol:pint:nontaxinvoice-1@jp-1",
    "pint-jp-sb": "urn:peppol:pint:selfbilling-1@jp-1",
    "pint-jp": "urn:peppol:pint:billing-1@jp-1",
}
#: An archive may unpack to no more than this.
MAX_UNPACKED: Final = 200_000_000


class ConformanceError(EInvoiceError):
    """The official rules cannot be run."""

    code = "einvoice.conformance"
    text_ja = "公式規則を実行できません：{reason_ja}"
    text_en = "The official rules cannot be run: {reason_en}"
    fix_ja = "{fix_ja}"
    fix_en = "{fix_en}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One document under both. `stopped` is what ended the official run early, if anything did."""

    file: str
    profile: str
    official: frozenset[str]
    ours: frozenset[str]
    stopped: str | None
    our_verdict: str
    #: What the official rules say at each id.
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def agrees(self) -> bool:
        """Equal sets; where the official run stopped, it is enough that we do not say valid."""
        if self.stopped is not None:
            return self.our_verdict != "valid"
        return self.official == self.ours


class OfficialRules:
    """The stylesheets of one or more document types, compiled once. Use as a context manager."""

    def __init__(self, source: Path) -> None:
        saxon = _saxon()
        self._unpacked = tempfile.TemporaryDirectory(prefix="warifu-conformance-")
        folder = _unpack(source, Path(self._unpacked.name)) if source.is_file() else source
        found = _by_profile(folder)
        if not found:
            raise ConformanceError(
                field="schematron",
                reason_ja=f"{source} に公式の XSLT（{'、'.join(_STYLESHEETS)}）がありません。",
                reason_en=f"{source} has no official XSLT ({', '.join(_STYLESHEETS)}).",
                fix_ja="JP PINT の resources アーカイブ（ZIP）か、その展開先を指定してください。",
                fix_en="Name a JP PINT resources archive, or the folder it was unpacked to.",
            )
        self._processor = saxon.PySaxonProcessor(license=False)
        xslt = self._processor.new_xslt30_processor()
        with _quiet():
            self._executables = {
                profile: [xslt.compile_stylesheet(stylesheet_file=str(f)) for f in files]
                for profile, files in found.items()
            }

    @property
    def profiles(self) -> tuple[str, ...]:
        return tuple(self._executables)

    def __enter__(self) -> OfficialRules:
        return self

    def __exit__(self, *exc: object) -> None:
        self._unpacked.cleanup()

    def failed(self, xml: Path, profile: str) -> tuple[frozenset[str], str | None]:
        """Ids of the asserts that failed, and why the run stopped, if it did."""
        texts, stopped = self.said(xml, profile)
        return frozenset(texts), stopped

    def said(self, xml: Path, profile: str) -> tuple[dict[str, str], str | None]:
        """The same, with the official text of each id."""
        texts: dict[str, str] = {}
        stopped: str | None = None
        with _quiet():
            node = self._processor.parse_xml(xml_file_name=str(xml))
            for executable in self._executables[profile]:
                try:
                    texts.update(_FAILED.findall(executable.transform_to_string(xdm_node=node)))
                except Exception as error:  # Saxon's own class is known only when it is installed
                    stopped = str(error).splitlines()[0]
        return {ident: unescape(" ".join(text.split())) for ident, text in texts.items()}, stopped

    def compare(self, xml: Path, version: str = CURRENT) -> Comparison:
        """One file under the official rules of its own type and under ours of a version."""
        data = xml.read_bytes()
        own = validate(data, law=False, version=version)
        profile = own.profile if own.profile in self._executables else self.profiles[0]
        assert profile is not None
        ours = validate(data, profile=profile, law=False, version=version)
        texts, stopped = self.said(xml, profile)
        ids = frozenset(f.id for f in ours.findings if f.source == "rule")
        return Comparison(str(xml), profile, frozenset(texts), ids, stopped, ours.verdict, texts)


def _saxon() -> Any:
    try:
        import saxonche  # type: ignore[import-not-found]  # an optional extra without types
    except ImportError:
        raise ConformanceError(
            reason_ja="saxonche が入っていません。",
            reason_en="saxonche is not installed.",
            fix_ja="pip install 'warifu[conformance]' を実行してください。",
            fix_en="Run pip install 'warifu[conformance]'.",
        ) from None
    return saxonche


def _unpack(archive: Path, folder: Path) -> Path:
    """Only the stylesheets, under their own names: an archive cannot write anywhere else."""
    try:
        with zipfile.ZipFile(archive) as zipped:
            members = [m for m in zipped.infolist() if Path(m.filename).name in _STYLESHEETS]
            if sum(m.file_size for m in members) > MAX_UNPACKED:
                raise zipfile.BadZipFile("too large")
            # Files of one folder stay together, in a folder with a number for a name.
            parents = sorted({str(Path(member.filename).parent) for member in members})
            for member in members:
                target = folder / str(parents.index(str(Path(member.filename).parent)))
                target.mkdir(exist_ok=True)
                (target / Path(member.filename).name).write_bytes(zipped.read(member))
    except zipfile.BadZipFile:
        raise ConformanceError(
            field="schematron",
            reason_ja=f"{archive} は読める ZIP ではありません。",
            reason_en=f"{archive} is not a readable ZIP archive.",
            fix_ja="アーカイブをダウンロードし直してください。",
            fix_en="Download the archive again.",
        ) from None
    return folder


def _by_profile(folder: Path) -> dict[str, list[Path]]:
    """Pairs of stylesheets by the type they judge, told by the identifier they ask for."""
    found: dict[str, list[Path]] = {}
    for aligned in sorted(folder.rglob(_STYLESHEETS[1])):
        shared = aligned.with_name(_STYLESHEETS[0])
        text = aligned.read_text("utf-8")
        profile = next((p for p in PROFILES[::-1] if _MARKS[p] in text), None)
        if profile and shared.exists():
            found[profile] = [shared, aligned]
    return found


@contextmanager
def _quiet() -> Iterator[None]:
    """Saxon writes its warnings straight to file descriptor 2."""
    saved = os.dup(2)
    silence = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(silence, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(silence)
        os.close(saved)
