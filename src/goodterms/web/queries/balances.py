"""What customers owe, per currency and age; credit notes and cash on account are taken off the balance."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import Min, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from goodterms.ledger.models import Invoice, Payment
from goodterms.organizations.models import Organisation

AGES = ("not_due", "1_30", "31_60", "61_90", "over_90")

# Jumps from currency to currency along the index of open invoices instead of reading them all.
CURRENCIES = """
WITH RECURSIVE found(currency) AS (
  SELECT (SELECT MIN(currency) FROM ledger_invoice WHERE organisation_id = %s AND NOT (open_amount_minor = 0))
  UNION ALL
  SELECT (SELECT MIN(currency) FROM ledger_invoice
          WHERE organisation_id = %s AND NOT (open_amount_minor = 0) AND currency > found.currency)
  FROM found WHERE found.currency IS NOT NULL
)
SELECT currency FROM found WHERE currency IS NOT NULL
"""


@dataclass
class Balance:
    """One customer's account in one currency."""

    currency: str
    invoices_minor: int = 0
    credits_minor: int = 0
    cash_minor: int = 0
    overdue_minor: int = 0
    oldest_due_date: date | None = None
    ages: dict[str, int] = field(default_factory=dict)

    @property
    def open_minor(self) -> int:
        """What is owed on the whole: invoices less credit notes and cash on account."""
        return self.invoices_minor + self.credits_minor - self.cash_minor

    @property
    def shares(self) -> list[tuple[str, int, float]]:
        """Each age with something in it: name, amount, percent of the open invoices."""
        whole = self.invoices_minor or 1
        return [(age, amount, round(100 * amount / whole, 1)) for age, amount in self.ages.items() if amount]


def open_items(organisation: Organisation) -> "QuerySet[Invoice]":
    """The organisation's open invoices and credit notes, in the words the partial indexes understand."""
    return Invoice.objects.filter(~Q(open_amount_minor=0), organisation=organisation)


def is_overdue(today: date) -> Q:
    """An invoice is overdue from the day after its due date."""
    return Q(kind=Invoice.Kind.INVOICE, due_date__lt=today)


def window_of(age: str, today: date) -> tuple[date | None, date | None]:
    """The first and last due date of this age class; None: open at that end."""
    if age == "not_due":
        return today, None
    if age == "over_90":
        return None, today - timedelta(days=91)
    newest, oldest = {"1_30": (1, 30), "31_60": (31, 60), "61_90": (61, 90)}[age]
    return today - timedelta(days=oldest), today - timedelta(days=newest)


def is_due_in(age: str, today: date, field_name: str = "due_date") -> Q:
    """A due date in this age class."""
    first, last = window_of(age, today)
    condition = Q((f"{field_name}__gte", first)) if first else Q()
    return condition & Q((f"{field_name}__lte", last)) if last else condition


def of_age(age: str, today: date) -> Q:
    """Invoices of this age; one without a due date counts as not due."""
    condition = is_due_in(age, today)
    if age == "not_due":
        condition |= Q(due_date__isnull=True)
    return Q(kind=Invoice.Kind.INVOICE) & condition


def balances_of(organisation: Organisation, customer_ids: Collection[int], today: date) -> dict[int, list[Balance]]:
    """The accounts of these customers, by customer; two queries however many there are."""
    accounts: dict[int, dict[str, Balance]] = defaultdict(dict)
    items = open_items(organisation).filter(customer_id__in=customer_ids)
    for row in _sum_items(items, today):
        accounts[row["customer_id"]][row["currency"]] = Balance(
            currency=row["currency"],
            invoices_minor=row["invoices"],
            credits_minor=row["credits"],
            overdue_minor=row["overdue"],
            oldest_due_date=row["oldest"],
            ages={age: row[f"age_{age}"] for age in AGES},
        )
    cash = Payment.objects.filter(
        ~Q(unallocated_minor=0), organisation=organisation, customer_id__in=customer_ids, returned_date__isnull=True
    )
    for account in cash.values("customer_id", "currency").annotate(cash=Sum("unallocated_minor")):
        own = accounts[account["customer_id"]]
        own.setdefault(account["currency"], Balance(account["currency"])).cash_minor = account["cash"]
    return {
        customer_id: sorted(own.values(), key=lambda balance: (-balance.overdue_minor, -balance.open_minor))
        for customer_id, own in accounts.items()
    }


def _sum_items(items: "QuerySet[Invoice]", today: date) -> Iterable[Any]:
    def total(condition: Q) -> Coalesce:
        return Coalesce(Sum("open_amount_minor", filter=condition), 0)

    return items.values("customer_id", "currency").annotate(
        invoices=total(Q(kind=Invoice.Kind.INVOICE)),
        credits=total(Q(kind=Invoice.Kind.CREDIT_NOTE)),
        overdue=total(is_overdue(today)),
        oldest=Min("due_date", filter=is_overdue(today)),
        **{f"age_{age}": total(of_age(age, today)) for age in AGES},
    )


def open_currencies(organisation: Organisation) -> list[str]:
    """The currencies in which something is open, in alphabetical order."""
    with connection.cursor() as cursor:
        cursor.execute(CURRENCIES, [organisation.pk, organisation.pk])
        return [currency for (currency,) in cursor.fetchall()]
