"""The documents the signing benchmarks work on: a contract of six pages, signed by two parties."""

import weasyprint  # type: ignore[import-untyped]

from signing import Act, Slot, extend, prepare, sign
from signing.development import DevelopmentPki

VENDOR = Act("髙橋　直", "株式会社遠州土木\n代表取締役", "この契約に同意します", "act-0001")
CITY = Act("遠州市長　﨑山　葛子", "契約担当者", "契約を締結します", "act-0002")
SLOTS = [
    Slot("Vendor", "受注者", box=(50, 50, 280, 130)),
    Slot("City", "発注者", box=(300, 50, 550, 130)),
]
CLAUSE = (
    "発注者及び受注者は、この約款に基づき、設計図書に従い、日本国の法令を遵守し、この契約を履行しなければ"
    "ならない。受注者は、契約書記載の工事を契約書記載の工期内に完成し、工事目的物を発注者に引き渡すものとする。"
)


def rendered_contract(pages: int = 6) -> bytes:
    """As WeasyPrint writes it: PDF/A-3b with tagging and object streams."""
    clauses = "".join(f"<h2>第{n}条</h2><p>{CLAUSE * 2}</p>" for n in range(1, pages * 5))
    html = (
        f"<html lang=ja><style>body{{font-family:'BIZ UDMincho'}}</style><h1>契約書</h1>{clauses}"
    )
    pdf: bytes = weasyprint.HTML(string=html).write_pdf(pdf_variant="pdf/a-3b", pdf_tags=True)
    return pdf


def prepared_contract(pages: int = 6) -> bytes:
    return prepare(rendered_contract(pages), SLOTS, metadata={"contract": "2026-0001"})


def kept_contract(pki: DevelopmentPki, pages: int = 2) -> tuple[bytes, bytes]:
    """(signed by both, in long-term form)"""
    trust, timestamper = pki.trust(), pki.timestamper()
    pdf = prepared_contract(pages)
    pdf = sign(pdf, "Vendor", VENDOR, key=pki.service, timestamper=timestamper, trust=trust)
    pdf = sign(pdf, "City", CITY, key=pki.city, timestamper=timestamper, trust=trust)
    return pdf, extend(pdf, timestamper=timestamper, trust=trust)
