"""What is known of a payee beside its account, from the vendor's page to the match."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from einvoice.books import with_books
from einvoice.contract_terms import TaxRegime
from einvoice.models import Commitment, Creditor
from einvoice.withholding import Fee
from portal.accounts.models import Vendor
from records import audit
from tests.einvoice.situations import goods_contract

from .conftest import HAGOROMO


def test_withholding_seizure_and_suspension_are_entered_once_and_seen_by_the_match(city) -> None:
    with city.service.database.reader() as session:
        vendor_id = session.query(Vendor).filter_by(mail=HAGOROMO).one().id
    path = f"/vendors/{vendor_id}/payment-facts"
    accounting = city.browser("kaikei")
    assert "差押・債権譲渡・倒産の通知" in accounting.get(f"/vendors/{vendor_id}").text
    facts = {"fee": "ordinary", "notice": "差押命令 2026-11-01", "suspended_until": "2099-12-31"}
    assert accounting.submit(path, facts).status_code == 400  # no reason
    for _ in range(2):
        answer = accounting.submit(path, {**facts, "reason": "通知が届いた"})
        assert answer.status_code == 303, answer.text
    assert city.browser("kanzai").submit(path, {**facts, "reason": "x"}).status_code == 403
    assert accounting.submit("/vendors/none/payment-facts", facts).status_code == 404
    with city.service.database.reader() as session:
        row = session.get(Creditor, vendor_id)
        assert row is not None
        assert (row.fee, row.suspended_until) == (Fee.ORDINARY, date(2099, 12, 31))
        trail = [entry.action for entry in audit.history(session, f"creditor:{vendor_id}")]
    assert trail.count("creditor.facts_recorded") == 1
    assert "差押命令 2026-11-01" in accounting.get(f"/vendors/{vendor_id}").text

    city.inspected()
    found = city.upload()
    shown = city.api("kanzai").get(f"/api/v1/invoices/{found['id']}").json()
    assert {"DED-001", "VEN-004", "VEN-006"} <= {each["id"] for each in shown["findings"]}
    # the vendor register renews name and account; what was entered here stays
    empty = {"fee": "none", "notice": "", "suspended_until": "", "reason": "解除された"}
    assert accounting.submit(path, empty).status_code == 303
    after = city.upload(data=city.invoice(number="H-2026-12"))
    shown = city.api("kanzai").get(f"/api/v1/invoices/{after['id']}").json()
    assert not {"DED-001", "VEN-004", "VEN-006"} & {each["id"] for each in shown["findings"]}


def commitment(year: int, amount: int, **changes) -> Commitment:
    return Commitment(
        fiscal_year=year, amount=Decimal(amount), account="01", carried_over=False, **changes
    )


def test_the_account_decides_the_tax_regime_and_years_of_commitments_are_the_allocations() -> None:
    terms = goods_contract()
    first, second = commitment(2026, 600), commitment(2027, 400)
    one = with_books(terms, first, [first], taxed_accounts={"51"})
    assert one == terms
    taxed = with_books(terms, first, [first], taxed_accounts={"01"})
    assert taxed.tax_regime is TaxRegime.STANDARD
    two = with_books(terms, first, [second, first, commitment(2026, 1)], taxed_accounts=())
    assert [(a.fiscal_year, a.ceiling) for a in two.allocations] == [(2026, 601), (2027, 400)]
    second.carried_over = True
    assert with_books(terms, first, [second, first], taxed_accounts=()) == terms
