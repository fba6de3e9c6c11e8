"""Two web nodes and two workers on one PostgreSQL and one S3 with object lock, under SIGKILLs.

Steps of the walk go to the nodes in turn. While the PDF is made, the vendor signs and the city
signs, one or both of each kind die; the walk ends as it would have without, nothing is lost and
nothing is done twice. (tests/e2e/test_kills.py kills in every step of the walk on one node.)
"""

from __future__ import annotations

import email
import email.policy
import functools
import os
import shutil
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from portal.demo import city
from portal.demo.contract_story import ContractStory
from portal.demo.opening import free_ports, opened
from portal.demo.stage import Ports, Stage
from portal.demo.voices import Voices
from portal.service import Service, tend_database
from portal.supervisor import Child, Supervisor
from records import audit, calendar
from signing import verify
from tests.records.conftest import S3Service, s3_service  # noqa: F401 (a fixture)

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("e2e")]

#: Step of the walk → who dies in it.
STRIKES = {
    "make": ("worker-1", "web-1"),
    "vendor_signs": ("worker-2", "web-2"),
    "city_signs": ("worker-1", "worker-2", "web-1"),
}
PATIENCE_SECONDS = 120.0


class TwoNodes(Stage):
    """The demonstration's stage with two of each, and the documents in S3."""

    def __init__(self, folder: Path, ports: Ports, s3: S3Service, bucket: str, second: int) -> None:
        super().__init__(folder, ports)
        self.s3, self.bucket, self.second = s3, bucket, second

    @property
    def environment(self) -> dict[str, str]:
        return {
            **super().environment,
            "WARIFU_STORE__KIND": "s3",
            "WARIFU_STORE__ENDPOINT": self.s3.endpoint,
            "WARIFU_STORE__BUCKET": self.bucket,
            "WARIFU_STORE__REGION": "us-east-1",
            "WARIFU_STORE__ACCESS_KEY": self.s3.access_key,
            "WARIFU_STORE__SECRET_KEY": self.s3.secret_key,
        }

    def supervisor(self, report: Callable[[str], None]) -> Supervisor:
        command = [sys.executable, "-m", "portal"]
        others = {k: v for k, v in os.environ.items() if not k.startswith("WARIFU_")}
        first = {**others, **self.environment}
        second = {**first, "WARIFU_WEB__PORT": str(self.second)}
        tsa = [*command, "development-tsa", str(self.folder / "pki"), "--port", str(self.ports.tsa)]
        return Supervisor(
            [
                Child("tsa", tsa, first),
                Child("web-1", [*command, "web"], first),
                Child("web-2", [*command, "web"], second),
                Child("worker-1", [*command, "worker"], first),
                Child("worker-2", [*command, "worker"], first),
            ],
            report,
            tend=functools.partial(tend_database, self.settings()),
        )


@pytest.fixture
def nodes(s3_service: S3Service) -> Iterator[tuple[TwoNodes, Supervisor, Service]]:  # noqa: F811
    folder = Path(tempfile.mkdtemp(prefix="warifu-nodes-", dir="/tmp"))
    folder.chmod(0o755)  # made by us: the database's own user has to reach its part of it
    bucket = s3_service.make_bucket(locked=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        second = probe.getsockname()[1]
    stage = TwoNodes(folder, free_ports(), s3_service, bucket, second)
    try:
        with opened(stage, lambda _: None) as supervisor:
            answers(f"http://127.0.0.1:{second}/readyz")
            service = Service.from_settings(stage.settings(), name="warifu test")
            yield stage, supervisor, service
            service.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def answers(address: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            if httpx2.get(address, timeout=5).status_code == 200:
                return
        except httpx2.HTTPError:
            pass
        assert time.monotonic() < deadline, f"{address} does not answer"
        time.sleep(0.1)


def strike(supervisor: Supervisor, victims: tuple[str, ...]) -> threading.Thread:
    """SIGKILL the victims a moment into the step that begins now."""

    def kill() -> None:
        time.sleep(0.2)
        for name in victims:
            supervisor.process(name).kill()

    thread = threading.Thread(target=kill)
    thread.start()
    return thread


def test_two_web_nodes_and_two_workers_on_one_s3_run_the_walk_through_a_storm_of_kills(
    nodes: tuple[TwoNodes, Supervisor, Service],
) -> None:
    stage, supervisor, service = nodes
    other = TwoNodes(
        stage.folder, Ports(stage.second, stage.ports.tsa), stage.s3, stage.bucket, stage.second
    )
    sides = (Voices(stage, service), Voices(other, service))
    story = ContractStory(sides[0], city.AWARDS[1], calendar.jst_date(service.clock.now()))
    for number, (_, step) in enumerate(story.steps()):
        story.voices = sides[number % 2]  # each node answers for what the other did
        killing = strike(supervisor, STRIKES.get(step.__name__, ()))
        step()
        killing.join()
    for voices in sides:
        contract = voices["chotatsu"].get(story.path)
        pdf = voices["chotatsu"].download(f"{story.path}/pdf")
        verdict = verify(pdf, service.trust)
        assert verdict.is_passed, verdict.reasons
        assert len(verdict.slots_signed) == 2
        assert [party["act"]["state"] for party in contract["parties"]] == ["signed", "signed"]
        assert len(voices["chotatsu"].get("/contracts")["contracts"]) == 1
        voices.close()

    with service.database.reader() as session:
        assert audit.verify(session).is_whole
        done = Counter(entry.action for entry in audit.entries(session))
    for once in ("contract.sent", "contract.concluded", "contract.certified", "contract.kept"):
        assert done[once] == 1, once
    assert done["contract.signed"] == 2

    client = stage.s3.client()
    objects = [o["Key"] for o in client.list_objects_v2(Bucket=stage.bucket)["Contents"]]
    acts = [key for key in objects if "econtract/act/" in key]
    assert len(acts) == len(set(acts)) == 2
    assert client.get_object_lock_configuration(Bucket=stage.bucket)["ObjectLockConfiguration"]
    versions: Any = client.list_object_versions(Bucket=stage.bucket)["Versions"]
    assert max(Counter(v["Key"] for v in versions).values()) == 1  # nothing was written over
    assert mails_by_id(stage.settings().mail.folder)["more than once"] == 0


def mails_by_id(folder: Path) -> Counter[str]:
    """How many mails there are, and how many Message-IDs stand in more than one."""
    seen = Counter(
        str(email.message_from_bytes(file.read_bytes(), policy=email.policy.default)["message-id"])
        for file in folder.glob("*.eml")
    )
    assert seen, "no mail was sent"
    return Counter({"mails": len(seen), "more than once": sum(n > 1 for n in seen.values())})
