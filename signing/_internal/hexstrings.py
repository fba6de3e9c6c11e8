"""Reading long hexadecimal strings quickly.

A signature's /Contents is 10–40 kB of hexadecimal, and pyHanko reads it byte by byte: a third of
the time of signing and verifying went there. `install` puts a reader in front that takes the plain
case (digits up to the closing bracket) in one step and leaves everything else, white space and
comments and errors, to the original.
"""

from __future__ import annotations

import binascii
import re
from typing import IO, Any

from pyhanko.pdf_utils import generic

PLAIN = re.compile(rb"<[0-9A-Fa-f]*")
STEP = 64 * 1024
LIMIT = 4 * 1024 * 1024  # longer strings take the original's way, which fails when it should

_original = generic.read_hex_string_from_stream


def read_hex_string(stream: IO[bytes]) -> Any:
    """As `pyhanko.pdf_utils.generic.read_hex_string_from_stream`."""
    start = stream.tell()
    data = stream.read(STEP)
    while (end := data.find(b">")) < 0 and len(data) < LIMIT:
        more = stream.read(STEP)
        if not more:
            break
        data += more
    if end < 0 or PLAIN.fullmatch(data, 0, end) is None:
        stream.seek(start)
        return _original(stream)
    stream.seek(start + end + 1)
    digits = data[1:end]
    return generic.pdf_string(binascii.unhexlify(digits + b"0" * (len(digits) % 2)))


def install() -> None:
    """Use it in this process (once; repeating changes nothing)."""
    generic.read_hex_string_from_stream = read_hex_string
