"""Playbooks read as a timeline, and their steps changed: into a draft that nothing follows until it is published."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from goodterms.core.playbook import Step
from goodterms.core.refusal import Refusal
from goodterms.flows.check_step import FieldFaults
from goodterms.flows.edit_draft import DEFAULT_STEP, NotThere, remove_step, save_book, save_step
from goodterms.web.access import Visit, go_back, looking, looking_to_manage, managing
from goodterms.web.pages import render_page
from goodterms.web.policy_forms import BookForm, StepForm, step_values
from goodterms.web.policy_words import COUNTED_FROM
from goodterms.web.queries.playbooks import BookView, PolicyView, last_counts, list_books, read_book, read_policy

SECTION = "playbooks"


@looking
def playbooks(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Every playbook, with who is in it."""
    view, counts = _policy(request, visit), last_counts(visit.organisation)
    context = {"view": view, "counts": counts, "books": list_books(view, counts, visit.organisation), "tab": "books"}
    return render_page(request, visit, "playbooks.html", context, section=SECTION)


@looking
def playbook(request: HttpRequest, visit: Visit, book: str) -> HttpResponse:
    """One playbook from the first word to the last."""
    view = _policy(request, visit)
    return _book_page(request, visit, view, _find(visit, view, book))


@managing
def playbook_save(request: HttpRequest, visit: Visit, book: str) -> HttpResponse:
    """Change its intent, and where customers enter it."""
    form = BookForm(request.POST)
    view = read_policy(visit.organisation)
    found = _find(visit, view, book)
    if not form.is_valid():
        return _book_page(request, visit, view, found, book_form=form, status=422)
    save_book(visit.organisation, book, form.cleaned_data, actor=visit.actor, now=visit.now)
    messages.success(request, _("Kept in the draft."))
    return go_back(request, _address(visit, book))


@looking_to_manage
def step_new(request: HttpRequest, visit: Visit, book: str) -> HttpResponse:
    """The form of a step that is to be added."""
    found = _find(visit, read_policy(visit.organisation), book)
    form = StepForm(initial={**step_values(DEFAULT_STEP), "id": ""})
    return _step_page(request, visit, found, form, "")


@looking_to_manage
def step_edit(request: HttpRequest, visit: Visit, book: str, step: str) -> HttpResponse:
    """The form of a step."""
    found = _find(visit, read_policy(visit.organisation), book)
    return _step_page(request, visit, found, StepForm(initial=step_values(_find_step(found, step))), step)


@managing
def step_save(request: HttpRequest, visit: Visit, book: str) -> HttpResponse:
    """Put the step into the draft, or say at its fields what cannot be."""
    step_id = request.POST.get("step", "")
    form = StepForm(request.POST)
    if form.is_valid():
        try:
            save_step(visit.organisation, book, step_id, form.as_row(), actor=visit.actor, now=visit.now)
        except FieldFaults as refusal:
            form.take_faults(refusal)
        except NotThere as refusal:
            raise Http404(str(refusal)) from refusal
        except Refusal as refusal:
            form.add_error(None, str(refusal))
    if form.errors:
        found = _find(visit, read_policy(visit.organisation), book)
        return _step_page(request, visit, found, form, step_id, status=422)
    messages.success(request, _("Kept in the draft; customers see nothing of it until it is published."))
    return go_back(request, _address(visit, book))


@managing
def step_remove(request: HttpRequest, visit: Visit, book: str) -> HttpResponse:
    """Take a step out of the draft."""
    remove_step(visit.organisation, book, request.POST.get("step", ""), actor=visit.actor, now=visit.now)
    messages.success(request, _("Taken out of the draft."))
    return go_back(request, _address(visit, book))


def _policy(request: HttpRequest, visit: Visit) -> PolicyView:
    return read_policy(visit.organisation, in_force=request.GET.get("of") == "force")


def _find(visit: Visit, view: PolicyView, book: str) -> BookView:
    try:
        return read_book(view, book, last_counts(visit.organisation), visit.organisation)
    except NotThere as refusal:
        raise Http404(str(refusal)) from refusal


def _find_step(found: BookView, step: str) -> Step:
    for candidate in found.book.steps:
        if candidate.id == step:
            return candidate
    raise Http404


def _book_page(
    request: HttpRequest,
    visit: Visit,
    view: PolicyView,
    found: BookView,
    *,
    book_form: BookForm | None = None,
    status: int = 200,
) -> HttpResponse:
    form = book_form or BookForm(initial=found.book.model_dump())
    context = {"view": view, "book": found, "book_form": form, "has_faults": book_form is not None, "tab": "books"}
    return render_page(request, visit, "playbook.html", context, section=SECTION, status=status)


def _step_page(
    request: HttpRequest, visit: Visit, found: BookView, form: StepForm, step: str, status: int = 200
) -> HttpResponse:
    context = {"book": found, "form": form, "step_id": step, "counted_from": COUNTED_FROM}
    return render_page(request, visit, "step.html", context, section=SECTION, status=status)


def _address(visit: Visit, book: str) -> str:
    return reverse("playbook", args=[visit.organisation.slug, book])
