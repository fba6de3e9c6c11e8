"""TAX: rates, rounding and registration as they bear on this payment.

`einvoice.validate` judges the document by the standard and the law; these checks say what follows
for the city's books. In 一般会計 nothing hangs on the vendor's registration (消費税法60条6項), so
its absence is only noted there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal

from einvoice.company_names import NameMatch, compare_any
from einvoice.contract_terms import Rounding, TaxRegime
from einvoice.errors import CheckDigitError, RegistrationNumberError
from einvoice.matching.catalogue import Hit, Level
from einvoice.matching.situation import ZERO, Situation
from einvoice.registration import RegistrationNumber
from einvoice.registry import RegistryStatus
from einvoice.tax_arithmetic import roundings_giving, tax_on
from einvoice.tax_rates import Standing, tax_tables

_TAXED = {"S", "AA"}


def _level(s: Situation) -> Level:
    """HOLD where the account files a return, WARN in 一般会計."""
    regime = s.terms.tax_regime if s.terms else TaxRegime.DEEMED
    return Level.WARN if regime is TaxRegime.DEEMED else Level.HOLD


def _number_error(s: Situation) -> RegistrationNumberError | None:
    try:
        RegistrationNumber.parse(s.invoice.seller.registration_number or "")
    except RegistrationNumberError as error:
        return error
    return None


def number_is_there(s: Situation) -> Iterator[Hit]:
    """TAX-001."""
    error = _number_error(s)
    if error is not None and not isinstance(error, CheckDigitError):
        stated = s.invoice.seller.registration_number or "記載なし"
        yield Hit({"number": stated}, term="IBT-031", level=_level(s))


def check_digit_is_right(s: Situation) -> Iterator[Hit]:
    """TAX-002."""
    if isinstance(_number_error(s), CheckDigitError):
        number = s.invoice.seller.registration_number or ""
        yield Hit({"number": number}, term="IBT-031", level=_level(s))


def number_is_registered(s: Situation) -> Iterator[Hit]:
    """TAX-003. Silence of the registry is no answer and no finding here."""
    answer = s.registry
    if answer is None or answer.status in {RegistryStatus.REGISTERED, RegistryStatus.CANNOT_TELL}:
        return
    yield Hit({"number": answer.number, "day": answer.day}, term="IBT-031", level=_level(s))


def published_name_agrees(s: Situation) -> Iterator[Hit]:
    """TAX-004."""
    answer = s.registry
    if answer is None or not answer.names:
        return
    if compare_any(s.invoice.seller.name, answer.names) is NameMatch.DIFFERENT:
        names = "、".join(answer.names)
        yield Hit({"published": names, "claimant": s.invoice.seller.name}, term="IBT-027")


def rates_are_in_force(s: Situation) -> Iterator[Hit]:
    """TAX-005. A former rate may live on by a transitional measure (経過措置: leases, works ordered
    before a change); a person confirms that. A rate that never was or is not yet, nobody can."""
    day = s.supply_date
    if day is None:
        return
    for subtotal in s.invoice.tax_breakdown:
        code, rate = subtotal.category.code, subtotal.category.rate
        if code not in _TAXED or rate is None:
            continue
        standing = tax_tables().standing(code, rate, day)
        if standing is not Standing.IN_FORCE:
            level = Level.HOLD if standing is Standing.FORMER else None
            yield Hit({"rate": rate, "day": day}, term="IBT-119", level=level)


def rates_are_the_contracts(s: Situation) -> Iterator[Hit]:
    """TAX-006."""
    for line in s.invoice.lines:
        agreed = s.contract_line_of(line)
        rate = line.tax.rate if line.tax else None
        if agreed is not None and rate is not None and rate != agreed.tax_rate:
            yield Hit(
                {"item": line.item.name, "found": rate, "expected": agreed.tax_rate},
                line_id=line.id,
                term="IBT-152",
            )


def tax_calculates(s: Situation) -> Iterator[Hit]:
    """TAX-007. Once a rate, in one of the three roundings."""
    for base, rate, tax in _shown_taxes(s):
        if not roundings_giving(base, rate, tax):
            results = [tax_on(base, rate, mode) for mode in Rounding]
            yield Hit(
                {"rate": rate, "lo": min(results), "hi": max(results), "found": tax},
                term="IBT-117",
            )


def rounding_is_the_contracts(s: Situation) -> Iterator[Hit]:
    """TAX-008."""
    if s.terms is None:
        return
    for base, rate, tax in _shown_taxes(s):
        allowed = roundings_giving(base, rate, tax)
        if allowed and s.terms.rounding not in allowed:
            expected = tax_on(base, rate, s.terms.rounding)
            yield Hit({"rate": rate, "expected": expected, "found": tax}, term="IBT-117")


def bases_are_the_sums_of_their_lines(s: Situation) -> Iterator[Hit]:
    """TAX-009."""
    sums: dict[tuple[str, Decimal | None], Decimal] = defaultdict(lambda: ZERO)
    for line in s.invoice.lines:
        if line.tax is not None:
            sums[line.tax.code, line.tax.rate] += line.net_amount or ZERO
    for sign, items in ((1, s.invoice.charges), (-1, s.invoice.allowances)):
        for item in items:
            if item.tax is not None:
                sums[item.tax.code, item.tax.rate] += sign * (item.amount or ZERO)
    for subtotal in s.invoice.tax_breakdown:
        key = (subtotal.category.code, subtotal.category.rate)
        stated = subtotal.taxable_amount or ZERO
        if sums.get(key, ZERO) != stated:
            rate = subtotal.category.rate
            yield Hit(
                {
                    "rate": rate if rate is not None else subtotal.category.code,
                    "stated": stated,
                    "found": sums.get(key, ZERO),
                },
                term="IBT-116",
            )


def _is_unregistered(s: Situation) -> bool:
    if s.invoice.type_code == "480" or not s.invoice.seller.registration_number:
        return True
    answer = s.registry
    return answer is not None and answer.status in {
        RegistryStatus.NOT_YET,
        RegistryStatus.LAPSED,
        RegistryStatus.CANCELLED,
        RegistryStatus.NOT_FOUND,
    }


def reduced_items_are_marked(s: Situation) -> Iterator[Hit]:
    """TAX-010. In data the category says it; a sheet must mark the items (57条の4第1項3号)."""
    if s.transcript is None or s.transcript.shows_reduced_mark:
        return
    for line in s.invoice.lines:
        if line.tax is not None and line.tax.code == "AA":
            yield Hit({"item": line.item.name}, line_id=line.id, term="IBT-151")


def issuer_is_registered_where_it_matters(s: Situation) -> Iterator[Hit]:
    """TAX-011. Noted in accounts that file a return."""
    if _level(s) is Level.HOLD and _is_unregistered(s):
        yield Hit({}, term="IBT-031")


def transitional_share_is_noted(s: Situation) -> Iterator[Hit]:
    """TAX-012."""
    if _level(s) is Level.HOLD and _is_unregistered(s) and s.supply_date is not None:
        share = tax_tables().credit_share(s.supply_date).percent
        yield Hit({"share": share, "day": s.supply_date})


def credit_is_below_the_yearly_limit(s: Situation) -> Iterator[Hit]:
    """TAX-013. Above the limit no transitional credit is taken (平成28年改正法附則52条・53条)."""
    if _level(s) is not Level.HOLD or not _is_unregistered(s):
        return
    bought = s.bought_this_year + s.gross
    if bought > s.policy.unregistered_limit:
        yield Hit({"bought": bought, "limit": s.policy.unregistered_limit})


def _shown_taxes(s: Situation) -> Iterator[tuple[Decimal, Decimal, Decimal]]:
    if s.invoice.type_code == "480":  # an unregistered vendor shows no tax
        return
    for subtotal in s.invoice.tax_breakdown:
        base, tax, rate = subtotal.taxable_amount, subtotal.tax_amount, subtotal.category.rate
        if base is not None and tax is not None and rate:
            yield base, rate, tax


CHECKS: dict[str, Callable[[Situation], Iterator[Hit]]] = {
    "TAX-001": number_is_there,
    "TAX-002": check_digit_is_right,
    "TAX-003": number_is_registered,
    "TAX-004": published_name_agrees,
    "TAX-005": rates_are_in_force,
    "TAX-006": rates_are_the_contracts,
    "TAX-007": tax_calculates,
    "TAX-008": rounding_is_the_contracts,
    "TAX-009": bases_are_the_sums_of_their_lines,
    "TAX-010": reduced_items_are_marked,
    "TAX-011": issuer_is_registered_where_it_matters,
    "TAX-012": transitional_share_is_noted,
    "TAX-013": credit_is_below_the_yearly_limit,
}
