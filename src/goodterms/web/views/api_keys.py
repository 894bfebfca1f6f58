"""Keys for programs: made, shown once, revoked."""

from datetime import datetime, time

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from goodterms.core.refusal import Refusal
from goodterms.flows.make_api_key import make_api_key, revoke_api_key
from goodterms.organizations.models import ApiKey, Membership
from goodterms.web.access import Visit, go_back, looking_to_own, owning
from goodterms.web.pages import render_page


class KeyForm(forms.Form):
    """Which program, with whose rights, until when."""

    name = forms.CharField(required=False, max_length=100)
    role = forms.ChoiceField(choices=Membership.Role.choices)
    last_day = forms.DateField(required=False)


@looking_to_own
def api_keys(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The organisation's keys."""
    return _page(request, visit)


@owning
def api_key_make(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Make a key and show it, this once."""
    form = KeyForm(request.POST)
    if not form.is_valid():
        return _page(request, visit, form)
    given = form.cleaned_data
    if given["last_day"] and given["last_day"] < visit.today:
        form.add_error("last_day", _("Name today or a later day."))
        return _page(request, visit, form)
    end = datetime.combine(given["last_day"], time.max, visit.zone) if given["last_day"] else None
    try:
        made, written = make_api_key(
            visit.organisation, given["name"], role=given["role"], actor=visit.actor, now=visit.now, expires_at=end
        )
    except Refusal as refusal:
        form.add_error("name", str(refusal))
        return _page(request, visit, form)
    return _page(request, visit, made=made, written=written)


@owning
def api_key_revoke(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Let a key open nothing any more."""
    found = ApiKey.objects.filter(organisation=visit.organisation, pk=pk).first()
    if found is None:
        raise Http404
    revoke_api_key(visit.organisation, found, actor=visit.actor, now=visit.now)
    messages.success(request, _("The key “%(name)s” opens nothing any more.") % {"name": found.name})
    return go_back(request, reverse("api-keys", args=[visit.organisation.slug]))


def _page(
    request: HttpRequest,
    visit: Visit,
    form: KeyForm | None = None,
    *,
    made: ApiKey | None = None,
    written: str = "",
) -> HttpResponse:
    keys = ApiKey.objects.filter(organisation=visit.organisation).order_by("-made_at", "-pk")[:200]
    context = {
        "keys": [(key, bool(key.expires_at and key.expires_at <= visit.now)) for key in keys],
        "roles": Membership.Role.values,
        "form": form,
        "made": made,
        "written": written,
    }
    return render_page(request, visit, "api_keys.html", context, section="api-keys", status=422 if form else 200)
