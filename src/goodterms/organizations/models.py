"""Organisations, users and memberships."""

from typing import ClassVar

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.db import models


class Organisation(models.Model):
    """A creditor: the company whose invoices are followed up."""

    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=60)
    country = models.CharField(max_length=2, default="GB")
    language = models.CharField(max_length=8, default="en")
    timezone = models.CharField(max_length=64, default="Europe/London")
    currency = models.CharField(max_length=3, default="EUR")
    created_at = models.DateTimeField()
    facts_version = models.BigIntegerField(
        default=0, help_text="Raised whenever something changes that every customer's gate must see."
    )
    is_test_mode = models.BooleanField(default=False, help_text="Everything is decided, nothing leaves.")

    sender_name = models.CharField(max_length=200, blank=True)
    sender_email = models.EmailField(blank=True)
    sender_phone = models.CharField(max_length=40, blank=True)
    postal_address = models.TextField(blank=True)
    website = models.URLField(blank=True)
    logo = models.BinaryField(null=True, blank=True)
    logo_type = models.CharField(max_length=40, blank=True)
    brand_color = models.CharField(max_length=7, blank=True, help_text="#rrggbb; empty: a quiet dark blue.")
    letter_layout = models.CharField(
        max_length=12, blank=True, help_text="din5008b, uk_dl or us10; empty: as usual in the organisation's country."
    )
    inbox_address = models.EmailField(
        blank=True, help_text="Where answers arrive; with plus-addressing each customer has their own."
    )
    agency_name = models.CharField(max_length=200, blank=True)
    agency_email = models.EmailField(blank=True)

    account_holder = models.CharField(max_length=70, blank=True)
    iban = models.CharField(max_length=34, blank=True)
    bic = models.CharField(max_length=11, blank=True)
    bank_name = models.CharField(max_length=100, blank=True)
    payment_link = models.URLField(blank=True)
    payment_note = models.TextField(blank=True)

    policy = models.JSONField(default=dict, blank=True, help_text="Deviations from the shipped policy.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["slug"], name="organisation_slug_unique")]

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """Makes users known by their e-mail address."""

    def create_user(self, email: str, password: str | None = None, **extra: object) -> "User":
        user = self.model(email=self.normalize_email(email), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra: object) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **extra)


class User(AbstractUser):
    """A person who works with goodterms."""

    username = None  # type: ignore[assignment]  # people sign in with their e-mail address
    email = models.EmailField(unique=True)
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.get_full_name() or self.email


class Membership(models.Model):
    """A user's role in an organisation."""

    class Role(models.TextChoices):
        OWNER = "owner"
        MANAGER = "manager"
        COLLECTOR = "collector"
        VIEWER = "viewer"

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "user"], name="membership_once_per_organisation")
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"
