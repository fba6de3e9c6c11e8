"""Expanding the payload within caps: exactly one gzip member, nothing before or after it."""

from __future__ import annotations

import zlib
from typing import Final

from peppol.as4.faults import DecompressionFailed
from peppol.as4.limits import Limits
from peppol.sbdh_reading import ByteSource

_STEP: Final = 64 * 1024
_SLACK: Final = 1024 * 1024
"""Up to here the ratio does not count: small repetitive documents compress very well."""


class Expanded:
    """A source of the expanded bytes of `source`. Holds at most one step in memory.

    Raises DecompressionFailed for what is not gzip, damaged (CRC), cut, followed by anything, or
    larger than the caps allow; the caps are checked after every step, so a bomb costs one step.
    """

    def __init__(self, source: ByteSource, limits: Limits) -> None:
        self._source = source
        self._limits = limits
        self._inflater = zlib.decompressobj(wbits=31)
        self._tail = b""
        self.taken = 0
        self.given = 0

    def read(self, size: int, /) -> bytes:
        while True:
            if self._inflater.eof:
                if self._inflater.unused_data or self._source.read(1):
                    raise DecompressionFailed(
                        "圧縮データの後に余分があります。", "something follows the compressed data."
                    )
                return b""
            data = self._tail
            if not data:
                data = self._source.read(_STEP)
                self.taken += len(data)
                if not data:
                    raise DecompressionFailed("途中で切れています。", "it is cut off.")
            try:
                piece = self._inflater.decompress(data, min(size, _STEP))
            except zlib.error:
                raise DecompressionFailed("gzip ではありません。", "it is not gzip.") from None
            self._tail = self._inflater.unconsumed_tail
            self.given += len(piece)
            if self.given > self._limits.expanded or (
                self.given > _SLACK and self.given > self.taken * self._limits.ratio
            ):
                raise DecompressionFailed("展開すると大きすぎます。", "it expands too much.")
            if piece:
                return piece

    def exhaust(self) -> int:
        """Expand to the end without keeping anything; the expanded size."""
        while self.read(_STEP):
            pass
        return self.given


def compress(data: bytes, level: int = 6) -> bytes:
    """One gzip member without name or time, so that equal documents give equal bytes."""
    deflater = zlib.compressobj(level, zlib.DEFLATED, 31)
    return deflater.compress(data) + deflater.flush()
