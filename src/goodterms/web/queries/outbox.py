"""The list of effects by state."""

from django.db.models import Q, QuerySet

from goodterms.organizations.models import Organisation
from goodterms.outbox.models import Effect
from goodterms.web.queries.attention import ASKS_A_PERSON
from goodterms.web.queries.customers import named_like

NEWEST, OLDEST = "newest", "oldest"


def list_effects(organisation: Organisation, *, state: str, channel: str, words: str) -> "QuerySet[Effect]":
    """Effects in this state (``attention``: those that ask for a person; empty: any)."""
    effects = Effect.objects.filter(organisation=organisation)
    if state == "attention":
        effects = effects.filter(state__in=ASKS_A_PERSON)
    elif state:
        effects = effects.filter(state=state)
    if channel:
        effects = effects.filter(channel=channel)
    if words:
        effects = effects.filter(Q(customer_id__in=named_like(organisation, words)) | Q(recipient=words))
    return effects


def order_of(state: str, sort: str) -> tuple[str, ...]:
    """By their time within a state, which an index holds; all states together as they were decided."""
    fields = ("not_before", "pk") if state else ("pk",)
    return fields if sort == OLDEST else tuple(f"-{field}" for field in fields)
