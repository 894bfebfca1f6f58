"""Forms in the kit's classes: amounts as they are typed, a flow's refusal at the field it is about."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.forms.utils import ErrorList

from goodterms.core.money import Money
from goodterms.core.refusal import Refusal
from goodterms.importers.amounts import read_amount
from goodterms.web.days import check_near

_CLASSES: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxInput, "form-check-input"),
    (forms.RadioSelect, "form-check-input"),
    (forms.CheckboxSelectMultiple, "form-check-input"),
    (forms.Select, "form-select"),
    (forms.Textarea, "form-control"),
    (forms.widgets.Input, "form-control"),
)


class DayInput(forms.DateInput):
    """A date in the browser's own calendar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class DayField(forms.DateField):
    """A day, chosen in the browser's own calendar."""

    widget = DayInput

    def validate(self, value: Any) -> None:
        """As of every date, and of a year that is no typing error."""
        super().validate(value)
        if value is not None:
            check_near(value)


class AmountField(forms.CharField):
    """An amount as a person types it; its form reads it in the currency it is in."""

    def __init__(self, **given: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "class": "numbers"})
        super().__init__(**{"max_length": 40, "widget": widget, **given})


class KitForm(forms.Form):
    """A form whose fields look like the kit's, with a place for what a flow refuses.

    ``ids`` is how the fields' ids are made; forms that stand on one page with others have their own.
    """

    required_css_class = "required"
    refused_at: ClassVar[Mapping[type[Refusal], str]] = {}
    ids: ClassVar[str] = "id_%s"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": self.ids, **kwargs})
        for field in self.fields.values():
            _add_class(field.widget, next((name for kind, name in _CLASSES if isinstance(field.widget, kind)), ""))

    def add_error(self, field: str | None, error: Any) -> None:
        """As of every form; the field shows it."""
        super().add_error(field, error)
        for name in [field] if field else []:
            _add_class(self.fields[name].widget, "is-invalid")

    def full_clean(self) -> None:
        super().full_clean()
        for name in self.errors:
            if name in self.fields:
                _add_class(self.fields[name].widget, "is-invalid")

    def refuse(self, refusal: Refusal) -> None:
        """Show what a flow refused at the field it is about, or above all fields."""
        named = next((name for kind, name in self.refused_at.items() if isinstance(refusal, kind)), None)
        self.add_error(named if named in self.fields else None, str(refusal))

    def read_money(self, name: str, currency: str) -> Money | None:
        """The amount typed into this field; None where nothing was, or where it cannot be read."""
        text = self.cleaned_data.get(name)
        if not text:
            return None
        try:
            return read_amount(text, currency)
        except Refusal as refusal:
            self.add_error(name, str(refusal))
            return None

    @property
    def faults(self) -> ErrorList:
        """What is wrong with the form as a whole."""
        return self.non_field_errors()


def _add_class(widget: forms.Widget, name: str) -> None:
    known = widget.attrs.get("class", "").split()
    if name and name not in known:
        widget.attrs["class"] = " ".join([*known, name])
