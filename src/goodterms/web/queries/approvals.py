"""Messages that wait for a person's approval, the ones that expire first at the top."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from goodterms.flows.compose_message import Composed, compose_touches
from goodterms.outbox.models import Effect
from goodterms.outbox.moves import DRAFT_EXPIRES_AFTER
from goodterms.web.access import Visit
from goodterms.web.lists import Slice, slice_rows
from goodterms.web.queries.customers import named_like

ORDER = ("created_at", "pk")
ROWS = 20


@dataclass(frozen=True)
class Draft:
    """A message that waits: what it would say, until when, and what keeps it from leaving as things stand."""

    effect: Effect
    expires_at: datetime
    subject: str
    faults: tuple[str, ...]

    @property
    def is_edited(self) -> bool:
        """Whether a person has changed its words."""
        return bool(self.effect.touch.own_words)


def waiting(visit: Visit, *, words: str = "", channel: str = "") -> "QuerySet[Effect]":
    """The effects that wait for approval and carry out a touch."""
    every = Effect.objects.filter(organisation=visit.organisation, state=Effect.State.WAITING, touch__isnull=False)
    effects = visit.limit(every)
    if words:
        effects = effects.filter(Q(customer_id__in=named_like(visit.organisation, words)) | Q(recipient=words))
    return effects.filter(channel=channel) if channel else effects


def slice_drafts(visit: Visit, effects: "QuerySet[Effect]", cursor: str) -> Slice[Draft]:
    """A page of drafts with their subjects, composed now."""
    page = slice_rows(_whole(effects), ORDER, cursor, ROWS)
    return Slice(drafts_of(page.rows, visit.now), page.next, page.previous)


def chosen_effects(visit: Visit, ids: list[int]) -> list[Effect]:
    """The effects of these ids that this person may see, those that expire first at the top; decided ones too."""
    effects = Effect.objects.filter(organisation=visit.organisation, pk__in=ids, touch__isnull=False)
    return list(_whole(visit.limit(effects)).order_by(*ORDER))


def drafts_of(effects: Iterable[Effect], now: datetime) -> list[Draft]:
    """What these effects would say now, in a constant number of queries."""
    listed = list(effects)
    composed = compose_touches([effect.touch.pk for effect in listed], now)
    return [_draft(effect, composed.get(effect.touch.pk)) for effect in listed]


def find_draft(visit: Visit, pk: int) -> Effect | None:
    """The effect with its touch, customer and profile, in whatever state it is by now."""
    effects = Effect.objects.filter(organisation=visit.organisation, pk=pk, touch__isnull=False)
    return _whole(visit.limit(effects)).first()


def next_draft(visit: Visit, effect: Effect) -> int | None:
    """The id of the draft that waits next after this one, else of the first one; None when no other waits."""
    others = waiting(visit).exclude(pk=effect.pk).order_by(*ORDER)
    later = Q(created_at__gt=effect.created_at) | Q(created_at=effect.created_at, pk__gt=effect.pk)
    ids = others.values_list("pk", flat=True)
    following, first = ids.filter(later).first(), ids.first()
    return following or first


def expires_at(effect: Effect) -> datetime:
    """When nobody may approve it any more."""
    return effect.created_at + DRAFT_EXPIRES_AFTER


def _whole(effects: "QuerySet[Effect]") -> "QuerySet[Effect]":
    return effects.select_related("touch__customer__profile", "touch__customer__organisation").defer("content")


def _draft(effect: Effect, composed: Composed | None) -> Draft:
    shown = (composed.message or composed.draft) if composed else None
    faults = tuple(str(fault) for fault in composed.faults) if composed else ()
    return Draft(effect, expires_at(effect), shown.subject if shown else "", faults)
