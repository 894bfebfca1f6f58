"""The forms of the settings pages: the particulars and the numbers of the policy, as people know them."""

import json
from collections.abc import Iterable, Mapping
from datetime import time
from decimal import Decimal
from typing import Any, ClassVar
from zoneinfo import available_timezones

from babel import Locale
from babel.core import get_global
from django import forms
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel

from goodterms.core.money import CURRENCIES, minor_digits
from goodterms.core.policy import AgencyPolicy, LateFeePolicy, PolicyNumbers
from goodterms.core.refusal import Refusal
from goodterms.followup.policy import read_numbers
from goodterms.messages.languages import known_languages
from goodterms.organizations.models import Organisation
from goodterms.organizations.values import checked
from goodterms.web.compose_words import LANGUAGES
from goodterms.web.form_kit import AmountField, KitForm

LAYOUTS = {
    "": _("As usual in our country"),
    "din5008b": _("DIN 5008 (window on the left, A4)"),
    "uk_dl": _("British (DL envelope, A4)"),
    "us10": _("American (No. 10 envelope, Letter)"),
}
LAWS = ("DE", "GB")


class SettingsForm(KitForm):
    """A page of settings. A field is a particular, or a number of the policy where ``numbers`` gives it a dotted key.

    Amounts (``amounts``: field -> dotted key of a table by currency) are in the organisation's own currency.
    """

    numbers: ClassVar[Mapping[str, str]] = {}
    amounts: ClassVar[Mapping[str, str]] = {}

    def __init__(self, *args: Any, organisation: Organisation, **given: Any) -> None:
        self.organisation = organisation
        self.in_force = read_numbers(organisation.policy).model_dump(mode="json")
        super().__init__(*args, **{"initial": self._present(), **given})

    def _present(self) -> dict[str, Any]:
        """The values in force, by field."""
        currency = self.organisation.currency
        return {
            **{name: getattr(self.organisation, name) for name in self.particular_names()},
            **{name: self._shown(name, _at(self.in_force, key)) for name, key in self.numbers.items()},
            **{name: _plain(_at(self.in_force, key).get(currency), currency) for name, key in self.amounts.items()},
        }

    def _shown(self, name: str, value: Any) -> Any:
        return value[:5] if isinstance(self.base_fields[name], forms.TimeField) else value

    def particular_names(self) -> list[str]:
        """The fields that are the organisation's particulars."""
        return [name for name in self.base_fields if name not in self.numbers and name not in self.amounts]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        country = given.get("country") or self.organisation.country
        for name in self.particular_names():
            if name in given:
                try:
                    given[name] = checked({"country": country, name: given[name] or ""})[name]
                except Refusal as refusal:
                    self.add_error(name, str(refusal))
        return given

    def particulars(self) -> dict[str, str]:
        """The particulars as typed."""
        return {name: self.cleaned_data[name] for name in self.particular_names()}

    def changed_numbers(self) -> dict[str, str]:
        """What of the policy differs from what is in force, as ``change_policy`` takes it; empty: as shipped."""
        shipped = PolicyNumbers().model_dump(mode="json")
        wanted = {key: _json(self.cleaned_data.get(name)) for name, key in self.numbers.items()}
        wanted |= {key: self._table(name, key) for name, key in self.amounts.items()}
        return {
            key: "" if value is None or _same(value, _at(shipped, key)) else json.dumps(value)
            for key, value in wanted.items()
            if not _same(value, _at(self.in_force, key))
        }

    def _table(self, name: str, key: str) -> dict[str, int]:
        """The amounts by currency with the one that was typed; others stay, and an empty one goes."""
        currency = self.organisation.currency
        amount = self.read_money(name, currency)
        others = {code: minor for code, minor in _at(self.in_force, key).items() if code != currency}
        return {**others, currency: amount.amount_minor} if amount is not None else others


def _at(values: Mapping[str, Any], key: str) -> Any:
    found: Any = values
    for part in key.split("."):
        found = found[part]
    return found


def _json(value: Any) -> Any:
    if isinstance(value, time):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str) and one[:1].isdigit() and ":" not in one:
        return Decimal(one) == Decimal(other)
    return bool(one == other)


def _plain(minor: int | None, currency: str) -> str:
    """An amount as a person types it."""
    if minor is None:
        return ""
    digits = minor_digits(currency)
    return f"{Decimal(minor).scaleb(-digits):.{digits}f}"


def _days(key: str, label: Any, hint: Any = "", *, required: bool = True) -> forms.IntegerField:
    """A whole number within the bounds that the policy sets it."""
    table, _dot, name = key.rpartition(".")
    models: dict[str, type[BaseModel]] = {"": PolicyNumbers, "late_fee": LateFeePolicy, "agency": AgencyPolicy}
    model = models[table]
    bounds = model.model_fields[name].metadata
    least = next((int(one.ge) for one in bounds if hasattr(one, "ge")), None)
    most = next((int(one.le) for one in bounds if hasattr(one, "le")), None)
    return forms.IntegerField(label=label, help_text=hint, required=required, min_value=least, max_value=most)


def country_choices() -> list[tuple[str, str]]:
    """The countries by name."""
    names = Locale("en").territories
    codes: Iterable[str] = set(get_global("territory_currencies")) - {"EU"}
    return sorted(((code, names.get(code, code)) for code in codes), key=lambda pair: pair[1])


def zone_choices() -> list[tuple[str, str]]:
    """The time zones of places."""
    return [(name, name.replace("_", " ")) for name in sorted(available_timezones()) if _is_place(name)]


def _is_place(name: str) -> bool:
    return "/" in name and not name.startswith(("Etc/", "SystemV/", "US/"))


class OrganisationForm(SettingsForm):
    """Who the organisation is and where."""

    name = forms.CharField(max_length=200, label=_("Name"), help_text=_("As customers know the company."))
    country = forms.ChoiceField(label=_("Country"), help_text=_("Its working days and its law of interest hold."))
    language = forms.ChoiceField(
        label=_("Language"), help_text=_("Of messages to customers of whom no language is known.")
    )
    timezone = forms.ChoiceField(label=_("Time zone"), help_text=_("The day begins and the run is made by it."))
    currency = forms.ChoiceField(label=_("Currency"), help_text=_("Of amounts whose file names none."))
    website = forms.CharField(required=False, max_length=200, label=_("Website"))
    postal_address = forms.CharField(
        required=False, max_length=500, label=_("Postal address"), widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Lines as on an envelope, without the name; stands on letters."),
    )  # fmt: skip

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        ours = self.organisation
        languages = [(code, LANGUAGES[code].label if code in LANGUAGES else code) for code in known_languages()]
        choices: dict[str, Any] = {
            "country": country_choices(),
            "language": languages,
            "timezone": zone_choices(),
            "currency": [(code, code) for code in sorted(CURRENCIES)],
        }
        for name, known in choices.items():
            field, present = self.fields[name], getattr(ours, name)
            assert isinstance(field, forms.ChoiceField)
            field.choices = known if present in dict(known) else [*known, (present, present)]


class BrandingForm(SettingsForm):
    """How messages and letters look."""

    brand_color = forms.CharField(
        required=False, max_length=7, label=_("Colour"),
        help_text=_("Of headings and buttons, as #1f3a5f; empty: a quiet dark blue."),
    )  # fmt: skip
    letter_layout = forms.ChoiceField(
        required=False, label=_("Letter layout"), choices=list(LAYOUTS.items()),
        help_text=_("Where the address stands, so that it shows in the window of the envelope."),
    )  # fmt: skip


class PaymentForm(SettingsForm):
    """How customers pay."""

    account_holder = forms.CharField(
        required=False, max_length=70, label=_("Account holder"), help_text=_("Empty: the organisation's name.")
    )
    iban = forms.CharField(
        required=False, max_length=42, label=_("IBAN"), help_text=_("Its check digits are checked before it is kept.")
    )
    bic = forms.CharField(required=False, max_length=14, label=_("BIC"))
    bank_name = forms.CharField(required=False, max_length=100, label=_("Bank"))
    payment_link = forms.CharField(
        required=False, max_length=200, label=_("Payment page"), help_text=_("A page of yours on which one can pay.")
    )
    payment_note = forms.CharField(
        required=False, max_length=1000, label=_("Any other way to pay"), widget=forms.Textarea(attrs={"rows": 3})
    )


class SendersForm(SettingsForm):
    """Who messages come from, and where answers go."""

    numbers = {"senior_name": "senior_sender.name", "senior_email": "senior_sender.email"}
    sender_name = forms.CharField(
        required=False, max_length=200, label=_("Name of the sender"), help_text=_("The person who signs.")
    )
    sender_email = forms.CharField(required=False, max_length=254, label=_("Address of the sender"))
    sender_phone = forms.CharField(required=False, max_length=40, label=_("Telephone"))
    inbox_address = forms.CharField(
        required=False, max_length=254, label=_("Inbox address"),
        help_text=_("Where answers arrive; with plus-addressing each customer has their own. Empty: the sender's."),
    )  # fmt: skip
    senior_name = forms.CharField(
        required=False, max_length=200, label=_("Name of the senior person"),
        help_text=_("Signs where a playbook lets a senior person speak."),
    )  # fmt: skip
    senior_email = forms.EmailField(required=False, max_length=254, label=_("Their address"))


class PaceForm(SettingsForm):
    """How often and at which hours customers hear from the organisation, and what a person may grant."""

    numbers = {
        name: name
        for name in ("grace_days", "gap_days", "weekly_cap", "reply_wait_days", "daily_volume_cap", "window_opens",
                     "window_closes", "approval_expires_days", "terms_days", "hold_longest_days", "holds_per_year",
                     "promise_longest_days", "promise_tolerance_days", "dispute_working_days")
    }  # fmt: skip
    amounts = {"minimum_balance": "minimum_balance_minor"}
    grace_days = _days("grace_days", _("Days of grace after the due date"))
    gap_days = _days("gap_days", _("Least days between two contacts"))
    weekly_cap = _days("weekly_cap", _("Most messages in seven days"))
    minimum_balance = AmountField(
        required=False, label=_("Smallest balance that is chased"), help_text=_("Less than this is left alone.")
    )
    daily_volume_cap = forms.IntegerField(
        required=False, min_value=1, label=_("Most messages in one day's run"),
        help_text=_("More are held for a person to look at. Empty: no limit."),
    )  # fmt: skip
    reply_wait_days = _days("reply_wait_days", _("Days to wait for an unread answer"))
    approval_expires_days = _days("approval_expires_days", _("Days after which an unapproved draft expires"))
    terms_days = _days(
        "terms_days", _("Terms in days where none are known"), _("Empty: such invoices are listed as problems."),
        required=False,
    )  # fmt: skip
    window_opens = forms.TimeField(
        label=_("Not before"), widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        help_text=_("In the customer's own time zone."),
    )  # fmt: skip
    window_closes = forms.TimeField(
        label=_("Not after"), widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    )
    hold_longest_days = _days("hold_longest_days", _("Longest pause a person may grant, in days"))
    holds_per_year = _days("holds_per_year", _("Pauses out of kindness in a year"))
    promise_longest_days = _days("promise_longest_days", _("Longest wait for a promise, in days"))
    promise_tolerance_days = _days("promise_tolerance_days", _("Days a promise may be late"))
    dispute_working_days = _days("dispute_working_days", _("Working days to resolve a dispute"))

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        opens, closes = given.get("window_opens"), given.get("window_closes")
        if opens and closes and opens >= closes:
            self.add_error("window_closes", _("This is not later than the hour at which messages begin."))
        return given


class InterestForm(SettingsForm):
    """What is charged to whom pays late."""

    numbers = {
        "interest_enabled": "interest.enabled",
        "interest_country": "interest.country",
        "fee_kind": "late_fee.kind",
        "fee_percent": "late_fee.percent",
        "fee_from_day": "late_fee.from_day",
        "fee_warning_days": "late_fee.warning_days",
        "fee_each_month": "late_fee.each_month",
        "fee_due_days": "fee_due_days",
    }
    amounts = {"fee_amount": "late_fee.amount_minor", "fee_most": "late_fee.most_minor"}
    interest_enabled = forms.BooleanField(
        required=False, label=_("Claim statutory interest"),
        help_text=_("Playbooks then warn of it first; it is worked out by the day from dated tables."),
    )  # fmt: skip
    interest_country = forms.ChoiceField(
        required=False, label=_("By the law of"),
        choices=[("", _("Our own country")), ("DE", _("Germany")), ("GB", _("United Kingdom"))],
    )  # fmt: skip
    fee_kind = forms.ChoiceField(
        label=_("Late fee"),
        choices=[("none", _("None")), ("fixed", _("A fixed sum")), ("percent", _("A percentage of what is late"))],
    )
    fee_amount = AmountField(required=False, label=_("The fixed sum"))
    fee_percent = forms.DecimalField(
        min_value=0, max_value=25, max_digits=6, decimal_places=4, label=_("The percentage")
    )
    fee_most = AmountField(required=False, label=_("Never more than"))
    fee_from_day = _days("late_fee.from_day", _("From so many days after the due date"))
    fee_warning_days = _days("late_fee.warning_days", _("Days after the warning at the earliest"))
    fee_each_month = forms.BooleanField(required=False, label=_("Anew in every month that it stays unpaid"))
    fee_due_days = _days("fee_due_days", _("Days to pay a fee in"))

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        field, present = self.fields["interest_country"], self.in_force["interest"]["country"]
        assert isinstance(field, forms.ChoiceField)
        if present and present not in LAWS:
            field.choices = [("", _("Our own country")), (present, present)]

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        for name in self.amounts:
            amount = self.read_money(name, self.organisation.currency)
            if amount is not None and amount.amount_minor <= 0:
                self.add_error(name, _("Give an amount above nothing, or leave it empty."))
        if given.get("fee_kind") == "fixed" and not given.get("fee_amount"):
            self.add_error("fee_amount", _("Say how much."))
        if given.get("fee_kind") == "percent" and not given.get("fee_percent"):
            self.add_error("fee_percent", _("Say how much."))
        return given


class AgencyForm(SettingsForm):
    """To whom cases are handed over, and when one is ready."""

    numbers = {"agency_overdue_days": "agency.overdue_days"}
    amounts = {"agency_least": "agency.least_minor"}
    agency_name = forms.CharField(required=False, max_length=200, label=_("Name of the agency"))
    agency_email = forms.CharField(required=False, max_length=254, label=_("Its address for new cases"))
    agency_least = AmountField(
        required=False, label=_("Least overdue amount"), help_text=_("Smaller ones are never handed over.")
    )
    agency_overdue_days = _days("agency.overdue_days", _("The oldest invoice is overdue for more days than"))
