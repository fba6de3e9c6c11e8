"""Reading a trusted list (ETSI TS 119 612 v2.1.1) from XML.

Numbered steps:

1. Size and shape: no DTD, no entities, the root is a TrustServiceStatusList of version 5 or 6.
2. There is exactly one signature, a child of the root (TS 119 612 §5.7: enveloped).
3. Of its references one is to the whole document, transformed by "enveloped" and exclusive
   canonicalisation only; every other is within the signature itself (XAdES properties).
4. The signature's certificate is one of the given ones, byte for byte, and it verifies; SHA-1
   is refused (signxml). Whether that certificate has expired since is not asked: what vouches for
   it is that the operator gave it.
5. Only the bytes that were signed are read from here on.
6. Services: type, name, certificates, status now and before (§5.5, §5.6).

What is NOT checked: the list of lists, and qualifications (Sie:Q) of single certificates.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from lxml import etree
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from ..anchors import Anchor, Period, Purpose
from ..errors import TrustedListRefused
from ..trusted_lists import TrustedList

MAX_LIST = 32 * 1024 * 1024  # the largest of the EU have 6 MB
MAX_SERVICES = 20_000
MAX_HISTORY = 200
VERSIONS = ("5", "6")
TSL = "{http://uri.etsi.org/02231/v2#}"
DS = "{http://www.w3.org/2000/09/xmldsig#}"
ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
TYPES: dict[str, Purpose] = {
    "http://uri.etsi.org/TrstSvc/Svctype/CA/QC": "signing",
    "http://uri.etsi.org/TrstSvc/Svctype/TSA/QTST": "time_stamping",
}
STATUS = ("http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/",
          "http://uri.etsi.org/TrstSvc/Svcstatus/eu/")  # fmt: skip
GRANTED = "granted"
# Before eIDAS (Regulation 910/2014) applied, these three were what "granted" is now.
BEFORE_EIDAS = {"undersupervision", "supervisionincessation", "accredited"}
EIDAS = datetime(2016, 6, 30, 22, 0, tzinfo=UTC)
FOR = "http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/For"


def read(xml: bytes, signers: Sequence[bytes]) -> TrustedList:
    """See `trusted_lists.read`."""
    if len(xml) > MAX_LIST:
        raise TrustedListRefused(reason_ja="大きすぎます", reason_en="too large")
    root = _parse(xml)  # 1
    certificate, signature = _signer(root, signers)  # 2, 4
    _check_references(root, signature)  # 3
    signed = _verified(xml, certificate)
    try:
        return _content(signed, certificate)  # 5
    except TrustedListRefused:
        raise
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise _malformed(str(error)[:200]) from error


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False,
        huge_tree=False, remove_comments=False,
    )  # fmt: skip


def _parse(xml: bytes) -> etree._Element:
    try:
        root = etree.fromstring(xml, parser=_parser())
    except (etree.LxmlError, ValueError) as error:
        raise _malformed(str(error)[:200]) from error
    if root.getroottree().docinfo.doctype:
        raise _malformed("DTD")
    if root.tag != f"{TSL}TrustServiceStatusList":
        raise _malformed("no TrustServiceStatusList")
    if root.findtext(f"{TSL}SchemeInformation/{TSL}TSLVersionIdentifier") not in VERSIONS:
        raise _malformed("TSLVersionIdentifier")
    return root


def _signer(
    root: etree._Element, signers: Sequence[bytes]
) -> tuple[x509.Certificate, etree._Element]:
    signatures = list(root.iter(f"{DS}Signature"))
    if len(signatures) != 1 or signatures[0].getparent() is not root:  # 2
        raise TrustedListRefused(reason_ja="署名がないか、位置が違います",
                                 reason_en="no signature, or not in its place")  # fmt: skip
    texts = signatures[0].iterfind(f"{DS}KeyInfo/{DS}X509Data/{DS}X509Certificate")
    for text in texts:
        der = _base64(text)
        if der in signers:
            return x509.load_der_x509_certificate(der), signatures[0]
    raise TrustedListRefused(
        reason_ja="署名者が、指定された証明書のどれでもありません",
        reason_en="the signer is none of the given certificates",
    )


def _check_references(root: etree._Element, signature: etree._Element) -> None:
    whole = 0
    inside = {f"#{e.get('Id')}" for e in signature.iter() if e.get("Id")}
    for reference in signature.iterfind(f"{DS}SignedInfo/{DS}Reference"):
        uri = reference.get("URI")
        if uri in inside and (root.get("Id") is None or uri != f"#{root.get('Id')}"):
            continue
        transforms = [t.get("Algorithm") for t in reference.iter(f"{DS}Transform")]
        is_whole = uri == "" or (root.get("Id") is not None and uri == f"#{root.get('Id')}")
        if not is_whole or sorted(map(str, transforms)) != sorted([ENVELOPED, EXCLUSIVE]):
            raise _changed("a reference to something else")
        whole += 1
    if whole != 1:
        raise _changed("what is signed is not the whole list")


def _verified(xml: bytes, certificate: x509.Certificate) -> etree._Element:
    config = SignatureConfiguration(
        location="./", expect_references=True, verification_time=certificate.not_valid_before_utc
    )
    try:
        result = XMLVerifier().verify(
            xml, x509_cert=certificate, expect_config=config, parser=_parser()
        )
    except (SignXMLException, etree.LxmlError, ValueError, TypeError) as error:
        raise _changed(str(error)[:200]) from error
    for one in result if isinstance(result, list) else [result]:
        signed = one.signed_xml
        if signed is not None and signed.tag == f"{TSL}TrustServiceStatusList":
            return signed
    raise _changed("what is signed is not the whole list")


def _content(root: etree._Element, certificate: x509.Certificate) -> TrustedList:
    scheme = root.find(f"{TSL}SchemeInformation")
    if scheme is None:
        raise _malformed("no SchemeInformation")
    operator = _name(scheme.find(f"{TSL}SchemeOperatorName"))
    territory = (scheme.findtext(f"{TSL}SchemeTerritory") or "").strip()[:10]
    update = scheme.findtext(f"{TSL}NextUpdate/{TSL}dateTime")
    next_update = _instant(update) if update else None
    issued = _instant(scheme.findtext(f"{TSL}ListIssueDateTime"))
    anchors: list[Anchor] = []
    passed_over = 0
    services = list(root.iterfind(
        f"{TSL}TrustServiceProviderList/{TSL}TrustServiceProvider/{TSL}TSPServices/{TSL}TSPService"
    ))  # fmt: skip
    if len(services) > MAX_SERVICES:
        raise _malformed(f"over {MAX_SERVICES} services")
    for service in services:
        found = list(_service(service, f"{territory} {operator}".strip(), next_update))
        anchors += found
        passed_over += not found
    return TrustedList(
        operator=operator,
        territory=territory,
        sequence=int(scheme.findtext(f"{TSL}TSLSequenceNumber") or 0),
        issued=issued,
        next_update=next_update,
        anchors=tuple(anchors),
        passed_over=passed_over,
        signed_by_sha256=certificate.fingerprint(hashes.SHA256()).hex(),
    )


def _service(
    service: etree._Element, listed_in: str, next_update: datetime | None
) -> Iterator[Anchor]:
    information = service.find(f"{TSL}ServiceInformation")
    if information is None:
        return
    kind = (information.findtext(f"{TSL}ServiceTypeIdentifier") or "").strip()
    purpose = TYPES.get(kind)
    if purpose is None or (purpose == "signing" and _only_for_web(information)):
        return
    granted = tuple(_granted(service, information))
    name = _name(information.find(f"{TSL}ServiceName"))
    identity = information.iterfind(
        f"{TSL}ServiceDigitalIdentity/{TSL}DigitalId/{TSL}X509Certificate"
    )
    for der in dict.fromkeys(map(_base64, identity)):
        try:
            subject = str(asn1_x509.Certificate.load(der, strict=True).subject.hashable)
        except (ValueError, TypeError, KeyError):
            continue  # some lists still carry a certificate that no library takes
        if granted:
            yield Anchor(der, subject, purpose, granted, name, listed_in, next_update=next_update)


def _only_for_web(information: etree._Element) -> bool:
    """Whether a CA is listed for web sites only (§5.5.9.4)."""
    uses = {
        (uri.text or "").strip().removeprefix(FOR)
        for uri in information.iter(f"{TSL}URI")
        if (uri.text or "").strip().startswith(FOR)
    }
    return bool(uses) and not uses & {"eSignatures", "eSeals"}


def _granted(service: etree._Element, information: etree._Element) -> Iterator[Period]:
    """The times at which the service had a status that counts, newest first."""
    instances = [information, *service.iterfind(f"{TSL}ServiceHistory/{TSL}ServiceHistoryInstance")]
    kind = (information.findtext(f"{TSL}ServiceTypeIdentifier") or "").strip()
    stages: list[tuple[datetime, bool, str]] = []
    for instance in instances[: MAX_HISTORY + 1]:
        text = (instance.findtext(f"{TSL}ServiceStatus") or "").strip()
        status = next((text.removeprefix(p) for p in STATUS if text.startswith(p)), "")
        start = _instant(instance.findtext(f"{TSL}StatusStartingTime"))
        same = (instance.findtext(f"{TSL}ServiceTypeIdentifier") or "").strip() == kind
        stages.append((start, same, status))
    until: datetime | None = None
    for start, same, status in sorted(stages, reverse=True):
        if same and status == GRANTED:
            yield Period(start, until)
        elif same and status in BEFORE_EIDAS and start < EIDAS:
            yield Period(start, min(until or EIDAS, EIDAS))
        until = start


def _name(element: etree._Element | None) -> str:
    """The English name, or the first."""
    if element is None:
        return ""
    names = list(element.iterfind(f"{TSL}Name"))
    lang = "{http://www.w3.org/XML/1998/namespace}lang"
    best = next((n for n in names if n.get(lang) == "en"), names[0] if names else None)
    return " ".join((best.text or "").split())[:200] if best is not None else ""


def _instant(text: str | None) -> datetime:
    parsed = datetime.fromisoformat((text or "").strip())
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _base64(element: etree._Element) -> bytes:
    try:
        return base64.b64decode("".join((element.text or "").split()), validate=True)
    except ValueError:
        return b""


def _malformed(detail: str) -> TrustedListRefused:
    return TrustedListRefused(
        reason_ja=f"トラストリストの形式ではありません：{detail}",
        reason_en=f"not in the form of a trusted list: {detail}",
    )


def _changed(detail: str) -> TrustedListRefused:
    return TrustedListRefused(
        reason_ja=f"署名が合いません：{detail}", reason_en=f"its signature does not hold: {detail}"
    )
