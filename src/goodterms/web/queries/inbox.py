"""What customers wrote: the answers that wait, strangers' mails, and one answer with what was read in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet

from goodterms.core.money import Money
from goodterms.flows.handle_reply import open_suggestions, suggestions_of
from goodterms.flows.reply_deeds import proposed_amount
from goodterms.followup.models import Reply
from goodterms.organizations.models import Organisation
from goodterms.web.queries.customers import named_like

ORDERS = {"newest": ("-received_at", "-pk"), "oldest": ("received_at", "pk")}
WAITING, STRANGERS, HANDLED = "", "strangers", "handled"


@dataclass(frozen=True)
class Read:
    """A suggestion as the page offers it."""

    kind: str
    quote: str
    day: date | None
    amount: Money | None
    reason: str
    answer: str
    is_open: bool


def list_replies(organisation: Organisation, *, state: str, words: str) -> "QuerySet[Reply]":
    """Answers that wait for a person; ``strangers``: of unknown senders alone; ``handled``: everything else."""
    replies = Reply.objects.filter(organisation=organisation).select_related("customer").defer("content", "html")
    replies = replies.filter(handled_at__isnull=state != HANDLED)
    if state == STRANGERS:
        replies = replies.filter(customer__isnull=True)
    if words:
        named = Q(customer_id__in=named_like(organisation, words))
        replies = replies.filter(named | Q(from_address__icontains=words) | Q(subject__icontains=words))
    return replies


def find_reply(organisation: Organisation, pk: int) -> Reply | None:
    """The answer with its customer, or None where the organisation has no such answer."""
    replies = Reply.objects.filter(organisation=organisation).defer("content")
    return replies.select_related("customer__profile", "organisation", "touch").filter(pk=pk).first()


def read_suggestions(reply: Reply, now: datetime) -> list[Read]:
    """What was read in the answer, each with what a person said about it."""
    still_open = open_suggestions(reply)
    answers: dict[str, Any] = reply.suggestion.get("answers", {})
    return [
        Read(
            kind=found["kind"],
            quote=found["quote"],
            day=date.fromisoformat(found["day"]) if "day" in found else None,
            amount=proposed_amount(reply, found, now),
            reason=found.get("reason", ""),
            answer=answers.get(found["kind"], {}).get("answer", ""),
            is_open=found["kind"] in still_open and reply.handled_at is None,
        )
        for found in suggestions_of(reply)
    ]


def marked_text(reply: Reply) -> Iterator[tuple[str, bool]]:
    """The text in pieces: those that a suggestion quotes, and the others."""
    spans = sorted({(found["start"], found["end"]) for found in suggestions_of(reply)})
    at = 0
    for start, end in spans:
        if start < at or end > len(reply.text):
            continue
        yield reply.text[at:start], False
        yield reply.text[start:end], True
        at = end
    yield reply.text[at:], False
