"""What reports keep: sums worked out once and read often, and an experiment with the customers in it."""

from django.db import models
from django.db.models import F, Q

from goodterms.ledger.models import Customer
from goodterms.organizations.models import Organisation


class ReportFrame(models.Model):
    """One frame of sums that reports are read from; it may be thrown away at any time and is then made again."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=40)
    stamp = models.CharField(max_length=120, help_text="Which facts it was made from: reports.stamps.")
    as_of_date = models.DateField(help_text="The organisation's day on which it was made.")
    made_at = models.DateTimeField()
    content = models.BinaryField(help_text="The frame as an Arrow file.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="report_frame_once")]

    def __str__(self) -> str:
        return f"{self.name} of {self.as_of_date}"


class Experiment(models.Model):
    """A random share of customers gets the plain standard playbook, to see what the others' playbooks achieve."""

    class State(models.TextChoices):
        RUNNING = "running"
        CLEAR = "clear", "ended: the difference is clear"
        OVER = "over", "ended on its last day"
        STOPPED = "stopped", "stopped by a person"

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    share_percent = models.IntegerField(help_text="So many customers in a hundred get the standard playbook.")
    seed = models.CharField(max_length=40, help_text="What the draw is made from: drawn again, it is the same draw.")
    reason = models.TextField(help_text="Why it is made.")
    started_date = models.DateField()
    started_by = models.CharField(max_length=200)
    last_date = models.DateField(help_text="It ends by itself after this day.")
    ended_date = models.DateField(null=True, blank=True)
    ended_by = models.CharField(max_length=200, blank=True)
    end_reason = models.TextField(blank=True)
    judged_date = models.DateField(null=True, blank=True)
    result = models.JSONField(default=dict, help_text="The comparison when it was last looked at: core.effect.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="experiment_share_sensible", condition=Q(share_percent__gte=1, share_percent__lte=50)
            ),
            models.CheckConstraint(
                name="experiment_ends_after_it_begins", condition=Q(last_date__gt=F("started_date"))
            ),
            models.CheckConstraint(
                name="experiment_ended_has_a_day",
                condition=Q(state="running", ended_date__isnull=True)
                | (~Q(state="running") & Q(ended_date__isnull=False)),
            ),
            models.UniqueConstraint(
                fields=["organisation"], name="experiment_running_once", condition=Q(state="running")
            ),
        ]
        indexes = [models.Index(fields=["organisation"], name="experiment_by_organisation")]

    def __str__(self) -> str:
        return f"{self.share_percent} % from {self.started_date}"


class ExperimentMember(models.Model):
    """A customer's place in an experiment, drawn once; rows are only added."""

    class Arm(models.TextChoices):
        STANDARD = "standard", "the plain standard playbook"
        OWN = "own", "the playbook of its profile"

    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="members", db_index=False)
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="experiments")
    arm = models.CharField(max_length=10, choices=Arm)
    stratum = models.CharField(max_length=60, help_text="The profile and size within which it was drawn.")
    assigned_date = models.DateField()
    reason = models.CharField(max_length=200, help_text="Why it stands in this arm, in a sentence.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["experiment", "customer"], name="experiment_member_once"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.arm}"
