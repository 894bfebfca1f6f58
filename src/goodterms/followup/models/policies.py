"""The rules and playbooks an organisation follows: versions that were published, a draft, and what a draft would do."""

from django.db import models
from django.db.models import Q

from goodterms.ledger.models import Customer
from goodterms.organizations.models import Organisation


class PolicyVersion(models.Model):
    """One published policy in full; rows are only added, and the newest one is in force.

    ``content`` holds ``numbers`` (deviations), ``profiles``, ``verdicts`` and ``playbooks`` as in the shipped files; a
    part that is missing was as shipped then.
    """

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="policy_versions", db_index=False)
    number = models.IntegerField()
    content = models.JSONField()
    policy_hash = models.CharField(max_length=16, blank=True, help_text="As on touches and runs: core.policy.")
    reason = models.TextField(help_text="Why it was changed, as the person said.")
    published_by = models.CharField(max_length=200)
    published_at = models.DateTimeField()
    reverts_to = models.IntegerField(null=True, blank=True, help_text="The number of the version it brought back.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "number"], name="policy_version_number_unique"),
            models.CheckConstraint(name="policy_version_has_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"policy {self.number}"


class PolicyDraft(models.Model):
    """What somebody is changing: only the parts that differ from what is in force; one per organisation."""

    organisation = models.OneToOneField(Organisation, models.CASCADE, related_name="policy_draft", primary_key=True)
    content = models.JSONField(default=dict)
    changed_by = models.CharField(max_length=200)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"draft by {self.changed_by}"


class PolicyTrial(models.Model):
    """A draft compared with the policy in force: on who is who now, on the coming days, or on months of history.

    waiting -> running -> done | failed | stopped

    A worker takes a waiting one, or a running one whose worker has not been heard of for a while.
    """

    class Kind(models.TextChoices):
        STANDINGS = "standings"
        COMING = "coming"
        HISTORY = "history"

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        STOPPED = "stopped"

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    present = models.JSONField(help_text="The policy in force when it was asked, in full.")
    draft = models.JSONField(help_text="The policy that is tried, in full.")
    days = models.IntegerField(help_text="Days of history, or coming days; 0: now.")
    assumptions = models.JSONField(default=dict)
    asked_by = models.CharField(max_length=200)
    asked_at = models.DateTimeField()
    worker = models.CharField(max_length=100, blank=True)
    heard_of_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    days_done = models.IntegerField(default=0)
    fault = models.TextField(blank=True)
    result = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="policy_trial_ended_has_time",
                condition=Q(state__in=["waiting", "running"]) | Q(finished_at__isnull=False),
            )
        ]
        indexes = [
            models.Index(fields=["organisation", "kind", "asked_at"], name="policy_trial_by_kind"),
            models.Index(
                fields=["asked_at"], name="policy_trial_to_run", condition=Q(state__in=["waiting", "running"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class TrialCustomer(models.Model):
    """A customer whom the draft would treat differently, and how; ``place`` is its place in the list."""

    trial = models.ForeignKey(PolicyTrial, models.CASCADE, related_name="customers", db_index=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    place = models.IntegerField()
    content = models.TextField(help_text="JSON: present and draft, as the kind of trial has them.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["trial", "place"], name="trial_customer_place_unique")]

    def __str__(self) -> str:
        return f"{self.customer_id} in {self.trial_id}"


class TemplateVersion(models.Model):
    """The organisation's own words for a template in a language; rows are only added.

    The row with ``is_current`` is in force; an empty ``source`` means the shipped words.
    """

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    template = models.CharField(max_length=60)
    language = models.CharField(max_length=8)
    number = models.IntegerField()
    source = models.TextField(blank=True)
    reason = models.CharField(max_length=500, blank=True)
    published_by = models.CharField(max_length=200)
    published_at = models.DateTimeField()
    is_current = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "template", "language", "number"], name="template_version_number_unique"
            ),
            models.UniqueConstraint(
                fields=["organisation", "template", "language"],
                name="template_version_current_once",
                condition=Q(is_current=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.template} in {self.language}, {self.number}"
