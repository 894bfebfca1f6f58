"""Court or forget: the figures of one customer's case on a page, and a person's decision."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from goodterms.flows.decide_case import decide_case, explain, figure_case
from goodterms.followup.models import LegalDecision
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Membership
from goodterms.web.access import Visit, acting, go_back, looking
from goodterms.web.pages import render_page

APPROVING_ROLES = frozenset({Membership.Role.OWNER, Membership.Role.MANAGER})


class DecisionForm(forms.Form):
    """What is decided, and why."""

    choice = forms.ChoiceField(choices=LegalDecision.Choice.choices)
    reason = forms.CharField(max_length=1000)


@looking
def case(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """The figures, their evidence in a sentence, and the ways out."""
    return _page(request, visit, visit.find_customer(pk))


@acting
def case_decide(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Take the decision; a write-off needs a manager, who thereby approves it."""
    found = visit.find_customer(pk)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _page(request, visit, found, fault=_("Say why; it is kept with your name and the figures."))
    given = form.cleaned_data
    approved_by = ""
    if given["choice"] == LegalDecision.Choice.WRITTEN_OFF:
        if visit.role not in APPROVING_ROLES:
            raise PermissionDenied
        approved_by = visit.actor
    decide_case(visit.organisation, found, choice=given["choice"], reason=given["reason"], actor=visit.actor,
                now=visit.now, approved_by=approved_by)  # fmt: skip
    messages.success(request, _("Decided; the figures are kept with it."))
    return go_back(request, reverse("customer", args=[visit.organisation.slug, found.pk]))


def _page(request: HttpRequest, visit: Visit, found: Customer, fault: str = "") -> HttpResponse:
    figures = figure_case(visit.organisation, found, visit.now)
    decisions = LegalDecision.objects.filter(customer=found).order_by("-pk")
    last = decisions.first()
    context = {
        "customer": found,
        "cases": [(each, each.expected_net, explain(each)) for each in figures],
        "decisions": decisions,
        "is_in_court": last is not None and last.choice == LegalDecision.Choice.FILED,
        "may_write_off": visit.role in APPROVING_ROLES,
        "fault": fault,
    }
    return render_page(request, visit, "case.html", context, section="customers", status=422 if fault else 200)
