"""What a customer owes, claim by claim: what an agreement can be about."""

from goodterms.flows.agreed_invoices import CLAIMS
from goodterms.ledger.models import Customer, Invoice

MOST_CLAIMS = 2000


def open_claims(customer: Customer) -> list[Invoice]:
    """The customer's open invoices and fees, the oldest due date first, those without one last."""
    rows = Invoice.objects.filter(
        customer=customer, kind__in=CLAIMS, status=Invoice.Status.POSTED, open_amount_minor__gt=0
    )
    dated = rows.filter(due_date__isnull=False).order_by("due_date", "pk")[:MOST_CLAIMS]
    return [*dated, *rows.filter(due_date__isnull=True).order_by("pk")[:MOST_CLAIMS]]
