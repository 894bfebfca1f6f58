"""How a customer's accounts payable work: written down, or a pay run that their payments suggest taken over."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from goodterms.core.refusal import Refusal
from goodterms.flows.write_ap_profile import (
    CUT_OFF_WORKING_DAYS,
    LONGEST_CUT_OFF,
    confirm_pay_run,
    suggestion_for,
    write_ap_profile,
)
from goodterms.followup.models import ApProfile
from goodterms.ledger.models import Customer
from goodterms.web.access import Visit, acting, go_back, looking
from goodterms.web.ap_words import FORMATS, WEEKDAYS
from goodterms.web.form_kit import KitForm
from goodterms.web.pages import render_page
from goodterms.web.queries.ap_profile import ApPicture, read_ap

UNKNOWN, YES, NO = "", "yes", "no"
ANSWERS: dict[bool | None, str] = {None: UNKNOWN, True: YES, False: NO}


class ApForm(KitForm):
    """What is known of their process; what is left empty is asked for."""

    system = forms.CharField(
        required=False, max_length=100, label=gettext_lazy("System or portal"),
        help_text=gettext_lazy("Such as Coupa, Ariba, SAP, or a shared mailbox."),
    )  # fmt: skip
    portal_url = forms.URLField(required=False, assume_scheme="https", label=gettext_lazy("Address of the portal"))
    needs_purchase_order = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Purchase order required"),
        choices=[(UNKNOWN, gettext_lazy("Not known")), (YES, gettext_lazy("Yes")), (NO, gettext_lazy("No"))],
    )
    invoice_format = forms.ChoiceField(required=False, label=gettext_lazy("Invoice format"))
    invoice_email = forms.EmailField(required=False, label=gettext_lazy("Invoices go to"))
    pay_run = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Payment runs"),
        choices=[
            ("", gettext_lazy("Not known")),
            ("weekday", gettext_lazy("On weekdays")),
            ("day_of_month", gettext_lazy("On days of the month")),
        ],
    )
    weekdays = forms.MultipleChoiceField(
        required=False,
        label=gettext_lazy("Weekdays"),
        widget=forms.CheckboxSelectMultiple,
        choices=[(str(day), name) for day, name in WEEKDAYS.items()],
    )
    days_of_month = forms.CharField(
        required=False, max_length=60, label=gettext_lazy("Days of the month"),
        help_text=gettext_lazy("Such as 10, 25; 31 is the last day."),
    )  # fmt: skip
    cut_off_working_days = forms.IntegerField(
        required=False, min_value=0, max_value=LONGEST_CUT_OFF, label=gettext_lazy("Cut-off, working days before"),
    )  # fmt: skip
    note = forms.CharField(
        required=False, max_length=1000, label=gettext_lazy("Note"), widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, present: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["invoice_format"]
        assert isinstance(field, forms.ChoiceField)
        known = [("", _("Not known")), *((name, sign.label) for name, sign in FORMATS.items())]
        field.choices = known if present in FORMATS or not present else [*known, (present, present)]

    def clean_days_of_month(self) -> list[int]:
        """The days as numbers."""
        written = self.cleaned_data["days_of_month"].replace(";", ",").replace(".", " ").replace(",", " ").split()
        if not all(day.isdecimal() and 1 <= int(day) <= 31 for day in written):
            raise forms.ValidationError(_("Write days from 1 to 31 with commas between them, such as 10, 25."))
        return sorted({int(day) for day in written})

    def clean(self) -> dict[str, Any]:
        """A pay run names its days."""
        values = super().clean() or self.cleaned_data
        if values.get("pay_run") == "weekday" and not values.get("weekdays"):
            self.add_error("weekdays", _("Tick at least one weekday."))
        if (
            values.get("pay_run") == "day_of_month"
            and not values.get("days_of_month")
            and "days_of_month" not in self.errors
        ):
            self.add_error("days_of_month", _("Name at least one day of the month."))
        return values

    def given(self, before: ApProfile | None) -> dict[str, Any]:
        """What the flow is told; an unchanged pay run is not told again, since that would confirm a suggestion."""
        values = self.cleaned_data
        days = [int(day) for day in values["weekdays"]] if values["pay_run"] == "weekday" else values["days_of_month"]
        told = {
            **{name: values[name] for name in ("system", "portal_url", "invoice_format", "invoice_email", "note")},
            "needs_purchase_order": {YES: True, NO: False}.get(values["needs_purchase_order"]),
        }
        cut_off = values["cut_off_working_days"]
        run = {
            "pay_run": values["pay_run"],
            "pay_run_days": days if values["pay_run"] else [],
            "cut_off_working_days": CUT_OFF_WORKING_DAYS if cut_off is None else cut_off,
        }
        is_same = before is not None and all(getattr(before, name) == value for name, value in run.items())
        return told if is_same or (before is None and not values["pay_run"]) else {**told, **run}


@looking
def ap_profile(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """What is known of their process, what is still to be asked, and what the payments suggest."""
    customer = visit.find_customer(pk)
    return _page(request, visit, customer, None)


@acting
def ap_write(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Keep what was found out."""
    customer = visit.find_customer(pk)
    before = ApProfile.objects.filter(customer=customer).first()
    form = ApForm(request.POST, present=before.invoice_format if before else "")
    if not form.is_valid():
        return _page(request, visit, customer, form)
    try:
        write_ap_profile(visit.organisation, customer, actor=visit.actor, now=visit.now, **form.given(before))
    except Refusal as refusal:
        form.refuse(refusal)
        return _page(request, visit, customer, form)
    messages.success(request, _("Their process is noted; chasers are timed by it."))
    return go_back(request, reverse("customer", args=[visit.organisation.slug, pk]))


@acting
def ap_accept(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Take over the pay run that the payments suggest."""
    customer = visit.find_customer(pk)
    known = ApProfile.objects.filter(customer=customer).first()
    if known is not None and known.pay_run:
        confirm_pay_run(visit.organisation, customer, actor=visit.actor, now=visit.now)
    else:
        rows = suggestion_for(visit.organisation, customer).rows(named=True)
        for row in rows:
            write_ap_profile(visit.organisation, customer, actor=visit.actor, now=visit.now,
                             pay_run=row["pay_run"], pay_run_days=list(row["pay_run_days"]))  # fmt: skip
        if not rows:
            messages.error(request, _("Their payments suggest nothing plain enough; ask them, and write it down."))
            return go_back(request, reverse("ap-profile", args=[visit.organisation.slug, pk]))
    messages.success(request, _("The pay run counts from now on."))
    return go_back(request, reverse("customer", args=[visit.organisation.slug, pk]))


def _page(request: HttpRequest, visit: Visit, customer: Customer, form: ApForm | None) -> HttpResponse:
    picture = read_ap(visit.organisation, customer)
    context = {"customer": customer, "ap": picture, "form": form or _form_of(picture)}
    return render_page(request, visit, "ap_profile.html", context, section="customers", status=422 if form else 200)


def _form_of(picture: ApPicture) -> ApForm:
    """The form with what is known."""
    known = picture.profile
    if known is None:
        return ApForm(initial={"cut_off_working_days": CUT_OFF_WORKING_DAYS})
    days = known.pay_run_days
    is_weekday = known.pay_run == ApProfile.PayRun.WEEKDAY
    initial = {
        **{name: getattr(known, name) for name in ("system", "portal_url", "invoice_format", "invoice_email")},
        **{name: getattr(known, name) for name in ("pay_run", "cut_off_working_days", "note")},
        "needs_purchase_order": ANSWERS[known.needs_purchase_order],
        "weekdays": [str(day) for day in days] if is_weekday else [],
        "days_of_month": "" if is_weekday else ", ".join(map(str, days)),
    }
    return ApForm(initial=initial, present=known.invoice_format)
