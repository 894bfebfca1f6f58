"""Files that people bring to be imported: how they are to be read, how far they are, and what came of them."""

from django.db import models
from django.db.models import Q

from goodterms.organizations.models import Organisation


class ImportUpload(models.Model):
    """A file from its upload to its import.

    given -> waiting -> running -> asks | checked (tried, nothing kept) -> waiting -> running -> done; or dropped

    ``asks``: it cannot be read as it is, and ``question`` says what a person must answer. A worker takes one that
    waits, or one whose worker has not been heard of for long. ``is_dry_run`` says what is tried or done.
    """

    class State(models.TextChoices):
        GIVEN = "given"
        WAITING = "waiting"
        RUNNING = "running"
        ASKS = "asks"
        CHECKED = "checked"
        DONE = "done"
        DROPPED = "dropped"

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    file_name = models.CharField(max_length=255)
    size = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.GIVEN)
    is_dry_run = models.BooleanField(default=True)
    wishes = models.JSONField(default=dict, help_text="What the person said: kind, dates, decimal, columns, …")
    as_of_date = models.DateField(null=True, blank=True)
    is_complete = models.BooleanField(default=False, help_text="The file lists everything open.")
    given_by = models.CharField(max_length=200)
    given_at = models.DateTimeField()
    worker = models.CharField(max_length=100, blank=True)
    heard_of_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    rows_done = models.BigIntegerField(default=0)
    question = models.JSONField(default=dict)
    report = models.JSONField(default=dict, help_text="What was found: counts, notes, faults.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="import_upload_done_has_time",
                condition=~Q(state="done") | Q(finished_at__isnull=False),
            )
        ]
        indexes = [
            models.Index(fields=["organisation", "-given_at", "-id"], name="import_upload_by_time"),
            models.Index(
                fields=["given_at"], name="import_upload_to_run", condition=Q(state__in=["waiting", "running"])
            ),
        ]

    def __str__(self) -> str:
        return self.file_name


class UploadedContent(models.Model):
    """The file's bytes, for as long as they are needed: apart, so that telling progress does not write them anew."""

    upload = models.OneToOneField(ImportUpload, models.CASCADE, related_name="content", primary_key=True)
    content = models.BinaryField()

    def __str__(self) -> str:
        return f"content of {self.upload_id}"
