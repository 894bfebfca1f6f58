"""The list of effects by state."""

from django.db.models import Q, QuerySet

from goodterms.organizations.models import Organisation
from goodterms.outbox.models import Effect
from goodterms.web.queries.attention import ASKS_A_PERSON

ORDERS = {"newest": ("-not_before", "-pk"), "oldest": ("not_before", "pk")}


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
        effects = effects.filter(Q(touch__customer__name__icontains=words) | Q(recipient__icontains=words))
    return effects
