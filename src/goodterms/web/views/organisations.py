"""The start: straight into the one organisation, or a choice between several."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from goodterms.organizations.models import User
from goodterms.organizations.scope import organisations_of


@login_required
def start(request: HttpRequest) -> HttpResponse:
    """Whoever is a member of one organisation has nothing to choose."""
    assert isinstance(request.user, User)
    own = list(organisations_of(request.user).values_list("slug", flat=True)[:2])
    if len(own) == 1:
        return HttpResponseRedirect(reverse("today", args=own))
    return HttpResponseRedirect(reverse("organisations"))


@login_required
def organisations(request: HttpRequest) -> HttpResponse:
    """The organisations this person is a member of."""
    assert isinstance(request.user, User)
    own = organisations_of(request.user).only("name", "slug", "country")
    return render(request, "web/organisations.html", {"organisations": own})
