"""The draft of the policy looked over, published or thrown away; versions compared and brought back."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from goodterms.core.refusal import Refusal
from goodterms.flows.edit_draft import discard_draft, save_numbers
from goodterms.flows.policy_versions import compare_versions, find_version
from goodterms.flows.publish_playbook import publish_draft, stamp_of_draft
from goodterms.flows.replay_history import run_trial
from goodterms.flows.revert_policy import revert_policy
from goodterms.flows.try_policy import Kind, ask_trial, claim_own_trial, is_small
from goodterms.followup.policy import read_numbers
from goodterms.web.access import Visit, go_back, looking, looking_to_manage, managing
from goodterms.web.clock import current_moment
from goodterms.web.lists import slice_rows
from goodterms.web.pages import render_page
from goodterms.web.policy_forms import NumbersForm
from goodterms.web.queries.playbooks import draft_changes, list_versions, read_policy
from goodterms.web.queries.trials import is_to_come, last_check, slice_customers

SECTION = "playbooks"


@looking_to_manage
def draft(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What the draft changes, whom it would judge anew, and the way to publish it."""
    return _draft_page(request, visit)


@managing
def draft_check(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Find out whom the draft would judge anew: at once where few customers are to be judged, else by a worker."""
    view = read_policy(visit.organisation)
    trial = ask_trial(visit.organisation, Kind.STANDINGS, view.content, days=0, actor=visit.actor, now=visit.now)
    name = f"page of user {visit.user.pk}"
    if is_small(visit.organisation) and claim_own_trial(trial, name, visit.now):
        run_trial(trial, name, current_moment)
    return go_back(request, _draft_address(visit) + "#check")


@managing
def draft_numbers(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Change gaps and caps in the draft."""
    form = NumbersForm(request.POST)
    if not form.is_valid():
        return _draft_page(request, visit, numbers=form, status=422)
    usual = read_numbers({}).model_dump()
    wanted = {name: None if value == usual[name] else value for name, value in form.cleaned_data.items()}
    save_numbers(visit.organisation, wanted, actor=visit.actor, now=visit.now)
    messages.success(request, _("Kept in the draft."))
    return go_back(request, _draft_address(visit))


@managing
def draft_publish(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The draft comes into force."""
    reason = request.POST.get("reason", "")
    try:
        version = publish_draft(
            visit.organisation, reason=reason, actor=visit.actor, now=visit.now, seen=request.POST.get("seen")
        )
    except Refusal as refusal:
        return _draft_page(request, visit, fault=str(refusal), reason=reason, status=422)
    messages.success(
        request, _("Published as version %(number)s; the next run follows it.") % {"number": version.number}
    )
    return go_back(request, reverse("policy-history", args=[visit.organisation.slug]))


@managing
def draft_discard(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The draft is thrown away."""
    discard_draft(visit.organisation)
    messages.success(request, _("The draft is gone; what is in force stays as it is."))
    return go_back(request, reverse("playbooks", args=[visit.organisation.slug]))


@looking
def policy_history(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Every version: who, when, why."""
    page = slice_rows(list_versions(visit.organisation), ("-number",), request.GET.get("cursor", ""))
    newest = list_versions(visit.organisation).values_list("number", flat=True).first()
    context = {"page": page, "newest": newest, "tab": "history"}
    return render_page(request, visit, "policy_history.html", context, section=SECTION)


@looking
def policy_compare(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What one version says differently from another."""
    numbers = [request.GET.get("from", ""), request.GET.get("to", "")]
    if not all(number.isdecimal() and len(number) < 9 for number in numbers):
        newest = list(list_versions(visit.organisation).values_list("number", flat=True)[:2])
        numbers = [str(number) for number in reversed(newest)] if newest else []
        numbers = numbers * 2 if len(numbers) == 1 else numbers
    context: dict[str, object] = {"tab": "history", "versions": list(list_versions(visit.organisation)[:200])}
    if numbers:
        try:
            older, newer = (find_version(visit.organisation, int(number)) for number in numbers)
        except Refusal as refusal:
            raise Http404(str(refusal)) from refusal
        context |= {"older": older, "newer": newer, "changes": compare_versions(older, newer)}
    return render_page(request, visit, "policy_compare.html", context, section=SECTION)


@managing
def policy_revert(request: HttpRequest, visit: Visit) -> HttpResponse:
    """A version of the past comes back as a new one."""
    number = request.POST.get("number", "")
    version = revert_policy(
        visit.organisation,
        int(number) if number.isdecimal() and len(number) < 9 else 0,
        reason=request.POST.get("reason", ""),
        actor=visit.actor,
        now=visit.now,
    )
    messages.success(
        request,
        _("Version %(old)s is back, as version %(new)s.") % {"old": version.reverts_to, "new": version.number},
    )
    return go_back(request, reverse("policy-history", args=[visit.organisation.slug]))


def _draft_page(
    request: HttpRequest,
    visit: Visit,
    *,
    fault: str = "",
    reason: str = "",
    numbers: NumbersForm | None = None,
    status: int = 200,
) -> HttpResponse:
    view = read_policy(visit.organisation)
    check = last_check(visit.organisation)
    is_current = check is not None and view.draft is not None and check.draft == view.content
    shown = check if is_current else None
    form = numbers or NumbersForm(initial=read_numbers(view.content["numbers"]).model_dump())
    context = {
        "view": view,
        "seen": stamp_of_draft(view.in_force, view.content),
        "changes": draft_changes(view),
        "check": shown,
        "is_checking": shown is not None and is_to_come(shown),
        "customers": slice_customers(shown, request.GET.get("cursor", "")) if shown and not is_to_come(shown) else None,
        "fault": fault,
        "reason": reason,
        "numbers_form": form,
        "tab": "draft",
    }
    return render_page(request, visit, "policy_draft.html", context, section=SECTION, status=status)


def _draft_address(visit: Visit) -> str:
    return reverse("draft", args=[visit.organisation.slug])
