"""Organisations, the people who work in them, and who changed what."""

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
    previewed_at = models.DateTimeField(
        null=True, blank=True, help_text="When somebody first looked at what would go out; ends the first steps."
    )

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
    own_rules = models.JSONField(
        default=dict,
        blank=True,
        help_text="Its own profiles, verdicts and playbooks (by id); what is not here is as shipped.",
    )

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
    has_own_customers_only = models.BooleanField(
        default=False, db_default=False, help_text="Sees and serves only the customers whose collector they are."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "user"], name="membership_once_per_organisation"),
            models.CheckConstraint(
                name="membership_limited_below_manager",
                condition=models.Q(has_own_customers_only=False) | models.Q(role__in=["collector", "viewer"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"


class Invitation(models.Model):
    """A person was asked to join; the signed link they got holds for as long as this row is open."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=20, choices=Membership.Role)
    has_own_customers_only = models.BooleanField(default=False)
    invited_by = models.CharField(max_length=200)
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "email"],
                name="invitation_open_once",
                condition=models.Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return self.email


class Change(models.Model):
    """Who changed what, and when: each field before and after. Rows are only ever added (see guards)."""

    class Kind(models.TextChoices):
        SETTINGS = "settings"
        POLICY = "policy"
        MEMBER = "member"
        INVITATION = "invitation"
        API_KEY = "api_key", "API key"
        PLAYBOOK = "playbook"
        TEMPLATE = "template"
        SENDER = "sender"
        PROFILE = "profile"
        HOLD = "hold"
        CONTACT = "contact"
        AP_PROFILE = "ap_profile", "AP profile"
        CUSTOMER = "customer"
        AGREEMENT = "agreement"
        IMPORT = "import"
        EXPORT = "export"
        PORTAL = "portal", "Portal link"
        OTHER = "other"

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField()
    actor = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=Kind)
    subject = models.CharField(max_length=200, help_text="What was changed, as a person calls it.")
    subject_key = models.CharField(max_length=100, blank=True, help_text="Its id or name in the program.")
    customer_id = models.BigIntegerField(null=True, blank=True, help_text="The customer it concerns, if any.")
    before = models.JSONField(default=dict, help_text="The fields that changed, as they were; empty: it is new.")
    after = models.JSONField(default=dict, help_text="The same fields as they are; empty: it is gone.")

    class Meta:
        indexes = [
            models.Index(fields=["organisation", "-at", "-id"], name="change_by_time"),
            models.Index(
                fields=["organisation", "customer_id"],
                name="change_by_customer",
                condition=models.Q(customer_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.subject}"


class ApiKey(models.Model):
    """A program's right to act for the organisation; only a hash of the key is kept."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12, help_text="The key's beginning, by which people tell keys apart.")
    key_sha256 = models.CharField(max_length=64)
    role = models.CharField(max_length=20, choices=Membership.Role)
    made_by = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key_sha256"], name="api_key_unique")]

    def __str__(self) -> str:
        return self.name
