"""Whose work an answer is, and until when it may lie."""

from datetime import date, datetime

from django.db import transaction

from goodterms.core.refusal import Refusal
from goodterms.flows.facts import local_day, write_timeline
from goodterms.flows.handle_reply import ReplyHandledAlready
from goodterms.flows.receive_reply import task_key
from goodterms.followup.models import Reply, Task
from goodterms.organizations.models import Membership, Organisation

LONGEST_SNOOZE_DAYS = 60


class NotAMember(Refusal):
    """An answer was to be given to somebody who does not work here, or may only look."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name or 'Nobody'} is no member of this organisation who may act; choose one from the list.")


class SnoozeDayUnusable(Refusal):
    """An answer was to be laid aside until a day that cannot be."""

    def __init__(self, today: date) -> None:
        super().__init__(f"Name a day after today ({today}) and at most {LONGEST_SNOOZE_DAYS} days ahead.")


def acting_members(organisation: Organisation) -> list[str]:
    """The names of those who may act, in alphabetical order."""
    members = Membership.objects.filter(organisation=organisation).exclude(role=Membership.Role.VIEWER)
    return sorted({str(member.user) for member in members.select_related("user")})


@transaction.atomic
def give_reply(organisation: Organisation, reply: Reply, *, to: str, actor: str, now: datetime) -> None:
    """The answer, and the task to read it, is ``to``'s from now on; empty: anybody's.

    Raises NotAMember or ReplyHandledAlready.
    """
    if to and to not in acting_members(organisation):
        raise NotAMember(to)
    _change(organisation, reply, owner=to)
    Task.objects.filter(organisation=organisation, key=task_key(reply), done_at__isnull=True).update(owner=to)
    _tell(reply, f"The answer is {f'for {to}' if to else 'for anybody'} to read.", actor, now)


@transaction.atomic
def snooze_reply(organisation: Organisation, reply: Reply, *, until: date | None, actor: str, now: datetime) -> None:
    """Keep the answer out of the list until this day (None: no longer); chasing does not go on meanwhile.

    Its task is due on that day. Raises SnoozeDayUnusable or ReplyHandledAlready.
    """
    today = local_day(organisation, None, now)
    if until is not None and not 0 < (until - today).days <= LONGEST_SNOOZE_DAYS:
        raise SnoozeDayUnusable(today)
    _change(organisation, reply, snoozed_until_date=until)
    own = Task.objects.filter(organisation=organisation, key=task_key(reply), done_at__isnull=True)
    own.update(due_date=until or today)
    _tell(reply, f"The answer lies until {until}." if until else "The answer is back in the list.", actor, now)


def _change(organisation: Organisation, reply: Reply, **values: object) -> None:
    waiting = Reply.objects.filter(pk=reply.pk, organisation=organisation, handled_at__isnull=True)
    if not waiting.update(**values):
        reply.refresh_from_db()
        raise ReplyHandledAlready(reply)


def _tell(reply: Reply, text: str, actor: str, now: datetime) -> None:
    if reply.customer is not None:
        write_timeline(reply.customer, "reply_kept", text, actor=actor, now=now, data={"reply_id": reply.pk})
