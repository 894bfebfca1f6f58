"""Profiles, touches, holds, tasks, the timeline and the days' runs."""

import json
from typing import Any

from django.db import models
from django.db.models import F, Q

from goodterms.ledger.models import Customer, Invoice
from goodterms.organizations.models import Organisation
from goodterms.outbox.models import Effect


class CustomerProfile(models.Model):
    """Why this customer is late and whether to keep the relationship: the last decision, and a person's word."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    customer = models.OneToOneField(Customer, models.CASCADE, related_name="profile", primary_key=True)
    profile = models.CharField(max_length=30)
    profile_rule = models.CharField(max_length=80)
    profile_evidence = models.TextField(help_text="JSON object: habit column -> value.")
    verdict = models.CharField(max_length=10)
    verdict_rule = models.CharField(max_length=80)
    verdict_evidence = models.TextField()
    signal = models.CharField(max_length=20, blank=True)
    signal_strength = models.FloatField(default=0)
    signal_seen_date = models.DateField(null=True, blank=True)
    cycle = models.CharField(max_length=40, blank=True, help_text="Key of the running cycle; empty without one.")
    policy_hash = models.CharField(max_length=16)
    changed_date = models.DateField(help_text="When any of the above last changed.")

    override_profile = models.CharField(max_length=30, blank=True)
    override_reason = models.TextField(blank=True)
    override_by = models.CharField(max_length=200, blank=True)
    override_date = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="profile_override_has_reason",
                condition=Q(override_profile="") | ~Q(override_reason=""),
            )
        ]
        indexes = [models.Index(fields=["organisation", "profile"], name="customer_profile_by_profile")]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.override_profile or self.profile}"


class Touch(models.Model):
    """One intended contact: what was decided, and on which evidence."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="touches")
    effect = models.OneToOneField(Effect, models.CASCADE, to_field="key", db_column="effect_key", related_name="touch")
    cycle = models.CharField(max_length=40)
    playbook = models.CharField(max_length=40)
    step = models.CharField(max_length=40)
    level = models.IntegerField()
    occurrence = models.IntegerField()
    channel = models.CharField(max_length=20)
    contact_id = models.BigIntegerField(null=True, blank=True)
    language = models.CharField(max_length=8)
    template = models.CharField(max_length=60)
    tone = models.CharField(max_length=20)
    sender = models.CharField(max_length=20)
    planned_date = models.DateField()
    deadline_date = models.DateField(null=True, blank=True)
    sent_date = models.DateField(null=True, blank=True, help_text="The customer's own date of the hand-over.")
    carrying_invoice_id = models.BigIntegerField(null=True, blank=True)
    items = models.TextField(help_text="JSON list of {invoice_id, currency, open_amount_minor} as decided.")
    due_reason = models.TextField(help_text="Why today, in a sentence.")
    profile = models.CharField(max_length=30)
    profile_rule = models.CharField(max_length=80)
    evidence = models.TextField(help_text="JSON object: the values the profile was read from.")
    policy_hash = models.CharField(max_length=16)

    class Meta:
        indexes = [
            models.Index(fields=["organisation", "customer"], name="touch_by_customer"),
            models.Index(fields=["organisation", "planned_date"], name="touch_by_planned_date"),
        ]

    def __str__(self) -> str:
        return f"{self.playbook}/{self.step} to {self.customer_id}"

    def read_items(self) -> list[dict[str, Any]]:
        """The items as decided: invoice_id, currency, open_amount_minor."""
        return list(json.loads(self.items or "[]"))


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

    def __str__(self) -> str:
        return f"{self.reason} until {self.until_date}"


class Task(models.Model):
    """Something a person must do: a call, a missing contact, an uncertain effect, the end of a playbook."""

    class Kind(models.TextChoices):
        CALL = "call"
        CONTACT_MISSING = "contact_missing"
        NO_STEP_LEFT = "no_step_left"
        UNCERTAIN = "uncertain"
        FAILED = "failed"
        WITHHELD = "withheld"

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, models.CASCADE, null=True, blank=True, related_name="tasks")
    kind = models.CharField(max_length=20, choices=Kind)
    key = models.CharField(max_length=250, help_text="The same task found again is one row.")
    title = models.CharField(max_length=200)
    detail = models.TextField(blank=True)
    due_date = models.DateField()
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.CharField(max_length=200, blank=True)
    outcome = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "key"], name="task_key_unique")]
        indexes = [
            models.Index(
                fields=["organisation", "due_date"],
                name="task_open_by_date",
                condition=Q(done_at__isnull=True),
            )
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


class HabitSummary(models.Model):
    """A customer's settled history, summarised once (columns: core.summary.SUMMARY); re-made when facts change."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    customer = models.OneToOneField(Customer, models.CASCADE, related_name="habits", primary_key=True)
    facts_version = models.BigIntegerField(help_text="The customer's facts_version it was made from.")
    settled_count = models.IntegerField()
    first_issue_date = models.DateField(null=True)
    last_settled_date = models.DateField(null=True)
    median_days_late = models.FloatField(null=True)
    weighted_days_late = models.FloatField(null=True)
    spread_days = models.FloatField(null=True)
    late_share = models.FloatField(null=True)
    worst_days_late = models.FloatField(null=True)
    older_median_days_late = models.FloatField(null=True)
    recent_median_days_late = models.FloatField(null=True)
    slope_days = models.FloatField(null=True)
    pay_weekday = models.IntegerField(null=True)
    pay_weekday_share = models.FloatField(null=True)
    pay_day = models.IntegerField(null=True)
    pay_day_concentration = models.FloatField(null=True)
    part_payment_share = models.FloatField(null=True)
    disputed_late_share = models.FloatField(null=True)
    prompted_share = models.FloatField(null=True)
    days_after_touch = models.FloatField(null=True)
    late_touch_share = models.FloatField(null=True)
    rhythm_center = models.FloatField(null=True)
    rhythm_scale = models.FloatField(null=True)
    rhythm_sum = models.FloatField(null=True)
    rhythm_crossed_date = models.DateField(null=True)
    irregular_sum = models.FloatField(null=True)
    irregular_crossed_date = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="habit_summary_count_not_negative", condition=Q(settled_count__gte=0))
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.settled_count} settled"
