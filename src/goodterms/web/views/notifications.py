"""The bell: what came up and needs this person, read or not."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from goodterms.flows.read_notices import read_all_notices, read_notice
from goodterms.web.access import Visit, looking, noting
from goodterms.web.pages import render_page
from goodterms.web.queries.notices import find_noticed, list_notices


@looking
def notices(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Answers, broken promises, agreements to approve, uncertain and failed messages, the newest first."""
    is_unread_only = request.GET.get("which") != "all"
    found = list_notices(visit, request.GET.get("cursor", ""), is_unread_only=is_unread_only)
    context = {"slice": found.slice, "waiting": found.waiting, "is_unread_only": is_unread_only}
    return render_page(request, visit, "notices.html", context, section="notices")


@noting
def notice_open(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """This person knows of it; then to the task."""
    task = find_noticed(visit, pk)
    if task is None:
        raise Http404
    read_notice(visit.user, task, visit.now)
    return HttpResponseRedirect(reverse("task", args=[visit.organisation.slug, pk]), status=303)


@noting
def notices_read(request: HttpRequest, visit: Visit) -> HttpResponse:
    """All of them are read."""
    read_all_notices(visit.organisation, visit.user, visit.now)
    return HttpResponseRedirect(reverse("notices", args=[visit.organisation.slug]), status=303)
