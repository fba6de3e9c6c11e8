"""The whole service as real processes, in a folder of its own, and a browser to look at it.

A module shares one city: its tests take different awards, so that none waits for another's.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from portal.demo.opening import free_ports, opened
from portal.demo.stage import Stage
from portal.demo.voices import Voices
from portal.service import Service
from tests.e2e.outbox import Outbox
from tests.e2e.running_city import RunningCity


@pytest.fixture(scope="module")
def running_city() -> Iterator[RunningCity]:
    """A fresh city with web, worker, time-stamping authority and database as processes."""
    folder = Path(tempfile.mkdtemp(prefix="warifu-e2e-", dir="/tmp"))
    folder.chmod(0o755)  # made by us: the database's own user has to reach its part of it
    stage = Stage(folder, free_ports())
    try:
        with opened(stage, lambda _: None) as supervisor:
            service = Service.from_settings(stage.settings(), name="warifu test")
            voices = Voices(stage, service)
            outbox = Outbox(stage.settings().mail.folder)
            yield RunningCity(stage, supervisor, service, voices, outbox)
            voices.close()
            service.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def browser(chromium: Browser) -> Browser:
    return chromium
