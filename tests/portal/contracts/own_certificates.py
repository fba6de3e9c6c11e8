"""Certificates of parties, issued under the development root, as .p12 files on "their machine"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from typer.testing import CliRunner, Result

from portal.cli import tree
from signing import development

SECRET = "ひみつ pass"


@dataclass(frozen=True)
class Machine:
    """A folder on the party's own computer with its key file."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def p12(self) -> Path:
        return self.folder / "own.p12"

    def command(self, *arguments: str, typed: str = SECRET + "\n") -> Result:
        return CliRunner().invoke(tree.build("sign"), ["sign", *arguments], input=typed)

    def answer(self, request: bytes, document: bytes) -> bytes:
        """What `warifu sign` makes of the two files, key and passphrase staying here."""
        (self.folder / "request.json").write_bytes(request)
        (self.folder / "contract.pdf").write_bytes(document)
        out = self.folder / "answer.json"
        done = self.command(
            str(self.folder / "request.json"), "--document", str(self.folder / "contract.pdf"),
            "--pkcs12", str(self.p12), "--answer", str(out), "--yes",
        )  # fmt: skip
        assert done.exit_code == 0, done.output
        return out.read_bytes()


def machine(
    folder: Path,
    root: development.Pair,
    *,
    at: datetime,
    person: str = "髙橋 𠮷郎",
    organisation: str = "株式会社髙﨑建設",
    lifetime: timedelta = timedelta(days=365),
) -> Machine:
    """A computer whose key has a certificate for these names."""
    folder.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    names = [x509.NameAttribute(NameOID.COUNTRY_NAME, "JP")]
    names += [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation)] if organisation else []
    names += [x509.NameAttribute(NameOID.COMMON_NAME, person)] if person else []
    usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    start = at - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name(names))
        .issuer_name(root.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + lifetime)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root.certificate.public_key()),
            critical=False,
        )
        .sign(root.key, hashes.SHA256())
    )
    lock = serialization.BestAvailableEncryption(SECRET.encode())
    made = Machine(folder, key, certificate)
    made.p12.write_bytes(
        pkcs12.serialize_key_and_certificates(b"own", key, certificate, [root.certificate], lock)
    )
    return made
