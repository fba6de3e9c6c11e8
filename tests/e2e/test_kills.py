"""Both walks while the service's processes are killed in every step of them.

Nothing may be lost and nothing done twice: the stories end as they would have without a kill.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest

from portal.demo import city
from portal.demo.contract_story import ContractStory
from portal.demo.invoice_story import InvoiceStory
from portal.demo.voices import Voices
from records import audit, calendar
from signing import verify
from tests.e2e.running_city import RunningCity

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("e2e")]


def kill_soon(city_: RunningCity, dice: random.Random) -> threading.Thread:
    """SIGKILL web, worker or both, some moments into the step that begins now."""
    victims = dice.choice([["worker"], ["web"], ["web", "worker"]])
    pause = dice.uniform(0.0, 0.4)

    def strike() -> None:
        time.sleep(pause)
        for name in victims:
            city_.supervisor.process(name).kill()

    thread = threading.Thread(target=strike)
    thread.start()
    return thread


def walked(city_: RunningCity, steps: list[tuple[str, Callable[[], None]]], seed: int) -> None:
    dice = random.Random(seed)
    for _, step in steps:
        strike = kill_soon(city_, dice)
        step()
        strike.join()


def kill_database(folder: Path) -> int:
    """SIGKILL the database server of the demonstration: how many processes served its cluster."""
    killed = 0
    moved = folder / "postgres" / "MOVED"
    place = moved.read_text().strip() if moved.exists() else str(folder / "postgres")
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        with suppress(OSError):
            command = (process / "cmdline").read_bytes().split(b"\0")
            is_server = Path(command[0].decode()).name == "postgres"
            if is_server and any(place.encode() in part for part in command):
                os.kill(int(process.name), signal.SIGKILL)
                killed += 1
    return killed


class Listener:
    """Hears every answer of a walk; kills the database after the first one of each step."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.armed, self.killed = folder, False, 0
        self.failures: list[httpx2.Response] = []

    def __call__(self, answer: httpx2.Response) -> None:
        if answer.status_code >= 500:
            self.failures.append(answer)
        elif self.armed:
            self.strike()

    def strike(self) -> None:
        self.armed = False
        assert kill_database(self.folder) > 0
        self.killed += 1


def test_the_database_killed_in_every_step_costs_503s_with_words_and_nothing_else(
    running_city: RunningCity, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between the first request of each step and the next: who asks meanwhile is told to
    come back, and the walk ends as it would have."""
    monkeypatch.setattr("portal.supervisor.TEND_SECONDS", 0.2)  # restarted soon: a shorter test
    stage, service = running_city.stage, running_city.service
    heard = Listener(stage.folder)
    voices = Voices(stage, service, heard=heard)
    story = ContractStory(voices, city.AWARDS[1], calendar.jst_date(service.clock.now()))
    steps = story.steps()
    for _, step in steps:
        heard.armed = True
        step()
    voices.close()
    assert heard.killed == len(steps)
    for answer in heard.failures:
        said = answer.json()
        assert (answer.status_code, said["code"]) == (503, "portal.unavailable"), said
        assert "今は受け付けられません" in said["message"]["ja"]
        assert "何も失われていません" in said["remedy"]["ja"]
    assert heard.failures
    assert story.contract["state"] == "concluded"
    assert story.contract["sha256"]["kept"]
    with service.database.reader() as session:
        done = Counter(entry.action for entry in audit.entries(session))
        assert audit.verify(session).is_whole
    for once in ("contract.sent", "contract.concluded", "contract.certified", "contract.kept"):
        assert done[once] == 1, once
    assert done["contract.signed"] == 2


def test_both_walks_survive_a_kill_in_every_step(running_city: RunningCity) -> None:
    voices, service = running_city.voices, running_city.service
    today = calendar.jst_date(service.clock.now())
    award = city.AWARDS[1]

    contract = ContractStory(voices, award, today)
    walked(running_city, list(contract.steps()), seed=1)
    invoice = InvoiceStory(
        voices, award, contract.contract, running_city.stage.settings().city, today
    )
    walked(running_city, list(invoice.steps()), seed=2)

    kept = contract.procurement.get(contract.path)
    pdf = contract.procurement.download(f"{contract.path}/pdf")
    verdict = verify(pdf, service.trust)
    assert verdict.is_passed, verdict.reasons
    assert len(verdict.slots_signed) == 2
    assert [party["act"]["state"] for party in kept["parties"]] == ["signed", "signed"]
    assert len(contract.procurement.get("/contracts")["contracts"]) == 1

    handovers = voices["kaikei"].get("/handovers")["handovers"]
    assert len(handovers) == 1
    assert handovers[0]["payable"] == kept["amount"]
    paid = [
        i for i in voices["kaikei"].get("/invoices")["invoices"] if i["state"]["code"] == "paid"
    ]
    assert len(paid) == 1

    with service.database.reader() as session:
        assert audit.verify(session).is_whole
        acts = [entry.action for entry in audit.entries(session)]
    assert acts.count("contract.concluded") == 1
    assert acts.count("handover.made") == 1
