"""What every incoming answer has in common, whatever way it came: it is read, and a person asked to read it."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from goodterms.flows.ask_person import task_owner
from goodterms.flows.facts import local_day, raise_facts_version, write_timeline
from goodterms.followup.models import Reply, Task, Touch
from goodterms.followup.reading import read_suggestion
from goodterms.ledger.models import Customer, Invoice
from goodterms.organizations.models import Organisation

LONGEST_LINE = 300
PROMISES = ("promise", "forewarning")
WAYS = {Reply.Channel.SMS.value: " by SMS", Reply.Channel.PORTAL.value: " through the portal"}
SHORTEST_NUMBER = 3
"""An invoice number with fewer characters may be anything in a text."""


def read_answer(
    organisation: Organisation, customer: Customer | None, touch: Touch | None, text: str, subject: str, on: date
) -> dict[str, Any]:
    """What an answer written ``on`` that day may mean, as Reply.suggestion keeps it; each with the ids of the open
    invoices it may be about.
    """
    language = (customer.language if customer else "") or organisation.language
    read = read_suggestion(text, subject, language, on, organisation.country)
    return name_invoices(read, customer, touch, text, subject)


def name_invoices(
    read: Mapping[str, Any], customer: Customer | None, touch: Touch | None, text: str, subject: str
) -> dict[str, Any]:
    """The suggestions with ``invoices``: those the quoted sentence names, else the whole mail, else (but for a promise)
    those of our own message that is answered.
    """
    suggestions = [dict(one) for one in read.get("suggestions", [])]
    if customer is None or not suggestions:
        return dict(read)
    items = Invoice.objects.filter(customer=customer).exclude(open_amount_minor=0).order_by("due_date", "pk")
    numbers = list(items.values_list("pk", "number"))
    asked = {item["invoice_id"] for item in touch.read_items()} if touch else set()
    answered = [pk for pk, _ in numbers if pk in asked]
    said = _named(numbers, f"{subject}\n{text}")
    for one in suggestions:
        # What they promise is about all they owe, unless they name invoices.
        fallback = said or ([] if one["kind"] in PROMISES else answered)
        one["invoices"] = _named(numbers, one["quote"]) or fallback
    return {**read, "suggestions": suggestions}


def _named(numbers: Iterable[tuple[int, str]], text: str) -> list[int]:
    """The invoices whose number stands in the text as a word of its own."""
    said = text.casefold()
    return [pk for pk, number in numbers if len(number) >= SHORTEST_NUMBER and _stands_in(number.casefold(), said)]


def _stands_in(number: str, text: str) -> bool:
    return number in text and re.search(rf"(?<![\w/-]){re.escape(number)}(?![\w/-])", text) is not None


def ask_to_read(reply: Reply, now: datetime) -> None:
    """A task to read the answer (or to find out whose it is), and its line in the customer's timeline."""
    organisation, customer = reply.organisation, reply.customer
    who = reply.from_name or reply.from_address or "Somebody"
    said = one_line(reply.text or reply.subject)
    if customer is not None:
        raise_facts_version(organisation, customer)
        way = WAYS.get(reply.channel, "")
        write_timeline(
            customer,
            "reply_received",
            f"{who} wrote{way}: “{said}”",
            actor=who,
            now=now,
            effect_key=reply.touch.effect_id if reply.touch else "",
            data={"reply_id": reply.pk, "subject": reply.subject},
        )
    title = f"Read the answer of {who}" if customer else f"Find out whose answer this is: {who}"
    Task.objects.create(
        organisation=organisation,
        customer=customer,
        owner=task_owner(customer) if customer else "",
        kind=Task.Kind.REPLY,
        key=task_key(reply),
        title=title[:200],
        detail=said,
        due_date=local_day(organisation, None, now),
        created_at=now,
    )


def task_key(reply: Reply) -> str:
    """The key of the task to read this answer."""
    return f"reply:{reply.pk}"


def one_line(text: str) -> str:
    """The text's beginning on one line."""
    plain = " ".join(text.split())
    return plain if len(plain) <= LONGEST_LINE else plain[: LONGEST_LINE - 1] + "…"
