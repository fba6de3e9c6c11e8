"""Namespaces, algorithms and fixed values of the Peppol AS4 profile 2.0.3, each named once."""

from __future__ import annotations

from typing import Final

S12: Final = "http://www.w3.org/2003/05/soap-envelope"
EB: Final = "http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/"
EBBP: Final = "http://docs.oasis-open.org/ebxml-bp/ebbp-signals-2.0"
WSSE: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
WSSE11: Final = "http://docs.oasis-open.org/wss/oasis-wss-wssecurity-secext-1.1.xsd"
DS: Final = "http://www.w3.org/2000/09/xmldsig#"
XENC: Final = "http://www.w3.org/2001/04/xmlenc#"
XENC11: Final = "http://www.w3.org/2009/xmlenc11#"

EXC_C14N: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
RSA_SHA256: Final = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"
RSA_OAEP: Final = "http://www.w3.org/2009/xmlenc11#rsa-oaep"
MGF1_SHA256: Final = "http://www.w3.org/2009/xmlenc11#mgf1sha256"
AES128_GCM: Final = "http://www.w3.org/2009/xmlenc11#aes128-gcm"

SWA: Final = "http://docs.oasis-open.org/wss/oasis-wss-SwAProfile-1.1"
ATTACHMENT_CONTENT: Final = SWA + "#Attachment-Content-Signature-Transform"
ATTACHMENT_CIPHERTEXT: Final = SWA + "#Attachment-Ciphertext-Transform"
ATTACHMENT_CONTENT_ONLY: Final = SWA + "#Attachment-Content-Only"

X509_V3: Final = (
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3"
)
BASE64: Final = (
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
)
WRAPPED_KEY_TYPE: Final = (
    "http://docs.oasis-open.org/wss/oasis-wss-soap-message-security-1.1#EncryptedKey"
)

PARTY_TYPE: Final = "urn:fdc:peppol.eu:2017:identifiers:ap"
AGREEMENT: Final = "urn:fdc:peppol.eu:2017:agreements:tia:ap_provider"
INITIATOR: Final = EB + "initiator"
RESPONDER: Final = EB + "responder"
DEFAULT_MPC: Final = EB + "defaultMPC"

SOAP_TYPE: Final = "application/soap+xml"


def tag(namespace: str, name: str) -> str:
    """lxml's name of an element or attribute."""
    return f"{{{namespace}}}{name}"
