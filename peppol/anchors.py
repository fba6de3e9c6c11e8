"""Which CA certificates are Peppol's.

OpenPeppol hands the certificates to its members; we do not ship them, we know their SHA-256
fingerprints (PKI G3, 2025-01-14 to 2035-01; G2 was revoked on 2026-04-01). A folder of PEM files
given by the operator is taken only if every file is one of these, for one network.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from peppol.errors import SettingInvalid, Text
from peppol.trust import Anchors, Network

ROOT: Final = "root"
ACCESS_POINT_CA: Final = "access point"
SMP_CA: Final = "smp"

G3: Final[dict[Network, dict[str, str]]] = {
    Network.PRODUCTION: {
        "b6075b9f8655e756777f182d1407c0049442d3a2f57dff9781523828f331f211": ROOT,
        "b65e375a5826ada16517b2aa8a881b6fcaff5e48e7559b9e96bba5c64921f900": ACCESS_POINT_CA,
        "d9e17467c69e51fc4f5c5263542fc68d2abba5dfaae62e87fbd6829f1de621c4": SMP_CA,
    },
    Network.TEST: {
        "8b4e0e5dc7c8208cba88edebfad31e064740d896ab6e18de0b03386fd24be734": ROOT,
        "d2445a0f115ee64cc141a849fe142927fe5701b7d9b58d3e6f53993162115cc0": ACCESS_POINT_CA,
        "eb78dabb622bbc701592f085bc27ab817fe1c0d4753ae829682e8127b3b00ce7": SMP_CA,
    },
}


def load_anchors(folder: Path, network: Network) -> Anchors:
    """The anchors of a real network from a folder of PEM files (`*.pem`, `*.crt`, `*.cer`).

    Raises SettingInvalid naming the file that does not belong, or what is missing.
    """
    roles = G3.get(network)
    if roles is None:
        raise _wrong("網が実網ではありません。", "a private network has its own maker.")
    found: dict[str, list[x509.Certificate]] = {ROOT: [], ACCESS_POINT_CA: [], SMP_CA: []}
    for path in sorted(folder.iterdir()):
        if path.suffix not in (".pem", ".crt", ".cer"):
            continue
        try:
            certificate = x509.load_pem_x509_certificate(path.read_bytes())
        except ValueError:
            raise _wrong(f"{path.name} を読めません。", f"{path.name} cannot be read.") from None
        role = roles.get(certificate.fingerprint(hashes.SHA256()).hex())
        if role is None:
            raise _wrong(
                f"{path.name} はこの網の G3 認証局ではありません。",
                f"{path.name} is no G3 authority of the {network} network.",
            )
        found[role].append(certificate)
    return Anchors(network, tuple(found[ROOT]), tuple(found[ACCESS_POINT_CA]), tuple(found[SMP_CA]))


def _wrong(ja: str, en: str) -> SettingInvalid:
    return SettingInvalid(name="peppol.trust_folder", why=Text(ja, en))
