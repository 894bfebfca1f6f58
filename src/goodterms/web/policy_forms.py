"""The forms of steps, rules and trials; what they mean together is checked by the flows."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from goodterms.core.comparison import CHANNELS
from goodterms.core.money import minor_digits
from goodterms.core.playbook import Step
from goodterms.flows.check_step import MEDIUM_OF, FieldFaults
from goodterms.flows.try_policy import Assumptions
from goodterms.messages.catalog import template_catalog
from goodterms.web.policy_words import ANCHORS, ENDINGS, ENTRIES, LEVELS, NEEDS, SENDERS
from goodterms.web.words import ROLES, TONES, sign_of

MOST_CHANNELS = 4
USUAL_ROLES = ("accounts_payable", "owner", "buyer", "executive", "other")
MONTHS = ((1, _("1 month")), (3, _("3 months")), (6, _("6 months")), (12, _("12 months")), (24, _("24 months")))
MONTH_DAYS = {1: 30, 3: 91, 6: 183, 12: 365, 24: 730}


def _choices(words: Mapping[Any, str | Promise]) -> list[tuple[Any, str | Promise]]:
    return list(words.items())


def _signs(signs: Mapping[str, Any]) -> list[tuple[str, str | Promise]]:
    return [(name, sign.label) for name, sign in signs.items()]


class StepForm(forms.Form):
    """One step of a playbook."""

    id = forms.CharField(required=False, max_length=40)
    anchor = forms.ChoiceField(choices=_choices(ANCHORS))
    from_day = forms.IntegerField(required=False, min_value=-60, max_value=730)
    to_day = forms.IntegerField(required=False, min_value=-60, max_value=730)
    spacing_days = forms.IntegerField(min_value=1, max_value=365)
    repeat_days = forms.IntegerField(required=False, min_value=1, max_value=365)
    at_most = forms.IntegerField(required=False, min_value=1, max_value=60)
    rest_days = forms.IntegerField(required=False, min_value=1, max_value=730)
    level = forms.TypedChoiceField(choices=_choices(LEVELS), coerce=int)
    tone = forms.ChoiceField(choices=_signs(TONES))
    sender = forms.ChoiceField(choices=_choices(SENDERS))
    needs = forms.ChoiceField(choices=_choices(NEEDS), required=False)
    deadline_days = forms.IntegerField(required=False, min_value=1, max_value=90)
    before_cut_off_days = forms.IntegerField(required=False, min_value=0, max_value=20)
    needs_approval = forms.BooleanField(required=False)
    asks_why = forms.BooleanField(required=False)
    asks_process = forms.BooleanField(required=False)
    role_1 = forms.ChoiceField(choices=_signs(ROLES))
    role_2 = forms.ChoiceField(choices=_signs(ROLES))
    cc_roles = forms.MultipleChoiceField(choices=_signs(ROLES), required=False)

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        for number in range(1, MOST_CHANNELS + 1):
            self.fields[f"channel_{number}"] = forms.ChoiceField(
                choices=[
                    ("", _("no further channel")),
                    *((name, sign_of("channel", name).label) for name in MEDIUM_OF),
                ],
                required=False,
            )
            self.fields[f"template_{number}"] = forms.ChoiceField(choices=_template_choices(), required=False)

    def as_row(self) -> dict[str, Any]:
        """The step as a playbook holds it; values that were left empty are left out."""
        given = self.cleaned_data
        row = {
            name: given[name]
            for name in ("id", "anchor", "from_day", "to_day", "spacing_days", "repeat_days", "rest_days", "level",
                         "tone", "sender", "deadline_days", "before_cut_off_days", "needs_approval", "asks_why",
                         "asks_process")
            if given.get(name) not in (None, "")
        }  # fmt: skip
        row["at_most"] = given.get("at_most") or 1
        row["needs"] = given.get("needs") or None
        first = dict.fromkeys([given["role_1"], given["role_2"], *USUAL_ROLES])
        row |= {"roles": list(first), "cc_roles": given["cc_roles"]}
        pairs = [(given[f"channel_{n}"], given[f"template_{n}"]) for n in range(1, MOST_CHANNELS + 1)]
        row["channels"] = {channel: name for channel, name in pairs if channel}
        return row

    def take_faults(self, refusal: FieldFaults) -> None:
        """Show each sentence at its field."""
        for field, sentences in refusal.faults.items():
            for sentence in sentences:
                self.add_error(self._place_of(field), sentence)

    def _place_of(self, field: str) -> str | None:
        if field == "channels":
            return "channel_1"
        if field.startswith("channels."):
            channel = field.partition(".")[2]
            numbers = [n for n in range(1, MOST_CHANNELS + 1) if self.cleaned_data.get(f"channel_{n}") == channel]
            return f"template_{numbers[0]}" if numbers else "channel_1"
        return field if field in self.fields else None

    def channel_rows(self) -> list[tuple[int, forms.BoundField, forms.BoundField]]:
        """The channels in order of preference, each with its words."""
        return [(n, self[f"channel_{n}"], self[f"template_{n}"]) for n in range(1, MOST_CHANNELS + 1)]


def _template_choices() -> list[Any]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for name, template in template_catalog().items():
        if not name.startswith("own_"):
            groups.setdefault(template.medium, []).append((name, name.replace("_", " ").capitalize()))
    return [("", "–"), *((sign_of("channel", medium).label, names) for medium, names in groups.items())]


def step_values(step: Step) -> dict[str, Any]:
    """A step as the form shows it."""
    values = step.model_dump()
    values["needs"] = step.needs or ""
    values["role_1"], values["role_2"] = (*step.roles, *USUAL_ROLES)[:2]
    for number, (channel, name) in enumerate(list(step.channels.items())[:MOST_CHANNELS], start=1):
        values |= {f"channel_{number}": channel, f"template_{number}": name}
    return values


class BookForm(forms.Form):
    """What a playbook is for, and where a customer enters it."""

    intent = forms.CharField(max_length=300, widget=forms.Textarea({"rows": 3}))
    entry = forms.ChoiceField(choices=_choices(ENTRIES))
    entry_level = forms.TypedChoiceField(choices=_choices(LEVELS), coerce=int)
    ends_with = forms.ChoiceField(choices=_choices(ENDINGS), required=False)


class RuleForm(forms.Form):
    """A rule: a condition over a customer's habits, the answer, and the sentence that tells why."""

    id = forms.CharField(required=False, max_length=80)
    outcome = forms.ChoiceField()
    when = forms.CharField(
        max_length=2000,
        widget=forms.Textarea({"rows": 4, "spellcheck": "false", "class": "font-monospace"}),
        error_messages={"required": _("Say when the rule holds.")},
    )
    because = forms.CharField(
        max_length=1000,
        widget=forms.Textarea({"rows": 3}),
        error_messages={"required": _("Say in a sentence why.")},
    )

    def __init__(self, *args: Any, outcomes: list[tuple[str, Any]], **given: Any) -> None:
        super().__init__(*args, **given)
        field = self.fields["outcome"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = outcomes

    def take_faults(self, refusal: FieldFaults) -> None:
        """Show each sentence at its field."""
        for field, sentences in refusal.faults.items():
            for sentence in sentences:
                self.add_error(field if field in self.fields else None, sentence)


class NumbersForm(forms.Form):
    """The numbers that bound how often anybody hears from the organisation."""

    grace_days = forms.IntegerField(min_value=0, max_value=60)
    gap_days = forms.IntegerField(min_value=1, max_value=60)
    weekly_cap = forms.IntegerField(min_value=1, max_value=7)
    reply_wait_days = forms.IntegerField(min_value=1, max_value=60)


class TrialForm(forms.Form):
    """How much history to replay, and what a contact is taken to cost."""

    months = forms.TypedChoiceField(choices=MONTHS, coerce=int, initial=3)
    hour = forms.DecimalField(min_value=0, max_value=1000, decimal_places=2)
    approval_minutes = forms.DecimalField(min_value=0, max_value=240, decimal_places=1)

    def __init__(self, *args: Any, currency: str, **given: Any) -> None:
        super().__init__(*args, **given)
        self.currency = currency
        for channel in CHANNELS:
            self.fields[f"minutes_{channel}"] = forms.DecimalField(min_value=0, max_value=240, decimal_places=1)
            self.fields[f"fee_{channel}"] = forms.DecimalField(min_value=0, max_value=1000, decimal_places=2)

    def channel_rows(self) -> list[tuple[str, forms.BoundField, forms.BoundField]]:
        """Each channel with its minutes and its fee."""
        return [(channel, self[f"minutes_{channel}"], self[f"fee_{channel}"]) for channel in CHANNELS]

    def as_assumptions(self) -> Assumptions:
        """What was filled in."""
        given, unit = self.cleaned_data, 10 ** minor_digits(self.currency)
        return Assumptions(
            minutes={channel: given[f"minutes_{channel}"] for channel in CHANNELS},
            fee_minor={channel: int(given[f"fee_{channel}"] * unit) for channel in CHANNELS},
            approval_minutes=given["approval_minutes"],
            hour_minor=int(given["hour"] * unit),
        )


def assumed_values(assumptions: Assumptions, currency: str) -> dict[str, Any]:
    """Assumptions as the form shows them."""
    digits = minor_digits(currency)
    values: dict[str, Any] = {
        "months": 3,
        "hour": Decimal(assumptions.hour_minor).scaleb(-digits),
        "approval_minutes": assumptions.approval_minutes,
    }
    for channel in CHANNELS:
        values[f"minutes_{channel}"] = assumptions.minutes.get(channel, Decimal(0))
        values[f"fee_{channel}"] = Decimal(assumptions.fee_minor.get(channel, 0)).scaleb(-digits)
    return values
