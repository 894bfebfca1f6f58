"""What customers wrote: the answers that wait, strangers' mails, one answer with what was read in it, its thread."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet

from goodterms.core.money import Money
from goodterms.flows.handle_reply import open_suggestions, suggestions_of
from goodterms.flows.reply_deeds import proposed_amount
from goodterms.followup.models import Reply, TimelineEvent
from goodterms.ledger.models import Customer
from goodterms.outbox.models import Effect
from goodterms.web.access import Visit
from goodterms.web.queries.customers import named_like

ORDERS = {"newest": ("-received_at", "-pk"), "oldest": ("received_at", "pk")}
WAITING, MINE, UNASSIGNED, SNOOZED = "", "mine", "unassigned", "snoozed"
STRANGERS, AUTOMATIC, HANDLED = "strangers", "automatic", "handled"
STATES = (WAITING, MINE, UNASSIGNED, SNOOZED, STRANGERS, HANDLED, AUTOMATIC)
THREAD_ROWS = 15


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
    invoices: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Word:
    """One message of a thread: theirs (``reply``), or ours (``effect``) with its line in the timeline."""

    at: datetime
    reply: Reply | None = None
    effect: Effect | None = None
    text: str = ""


def list_replies(visit: Visit, *, state: str, words: str) -> "QuerySet[Reply]":
    """Answers in one of STATES; those that wait are without the ones laid aside until a later day."""
    replies = Reply.objects.filter(organisation=visit.organisation).select_related("customer").defer("content", "html")
    replies = visit.limit(replies).filter(_in_state(state, visit))
    if words:
        named = Q(customer_id__in=named_like(visit.organisation, words))
        replies = replies.filter(named | Q(from_address__icontains=words) | Q(subject__icontains=words))
    return replies


def _in_state(state: str, visit: Visit) -> Q:
    answer = Q(kind=Reply.Kind.ANSWER)
    if state == HANDLED:
        return Q(handled_at__isnull=False) & answer
    if state == AUTOMATIC:
        return Q(handled_at__isnull=False) & ~answer
    waiting = Q(handled_at__isnull=True)
    if state == STRANGERS:
        return waiting & Q(customer__isnull=True)
    snoozed = Q(snoozed_until_date__gt=visit.today)
    if state == SNOOZED:
        return waiting & snoozed
    awake = waiting & (Q(snoozed_until_date__isnull=True) | Q(snoozed_until_date__lte=visit.today))
    return awake & {MINE: Q(owner=visit.actor), UNASSIGNED: Q(owner="")}.get(state, Q())


def find_reply(visit: Visit, pk: int) -> Reply | None:
    """The answer with its customer, or None where this person has no such answer."""
    replies = Reply.objects.filter(organisation=visit.organisation, pk=pk).defer("content")
    return visit.limit(replies).select_related("customer__profile", "organisation", "touch", "contact").first()


def thread_of(customer: Customer, *, here: Reply | None = None) -> list[Word]:
    """What was written to and fro, the newest first: theirs, and ours that has left; three queries."""
    theirs = Reply.objects.filter(organisation_id=customer.organisation_id, customer=customer, kind=Reply.Kind.ANSWER)
    theirs = theirs.defer("content", "html").order_by("-received_at", "-pk")
    ours = Effect.objects.filter(
        organisation_id=customer.organisation_id,
        customer_id=customer.pk,
        channel__in=("email", "sms", "letter", "certified"),
        state=Effect.State.SENT,
    )
    effects = list(ours.defer("content").order_by("-finished_at", "-pk")[:THREAD_ROWS])
    lines = TimelineEvent.objects.filter(effect_key__in=[effect.key for effect in effects], kind="sent")
    texts = dict(lines.filter(customer=customer).values_list("effect_key", "text")) if effects else {}
    words = [
        Word(reply.received_at, reply=reply) for reply in theirs[:THREAD_ROWS] if here is None or reply.pk != here.pk
    ]
    words += [
        Word(effect.finished_at or effect.created_at, effect=effect, text=texts.get(effect.key, ""))
        for effect in effects
    ]
    return sorted(words, key=lambda word: word.at, reverse=True)[: 2 * THREAD_ROWS]


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
            invoices=frozenset(found.get("invoices", ())),
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
