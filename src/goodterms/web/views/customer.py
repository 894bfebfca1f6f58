"""One customer: what is owed, why it is late, what was said, what comes next; and a person's word on it."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from goodterms.core.refusal import Refusal
from goodterms.flows.lift_hold import lift_hold
from goodterms.flows.override_profile import PROFILES, override_profile, remove_override
from goodterms.flows.place_hold import place_hold
from goodterms.flows.portal_links import working_links
from goodterms.flows.write_contact import Particulars, write_contact
from goodterms.followup.models import CustomerProfile, Hold
from goodterms.followup.policy import policy_of
from goodterms.ledger.models import Contact, Customer
from goodterms.web.access import Visit, acting, go_back, looking
from goodterms.web.forms import ContactForm, HoldForm, OverrideForm
from goodterms.web.pages import render_page, render_part
from goodterms.web.picture import chart_data
from goodterms.web.queries.ap_profile import read_ap
from goodterms.web.queries.balances import balances_of
from goodterms.web.queries.coming import foresee_touches
from goodterms.web.queries.customer import (
    contacts_of,
    customer_day,
    explain_profile,
    explain_verdict,
    foresee_next,
    holds_in_force,
    next_touches,
    open_tasks_of,
    slice_items,
    undated_items,
)
from goodterms.web.queries.customer_agreements import agreements_of
from goodterms.web.queries.habit_picture import draw_habits
from goodterms.web.queries.paper import letters_of
from goodterms.web.queries.pay_days import count_pay_days
from goodterms.web.queries.timeline import GROUPS, TimelineFilter, slice_timeline
from goodterms.web.words import HOLD_REASONS, ROLES

COMING_DAYS = 28


@looking
def customer(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """The customer's page."""
    found = visit.find_customer(pk)
    return render_page(request, visit, "customer.html", page_context(visit, found), section="customers")


@looking
def customer_items(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """More open items, for the list within the page."""
    found = visit.find_customer(pk)
    items = slice_items(found, visit.organisation, request.GET.get("cursor", ""))
    context = {"customer": found, "items": items, "local_day": customer_day(visit, found)}
    return render_part(request, visit, "parts/item_rows.html", context)


@looking
def customer_outlook(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """What the next run would do, and why: decided anew, so the page shows it once it is there."""
    found = visit.find_customer(pk)
    context = {"customer": found, "outlook": foresee_next(visit.organisation, found, visit.now)}
    if request.headers.get("HX-Request"):
        return render_part(request, visit, "parts/customer_outlook.html", context)
    return render_page(request, visit, "outlook.html", context, section="customers")


@looking
def customer_coming(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """What would go out in the coming weeks if nobody pays and nobody answers."""
    found = visit.find_customer(pk)
    context = {"customer": found, "coming": foresee_touches(visit.organisation, found, visit.now, COMING_DAYS)}
    if request.headers.get("HX-Request"):
        return render_part(request, visit, "parts/customer_coming.html", context)
    return render_page(request, visit, "coming.html", context, section="customers")


@acting
def profile_override(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Overrule the profile."""
    found = visit.find_customer(pk)
    form = OverrideForm(request.POST)
    if not form.is_valid():
        return with_faults(request, visit, found, {"override_form": form})
    given = form.cleaned_data
    override_profile(
        visit.organisation, found, given["profile"], reason=given["reason"], actor=visit.actor, now=visit.now
    )
    messages.success(request, _("Profile overruled; the next decision follows your word."))
    return go_back(request, _address(visit, found))


@acting
def profile_restore(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Let the rules speak again."""
    found = visit.find_customer(pk)
    remove_override(visit.organisation, found, actor=visit.actor, now=visit.now)
    messages.success(request, _("The profile follows the rules again."))
    return go_back(request, _address(visit, found))


@acting
def hold_place(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Pause chasing until a date."""
    found = visit.find_customer(pk)
    form = HoldForm(request.POST, customer=found)
    if not form.is_valid():
        return with_faults(request, visit, found, {"hold_form": form})
    try:
        place_hold(visit.organisation, found, actor=visit.actor, now=visit.now, **form.cleaned_data)
    except Refusal as refusal:
        form.add_error("until", str(refusal))
        return with_faults(request, visit, found, {"hold_form": form})
    messages.success(request, _("Paused; the hold lifts itself the day after its last day."))
    return go_back(request, _address(visit, found))


@acting
def hold_lift(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """End a hold before its date."""
    holds = Hold.objects.select_related("customer", "invoice").filter(organisation=visit.organisation, pk=pk)
    hold = visit.limit(holds).first()
    if hold is None:
        raise Http404
    lift_hold(visit.organisation, hold, actor=visit.actor, now=visit.now)
    messages.success(request, _("Lifted; chasing goes on with the next run."))
    back = _address(visit, hold.customer) if hold.customer else reverse("today", args=[visit.organisation.slug])
    return go_back(request, back)


@acting
def contact_add(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Write a new contact down."""
    return _write_contact(request, visit, visit.find_customer(pk), None)


@acting
def contact_correct(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Correct a contact."""
    contacts = Contact.objects.filter(organisation=visit.organisation, pk=pk)
    found = visit.limit(contacts).first()
    if found is None:
        raise Http404
    return _write_contact(request, visit, visit.find_customer(found.customer_id), found)


def _write_contact(request: HttpRequest, visit: Visit, whose: Customer, contact: Contact | None) -> HttpResponse:
    form = ContactForm(request.POST)
    faults = {"contact_form": form, "contact_pk": contact.pk if contact else 0}
    if not form.is_valid():
        return with_faults(request, visit, whose, faults)
    try:
        write_contact(
            visit.organisation,
            whose,
            Particulars(**form.cleaned_data),
            actor=visit.actor,
            now=visit.now,
            contact=contact,
        )
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return with_faults(request, visit, whose, faults)
    messages.success(request, _("Contact kept; the next message goes by it."))
    return go_back(request, _address(visit, whose))


def page_context(visit: Visit, found: Customer) -> dict[str, Any]:
    """All that the customer's page shows."""
    local_day = customer_day(visit, found)
    standing: CustomerProfile | None = getattr(found, "profile", None)
    touches = next_touches(found)
    picture = draw_habits(found, visit.organisation, local_day)
    return {
        "customer": found,
        "local_day": local_day,
        "latest_hold_day": local_day + timedelta(days=policy_of(visit.organisation).numbers.hold_longest_days),
        "standing": standing,
        "profile_explanation": explain_profile(visit.organisation, standing) if standing else None,
        "verdict_explanation": explain_verdict(visit.organisation, standing) if standing else None,
        "balances": balances_of(visit.organisation, [found.pk], local_day).get(found.pk, []),
        "items": slice_items(found, visit.organisation, ""),
        "undated": undated_items(found, visit.organisation),
        "holds": holds_in_force(found, local_day),
        "hold_reasons": HOLD_REASONS,
        "profiles": PROFILES,
        "contacts": contacts_of(found),
        "roles": ROLES,
        "tasks": open_tasks_of(found),
        "touches": touches,
        "ap": read_ap(visit.organisation, found),
        "portal_links": working_links(found, visit.now),
        "letters": letters_of(found),
        "agreements": agreements_of(found, local_day),
        "timeline": slice_timeline(found, "", TimelineFilter(), visit.zone),
        "timeline_groups": GROUPS,
        "picture": picture,
        "pay_days": count_pay_days(found),
        "chart": chart_data(picture, visit.locale, standing),
    }


def with_faults(request: HttpRequest, visit: Visit, found: Customer, forms: dict[str, Any]) -> HttpResponse:
    """The page again with what was typed and what is wrong with it; nothing was changed."""
    context = {**page_context(visit, found), **forms}
    return render_page(request, visit, "customer.html", context, section="customers", status=422)


def _address(visit: Visit, found: Customer) -> str:
    return reverse("customer", args=[visit.organisation.slug, found.pk])
