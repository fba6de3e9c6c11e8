"""What a contract's page shows of its making: form, files, what it replaces, whose place."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from econtract import attaching, forms, reissuing, states
from econtract.models import Contract
from econtract.reissue_models import Reissue
from econtract.states import STATE_NAMES
from portal.security import Allow, Identity, may


def of_contract(session: Session, contract: Contract, user: Identity) -> dict[str, Any]:
    """Values for `contracts/_making.html` and its like for the vendor."""
    before, after = reissuing.lineage(session, contract)
    staff = user.kind == "staff"
    facts = {"drafted_by": contract.drafted_by}
    return {
        "form_name": forms.name(contract.kind, contract.form)[0],
        "attachments": attaching.listed(session, contract.id),
        "before": before if staff else None,
        "after": after if staff else None,
        "ended": contract.parent_id is None
        and states.allows(contract.current_state, "contract_anew"),
        "released": session.get(Reissue, contract.id) if staff else None,
        "may_release": staff and isinstance(may(user, "contract.release", facts), Allow),
        "state_names": STATE_NAMES,
    }
