"""The forms of promises, plans and settlements; the flows behind them have the last word."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from goodterms.core.instalments import ScheduleImpossible
from goodterms.core.money import Money
from goodterms.core.refusal import Refusal
from goodterms.flows.accept_plan import AcceptedByNobody
from goodterms.flows.agreed_invoices import AmountAboveOpen, AmountNotPositive
from goodterms.flows.make_promise import PromiseInThePast, PromiseTooFarAway, ToleranceOutOfBounds
from goodterms.flows.propose_plan import Terms
from goodterms.flows.propose_settlement import NothingForgiven, SettlementDayImpossible
from goodterms.flows.withdraw_promise import ReasonMissing
from goodterms.followup.models import PaymentPlan
from goodterms.importers.amounts import read_amount
from goodterms.ledger.models import Customer, Invoice
from goodterms.web.agreement_words import RHYTHMS, SOURCES
from goodterms.web.days import read_day
from goodterms.web.form_kit import AmountField, DayField, KitForm
from goodterms.web.queries.claims import open_claims

SOURCE_CHOICES = [(name, sign.label) for name, sign in SOURCES.items()]
SHOWN_CLAIMS = 60
MOST_INSTALMENTS = 240
EMPTY_PARTS = 3


class ClaimsForm(KitForm):
    """What an agreement is about: some of a customer's open invoices and fees, in one currency."""

    invoices = forms.ModelMultipleChoiceField(Invoice.objects.none(), required=False, label=_("About"))
    currency = forms.ChoiceField(label=_("Currency"), required=False)

    def __init__(self, *args: Any, customer: Customer, today: date, only: Sequence[Invoice] = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.customer, self.today = customer, today
        self.claims = list(only) or open_claims(customer)
        own = [claim.currency for claim in self.claims]
        home = customer.organisation.currency
        self.currencies = sorted(set(own), key=lambda code: (-own.count(code), code != home, code))
        field = self.fields["invoices"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = Invoice.objects.filter(pk__in=[claim.pk for claim in self.claims])
        choice = self.fields["currency"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [(code, code) for code in self.currencies]
        if len(self.currencies) == 1:
            choice.widget = forms.HiddenInput()
        choice.initial = self.currencies[0] if self.currencies else home

    @property
    def main_currency(self) -> str:
        """The one that was chosen, else the usual one."""
        chosen = self.cleaned_data.get("currency") if hasattr(self, "cleaned_data") else ""
        return chosen or str(self.fields["currency"].initial)

    @cached_property
    def shown_claims(self) -> list[Invoice]:
        """The claims that can be ticked; the oldest, where there are very many."""
        return self.claims[:SHOWN_CLAIMS]

    @cached_property
    def ticked(self) -> set[int]:
        """The claims whose box is ticked on the page."""
        given = self["invoices"].value() or []
        return {int(one) for one in map(str, given) if one.isdecimal()}

    def chosen(self) -> list[Invoice]:
        """The claims that were ticked; without: all that is overdue in the currency, or else all that is open in it."""
        ticked = list(self.cleaned_data.get("invoices") or [])
        if ticked:
            return ticked
        own = [claim for claim in self.claims if claim.currency == self.main_currency]
        return [claim for claim in own if claim.due_date and claim.due_date < self.today] or own


class PromiseForm(ClaimsForm):
    """What somebody promised to pay, and by when."""

    refused_at: ClassVar = {
        PromiseInThePast: "by",
        PromiseTooFarAway: "by",
        ToleranceOutOfBounds: "tolerance_days",
        AmountAboveOpen: "amount",
        AmountNotPositive: "amount",
    }
    amount = AmountField(required=False, label=_("Amount"), help_text=_("Empty: all of what it is about."))
    by = DayField(label=_("By"), error_messages={"required": _("Name the day that was promised.")})
    source = forms.ChoiceField(choices=SOURCE_CHOICES, initial="call", label=_("How it reached us"))
    tolerance_days = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=30,
        label=_("Tolerance in days"),
        help_text=_("So late it is still kept."),
    )
    note = forms.CharField(required=False, max_length=1000, label=_("Note"))

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        ticked = values.get("invoices")
        values["money"] = self.read_money("amount", ticked[0].currency if ticked else self.main_currency)
        return values


class SettlementForm(ClaimsForm):
    """Pay a part by a day, and the rest is forgiven."""

    refused_at: ClassVar = {
        SettlementDayImpossible: "by",
        NothingForgiven: "pay",
        AmountAboveOpen: "pay",
        AmountNotPositive: "pay",
        ReasonMissing: "reason",
    }
    pay = AmountField(label=_("To be paid"), error_messages={"required": _("Name the amount that shall be paid.")})
    by = DayField(label=_("By"), error_messages={"required": _("Name the last day to pay.")})
    reason = forms.CharField(
        max_length=1000,
        label=_("Why a part is forgiven"),
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say why; it stays in the timeline.")},
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        ticked = values.get("invoices")
        values["money"] = self.read_money("pay", ticked[0].currency if ticked else self.main_currency)
        return values


@dataclass(frozen=True)
class Part:
    """A line of a custom schedule as it was typed, and what is wrong with it."""

    day: str = ""
    amount: str = ""
    fault: str = ""


class PlanForm(ClaimsForm):
    """The terms of a plan: equal instalments in a rhythm, or days and sums of one's own."""

    refused_at: ClassVar = {ScheduleImpossible: "count"}
    rhythm = forms.ChoiceField(
        choices=[(name, sign.label) for name, sign in RHYTHMS.items()], initial="monthly", label=_("Rhythm")
    )
    first = DayField(required=False, label=_("First day"))
    count = forms.IntegerField(
        required=False, min_value=1, max_value=MOST_INSTALMENTS, initial=3, label=_("Instalments")
    )
    down_payment = AmountField(required=False, label=_("Down payment"), help_text=_("Empty: none."))
    down_date = DayField(required=False, label=_("Down payment due"), help_text=_("Empty: today."))
    note = forms.CharField(required=False, max_length=1000, label=_("Note"))

    def refuse(self, refusal: Refusal) -> None:
        """As of every form; what is wrong with days and sums of one's own stands above them."""
        if self.is_custom:
            self.add_error(None, str(refusal))
        else:
            super().refuse(refusal)

    @property
    def is_custom(self) -> bool:
        return str(self["rhythm"].value()) == PaymentPlan.Rhythm.CUSTOM

    @cached_property
    def parts(self) -> list[Part]:
        """The lines of a custom schedule, with a few empty ones to go on."""
        typed = self._typed() if self.is_bound else []
        return [*typed, *[Part()] * EMPTY_PARTS]

    def _typed(self) -> list[Part]:
        assert isinstance(self.data, QueryDict)
        days, amounts = self.data.getlist("day"), self.data.getlist("sum")
        lines = [(day.strip(), amount.strip()) for day, amount in zip(days, amounts, strict=False)]
        return [Part(day, amount, _part_fault(day, amount)) for day, amount in lines if day or amount]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("rhythm") == PaymentPlan.Rhythm.CUSTOM:
            if not self.parts[:-EMPTY_PARTS]:
                self.add_error(None, _("Name at least one day with its sum."))
            elif any(part.fault for part in self.parts):
                self.add_error(None, _("Each line needs a day and a sum."))
            return values
        for name, words in (("first", _("Name the first day.")), ("count", _("Say how many instalments."))):
            if name not in self.errors and not values.get(name):
                self.add_error(name, words)
        return values

    def read_terms(self) -> tuple[Terms, list[Invoice]] | None:
        """The terms and what they are about; None, and the faults are with their fields, where they cannot be read."""
        if not self.is_valid():
            return None
        values, about = self.cleaned_data, self.chosen()
        currency = about[0].currency if about else self.main_currency
        down = None if self.is_custom else self.read_money("down_payment", currency)
        custom = self._read_parts(currency) if self.is_custom else []
        if self.errors:
            return None
        terms = Terms(
            rhythm=values["rhythm"],
            first=values.get("first"),
            count=values.get("count") or 0,
            custom=custom,
            down_payment=down,
            down_date=values.get("down_date"),
        )
        return terms, about

    def _read_parts(self, currency: str) -> list[tuple[date, Money]]:
        read = []
        for part in self.parts[:-EMPTY_PARTS]:
            try:
                read.append((date.fromisoformat(part.day), read_amount(part.amount, currency)))
            except Refusal as refusal:
                self.add_error(None, str(refusal))
        return read


def _part_fault(day: str, amount: str) -> str:
    if read_day(day) is None:
        return str(_("Name the day."))
    return "" if amount else str(_("Name the sum."))


class AcceptForm(KitForm):
    """Who at the customer accepted an agreement, and how."""

    ids = "accept-%s"
    refused_at: ClassVar = {AcceptedByNobody: "accepted_by"}
    accepted_by = forms.CharField(
        max_length=200,
        label=_("Accepted by"),
        error_messages={"required": _("Say who accepted it: the name of the person at the customer.")},
    )
    how = forms.ChoiceField(choices=SOURCE_CHOICES, initial="email", label=_("How"))
    detail = forms.CharField(
        required=False, max_length=1000, label=_("Their words"), help_text=_("Or the address it came from.")
    )


class ReasonForm(KitForm):
    """Why something is ended."""

    ids = "end-%s"
    refused_at: ClassVar = {ReasonMissing: "reason"}
    reason = forms.CharField(
        max_length=1000, label=_("Why"), error_messages={"required": _("Say why; the reason stays in the timeline.")}
    )
