"""The demo's organisation: plainly made up, fully set up, with an account to look around."""

from datetime import date, datetime, time, timedelta
from importlib import resources
from zoneinfo import ZoneInfo

from django.db import transaction

from goodterms.core.calendar import is_business_day
from goodterms.core.refusal import Refusal
from goodterms.flows.change_policy import change_policy
from goodterms.flows.set_up_organisation import change_logo, create_organisation, give_account
from goodterms.organizations.models import Membership, Organisation

SLUG = "example-supplies-ltd"
ACTOR = "goodterms demo"
LOGIN = "demo@supplies.example"
PASSWORD = "only-a-demo"
ZONE = ZoneInfo("Europe/Dublin")
COUNTRY = "IE"
OPENS, LOOKED_AT = time(9, 30), time(15, 30)

# The IBAN is the one that Ireland's entry in the SWIFT IBAN registry gives as its example.
PARTICULARS = {
    "name": "Example Supplies Ltd",
    "country": COUNTRY,
    "language": "en",
    "timezone": str(ZONE),
    "currency": "EUR",
    "sender_name": "Robin Example",
    "sender_email": "accounts@supplies.example",
    "sender_phone": "+44 1632 960123",
    "postal_address": "1 Example Street\nExampletown",
    "website": "https://supplies.example",
    "account_holder": "Example Supplies Ltd",
    "iban": "IE29AIBK93115212345678",
    "bank_name": "Example Bank",
}
SENIOR_SENDER = {"senior_sender.name": "Alex Example", "senior_sender.email": "alex@supplies.example"}


class RealInstallation(Refusal):
    """The demo was asked for where real organisations are."""

    def __init__(self, slugs: list[str]) -> None:
        super().__init__(
            f"This installation holds {', '.join(slugs)}; the demo does not mix with it. Name another folder: "
            "GOODTERMS_HOME=~/goodterms-demo goodterms demo"
        )


class DemoWouldSend(Refusal):
    """The demo was asked for where mail leaves."""

    def __init__(self) -> None:
        super().__init__(
            "This installation sends by a mail server, and the demo must not. Name another folder: "
            "GOODTERMS_HOME=~/goodterms-demo goodterms demo"
        )


def find_demo_organisation() -> Organisation | None:
    """The demo's organisation, None before the first time; raises RealInstallation beside any other."""
    others = list(Organisation.objects.exclude(slug=SLUG).order_by("slug").values_list("slug", flat=True))
    if others:
        raise RealInstallation(others)
    return Organisation.objects.filter(slug=SLUG).first()


@transaction.atomic
def make_demo_organisation(now: datetime) -> Organisation:
    """Example Supplies Ltd with logo, payment details, a senior sender and an account (LOGIN, PASSWORD)."""
    organisation = create_organisation(PARTICULARS, now)
    logo = (resources.files("goodterms.importers.example") / "logo.png").read_bytes()
    change_logo(organisation.pk, logo, actor=ACTOR, now=now)
    change_policy(organisation.pk, SENIOR_SENDER, actor=ACTOR, now=now)
    give_account(LOGIN, PASSWORD, organisation.pk, Membership.Role.OWNER, actor=ACTOR, now=now)
    return Organisation.objects.get(pk=organisation.pk)


def demo_moment(now: datetime, on: date | None = None) -> datetime:
    """The moment that the demo's day is run at, so that there is something to see.

    Half past three in Dublin of the day given, when Europe and New York are at work; without one of the newest working
    day, or now where that is earlier. Never later than ``now`` unless a day is given.
    """
    if on is not None:
        return datetime.combine(on, LOOKED_AT, ZONE)
    local = now.astimezone(ZONE)
    day = local.date() if local.time() >= OPENS else local.date() - timedelta(days=1)
    while not is_business_day(COUNTRY, day):
        day -= timedelta(days=1)
    return min(local, datetime.combine(day, LOOKED_AT, ZONE))
