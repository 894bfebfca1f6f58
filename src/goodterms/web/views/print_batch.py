"""The day's letters as one PDF with its list; a person says when they are in the post. Made again, it is the same."""

from datetime import date

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from goodterms.flows.print_batch import Batch, confirm_printed, make_batch, read_batch
from goodterms.followup.models import Task
from goodterms.web.access import Visit, acting, go_back, looking
from goodterms.web.form_kit import DayField, KitForm
from goodterms.web.pages import render_page
from goodterms.web.queries.print_batch import find_batch, letters_of, letters_waiting, list_batches, name_of
from goodterms.web.uploads import serve_file


class PostedForm(KitForm):
    """The day on which a batch was posted."""

    posted = DayField(label=gettext_lazy("Posted on"))

    def __init__(self, *args: object, today: date, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_posted(self) -> date:
        posted: date = self.cleaned_data["posted"]
        if posted > self.today:
            raise forms.ValidationError(_("That day has not come yet; name the day on which they were posted."))
        return posted


@looking
def printing(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Letters that wait for the printer, and the batches made so far."""
    _see_everyone(visit)
    context = {
        "slice": list_batches(visit.organisation, request.GET.get("cursor", "")),
        "waiting": letters_waiting(visit.organisation),
    }
    return render_page(request, visit, "printing.html", context, section="printing")


@acting
def batch_make(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Put all new letters into one batch."""
    _see_everyone(visit)
    made = make_batch(visit.organisation, today=visit.today, actor=visit.actor, now=visit.now)
    task = Task.objects.get(organisation=visit.organisation, key=f"print:{made.name}")
    messages.success(request, _("Put together: batch %(name)s.") % {"name": made.name})
    return go_back(request, _address(visit, task))


@looking
def batch(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """One batch letter by letter, with its files."""
    return _page(request, visit, _find(visit, pk))


@looking
def batch_pdf(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """The printer's file, from the bytes on record; on request each letter begins on a sheet of its own."""
    found = _read(visit, pk, two_sided=bool(request.GET.get("two_sided")))
    return serve_file(found.pdf, f"{found.name}.pdf", "application/pdf")


@looking
def batch_list(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """What is in it, as a table."""
    found = _read(visit, pk)
    return serve_file(found.table, f"{found.name}.csv", "text/csv")


@looking
def batch_manifest(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """What is in it, with the hash of each letter's bytes."""
    found = _read(visit, pk)
    return serve_file(found.manifest, f"{found.name}.json", "application/json")


@acting
def batch_printed(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """A person says that it was printed and posted."""
    task = _find(visit, pk)
    form = PostedForm(request.POST, today=visit.today)
    if not form.is_valid():
        return _page(request, visit, task, form)
    posted = form.cleaned_data["posted"]
    count = confirm_printed(visit.organisation, name_of(task), posted=posted, actor=visit.actor, now=visit.now)
    if count:
        words = ngettext("%(count)s letter is in the post.", "%(count)s letters are in the post.", count)
        messages.success(request, words % {"count": count})
    else:
        messages.success(request, _("They were in the post already; nothing has changed."))
    return go_back(request, _address(visit, task))


def _page(request: HttpRequest, visit: Visit, task: Task, refused: PostedForm | None = None) -> HttpResponse:
    letters = letters_of(visit.organisation, name_of(task))
    context = {
        "task": task,
        "name": name_of(task),
        "letters": letters,
        "unposted": sum(1 for one in letters if one.proof is None or one.proof.posted_date is None),
        "form": refused or PostedForm(initial={"posted": visit.today}, today=visit.today),
    }
    return render_page(request, visit, "print_batch.html", context, section="printing", status=422 if refused else 200)


def _read(visit: Visit, pk: int, *, two_sided: bool = False) -> Batch:
    return read_batch(visit.organisation, name_of(_find(visit, pk)), two_sided=two_sided or None)


def _find(visit: Visit, pk: int) -> Task:
    _see_everyone(visit)
    return find_batch(visit, pk)


def _see_everyone(visit: Visit) -> None:
    """A batch holds letters to anybody: it is not for those who see their own customers only."""
    if visit.is_limited:
        raise PermissionDenied


def _address(visit: Visit, task: Task) -> str:
    return reverse("batch", args=[visit.organisation.slug, task.pk])
