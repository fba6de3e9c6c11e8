"""Corner 2: look up, build, keep, send, check the receipt; the same bytes again if no answer came.

`attempt` is one try (what a job calls); `send` does it all with a retry plan. A message is sent
again only when nothing valid came back (time-out, connection, 408, 425, 429, 5xx), always with the
same MessageId: the receiver's duplicate check then answers with the receipt we missed. Never after
a receipt, never after an ebMS error.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from peppol.as4.building import Outgoing, build
from peppol.as4.faults import EndpointUnavailable, ReceiptInvalid, SendingFailed
from peppol.as4.limits import Limits
from peppol.as4.receipt_check import check_receipt
from peppol.as4.vocabulary import SOAP_TYPE
from peppol.errors import AddressRefused
from peppol.identifiers import DocumentTypeId, ParticipantId, ProcessId
from peppol.keys import AccessPointKey
from peppol.lookup import Directory, Endpoint
from peppol.outbound import Outbound, Unreachable
from peppol.ports import SentMessages
from peppol.sbdh import Header
from peppol.trust import TrustPolicy

_TRY_AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """Seconds to wait before each further try."""

    waits: tuple[float, ...] = (10.0, 180.0, 360.0, 720.0, 1440.0)


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message and the receipt that proves it arrived."""

    outgoing: Outgoing
    receipt: bytes
    receipted: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class Sender:
    """One instance serves a process, from any number of threads."""

    key: AccessPointKey
    trust: TrustPolicy
    directory: Directory
    outbound: Outbound
    messages: SentMessages
    now: Callable[[], datetime]
    limits: Limits = field(default_factory=Limits)
    plan: RetryPlan = field(default_factory=RetryPlan)
    wait: Callable[[float], None] = time.sleep
    timeout: float = 120.0

    def find(
        self, receiver: ParticipantId, document_type: DocumentTypeId, process: ProcessId
    ) -> Endpoint:
        """Where it would go; LookupFailed otherwise."""
        return self.directory.endpoint(receiver, document_type, process)

    def prepare(self, header: Header, document: bytes) -> Outgoing:
        """Look up, build and keep: after this the message survives a crash."""
        endpoint = self.find(header.receiver, header.document_type, header.process)
        outgoing = build(
            header,
            document,
            endpoint=endpoint,
            key=self.key,
            network=self.trust.network,
            at=self.now(),
        )
        if len(outgoing.body) > self.limits.body:
            raise SendingFailed(
                "文書が大きすぎます。", "the document is too large.", field="document"
            )
        self.messages.keep(outgoing)
        return outgoing

    def attempt(self, outgoing: Outgoing) -> bytes:
        """One try; the receipt, checked and recorded, or SendingFailed (also recorded)."""
        try:
            receipt = self._post(outgoing)
        except SendingFailed as error:
            if not isinstance(error, ReceiptInvalid):
                self.directory.forget(outgoing.message.final_recipient)
            self.messages.failed(outgoing.message_id, error, final=not error.retry)
            raise
        evidence = outgoing.evidence.receipt_at(self.now())
        self.messages.delivered(outgoing.message_id, receipt, evidence)
        return receipt

    def deliver(self, outgoing: Outgoing) -> Delivered:
        """Try by the plan until a receipt comes; the last SendingFailed otherwise."""
        waits = iter(self.plan.waits)
        attempts = 0
        while True:
            attempts += 1
            try:
                receipt = self.attempt(outgoing)
            except EndpointUnavailable:
                pause = next(waits, None)
                if pause is None:
                    raise
                self.wait(pause)
            else:
                return Delivered(outgoing, receipt, self.now(), attempts)

    def send(self, header: Header, document: bytes) -> Delivered:
        """`prepare` and `deliver`."""
        return self.deliver(self.prepare(header, document))

    def _post(self, outgoing: Outgoing) -> bytes:
        try:
            answer = self.outbound.request(
                "POST",
                outgoing.address,
                limit=self.limits.answer,
                headers={"Content-Type": outgoing.content_type, "User-Agent": "warifu"},
                body=outgoing.body,
                timeout=self.timeout,
            )
        except Unreachable as error:
            raise EndpointUnavailable(error.message_ja, error.message_en) from error
        except AddressRefused as error:
            raise SendingFailed(error.message_ja, error.message_en) from error
        unavailable = EndpointUnavailable(
            f"相手が HTTP {answer.status} を返しました。",
            f"the receiver answers HTTP {answer.status}.",
        )
        content_type = answer.headers.get("content-type", "")
        if not content_type.lower().startswith(SOAP_TYPE) and answer.status != 200:
            if answer.status in _TRY_AGAIN:
                raise unavailable
            raise SendingFailed(unavailable.why.ja, unavailable.why.en)
        try:
            check_receipt(
                content_type,
                answer.body,
                sent=outgoing,
                trust=self.trust,
                at=self.now(),
                limits=self.limits,
            )
        except ReceiptInvalid:
            if answer.status in _TRY_AGAIN:  # an overloaded server, whatever its body looks like
                raise unavailable from None
            raise
        return answer.body
