"""The few counts that stand beside the navigation."""

from dataclasses import dataclass
from datetime import date

from goodterms.followup.models import Reply, Task
from goodterms.ledger.models import DataProblem
from goodterms.organizations.models import Organisation
from goodterms.outbox.models import Effect
from goodterms.web.lists import Count, count_up_to

SHOWN_UP_TO = 99
ASKS_A_PERSON = (Effect.State.WAITING, Effect.State.UNCERTAIN, Effect.State.FAILED)


@dataclass(frozen=True)
class Attention:
    """What waits for a person, by page."""

    tasks: Count
    effects: Count
    problems: Count
    answers: Count


def attention_of(organisation: Organisation, today: date) -> Attention:
    """Four counts, each of at most a hundred rows of an index."""
    tasks = Task.objects.filter(organisation=organisation, done_at__isnull=True, due_date__lte=today)
    effects = Effect.objects.filter(organisation=organisation, state__in=ASKS_A_PERSON)
    problems = DataProblem.objects.filter(organisation=organisation, resolved_at__isnull=True)
    answers = Reply.objects.filter(organisation=organisation, handled_at__isnull=True)
    return Attention(*(count_up_to(rows, SHOWN_UP_TO) for rows in (tasks, effects, problems, answers)))
