"""What came of a call, written down beside its sheet: outcome, promise, reason, recording."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from goodterms.core.call_recording import RecordingRulesOutdated, Rule
from goodterms.flows.keep_recording import LARGEST_BYTES, Recording, rule_for
from goodterms.flows.record_call import PromiseGiven, ReasonGiven, call_asking_for, record_call
from goodterms.followup.models import Call, LateReason, Task
from goodterms.importers.amounts import read_amount
from goodterms.ledger.models import Contact, Customer, Invoice
from goodterms.web.access import Visit, acting, go_back
from goodterms.web.queries.balances import open_items
from goodterms.web.queries.customer import customer_day
from goodterms.web.queries.tasks import effect_of, find_task
from goodterms.web.words import CALL_OUTCOMES, LATE_REASONS

CALLS = (Task.Kind.CALL, Task.Kind.CALL_BACK)


class CallForm(forms.Form):
    """What a caller writes down; the flow has the last word."""

    outcome = forms.ChoiceField(
        choices=Call.Outcome.choices, error_messages={"required": _("Say what came of the call.")}
    )
    note = forms.CharField(required=False, max_length=2000)
    contact = forms.ModelChoiceField(Contact.objects.none(), required=False)
    call_back = forms.DateField(required=False)
    promise_amount = forms.CharField(required=False, max_length=30)
    promise_currency = forms.CharField(required=False, max_length=3)
    promise_by = forms.DateField(required=False)
    reason = forms.ChoiceField(choices=[("", ""), *LateReason.Reason.choices], required=False)
    invoice = forms.ModelChoiceField(Invoice.objects.none(), required=False)
    recording = forms.FileField(required=False)
    rule = forms.CharField(required=False)

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, rows in (
            ("contact", Contact.objects.filter(customer=customer)),
            ("invoice", open_items(customer.organisation).filter(customer=customer)),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = rows


def call_context(visit: Visit, task: Task) -> dict[str, Any]:
    """What the form beside the sheet needs; empty for tasks that are no calls, or done."""
    customer = task.customer
    if task.kind not in CALLS or customer is None or task.done_at:
        return {}
    asked_for = call_asking_for(task)
    return {**call_choices(visit, customer), "call_contact_id": asked_for.contact_id if asked_for else None}


def call_choices(visit: Visit, customer: Customer) -> dict[str, Any]:
    """What the form of any call offers to choose from."""
    items = open_items(visit.organisation).filter(customer=customer, kind=Invoice.Kind.INVOICE)
    currencies = items.order_by("currency").values_list("currency", flat=True).distinct()
    return {
        "call_outcomes": CALL_OUTCOMES,
        "late_reasons": LATE_REASONS,
        "call_items": items.order_by("due_date", "pk")[:50],
        "call_currencies": list(currencies) or [visit.organisation.currency],
        "recording_rule": _rule(visit, customer),
        "customer_day": customer_day(visit, customer),
    }


def _rule(visit: Visit, customer: Customer) -> Rule | None:
    """What a recording needs; None when nobody vouches for the rules any more, and none is taken."""
    try:
        return rule_for(visit.organisation, customer, customer_day(visit, customer), customer.region)
    except RecordingRulesOutdated:
        return None


@acting
def call_log(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Write down what came of the call that a task asked for."""
    found = find_task(visit, pk)
    if found is None or found.customer is None or found.kind not in CALLS:
        raise Http404
    form = CallForm(request.POST, request.FILES, customer=found.customer)
    if not form.is_valid():
        for faults in form.errors.values():
            messages.error(request, " ".join(str(fault) for fault in faults))
        return go_back(request, reverse("task", args=[visit.organisation.slug, pk]))
    given = form.cleaned_data
    effect = effect_of(found)
    record_call(
        visit.organisation,
        found.customer,
        outcome=given["outcome"],
        contact=given["contact"],
        touch=getattr(effect, "touch", None),
        task=found,
        note=given["note"],
        call_back=given["call_back"],
        promise=read_promise(given, visit),
        reason=ReasonGiven(given["reason"], given["invoice"], given["note"]) if given["reason"] else None,
        recording=_recording(given, found.customer),
        actor=visit.actor,
        now=visit.now,
    )
    messages.success(request, _("Done: %(title)s") % {"title": found.title})
    return go_back(request, reverse("today", args=[visit.organisation.slug]))


def read_promise(given: dict[str, Any], visit: Visit) -> PromiseGiven | None:
    """What was promised in the call; None where nothing was."""
    if not (given["promise_amount"] or given["promise_by"]):
        return None
    invoice: Invoice | None = given["invoice"]
    currency = given["promise_currency"] or (invoice.currency if invoice else visit.organisation.currency)
    amount = read_amount(given["promise_amount"], currency) if given["promise_amount"] else None
    return PromiseGiven(amount, given["promise_by"], [invoice] if invoice else ())


def _recording(given: dict[str, Any], customer: Customer) -> Recording | None:
    file = given["recording"]
    if file is None:
        return None
    content = file.read() if file.size <= LARGEST_BYTES else b""  # then the flow says how large it may be
    return Recording(content, file.content_type or "", given["rule"], customer.region)
