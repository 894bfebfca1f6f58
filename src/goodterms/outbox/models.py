"""Effects, their attempts, and every message exactly as it was sent."""

from typing import Any, NoReturn, TypeVar

from django.db import models
from django.db.models import Q

from goodterms.organizations.models import Organisation
from goodterms.outbox.keys import key_sha256

Row = TypeVar("Row", bound=models.Model)


class RowsAreKept(Exception):
    """Code tried to delete rows of the outbox."""


class KeptRows(models.QuerySet[Row]):
    """Rows that no query deletes; they go only together with their organisation."""

    def delete(self) -> NoReturn:
        raise RowsAreKept(
            "The outbox keeps every effect, attempt and message; cancel an effect instead of deleting it."
        )


class Effect(models.Model):
    """One thing that must happen in the outside world, once.

    planned -> waiting -> queued -> claimed -> sent | failed | uncertain | withheld | cancelled

    ``planned``    decided, its day or hour (``not_before``) has not come
    ``waiting``    a person must approve it
    ``queued``     may be claimed from ``not_before`` on
    ``claimed``    a worker has it until ``claim_expires_at``; ``handed_over_at``, ``transport`` and ``content`` are
                   set, and committed, just before the hand-over: a stale claim without them goes back to ``queued``,
                   one with them becomes ``uncertain`` (or ``queued``, where the transport's repeat is harmless: then
                   they stay, and the next worker repeats exactly these bytes)
    ``sent``       the channel accepted it; the bytes are in SentMessage
    ``failed``     the channel refused it, for good; a person is told
    ``uncertain``  it may or may not have left; a person (or the provider) settles it
    ``withheld``   the gate or the message check said no at the last moment
    ``cancelled``  no longer wanted before it was claimed

    Only ``planned``, ``waiting`` and ``queued`` may be cancelled; sent, withheld and cancelled are final, failed and
    uncertain are left by a person's decision alone. The legal moves are listed in outbox.moves, which makes them
    compare-and-set; outbox.guards has the database refuse any other.
    """

    class State(models.TextChoices):
        PLANNED = "planned"
        WAITING = "waiting", "waiting for approval"
        QUEUED = "queued"
        CLAIMED = "claimed"
        SENT = "sent"
        FAILED = "failed"
        UNCERTAIN = "uncertain"
        WITHHELD = "withheld"
        CANCELLED = "cancelled"

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=250, help_text="Built in outbox.keys from stable ids.")
    key_sha256 = models.CharField(
        max_length=64, default="", db_default="", editable=False, help_text="By which an answer to our mail names it."
    )
    channel = models.CharField(max_length=20)
    customer_id = models.BigIntegerField()
    recipient = models.CharField(max_length=254)
    state = models.CharField(max_length=12, choices=State)
    reason = models.TextField(blank=True, help_text="Why it is in this state, for a person to read.")
    not_before = models.DateTimeField()
    created_at = models.DateTimeField()
    attempts = models.IntegerField(default=0)
    claimed_by = models.CharField(max_length=100, blank=True)
    claim_expires_at = models.DateTimeField(null=True, blank=True)
    handed_over_at = models.DateTimeField(null=True, blank=True)
    transport = models.CharField(max_length=20, blank=True, default="", db_default="")
    content = models.BinaryField(null=True, blank=True, help_text="The bytes on their way, until it is known.")
    finished_at = models.DateTimeField(null=True, blank=True)
    receipt = models.TextField(blank=True, help_text="What the provider said.")

    objects = KeptRows["Effect"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key"], name="effect_key_unique"),
            models.CheckConstraint(
                name="effect_claim_has_worker_and_lease",
                condition=~Q(state="claimed") | (~Q(claimed_by="") & Q(claim_expires_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="effect_content_only_when_marked",
                condition=Q(content__isnull=True) | (Q(handed_over_at__isnull=False) & ~Q(transport="")),
            ),
            models.CheckConstraint(
                name="effect_sent_has_time", condition=~Q(state="sent") | Q(finished_at__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["not_before"], name="effect_planned_by_time", condition=Q(state="planned")),
            models.Index(fields=["created_at"], name="effect_waiting_by_age", condition=Q(state="waiting")),
            models.Index(fields=["channel", "not_before"], name="effect_queued_by_time", condition=Q(state="queued")),
            models.Index(fields=["claim_expires_at"], name="effect_claimed_by_lease", condition=Q(state="claimed")),
            models.Index(fields=["organisation", "state", "not_before"], name="effect_by_state"),
            models.Index(fields=["organisation", "customer_id"], name="effect_by_customer"),
            models.Index(fields=["key_sha256"], name="effect_by_key_sha256"),
        ]

    def __str__(self) -> str:
        return self.key

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.key_sha256 = self.key_sha256 or key_sha256(self.key)
        super().save(*args, **kwargs)


class Attempt(models.Model):
    """One try to carry out an effect; rows are only added."""

    effect = models.ForeignKey(Effect, models.CASCADE, related_name="attempt_rows")
    worker = models.CharField(max_length=100)
    at = models.DateTimeField()
    outcome = models.CharField(max_length=12, choices=Effect.State)
    detail = models.TextField(blank=True)

    objects = KeptRows["Attempt"].as_manager()

    def __str__(self) -> str:
        return f"{self.effect_id} {self.outcome}"


class SentMessage(models.Model):
    """The exact bytes that left, in the organisation's hash chain.

    ``chain_hash`` = SHA-256(previous chain hash, effect key, content hash, sent time): see outbox.chain.
    """

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    effect = models.OneToOneField(Effect, models.CASCADE, related_name="message")
    position = models.BigIntegerField()
    content_type = models.CharField(max_length=60)
    content = models.BinaryField()
    content_sha256 = models.CharField(max_length=64)
    previous_hash = models.CharField(max_length=64)
    chain_hash = models.CharField(max_length=64)
    sent_at = models.DateTimeField()

    objects = KeptRows["SentMessage"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "position"], name="sent_message_position_unique")
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id}#{self.position}"
