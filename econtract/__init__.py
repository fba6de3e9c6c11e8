"""A contract: award → draft → PDF → decision → consents → signatures → concluded → kept.

One file an act: awards, drafting, deciding, sending, consenting, execution, archiving, keeping.
`queries` reads; `jobs` (the worker's; heavy imports, never in the web process) makes and signs.
"""

from econtract import (
    alarms,
    authorities,
    awards,
    bulk_closing,
    consenting,
    date_policy,
    deciding,
    drafting,
    execution,
    keeping,
    queries,
    rules,
    sending,
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
    "authorities",
    "awards",
    "bulk_closing",
    "consenting",
    "date_policy",
    "deciding",
    "drafting",
    "execution",
    "keeping",
    "queries",
    "rules",
    "sending",
    "states",
]
