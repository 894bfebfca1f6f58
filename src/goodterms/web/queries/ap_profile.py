"""What is known of a customer's process, what is still to be asked, and what their payments suggest."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.forms.models import model_to_dict
from django.utils.translation import gettext as _

from goodterms.core.red_tape import Gap, list_missing
from goodterms.flows.write_ap_profile import suggestion_for
from goodterms.followup.models import ApProfile
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Organisation
from goodterms.web.ap_words import WEEKDAYS


@dataclass(frozen=True)
class Suggestion:
    """A pay run that the payments suggest: in words, and how many of the days it explains."""

    words: str
    fitting: int
    count: int


@dataclass(frozen=True)
class ApPicture:
    """All that the page says of the process."""

    profile: ApProfile | None
    gaps: tuple[Gap, ...]
    suggestion: Suggestion | None

    @property
    def run_words(self) -> str:
        """The pay run in words; empty where none is known."""
        known = self.profile
        return say_run(known.pay_run, known.pay_run_days) if known and known.pay_run else ""

    @property
    def is_confirmed(self) -> bool:
        return self.profile is not None and self.profile.confirmed_date is not None


def read_ap(organisation: Organisation, customer: Customer) -> ApPicture:
    """The profile with its gaps; a suggestion only while no pay run is confirmed. At most two queries."""
    profile = ApProfile.objects.filter(customer=customer).first()
    gaps = list_missing(model_to_dict(profile) if profile else None)
    is_confirmed = profile is not None and profile.pay_run and profile.confirmed_date
    return ApPicture(profile, gaps, None if is_confirmed else _suggest(organisation, customer))


def _suggest(organisation: Organisation, customer: Customer) -> Suggestion | None:
    for row in suggestion_for(organisation, customer).iter_rows(named=True):
        words = say_run(row["pay_run"], row["pay_run_days"])
        return Suggestion(words, round(row["share"] * row["count"]), row["count"])
    return None


def say_run(kind: str, days: Sequence[int]) -> str:
    """A pay run in words: on Fridays; on the 10th and 25th of the month."""
    if kind == ApProfile.PayRun.WEEKDAY:
        return _("every %(days)s") % {"days": ", ".join(str(WEEKDAYS[day]) for day in days if day in WEEKDAYS)}
    named = [_("last day") if day == 31 else f"{day}." for day in days]
    return _("on the %(days)s of the month") % {"days": ", ".join(named)}
