"""The form in which a person says how a file is to be read."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from goodterms.core.money import CURRENCIES
from goodterms.flows.look_at_file import Look, SeenColumn
from goodterms.followup.models import ImportUpload
from goodterms.importers.fields import FIELDS as KNOWN_FIELDS
from goodterms.web.form_kit import DayField, KitForm
from goodterms.web.import_words import ASKED_AT, FIELDS, KINDS, question_words

RECOGNISE = ("", _("As recognised"))
DATES = (
    ("dmy", _("Day first: 31.12.2026")),
    ("mdy", _("Month first: 12/31/2026")),
    ("ymd", _("Year first: 2026-12-31")),
)
MARKS = ((".", _("Point: 1,234.50")), (",", _("Comma: 1.234,50")))
ENCODINGS = ("utf-8", "cp1252", "cp850", "mac-roman", "utf-16")
WISHED = ("kind", "dates", "decimal", "encoding", "currency")


class ReadingForm(KitForm):
    """How the file is to be read; what is left as recognised is found out by the importer."""

    kind = forms.ChoiceField(required=False, label=_("What it lists"), choices=[RECOGNISE, *KINDS.items()])
    as_of = DayField(
        required=False, label=_("The day it speaks of"), help_text=_("Empty: today, or as its title says.")
    )
    dates = forms.ChoiceField(required=False, label=_("Dates"), choices=[RECOGNISE, *DATES])
    decimal = forms.ChoiceField(required=False, label=_("Decimal mark"), choices=[RECOGNISE, *MARKS])
    encoding = forms.ChoiceField(
        required=False, label=_("Encoding"), choices=[RECOGNISE, *((name, name) for name in ENCODINGS)]
    )
    currency = forms.ChoiceField(
        required=False, label=_("Currency"), help_text=_("Of amounts whose row names none."),
        choices=[("", _("The organisation's")), *((code, code) for code in sorted(CURRENCIES))],
    )  # fmt: skip
    is_complete = forms.BooleanField(
        required=False, label=_("The file lists everything that is open"),
        help_text=_("What we have as open and the file no longer lists then counts as settled."),
    )  # fmt: skip

    def __init__(self, *args: Any, upload: ImportUpload, look: Look, **given: Any) -> None:
        self.upload, self.look = upload, look
        kept = {name: upload.wishes.get(name) or "" for name in WISHED}
        initial = {**kept, "as_of": upload.as_of_date, "is_complete": upload.is_complete}
        initial |= {_name(column): column.field for column in look.columns}
        super().__init__(*args, **{"initial": initial, **given})
        for column in look.columns:
            self.fields[_name(column)] = _choice(look, column)
        if not self.is_bound and upload.state == ImportUpload.State.ASKS:
            self.asked_at = ASKED_AT.get(upload.question.get("name", ""), "")
            self.asked = question_words(upload.question)
        else:
            self.asked_at = self.asked = ""

    def column_rows(self) -> list[tuple[SeenColumn, forms.BoundField]]:
        """The columns of the file, each with its choice."""
        return [(column, self[_name(column)]) for column in self.look.columns]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        taken: dict[str, SeenColumn] = {}
        for column in self.look.columns:
            field = given.get(_name(column))
            if field and field in taken:
                self.add_error(_name(column), _("Another column is this already."))
            elif field:
                taken[field] = column
        return given

    def as_wishes(self) -> dict[str, Any]:
        """What was said, as importers.layouts.FileMapping has it."""
        given = self.cleaned_data
        wishes = {name: given[name] for name in WISHED if given.get(name)}
        kind = given.get("kind")
        columns = self.upload.wishes.get("columns", {})
        if kind and kind != self.look.kind:
            columns = {}
        elif chosen := self._changed_columns():
            columns = chosen
        return {**wishes, **({"columns": dict(columns)} if columns else {})}

    def _changed_columns(self) -> Mapping[str, str]:
        """All columns as chosen, by field, where anything differs from what was recognised."""
        given = {column: self.cleaned_data.get(_name(column)) or "" for column in self.look.columns}
        if all(field == column.field for column, field in given.items()):
            return {}
        gone = {column.field: "" for column in self.look.columns if column.field}
        return {**gone, **{field: column.heading for column, field in given.items() if field}}


def _name(column: SeenColumn) -> str:
    return f"column_{column.place}"


def _choice(look: Look, column: SeenColumn) -> forms.ChoiceField:
    names = KNOWN_FIELDS[look.kind]
    choices = [("", _("Is not read")), *((name, FIELDS.get(name, name)) for name in names)]
    dress = forms.Select(attrs={"class": "form-select"})
    return forms.ChoiceField(required=False, label=column.heading, choices=choices, widget=dress)
