"""What proves that a letter was posted and received, or that it came back: recorded with its scan."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy, pgettext_lazy

from goodterms.core.refusal import Refusal
from goodterms.flows.record_proof import (
    LARGEST_SCAN_BYTES,
    NoSendingNumber,
    ProofInTheFuture,
    Scan,
    UnusableScan,
    record_posting,
    record_receipt,
    record_return,
    take_scan,
)
from goodterms.outbox.models import Effect
from goodterms.web.access import Visit, acting, go_back, looking
from goodterms.web.form_kit import DayField, KitForm
from goodterms.web.pages import render_page
from goodterms.web.queries.messages import customer_of, find_effect
from goodterms.web.queries.paper import PARTS, find_proof, proof_of
from goodterms.web.uploads import serve_file

POSTED, RECEIVED, RETURNED = "posted", "received", "returned"
DONE = {
    POSTED: gettext_lazy("The posting is on record."),
    RECEIVED: gettext_lazy("The receipt is on record."),
    RETURNED: gettext_lazy("Noted; somebody is asked to find the right address."),
}


class ProofForm(KitForm):
    """What happened to the letter, on which day, with the paper that proves it."""

    refused_at = {ProofInTheFuture: "day", NoSendingNumber: "sending_number", UnusableScan: "scan"}
    what = forms.ChoiceField(
        label=gettext_lazy("What happened"),
        widget=forms.RadioSelect,
        choices=[
            (POSTED, gettext_lazy("It was posted")),
            (RECEIVED, gettext_lazy("It was received")),
            (RETURNED, gettext_lazy("It came back")),
        ],
    )
    day = DayField(label=pgettext_lazy("day", "On"))
    sending_number = forms.CharField(required=False, max_length=100, label=gettext_lazy("Sending number"))
    who = forms.CharField(required=False, max_length=200, label=gettext_lazy("Signed by, or why it came back"))
    scan = forms.FileField(
        required=False,
        label=gettext_lazy("Scan of the paper"),
        widget=forms.ClearableFileInput(
            attrs={"accept": "application/pdf,image/png,image/jpeg", "class": "form-control"}
        ),
        help_text=gettext_lazy("PDF, PNG or JPEG of at most 10 MB."),
    )


@looking
def letter_proofs(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """The chain of proof of one letter, and the form that adds to it."""
    return _page(request, visit, _find(visit, pk), None)


@acting
def proof_record(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Put what happened on record."""
    effect = _find(visit, pk)
    form = ProofForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, visit, effect, form)
    try:
        _record(visit, effect, form.cleaned_data)
    except Refusal as refusal:
        form.refuse(refusal)
        return _page(request, visit, effect, form)
    messages.success(request, str(DONE[form.cleaned_data["what"]]))
    return go_back(request, reverse("letter-proofs", args=[visit.organisation.slug, pk]))


@looking
def proof_scan(request: HttpRequest, visit: Visit, pk: int, part: str) -> HttpResponse:
    """A scan, as a file to keep."""
    found = find_proof(visit.organisation, pk)
    if found is None or part not in PARTS:
        raise Http404
    visit.find_customer(found.customer_id)
    content, media_type = (getattr(found, name) for name in PARTS[part])
    if not content:
        raise Http404
    ending = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}.get(media_type, "bin")
    return serve_file(bytes(content), f"{part}-{found.pk}.{ending}", media_type)


def _record(visit: Visit, effect: Effect, given: dict[str, Any]) -> None:
    day: date = given["day"]
    scan = _scan(given["scan"])
    if given["what"] == POSTED:
        record_posting(visit.organisation, effect, posted=day, sending_number=given["sending_number"], scan=scan,
                       actor=visit.actor, now=visit.now)  # fmt: skip
    elif given["what"] == RECEIVED:
        record_receipt(visit.organisation, effect, received=day, received_by=given["who"], scan=scan,
                       actor=visit.actor, now=visit.now)  # fmt: skip
    else:
        record_return(visit.organisation, effect, returned=day, reason=given["who"], actor=visit.actor, now=visit.now)


def _scan(file: Any) -> Scan | None:
    """The uploaded scan; never more of it is read than may be kept."""
    return take_scan(file.read(LARGEST_SCAN_BYTES + 1)) if file else None


def _find(visit: Visit, pk: int) -> Effect:
    """A letter that left, of a customer this person may see."""
    effect = find_effect(visit.organisation, pk)
    if effect is None or effect.channel not in ("letter", "certified") or effect.state != Effect.State.SENT:
        raise Http404
    visit.find_customer(effect.customer_id)
    return effect


def _page(request: HttpRequest, visit: Visit, effect: Effect, form: ProofForm | None) -> HttpResponse:
    proof = proof_of(effect)
    first = POSTED if proof is None or proof.posted_date is None else RECEIVED
    context = {
        "effect": effect,
        "customer": customer_of(effect),
        "proof": proof,
        "form": form or ProofForm(initial={"what": first, "day": visit.today}),
        "is_certified": effect.channel == "certified",
    }
    return render_page(request, visit, "proofs.html", context, section="customers", status=422 if form else 200)
