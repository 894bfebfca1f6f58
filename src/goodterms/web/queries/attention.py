"""The few counts that stand beside the navigation."""

from dataclasses import dataclass

from goodterms.followup.models import Reply, Task
from goodterms.ledger.models import DataProblem
from goodterms.outbox.models import Effect
from goodterms.web.access import Visit
from goodterms.web.lists import Count, count_up_to
from goodterms.web.queries.notices import count_unread

SHOWN_UP_TO = 99
ASKS_A_PERSON = (Effect.State.WAITING, Effect.State.UNCERTAIN, Effect.State.FAILED)


@dataclass(frozen=True)
class Attention:
    """What waits for a person, by page."""

    tasks: Count
    effects: Count
    problems: Count
    answers: Count
    notices: Count


def attention_of(visit: Visit) -> Attention:
    """Five counts, each of at most a hundred rows of an index."""
    organisation = visit.organisation
    tasks = Task.objects.filter(organisation=organisation, done_at__isnull=True, due_date__lte=visit.today)
    effects = Effect.objects.filter(organisation=organisation, state__in=ASKS_A_PERSON)
    problems = DataProblem.objects.filter(organisation=organisation, resolved_at__isnull=True)
    answers = Reply.objects.filter(organisation=organisation, handled_at__isnull=True)
    answers = answers.exclude(snoozed_until_date__gt=visit.today)
    return Attention(
        tasks=count_up_to(visit.limit(tasks), SHOWN_UP_TO),
        effects=count_up_to(visit.limit(effects), SHOWN_UP_TO),
        problems=count_up_to(visit.limit(problems), SHOWN_UP_TO),
        answers=count_up_to(visit.limit(answers), SHOWN_UP_TO),
        notices=count_unread(visit, SHOWN_UP_TO),
    )
