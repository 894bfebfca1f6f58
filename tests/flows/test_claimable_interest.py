"""Interest that could be claimed equals the law's own computation, item by item, and only on what may be asked for."""

from datetime import UTC, date, datetime

import pytest

from goodterms.core.interest import interest_due
from goodterms.core.money import Money
from goodterms.flows.claimable_interest import claimable_interest, sum_claimable
from goodterms.flows.decide_day import decide_for
from goodterms.followup.statutory import shipped_regimes
from goodterms.organizations.models import Organisation
from tests.factories import make_customer, make_invoice, make_organisation

TODAY = date(2026, 3, 10)
MOMENT = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)


def claims_of(organisation: Organisation) -> list[tuple[str, int]]:
    decided = decide_for(organisation, MOMENT)
    claims = claimable_interest(decided.evidence, decided.policy, TODAY)
    return [(row["currency"], row["claimable_minor"]) for row in sum_claimable(claims).iter_rows(named=True)]


@pytest.mark.django_db(transaction=True)
def test_the_sum_is_the_law_s_for_each_overdue_item() -> None:
    organisation = make_organisation(country="DE", timezone="Europe/Berlin")
    customer = make_customer(organisation)
    due = {"A": (date(2025, 11, 3), 1_234_56), "B": (date(2026, 1, 20), 99_00)}
    for number, (day, amount) in due.items():
        make_invoice(customer, number, due=day, amount_minor=amount, currency="EUR")
    make_invoice(customer, "C", due=date(2026, 3, 10), amount_minor=500_00, currency="EUR")
    law = shipped_regimes().for_country("DE")
    assert law is not None
    expected = 0
    for day, amount in due.values():
        claim = interest_due(law, Money(amount, "EUR"), day, TODAY)
        expected += claim.interest.amount_minor + claim.compensation.amount_minor
    assert claims_of(organisation) == [("EUR", expected)]
    assert expected > 80_00, "two times 40 EUR and some interest"


@pytest.mark.django_db(transaction=True)
def test_disputed_and_credited_amounts_bear_none() -> None:
    organisation = make_organisation(country="DE", timezone="Europe/Berlin")
    customer = make_customer(organisation)
    make_invoice(customer, "A", due=date(2025, 11, 3), amount_minor=100_00, currency="EUR", is_disputed=True)
    make_invoice(customer, "B", due=date(2025, 11, 3), amount_minor=100_00, currency="EUR")
    make_invoice(customer, "N", due=date(2025, 11, 3), amount_minor=-100_00, currency="EUR")
    assert claims_of(organisation) == []


@pytest.mark.django_db(transaction=True)
def test_a_country_without_a_known_law_bears_none() -> None:
    organisation = make_organisation(country="US", timezone="America/New_York")
    make_invoice(make_customer(organisation), "A", due=date(2025, 11, 3), currency="USD")
    assert claims_of(organisation) == []
