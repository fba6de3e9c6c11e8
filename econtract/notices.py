"""Who has to be told what: the domain says that, the door says how (mail, link, inbox)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from econtract.models import Contract, Party


class Notices(Protocol):
    """Each method is called in the transaction that makes it true and only enqueues."""

    def vendor_turn(self, session: Session, contract: Contract, party: Party, at: datetime) -> None:
        """This vendor party may now read, consent and sign."""
        ...

    def city_turn(self, session: Session, contract: Contract, at: datetime) -> None:
        """Every vendor has signed; the contracting officer closes."""
        ...

    def concluded(self, session: Session, contract: Contract, at: datetime) -> None:
        """確定: both sides are told and can download."""
        ...

    def copy_missing(
        self, session: Session, contract: Contract, party: Party, at: datetime
    ) -> None:
        """A vendor party is asked again to take its copy of the concluded contract."""
        ...

    def declined(self, session: Session, contract: Contract, party: Party, at: datetime) -> None:
        """A vendor party does not sign: the city is told, and who signed before."""
        ...

    def called_off(
        self, session: Session, contract: Contract, parties: Sequence[Party], at: datetime
    ) -> None:
        """The city takes a sent contract back: these parties are told, and every link ends."""
        ...

    def alarm(self, session: Session, contract: Contract, code: str, at: datetime) -> None:
        """The contract was stopped because bytes were not what was decided or do not verify."""
        ...
