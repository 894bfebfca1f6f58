"""The check every message must pass before it leaves: what it says is what the ledger holds, and nothing is missing."""

import html
import re
from collections.abc import Iterator
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from goodterms.messages.catalog import Template, find_template
from goodterms.messages.composing import SUBJECT_LIMIT
from goodterms.messages.facts import Facts
from goodterms.messages.languages import Language, LanguageUnknown, language_of
from goodterms.messages.ledger_values import (
    PartRead,
    allowed_amounts,
    allowed_dates,
    check_presence,
    check_values,
    read_part,
)
from goodterms.messages.masking import find_placeholders, list_suspects, mask_facts
from goodterms.messages.message import Fault, Message
from goodterms.messages.payment import compact_iban, find_payment_faults, format_iban, is_iban, is_payable
from goodterms.messages.sms import MOST_SEGMENTS, measure_sms, plain_text

_HIDDEN = re.compile(r"<head>.*?</head>|<!--.*?-->", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_LINK = re.compile(r"https?://\S+|(?<![\w@.])(?:[a-z0-9-]+\.)+[a-z]{2,10}/\S+", re.IGNORECASE)
_MOBILE = re.compile(r"\+[1-9]\d{6,14}")
_IBAN = re.compile(r"[A-Z][A-Z]\d\d(?:[ \N{NO-BREAK SPACE}]?[A-Z0-9]{1,4}){3,8}(?!\w)")


def check(message: Message, facts: Facts) -> tuple[Fault, ...]:
    """Everything that keeps this message from leaving; empty when it may.

    Every amount and date in the subject, the text part, the HTML part and the letter is read back and must be one that
    ``facts`` hold; what must be said must be there.
    """
    try:
        language = language_of(message.language)
    except LanguageUnknown as error:
        return (Fault("language_unknown", str(error)),)
    template = find_template(message.template)
    parts = _read_parts(message, facts, language)
    amounts, days = allowed_amounts(facts), allowed_dates(facts)
    faults = [*_check_addresses(message), *_check_subject(message), *check_purpose(template, facts)]
    faults += _check_payment(template, parts, facts)
    for part in parts:
        faults += _check_words(part, language)
        if not template.by_hand:
            faults += check_values(part, amounts, days)
        if template.asks_money and part.name != "subject":
            faults += check_presence(part, facts, language)
    return tuple(dict.fromkeys(faults))


def check_call(message: Message, facts: Facts) -> tuple[Fault, ...]:
    """The same for a call sheet, which only a colleague reads: somebody to call, and nothing unfinished in it."""
    faults = list(check_purpose(find_template(message.template), facts))
    if not message.recipient_email:
        faults.append(Fault("phone_missing", "There is no phone number to call; add one to a contact of the customer."))
    language = language_of(message.language)
    subject = read_part("title", message.subject, mask_facts(message.subject, list_suspects(facts, language)), language)
    faults += _check_words(subject, language)
    faults += check_values(subject, allowed_amounts(facts), allowed_dates(facts))
    return tuple(dict.fromkeys(faults))


def check_sms(message: Message, facts: Facts) -> tuple[Fault, ...]:
    """The same for a text message: a number to send it to, who writes, true figures, own links, at most two parts."""
    template = find_template(message.template)
    language = language_of(message.language)
    faults = list(check_purpose(template, facts))
    if not _MOBILE.fullmatch(message.recipient_email):
        text = f"{message.recipient_email!r} is no mobile number in international form; correct the contact's number."
        faults.append(Fault("mobile_missing", text))
    part = read_part("text", message.text, mask_facts(message.text, list_suspects(facts, language)), language)
    faults += _check_words(part, language)
    if not template.by_hand:
        faults += check_values(part, allowed_amounts(facts), allowed_dates(facts))
    if plain_text(facts.sender.name) not in message.text:
        text = "The text does not say who writes; put {{ organisation.name }} into the template."
        faults.append(Fault("sender_not_named", text))
    own = tuple(link for link in (facts.sender.website, facts.payment.link if facts.payment else "") if link)
    if any(not link.startswith(own) for link in _LINK.findall(message.text)):
        faults.append(Fault("link_foreign", "The text holds a link that is not the organisation's own; take it out."))
    segments = measure_sms(message.text).segments
    if segments > MOST_SEGMENTS:
        text = f"The text takes {segments} parts; shorten the template so that it takes {MOST_SEGMENTS} at most."
        faults.append(Fault("sms_long", text))
    return tuple(dict.fromkeys(faults))


def doubt(message: Message, facts: Facts) -> tuple[Fault, ...]:
    """Amounts and dates in a person's own words that the account does not hold: for the writer to look at again."""
    if not find_template(message.template).by_hand:
        return ()
    language = language_of(message.language)
    masked = mask_facts(message.text, list_suspects(facts, language))
    part = read_part("text", message.text, masked, language)
    return tuple(dict.fromkeys(check_values(part, allowed_amounts(facts), allowed_dates(facts))))


def _read_parts(message: Message, facts: Facts, language: Language) -> list[PartRead]:
    suspects = list_suspects(facts, language)
    texts = {"subject": message.subject, "text": message.text, "HTML part": read_html(message.html)}
    if message.letter:
        texts["letter"] = message.letter.read_text()
    return [read_part(name, text, mask_facts(text, suspects), language) for name, text in texts.items()]


def read_html(page: str) -> str:
    """What a reader sees of an HTML part, one line per element."""
    return html.unescape(_TAG.sub("\n", _HIDDEN.sub("", page)))


def _check_addresses(message: Message) -> Iterator[Fault]:
    if message.letter:
        if not message.recipient_email:
            yield Fault("address_missing", "There is no postal address to write to; add one to the customer.")
    elif not message.recipient_email:
        yield Fault("recipient_missing", "There is no e-mail address to send to; add one to a contact of the customer.")
    elif not is_address(message.recipient_email):
        text = f"{message.recipient_email!r} is not a valid e-mail address; correct it in the customer's contacts."
        yield Fault("recipient_invalid", text)
    for name, address in (("sender", message.sender_email), ("reply", message.reply_to)):
        if not is_address(address):
            text = f"The {name} address {address!r} is not valid; set it in the organisation's settings."
            yield Fault(f"{name}_invalid", text)


@lru_cache(maxsize=100_000)
def is_address(address: str) -> bool:
    """Whether this can be an e-mail address; the domain itself is not asked."""
    try:
        validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


def _check_subject(message: Message) -> Iterator[Fault]:
    if not message.subject.strip():
        yield Fault("subject_empty", "The subject is empty; write one in the first part of the template.")
    if len(message.subject) > SUBJECT_LIMIT:
        text = f"The subject has {len(message.subject)} characters; shorten it to {SUBJECT_LIMIT}."
        yield Fault("subject_long", text)


def check_purpose(template: Template, facts: Facts) -> Iterator[Fault]:
    """Whether there is any need for the message, before a word of it is composed."""
    if template.asks_money and not facts.asked_items:
        yield Fault("nothing_to_ask", "Nothing that may be asked for is open any more; the message is not needed.")
    if any(not item.number for item in facts.items):
        text = "An invoice has no number that can be named; correct it in the accounting program and import it again."
        yield Fault("number_missing", text)
    if facts.deadline and facts.deadline <= facts.today:
        text = f"The deadline {facts.deadline} came before the message left; let the next run set a new one."
        yield Fault("deadline_passed", text)
    if template.interest != "none" and facts.interest is None:
        text = "The message speaks of statutory interest, but none can be worked out for these invoices."
        yield Fault("interest_missing", f"{text} Switch the interest steps off, or complete the statutory table.")


def _check_payment(template: Template, parts: list[PartRead], facts: Facts) -> Iterator[Fault]:
    payment = facts.payment
    if payment is None or not is_payable(payment):
        if template.asks_money:
            text = "The organisation has no payment details; enter an IBAN or a payment link in its settings."
            yield Fault("payment_details_missing", text)
        return
    yield from find_payment_faults(payment)
    ways = [way for way in (format_iban(payment.iban), payment.link, *payment.note) if way]
    for part in parts:
        yield from _check_ibans(part, " ".join((payment.iban, *payment.note)))
        if template.asks_money and part.name != "subject" and not any(way in part.text for way in ways):
            text = f"The {part.name} does not say how to pay; put {{{{ payment_details }}}} into the template."
            yield Fault("payment_details_not_shown", text)


def _check_ibans(part: PartRead, own: str) -> Iterator[Fault]:
    """Bank details that are not the organisation's own are what invoice fraud looks like."""
    for match in _IBAN.finditer(part.text):
        compact = compact_iban(match.group().replace("\N{NO-BREAK SPACE}", ""))
        if is_iban(compact) and compact not in compact_iban(own):
            text = (
                f"The {part.name} names the bank account {match.group()}, which is not the organisation's; remove it."
            )
            yield Fault("iban_foreign", text)


def _check_words(part: PartRead, language: Language) -> Iterator[Fault]:
    for place in find_placeholders(part.masked):
        yield Fault("placeholder", f"The {part.name} holds something unfinished near {place!r}; mend the template.")
    small = part.masked.lower()
    for word in language.rude:
        if word in small and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", small):
            yield Fault("rude_word", f"The {part.name} says {word!r}; we stay courteous. Choose another word.")
