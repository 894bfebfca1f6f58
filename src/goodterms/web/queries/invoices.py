"""The list of open items: found by number or customer, filtered, sorted by due date or amount, a million of them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from goodterms.core.money import Money
from goodterms.flows.agreed_invoices import CLAIMS
from goodterms.followup.models import Dispute, Hold, PaymentPlan, PlanInvoice, Promise, PromisedInvoice, Touch
from goodterms.ledger.models import Customer, Invoice
from goodterms.ledger.search_keys import NumberKey, number_key
from goodterms.organizations.models import Organisation
from goodterms.web.access import Visit
from goodterms.web.lists import Count, Slice, count_up_to, slice_rows
from goodterms.web.queries.balances import AGES, is_due_in, open_items

AGE_STATES = tuple(age for age in AGES if age != "not_due")
STATES = ("overdue", *AGE_STATES, "not_due", "fee", "credit_note", "undated", "settled")
MARKS = ("disputed", "promised", "planned", "held")
SORTS = {
    "due": ("due_date", "pk"),
    "-due": ("-due_date", "-pk"),
    "-amount": ("-open_amount_minor", "-pk"),
    "amount": ("open_amount_minor", "pk"),
}
AS_ENTERED = ("pk",)
NEWEST = ("-issue_date", "-pk")
FEW = 500


@dataclass(frozen=True)
class InvoiceFilter:
    """What a person asked the list for; empty words leave everything in."""

    words: str = ""
    state: str = ""
    mark: str = ""
    step: str = ""
    currency: str = ""
    least: Money | None = None
    customer: Customer | None = None
    sort: str = "due"

    @property
    def is_selective(self) -> bool:
        """Whether few of a million items may be left."""
        is_rare = self.state in ("fee", "credit_note", "undated")
        return is_rare or bool(self.words or self.mark or self.step or self.least or self.customer)

    @property
    def is_narrow(self) -> bool:
        """Whether anything is left out on purpose."""
        return self.is_selective or bool(self.state or self.currency)


@dataclass
class InvoiceRow:
    """An item with what holds it back and the step its customer has reached."""

    invoice: Invoice
    state: str
    step: str = ""
    marks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class InvoicePage:
    """One page of the list."""

    slice: Slice[InvoiceRow]
    count: Count


def list_invoices(visit: Visit, wanted: InvoiceFilter, cursor: str) -> InvoicePage:
    """A page of the items of the customers whom this person may see."""
    rows, order = _rows(visit.organisation, wanted, visit.today)
    rows = visit.limit(rows)
    if wanted.is_selective:
        rows = _by_ids_where_few(rows)
    page = slice_rows(rows.select_related("customer"), order, cursor)
    found = _with_marks(visit.organisation, page.rows, visit.today)
    return InvoicePage(Slice(found, page.next, page.previous), count_up_to(rows))


def _by_ids_where_few(rows: "QuerySet[Invoice]") -> "QuerySet[Invoice]":
    """The same items by their ids where they are few.

    Asked for in no order the database begins with what leaves fewest; asked for in order it would read the index of
    due dates from its beginning until a page is full, and once more to count.
    """
    ids = list(rows.order_by().values_list("pk", flat=True)[: FEW + 1])
    return Invoice.objects.filter(pk__in=ids) if len(ids) <= FEW else rows


def state_of(invoice: Invoice, today: date) -> str:
    """Where an item stands on its customer's day: a word of the vocabulary invoice_state."""
    if invoice.status == Invoice.Status.VOID:
        return "void"
    if not invoice.open_amount_minor:
        return "settled"
    if invoice.kind == Invoice.Kind.CREDIT_NOTE:
        return "credit"
    if invoice.due_date is None:
        return "undated"
    return "overdue" if invoice.due_date < today else "not_due"


def steps_in_use(organisation: Organisation) -> list[str]:
    """Every step that was ever taken, in alphabetical order: by jumping along its index."""
    found: list[str] = []
    touches = Touch.objects.filter(organisation=organisation).order_by("step").values_list("step", flat=True)
    while (step := touches.filter(step__gt=found[-1] if found else "").first()) is not None:
        found.append(step)
    return found


def _rows(organisation: Organisation, wanted: InvoiceFilter, today: date) -> tuple["QuerySet[Invoice]", Sequence[str]]:
    """The items and their order; a number that is known is looked for alone, paid ones included."""
    if wanted.words:
        numbered = _numbered(organisation, wanted.words)
        if numbered:
            return Invoice.objects.filter(organisation=organisation, pk__in=numbered), AS_ENTERED
    if wanted.state == "settled":
        rows = Invoice.objects.filter(organisation=organisation, open_amount_minor=0)
        return rows.filter(_narrowed(organisation, wanted, today)), NEWEST
    rows = open_items(organisation).filter(_narrowed(organisation, wanted, today))
    if wanted.state in ("undated", "credit_note"):
        return rows, AS_ENTERED
    return rows.filter(due_date__isnull=False), SORTS[wanted.sort]


def _numbered(organisation: Organisation, words: str) -> list[int]:
    """The ids of items with this number.

    A column that stands in no index is read too: SQLite would rather walk through an index that holds all that is
    asked for than look into the one of numbers.
    """
    keyed = Invoice.objects.alias(key=NumberKey("number"))
    found = keyed.filter(organisation=organisation, key=number_key(words))
    return [pk for pk, _day in found.values_list("pk", "issue_date")[:FEW]]


def _narrowed(organisation: Organisation, wanted: InvoiceFilter, today: date) -> Q:
    condition = _of_state(wanted.state, today)
    if wanted.words:
        named = Q(name__icontains=wanted.words) | Q(number__iexact=wanted.words)
        condition &= _in_few(Customer.objects.filter(named, organisation=organisation).values_list("pk", flat=True))
    if wanted.customer:
        condition &= Q(customer=wanted.customer)
    if wanted.currency:
        condition &= Q(currency=wanted.currency)
    if wanted.least:
        condition &= Q(open_amount_minor__gte=wanted.least.amount_minor)
    if wanted.step:
        reached = _at_step(organisation, wanted.step)
        own = Exists(reached.filter(customer_id=OuterRef("customer_id")))
        condition &= _in_few(reached.values_list("customer_id", flat=True), Q(own))
    if wanted.mark:
        condition &= _marked(organisation, wanted.mark, today)
    return condition


def _of_state(state: str, today: date) -> Q:
    claims = Q(kind__in=CLAIMS)
    if state in AGE_STATES:
        return claims & is_due_in(state, today)
    return {
        "overdue": claims & Q(due_date__lt=today),
        "not_due": claims & Q(due_date__gte=today),
        "undated": claims & Q(due_date__isnull=True),
        "fee": Q(kind=Invoice.Kind.FEE),
        "credit_note": Q(kind=Invoice.Kind.CREDIT_NOTE),
    }.get(state, Q())


def _in_few(customers: "QuerySet[Any, int]", one_by_one: Q | None = None) -> Q:
    """Items of these customers: where they are few by their ids, so that the database begins with them.

    Many are looked for as the list goes on (``one_by_one``: in these words), so that its first page is found at once.
    """
    ids = list(customers[: FEW + 1])
    if len(ids) <= FEW:
        return Q(customer_id__in=ids)
    return one_by_one or Q(customer_id__in=customers)


def _at_step(organisation: Organisation, step: str) -> "QuerySet[Touch]":
    """The touches of this step that were the last ones their customer got in the running cycle."""
    later = Touch.objects.filter(customer=OuterRef("customer"), sent_date__isnull=False, pk__gt=OuterRef("pk"))
    reached = Touch.objects.filter(
        organisation=organisation, step=step, sent_date__isnull=False, cycle=F("customer__profile__cycle")
    )
    return reached.filter(~Exists(later))


def _marked(organisation: Organisation, mark: str, today: date) -> Q:
    if mark == "held":
        holds = _holds(organisation, today)
        if holds.filter(customer__isnull=True).exists():
            return Q()
        whole = holds.filter(invoice__isnull=True).values("customer_id")
        return Q(customer_id__in=whole) | Q(pk__in=holds.filter(invoice__isnull=False).values("invoice_id"))
    rows: dict[str, QuerySet[Any]] = {
        "disputed": Dispute.objects.filter(organisation=organisation, resolution=""),
        "promised": PromisedInvoice.objects.filter(
            promise__organisation=organisation, promise__state=Promise.State.OPEN
        ),
        "planned": PlanInvoice.objects.filter(plan__organisation=organisation, plan__state=PaymentPlan.State.ACTIVE),
    }
    return Q(pk__in=rows[mark].values("invoice_id"))


def _holds(organisation: Organisation, today: date) -> "QuerySet[Hold]":
    return Hold.objects.filter(organisation=organisation, lifted_date__isnull=True, until_date__gte=today)


def _with_marks(organisation: Organisation, invoices: Sequence[Invoice], today: date) -> list[InvoiceRow]:
    """The page's items with what is known about them: five queries however many they are."""
    ids = [invoice.pk for invoice in invoices]
    customers = {invoice.customer_id for invoice in invoices}
    marked = _marks_of(organisation, invoices, ids, customers, today)
    steps = _steps_of(customers)
    return [
        InvoiceRow(
            invoice,
            state := state_of(invoice, today),
            steps.get(invoice.customer_id, "") if state == "overdue" else "",
            marked[invoice.pk],
        )
        for invoice in invoices
    ]


def _marks_of(
    organisation: Organisation,
    invoices: Sequence[Invoice],
    ids: Collection[int],
    customers: Collection[int],
    today: date,
) -> dict[int, list[str]]:
    marked: dict[int, list[str]] = defaultdict(list)
    disputes = Dispute.objects.filter(invoice_id__in=ids, resolution="")
    promises = PromisedInvoice.objects.filter(invoice_id__in=ids, promise__state=Promise.State.OPEN)
    plans = PlanInvoice.objects.filter(invoice_id__in=ids, plan__state=PaymentPlan.State.ACTIVE)
    found: Iterable[tuple[str, QuerySet[Any]]] = (("disputed", disputes), ("promised", promises), ("planned", plans))
    for mark, rows in found:
        for invoice_id in rows.values_list("invoice_id", flat=True).distinct():
            marked[invoice_id].append(mark)
    on_hold = Q(customer_id__in=customers) | Q(customer__isnull=True)
    holds = list(_holds(organisation, today).filter(on_hold).values_list("customer_id", "invoice_id"))
    for invoice in invoices:
        if any(who in (None, invoice.customer_id) and what in (None, invoice.pk) for who, what in holds):
            marked[invoice.pk].append("held")
        if invoice.is_disputed and "disputed" not in marked[invoice.pk]:
            marked[invoice.pk].append("disputed")
    return marked


def _steps_of(customers: Collection[int]) -> dict[int, str]:
    """Customer -> the last step taken in the running cycle."""
    taken = Touch.objects.filter(
        customer_id__in=customers, sent_date__isnull=False, cycle=F("customer__profile__cycle")
    )
    return dict(taken.order_by("pk").values_list("customer_id", "step"))
