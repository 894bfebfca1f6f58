"""The control group: draw one, see what came out so far, end it."""

from datetime import date, timedelta

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from goodterms.core.effect import ALPHA, LEAST_CUSTOMERS, WATCHED_DAYS
from goodterms.core.refusal import Refusal
from goodterms.flows.run_experiment import LEAST_DAYS, LONGEST_DAYS, SHARES, start_experiment, stop_experiment
from goodterms.web.access import Visit, looking_to_manage, managing
from goodterms.web.pages import render_page
from goodterms.web.queries.experiment import open_experiments

USUAL_DAYS = 365


class StartForm(forms.Form):
    """What share is drawn, until when at the latest, and why."""

    share_percent = forms.TypedChoiceField(choices=[(share, f"{share} %") for share in SHARES], coerce=int)
    last_date = forms.DateField()
    reason = forms.CharField(max_length=1000)


@looking_to_manage
def experiment(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What runs, what it shows so far, and what was found before."""
    return _page(request, visit, {})


@managing
def experiment_start(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Draw the control group."""
    form = StartForm(request.POST)
    if not form.is_valid():
        return _page(request, visit, {name: str(faults[0]) for name, faults in form.errors.items()})
    given = form.cleaned_data
    try:
        start_experiment(
            visit.organisation,
            share_percent=given["share_percent"],
            last_date=given["last_date"],
            reason=given["reason"],
            actor=visit.actor,
            now=visit.now,
        )
    except Refusal as refusal:
        return _page(request, visit, {"last_date": str(refusal)})
    messages.success(request, _("The control group is drawn; it gets the standard playbook from the next run on."))
    return _to_page(visit)


@managing
def experiment_stop(request: HttpRequest, visit: Visit) -> HttpResponse:
    """End it before its time."""
    stop_experiment(visit.organisation, reason=request.POST.get("reason", ""), actor=visit.actor, now=visit.now)
    messages.success(request, _("The control group has ended; everybody gets the playbook of their profile again."))
    return _to_page(visit)


def _to_page(visit: Visit) -> HttpResponse:
    answer = HttpResponse(status=303)
    answer["Location"] = reverse("experiment", args=[visit.organisation.slug])
    return answer


def _page(request: HttpRequest, visit: Visit, faults: dict[str, str]) -> HttpResponse:
    today: date = visit.today
    context = {
        "experiments": open_experiments(visit.organisation),
        "faults": faults,
        "given": request.POST if faults else {},
        "shares": SHARES,
        "usual_last_date": today + timedelta(days=USUAL_DAYS),
        "least_last_date": today + timedelta(days=LEAST_DAYS),
        "longest_last_date": today + timedelta(days=LONGEST_DAYS),
        "watched_days": WATCHED_DAYS,
        "least_customers": LEAST_CUSTOMERS,
        "alpha_percent": round(ALPHA * 100),
    }
    return render_page(request, visit, "experiment.html", context, "reports", status=400 if faults else 200)
