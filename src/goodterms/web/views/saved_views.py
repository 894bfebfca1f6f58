"""Views of the worklist: a choice of filters under a name, one's own or shared with the organisation."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from goodterms.flows.keep_view import drop_view, keep_view
from goodterms.web.access import Visit, go_back, noting
from goodterms.web.queries.work import WorkFilter


@noting
def view_save(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Save the list's present filters."""
    wanted = WorkFilter.read(QueryDict(request.POST.get("filters", "")))
    view = keep_view(
        visit.organisation,
        visit.user,
        name=request.POST.get("name", ""),
        filters=wanted.set_words(),
        is_shared=visit.may_act and "share" in request.POST,
        now=visit.now,
    )
    messages.success(request, _("Saved as “%(name)s”.") % {"name": view.name})
    query = QueryDict(mutable=True)
    query.update(view.filters)
    return HttpResponseRedirect(f"{reverse('today', args=[visit.organisation.slug])}?{query.urlencode()}", status=303)


@noting
def view_drop(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Throw one's own view away."""
    if not drop_view(visit.organisation, visit.user, pk):
        raise Http404
    messages.success(request, _("The view is gone; the tasks are untouched."))
    return go_back(request, reverse("today", args=[visit.organisation.slug]))
