"""Touches into messages, with the facts of this very moment: live open amounts, never the decided ones."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial

from goodterms.core.money import UnknownCurrency
from goodterms.flows.agency_file import PLAYBOOK as AGENCY
from goodterms.flows.agency_file import compose_hand_over
from goodterms.flows.message_background import read_backgrounds
from goodterms.flows.message_facts import FactReader, Request
from goodterms.flows.reply_address import with_reply_address
from goodterms.followup.models import Touch
from goodterms.ledger.models import Contact, Customer
from goodterms.messages.catalog import TemplateUnknown, find_template
from goodterms.messages.finishing import finish
from goodterms.messages.languages import match_language
from goodterms.messages.message import Fault, Message
from goodterms.organizations.models import Organisation


@dataclass(frozen=True, slots=True)
class Composed:
    """What a touch says now. ``message`` is None when there are faults; ``draft`` is for looking at it all the same.

    A call's message holds its sheet: ``subject`` is the title, ``recipient_email`` the phone number.
    """

    message: Message | None
    faults: tuple[Fault, ...] = ()
    draft: Message | None = None


def compose_touches(touch_ids: Sequence[int], now: datetime, *, on: date | None = None) -> dict[int, Composed]:
    """Compose and check the messages of these touches; one per touch that still exists.

    Constant number of queries per organisation, however many touches. ``now`` is an aware moment, "overdue" counts on
    each customer's own day. With ``on``, amounts and days are those known on that day.
    """
    hand_overs = Touch.objects.filter(pk__in=touch_ids, playbook=AGENCY).select_related(
        "customer__organisation", "effect"
    )
    composed = {touch.pk: Composed(compose_hand_over(touch, now)) for touch in hand_overs}
    return composed | _compose_all(_requests([each for each in touch_ids if each not in composed]), now, on)


def compose_preview(
    customer: Customer,
    template: str,
    now: datetime,
    *,
    language: str = "",
    sender: str = "default",
    contact: Contact | None = None,
    deadline_date: date | None = None,
    invoice_ids: Iterable[int] = (),
    source: str | None = None,
    on: date | None = None,
) -> Composed:
    """What a template (or a user's own ``source`` for it) would say to this customer now; nothing is written.

    ``invoice_ids`` are the invoices that a template which looks ahead is about. Without ``contact``, the first one
    with an address. Errors become faults.
    """
    reader = contact or Contact.objects.filter(customer=customer).exclude(email="").order_by("pk").first()
    request = Request(
        key=0,
        organisation_id=customer.organisation_id,
        customer_id=customer.pk,
        template=template,
        language=language or customer.language or customer.organisation.language,
        sender=sender,
        contact_id=reader.pk if reader else None,
        recipient=_address(customer, reader, template),
        deadline_date=deadline_date,
        invoice_ids=frozenset(invoice_ids),
        source=source,
    )
    return _compose_all([request], now, on)[0]


def _address(customer: Customer, contact: Contact | None, template: str) -> str:
    medium = _medium(template)
    if medium == "letter":
        return ", ".join(customer.postal_address.splitlines())
    if contact is None:
        return ""
    return {"call": contact.phone, "sms": contact.mobile}.get(medium, contact.email)


def _requests(touch_ids: Sequence[int]) -> list[Request]:
    rows = Touch.objects.filter(pk__in=touch_ids).select_related("effect").defer("evidence", "due_reason")
    return [
        Request(
            key=touch.pk,
            organisation_id=touch.organisation_id,
            customer_id=touch.customer_id,
            template=touch.template,
            language=touch.language,
            sender=touch.sender,
            contact_id=touch.contact_id,
            recipient=touch.effect.recipient,
            deadline_date=touch.deadline_date,
            invoice_ids=frozenset(item["invoice_id"] for item in touch.read_items()),
            cc=tuple(touch.read_copies()),
        )
        for touch in rows
    ]


def _compose_all(requests: Sequence[Request], now: datetime, on: date | None) -> dict[int, Composed]:
    composed: dict[int, Composed] = {}
    organisations = {request.organisation_id for request in requests}
    for organisation in Organisation.objects.filter(pk__in=organisations):
        own = [request for request in requests if request.organisation_id == organisation.pk]
        composed.update(_compose_for(organisation, own, now, on))
    return composed


def _compose_for(
    organisation: Organisation, requests: Sequence[Request], now: datetime, on: date | None
) -> dict[int, Composed]:
    reader = FactReader.read(organisation, requests, now, on)
    calls = [request.customer_id for request in requests if _is_call(request.template)]
    backgrounds = read_backgrounds(organisation, calls, now, on) if calls else {}
    composed = {}
    for request in requests:
        if request.customer_id not in reader.customers:
            continue
        try:
            facts = reader.facts_for(request)
        except UnknownCurrency as error:
            composed[request.key] = Composed(None, (Fault("currency_unknown", str(error)),))
            continue
        finished = finish(
            facts,
            request.template,
            _choose_language(request.language, organisation),
            background=backgrounds.get(request.customer_id),
            source=request.source,
        )
        copied = partial(
            _led, copies=reader.copies_for(request), organisation=organisation, customer_id=request.customer_id
        )
        faults = (*reader.find_contact_faults(request), *finished.faults)
        composed[request.key] = Composed(None if faults else copied(finished.message), faults, copied(finished.draft))
    return composed


def _led(
    message: Message | None, *, copies: tuple[str, ...], organisation: Organisation, customer_id: int
) -> Message | None:
    """With the addresses in copy, and answers led to the organisation's inbox where it has one."""
    if message is None:
        return None
    answered = with_reply_address(message, organisation, customer_id)
    return replace(answered, cc=copies) if copies else answered


def _choose_language(wanted: str, organisation: Organisation) -> str:
    """The wanted language, or the organisation's own where it has no words; the doctor names such customers."""
    has_words = match_language(wanted) is not None or match_language(organisation.language) is None
    return wanted if has_words else organisation.language


def _is_call(template: str) -> bool:
    return _medium(template) == "call"


def _medium(template: str) -> str:
    try:
        return find_template(template).medium
    except TemplateUnknown:
        return ""
