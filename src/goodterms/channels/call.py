"""Calls: the prepared sheet becomes a task for a person, who does the calling."""

from datetime import datetime

from django.db import transaction

from goodterms.channels.port import Parcel, Receipt
from goodterms.followup.models import Task
from goodterms.messages.message import Message
from goodterms.outbox.models import Effect

TITLE_LIMIT = 200


class CallChannel:
    """Puts the call on the worklist, under the effect's own key: handed over again, it is the same task."""

    name = "call"
    content_type = "text/plain"
    retry_is_safe = True
    leaves_machine = False

    def prepare(self, effect_key: str, message: Message, now: datetime, *, replies_to: str = "") -> Parcel:
        return Parcel(f"{message.subject}\n\n{message.text}".encode(), (message.recipient_email,))

    def open(self) -> None:
        """A task needs no connection of its own."""

    def hand_over(self, effect_key: str, parcel: Parcel) -> Receipt:
        title, _, sheet = parcel.content.decode().partition("\n\n")
        effect = Effect.objects.select_related("touch").get(key=effect_key)
        task = {
            "customer_id": effect.customer_id,
            "kind": Task.Kind.CALL,
            "title": title[:TITLE_LIMIT],
            "detail": sheet,
            "due_date": effect.touch.planned_date,
            "created_at": effect.handed_over_at or effect.created_at,
        }
        with transaction.atomic():
            kept, _ = Task.objects.get_or_create(organisation_id=effect.organisation_id, key=effect_key, defaults=task)
        return Receipt(f"task {kept.pk}")

    def close(self) -> None:
        """Nothing is kept open."""
