"""When each signature existed for certain, and whether its certificate was good then.

The proofs of existence of ETSI EN 319 102-1 §5.6, walked from today backwards:

1. Archive timestamps, newest first. Each is judged at the control time, which is the judging time
   for the newest and the time of the next newer valid one for the others: its chain, its
   purpose, revocation, algorithms. If it holds, its own time becomes the control time for all it
   covers.
2. A signature's control time is the time of the oldest valid archive timestamp that covers it, or
   the judging time.
3. Its signature timestamps are judged at that control time. A valid one proves when the signature
   existed; without one, the control time is all that is known.
4. The signer's certificate is judged at the proven time: chain, usage, validity, revocation.
5. So are the algorithms of the signature.

Where a timestamp's revocation cannot be established at the control time (the newest timestamp of a
file never carries later answers about itself), it is judged by the answers as of its own time,
and the verdict says so.

What is NOT checked: evidence records (RFC 4998) and content timestamps; they are not counted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from asn1crypto import x509

from ..verdict import Level, Reason
from . import algorithms
from .found import Fault, Found, hash_bytes
from .paths import PathResult, Paths
from .signed_data import CmsFault, SignedData, load_public_key, tst_info
from .wording import say

RENEWAL_LEAD = timedelta(days=548)  # renewal is due 18 months before the proof runs out
# Two authorities' clocks may differ; their stated accuracy is one second, we allow for a minute.
UNTRUSTED = {"chain.unknown": "time.unknown", "chain.not_listed": "time.not_listed"}
ORDER_TOLERANCE = timedelta(seconds=60)


@dataclass(slots=True)
class Standing:
    """What is known about one signature object in time."""

    fault: Fault | None = None
    notes: list[Reason] = field(default_factory=list)
    proven_time: datetime | None = None
    chain: tuple[x509.Certificate, ...] = ()
    time_chain: tuple[x509.Certificate, ...] = ()
    revocation_as_of: datetime | None = None
    sound_until: datetime | None = None
    level: Level = "B-B"
    policy: str | None = None


def walk(found: list[Found], paths: Paths, at: datetime) -> dict[int, Standing]:
    """A Standing for each item of `found` that has no fault of its own, by its index."""
    standings: dict[int, Standing] = {}
    control: list[tuple[int, datetime]] = [(1 << 62, at)]  # (covers everything before, time)
    archive = [i for i, f in enumerate(found) if f.is_timestamp and f.fault is None]
    for index in reversed(archive):  # 1
        one = found[index]
        moment = control[-1][1]
        standing = standings[index] = _timestamp(one.data, one.imprint_time, paths, moment)
        if standing.fault is None and standing.proven_time is not None:
            control.append((one.end, standing.proven_time))
    for index, one in enumerate(found):
        if one.is_timestamp or one.fault is not None:
            continue
        covering = [moment for end, moment in control if end > one.end]
        is_archived = len(covering) > 1
        standings[index] = _signature(one, paths, covering[-1], is_archived=is_archived)  # 2
    return standings


def _signature(one: Found, paths: Paths, control: datetime, *, is_archived: bool) -> Standing:
    standing = Standing()
    tokens = one.data.timestamp_tokens() if one.data is not None else []
    proven = False
    for token in tokens[:8]:  # 3
        stamp = _token(token, one, paths, control)
        if stamp.fault is None:
            standing.proven_time, standing.time_chain = stamp.proven_time, stamp.chain
            standing.sound_until, standing.policy = stamp.sound_until, stamp.policy
            proven = True
            break
        standing.fault = stamp.fault
    if proven:
        standing.fault = None
    elif standing.fault is not None:
        return standing
    else:
        standing.notes.append(say("time.missing"))
    moment = standing.proven_time or control
    _judge_signer(standing, one, paths, moment, proven=proven or is_archived)
    if standing.fault is None:
        complete = paths.is_covered(standing.chain) and paths.is_covered(standing.time_chain)
        if proven:
            standing.level = "B-T"
            if complete:
                standing.level = "B-LTA" if is_archived else "B-LT"
    return standing


def _judge_signer(
    standing: Standing, one: Found, paths: Paths, moment: datetime, *, proven: bool
) -> None:
    assert one.certificate is not None
    assert one.data is not None
    result = paths.check(one.certificate, one.data.certificates, moment, "signing")  # 4
    if not result.holds:
        standing.fault = _path_fault(result, proven=proven)
        return
    standing.chain = result.chain
    standing.revocation_as_of = result.revocation_as_of
    if not result.revocation_checked:
        standing.notes.append(say("note.revocation_unchecked"))
    _note_stale_list(standing, result, paths)
    key = load_public_key(one.certificate)
    until = algorithms.sound_until(key, one.data.digest_algorithm)  # 5
    if moment >= until:
        sub = "CRYPTO_CONSTRAINTS_FAILURE" + ("" if proven else "_NO_POE")
        standing.fault = Fault("signature.weak", sub)
    if standing.sound_until is None:
        standing.sound_until = min(until, _not_after(one.certificate))


def _path_fault(result: PathResult, *, proven: bool) -> Fault:
    """With a proven time, "revoked" and "expired" are final; without, they may only be late."""
    code, sub = result.code or "", result.sub_indication or ""
    if not proven and code == "chain.revoked":
        return Fault("chain.revoked_unproven", "REVOKED_NO_POE", result.detail)
    if not proven and code == "chain.expired":
        return Fault("chain.expired_unproven", "OUT_OF_BOUNDS_NO_POE", result.detail)
    return Fault(code, sub, result.detail)


def _token(token: bytes, one: Found, paths: Paths, control: datetime) -> Standing:
    """A signature timestamp: its imprint is over the signature value."""
    assert one.data is not None
    try:
        data = SignedData.parse(token)
        info = tst_info(data)
        imprint = info["message_imprint"]
        name = str(imprint["hash_algorithm"]["algorithm"].native)
        if hash_bytes(one.data.signature, name) != imprint["hashed_message"].native:
            raise CmsFault("HASH_FAILURE", "the timestamp is for another signature")
        data.check(hash_bytes(data.content or b"", data.digest_algorithm), ess=True)
        return _timestamp(data, info["gen_time"].native, paths, control)
    except CmsFault as fault:
        return Standing(fault=Fault.of(fault, "time.invalid"))


def _timestamp(
    data: SignedData | None, time: datetime | None, paths: Paths, control: datetime
) -> Standing:
    """A timestamp whose own signature holds: certificate and algorithms at the control time."""
    assert data is not None
    assert time is not None
    if time > control + ORDER_TOLERANCE:
        return Standing(fault=Fault("time.order", "TIMESTAMP_ORDER_FAILURE"))
    try:
        certificate = data.signer_certificate()
        key = load_public_key(certificate)
    except CmsFault as fault:
        return Standing(fault=Fault.of(fault, "time.invalid"))
    standing = Standing()
    others = data.certificates
    # Whether a list vouched for the authority is asked for the time at which it stamped.
    result = paths.check(certificate, others, control, "time_stamping", used_at=time)
    if result.sub_indication == "TRY_LATER":
        result = paths.check(certificate, others, time, "time_stamping", used_at=time)
        if result.holds and result.revocation_as_of is not None:
            as_of = f"{result.revocation_as_of:%Y-%m-%d}"
            standing.notes.append(say("note.time_revocation_old", as_of=as_of))
    if not result.holds:
        sub = "REVOKED_NO_POE" if result.code == "chain.revoked" else result.sub_indication or ""
        if result.code == "chain.expired":
            sub = "OUT_OF_BOUNDS_NO_POE"
        code = UNTRUSTED.get(result.code or "", "time.invalid")
        return Standing(fault=Fault(code, sub, result.detail))
    until = algorithms.sound_until(key, data.digest_algorithm)
    if control >= until:
        return Standing(fault=Fault("signature.weak", "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"))
    if not result.revocation_checked:
        standing.notes.append(say("note.revocation_unchecked"))
    standing.proven_time = time
    standing.chain = standing.time_chain = result.chain
    standing.revocation_as_of = result.revocation_as_of
    standing.sound_until = min(until, _not_after(certificate))
    standing.policy = str(tst_info(data)["policy"].dotted)
    _note_stale_list(standing, result, paths)
    return standing


def _note_stale_list(standing: Standing, result: PathResult, paths: Paths) -> None:
    since = result.stale_since
    if since is not None and since < paths.judged_at:
        standing.notes.append(say("note.list_stale", since=f"{since:%Y-%m-%d}"))


def _not_after(certificate: x509.Certificate) -> datetime:
    value: datetime = certificate.not_valid_after
    return value
