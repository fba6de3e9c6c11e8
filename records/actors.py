"""Who did something: written into the audit trail beside every act."""

from dataclasses import dataclass
from typing import Literal

ActorKind = Literal["staff", "vendor", "system", "operator"]


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or the service itself.

    ``id`` is stable (account id, or the part's name for ``system``); ``name`` is what people
    read and stays as it was at the time of the act.
    """

    kind: ActorKind
    id: str
    name: str
