"""The statement of account as it stands today: a file to keep, or enclosed in a message."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from goodterms.flows.compose_message import compose_statement
from goodterms.web.access import Visit, looking
from goodterms.web.uploads import serve_file


@looking
def statement(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """The PDF of today; where there is nothing to state, the customer's page says so."""
    customer = visit.find_customer(pk)
    files, faults = compose_statement(customer, visit.now)
    if not files:
        for fault in faults:
            messages.error(request, str(fault))
        return HttpResponseRedirect(reverse("customer", args=[visit.organisation.slug, pk]))
    return serve_file(files[0].content, f"statement-{customer.number}-{visit.today}.pdf", files[0].media_type)
