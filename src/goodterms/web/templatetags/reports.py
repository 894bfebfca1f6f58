"""How a report's values, trends and charts stand in a template."""

import json
from collections.abc import Sequence
from typing import Any

from django import template
from django.template.context import Context
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from goodterms.reports.result import Chart, Column, Figure, Table
from goodterms.web.report_cells import chart_data, write_value
from goodterms.web.templatetags.goodterms import icon

register = template.Library()
WIDTH, HEIGHT, MARGIN = 120, 32, 3


@register.simple_tag(takes_context=True)
def figure_value(context: Context, figure: Figure) -> str:
    """A figure's number with its unit."""
    return write_value(figure.value, figure.unit, context["visit"].locale, figure.currency)


@register.simple_tag(takes_context=True)
def report_cell(context: Context, table: Table, column: Column, row: dict[str, Any]) -> SafeString | str:
    """One cell; a customer's name leads to the customer."""
    value = row.get(column.key)
    if column.unit == "customer":
        customer = context["page"].customers.get(value)
        if customer is None:
            return "–"
        address = reverse("customer", args=[context["visit"].organisation.slug, customer.pk])
        return format_html(
            '<a href="{}">{}</a> <span class="row-detail">{}</span>', address, customer.name, customer.number
        )
    return write_value(value, column.unit, context["visit"].locale, table.currency, column.vocabulary)


@register.simple_tag(takes_context=True)
def percent(context: Context, value: float | None) -> str:
    """A share in percent."""
    return write_value(value, "share", context["visit"].locale)


@register.filter
def is_number(column: Column) -> bool:
    """Whether the column stands to the right, in figures of one width."""
    return column.unit in ("money", "days", "share", "count", "number")


@register.simple_tag
def spark_line(values: Sequence[float | None]) -> SafeString | str:
    """A line as wide as a word; the first and last value and the direction are said in words beside it."""
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return ""
    low, high = min(value for _place, value in known), max(value for _place, value in known)
    reach, steps = (high - low) or 1, max(len(values) - 1, 1)
    points = " ".join(
        f"{MARGIN + place * (WIDTH - 2 * MARGIN) / steps:.1f},"
        f"{HEIGHT - MARGIN - (value - low) * (HEIGHT - 2 * MARGIN) / reach:.1f}"
        for place, value in known
    )
    return format_html(
        '<svg class="spark" viewBox="0 0 {} {}" width="{}" height="{}" aria-hidden="true" focusable="false">'
        '<polyline points="{}" fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round" '
        'stroke-linecap="round"></polyline></svg>',
        WIDTH, HEIGHT, WIDTH, HEIGHT, points,
    )  # fmt: skip


@register.simple_tag(takes_context=True)
def change_in_words(context: Context, figure: Figure) -> SafeString | str:
    """How the figure moved against a year (or the first known month) ago, with a sign for better or worse."""
    known = [value for value in figure.trend[:-1] if value is not None]
    if not known or not isinstance(figure.value, int | float):
        return ""
    change = figure.value - known[0]
    before = write_value(known[0], figure.unit, context["visit"].locale, figure.currency)
    if round(change, 3) == 0:
        return _("as a year ago")
    name = "trending-up" if change > 0 else "trending-down"
    words = _("a year ago %(before)s") % {"before": before}
    if figure.is_better_low is None:
        return format_html("{} {}", icon(name, "icon-sm"), words)
    is_better = (change < 0) == figure.is_better_low
    tone, judged = ("sign-green", _("better")) if is_better else ("sign-orange", _("worse"))
    return format_html('<span class="tint {}">{} {}</span>: {}', tone, icon(name, "icon-sm"), judged, words)


@register.simple_tag(takes_context=True)
def chart_values(context: Context, chart: Chart) -> str:
    """The values that the script draws, as an attribute: htmx takes script elements out of what it fetches."""
    return json.dumps(chart_data(context["page"], chart, context["visit"].locale))
