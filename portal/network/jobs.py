"""Jobs of the network: taking in, sending, answering."""

from __future__ import annotations

from collections.abc import Callable

from peppol import PeppolError
from portal.network import answering, provider_outbox, sending, taking_in
from portal.service import Service


def send(service: Service, *, message: str) -> None:
    """One attempt at an outgoing message; raises only what another attempt may mend."""
    try:
        if provider_outbox.is_open(service):
            provider_outbox.attempt(service, message)
        else:
            sending.attempt(service, service.access_point.sender(), message)
    except PeppolError as error:
        if sending.may_pass(error):
            raise


def give_up(service: Service, task: str, args: dict[str, object], error: Exception) -> None:
    """A message whose attempts are spent stands as failed, with a button to send it again."""
    if task == "network.send":
        sending.give_up(service, str(args["message"]), error)


TASKS: dict[str, Callable[..., None]] = {
    "network.take_in": taking_in.take_in,
    "network.send": send,
    "network.answer": answering.answer,
    "network.send_answers": answering.send_answers,
}
