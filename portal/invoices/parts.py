"""What the invoice pages and jobs work with: the city's settings made into the domain's values."""

from __future__ import annotations

from decimal import Decimal

from einvoice.account_names import account_name, bank_text
from einvoice.bank_list import BranchBook
from einvoice.contract_terms import ContractKind
from einvoice.deps import Deps, Route
from einvoice.due_dates import PaymentRuns
from einvoice.limits import Limits
from einvoice.matching import MatchPolicy
from einvoice.registry_access import open_registry
from einvoice.zengin import AccountType, BankProfile, Payer
from portal import tally
from portal.keys import plain
from portal.service import Service
from portal.settings import Settings


def invoice_parts(service: Service) -> Deps:
    """The parts of a service that the city side of `einvoice` needs."""
    settings = service.settings
    return Deps(
        database=service.database,
        store=service.store,
        clock=service.clock,
        contracts=tally.terms_of(service),
        policy=policy_of(settings),
        registry=open_registry(
            service.database,
            now=service.clock.now,
            application_id=plain(settings.registry.application_id),
        ),
        branches=BranchBook(),
        payer=payer_of(settings),
        profile=BankProfile(
            separator=settings.payment.separator,
            bank_names=settings.payment.bank_names,
            reference=settings.payment.reference,
            cutoff_days=settings.payment.cutoff_days,
        ),
        runs=PaymentRuns(tuple(sorted({int(day) for day in settings.payment.run_days}))),
        route=Route(treasurer_from=Decimal(settings.payment.treasurer_from)),
        limits=limits_of(settings),
    )


def limits_of(settings: Settings) -> Limits:
    """What an invoice is refused beyond."""
    limits = settings.limits
    return Limits(
        bytes=limits.invoice_mb * 1024 * 1024,
        elements=limits.invoice_elements,
        depth=limits.invoice_depth,
        attribute_length=limits.invoice_attribute_length,
        seconds=limits.invoice_seconds,
        findings=limits.invoice_findings,
    )


def policy_of(settings: Settings) -> MatchPolicy:
    """Whom an invoice must be addressed to, and what the city tolerates."""
    city = settings.city
    number = city.corporate_number
    numbers = (number, f"T{number}") if number else ()
    matching = settings.matching
    documents: dict[str, tuple[str, ...]] = {}
    for pair in matching.required_documents:
        kind, _, name = pair.partition(":")
        documents[kind] = (*documents.get(kind, ()), name.strip())
    return MatchPolicy(
        buyer_names=(city.name,),
        buyer_numbers=numbers,
        required_documents=documents,
        taxed_accounts=frozenset(matching.taxed_accounts),
        separate_inspector=matching.separate_inspector,
        tolerance={
            ContractKind.LUMP: Decimal(matching.tolerance_lump),
            ContractKind.MILESTONE: Decimal(matching.tolerance_milestone),
            ContractKind.FIXED_MONTHLY: Decimal(matching.tolerance_fixed_monthly),
            ContractKind.UNIT_PRICE: Decimal(matching.tolerance_unit_price),
        },
    )


def payer_of(settings: Settings) -> Payer | None:
    """The account the city pays from; None where the bank gave no consignor code yet."""
    wanted = settings.payment
    if wanted.consignor_code is None:
        return None
    return Payer(
        code=wanted.consignor_code,
        name=account_name(wanted.consignor_name),
        bank_code=wanted.bank_code,
        bank_name=bank_text(wanted.bank_name),
        branch_code=wanted.branch_code,
        branch_name=bank_text(wanted.branch_name),
        account_type=AccountType(wanted.account_type),
        account_number=wanted.account_number,
    )
