"""The official JP PINT rules, written anew from their meaning; find one by its id.

    header        document identifiers, references, required groups
    parties       seller, buyer, payee, tax representative, registration numbers
    dates         dates and periods
    payment       means, terms, accounts
    allowances    allowances and charges
    totals        sums, currency
    tax           breakdown, categories E, G, O
    lines         lines, items, prices
    identifiers   foreign identifier schemes
    codes         code lists

`rule_set(profile, version)` gives the rules of one document type; `in_force_on(profile, day)` the
version that was valid on a day. docs/reference/jp-pint-rules.md says how a new version is added.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Final

from einvoice.rules import (
    allowances,
    codes,
    dates,
    header,
    identifiers,
    lines,
    parties,
    payment,
    tax,
    totals,
)
from einvoice.rules.engine import Rule, RuleSet

GROUPS: Final = (
    header,
    parties,
    dates,
    payment,
    allowances,
    totals,
    tax,
    lines,
    identifiers,
    codes,
)

#: Each version with the first day of its validity; it ends where the next begins.
VERSIONS: Final[Mapping[str, date]] = {
    "1.1.2": date(2026, 3, 9),
    "1.1.3": date(2026, 5, 18),
}

PROFILES: Final = ("pint-jp", "pint-jp-ntr", "pint-jp-sb")
CURRENT: Final = codes.CURRENT


def rule_set(profile: str, version: str = CURRENT) -> RuleSet:
    """The rules of one document type; KeyError for a version we do not have."""
    return _rule_set(profile, version)


@cache
def _rule_set(profile: str, version: str) -> RuleSet:
    later = [day for day in VERSIONS.values() if day > VERSIONS[version]]
    return RuleSet(
        profile=profile,
        version=version,
        valid_from=VERSIONS[version],
        valid_to=min(later, default=None),
        rules=tuple(
            rule for group in GROUPS for rule in group.rules if rule.in_force(profile, version)
        ),
        codes=codes.code_lists(version),
    )


def version_on(day: date) -> str:
    """The version in force on a day; for days before the first we have, that first one."""
    begun = [version for version, first in VERSIONS.items() if first <= day]
    return begun[-1] if begun else next(iter(VERSIONS))


def all_rules() -> tuple[Rule, ...]:
    return tuple(rule for group in GROUPS for rule in group.rules)


__all__ = ["CURRENT", "GROUPS", "PROFILES", "VERSIONS", "all_rules", "rule_set", "version_on"]
