"""Touches into messages, with the facts of this very moment: live open amounts, never the decided ones."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial

from goodterms.channels.letter_rendering import Unprintable, render_letters
from goodterms.core.money import UnknownCurrency
from goodterms.flows.agency_file import PLAYBOOK as AGENCY
from goodterms.flows.agency_file import compose_hand_over
from goodterms.flows.message_background import read_backgrounds
from goodterms.flows.message_facts import FactReader, Request
from goodterms.flows.reply_address import with_reply_address
from goodterms.followup.models import PersonalTouch, Touch
from goodterms.followup.own_words import read_own_words
from goodterms.ledger.models import Contact, Customer
from goodterms.messages.catalog import TemplateUnknown, find_template
from goodterms.messages.context import describe_facts
from goodterms.messages.finishing import finish
from goodterms.messages.languages import LanguageUnknown, language_of, match_language
from goodterms.messages.message import Attachment, Fault, Message
from goodterms.messages.templates import Rendered, TemplateFault, compile_words, find_words, render_words
from goodterms.organizations.models import Organisation

STATEMENT = "statement"
NEEDS_AN_ENVELOPE = ("address_missing", "recipient_changed")


@dataclass(frozen=True, slots=True)
class Composed:
    """What a touch says now. ``message`` is None when there are faults; ``draft`` is for looking at it all the same.

    ``doubts`` are about a person's own words, for them alone to judge.

    A call's message holds its sheet: ``subject`` is the title, ``recipient_email`` the phone number.
    """

    message: Message | None
    faults: tuple[Fault, ...] = ()
    draft: Message | None = None
    doubts: tuple[Fault, ...] = ()


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
    encloses_statement: bool = False,
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
        encloses_statement=encloses_statement,
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
    rows = Touch.objects.filter(pk__in=touch_ids).select_related("effect", "personal")
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
            source=touch.own_words or None,
            encloses_statement=_encloses_statement(touch),
        )
        for touch in rows.defer("evidence", "due_reason")
    ]


def _encloses_statement(touch: Touch) -> bool:
    personal: PersonalTouch | None = getattr(touch, "personal", None)
    return personal is not None and personal.encloses_statement


def render_touch(touch: Touch, now: datetime) -> Rendered | None:
    """The words a touch says now, before any layout: for a person to change; None for what has none to change."""
    organisation, requests = touch.organisation, _requests([touch.pk])
    if not requests or touch.playbook == AGENCY or _is_call(touch.template):
        return None
    reader = FactReader.read(organisation, requests, now, None)
    try:
        tongue = language_of(_choose_language(touch.language, organisation))
        own = read_own_words(organisation.pk, [touch.template])
        source = requests[0].source or own.get((touch.template, tongue.code))
        words = compile_words(source, tongue) if source else find_words(touch.template, tongue)
        return render_words(words, describe_facts(reader.facts_for(requests[0]), tongue))
    except (TemplateFault, LanguageUnknown, UnknownCurrency):
        return None


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
    own = read_own_words(organisation.pk, [each.template for each in requests if each.source is None])
    composed = {}
    for request in requests:
        if request.customer_id not in reader.customers:
            continue
        language = _choose_language(request.language, organisation)
        try:
            facts = reader.facts_for(request)
        except UnknownCurrency as error:
            composed[request.key] = Composed(None, (Fault("currency_unknown", str(error)),))
            continue
        finished = finish(
            facts,
            request.template,
            language,
            background=backgrounds.get(request.customer_id),
            source=request.source or own.get((request.template, match_language(language) or "")),
        )
        copied = partial(
            _led, copies=reader.copies_for(request), organisation=organisation, customer_id=request.customer_id
        )
        faults = (*reader.find_contact_faults(request), *finished.faults)
        draft = copied(finished.draft)
        if request.encloses_statement and draft:
            enclosed, more = _make_statement(request, now, on)
            faults, draft = (*faults, *more), replace(draft, attachments=(*draft.attachments, *enclosed))
        composed[request.key] = Composed(None if faults else draft, faults, draft, finished.doubts)
    return composed


def compose_statement(customer: Customer, now: datetime) -> tuple[list[Attachment], tuple[Fault, ...]]:
    """The customer's statement of account as it stands now, as a PDF file; or the faults for which there is none."""
    request = Request(
        key=0,
        organisation_id=customer.organisation_id,
        customer_id=customer.pk,
        template=STATEMENT,
        language=customer.language or customer.organisation.language,
        sender="default",
        contact_id=None,
        recipient="",
        deadline_date=None,
        invoice_ids=frozenset(),
    )
    return _make_statement(request, now, None)


def _make_statement(request: Request, now: datetime, on: date | None) -> tuple[list[Attachment], tuple[Fault, ...]]:
    """The statement of account as a file to enclose, or why there is none."""
    stated = replace(request, template=STATEMENT, source=None, encloses_statement=False, contact_id=None, recipient="")
    composed = _compose_all([stated], now, on).get(request.key, Composed(None))
    faults = tuple(fault for fault in composed.faults if fault.code not in NEEDS_AN_ENVELOPE)
    if faults or composed.draft is None or composed.draft.letter is None:
        return [], faults or (Fault("statement_missing", "There is no statement of account to enclose."),)
    try:
        pdf = render_letters([composed.draft.letter], now)
    except Unprintable as error:
        return [], (Fault("unprintable", str(error)),)
    return [Attachment(f"{composed.draft.subject}.pdf", "application/pdf", pdf)], ()


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
