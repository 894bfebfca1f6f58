"""The list of customers: found, filtered, sorted by name or by what is overdue in one currency."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Exists, Min, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from goodterms.ledger.models import Contact, Customer
from goodterms.organizations.models import Organisation
from goodterms.organizations.scope import within
from goodterms.web.access import Visit
from goodterms.web.lists import Count, Slice, count_up_to, slice_rows, slice_sums
from goodterms.web.queries.balances import Balance, balances_of, is_due_in, is_overdue, open_items, window_of

SORTS_BY_NAME = {"name": ("name", "pk"), "-name": ("-name", "-pk"), "number": ("number", "pk")}


@dataclass(frozen=True)
class CustomerFilter:
    """What a person asked the list for; empty words leave everything in."""

    words: str = ""
    profile: str = ""
    verdict: str = ""
    age: str = ""
    sort: str = "name"
    is_mine: bool = False


@dataclass
class CustomerRow:
    """A customer with its accounts."""

    customer: Customer
    balances: list[Balance] = field(default_factory=list)

    @property
    def oldest_due_date(self) -> date | None:
        return min((one.oldest_due_date for one in self.balances if one.oldest_due_date), default=None)


@dataclass(frozen=True)
class CustomerPage:
    """One page of the list."""

    slice: Slice[CustomerRow]
    count: Count


def list_customers(visit: Visit, wanted: CustomerFilter, cursor: str) -> CustomerPage:
    """A page of customers; the sort ``overdue:EUR`` lists those with anything open in that currency."""
    organisation, today = visit.organisation, visit.today
    if wanted.sort.startswith("overdue:"):
        return _by_overdue(visit, wanted, cursor)
    customers = visit.customers().filter(_wanted(wanted, "", visit))
    if wanted.age:
        customers = customers.filter(_of_oldest_age(organisation, wanted.age, today))
    order = SORTS_BY_NAME.get(wanted.sort, SORTS_BY_NAME["name"])
    page = slice_rows(customers.select_related("profile"), order, cursor)
    rows = _with_balances(organisation, page.rows, today)
    return CustomerPage(Slice(rows, page.next, page.previous), count_up_to(customers))


def _by_overdue(visit: Visit, wanted: CustomerFilter, cursor: str) -> CustomerPage:
    """One pass over the index of open invoices sums what is overdue; only the page's customers are read."""
    organisation, today = visit.organisation, visit.today
    owing = visit.limit(open_items(organisation)).filter(
        _wanted(wanted, "customer__", visit), currency=wanted.sort.removeprefix("overdue:")
    )
    sums = owing.values("customer_id").annotate(
        overdue=Coalesce(Sum("open_amount_minor", filter=is_overdue(today)), 0),
        oldest=Min("due_date", filter=is_overdue(today)),
    )
    if wanted.age:
        sums = sums.filter(_oldest_in(wanted.age, today))
    page = slice_sums(sums, ("-overdue", "customer_id"), cursor)
    ids = [row["customer_id"] for row in page.rows]
    found = Customer.objects.filter(pk__in=ids).select_related("profile").in_bulk()
    rows = _with_balances(organisation, [found[pk] for pk in ids], today)
    return CustomerPage(Slice(rows, page.next, page.previous), count_up_to(sums))


def _wanted(wanted: CustomerFilter, prefix: str, visit: Visit) -> Q:
    """The words and standings asked for, on customers or (with a prefix) on what points to them."""
    condition = Q()
    if wanted.words:
        condition &= Q((f"{prefix}name__icontains", wanted.words)) | Q((f"{prefix}number__iexact", wanted.words))
    if wanted.profile:
        by_hand = Q((f"{prefix}profile__override_profile", wanted.profile))
        by_rule = Q((f"{prefix}profile__override_profile", ""), (f"{prefix}profile__profile", wanted.profile))
        condition &= by_hand | by_rule
    if wanted.verdict:
        condition &= Q((f"{prefix}profile__verdict", wanted.verdict))
    if wanted.is_mine:
        condition &= Q((f"{prefix}collector", visit.membership))
    return condition


def _oldest_in(age: str, today: date) -> Q:
    """Sums whose oldest overdue invoice is of this age."""
    if age == "overdue":
        return Q(oldest__isnull=False)
    if age == "not_due":
        return Q(oldest__isnull=True)
    return is_due_in(age, today, "oldest")


def _of_oldest_age(organisation: Organisation, age: str, today: date) -> Q:
    """Customers whose oldest overdue invoice is of this age."""
    own = open_items(organisation).filter(is_overdue(today), customer=OuterRef("pk"))
    if age == "overdue":
        return Q(Exists(own))
    if age == "not_due":
        return ~Q(Exists(own))
    first, _ = window_of(age, today)
    condition = Q(Exists(own.filter(is_due_in(age, today))))
    return condition & ~Q(Exists(own.filter(due_date__lt=first))) if first else condition


def _with_balances(organisation: Organisation, customers: Iterable[Customer], today: date) -> list[CustomerRow]:
    listed = list(customers)
    accounts = balances_of(organisation, [customer.pk for customer in listed], today)
    return [CustomerRow(customer, accounts.get(customer.pk, [])) for customer in listed]


def named_like(organisation: Organisation, words: str) -> "QuerySet[Customer, int]":
    """The ids of customers whose name has these words in it: for lists that are searched by customer."""
    return Customer.objects.filter(organisation=organisation, name__icontains=words).values_list("pk", flat=True)


def search_customers(organisation: Organisation, words: str, limit: int) -> "QuerySet[Customer]":
    """Customers by name, number or a contact's address."""
    by_contact = Contact.objects.filter(organisation=organisation, email__icontains=words).values("customer_id")
    wanted = Q(name__icontains=words) | Q(number__iexact=words) | Q(pk__in=by_contact)
    return (
        within(organisation, Customer.objects.all()).filter(wanted).select_related("profile").order_by("name")[:limit]
    )
