"""Whom claimed effects concern: what the relay needs to know of customer and touch, read at once for a batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import BinaryField
from django.db.models.functions import Substr

from goodterms.core.calendar import find_zone
from goodterms.flows.by_hand import CYCLE_PREFIX
from goodterms.followup.models import PersonalTouch, Touch
from goodterms.ledger.models import Customer
from goodterms.outbox.models import Effect, SentMessage

# Our Message-ID is the first line; 64 hexadecimal digits and the longest domain fit.
FIRST_LINE_BYTES = 400


@dataclass(frozen=True, slots=True)
class Addressee:
    """The customer an effect is for, and the touch it carries out (None: an effect without touch)."""

    customer_id: int
    customer_name: str
    timezone: str
    organisation_timezone: str
    is_test_mode: bool
    touch_id: int | None
    cycle: str
    first_message_id: str

    def local_date(self, moment: datetime) -> date:
        """The customer's own calendar day."""
        return moment.astimezone(find_zone(self.timezone, self.organisation_timezone)).date()

    def office_date(self, moment: datetime) -> date:
        """The organisation's calendar day."""
        return moment.astimezone(ZoneInfo(self.organisation_timezone)).date()


def read_addressees(effects: Sequence[Effect]) -> dict[int, Addressee]:
    """Effect id -> addressee, in three queries; an effect whose customer is gone is left out."""
    touches = _touches([effect.key for effect in effects])
    customers = _customers({effect.customer_id for effect in effects})
    cycles = {cycle for _, cycle in touches.values() if cycle}
    first_ids = _first_message_ids(set(customers), cycles) if cycles else {}
    if any(cycle.startswith(CYCLE_PREFIX) for cycle in cycles):
        first_ids |= _answered_message_ids(cycles)
    found = {}
    for effect in effects:
        if effect.customer_id in customers:
            touch_id, cycle = touches.get(effect.key, (None, ""))
            first = first_ids.get((effect.customer_id, cycle), "")
            found[effect.pk] = Addressee(effect.customer_id, *customers[effect.customer_id], touch_id, cycle, first)
    return found


def _touches(keys: Sequence[str]) -> dict[str, tuple[int, str]]:
    rows = Touch.objects.filter(effect__key__in=keys).values_list("effect__key", "pk", "cycle")
    return {key: (touch_id, cycle) for key, touch_id, cycle in rows}


def _customers(ids: set[int]) -> dict[int, tuple[str, str, str, bool]]:
    rows = Customer.objects.filter(pk__in=ids).values_list(
        "pk", "name", "timezone", "organisation__timezone", "organisation__is_test_mode"
    )
    return {pk: (name, zone, office_zone, is_test) for pk, name, zone, office_zone, is_test in rows}


def _first_message_ids(customer_ids: set[int], cycles: set[str]) -> dict[tuple[int, str], str]:
    """(customer, cycle) -> Message-ID of the first e-mail of that cycle, so that a cycle's mails form one thread."""
    mails = SentMessage.objects.filter(effect__customer_id__in=customer_ids, effect__channel="email")
    rows = (
        mails.filter(effect__touch__cycle__in=cycles)
        .order_by("-position")
        .annotate(head=Substr("content", 1, FIRST_LINE_BYTES, output_field=BinaryField()))
        .values_list("effect__customer_id", "effect__touch__cycle", "head")
    )
    return {(customer_id, cycle): _message_id(bytes(head)) for customer_id, cycle, head in rows}


def _answered_message_ids(cycles: set[str]) -> dict[tuple[int, str], str]:
    """The same for messages by hand: the Message-ID of the mail that each answers."""
    rows = PersonalTouch.objects.filter(touch__cycle__in=cycles, reply__message_key__contains="@")
    values = rows.values_list("touch__customer_id", "touch__cycle", "reply__message_key")
    return {(customer_id, cycle): f"<{key}>" for customer_id, cycle, key in values}


def _message_id(head: bytes) -> str:
    name, _, value = head.partition(b"\r\n")[0].decode("utf-8", "replace").partition(":")
    return value.strip() if name.lower() == "message-id" else ""
