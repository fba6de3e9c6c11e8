"""A time-stamping authority that is away: acts wait in words, nothing is half-signed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from walk import Walk

from econtract.states import ActState, ContractState
from signing import TimestampAuthority, Timestamper
from signing.errors import AuthorityUnreachable

pytestmark = pytest.mark.slow
S = ContractState


def silent_authority(walk: Walk) -> Timestamper:
    """A time-stamping authority that cannot be reached."""

    def refuse(_request: bytes) -> bytes:
        raise AuthorityUnreachable(authority="silent", reason="no answer")

    return Timestamper(
        [TimestampAuthority(name="silent", answer=refuse, roots=walk.deps.trust.tsa_roots)],
        clock=walk.deps.clock.now,
        attempts=1,
    )


def test_s19_without_a_timestamp_the_act_waits_in_words_and_goes_on_later(walk: Walk) -> None:
    walk.to(S.AWAITING_VENDOR).consent()
    walk.press_sign()
    silent = walk.with_deps(timestamper=silent_authority(walk))
    silent.run_jobs()
    [act] = walk.acts()
    assert act.state == ActState.WAITING_TSA
    assert act.problem == {"code": "signing.no_token"}
    assert walk.state() == S.SIGNING
    assert walk.deps.store.named(f"econtract/act/{act.id}") is None
    walk.deps.clock.advance(timedelta(seconds=20))
    silent.run_jobs()
    assert walk.acts()[0].attempts == 2
    assert walk.actions().count("contract.waiting_for_time") == 1
    walk.deps.clock.advance(timedelta(minutes=20))
    walk.run_jobs()
    assert walk.state() == S.AWAITING_CITY
    [act] = walk.acts()
    assert act.signed_at == walk.now
    assert act.problem is None


def test_an_outage_at_keeping_time_is_waited_out(walk: Walk) -> None:
    walk.to(S.CONCLUDED)
    walk.deps.clock.advance(timedelta(hours=25))
    walk.with_deps(timestamper=silent_authority(walk)).run_jobs()
    assert walk.contract().kept_sha256 is None
    walk.deps.clock.advance(timedelta(hours=1))
    walk.run_jobs()
    contract = walk.contract()
    assert contract.kept_sha256 is not None
    assert contract.concluded_sha256 != contract.kept_sha256
    assert walk.deps.store.exists(contract.concluded_sha256 or "")
