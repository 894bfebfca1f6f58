"""Disputes: what customers do not accept, who looks after it until when, and how it ended."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from goodterms.core.refusal import Refusal
from goodterms.flows.attach_to_dispute import attach_to_dispute
from goodterms.flows.reassign_dispute import reassign_dispute
from goodterms.flows.resolve_dispute import resolve_dispute
from goodterms.followup.models import Dispute
from goodterms.web.access import Visit, acting, go_back, looking
from goodterms.web.agreement_words import DISPUTE_REASONS, RESOLUTIONS
from goodterms.web.dispute_forms import ReassignForm, ResolveForm, colleagues
from goodterms.web.pages import render_page
from goodterms.web.queries.customer import customer_day
from goodterms.web.queries.disputes import (
    BY_DEADLINE,
    OPEN,
    ORDERS,
    STATES,
    DisputeFilter,
    disputed_now,
    events_of,
    files_of,
    find_dispute,
    find_file,
    list_disputes,
)
from goodterms.web.uploads import read_upload, serve_file


@looking
def disputes(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Open disputes by deadline or age, or those that were resolved."""
    asked = request.GET.get
    owners = colleagues(visit.organisation)
    state, sort, reason, owner = (asked(name, "") for name in ("state", "sort", "reason", "owner"))
    wanted = DisputeFilter(
        words=asked("q", "").strip()[:100],
        state=state if state in STATES else OPEN,
        reason=reason if reason in DISPUTE_REASONS else "",
        owner=owner[:200],
        sort=sort if sort in ORDERS else BY_DEADLINE,
    )
    context = {
        "page": list_disputes(visit, wanted, asked("cursor", "")),
        "wanted": wanted,
        "reasons": DISPUTE_REASONS,
        "owners": [name for name, _word in owners if name],
    }
    return render_page(request, visit, "disputes.html", context, section="disputes")


@looking
def dispute(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """One dispute with its papers, and the ways it can end."""
    return _page(request, visit, find_dispute(visit, pk))


@acting
def dispute_reassign(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Give it to somebody else, or another deadline."""
    found = find_dispute(visit, pk)
    form = ReassignForm(request.POST, owners=colleagues(visit.organisation, found.owner))
    if form.is_valid():
        try:
            reassign_dispute(visit.organisation, found, actor=visit.actor, now=visit.now, **form.cleaned_data)
        except Refusal as refusal:
            form.refuse(refusal)
    if form.errors:
        return _page(request, visit, find_dispute(visit, pk), reassign_form=form)
    messages.success(request, _("Noted, and written into the timeline."))
    return go_back(request, _address(visit, found))


@acting
def dispute_resolve(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Say how it ended."""
    found = find_dispute(visit, pk)
    form = ResolveForm(request.POST, dispute=found)
    if form.is_valid():
        given = form.cleaned_data
        try:
            resolve_dispute(
                visit.organisation,
                found,
                resolution=given["resolution"],
                amount=given["money"],
                note=given["note"],
                actor=visit.actor,
                now=visit.now,
            )
        except Refusal as refusal:
            form.refuse(refusal)
    if form.errors:
        return _page(request, visit, find_dispute(visit, pk), resolve_form=form)
    messages.success(request, f"{RESOLUTIONS[found.resolution].label}. {RESOLUTIONS[found.resolution].meaning}")
    return go_back(request, _address(visit, found))


@acting
def dispute_attach(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Keep a paper with it."""
    found = find_dispute(visit, pk)
    upload = read_upload(request.FILES.get("file"))
    attach_to_dispute(found, name=upload.file_name, content=upload.content, actor=visit.actor, now=visit.now)
    messages.success(request, _("%(name)s is kept with the dispute.") % {"name": upload.file_name})
    return go_back(request, _address(visit, found))


@looking
def dispute_file(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """A paper, as a file to keep."""
    found = find_file(visit, pk)
    return serve_file(bytes(found.content), found.file_name, found.media_type)


def _page(request: HttpRequest, visit: Visit, found: Dispute, **forms: Any) -> HttpResponse:
    day = customer_day(visit, found.customer)
    owners = colleagues(visit.organisation, found.owner)
    context = {
        "dispute": found,
        "customer": found.customer,
        "invoice": found.invoice,
        "disputed": disputed_now(found),
        "is_late": not found.resolution and found.due_date < day,
        "local_day": day,
        "files": files_of(found),
        "events": events_of(found),
        "resolutions": [(name, sign) for name, sign in RESOLUTIONS.items() if name],
        "reassign_form": ReassignForm(initial={"owner": found.owner, "due": found.due_date}, owners=owners),
        "resolve_form": ResolveForm(dispute=found),
        **forms,
        "opened": next(iter(forms), ""),
        "refused": next(iter(forms.values()), None),
    }
    return render_page(request, visit, "dispute.html", context, section="disputes", status=422 if forms else 200)


def _address(visit: Visit, found: Dispute) -> str:
    return reverse("dispute", args=[visit.organisation.slug, found.pk])
