"""The forms of disputes, holds and fees; the flows behind them have the last word."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from goodterms.flows.agreed_invoices import AmountAboveOpen, AmountNotPositive
from goodterms.flows.charge_fee import FeeChargedAlready, NotWarned
from goodterms.flows.open_dispute import DeadlineInThePast
from goodterms.flows.place_hold import HoldEndsInThePast, HoldTooLong, KindnessSpent
from goodterms.flows.waive_fee import GoodWillSpent
from goodterms.flows.withdraw_promise import ReasonMissing
from goodterms.followup.models import Dispute
from goodterms.ledger.models import Invoice
from goodterms.organizations.models import Membership, Organisation
from goodterms.web.agreement_words import DISPUTE_REASONS, FEE_REASONS, RESOLUTIONS
from goodterms.web.form_kit import AmountField, DayField, KitForm
from goodterms.web.words import HOLD_REASONS

REASON_CHOICES = [(name, sign.label) for name, sign in DISPUTE_REASONS.items()]
RESOLUTION_CHOICES = [(name, sign.label) for name, sign in RESOLUTIONS.items() if name]


def colleagues(organisation: Organisation, *also: str) -> list[tuple[str, Any]]:
    """Who can look after something: nobody in particular, or a member by name."""
    members = Membership.objects.filter(organisation=organisation, user__is_active=True).select_related("user")
    names = {str(member.user) for member in members if member.role != Membership.Role.VIEWER}
    return [("", _("Nobody in particular")), *((name, name) for name in sorted(names | set(filter(None, also))))]


class OpenDisputeForm(KitForm):
    """What a customer does not accept of an invoice."""

    ids = "dispute-%s"
    refused_at: ClassVar = {AmountAboveOpen: "amount", AmountNotPositive: "amount", DeadlineInThePast: "due"}
    reason = forms.ChoiceField(choices=REASON_CHOICES, label=_("What is wrong"))
    amount = AmountField(required=False, label=_("Disputed amount"), help_text=_("Empty: all that is open on it."))
    owner = forms.ChoiceField(required=False, label=_("Who looks after it"))
    due = DayField(required=False, label=_("To be resolved by"), help_text=_("Empty: as the policy says."))
    note = forms.CharField(
        required=False, max_length=2000, label=_("What they say"), widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, invoice: Invoice, owners: Iterable[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.invoice = invoice
        _choose(self, "owner", owners)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        values["money"] = self.read_money("amount", self.invoice.currency)
        return values


class ReassignForm(KitForm):
    """Who looks after a dispute, and until when."""

    ids = "reassign-%s"
    refused_at: ClassVar = {DeadlineInThePast: "due"}
    owner = forms.ChoiceField(required=False, label=_("Who looks after it"))
    due = DayField(label=_("To be resolved by"))

    def __init__(self, *args: Any, owners: Iterable[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose(self, "owner", owners)


class ResolveForm(KitForm):
    """How a dispute ended."""

    ids = "resolve-%s"
    refused_at: ClassVar = {AmountAboveOpen: "amount"}
    resolution = forms.ChoiceField(
        choices=RESOLUTION_CHOICES, widget=forms.RadioSelect, error_messages={"required": _("Say how it ended.")}
    )
    amount = AmountField(
        required=False,
        label=_("Amount"),
        help_text=_("Of the credit note, or taken off; empty: what was disputed."),
    )
    note = forms.CharField(required=False, max_length=2000, label=_("Note"), widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, dispute: Dispute, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dispute = dispute

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        values["money"] = self.read_money("amount", self.dispute.invoice.currency)
        return values


class PauseForm(KitForm):
    """A dated pause with a reason."""

    ids = "hold-%s"
    refused_at: ClassVar = {HoldEndsInThePast: "until", HoldTooLong: "until", KindnessSpent: "reason"}
    until = DayField(label=_("Last day"), error_messages={"required": _("Name the last day of the pause.")})
    reason = forms.ChoiceField(choices=[(name, sign.label) for name, sign in HOLD_REASONS.items()], label=_("Reason"))
    note = forms.CharField(required=False, max_length=1000, label=_("Note"))


class ExtendForm(KitForm):
    """Another last day for a hold."""

    refused_at: ClassVar = {HoldEndsInThePast: "until", HoldTooLong: "until"}
    until = DayField(label=_("Last day"), error_messages={"required": _("Name the last day of the pause.")})


class FeeForm(KitForm):
    """What paying late costs, claimed beside the invoice."""

    refused_at: ClassVar = {AmountNotPositive: "amount", NotWarned: "reason", FeeChargedAlready: "period"}
    reason = forms.ChoiceField(choices=[(name, sign.label) for name, sign in FEE_REASONS.items()], label=_("What for"))
    amount = AmountField(label=_("Amount"), error_messages={"required": _("Name the amount.")})
    currency = forms.CharField(max_length=3, label=_("Currency"))
    invoice = forms.ModelChoiceField(
        Invoice.objects.none(), required=False, label=_("For invoice"), empty_label=_("None in particular")
    )
    period = forms.CharField(
        max_length=40,
        initial="once",
        label=_("Charged once for"),
        help_text=_("The same fee for the same invoice and words is never charged twice; such as 2026-03."),
    )

    def __init__(self, *args: Any, invoices: Iterable[Invoice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["invoice"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Invoice.objects.filter(pk__in=[one.pk for one in invoices])

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        values["money"] = self.read_money("amount", str(values.get("currency", "")).upper())
        return values


class WaiveForm(KitForm):
    """Why a fee is taken back."""

    ids = "waive-%s"
    refused_at: ClassVar = {GoodWillSpent: "kind", ReasonMissing: "reason"}
    kind = forms.ChoiceField(
        choices=[
            ("good_will", _("On good will, once per customer")),
            ("error", _("It was charged wrongly: what was paid of it goes back on account")),
        ],
        initial="good_will",
        widget=forms.RadioSelect,
        label=_("Why it is taken back"),
    )
    reason = forms.CharField(
        max_length=1000, label=_("In words"), error_messages={"required": _("Say why; it stays in the timeline.")}
    )


def _choose(form: forms.Form, name: str, choices: Iterable[tuple[str, Any]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = list(choices)
