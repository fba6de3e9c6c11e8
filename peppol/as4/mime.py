"""multipart/related, read piece by piece and written (RFC 2046, RFC 2387).

The reader works on bytes within caps and knows only what AS4 needs: CRLF, 8-bit parts, one level.
It does not decode transfer encodings: what must be decoded is refused, so that no two programs
can see two messages in the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from peppol.as4.faults import BodyTooLarge, MimeInvalid, NoMessage
from peppol.as4.limits import Limits
from peppol.sbdh_reading import ByteSource

CHUNK: Final = 64 * 1024
PREAMBLE: Final = 1024

_NAME: Final = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_PARAMETER: Final = re.compile(rf';\s*({_NAME})\s*=\s*("(?:[^"\\\r\n]|\\[^\r\n])*"|[^\s;"]+)\s*')
_MEDIA_TYPE: Final = re.compile(rf"\s*({_NAME}/{_NAME})\s*")
_BOUNDARY: Final = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]\Z")
_HEADER: Final = re.compile(rf"({_NAME}):[ \t]*([^\r\n\x00]*?)[ \t]*\Z")
_CONTENT_ID: Final = re.compile(r"<([\x21-\x3b\x3d\x3f-\x7e]{1,250})>\Z")


@lru_cache(maxsize=64)
def media_type(value: str) -> tuple[str, Mapping[str, str]]:
    """Type in lower case and parameters of a Content-Type; MimeInvalid if malformed."""
    match = _MEDIA_TYPE.match(value)
    if match is None or len(value) > 2000:
        raise MimeInvalid("Content-Type が正しくありません。", "malformed Content-Type.")
    parameters: dict[str, str] = {}
    at = match.end()
    while at < len(value):
        found = _PARAMETER.match(value, at)
        if found is None:
            if value[at:].strip() in ("", ";"):
                break
            raise MimeInvalid("Content-Type が正しくありません。", "malformed Content-Type.")
        name, text = found[1].lower(), found[2]
        if name in parameters:
            raise MimeInvalid("Content-Type の引数が重複しています。", "a parameter occurs twice.")
        parameters[name] = re.sub(r"\\(.)", r"\1", text[1:-1]) if text[0] == '"' else text
        at = found.end()
    return match[1].lower(), MappingProxyType(parameters)


def boundary_of(headers: Mapping[str, str]) -> str:
    """The boundary of a request that carries a multipart/related message, else NoMessage."""
    value = next((v for k, v in headers.items() if k.lower() == "content-type"), None)
    if value is None:
        raise NoMessage("Content-Type がありません。", "there is no Content-Type.")
    try:
        kind, parameters = media_type(value)
    except MimeInvalid as error:
        raise NoMessage(error.why.ja, error.why.en) from None
    boundary = parameters.get("boundary", "")
    if kind != "multipart/related" or not _BOUNDARY.match(boundary):
        raise NoMessage("multipart/related ではありません。", "it is not multipart/related.")
    return boundary


class CountedSource:
    """A source that stops at the body cap."""

    def __init__(self, source: ByteSource, cap: int) -> None:
        self._source = source
        self._cap = cap
        self.taken = 0

    def read(self, size: int, /) -> bytes:
        data = self._source.read(size)
        self.taken += len(data)
        if self.taken > self._cap:
            raise BodyTooLarge("大きすぎます。", "it is too large.")
        return data

    def drain(self) -> None:
        """Read and drop what is left, so that the sender can read our answer."""
        while self.read(CHUNK):
            pass


class MultipartReader:
    """Parts one after the other: `next_part()`, then `read()` until it gives b""."""

    def __init__(self, source: ByteSource, boundary: str, limits: Limits) -> None:
        self._source = source
        self._limits = limits
        self._delimiter = b"\r\n--" + boundary.encode("ascii")
        # As if a line had ended before the first byte: the first delimiter looks like all others.
        self._buffer = bytearray(b"\r\n")
        self._searched = 0
        self._eof = False
        self._in_part = False
        self._finished = False

    def next_part(self) -> Mapping[str, str] | None:
        """Headers (lower-case names) of the next part; None after the closing delimiter."""
        if self._finished:
            return None
        if not self._in_part:
            self._skip_preamble()
        else:
            while self.read():
                pass
        return self._after_delimiter()

    def read(self) -> bytes:
        """The next piece of the current part, b"" at its end. MimeInvalid when the body is cut."""
        delimiter = self._delimiter
        while True:
            at = self._buffer.find(delimiter, self._searched)
            if at >= 0:
                piece = bytes(memoryview(self._buffer)[:at])
                del self._buffer[:at]
                self._searched = 0
                return piece
            keep = len(delimiter) - 1
            if len(self._buffer) > keep + CHUNK:
                cut = len(self._buffer) - keep
                piece = bytes(memoryview(self._buffer)[:cut])
                del self._buffer[:cut]
                self._searched = 0
                return piece
            self._searched = max(0, len(self._buffer) - keep)
            if not self._fill():
                raise MimeInvalid("終わりの境界がありません。", "the closing boundary is missing.")

    def read_all(self, cap: int) -> bytes:
        """The whole current part, at most `cap` bytes."""
        pieces: list[bytes] = []
        size = 0
        while piece := self.read():
            size += len(piece)
            if size > cap:
                raise MimeInvalid("XML 部が大きすぎます。", "the XML part is too large.")
            pieces.append(piece)
        return b"".join(pieces)

    def _fill(self) -> bool:
        if self._eof:
            return False
        data = self._source.read(CHUNK)
        if not data:
            self._eof = True
            return False
        self._buffer += data
        return True

    def _skip_preamble(self) -> None:
        while True:
            at = self._buffer.find(self._delimiter)
            if 0 <= at <= PREAMBLE:
                del self._buffer[:at]
                self._in_part = True
                return
            if len(self._buffer) > PREAMBLE + len(self._delimiter) or not self._fill():
                raise MimeInvalid("最初の境界がありません。", "the first boundary is missing.")

    def _after_delimiter(self) -> Mapping[str, str] | None:
        start = len(self._delimiter)
        while len(self._buffer) < start + 2 and self._fill():
            pass
        if self._buffer[start : start + 2] == b"--":
            self._finished = True
            return None
        cap = start + self._limits.part_headers
        while True:
            end = self._buffer.find(b"\r\n\r\n", start)
            if end >= 0 and end <= cap:
                break
            if len(self._buffer) > cap or not self._fill():
                raise MimeInvalid("パートのヘッダーが正しくありません。", "malformed part headers.")
        line_end = self._buffer.find(b"\r\n", start)
        if self._buffer[start:line_end].strip(b" \t"):
            raise MimeInvalid("境界の行が正しくありません。", "malformed boundary line.")
        block = bytes(self._buffer[line_end + 2 : end]) if end > line_end else b""
        # The CRLF that ends the headers stays: an empty part's delimiter begins with it.
        del self._buffer[: end + 4]
        self._searched = 0
        while len(self._buffer) < start and self._fill():
            pass
        if self._buffer.startswith(self._delimiter[2:]):
            self._buffer[:0] = b"\r\n"
        return _headers(block)


@lru_cache(maxsize=64)  # the SOAP part's are the same in all messages of a peer
def _headers(block: bytes) -> Mapping[str, str]:
    if b"\n" in block.replace(b"\r\n", b"") or b"\r" in block.replace(b"\r\n", b""):
        raise MimeInvalid("行末が CRLF ではありません。", "a line does not end in CRLF.")
    try:
        text = block.decode("ascii")
    except UnicodeDecodeError:
        raise MimeInvalid("ヘッダーが ASCII ではありません。", "a header is not ASCII.") from None
    headers: dict[str, str] = {}
    for line in re.sub(r"\r\n[ \t]+", " ", text).split("\r\n"):
        if not line:
            continue
        match = _HEADER.match(line)
        if match is None:
            raise MimeInvalid("パートのヘッダーが正しくありません。", "malformed part header.")
        name = match[1].lower()
        if name in headers:
            raise MimeInvalid("パートのヘッダーが重複しています。", "a part header occurs twice.")
        headers[name] = match[2]
    encoding = headers.get("content-transfer-encoding", "binary").lower()
    if encoding not in ("binary", "8bit", "7bit"):
        raise MimeInvalid("転送符号化は使えません。", "transfer encodings are not supported.")
    return MappingProxyType(headers)


def content_id(headers: Mapping[str, str]) -> str:
    """The Content-ID of a part, without its brackets; MimeInvalid if there is none."""
    match = _CONTENT_ID.match(headers.get("content-id", ""))
    if match is None:
        raise MimeInvalid("Content-ID が正しくありません。", "malformed Content-ID.")
    return match[1]


def write_multipart(boundary: str, soap: bytes, cid: str, payload: bytes) -> bytes:
    """The body of an AS4 user message: SOAP part, then the encrypted payload."""
    line = boundary.encode("ascii")
    return b"".join(
        (
            b"--", line, b"\r\n",
            b"Content-Type: application/soap+xml; charset=UTF-8\r\n",
            b"Content-Transfer-Encoding: binary\r\n\r\n",
            soap,
            b"\r\n--", line, b"\r\n",
            b"Content-Type: application/octet-stream\r\n",
            b"Content-Transfer-Encoding: binary\r\n",
            b"Content-ID: <", cid.encode("ascii"), b">\r\n\r\n",
            payload,
            b"\r\n--", line, b"--\r\n",
        )
    )  # fmt: skip
