"""The evidence of one message as one file that a third party can check years later.

evidence.json      who, what, when (the fields of the statistics reports)
message.xml        the signed SOAP part, as it came or went
payload.gz         the signed gzip stream (from a provider: envelope.xml)
receipt.xml        the signed receipt
peer.pem           the other access point's certificate
README.txt         what proves what
"""

from __future__ import annotations

import io
import json
import zipfile

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from portal.network.models import NetworkMessage
from records import Store

_README = """\
メッセージ1件の証跡 / Evidence of one message

1. message.xml の ds:Signature は、Messaging・Body・payload.gz の SHA-256 に署名しています。
   The ds:Signature of message.xml signs Messaging, Body and the SHA-256 of payload.gz.
2. receipt.xml は、受け取った側が同じ要約値に署名した受領書です。
   receipt.xml is the receiver's signature over the same digests.
3. peer.pem は相手のアクセスポイントの証明書です。認証局まで確かめてください。
   peer.pem is the other access point's certificate; check it up to its authority.
4. payload.gz を展開すると封筒（SBDH）と文書が出ます。
   payload.gz expands to the envelope (SBDH) with the document.
"""

_README_PROVIDER = """\
事業者（サービスプロバイダー）を通したメッセージ1件の記録 / Record of one message by a provider

envelope.xml は事業者と受け渡しした封筒（SBDH）そのものです。署名と受領書は事業者が持っています。
envelope.xml is the envelope (SBDH) as handed over. Signatures and receipts are the provider's.
provider-answer.txt は、渡したときの事業者の応答です。
provider-answer.txt is what the provider answered when it took the envelope.
"""


def evidence_bundle(row: NetworkMessage, store: Store) -> bytes:
    """The ZIP. Its entries have one fixed time, so that the same message gives the same bytes."""
    files: dict[str, bytes] = {"README.txt": _README.encode()}
    if row.evidence is not None:
        told = {**row.evidence, "flags": row.flags, "via": row.via}
        files["evidence.json"] = json.dumps(told, ensure_ascii=False, indent=1).encode()
    if row.soap_sha256:
        files["message.xml"] = store.read(row.soap_sha256)
    by_provider = row.via == "provider"
    if by_provider:
        files["README.txt"] = _README_PROVIDER.encode()
    if (row.is_incoming or by_provider) and row.payload_sha256:
        name = "envelope.xml" if by_provider else "payload.gz"
        files[name] = store.read(row.payload_sha256)
    if row.wire_sha256:
        files["request.mime"] = store.read(row.wire_sha256)
    if row.receipt:
        files["provider-answer.txt" if by_provider else "receipt.xml"] = row.receipt
    if row.peer_certificate:
        certificate = x509.load_der_x509_certificate(row.peer_certificate)
        files["peer.pem"] = certificate.public_bytes(Encoding.PEM)
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name), content)
    return data.getvalue()
