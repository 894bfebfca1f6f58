"""How amounts, dates, signs and icons stand in a template."""

from datetime import date, datetime
from typing import Any

from django import template
from django.template.context import Context
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from goodterms.core.money import Money
from goodterms.web.access import Visit
from goodterms.web.ap_words import SHORT_WEEKDAYS
from goodterms.web.formats import write_amount, write_day, write_moment, write_number, write_time
from goodterms.web.rank_words import Reason, reasons_in_words
from goodterms.web.sign import Sign
from goodterms.web.words import sign_of

register = template.Library()


@register.simple_tag
def icon(name: str, classes: str = "") -> SafeString:
    """An icon of the sprite; it always stands beside a word, so screen readers pass it over."""
    return format_html(
        '<svg class="icon {}" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" '
        'stroke-linejoin="round" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        classes,
        static("vendor/icons/icons.svg"),
        name,
    )


@register.simple_tag(takes_context=True)
def money(context: Context, amount_minor: int, currency: str) -> SafeString:
    """An amount in tabular figures with its currency."""
    number = write_amount(Money(amount_minor, currency), _visit(context).locale)
    return format_html(
        '<span class="amount">{}<span class="amount-currency">\u00a0{}</span></span>',
        number,
        currency,
    )


@register.simple_tag(takes_context=True)
def day(context: Context, value: date | str | None) -> SafeString | str:
    """A date in the person's own way of writing."""
    if not value:
        return "–"
    known = date.fromisoformat(value) if isinstance(value, str) else value
    return format_html(
        '<time datetime="{}" class="text-nowrap">{}</time>', known.isoformat(), write_day(known, _visit(context).locale)
    )


@register.simple_tag(takes_context=True)
def moment(context: Context, value: datetime | None) -> SafeString | str:
    """A date and time on the organisation's clock."""
    if value is None:
        return "–"
    visit = _visit(context)
    text = write_moment(value, visit.zone, visit.locale)
    return format_html('<time datetime="{}" class="text-nowrap">{}</time>', value.isoformat(), text)


@register.simple_tag(takes_context=True)
def clock_time(context: Context, value: datetime) -> SafeString:
    """A time of day on the organisation's clock."""
    visit = _visit(context)
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), write_time(value, visit.zone, visit.locale))


@register.simple_tag(takes_context=True)
def number(context: Context, value: float | None, digits: int = 0) -> str:
    """A count or a measure."""
    return "–" if value is None else write_number(value, _visit(context).locale, digits)


@register.simple_tag(takes_context=True)
def counted(context: Context, count: Any) -> str:
    """A count that stops at a limit: 17, or 1,000+."""
    return write_number(count.value, _visit(context).locale) + ("+" if count.is_more else "")


@register.simple_tag
def sign(vocabulary: str, value: str) -> SafeString:
    """A badge: icon and word in the value's colour."""
    known: Sign = sign_of(vocabulary, value)
    return format_html(
        '<span class="badge sign sign-{}" title="{}">{}<span>{}</span></span>',
        known.colour,
        known.meaning,
        icon(known.icon),
        known.label,
    )


@register.simple_tag
def label(vocabulary: str, value: str) -> str:
    """The value's word alone."""
    return str(sign_of(vocabulary, value).label)


@register.simple_tag
def meaning(vocabulary: str, value: str) -> str:
    """What the value means, in a sentence."""
    return str(sign_of(vocabulary, value).meaning)


@register.simple_tag
def sign_icon(vocabulary: str, value: str) -> SafeString:
    """The value's icon in its colour."""
    known = sign_of(vocabulary, value)
    return icon(known.icon, f"tint sign-{known.colour}")


def _visit(context: Context) -> Visit:
    visit = context["visit"]
    assert isinstance(visit, Visit)
    return visit


@register.simple_tag(takes_context=True)
def days_since(context: Context, due: date) -> SafeString:
    """How long ago a date was, on the organisation's day."""
    return days_between(context, due, _visit(context).today)


@register.simple_tag(takes_context=True)
def days_between(context: Context, earlier: date, later: date) -> SafeString:
    """How many days from one date to another, with the first date in the tooltip."""
    visit = _visit(context)
    days = (later - earlier).days
    words = ngettext("%(days)s day", "%(days)s days", days) % {"days": write_number(days, visit.locale)}
    return format_html('<span title="{}">{}</span>', write_day(earlier, visit.locale), words)


@register.simple_tag(takes_context=True)
def habit_value(context: Context, name: str, value: Any) -> str:
    """A habit's value as a person reads it: shares in percent, days with one digit."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if not isinstance(value, int | float):
        return str(value)
    locale = _visit(context).locale
    if name.endswith(("_share", "_concentration", "_percentile")):
        return f"{write_number(value * 100, locale)} %"
    return write_number(value, locale, 1)


@register.simple_tag
def weekday(number: int) -> str:
    """A weekday (1 Monday to 7), cut short."""
    return str(SHORT_WEEKDAYS[number])


@register.simple_tag(takes_context=True)
def rank_reasons(context: Context, reasons: list[dict[str, Any]]) -> list[Reason]:
    """Why a task stands where it stands, in words."""
    return reasons_in_words(reasons, _visit(context))


@register.filter
def plain_words(name: str) -> str:
    """A name of the code in words, translated where they are known: median_days_late becomes Median days late."""
    return _(capfirst(name.replace("_", " ").replace("-", " ")))


@register.filter
def phone_link(number_as_written: str) -> str:
    """The digits a telephone dials."""
    return "".join(sign for sign in number_as_written if sign.isdigit() or sign == "+")
