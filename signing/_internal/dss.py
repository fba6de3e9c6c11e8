"""The document security store: validation material inside the PDF (ETSI EN 319 142-1 §5.4.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.dss import DocumentSecurityStore

from .revision import generic_get, generic_items


@dataclass(frozen=True, slots=True)
class Material:
    """What a later verifier needs, DER each."""

    certificates: list[bytes]
    crls: list[bytes]
    ocsps: list[bytes]


class Embedded(TypedDict):
    """The same, as keyword arguments of `Paths`."""

    certificates: list[bytes]
    crls: list[bytes]
    ocsps: list[bytes]


def write(writer: IncrementalPdfFileWriter, material: Material) -> None:
    """Add what the document's store does not hold yet to the revision being written."""
    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        None,
        certs=[asn1_x509.Certificate.load(c) for c in material.certificates],
        crls=[asn1_crl.CertificateList.load(c) for c in material.crls],
        ocsps=[asn1_ocsp.OCSPResponse.load(o) for o in material.ocsps],
    )


def holds(reader: PdfFileReader, wanted: Material) -> bool:
    """Whether the document's store has all of `wanted` already."""
    present = material(reader)
    return (
        set(wanted.certificates) <= set(present["certificates"])
        and set(wanted.crls) <= set(present["crls"])
        and set(wanted.ocsps) <= set(present["ocsps"])
    )


def material(reader: PdfFileReader) -> Embedded:
    """Certificates, CRLs and OCSP responses of the document's store, as they stand there."""
    return Embedded(
        certificates=_streams(reader, "/Certs"),
        crls=_streams(reader, "/CRLs"),
        ocsps=_streams(reader, "/OCSPs"),
    )


def _streams(reader: PdfFileReader, key: str) -> list[bytes]:
    return [
        stream.read_data(DecodePurpose.CRL)
        for stream in generic_items(generic_get(reader.root, "/DSS", key))
        if isinstance(stream, generic.StreamObject)
    ]
