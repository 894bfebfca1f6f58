"""Members and invitations: who works here, as what, and with which customers."""

import re

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from goodterms.core.refusal import Refusal
from goodterms.flows.assign_collector import assign_collector
from goodterms.flows.change_member import change_member, remove_member
from goodterms.flows.invite_member import invite_member, renew_invitation, withdraw_invitation
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Invitation, Membership
from goodterms.organizations.rights import ROLES_WITH, Right
from goodterms.web.access import Visit, acting, go_back, looking_to_manage, managing, owning
from goodterms.web.invitations import link_to, send_invitation
from goodterms.web.lists import count_up_to, slice_rows
from goodterms.web.pages import render_page
from goodterms.web.queries.members import find_invitation, find_member, list_invited, list_members

MOST_NUMBERS = 5000
RIGHTS = {
    Right.LOOK: gettext_lazy("See customers, messages and reports"),
    Right.ACT: gettext_lazy("Promises, holds, messages, calls, contacts"),
    Right.MANAGE: gettext_lazy("Approve, playbooks, templates, settings, imports, record of changes"),
    Right.OWN: gettext_lazy("Members, invitations, API keys"),
}


class InviteForm(forms.Form):
    """Whom to invite, as what."""

    email = forms.CharField(max_length=254)
    role = forms.ChoiceField(choices=Membership.Role.choices)
    is_limited = forms.BooleanField(required=False)


class RoleForm(forms.Form):
    """A member's role."""

    role = forms.ChoiceField(choices=Membership.Role.choices)
    is_limited = forms.BooleanField(required=False)


@looking_to_manage
def members(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Everyone who works here, and the open invitations."""
    return _page(request, visit)


@owning
def member_invite(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Invite somebody by a letter with a link."""
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _page(request, visit, form=form)
    try:
        invitation = invite_member(visit.organisation, actor=visit.actor, now=visit.now, **form.cleaned_data)
    except Refusal as refusal:
        form.add_error("email", str(refusal))
        return _page(request, visit, form=form)
    _send(request, invitation)
    return go_back(request, _address(visit))


@owning
def invitation_send(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Send an invitation again, for another week."""
    _send(request, renew_invitation(_invitation(visit, pk), actor=visit.actor, now=visit.now))
    return go_back(request, _address(visit))


@owning
def invitation_withdraw(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Take an invitation back."""
    found = _invitation(visit, pk)
    withdraw_invitation(found, actor=visit.actor, now=visit.now)
    messages.success(request, _("The invitation to %(email)s is withdrawn.") % {"email": found.email})
    return go_back(request, _address(visit))


@looking_to_manage
def member(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """One member: role, limit, and the customers they serve."""
    return _member_page(request, visit, _member(visit, pk))


@owning
def member_change(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Give a member another role."""
    found, form = _member(visit, pk), RoleForm(request.POST)
    if not form.is_valid():
        return _member_page(request, visit, found, fault=_("Choose a role."))
    try:
        changed = change_member(visit.organisation, found.pk, actor=visit.actor, now=visit.now, **form.cleaned_data)
    except Refusal as refusal:
        return _member_page(request, visit, found, fault=str(refusal))
    messages.success(request, _("%(name)s is now what you chose.") % {"name": changed.user})
    return go_back(request, _address(visit))


@owning
def member_remove(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Take a member out of the organisation."""
    found = _member(visit, pk)
    try:
        name = remove_member(visit.organisation, found.pk, actor=visit.actor, now=visit.now)
    except Refusal as refusal:
        return _member_page(request, visit, found, fault=str(refusal))
    messages.success(request, _("%(name)s is no longer a member.") % {"name": name})
    return go_back(request, "/" if found.user_id == visit.user.pk else _address(visit))


@managing
def member_customers(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Give customers to a member, by their numbers."""
    found = _member(visit, pk)
    numbers = list(dict.fromkeys(re.split(r"[\s,;]+", request.POST.get("numbers", "").strip())))[:MOST_NUMBERS]
    customers = list(visit.customers().filter(number__in=numbers))
    unknown = sorted({number for number in numbers if number} - {customer.number for customer in customers})
    count = assign_collector(visit.organisation, customers, found, actor=visit.actor, now=visit.now)
    words = ngettext(
        "%(count)s customer is now served by %(name)s.", "%(count)s customers are now served by %(name)s.", count
    )
    messages.success(request, words % {"count": count, "name": found.user})
    if unknown:
        messages.error(request, _("No customer has the number %(numbers)s.") % {"numbers": ", ".join(unknown[:20])})
    return go_back(request, reverse("member", args=[visit.organisation.slug, found.pk]))


@acting
def customer_collector(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Say who serves a customer; who sees their own customers only may not give one away."""
    customer = visit.find_customer(pk)
    chosen = request.POST.get("collector", "")
    collector = _member(visit, int(chosen)) if chosen.isdecimal() else None
    if visit.is_limited:
        raise CollectorNotYours
    assign_collector(visit.organisation, [customer], collector, actor=visit.actor, now=visit.now)
    served = (
        _("Served by %(name)s from now on.") % {"name": collector.user} if collector else _("Served by nobody now.")
    )
    messages.success(request, served)
    return go_back(request, reverse("customer", args=[visit.organisation.slug, customer.pk]))


class CollectorNotYours(Refusal):
    """Somebody limited to their own customers wanted to hand one on."""

    def __init__(self) -> None:
        super().__init__(_("Ask a manager to give this customer to somebody else."))


def _page(request: HttpRequest, visit: Visit, form: InviteForm | None = None) -> HttpResponse:
    context = {
        "members": list_members(visit.organisation),
        "invited": list_invited(visit.organisation, visit.now),
        "roles": Membership.Role.values,
        "rights": [(words, ROLES_WITH[right]) for right, words in RIGHTS.items()],
        "form": form,
    }
    return render_page(request, visit, "members.html", context, section="members", status=422 if form else 200)


def _member_page(request: HttpRequest, visit: Visit, found: Membership, fault: str = "") -> HttpResponse:
    served = Customer.objects.filter(organisation=visit.organisation, collector=found)
    context = {
        "member": found,
        "roles": Membership.Role.values,
        "fault": fault,
        "count": count_up_to(served),
        "slice": slice_rows(served, ("name", "pk"), request.GET.get("cursor", "")),
    }
    return render_page(request, visit, "member.html", context, section="members", status=422 if fault else 200)


def _send(request: HttpRequest, invitation: Invitation) -> None:
    if send_invitation(request, invitation):
        messages.success(request, _("The invitation is on its way to %(email)s.") % {"email": invitation.email})
        return
    words = _(
        "The letter to %(email)s could not be sent. Hand them this link yourself; it holds for seven days: %(link)s"
    )
    messages.error(request, words % {"email": invitation.email, "link": link_to(request, invitation)})


def _member(visit: Visit, pk: int) -> Membership:
    found = find_member(visit.organisation, pk)
    if found is None:
        raise Http404
    return found


def _invitation(visit: Visit, pk: int) -> Invitation:
    found = find_invitation(visit.organisation, pk)
    if found is None:
        raise Http404
    return found


def _address(visit: Visit) -> str:
    return reverse("members", args=[visit.organisation.slug])
