"""phase4 (Java) as a peer on loopback: built with Maven, keyed with our private PKI."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from peppol.private import PrivatePki, Seat

HERE = Path(__file__).parent / "phase4"
PASSWORD = "warifu"


def missing() -> str | None:
    """Why phase4 cannot be run here; None when it can."""
    if not os.environ.get("WARIFU_PHASE4"):
        return "run `python -m tests.interop` (needs Java 17, Maven and Maven Central)"
    for program in ("java", "javac", "mvn"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    return None


class Phase4:
    """A built driver in `folder`, with the seat it speaks as."""

    def __init__(self, folder: Path, pki: PrivatePki, seat: Seat, name: str) -> None:
        self.folder = folder
        self.seat = seat
        self.name = name
        self.keys = folder / "keys"
        self.out = folder / "out"
        for path in (self.keys, self.out):
            path.mkdir(parents=True, exist_ok=True)
        encryption = serialization.BestAvailableEncryption(PASSWORD.encode())
        chain = [pki.access_point_ca.certificate, pki.root.certificate]
        (self.keys / "sender.p12").write_bytes(
            pkcs12.serialize_key_and_certificates(
                b"ap", seat.key, seat.certificate, chain, encryption
            )
        )
        # A PKCS#12 that Java takes for a trust store needs Java's own attribute: keytool makes it.
        for alias, certificate in zip(("ca", "root"), chain, strict=True):
            pem = self.keys / f"{alias}.pem"
            pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
            subprocess.run(
                ["keytool", "-importcert", "-noprompt", "-storetype", "PKCS12", "-alias", alias,
                 "-file", str(pem), "-keystore", str(self.keys / "trust.p12"),
                 "-storepass", PASSWORD], check=True, capture_output=True,
            )  # fmt: skip

    def build(self) -> None:
        """Fetch the jars (cached by Maven) and compile the driver."""
        jars = Path(os.environ.get("WARIFU_PHASE4_JARS") or self.folder / "jars")
        if not jars.is_dir():
            subprocess.run(
                ["mvn", "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={jars}"],
                cwd=HERE, check=True, timeout=900,
            )  # fmt: skip
        classes = self.folder / "classes"
        sources = [str(path) for path in (HERE / "src/main/java").rglob("*.java")]
        subprocess.run(
            ["javac", "-d", str(classes), "-cp", f"{jars}/*", *sources], check=True, timeout=300
        )
        shutil.copytree(HERE / "src/main/resources", classes, dirs_exist_ok=True)
        self.classpath = f"{classes}:{jars}/*"

    def command(self, *arguments: str, dump: bool = False) -> list[str]:
        merlin = "org.apache.wss4j.crypto.merlin"
        properties = {
            f"{merlin}.keystore.type": "pkcs12",
            f"{merlin}.keystore.file": str(self.keys / "sender.p12"),
            f"{merlin}.keystore.password": PASSWORD,
            f"{merlin}.keystore.alias": "ap",
            f"{merlin}.keystore.private.password": PASSWORD,
            f"{merlin}.truststore.type": "pkcs12",
            f"{merlin}.truststore.file": str(self.keys / "trust.p12"),
            f"{merlin}.truststore.password": PASSWORD,
            "phase4.manager.inmemory": "true",
            "phase4.dump.path": str(self.out),
            "phase4.datapath": str(self.folder / "data"),
            "global.datapath": str(self.folder / "data"),
            "warifu.out": str(self.out),
            "warifu.keys": str(self.keys),
            "warifu.seat": self.name,
            "warifu.dump": "true" if dump else "false",
            "org.slf4j.simpleLogger.defaultLogLevel": os.environ.get("WARIFU_PHASE4_LOG", "warn"),
        }
        options = [f"-D{name}={text}" for name, text in properties.items()]
        return ["java", *options, "-cp", self.classpath, "warifu.Driver", *arguments]

    def send(
        self, url: str, receiver: Seat, *, sender: str, recipient: str, document_type: str,
        process: str, file: Path, count: int = 1, dump: bool = False,
    ) -> list[str]:  # fmt: skip
        """The results phase4 reports, one a message."""
        certificate = self.folder / "receiver.pem"
        certificate.write_bytes(receiver.certificate.public_bytes(serialization.Encoding.PEM))
        done = subprocess.run(
            self.command("send", url, str(certificate), sender, recipient, document_type, process,
                         str(file), str(count), dump=dump),
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        sys.stderr.write(done.stderr[-4000:])
        return [line[5:] for line in done.stdout.splitlines() if line.startswith("sent ")]


class Receiving:
    """phase4 listening, for the length of a `with`."""

    def __init__(self, peer: Phase4) -> None:
        self._peer = peer

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._peer.command("receive"), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=(self._peer.folder / "receive.log").open("wb"), text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("ready "):
                self.url = f"http://127.0.0.1:{line.split()[1]}/as4"
                return self
        raise RuntimeError((self._peer.folder / "receive.log").read_text()[-4000:])

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
