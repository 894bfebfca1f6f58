"""Search across customers and invoices."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from goodterms.web.access import Visit, looking
from goodterms.web.pages import render_page
from goodterms.web.queries.search import FOUND_SHOWN, search_everywhere


@looking
def search(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Customers and invoices that fit the words; where all is about one customer, that one is opened at once."""
    words = request.GET.get("q", "").strip()[:100]
    found = search_everywhere(visit, words)
    only = found.only_customer()
    if only is not None:
        return HttpResponseRedirect(reverse("customer", args=[visit.organisation.slug, only]))
    context = {
        "search_words": words,
        "customers": found.customers,
        "invoices": found.invoices,
        "shown": FOUND_SHOWN,
    }
    return render_page(request, visit, "search.html", context, section="search")
