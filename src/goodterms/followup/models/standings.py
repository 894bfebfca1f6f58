"""Why a customer is late, whether to keep them, and their settled history, summarised."""

from django.db import models
from django.db.models import Q

from goodterms.ledger.models import Customer
from goodterms.organizations.models import Organisation


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
