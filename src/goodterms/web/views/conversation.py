"""Calls nobody had planned, written down on the customer's page; one call with its recording."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from goodterms.core.call_recording import RecordingRulesOutdated, Rule
from goodterms.flows.add_recording import add_recording, sound_type
from goodterms.flows.keep_recording import LARGEST_BYTES, Recording, rule_for
from goodterms.flows.record_call import ReasonGiven, record_call
from goodterms.followup.models import Call
from goodterms.ledger.models import Customer
from goodterms.web.access import Visit, acting, go_back, looking
from goodterms.web.pages import render_page
from goodterms.web.queries.customer import contacts_of
from goodterms.web.uploads import UploadRefused, serve_file
from goodterms.web.views.calls import CallForm, call_choices, read_promise

ENDINGS = {"audio/mpeg": "mp3", "audio/mp4": "m4a", "audio/ogg": "ogg", "audio/wav": "wav", "audio/webm": "webm",
           "audio/flac": "flac"}  # fmt: skip


@looking
def call_new(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """The form for a call that was made or taken just now."""
    return _page(request, visit, visit.find_customer(pk))


@acting
def call_record(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Write the call down, with what was promised and explained in it."""
    customer = visit.find_customer(pk)
    form = CallForm(request.POST, request.FILES, customer=customer)
    if not form.is_valid():
        return _page(request, visit, customer, form)
    given = form.cleaned_data
    call = record_call(
        visit.organisation,
        customer,
        outcome=given["outcome"],
        contact=given["contact"],
        is_incoming=request.POST.get("direction") == "in",
        note=given["note"],
        call_back=given["call_back"],
        promise=read_promise(given, visit),
        reason=ReasonGiven(given["reason"], given["invoice"], given["note"]) if given["reason"] else None,
        recording=_recording(request, customer),
        actor=visit.actor,
        now=visit.now,
    )
    messages.success(request, _("The call stands in the timeline."))
    return go_back(request, reverse("customer", args=[visit.organisation.slug, call.customer_id]))


@looking
def call(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """One call: what was said, and its recording."""
    found = _find(visit, pk)
    context = {
        "call": found,
        "customer": found.customer,
        "is_recorded": bool(found.recording_sha256),
        "recording_rule": None if found.recording_sha256 else _rule(visit, found),
    }
    return render_page(request, visit, "call.html", context, section="customers")


@acting
def recording_add(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Keep the recording of a call that was written down before."""
    found = _find(visit, pk)
    recording = _recording(request, found.customer)
    if recording is None:
        raise UploadRefused(_("Choose a file."))
    add_recording(visit.organisation, found, recording, actor=visit.actor, now=visit.now)
    messages.success(request, _("The recording is kept with the call."))
    return go_back(request, reverse("call", args=[visit.organisation.slug, pk]))


@looking
def recording(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """The recording, as a file to keep."""
    found = visit.limit(Call.objects.filter(organisation=visit.organisation, pk=pk)).first()
    if found is None or found.recording is None:
        raise Http404
    ending = ENDINGS.get(found.recording_type, "bin")
    name = f"call-{found.called_date}-{found.pk}.{ending}"
    return serve_file(bytes(found.recording), name, found.recording_type)


def _page(request: HttpRequest, visit: Visit, customer: Customer, form: CallForm | None = None) -> HttpResponse:
    context = {
        "customer": customer,
        "contacts": contacts_of(customer),
        "form": form,
        **call_choices(visit, customer),
    }
    return render_page(request, visit, "call_new.html", context, section="customers", status=422 if form else 200)


def _find(visit: Visit, pk: int) -> Call:
    rows = Call.objects.filter(organisation=visit.organisation, pk=pk).select_related("customer", "contact")
    found = visit.limit(rows).defer("recording").first()
    if found is None:
        raise Http404
    return found


def _rule(visit: Visit, found: Call) -> Rule | None:
    """What keeping a recording needs; None when nobody vouches for the rules any more, and none is taken."""
    try:
        return rule_for(visit.organisation, found.customer, found.called_date, found.customer.region)
    except RecordingRulesOutdated:
        return None


def _recording(request: HttpRequest, customer: Customer) -> Recording | None:
    """The uploaded recording with what was confirmed; its kind is read off its first bytes."""
    file = request.FILES.get("recording")
    if file is None:
        return None
    if not file.size or file.size > LARGEST_BYTES:
        raise UploadRefused(
            _("A recording has at most %(size)s MB, and is not empty.") % {"size": LARGEST_BYTES // 1024 // 1024}
        )
    content = file.read(LARGEST_BYTES + 1)
    return Recording(content, sound_type(content), request.POST.get("rule", ""), customer.region)
