"""What customers say: replies with their attachments, calls, and the reasons they give for paying late."""

from django.db import models
from django.db.models import Q

from goodterms.followup.models.touches import Touch
from goodterms.ledger.models import Contact, Customer, Invoice
from goodterms.organizations.models import Organisation


class Reply(models.Model):
    """One incoming message; its bytes are kept as they came. Without a customer it stands in the list of strangers."""

    class Channel(models.TextChoices):
        EMAIL = "email"
        SMS = "sms"
        LETTER = "letter"
        PORTAL = "portal"

    class Kind(models.TextChoices):
        ANSWER = "answer"
        AUTO_REPLY = "auto_reply"
        BOUNCE = "bounce"

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="replies")
    customer = models.ForeignKey(Customer, models.CASCADE, null=True, blank=True, related_name="replies")
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, blank=True, related_name="+")
    touch = models.ForeignKey(Touch, models.SET_NULL, null=True, blank=True, related_name="replies")
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.EMAIL)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.ANSWER)
    message_key = models.CharField(max_length=250, help_text="Message-ID or the provider's own: taken in only once.")
    from_address = models.CharField(max_length=254, blank=True)
    from_name = models.CharField(max_length=200, blank=True)
    subject = models.CharField(max_length=500, blank=True)
    received_at = models.DateTimeField()
    received_date = models.DateField(help_text="The customer's own date of it.")
    language = models.CharField(max_length=8, blank=True)
    content = models.BinaryField(help_text="The message exactly as it came.")
    content_type = models.CharField(max_length=60)
    text = models.TextField(blank=True, help_text="What was newly written: quotes and signature stripped.")
    html = models.TextField(blank=True, help_text="Sanitised; empty where the message had none.")
    suggestion = models.JSONField(default=dict, help_text="What we read in it; never acted on by itself.")
    reading = models.CharField(max_length=20, blank=True, help_text="What a person took it for; empty until then.")
    handled_at = models.DateTimeField(null=True, blank=True)
    handled_by = models.CharField(max_length=200, blank=True)
    outcome = models.CharField(max_length=200, blank=True)
    owner = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="Who is to read it; empty: anybody."
    )
    snoozed_until_date = models.DateField(null=True, blank=True, help_text="Kept out of the list until this day.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "message_key"], name="reply_taken_in_once")]
        indexes = [
            models.Index(fields=["organisation", "customer", "received_at"], name="reply_by_customer"),
            models.Index(
                fields=["organisation", "received_at"], name="reply_unhandled", condition=Q(handled_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return self.subject or self.text[:60]


class ReplyAttachment(models.Model):
    """A file that came with a reply, or why it was not kept."""

    reply = models.ForeignKey(Reply, models.CASCADE, related_name="attachments")
    file_name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=100)
    size = models.BigIntegerField()
    content_sha256 = models.CharField(max_length=64, blank=True)
    content = models.BinaryField(null=True, blank=True)
    refusal = models.CharField(max_length=200, blank=True, help_text="Why its bytes were not kept apart.")

    def __str__(self) -> str:
        return self.file_name


class Call(models.Model):
    """A telephone call, made or taken."""

    class Outcome(models.TextChoices):
        REACHED = "reached"
        GATEKEEPER = "gatekeeper"
        VOICEMAIL = "voicemail"
        NO_ANSWER = "no_answer"
        HUNG_UP = "hung_up"
        WRONG_NUMBER = "wrong_number"
        CALL_BACK = "call_back"

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="calls")
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, blank=True, related_name="+")
    touch = models.ForeignKey(Touch, models.SET_NULL, null=True, blank=True, related_name="calls")
    phone = models.CharField(max_length=40, blank=True)
    is_incoming = models.BooleanField(default=False)
    called_at = models.DateTimeField()
    called_date = models.DateField(help_text="The customer's own date of it.")
    outcome = models.CharField(max_length=20, choices=Outcome)
    note = models.TextField(blank=True)
    call_back_date = models.DateField(null=True, blank=True)
    made_by = models.CharField(max_length=200)
    consent_rule = models.TextField(blank=True, help_text="The rule both countries set, as shown and confirmed.")
    consent_by = models.CharField(max_length=200, blank=True)
    recording = models.BinaryField(null=True, blank=True)
    recording_type = models.CharField(max_length=60, blank=True)
    recording_sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="call_recorded_with_consent",
                condition=Q(recording__isnull=True) | (~Q(consent_rule="") & ~Q(consent_by="")),
            ),
            models.CheckConstraint(
                name="call_back_has_a_day", condition=~Q(outcome="call_back") | Q(call_back_date__isnull=False)
            ),
        ]
        indexes = [models.Index(fields=["organisation", "customer", "called_at"], name="call_by_customer")]

    def __str__(self) -> str:
        return f"{self.outcome} on {self.called_date}"


class LateReason(models.Model):
    """Why something is late, as the customer said or a person found out; the latest one per invoice counts."""

    class Reason(models.TextChoices):
        OVERSIGHT = "oversight"
        INVOICE_NOT_RECEIVED = "invoice_not_received"
        MISSING_PO = "missing_po"
        APPROVAL = "approval"
        PAY_RUN = "pay_run"
        WRONG_CONTACT = "wrong_contact"
        DISPUTE = "dispute"
        CASH = "cash"
        ILLNESS = "illness"
        ALREADY_PAID = "already_paid"
        OTHER = "other"

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="late_reasons")
    invoice = models.ForeignKey(Invoice, models.CASCADE, null=True, blank=True, related_name="late_reasons")
    reason = models.CharField(max_length=30, choices=Reason)
    quote = models.TextField(blank=True, help_text="The customer's own words.")
    reply = models.ForeignKey(Reply, models.SET_NULL, null=True, blank=True, related_name="late_reasons")
    call = models.ForeignKey(Call, models.SET_NULL, null=True, blank=True, related_name="late_reasons")
    stated_date = models.DateField()
    stated_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=200)

    class Meta:
        indexes = [models.Index(fields=["organisation", "customer", "stated_date"], name="late_reason_by_customer")]

    def __str__(self) -> str:
        return self.reason
