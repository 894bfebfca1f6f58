"""Import: a file is brought, seen, tried without keeping anything, and imported; and what was imported before."""

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from goodterms.core.refusal import Refusal
from goodterms.flows.bring_file import SMALL_BYTES, State, ask_to_import, ask_to_try, claim_this, drop_file, give_file
from goodterms.flows.carry_out_import import run_upload
from goodterms.flows.look_at_file import look_at_file
from goodterms.followup.models import ImportUpload
from goodterms.web.access import Visit, go_back, looking_to_manage, managing
from goodterms.web.exports import export_rows
from goodterms.web.import_forms import ReadingForm
from goodterms.web.import_words import KINDS, count_rows, in_page_words
from goodterms.web.lists import slice_rows
from goodterms.web.pages import render_page, render_part
from goodterms.web.queries.imports import find_upload, is_underway, list_imports, open_uploads, percent_done
from goodterms.web.uploads import MB, TABLES, UploadRefused, read_upload

SECTION = "imports"
LARGEST = 100 * MB
SHOWN_FAULTS = 50


@looking_to_manage
def imports(request: HttpRequest, visit: Visit) -> HttpResponse:
    """A place for a file, files not imported yet, and what was imported."""
    return _list_page(request, visit)


@managing
def import_give(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Take a file in, to be looked at."""
    try:
        given = read_upload(request.FILES.get("file"), TABLES, largest=LARGEST)
    except UploadRefused as refusal:
        return _list_page(request, visit, fault=str(refusal))
    upload = give_file(visit.organisation, given.file_name, given.content, actor=visit.actor, now=visit.now)
    return go_back(request, _address(visit, upload))


@looking_to_manage
def import_file(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """One file: how it is read, how far it is, or what came of it."""
    found = _find(visit, pk)
    if found.state == State.DONE:
        return render_page(request, visit, "import_done.html", _result(found), section=SECTION)
    if found.state == State.DROPPED:
        raise Http404
    if is_underway(found):
        context = {"upload": found, "percent": percent_done(found)}
        return render_page(request, visit, "import_wait.html", context, section=SECTION)
    return _form_page(request, visit, found, _form(found))


@looking_to_manage
def import_progress(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """The progress alone, fetched every second; once it has ended, the page that waits is fetched anew."""
    found = _find(visit, pk)
    if not is_underway(found):
        return HttpResponse(headers={"HX-Refresh": "true"})
    context = {"upload": found, "percent": percent_done(found)}
    return render_part(request, visit, "parts/import_progress.html", context)


@managing
def import_try(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Try the file as the form says; nothing of it is kept."""
    found = _open(visit, pk)
    form = _form(found, request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            asked = ask_to_try(found, form.as_wishes(), as_of=given["as_of"], is_complete=given["is_complete"])
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            _run_if_small(asked, visit)
            return go_back(request, _address(visit, found))
    return _form_page(request, visit, found, form)


@managing
def import_do(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Import the file as it was tried."""
    found = _find(visit, pk)
    _run_if_small(ask_to_import(found), visit)
    return go_back(request, _address(visit, found))


@managing
def import_drop(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Forget the file."""
    found = _find(visit, pk)
    drop_file(found)
    messages.success(request, _("%(name)s is forgotten; nothing of it was imported.") % {"name": found.file_name})
    return go_back(request, reverse("imports", args=[visit.organisation.slug]))


@looking_to_manage
def import_problems(request: HttpRequest, visit: Visit, pk: int) -> HttpResponseBase:
    """The problems of a file as a table to work through."""
    found = _find(visit, pk)
    headings = [_("Row"), _("Column"), _("Value"), _("What is wrong"), _("How to mend it"), _("Imported all the same")]
    rows = [
        (
            one["row"],
            one["column"],
            one["value"],
            one["message"],
            one["remedy"],
            _("yes") if one["is_kept"] else _("no"),
        )
        for one in found.report.get("faults", [])
    ]
    return export_rows(f"problems-{found.file_name}", headings, rows)


def _run_if_small(upload: ImportUpload, visit: Visit) -> None:
    """A small file is read while the person waits; others are left to a worker."""
    name = f"page-{uuid4().hex}"
    if upload.size <= SMALL_BYTES and claim_this(upload, name, visit.now):
        run_upload(upload, name, lambda: visit.now)


def _form(upload: ImportUpload, *given: Any) -> ReadingForm:
    return ReadingForm(*given, upload=upload, look=look_at_file(upload))


def _find(visit: Visit, pk: int) -> ImportUpload:
    found = find_upload(visit.organisation, pk)
    if found is None:
        raise Http404
    return found


def _open(visit: Visit, pk: int) -> ImportUpload:
    """The file while it can still be looked into."""
    found = _find(visit, pk)
    if found.state not in (State.GIVEN, State.ASKS, State.CHECKED):
        raise Http404
    return found


def _form_page(request: HttpRequest, visit: Visit, upload: ImportUpload, form: ReadingForm) -> HttpResponse:
    look = form.look
    context = {
        **_result(upload),
        "form": form,
        "look": look,
        "kind_word": KINDS[look.kind],
        "fault": in_page_words(str(look.fault)) if look.fault else "",
        "is_checked": upload.state == State.CHECKED and not form.is_bound,
    }
    return render_page(request, visit, "import_file.html", context, section=SECTION, status=422 if form.errors else 200)


def _result(upload: ImportUpload) -> dict[str, Any]:
    """What was found, as the page shows it."""
    report = upload.report
    faults = report.get("faults", [])
    return {
        "upload": upload,
        "report": report,
        "counts": count_rows(report.get("counts", {})),
        "notes": [in_page_words(note) for note in report.get("notes", [])],
        "faults": faults[:SHOWN_FAULTS],
        "faults_more": max(0, report.get("faults_count", 0) - SHOWN_FAULTS),
        "kind_word": KINDS.get(report.get("kind", ""), ""),
    }


def _list_page(request: HttpRequest, visit: Visit, fault: str = "") -> HttpResponse:
    context = {
        "fault": fault,
        "uploads": open_uploads(visit.organisation),
        "slice": slice_rows(list_imports(visit.organisation), ("-imported_at", "-pk"), request.GET.get("cursor", "")),
    }
    return render_page(request, visit, "imports.html", context, section=SECTION, status=422 if fault else 200)


def _address(visit: Visit, upload: ImportUpload) -> str:
    return reverse("import-file", args=[visit.organisation.slug, upload.pk])
