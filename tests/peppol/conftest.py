"""A private network for the tests: its PKI once a session, its servers where needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from peppol.private import PrivatePki, Seat
from peppol.trust import TrustPolicy

from .builders import NOON

if TYPE_CHECKING:
    from .exchange import Exchange
    from .network import Net


@dataclass(frozen=True)
class Pki:
    """Authorities and the usual seats: a sender (C2), a receiver (C3), an SMP."""

    authorities: PrivatePki
    sender: Seat
    receiver: Seat
    smp: Seat
    trust: TrustPolicy


@pytest.fixture(scope="session")
def pki() -> Pki:
    authorities = PrivatePki.create(NOON)
    return Pki(
        authorities,
        authorities.access_point("PZZ000001", NOON),
        authorities.access_point("PZZ000002", NOON),
        authorities.smp("SZZ000001", NOON),
        authorities.trust(),
    )


@pytest.fixture
def exchange(pki: Pki, tmp_path: Path) -> Exchange:
    from .exchange import Exchange  # its module needs Pki from here

    return Exchange(pki, tmp_path / "received")


@pytest.fixture
def net(pki: Pki) -> Iterator[Net]:
    from .network import Net

    net = Net(pki)
    yield net
    net.close()
