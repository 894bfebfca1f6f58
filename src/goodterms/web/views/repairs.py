"""Mended in place: contacts nobody reaches, and messages of which nobody knows whether they left."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from goodterms.core.refusal import Refusal
from goodterms.flows.mend_contact import mend_contact
from goodterms.flows.write_contact import Particulars
from goodterms.followup.models import Task
from goodterms.ledger.models import Contact
from goodterms.web.access import Visit, acting, go_back, looking
from goodterms.web.forms import ContactForm
from goodterms.web.lists import Slice, count_up_to
from goodterms.web.queries.repairs import (
    open_questions,
    open_repairs,
    repair_of,
    slice_questions,
    slice_repairs,
)
from goodterms.web.queries.tasks import find_task
from goodterms.web.views.today import show_tab


@looking
def repairs(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Contacts to correct or add, each with its form."""
    tasks = open_repairs(visit)
    context = {
        "slice": slice_repairs(tasks, request.GET.get("cursor", "")),
        "count": count_up_to(tasks),
        "roles": Contact.Role.values,
    }
    return show_tab(request, visit, "today_contacts.html", "contacts", context)


@looking
def questions(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Messages that may or may not have left, or could not: each is settled where it stands."""
    tasks = open_questions(visit)
    context = {
        "slice": slice_questions(visit, tasks, request.GET.get("cursor", "")),
        "count": count_up_to(tasks),
    }
    return show_tab(request, visit, "today_settle.html", "settle", context)


@acting
def task_mend(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Correct or add the contact that the task asks for; what is wrong with it is said at its form."""
    task = find_task(visit, pk)
    if task is None:
        raise Http404
    repair = repair_of(task)
    form = ContactForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            mend_contact(
                visit.organisation,
                task,
                Particulars(given["name"], given["role"], given["email"], given["phone"]),
                actor=visit.actor,
                now=visit.now,
                contact=repair.contact,
            )
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Mended: %(title)s. The next run reaches them there.") % {"title": task.title})
            return go_back(request, reverse("repairs", args=[visit.organisation.slug]))
    return _with_faults(request, visit, task, form)


def _with_faults(request: HttpRequest, visit: Visit, task: Task, form: ContactForm) -> HttpResponse:
    """The one repair again, with what was typed and what is wrong with it."""
    context = {
        "slice": Slice([repair_of(task)], "", ""),
        "count": count_up_to(open_repairs(visit)),
        "roles": Contact.Role.values,
        "faulty_form": form,
    }
    response = show_tab(request, visit, "today_contacts.html", "contacts", context)
    response.status_code = 422
    return response
