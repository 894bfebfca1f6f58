"""What people keep at their desk: views of the worklist they saved, and which notices they have read."""

from django.db import models
from django.db.models import Q

from goodterms.followup.models.work import Task
from goodterms.organizations.models import Organisation, User


class SavedView(models.Model):
    """A choice of filters for the worklist under a name; its owner's alone, or shared with the organisation."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    filters = models.JSONField(default=dict, help_text="The worklist's filters by name, only those set.")
    is_shared = models.BooleanField(default=False, help_text="Everybody in the organisation sees it.")
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "user", "name"], name="saved_view_name_once_per_person"),
            models.CheckConstraint(name="saved_view_has_a_name", condition=~Q(name="")),
        ]

    def __str__(self) -> str:
        return self.name


class NoticesRead(models.Model):
    """Up to when a person has read all notices of an organisation."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    read_until = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "user"], name="notices_read_once_per_person"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} until {self.read_until}"


class NoticeRead(models.Model):
    """One notice that a person has read by itself; when its task is opened again later, it is unread again."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    task = models.ForeignKey(Task, models.CASCADE, related_name="+", db_index=False)
    read_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "user"], name="notice_read_once_per_person"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} read {self.task_id}"
