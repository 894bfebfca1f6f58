"""Pauses, tasks for people, the timeline, and the days' runs."""

from django.db import models
from django.db.models import F, Q

from goodterms.ledger.models import Customer, Invoice
from goodterms.organizations.models import Organisation


class Hold(models.Model):
    """A dated pause with a reason; it lifts itself the day after ``until_date``."""

    class Reason(models.TextChoices):
        ILLNESS = "illness"
        PAYMENT_RUN = "payment_run"
        GOODWILL = "goodwill"
        DISPUTE = "dispute"
        LEGAL = "legal"
        OTHER = "other"

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="holds")
    customer = models.ForeignKey(Customer, models.CASCADE, null=True, blank=True, related_name="holds")
    invoice = models.ForeignKey(Invoice, models.CASCADE, null=True, blank=True, related_name="holds")
    reason = models.CharField(max_length=20, choices=Reason)
    note = models.TextField(blank=True)
    from_date = models.DateField()
    until_date = models.DateField()
    made_by = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    lifted_date = models.DateField(null=True, blank=True, help_text="Lifted by a person before its end.")

    class Meta:
        constraints = [
            models.CheckConstraint(name="hold_ends_after_it_begins", condition=Q(until_date__gte=F("from_date"))),
            models.CheckConstraint(
                name="hold_of_invoice_names_customer",
                condition=Q(invoice__isnull=True) | Q(customer__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["organisation", "until_date"], name="hold_by_until_date")]

    def __str__(self) -> str:
        return f"{self.reason} until {self.until_date}"


NOTICED_KINDS = ("approval", "failed", "plan_defaulted", "promise_broken", "reply", "uncertain")
"""The kinds of tasks that somebody is told of at once."""


class Task(models.Model):
    """Something a person must do: a call, a missing contact, an uncertain effect, the end of a playbook."""

    class Kind(models.TextChoices):
        CALL = "call"
        CONTACT_MISSING = "contact_missing"
        NO_STEP_LEFT = "no_step_left"
        UNCERTAIN = "uncertain"
        FAILED = "failed"
        WITHHELD = "withheld"
        REPLY = "reply", "an answer to read"
        FIX = "fix", "the cause of a late payment to mend"
        CONTACT_REPAIR = "contact_repair"
        CALL_BACK = "call_back"
        PROMISE_BROKEN = "promise_broken"
        PLAN_DEFAULTED = "plan_defaulted"
        DISPUTE_DUE = "dispute_due"
        APPROVAL = "approval", "an agreement to approve"
        PROOF_OVERDUE = "proof_overdue", "a proof of posting or receipt is missing"
        PRINT = "print", "letters to print and post"
        AGENCY_READY = "agency_ready"
        LEGAL = "legal", "court or forget"
        RELATIONSHIP = "relationship", "a word from the relationship owner"

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, models.CASCADE, null=True, blank=True, related_name="tasks")
    invoice = models.ForeignKey(Invoice, models.CASCADE, null=True, blank=True, related_name="tasks")
    owner = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="Who is to do it; empty: anybody."
    )
    kind = models.CharField(max_length=20, choices=Kind)
    key = models.CharField(max_length=250, help_text="The same task found again is one row.")
    title = models.CharField(max_length=200)
    detail = models.TextField(blank=True)
    due_date = models.DateField()
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.CharField(max_length=200, blank=True)
    outcome = models.CharField(max_length=200, blank=True)

    rank = models.FloatField(default=0, db_default=0, help_text="How much doing it now is worth: core.ranking.")
    rank_reasons = models.TextField(default="[]", db_default="[]", help_text="JSON list of what the rank was made of.")
    ranked_version = models.BigIntegerField(
        default=-1, db_default=-1, help_text="The customer's facts_version it was ranked by; -1: not ranked yet."
    )
    ranked_date = models.DateField(null=True, blank=True)
    at_risk_minor = models.BigIntegerField(
        default=0, db_default=0, help_text="Overdue in the currency that counts most."
    )
    at_risk_currency = models.CharField(max_length=3, blank=True, default="", db_default="")
    channel = models.CharField(
        max_length=20, blank=True, default="", db_default="", help_text="Of its effect, or kind."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "key"], name="task_key_unique")]
        indexes = [
            models.Index(
                fields=["organisation", "due_date"],
                name="task_open_by_date",
                condition=Q(done_at__isnull=True),
            ),
            models.Index(
                fields=["organisation", "-rank", "id"], name="task_open_by_rank", condition=Q(done_at__isnull=True)
            ),
            models.Index(
                fields=["organisation", "-created_at"],
                name="task_notice_by_time",
                condition=Q(done_at__isnull=True, kind__in=NOTICED_KINDS),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class TimelineEvent(models.Model):
    """One word or deed about a customer; rows are only added."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="timeline")
    invoice = models.ForeignKey(Invoice, models.CASCADE, null=True, blank=True, related_name="+")
    effect_key = models.CharField(max_length=250, blank=True)
    at = models.DateTimeField()
    kind = models.CharField(max_length=40)
    text = models.TextField()
    data = models.JSONField(default=dict)
    actor = models.CharField(max_length=200, help_text="A person's name, or goodterms.")

    class Meta:
        indexes = [models.Index(fields=["organisation", "customer", "at"], name="timeline_by_customer")]

    def __str__(self) -> str:
        return self.text


class TimelineLink(models.Model):
    """A timeline event in the organisation's hash chain; see flows.seal_timeline."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    event = models.OneToOneField(TimelineEvent, models.CASCADE, related_name="link")
    position = models.BigIntegerField()
    previous_hash = models.CharField(max_length=64)
    chain_hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "position"], name="timeline_position_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id}#{self.position}"


class Retention(models.Model):
    """What became of a customer after a cycle was collected: did they buy again, did they send others."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="retention")
    cycle = models.CharField(max_length=40)
    collected_date = models.DateField()
    profile = models.CharField(max_length=30, blank=True, help_text="As it was then.")
    reordered_date = models.DateField(null=True, blank=True, help_text="Of the first invoice issued after it.")
    referral = models.TextField(blank=True, help_text="Whom they sent, as noted by a person.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "cycle"], name="retention_once_per_cycle")]

    def __str__(self) -> str:
        return f"{self.customer_id}, {self.cycle}"


class DayRun(models.Model):
    """What one run of a day decided, in counts."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="runs")
    run_date = models.DateField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    policy_hash = models.CharField(max_length=16)
    counts = models.JSONField(default=dict)
    norms = models.JSONField(default=dict, help_text="What the customers were compared with: core.norms.")

    def __str__(self) -> str:
        return f"{self.run_date}"
