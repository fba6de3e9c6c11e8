"""Files at the door: one, several or a ZIP, each received on its own.

A bad file among good ones is told by name and does not stop the others; each good one has its
receipt number at once. A ZIP of more than one portion becomes a batch (`einvoice.batches`) with a
number of its own at once, which the worker takes in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from einvoice import receiving
from einvoice.batches import PORTION, BatchReceipt, receive_batch
from einvoice.receiving import Channel, Receipt
from einvoice.refusals import IntakeError
from portal.security import Identity
from portal.service import Service
from records import new_id


@dataclass(slots=True)
class Taken:
    """What became of the files of one submission."""

    submission: str
    receipts: list[Receipt] = field(default_factory=list)
    refused: list[tuple[str, IntakeError]] = field(default_factory=list)
    batches: list[BatchReceipt] = field(default_factory=list)


def take_in(
    session: Session,
    service: Service,
    files: Iterable[tuple[str, bytes]],
    *,
    user: Identity,
    vendor_id: str | None,
    channel: Channel,
) -> Taken:
    """Receive each file, opening ZIPs on the way."""
    taken = Taken(submission=new_id())
    for name, data in files:
        try:
            if _is_batch(name, data):
                taken.batches.append(
                    receive_batch(
                        session,
                        store=service.store,
                        data=data,
                        name=name,
                        channel=channel,
                        vendor_id=vendor_id,
                        actor=user.actor,
                        at=service.clock.now(),
                    )
                )
                continue
            for inner_name, inner in _opened(name, data):
                _take_one(session, service, taken, inner_name, inner, user, vendor_id, channel)
        except IntakeError as refused:
            taken.refused.append((name, refused))
    return taken


def _is_batch(name: str, data: bytes) -> bool:
    zipped = receiving.is_archive(data) and name.lower().endswith(".zip")
    return zipped and receiving.archive_size(data, name) > PORTION


def _opened(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    if receiving.is_archive(data) and name.lower().endswith(".zip"):
        yield from receiving.open_archive(data, name)
    else:
        yield name, data


def _take_one(
    session: Session,
    service: Service,
    taken: Taken,
    name: str,
    data: bytes,
    user: Identity,
    vendor_id: str | None,
    channel: Channel,
) -> None:
    try:
        receipt = receiving.receive(
            session,
            store=service.store,
            data=data,
            name=name,
            channel=channel,
            vendor_id=vendor_id,
            actor=user.actor,
            at=service.clock.now(),
            submission=taken.submission,
        )
    except IntakeError as refused:
        taken.refused.append((name, refused))
    else:
        taken.receipts.append(receipt)
