"""A report's values as a person, a spreadsheet or a chart takes them."""

from datetime import date
from decimal import Decimal
from typing import Any

from babel import Locale
from babel.dates import format_skeleton
from django.utils.translation import gettext as _

from goodterms.core.money import Money, minor_digits
from goodterms.reports.result import Chart, Column, Table, Unit, Value
from goodterms.web.formats import write_amount, write_day, write_number
from goodterms.web.words import sign_of


def write_value(value: Value, unit: Unit, locale: Locale, currency: str = "", vocabulary: str = "") -> str:
    """The value in words and figures; – for none."""
    if value is None:
        return "–"
    if isinstance(value, date):
        return write_month(value, locale) if unit == "month" else write_day(value, locale)
    if isinstance(value, str) or not isinstance(value, int | float):
        return str(sign_of(vocabulary, str(value)).label) if vocabulary else str(value)
    if unit == "money" and currency:
        return f"{write_amount(Money(int(value), currency), locale)}\u00a0{currency}"
    if unit == "share":
        return f"{write_number(round(value * 100, 1), locale, 1)}\u00a0%"
    if unit == "days":
        return _("%(days)s days") % {"days": write_number(round(value, 1), locale, 1)}
    return write_number(round(value, 1), locale, 1) if isinstance(value, float) else write_number(value, locale)


def write_month(day: date, locale: Locale) -> str:
    """A month: Mar 2026."""
    return format_skeleton("yMMM", day, locale=locale)


def export_cell(page: Any, table: Table, column: Column, value: Any) -> Any:
    """The value as a cell of a file: numbers stay numbers, customers become their names."""
    if value is None:
        return None
    if column.unit == "money" and table.currency:
        return Money(int(value), table.currency)
    if column.unit == "customer":
        customer = page.customers.get(value)
        return f"{customer.number} {customer.name}" if customer else str(value)
    if column.unit == "label":
        return str(sign_of(column.vocabulary, str(value)).label)
    if isinstance(value, float):
        return Decimal(str(round(value, 6)))
    return value if isinstance(value, int | date) else str(value)


def chart_data(page: Any, chart: Chart, locale: Locale) -> dict[str, Any]:
    """What the script draws: words for the labels, amounts in whole units."""
    scale: float = 10 ** minor_digits(chart.currency) if chart.unit == "money" and chart.currency else 1
    if chart.unit == "share":
        scale = 0.01

    def scaled(value: float | None) -> float | None:
        return None if value is None else round(value / scale, 4)

    return {
        "labels": [_label(page, chart, label, locale) for label in chart.labels],
        "unit": {"money": chart.currency, "share": "%", "days": _("days")}.get(chart.unit, ""),
        "locale": str(locale).replace("_", "-"),
        "isLying": chart.label_unit == "customer",
        "digits": 0 if chart.unit in ("money", "count") else 1,
        "series": [
            {
                "name": str(sign_of(chart.series_vocabulary, str(series.name)).label)
                if chart.series_vocabulary
                else str(series.name),
                "kind": series.kind,
                "stack": series.stack,
                "values": [scaled(value) for value in series.values],
            }
            for series in chart.series
        ],
    }


def _label(page: Any, chart: Chart, label: Any, locale: Locale) -> str:
    if chart.label_unit == "customer":
        customer = page.customers.get(label)
        return customer.name if customer else str(label)
    return write_value(label, chart.label_unit, locale, vocabulary=chart.vocabulary)
