"""The habit picture as the chart's script wants it: numbers for the axes, finished sentences for the person."""

from typing import Any

from babel import Locale
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from goodterms.core.money import Money
from goodterms.followup.models import CustomerProfile
from goodterms.web.formats import write_amount, write_day
from goodterms.web.queries.habit_picture import Picture, Point
from goodterms.web.words import sign_of


def chart_data(picture: Picture, locale: Locale, standing: CustomerProfile | None = None) -> dict[str, Any]:
    """Plain lists of ``[ISO date, value, sentence]``, the words of the legend, and the day a signal was first seen."""
    return {
        "signal": _signal(standing, locale),
        "settled": [[_day(point), point.days_late, _sentence(point, locale)] for point in picture.settled],
        "open": [[_day(point), point.days_late, _sentence(point, locale)] for point in picture.still_open],
        "band": [[band.day.isoformat(), band.low, band.middle, band.high] for band in picture.band],
        "touches": [
            [
                touch.sent_date.isoformat(),
                f"{write_day(touch.sent_date, locale)}: {sign_of('step', touch.step).label}",
                touch.channel,
            ]
            for touch in picture.touches
            if touch.sent_date
        ],
        "words": {
            "settled": _("Settled"),
            "open": _("Still open"),
            "band": _("Middle half"),
            "median": _("Usual (median of nine)"),
            "touches": _("Touches"),
            "due": _("Due date"),
            "axis": _("Days late"),
        },
    }


def days_late_words(days: int) -> str:
    """Lateness in words: 5 days late, on the day, 2 days early."""
    if days == 0:
        return _("on the due date")
    if days > 0:
        return ngettext("%(days)s day late", "%(days)s days late", days) % {"days": days}
    return ngettext("%(days)s day early", "%(days)s days early", -days) % {"days": -days}


def _signal(standing: CustomerProfile | None, locale: Locale) -> list[str] | None:
    if standing is None or not standing.signal or not standing.signal_seen_date:
        return None
    day = standing.signal_seen_date
    return [day.isoformat(), f"{sign_of('signal', standing.signal).label}, {write_day(day, locale)}"]


def _day(point: Point) -> str:
    return point.day.isoformat()


def _sentence(point: Point, locale: Locale) -> str:
    amount = f"{write_amount(Money(point.amount_minor, point.currency), locale)} {point.currency}"
    what = _("still open") if point.is_open else _("settled %(day)s") % {"day": write_day(point.day, locale)}
    return f"{point.number} · {amount} · {what} · {days_late_words(point.days_late)}"
