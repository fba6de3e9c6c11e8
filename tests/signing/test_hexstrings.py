"""The quick reader of hexadecimal strings agrees with the original on every input."""

from io import BytesIO

from hypothesis import given
from hypothesis import strategies as st
from pyhanko.pdf_utils.misc import PdfError

from signing._internal import hexstrings


def outcome(read, data: bytes):
    stream = BytesIO(data)
    try:
        return read(stream).original_bytes, stream.tell()
    except PdfError:
        return "refused"


@given(st.lists(st.sampled_from([b"0", b"a", b"F", b" ", b"\n", b"%x\n", b">", b"<", b"g"])))
def test_both_readers_agree(parts):
    data = b"<" + b"".join(parts)
    assert outcome(hexstrings.read_hex_string, data) == outcome(hexstrings._original, data)


def test_strings_longer_than_one_step():
    data = b"<" + b"0a" * 100_000 + b"> rest"
    assert outcome(hexstrings.read_hex_string, data) == outcome(hexstrings._original, data)
