"""Finding the signature objects of a PDF, and what each says about itself.

Numbered steps of `examine_bytes` (on the raw file, before any library is asked):

1. /ByteRange has four numbers: from 0, ascending, within the file.
2. The gap between the ranges is exactly one hexadecimal string `<…>`, and it is this signature's
   /Contents; behind the CMS in it there are only zeros (room that was not needed).
3. A PDF signature is detached: its CMS has no content of its own; a timestamp's content is TSTInfo.
4. The CMS holds (`signed_data`); PAdES signatures must name their certificate.

What is NOT checked here: what the bytes mean as a PDF (`changes`), certificates (`timeline`).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from asn1crypto import x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from .revision import generic_get
from .signed_data import HASHES, CmsFault, SignedData, tst_info

TIMESTAMP, PADES = "/ETSI.RFC3161", "/ETSI.CAdES.detached"
SUBFILTERS = {TIMESTAMP, PADES, "/adbe.pkcs7.detached"}
MAX_SIGNATURES = 64  # a contract has two to four; a file with hundreds is made to tire the reader
CODES = {
    "FORMAT_FAILURE": "signature.format",
    "HASH_FAILURE": "signature.changed",
    "SIG_CRYPTO_FAILURE": "signature.crypto",
    "CRYPTO_CONSTRAINTS_FAILURE": "signature.weak",
    "SIG_CONSTRAINTS_FAILURE": "signature.attributes",
    "NO_SIGNING_CERTIFICATE_FOUND": "signature.no_certificate",
}
WHITE = b"\0\t\n\x0c\r "
GAP = re.compile(rb"<(?:[0-9A-F]*|[0-9a-f]*)>")
FAILED_KINDS = {"FORMAT_FAILURE", "HASH_FAILURE", "SIG_CRYPTO_FAILURE"}


class Fault(Exception):
    """A finding about one signature: sentence code, sub-indication, remark."""

    def __init__(self, code: str, sub_indication: str, detail: str = "") -> None:
        super().__init__(code, sub_indication, detail)
        self.code = code
        self.sub_indication = sub_indication
        self.detail = detail

    @classmethod
    def of(cls, fault: CmsFault, code: str | None = None) -> Fault:
        return cls(code or CODES.get(fault.kind, "signature.format"), fault.kind, fault.detail)


@dataclass(slots=True)
class Found:
    """One signature object; `fault` says why it could not be read or does not hold."""

    field_name: str
    dictionary: generic.DictionaryObject
    reference: tuple[int, int] | None
    embedded: EmbeddedPdfSignature | None = None
    data: SignedData | None = None
    certificate: x509.Certificate | None = None
    fault: Fault | None = None
    revision: int = -1
    end: int = 0
    imprint_time: datetime | None = None
    tokens: list[SignedData] = field(default_factory=list)

    @property
    def subfilter(self) -> str:
        return str(self.dictionary.get("/SubFilter", ""))

    @property
    def is_timestamp(self) -> bool:
        # By SubFilter, not by /Type: good archive timestamps exist that say /Type /Sig.
        return self.subfilter == TIMESTAMP

    def text(self, *path: str) -> str | None:
        value = generic_get(self.dictionary, *path)
        return str(value) if isinstance(value, str) else None


def find(reader: PdfFileReader, pdf: bytes, *, newest_only: bool = False) -> list[Found]:
    """Every filled signature field, in the order of revisions; each examined on its raw bytes.

    `newest_only` examines none but the one that covers most of the file.
    """
    found: list[Found] = []
    fields = list(islice(enumerate_sig_fields(reader, filled_status=True), MAX_SIGNATURES + 1))
    if len(fields) > MAX_SIGNATURES:
        raise Fault("signature.format", "FORMAT_FAILURE", f"over {MAX_SIGNATURES} signatures")
    if newest_only:
        fields = sorted(fields, key=lambda f: _claimed_end(f[1]))[-1:]
    for name, value, reference in fields:
        found.append(_one(reader, pdf, str(name), value, reference))
    return sorted(found, key=lambda f: (f.end, f.revision))


def _one(
    reader: PdfFileReader,
    pdf: bytes,
    name: str,
    value: generic.PdfObject,
    reference: generic.IndirectObject,
) -> Found:
    field_object = reference.get_object()
    dictionary = value.get_object() if isinstance(value, generic.IndirectObject) else value
    raw = field_object.raw_get("/V") if "/V" in field_object else None
    place = (raw.idnum, raw.generation) if isinstance(raw, generic.IndirectObject) else None
    if not isinstance(dictionary, generic.DictionaryObject):
        empty = Found(name, generic.DictionaryObject(), place)
        empty.fault = Fault("signature.format", "FORMAT_FAILURE", "the field's value")
        return empty
    one = Found(name, dictionary, place)
    try:
        contents = _contents(dictionary)
        one.end = examine_range(pdf, _byte_range(dictionary), contents)
        one.data = SignedData.parse(contents)
        examine_bytes(one, pdf, contents)
        one.embedded = EmbeddedPdfSignature(reader, field_object, name)
        one.revision = int(one.embedded.signed_revision)
    except Fault as fault:
        one.fault = fault
    except CmsFault as cms_fault:
        one.fault = Fault.of(cms_fault)
    except MemoryError:
        raise  # the limit speaks, not the file
    except Exception as error:  # one broken signature must not hide the others' verdicts
        one.fault = Fault("signature.format", "FORMAT_FAILURE", str(error)[:200])
    return one


def _claimed_end(value: generic.PdfObject) -> int:
    dictionary = value.get_object() if isinstance(value, generic.IndirectObject) else value
    if not isinstance(dictionary, generic.DictionaryObject):
        return -1
    try:
        numbers = _byte_range(dictionary)
    except Fault:
        return -1
    return numbers[2] + numbers[3]


def _contents(dictionary: generic.DictionaryObject) -> bytes:
    raw = dictionary.raw_get("/Contents") if "/Contents" in dictionary else None
    if not isinstance(raw, generic.TextStringObject | generic.ByteStringObject):
        raise Fault("signature.format", "FORMAT_FAILURE", "/Contents")
    return bytes(raw.original_bytes)


def _byte_range(dictionary: generic.DictionaryObject) -> list[int]:
    value = dictionary.get("/ByteRange")
    if not isinstance(value, generic.ArrayObject):
        raise Fault("signature.byte_range", "FORMAT_FAILURE", "no /ByteRange")
    if len(value) != 4 or not all(isinstance(v, int) for v in value):
        raise Fault("signature.byte_range", "FORMAT_FAILURE", f"{len(value)} numbers")
    return [int(v) for v in value]


def examine_range(pdf: bytes, byte_range: list[int], contents: bytes) -> int:
    """Steps 1 and 2; where the covered part of the file ends."""
    start, first, second, rest = byte_range
    end = second + rest
    if start != 0 or not 0 < first < second or rest <= 0 or end > len(pdf):  # 1
        raise Fault("signature.byte_range", "FORMAT_FAILURE", str(byte_range))
    gap = pdf[first:second]
    # One spelling only, all upper or all lower case and no white space: these bytes are the ones
    # no signature covers, and nothing shall be hidden in the way they are written.
    if GAP.fullmatch(gap) is None or len(gap) % 2:  # 2
        raise Fault("signature.byte_range", "FORMAT_FAILURE", "the gap is no string")
    if bytes.fromhex(gap[1:-1].decode()) != contents:
        raise Fault("signature.byte_range", "FORMAT_FAILURE", "the gap holds other data")
    return end


def examine_bytes(one: Found, pdf: bytes, contents: bytes) -> None:
    """Steps 2 (padding), 3 and 4."""
    data = one.data
    assert data is not None
    if one.subfilter not in SUBFILTERS:
        raise Fault("signature.format", "FORMAT_FAILURE", f"SubFilter {one.subfilter[:40]}")
    if contents[_der_length(contents) :].strip(b"\0"):  # 2
        raise Fault("signature.byte_range", "FORMAT_FAILURE", "data behind the CMS")
    if one.is_timestamp:
        info = tst_info(data)  # 3
        imprint = info["message_imprint"]
        name = str(imprint["hash_algorithm"]["algorithm"].native)
        if _digest(pdf, one.dictionary, name) != imprint["hashed_message"].native:
            raise Fault("signature.changed", "HASH_FAILURE")
        one.certificate = data.check(
            hash_bytes(data.content or b"", data.digest_algorithm), ess=True
        )
        one.imprint_time = info["gen_time"].native
        return
    if data.content is not None:  # 3
        raise Fault("signature.encapsulated", "FORMAT_FAILURE")
    digest = _digest(pdf, one.dictionary, data.digest_algorithm)
    one.certificate = data.check(digest, ess=one.subfilter == PADES)  # 4


def hash_bytes(content: bytes, name: str) -> bytes:
    if name not in HASHES:
        raise CmsFault("CRYPTO_CONSTRAINTS_FAILURE", f"digest {name}")
    return hashlib.new(name, content).digest()


def _digest(pdf: bytes, dictionary: generic.DictionaryObject, name: str) -> bytes:
    if name not in HASHES:
        raise CmsFault("CRYPTO_CONSTRAINTS_FAILURE", f"digest {name}")
    start, first, second, rest = _byte_range(dictionary)
    hasher = hashlib.new(name)
    view = memoryview(pdf)
    hasher.update(view[start : start + first])
    hasher.update(view[second : second + rest])
    return hasher.digest()


def _der_length(contents: bytes) -> int:
    """The length of the outermost element; BER's indefinite form counts to the end."""
    if len(contents) < 2 or contents[0] != 0x30:
        raise CmsFault("FORMAT_FAILURE", "no CMS")
    first = contents[1]
    if first == 0x80:
        return len(contents)
    if first < 0x80:
        return 2 + first
    size = first & 0x7F
    return 2 + size + int.from_bytes(contents[2 : 2 + size], "big")


def has_loose_tail(pdf: bytes, end: int) -> bool:
    """Whether bytes behind the last signature belong to no revision of the file.

    A reader that follows the cross-reference tables never sees such bytes; one that repairs files
    may take objects from them.
    """
    tail = pdf[end:]
    if not tail.strip(WHITE):
        return False
    starts = list(re.finditer(rb"startxref\s+(\d{1,12})\s+%%EOF", tail))
    if not starts or int(starts[-1][1]) < end:
        return True
    return bool(tail[starts[-1].end() :].strip(WHITE))


def unattached(pdf: bytes, found: list[Found]) -> bool:
    """Whether the file holds a byte range with a signature that belongs to no field."""
    known = {tuple(_byte_range(f.dictionary)) for f in found if "/ByteRange" in f.dictionary}
    pattern = rb"/ByteRange\s*\[\s*(\d{1,12})\s+(\d{1,12})\s+(\d{1,12})\s+(\d{1,12})\s*\]"
    for match in re.finditer(pattern, pdf):
        numbers = tuple(int(n) for n in match.groups())
        if numbers in known:
            continue
        at = numbers[1]
        if at < len(pdf) and pdf[at : at + 1] == b"<" and pdf[at + 1 : at + 5] != b"0000":
            return True
    return False
