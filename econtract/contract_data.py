"""What a contract says, twice: as printed words, and as data a machine reads.

The data is attached to the PDF (AFRelationship Data) and therefore signed with it: an accounting
or bidding system takes amount, term and parties from there without typing them again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from econtract import terms
from econtract.models import Contract, Party
from econtract.template import Template
from records import calendar

SCHEMA = "https://warifu.example/schemas/contract/1"
BY_TIMESTAMP = "発注者の電子署名に付されたタイムスタンプの日とする。"


def printed_values(
    contract: Contract, parties: Sequence[Party], late_interest: Decimal, template: Template
) -> dict[str, str]:
    """Every place of a template -> its words. Days are 和暦, amounts carry their unit."""
    own = {f.name: terms.printed(f, contract.fields.get(f.name, "")) for f in template.fields}
    vendors = [p for p in parties if p.side == "vendor"]
    names = "・".join(p.organisation for p in reversed(vendors))
    if len(vendors) > 1:
        names += "で構成する共同企業体"
    return {
        **contract.fields,
        **own,
        "contract_number": contract.number,
        "title": contract.title,
        "place": contract.place,
        "period_from": calendar.wareki(contract.period_from),
        "period_to": calendar.wareki(contract.period_to),
        "amount": f"金 {contract.amount:,}円",
        "tax": f"{contract.tax:,}円",
        "tax_rate": str(contract.tax_rate),
        "contract_date": calendar.wareki(contract.contract_date)
        if contract.contract_date
        else BY_TIMESTAMP,
        "late_interest": f"{late_interest.normalize():f}",
        "city_name": contract.city_name
        or next((p.organisation for p in parties if p.side == "city"), ""),
        "vendor_name": names,
    }


def machine_readable(
    contract: Contract,
    parties: Sequence[Party],
    version: int,
    template_sha256: str,
    attachments: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """The contract as JSON: ISO 8601 days, whole yen as integers, no mail addresses."""
    return {
        "schema": SCHEMA,
        "id": contract.id,
        "number": contract.number,
        "version": version,
        "kind": contract.kind,
        "template": {
            "name": f"{contract.template_kind}/{contract.template_version}",
            "sha256": template_sha256,
        },
        "language": "ja",
        "title": contract.title,
        "place": contract.place,
        "department": contract.department,
        "amount": {
            "currency": "JPY",
            "including_tax": int(contract.amount),
            "tax": int(contract.tax),
            "tax_rate_percent": contract.tax_rate,
            "is_estimate": contract.amount_is_estimate,
        },
        "award_date": _iso(contract.award_date),
        "contract_date": _iso(contract.contract_date),
        "period": {"from": _iso(contract.period_from), "to": _iso(contract.period_to)},
        "registration_number": contract.registration_number or None,
        "parties": [
            {
                "slot": p.slot,
                "side": p.side,
                "role": p.role,
                "organisation": p.organisation,
                "address": p.address,
                "title": p.title,
                "person": p.person,
            }
            for p in parties
        ],
        "terms": dict(contract.fields),
        "attachments": [dict(row) for row in attachments],
    }


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
