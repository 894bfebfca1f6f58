"""The list of data problems: worked through one by one."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from goodterms.flows.resolve_problem import reopen_problem, resolve_problem
from goodterms.ledger.models import DataProblem
from goodterms.web.access import Visit, acting, go_back, looking
from goodterms.web.lists import count_up_to, slice_rows
from goodterms.web.pages import render_page
from goodterms.web.queries.problems import ORDERS, list_problems, open_codes


@looking
def problems(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What an import or a check could not make sense of, and how to mend it."""
    asked = request.GET.get
    codes = open_codes(visit.organisation)
    wanted = {
        "q": asked("q", "").strip()[:100],
        "code": asked("code", "") if asked("code") in codes else "",
        "state": "resolved" if asked("state") == "resolved" else "",
        "sort": asked("sort", "") if asked("sort") in ORDERS else "newest",
    }
    rows = list_problems(visit.organisation, is_resolved=bool(wanted["state"]), code=wanted["code"], words=wanted["q"])
    rows = visit.limit(rows)
    context = {
        "slice": slice_rows(rows, ORDERS[wanted["sort"]], asked("cursor", "")),
        "count": count_up_to(rows),
        "wanted": wanted,
        "codes": codes,
    }
    return render_page(request, visit, "problems.html", context, section="problems")


@acting
def problem_resolve(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """It is mended."""
    _must_exist(visit, pk)
    resolve_problem(visit.organisation, pk, visit.now)
    messages.success(request, _("Marked as mended."))
    return go_back(request, reverse("problems", args=[visit.organisation.slug]))


@acting
def problem_reopen(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """It is not mended after all."""
    _must_exist(visit, pk)
    reopen_problem(visit.organisation, pk)
    messages.success(request, _("Back on the list."))
    return go_back(request, reverse("problems", args=[visit.organisation.slug]))


def _must_exist(visit: Visit, pk: int) -> None:
    if not visit.limit(DataProblem.objects.filter(organisation=visit.organisation, pk=pk)).exists():
        raise Http404
