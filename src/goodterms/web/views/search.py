"""Search across customers and open invoices."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from goodterms.web.access import Visit, looking
from goodterms.web.pages import render_page
from goodterms.web.queries.customers import search_customers, search_invoices

FOUND_SHOWN = 30


@looking
def search(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Customers and open invoices that fit the words; a single customer is opened at once."""
    words = request.GET.get("q", "").strip()[:100]
    customers = list(search_customers(visit.organisation, words, FOUND_SHOWN)) if words else []
    invoices = list(search_invoices(visit.organisation, words, FOUND_SHOWN)) if words else []
    found = {customer.pk for customer in customers} | {invoice.customer_id for invoice in invoices}
    if len(found) == 1:
        return HttpResponseRedirect(reverse("customer", args=[visit.organisation.slug, *found]))
    context = {"search_words": words, "customers": customers, "invoices": invoices, "shown": FOUND_SHOWN}
    return render_page(request, visit, "search.html", context, section="search")
