"""What the settings pages show beside their fields: sample messages, how mail leaves, the coming closed days."""

import base64
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.conf import settings

from goodterms.core.calendar import is_business_day
from goodterms.core.money import Money
from goodterms.flows.message_facts import describe_payment, describe_sender
from goodterms.messages.facts import Facts, Speaker
from goodterms.messages.finishing import Finished, finish
from goodterms.messages.languages import match_language
from goodterms.messages.samples import rich_facts, sample_item
from goodterms.organizations.models import Organisation

EMAIL, LETTER = "reminder_friendly", "reminder_letter"
LOOKED_AHEAD = timedelta(days=120)
SATURDAY = 5


@dataclass(frozen=True)
class MailSetUp:
    """How e-mail leaves this installation; never with its password."""

    is_smtp: bool
    host: str
    port: int
    security: str
    username: str
    folder: str
    fetches: bool


def read_mail_set_up() -> MailSetUp:
    """As the settings of the installation say."""
    given = settings.CONFIGURATION
    mail = given.mail
    return MailSetUp(
        is_smtp=mail.mode == "smtp",
        host=mail.host,
        port=mail.port,
        security=mail.security,
        username=mail.username,
        folder=str(given.outbox_folder),
        fetches=given.inbox.mode == "imap",
    )


def sample_facts(organisation: Organisation) -> Facts:
    """An invented account in the organisation's currency, with its own sender and payment details."""
    currency = organisation.currency
    sender = describe_sender(organisation)
    person = organisation.sender_name
    return replace(
        rich_facts(),
        sender=sender,
        speaker=Speaker(name=person or sender.name, email=sender.email, phone=sender.phone, is_person=bool(person)),
        payment=describe_payment(organisation),
        items=(
            sample_item("INV-2031", 36, Money(1_250_00, currency)),
            sample_item("INV-2040", 22, Money(310_75, currency), purchase_order="PO-4711"),
        ),
        credits=(),
        cash=(),
        later=(),
        interest=None,
        home_currency=currency,
    )


def compose_sample(organisation: Organisation, template: str) -> Finished:
    """A message to nobody, as it would look: the e-mail or the letter."""
    language = match_language(organisation.language) or "en"
    return finish(sample_facts(organisation), template, language)


def logo_address(organisation: Organisation) -> str:
    """The logo as an address that holds it, for a picture; empty without one."""
    if not organisation.logo:
        return ""
    return f"data:{organisation.logo_type};base64,{base64.b64encode(bytes(organisation.logo)).decode()}"


def closed_days(organisation: Organisation, today: date) -> list[date]:
    """The coming weekdays on which nobody in the organisation's country is written to."""
    days = (today + timedelta(days=ahead) for ahead in range(LOOKED_AHEAD.days))
    return [day for day in days if day.weekday() < SATURDAY and not is_business_day(organisation.country, day)]
