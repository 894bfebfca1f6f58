"""What if the draft had been in force: months of history replayed, or the coming days foreseen, side by side."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from goodterms.flows.try_policy import COMING_DAYS, Kind, ask_trial, stop_trial
from goodterms.followup.models import PolicyTrial
from goodterms.web.access import Visit, go_back, looking_to_manage, managing
from goodterms.web.pages import render_page, render_part
from goodterms.web.policy_forms import MONTH_DAYS, TrialForm, assumed_values
from goodterms.web.queries.playbooks import read_policy
from goodterms.web.queries.trials import (
    assumptions_of,
    find_trial,
    is_to_come,
    list_trials,
    percent_done,
    read_comparison,
    slice_customers,
)

SECTION = "playbooks"


@looking_to_manage
def what_if(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The question, and the answers there are."""
    return _ask_page(request, visit)


@managing
def what_if_start(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Put a replay, or a look ahead, down for a worker."""
    form = TrialForm(request.POST, currency=visit.organisation.currency)
    if not form.is_valid():
        return _ask_page(request, visit, form, status=422)
    is_ahead = request.POST.get("kind") == Kind.COMING
    trial = ask_trial(
        visit.organisation,
        Kind.COMING if is_ahead else Kind.HISTORY,
        read_policy(visit.organisation).content,
        days=COMING_DAYS if is_ahead else MONTH_DAYS[form.cleaned_data["months"]],
        actor=visit.actor,
        now=visit.now,
        assumptions=form.as_assumptions(),
    )
    return go_back(request, reverse("trial", args=[visit.organisation.slug, trial.pk]))


@looking_to_manage
def trial(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """How far a trial is; and when it is done, what it found."""
    found = _find(visit, pk)
    context = {"trial": found, "percent": percent_done(found), "is_to_come": is_to_come(found), "tab": "what-if"}
    if found.state == PolicyTrial.State.DONE and found.kind != Kind.STANDINGS:
        compared = read_comparison(found)
        largest = max([1, *(max(one, two) for _month, one, two in compared.months)])
        context |= {
            "compared": compared,
            "largest": largest,
            "assumed": assumptions_of(found),
            "page": slice_customers(found, request.GET.get("cursor", "")),
        }
    return render_page(request, visit, "trial.html", context, section=SECTION)


@looking_to_manage
def trial_progress(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """The progress alone, fetched every second; once it has ended, the page that waits is fetched anew."""
    found = _find(visit, pk)
    if not is_to_come(found):
        answer = HttpResponse()
        answer["HX-Refresh"] = "true"
        return answer
    context = {"trial": found, "percent": percent_done(found)}
    return render_part(request, visit, "parts/trial_progress.html", context)


@managing
def trial_stop(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """End it."""
    found = _find(visit, pk)
    if stop_trial(visit.organisation, found.pk, now=visit.now):
        messages.success(request, _("Stopped."))
    else:
        messages.info(request, _("It had ended already."))
    return go_back(request, reverse("what-if", args=[visit.organisation.slug]))


def _find(visit: Visit, pk: int) -> PolicyTrial:
    found = find_trial(visit.organisation, pk)
    if found is None:
        raise Http404
    return found


def _ask_page(request: HttpRequest, visit: Visit, form: TrialForm | None = None, status: int = 200) -> HttpResponse:
    trials = list(list_trials(visit.organisation)[:10])
    currency = visit.organisation.currency
    usual = assumed_values(assumptions_of(trials[0] if trials else None), currency)
    context = {
        "view": read_policy(visit.organisation),
        "form": form or TrialForm(initial=usual, currency=currency),
        "trials": trials,
        "tab": "what-if",
    }
    return render_page(request, visit, "what_if.html", context, section=SECTION, status=status)
