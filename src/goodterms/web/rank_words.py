"""Why a task stands where it stands in the worklist, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from babel.numbers import format_percent
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from goodterms.core.money import Money
from goodterms.web.access import Visit
from goodterms.web.formats import write_amount, write_day, write_number
from goodterms.web.words import sign_of


@dataclass(frozen=True)
class Reason:
    """One reason of a rank: a sentence with an icon and a colour."""

    text: str
    icon: str
    colour: str = "secondary"


def reasons_in_words(reasons: list[dict[str, Any]], visit: Visit) -> list[Reason]:
    """The reasons kept with the rank, as a person reads them; unknown ones are left out."""
    return [_WRITERS[each["reason"]](each, visit) for each in reasons if each.get("reason") in _WRITERS]


def _gain(given: Mapping[str, Any], visit: Visit) -> Reason:
    currency = given["currency"]
    risk = f"{write_amount(Money(given['at_risk_minor'], currency), visit.locale)} {currency}"
    gain = f"{write_number(round(Money(given['gain_minor'], currency).to_decimal()), visit.locale)} {currency}"
    share = format_percent(given["effect"], locale=visit.locale)
    words = {"gain": gain, "share": share, "risk": risk}
    return Reason(_("about %(gain)s to gain by acting now (%(share)s of %(risk)s overdue)") % words, "coins", "green")


def _promise_due(given: Mapping[str, Any], visit: Visit) -> Reason:
    day = write_day(date.fromisoformat(given["date"]), visit.locale)
    return Reason(_("promised for %(day)s, which is today") % {"day": day}, "calendar-event", "yellow")


def _promise_past(given: Mapping[str, Any], visit: Visit) -> Reason:
    day = write_day(date.fromisoformat(given["date"]), visit.locale)
    return Reason(_("promised for %(day)s, and not come") % {"day": day}, "calendar-event", "red")


def _silence(given: Mapping[str, Any], visit: Visit) -> Reason:
    days = given["days"]
    text = ngettext("no answer for %(days)s day", "no answer for %(days)s days", days) % {"days": days}
    return Reason(text, "message", "orange")


def _signal(given: Mapping[str, Any], visit: Visit) -> Reason:
    known = sign_of("signal", given["signal"])
    return Reason(str(known.label), known.icon, known.colour)


def _waiting(given: Mapping[str, Any], visit: Visit) -> Reason:
    days = given["days"]
    text = ngettext("due for %(days)s day", "due for %(days)s days", days) % {"days": days}
    return Reason(text, "clock")


_WRITERS = {
    "gain": _gain,
    "promise_due": _promise_due,
    "promise_past": _promise_past,
    "silence": _silence,
    "signal": _signal,
    "waiting": _waiting,
}
