"""A person says what an answer means: what follows is done, and chasing goes on once nothing is left to say."""

from datetime import datetime
from typing import Any

from django.db import transaction

from goodterms.core.reading.rules import KINDS
from goodterms.core.refusal import Refusal
from goodterms.flows.facts import raise_facts_version, write_timeline
from goodterms.flows.receive_reply import task_key
from goodterms.flows.reply_deeds import DEEDS, Given, proposed_amount
from goodterms.followup.models import Reply, Task
from goodterms.ledger.models import Customer

NONE = "none"
READINGS = (*KINDS, NONE)
# What habits are read from stands before what has a row of its own.
_KEPT_FIRST = ("forewarning", "abuse", "out_of_business")


class UnknownReading(Refusal):
    """An answer was taken for something that is none of ours."""

    def __init__(self, reading: str) -> None:
        super().__init__(f"{reading!r} is nothing an answer can be taken for; use one of: {', '.join(READINGS)}.")


class ReplyHandledAlready(Refusal):
    """Somebody else was quicker."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"This answer was handled by {reply.handled_by} already ({reply.outcome or 'nothing noted'}).")


class ReplyOfStranger(Refusal):
    """What an answer means can only be done for a customer."""

    def __init__(self) -> None:
        super().__init__("Say first whose answer this is: put it to a customer, then say what it means.")


class NothingSuggested(Refusal):
    """A suggestion was refused that was never made, or that was answered before."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"There is no open suggestion {kind!r} here; reload the page to see what was said about it.")


@transaction.atomic
def handle_reply(
    reply: Reply, *, reading: str, actor: str, now: datetime, given: Given | None = None, is_last: bool = False
) -> Reply:
    """Take the answer for ``reading`` (one of READINGS) and do what follows from it, with what is ``given``.

    It is handled, and chasing goes on, once every suggestion is answered, or with ``is_last`` or "none" at once.
    Raises UnknownReading, ReplyHandledAlready, ReplyOfStranger, or what the deed itself refuses.
    """
    if reading not in READINGS:
        raise UnknownReading(reading)
    locked = _lock(reply)
    if locked.customer is None and reading != NONE:
        raise ReplyOfStranger
    details = given or Given()
    verdict = _verdict(locked, reading, details, now)
    said = DEEDS[reading](locked, details, actor, now) if reading in DEEDS else details.note or "Nothing to do."
    answers = _answers(locked)
    answers[reading] = {"answer": verdict, "by": actor, "at": now.isoformat(), "said": said}
    if locked.customer is not None:
        _write_down(locked, locked.customer, reading, said, actor, now)
    return _save(locked, answers, actor, now, is_done=is_last or reading == NONE)


@transaction.atomic
def refuse_suggestion(reply: Reply, *, kind: str, actor: str, now: datetime) -> Reply:
    """Note that the answer does not mean ``kind``; once no suggestion is left and another was taken, it is handled.

    Raises ReplyHandledAlready or NothingSuggested.
    """
    locked = _lock(reply)
    if kind not in open_suggestions(locked):
        raise NothingSuggested(kind)
    answers = _answers(locked)
    answers[kind] = {"answer": "refused", "by": actor, "at": now.isoformat()}
    return _save(locked, answers, actor, now, is_done=False)


def open_suggestions(reply: Reply) -> dict[str, dict[str, Any]]:
    """The suggestions nobody has answered yet, by kind."""
    answered = _answers(reply)
    return {found["kind"]: found for found in suggestions_of(reply) if found["kind"] not in answered}


def suggestions_of(reply: Reply) -> list[dict[str, Any]]:
    """What was read in the answer, as it was kept: followup.reading.as_plain."""
    found = reply.suggestion.get("suggestions", [])
    return list(found) if isinstance(found, list) else []


def _answers(reply: Reply) -> dict[str, dict[str, Any]]:
    return dict(reply.suggestion.get("answers", {}))


def _lock(reply: Reply) -> Reply:
    locked = Reply.objects.select_for_update(of=("self",)).select_related("customer", "organisation").get(pk=reply.pk)
    if locked.handled_at is not None:
        raise ReplyHandledAlready(locked)
    return locked


def _verdict(reply: Reply, reading: str, given: Given, now: datetime) -> str:
    """Whether the person took the suggestion as it was, changed it, or found what was not suggested."""
    suggested = open_suggestions(reply).get(reading)
    if suggested is None:
        return "found"
    is_other_day = given.by is not None and given.by.isoformat() != suggested.get("day")
    is_other_amount = given.amount is not None and given.amount != proposed_amount(reply, suggested, now)
    is_other_reason = bool(given.reason) and given.reason != suggested.get("reason")
    return "changed" if is_other_day or is_other_amount or is_other_reason else "accepted"


def _save(reply: Reply, answers: dict[str, dict[str, Any]], actor: str, now: datetime, *, is_done: bool) -> Reply:
    reply.suggestion = {**reply.suggestion, "answers": answers}
    taken = [kind for kind, answer in answers.items() if answer["answer"] != "refused"]
    reply.reading = next((kind for kind in (*_KEPT_FIRST, *taken) if kind in taken), "")
    if is_done or (taken and not open_suggestions(reply)):
        said = "; ".join(str(answers[kind]["said"]) for kind in taken)
        reply.handled_at, reply.handled_by, reply.outcome = now, actor, said[:200]
        open_task = Task.objects.filter(organisation=reply.organisation, key=task_key(reply), done_at__isnull=True)
        open_task.update(done_at=now, done_by=actor, outcome=said[:200])
    reply.save(update_fields=["suggestion", "reading", "handled_at", "handled_by", "outcome"])
    if reply.customer is not None:
        raise_facts_version(reply.organisation, reply.customer)
    return reply


def _write_down(reply: Reply, customer: Customer, reading: str, said: str, actor: str, now: datetime) -> None:
    write_timeline(
        customer,
        "reply_handled",
        f"The answer of {reply.from_name or reply.from_address} was read as {reading.replace('_', ' ')}: {said}",
        actor=actor,
        now=now,
        data={"reply_id": reply.pk, "reading": reading},
    )
