"""What a test of the whole service holds in its hands."""

from __future__ import annotations

from dataclasses import dataclass

from portal.demo.stage import Stage
from portal.demo.voices import Voices
from portal.service import Service
from portal.supervisor import Supervisor
from tests.e2e.outbox import Outbox


@dataclass
class RunningCity:
    """The demonstration as it runs: its stage, processes, people, mails, a view of its data."""

    stage: Stage
    supervisor: Supervisor
    service: Service
    voices: Voices
    outbox: Outbox
