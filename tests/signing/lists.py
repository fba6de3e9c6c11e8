"""Makers of trusted lists: the XML a supervisory body would publish, signed with a key of ours."""

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, SignatureMethod
from signxml.signer import XMLSigner

CA_QC = "http://uri.etsi.org/TrstSvc/Svctype/CA/QC"
TSA_QTST = "http://uri.etsi.org/TrstSvc/Svctype/TSA/QTST"
STATUS = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/"
FOR = "http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/For"
NEXT = datetime(2027, 5, 1, tzinfo=UTC)


@dataclass
class Service:
    """`stages` are (status, since), newest first."""

    certificate: bytes
    stages: list[tuple[str, datetime]]
    kind: str = CA_QC
    name: str = "Test service"
    uses: tuple[str, ...] = ()


@dataclass
class Operator:
    """Who signs the list."""

    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def __post_init__(self) -> None:
        name = x509.Name.from_rfc4514_string("CN=Scheme operator,C=XX")
        start = datetime(2020, 1, 1, tzinfo=UTC)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(5)
            .not_valid_before(start)
            .not_valid_after(start + timedelta(days=3650))
            .sign(self.key, hashes.SHA256())
        )

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    def sign(self, xml: str, *, exclusive: bool = True) -> bytes:
        kinds = CanonicalizationMethod
        signer = XMLSigner(
            signature_algorithm=SignatureMethod.ECDSA_SHA256,
            c14n_algorithm=kinds.EXCLUSIVE_XML_CANONICALIZATION_1_0
            if exclusive
            else kinds.CANONICAL_XML_1_0,
        )
        root = signer.sign(etree.fromstring(xml.encode()), key=self.key, cert=[self.certificate])
        return etree.tostring(root, xml_declaration=True, encoding="utf-8")


def listed(*services: Service, next_update: datetime | None = NEXT, version: str = "5") -> str:
    update = "" if next_update is None else f"<dateTime>{_at(next_update)}</dateTime>"
    return (
        '<TrustServiceStatusList xmlns="http://uri.etsi.org/02231/v2#" '
        'TSLTag="http://uri.etsi.org/19612/TSLTag"><SchemeInformation>'
        f"<TSLVersionIdentifier>{version}</TSLVersionIdentifier>"
        "<TSLSequenceNumber>7</TSLSequenceNumber>"
        '<SchemeOperatorName><Name xml:lang="fr">Autorité</Name>'
        '<Name xml:lang="en">Authority</Name></SchemeOperatorName>'
        "<SchemeTerritory>XX</SchemeTerritory>"
        f"<ListIssueDateTime>2026-11-01T00:00:00Z</ListIssueDateTime>"
        f"<NextUpdate>{update}</NextUpdate></SchemeInformation>"
        "<TrustServiceProviderList><TrustServiceProvider><TSPServices>"
        + "".join(map(_service, services))
        + "</TSPServices></TrustServiceProvider></TrustServiceProviderList>"
        "</TrustServiceStatusList>"
    )


def _service(service: Service) -> str:
    (status, since), *earlier = service.stages
    uses = "".join(
        "<Extension><AdditionalServiceInformation>"
        f"<URI>{FOR}{use}</URI></AdditionalServiceInformation></Extension>"
        for use in service.uses
    )
    history = "".join(
        f"<ServiceHistoryInstance>{_stage(service, s, at)}</ServiceHistoryInstance>"
        for s, at in earlier
    )
    identity = base64.b64encode(service.certificate).decode()
    return (
        f"<TSPService><ServiceInformation>{_stage(service, status, since)}"
        "<ServiceDigitalIdentity><DigitalId>"
        f"<X509Certificate>{identity}</X509Certificate></DigitalId></ServiceDigitalIdentity>"
        f"<ServiceInformationExtensions>{uses}</ServiceInformationExtensions>"
        f"</ServiceInformation><ServiceHistory>{history}</ServiceHistory></TSPService>"
    )


def _stage(service: Service, status: str, since: datetime) -> str:
    return (
        f"<ServiceTypeIdentifier>{service.kind}</ServiceTypeIdentifier>"
        f'<ServiceName><Name xml:lang="en">{service.name}</Name></ServiceName>'
        f"<ServiceStatus>{STATUS}{status}</ServiceStatus>"
        f"<StatusStartingTime>{_at(since)}</StatusStartingTime>"
    )


def _at(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
