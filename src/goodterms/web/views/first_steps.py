"""The first steps of a newcomer: an invented ledger to try, and the first look at what would go out."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from goodterms.flows.look_ahead import DAYS, look_ahead
from goodterms.flows.try_example import try_example
from goodterms.flows.try_policy import is_small
from goodterms.ledger.models import Customer
from goodterms.web.access import Visit, looking_to_manage, owning
from goodterms.web.pages import render_page

SHOWN = 200


@owning
def example_try(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Make an organisation with an invented ledger, and go there."""
    made = try_example(visit.user, now=visit.now)
    messages.success(request, _("This is an invented company in test mode: try what you like, nothing leaves."))
    return HttpResponseRedirect(reverse("first-preview", args=[made.slug]), status=303)


@looking_to_manage
def first_preview(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What would go out in the coming week; where there is much, a worker looks ahead instead."""
    context: dict[str, Any] = {"days": DAYS, "is_small": is_small(visit.organisation), "shown": SHOWN}
    if context["is_small"]:
        coming = look_ahead(visit.organisation, visit.now)
        rows = list(coming.head(SHOWN).iter_rows(named=True))
        names = Customer.objects.filter(organisation=visit.organisation).in_bulk({row["customer_id"] for row in rows})
        context |= {
            "rows": [{**row, "customer": names[row["customer_id"]]} for row in rows],
            "total": coming.height,
            "customers": coming["customer_id"].n_unique(),
        }
    return render_page(request, visit, "first_preview.html", context, section="today")
