"""A customer's links into the portal: made and shown once, or revoked."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from goodterms.core.refusal import Refusal
from goodterms.flows.portal_links import LONGEST_DAYS, make_portal_link, revoke_portal_link
from goodterms.followup.models import PortalLink
from goodterms.web.access import Visit, acting, go_back
from goodterms.web.pages import render_page
from goodterms.web.views.customer import page_context, with_faults


class LinkForm(forms.Form):
    """In whose name, and for how long."""

    contact = forms.IntegerField(required=False)
    days = forms.IntegerField(min_value=1, max_value=LONGEST_DAYS)


@acting
def portal_link_make(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Make a link and show it, this once."""
    found = visit.find_customer(pk)
    form = LinkForm(request.POST)
    if not form.is_valid():
        return with_faults(request, visit, found, {"portal_form": form})
    given = form.cleaned_data
    contact = found.contacts.filter(pk=given["contact"]).first() if given["contact"] else None
    try:
        made, token = make_portal_link(
            visit.organisation, found, contact=contact, days=given["days"], actor=visit.actor, now=visit.now
        )
    except Refusal as refusal:
        form.add_error("days", str(refusal))
        return with_faults(request, visit, found, {"portal_form": form})
    context = {**page_context(visit, found), "portal_made": made, "portal_address": _address(request, token)}
    return render_page(request, visit, "customer.html", context, section="customers")


@acting
def portal_link_revoke(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Let a link open nothing any more."""
    links = PortalLink.objects.select_related("customer").filter(organisation=visit.organisation, pk=pk)
    found = visit.limit(links).first()
    if found is None:
        raise Http404
    revoke_portal_link(visit.organisation, found, actor=visit.actor, now=visit.now)
    messages.success(request, _("Revoked; the link opens nothing any more."))
    return go_back(request, reverse("customer", args=[visit.organisation.slug, found.customer_id]))


def _address(request: HttpRequest, token: str) -> str:
    public = settings.CONFIGURATION.server.public_address or request.build_absolute_uri("/").rstrip("/")
    return str(public + reverse("portal", args=[token]))
