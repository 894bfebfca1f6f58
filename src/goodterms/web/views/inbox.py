"""The inbox: what customers wrote, what it may mean, and a person's word on it."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from goodterms.flows.assign_reply import assign_reply
from goodterms.flows.care_for_reply import acting_members, give_reply, snooze_reply
from goodterms.flows.handle_reply import READINGS, handle_reply, open_suggestions, refuse_suggestion
from goodterms.flows.reply_deeds import Given
from goodterms.flows.thread_reply import PUBLIC_DOMAINS
from goodterms.flows.write_contact import Particulars
from goodterms.followup.models import Dispute, Reply, ReplyAttachment
from goodterms.importers.amounts import read_amount
from goodterms.ledger.models import Customer, Invoice
from goodterms.web.access import Visit, acting, go_back, looking
from goodterms.web.lists import count_up_to, slice_rows
from goodterms.web.pages import render_page
from goodterms.web.queries.balances import open_items
from goodterms.web.queries.customer import contacts_of
from goodterms.web.queries.customers import search_customers
from goodterms.web.queries.inbox import (
    ORDERS,
    STATES,
    STRANGERS,
    find_reply,
    list_replies,
    marked_text,
    read_suggestions,
    thread_of,
)
from goodterms.web.shut_in import shut_in
from goodterms.web.uploads import serve_file

CUSTOMERS_OFFERED = 20

READING_WORDS = {
    "promise": gettext_lazy("Promises to pay"),
    "already_paid": gettext_lazy("Says it is paid"),
    "copy_wanted": gettext_lazy("Wants a copy"),
    "dispute": gettext_lazy("Disputes it"),
    "wrong_contact": gettext_lazy("Wrong contact"),
    "out_of_business": gettext_lazy("Out of business"),
    "cannot_pay": gettext_lazy("Cannot pay, or asks for time"),
    "forewarning": gettext_lazy("Tells us beforehand"),
    "unsubscribe": gettext_lazy("Wants no more messages"),
    "abuse": gettext_lazy("Rude words"),
    "none": gettext_lazy("Nothing to do"),
}


class HandleForm(forms.Form):
    """What an answer means, with what the person confirmed or corrected."""

    reading = forms.ChoiceField(choices=[(name, name) for name in READINGS])
    by = forms.DateField(required=False)
    amount = forms.CharField(required=False, max_length=40)
    currency = forms.CharField(required=False, max_length=3)
    reason = forms.ChoiceField(required=False, choices=[("", ""), *Dispute.Reason.choices])
    invoices = forms.ModelMultipleChoiceField(Invoice.objects.none(), required=False)
    contact_name = forms.CharField(required=False, max_length=200)
    contact_email = forms.CharField(required=False, max_length=254)
    note = forms.CharField(required=False, max_length=1000)
    is_last = forms.BooleanField(required=False)

    def __init__(self, *args: Any, reply: Reply, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["invoices"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        if reply.customer is not None:
            field.queryset = open_items(reply.organisation).filter(customer=reply.customer)


class SnoozeForm(forms.Form):
    """Until when an answer may lie; empty: no longer."""

    until = forms.DateField(required=False)


@looking
def inbox(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Answers that wait for a person, strangers' mails, or those that were handled."""
    asked = request.GET.get
    wanted = {
        "q": asked("q", "").strip()[:100],
        "state": asked("state", "") if asked("state") in STATES else "",
        "sort": asked("sort", "") if asked("sort") in ORDERS else "newest",
    }
    rows = list_replies(visit, state=wanted["state"], words=wanted["q"])
    found = slice_rows(rows, ORDERS[wanted["sort"]], asked("cursor", ""))
    context = {
        "slice": found,
        "meanings": {reply.pk: [READING_WORDS[kind] for kind in open_suggestions(reply)] for reply in found.rows},
        "count": count_up_to(rows),
        "wanted": wanted,
        "states": [state for state in STATES if state != STRANGERS or not visit.is_limited],
    }
    return render_page(request, visit, "inbox.html", context, section="inbox")


@looking
def reply(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """One answer: its text with the sentences that mean something, and what a person may do about it."""
    found = _find(visit, pk)
    customer = found.customer
    read = read_suggestions(found, visit.now)
    context = {
        "reply": found,
        "customer": customer,
        "pieces": list(marked_text(found)),
        "read": [(one, READING_WORDS[one.kind]) for one in read],
        "others": [(name, READING_WORDS[name]) for name in READINGS if name not in {one.kind for one in read}],
        "reasons": Dispute.Reason.choices,
        "invoices": list(open_items(visit.organisation).filter(customer=customer)[:50]) if customer else [],
        "contacts": contacts_of(customer) if customer else [],
        "attachments": list(found.attachments.defer("content").order_by("pk")),
        "thread": thread_of(customer, here=found) if customer else [],
        "members": acting_members(visit.organisation) if not found.handled_at else [],
        "tomorrow": visit.today + timedelta(days=1),
        "sought": request.GET.get("customer", "").strip()[:100],
        "candidates": _candidates(visit, found, request.GET.get("customer", "")),
    }
    return render_page(request, visit, "reply.html", context, section="inbox")


@looking
def reply_html(request: HttpRequest, visit: Visit, pk: int) -> HttpResponseBase:
    """The answer's own sanitised HTML, for the frame that shuts it in."""
    found = _find(visit, pk)
    if not found.html:
        raise Http404
    return shut_in(request, found.html)


@looking
def reply_original(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """The answer exactly as it came, as a file."""
    found = _find(visit, pk)
    return serve_file(bytes(found.content), f"answer-{found.pk}.eml", found.content_type)


@looking
def reply_file(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """An attachment, as a file to keep; never shown in the page."""
    files = ReplyAttachment.objects.filter(pk=pk, reply__organisation=visit.organisation)
    own = visit.limit(files, "reply__customer").first()
    if own is None or own.content is None:
        raise Http404
    return serve_file(bytes(own.content), own.file_name, own.media_type)


@acting
def reply_handle(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Take the answer for what the person says it means."""
    found = _find(visit, pk)
    form = HandleForm(request.POST, reply=found)
    if not form.is_valid():
        for faults in form.errors.values():
            messages.error(request, " ".join(str(fault) for fault in faults))
        return go_back(request, _page(visit, found))
    values = form.cleaned_data
    suggestion = open_suggestions(found).get(values["reading"], {})
    currency = values["currency"] or visit.organisation.currency
    email = values["contact_email"].strip()
    given = Given(
        invoices=list(values["invoices"]),
        amount=read_amount(values["amount"], currency) if values["amount"] else None,
        by=values["by"],
        reason=values["reason"],
        quote=suggestion.get("quote", ""),
        note=values["note"].strip(),
        contact=Particulars(values["contact_name"], "accounts_payable", email, "") if email else None,
    )
    done = handle_reply(
        found, reading=values["reading"], given=given, actor=visit.actor, now=visit.now, is_last=values["is_last"]
    )
    messages.success(request, done.outcome or _("Noted. Say what the rest of the answer means, too."))
    return go_back(request, _page(visit, found))


@acting
def reply_refuse(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """It does not mean that."""
    found = _find(visit, pk)
    refuse_suggestion(found, kind=request.POST.get("kind", ""), actor=visit.actor, now=visit.now)
    messages.success(request, _("Noted: it does not mean that."))
    return go_back(request, _page(visit, found))


@acting
def reply_assign(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Say whose answer a stranger's mail is."""
    found = _find(visit, pk)
    number = request.POST.get("customer", "").strip()
    customer = visit.customers().filter(number=number).first()
    if customer is None:
        messages.error(request, _("There is no customer with the number “%(number)s”.") % {"number": number})
        return go_back(request, _page(visit, found))
    is_contact = bool(request.POST.get("is_contact"))
    assign_reply(visit.organisation, found, customer, actor=visit.actor, now=visit.now, is_contact=is_contact)
    messages.success(request, _("Put to %(name)s.") % {"name": customer.name})
    return go_back(request, _page(visit, found))


@acting
def reply_give(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Say who is to read it."""
    found = _find(visit, pk)
    to = request.POST.get("owner", "").strip()
    give_reply(visit.organisation, found, to=to, actor=visit.actor, now=visit.now)
    messages.success(request, _("For %(name)s to read.") % {"name": to} if to else _("For anybody to read."))
    return go_back(request, _page(visit, found))


@acting
def reply_snooze(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Lay it aside until a day, or take it back into the list."""
    found = _find(visit, pk)
    form = SnoozeForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Name the day on which it shall be back in the list."))
        return go_back(request, _page(visit, found))
    until = form.cleaned_data["until"]
    snooze_reply(visit.organisation, found, until=until, actor=visit.actor, now=visit.now)
    messages.success(request, _("Laid aside; chasing waits meanwhile.") if until else _("Back in the list."))
    return go_back(request, reverse("inbox", args=[visit.organisation.slug]) if until else _page(visit, found))


def _candidates(visit: Visit, found: Reply, words: str) -> list[Customer]:
    """Customers whose answer a stranger's mail may be: by the words that were sought, else by the sender's domain."""
    if found.customer_id is not None or found.handled_at is not None:
        return []
    sought = words.strip()[:100]
    if not sought:
        domain = found.from_address.rpartition("@")[2]
        sought = f"@{domain}" if domain and domain not in PUBLIC_DOMAINS else ""
    if not sought:
        return []
    named = [one.pk for one in search_customers(visit.organisation, sought, CUSTOMERS_OFFERED)]
    return list(visit.customers().filter(pk__in=named).order_by("name"))


def _find(visit: Visit, pk: int) -> Reply:
    found = find_reply(visit, pk)
    if found is None:
        raise Http404
    return found


def _page(visit: Visit, found: Reply) -> str:
    return reverse("reply", args=[visit.organisation.slug, found.pk])
