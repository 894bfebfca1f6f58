"""What was said and done about a customer: searched page by page, and written on."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from goodterms.flows.add_note import LONGEST_NOTE, add_note
from goodterms.ledger.models import Customer, Invoice
from goodterms.web.access import Visit, acting, go_back, looking
from goodterms.web.days import read_day
from goodterms.web.pages import render_page, render_part
from goodterms.web.queries.balances import open_items
from goodterms.web.queries.timeline import CHANNELS, GROUPS, TimelineFilter, people_in, slice_timeline


class NoteForm(forms.Form):
    """A note, about one invoice or the whole account."""

    text = forms.CharField(
        max_length=LONGEST_NOTE,
        error_messages={"required": gettext_lazy("Write a few words; the note stands here for good.")},
    )
    invoice = forms.ModelChoiceField(Invoice.objects.none(), required=False)

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["invoice"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = open_items(customer.organisation).filter(customer=customer)


@looking
def customer_timeline(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """The whole timeline with search and filters; for htmx more of its rows."""
    customer = visit.find_customer(pk)
    wanted = read_filter(request)
    context = {
        "customer": customer,
        "wanted": wanted,
        "timeline": slice_timeline(customer, request.GET.get("cursor", ""), wanted, visit.zone),
    }
    if request.headers.get("HX-Request") and request.GET.get("cursor"):
        return render_part(request, visit, "parts/timeline_rows.html", context)
    context |= {"groups": GROUPS, "channels": CHANNELS, "people": people_in(customer)}
    return render_page(request, visit, "timeline.html", context, section="customers")


@acting
def note_add(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Write a note down."""
    customer = visit.find_customer(pk)
    form = NoteForm(request.POST, customer=customer)
    back = reverse("customer", args=[visit.organisation.slug, pk])
    if not form.is_valid():
        messages.error(request, " ".join(str(fault) for faults in form.errors.values() for fault in faults))
        return go_back(request, back)
    given = form.cleaned_data
    add_note(customer, given["text"], actor=visit.actor, now=visit.now, invoice=given["invoice"])
    messages.success(request, _("Noted in the timeline."))
    return go_back(request, back)


def read_filter(request: HttpRequest) -> TimelineFilter:
    """What the address asks the timeline for; words that make no sense are left out."""
    asked = request.GET.get
    return TimelineFilter(
        words=asked("q", "").strip()[:100],
        group=asked("kind", "") if asked("kind") in GROUPS else "",
        channel=asked("channel", "") if asked("channel") in CHANNELS else "",
        person=asked("person", "")[:200],
        since=read_day(asked("since", "")),
        until=read_day(asked("until", "")),
    )
