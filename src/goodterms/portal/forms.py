"""What a customer fills in; labels and faults in their own language."""

import secrets
from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.core.files.uploadedfile import UploadedFile

from goodterms.core.money import Money
from goodterms.core.refusal import Refusal
from goodterms.flows.portal_deeds import LONGEST_TEXT, PROCESS_REASONS, Paper
from goodterms.flows.propose_plan import PlanOutlook
from goodterms.followup.models import Dispute
from goodterms.followup.policy import policy_of
from goodterms.importers.amounts import read_amount
from goodterms.inbox.files import LARGEST_FILE, plain_name, read_file
from goodterms.portal.access import PortalVisit
from goodterms.portal.account import Account

MOST_FILES = 5
FIRST_INSTALMENT_DAYS = 31
USUAL_FIRST_DAYS = 14
DISPUTE_REASONS = tuple(one for one in Dispute.Reason.values if one != Dispute.Reason.CANNOT_PAY)


class PortalForm(forms.Form):
    """A form with a key of its own, by which sending it twice does it once."""

    labels: ClassVar[dict[str, str]] = {}
    form_key = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, visit: PortalVisit, account: Account, **kwargs: Any) -> None:
        initial = {"form_key": secrets.token_urlsafe(16), **kwargs.pop("initial", {})}
        super().__init__(*args, **{"initial": initial, "label_suffix": "", "auto_id": "f-%s", **kwargs})
        self.visit, self.account, self.say = visit, account, visit.language.say
        for name, field in self.fields.items():
            if name in self.labels:
                field.label = self.say(self.labels[name])
            kind = "form-select" if isinstance(field.widget, forms.Select) else "form-control"
            if not isinstance(field.widget, forms.RadioSelect | forms.HiddenInput):
                field.widget.attrs["class"] = kind

    def mark_faults(self) -> None:
        """Let the fields that are wrong look so."""
        for name in self.errors:
            widget = self.fields[name].widget if name in self.fields else None
            if widget is not None and not isinstance(widget, forms.RadioSelect):
                widget.attrs["class"] = f"{widget.attrs.get('class', '')} is-invalid"

    def read_money(self, name: str, currency: str) -> Money | None:
        """The amount typed into this field."""
        text = self.cleaned_data.get(name)
        if not text or not currency:
            return None
        try:
            amount = read_amount(text, currency)
        except Refusal:
            self.add_error(name, self.say("amount_unreadable"))
            return None
        if amount.amount_minor <= 0:
            self.add_error(name, self.say("amount_unreadable"))
        return amount


def _amount(*, is_required: bool) -> forms.CharField:
    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    return forms.CharField(max_length=40, required=is_required, widget=widget)


def _day() -> forms.DateField:
    return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


def _words(*, is_required: bool = False) -> forms.CharField:
    return forms.CharField(max_length=LONGEST_TEXT, required=is_required, widget=forms.Textarea(attrs={"rows": 4}))


class _MoneyForm(PortalForm):
    """A form with an amount in one of the customer's currencies."""

    currency = forms.ChoiceField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        codes = self.account.currencies or [self.visit.organisation.currency]
        field = self.fields["currency"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(code, code) for code in codes]
        field.label = self.say("currency")
        if len(codes) == 1:
            field.widget = forms.HiddenInput()
            self.initial["currency"] = codes[0]


class PaidForm(_MoneyForm):
    """They have paid: when, how much, under which reference."""

    labels = {"day": "paid_day", "amount": "paid_amount", "reference": "paid_reference", "words": "words_optional"}
    day = _day()
    amount = _amount(is_required=False)
    reference = forms.CharField(max_length=140, required=False)
    words = _words()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["day"].widget.attrs["max"] = self.visit.today.isoformat()

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        given["money"] = self.read_money("amount", given.get("currency", ""))
        if given.get("day") and given["day"] > self.visit.today:
            self.add_error("day", self.say("day_not_come"))
        return given


class PromiseForm(_MoneyForm):
    """They will pay: how much, by when."""

    labels = {"day": "promise_day", "amount": "promise_amount", "words": "words_optional"}
    day = _day()
    amount = _amount(is_required=True)
    words = _words()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        longest = policy_of(self.visit.organisation).numbers.promise_longest_days
        self.latest = self.visit.today + timedelta(days=longest)
        self.fields["day"].widget.attrs |= {"min": self.visit.today.isoformat(), "max": self.latest.isoformat()}

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        given["money"] = self.read_money("amount", given.get("currency", ""))
        if given.get("day") and not self.visit.today <= given["day"] <= self.latest:
            self.add_error("day", self.say("day_out_of_bounds", latest=self.visit.language.date(self.latest)))
        return given


class ManyFiles(forms.ClearableFileInput):
    """Several files at once."""

    allow_multiple_selected = True


class DisputeForm(PortalForm):
    """What is wrong with which invoice, how much of it, and papers that show it."""

    labels = {
        "invoice": "dispute_invoice",
        "reason": "dispute_reason",
        "amount": "dispute_amount",
        "words": "dispute_words",
        "papers": "dispute_papers",
    }
    invoice = forms.ChoiceField()
    reason = forms.ChoiceField()
    amount = _amount(is_required=False)
    words = _words(is_required=True)
    papers = forms.Field(required=False, widget=ManyFiles)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = self.visit.language
        lines = [(str(line.pk), f"{line.number} · {language.amount(line.open)}") for line in self.account.claims]
        for name, choices in (
            ("invoice", lines),
            ("reason", [("", self.say("choose")), *((one, self.say(f"reason_{one}")) for one in DISPUTE_REASONS)]),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices
        self.fields["papers"].widget.attrs["multiple"] = True

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        line = next((one for one in self.account.claims if str(one.pk) == given.get("invoice")), None)
        given["money"] = self.read_money("amount", line.open.currency) if line else None
        given["enclosed"] = self._enclosed()
        return given

    def _enclosed(self) -> tuple[Paper, ...]:
        files: list[UploadedFile[bytes]] = self.files.getlist("papers") if hasattr(self.files, "getlist") else []
        if len(files) > MOST_FILES:
            self.add_error("papers", self.say("files_too_many", most=MOST_FILES))
            return ()
        return tuple(paper for paper in map(self._read, files) if paper is not None)

    def _read(self, file: "UploadedFile[bytes]") -> Paper | None:
        """The file, judged by what is in it; what the browser says of it counts for nothing."""
        name = plain_name(file.name or "")
        content = file.read(LARGEST_FILE + 1)
        if read_file(name, "", content).content is None:
            self.add_error("papers", self.say("file_refused", name=name, most=LARGEST_FILE // 1024 // 1024))
            return None
        return Paper(name, content)


class ProcessForm(PortalForm):
    """The wrong person, a missing order number, a portal of their own."""

    labels = {"reason": "process_reason", "words": "process_words"}
    reason = forms.ChoiceField(widget=forms.RadioSelect)
    words = _words(is_required=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["reason"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(one.value, self.say(f"process_{one.value}")) for one in PROCESS_REASONS]


class WriteForm(PortalForm):
    """Whatever they want to say."""

    labels = {"words": "write_words"}
    words = _words(is_required=True)


class PlanForm(PortalForm):
    """A plan within the organisation's limits: how many monthly parts, from which day."""

    labels = {"count": "plan_count", "first": "plan_first", "words": "words_optional"}
    count = forms.TypedChoiceField(coerce=int, widget=forms.RadioSelect)
    first = _day()
    words = _words()

    def __init__(self, *args: Any, choices: list[tuple[int, PlanOutlook]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        visit, language = self.visit, self.visit.language
        field = self.fields["count"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (
                str(count),
                self.say(
                    "plan_choice",
                    count=count,
                    amount=language.amount(outlook.schedule[0].amount),
                    total=language.amount(outlook.total),
                ),
            )
            for count, outlook in choices
        ]
        self.latest = visit.today + timedelta(days=FIRST_INSTALMENT_DAYS)
        self.initial.setdefault("first", visit.today + timedelta(days=USUAL_FIRST_DAYS))
        self.fields["first"].widget.attrs |= {"min": visit.today.isoformat(), "max": self.latest.isoformat()}

    def clean_first(self) -> Any:
        first = self.cleaned_data["first"]
        if not self.visit.today <= first <= self.latest:
            raise forms.ValidationError(self.say("day_out_of_bounds", latest=self.visit.language.date(self.latest)))
        return first
