"""Fees: what was charged for paying late, what is still open of it, and what was taken back."""

from dataclasses import dataclass

from django.db.models import Q
from django.http import Http404

from goodterms.followup.models import Fee
from goodterms.ledger.models import Invoice
from goodterms.web.access import Visit
from goodterms.web.lists import Count, Slice, count_up_to, slice_rows

STATES = ("", "open", "waived")
ORDER = ("-charged_date", "-pk")


@dataclass(frozen=True)
class FeePage:
    """One page of the list."""

    slice: Slice[Fee]
    count: Count


def list_fees(visit: Visit, state: str, reason: str, words: str, cursor: str) -> FeePage:
    """A page of fees, the last charged first."""
    rows = visit.limit(Fee.objects.filter(organisation=visit.organisation))
    if state == "open":
        rows = rows.filter(claim__open_amount_minor__gt=0)
    if state == "waived":
        rows = rows.filter(waived_date__isnull=False)
    if reason:
        rows = rows.filter(reason=reason)
    if words:
        rows = rows.filter(Q(customer__name__icontains=words) | Q(claim__number__iexact=words))
    page = slice_rows(rows.select_related("customer", "claim", "for_invoice"), ORDER, cursor)
    return FeePage(page, count_up_to(rows))


def find_fee(visit: Visit, claim: Invoice) -> Fee:
    """The fee behind a claim; raises Http404 where the claim is none."""
    found = Fee.objects.filter(organisation=visit.organisation, claim=claim).select_related("claim", "customer").first()
    if found is None:
        raise Http404
    return found
