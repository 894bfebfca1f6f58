"""The forms of the pages; the flows behind them have the last word."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from goodterms.flows.override_profile import PROFILES
from goodterms.followup.models import Hold
from goodterms.ledger.models import Contact, Customer, Invoice
from goodterms.web.queries.balances import open_items


class OverrideForm(forms.Form):
    """A person's word on why a customer is late."""

    profile = forms.ChoiceField(choices=[(name, name) for name in PROFILES])
    reason = forms.CharField(
        max_length=1000,
        error_messages={"required": _("Say why; the reason is kept with your name and the date.")},
    )


class HoldForm(forms.Form):
    """A dated pause with a reason, for a customer or one of its open invoices."""

    until = forms.DateField(error_messages={"required": _("Name the last day of the pause.")})
    reason = forms.ChoiceField(choices=Hold.Reason.choices)
    note = forms.CharField(required=False, max_length=1000)
    invoice = forms.ModelChoiceField(Invoice.objects.none(), required=False)

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["invoice"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = open_items(customer.organisation).filter(customer=customer)


class ContactForm(forms.Form):
    """A contact as a person writes it down; address and number are checked by the flow."""

    name = forms.CharField(required=False, max_length=200)
    role = forms.ChoiceField(choices=Contact.Role.choices)
    email = forms.CharField(required=False, max_length=254)
    phone = forms.CharField(required=False, max_length=40)
    mobile = forms.CharField(required=False, max_length=40)

    def clean_mobile(self) -> str | None:
        """None from a form that does not ask for it."""
        return str(self.cleaned_data["mobile"]).strip() if self.add_prefix("mobile") in self.data else None
