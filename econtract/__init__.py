"""A contract: award → draft → PDF → decision → consents → signatures → concluded → kept.

One file an act: awards, drafting, deciding, sending, consenting, execution, archiving, keeping;
then performance, guarantees, amending, council, cancelling, and `living`: how it stands today.
`queries` reads; `jobs` (the worker's; heavy imports, never in the web process) makes and signs.
"""

from econtract import (
    alarms,
    amending,
    authorities,
    awards,
    bulk_closing,
    cancelling,
    consenting,
    council,
    date_policy,
    deciding,
    disposing,
    drafting,
    execution,
    guarantees,
    importing,
    keeping,
    life_rules,
    living,
    paper,
    performance,
    queries,
    renewals,
    retaining,
    rules,
    sending,
    sign_reminding,
    states,
)
from econtract.drafting import CityOffice
from econtract.errors import Alarm, EContractError
from econtract.notices import Notices
from econtract.queries import ContractFacts
from econtract.rules import Rules

__all__ = [
    "Alarm",
    "CityOffice",
    "ContractFacts",
    "EContractError",
    "Notices",
    "Rules",
    "alarms",
    "amending",
    "authorities",
    "awards",
    "bulk_closing",
    "cancelling",
    "consenting",
    "council",
    "date_policy",
    "deciding",
    "disposing",
    "drafting",
    "execution",
    "guarantees",
    "importing",
    "keeping",
    "life_rules",
    "living",
    "paper",
    "performance",
    "queries",
    "renewals",
    "retaining",
    "rules",
    "sending",
    "sign_reminding",
    "states",
]
