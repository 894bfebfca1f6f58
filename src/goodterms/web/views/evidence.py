"""Everything about a customer for a lawyer or a court, as one file."""

from django.http import HttpRequest, HttpResponse

from goodterms.core.refusal import Refusal
from goodterms.flows.evidence_file import PAGES, make_evidence_file
from goodterms.flows.seal_timeline import seal_timeline
from goodterms.web.access import Visit, acting, looking
from goodterms.web.pages import render_page
from goodterms.web.uploads import serve_file


@looking
def evidence(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """What the file holds, and the two ways to take it along."""
    customer = visit.find_customer(pk)
    return render_page(request, visit, "evidence.html", {"customer": customer}, section="customers")


@acting
def evidence_make(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Seal the timeline and make the file: all of it as a ZIP, or its pages alone as a PDF."""
    customer = visit.find_customer(pk)
    seal_timeline(visit.organisation, visit.now)
    try:
        made = make_evidence_file(visit.organisation, customer, actor=visit.actor, now=visit.now)
    except Refusal as refusal:
        context = {"customer": customer, "fault": str(refusal)}
        return render_page(request, visit, "evidence.html", context, section="customers", status=422)
    if request.POST.get("form") == "pdf":
        return serve_file(made.files[PAGES], f"{made.name}.pdf", "application/pdf")
    return serve_file(made.pack(), f"{made.name}.zip", "application/zip")
