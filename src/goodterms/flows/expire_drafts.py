"""Drafts that nobody approved in time are cancelled: a reminder written days ago no longer tells the truth."""

from datetime import datetime

from django.db import transaction

from goodterms.flows.addressees import read_addressees
from goodterms.flows.record_outcome import tell
from goodterms.outbox import moves
from goodterms.outbox.models import Effect


@transaction.atomic
def expire_drafts(now: datetime) -> int:
    """Cancel what has waited for approval for ``moves.DRAFT_EXPIRES_AFTER``, and say so in the timeline; how many."""
    expired = list(Effect.objects.filter(key__in=moves.expire_drafts(now)))
    addressees = read_addressees(expired) if expired else {}
    for effect in expired:
        if effect.pk in addressees:
            tell(effect, addressees[effect.pk], moves.State.CANCELLED, effect.reason, now)
    return len(expired)
