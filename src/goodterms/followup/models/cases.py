"""Disagreements and last resorts: disputes, fees, agency hand-overs, proofs of posting, decisions to sue or forget."""

from django.db import models
from django.db.models import Q

from goodterms.followup.models.answers import Reply
from goodterms.ledger.models import Customer, Invoice
from goodterms.organizations.models import Organisation
from goodterms.outbox.models import Effect


class Dispute(models.Model):
    """What a customer does not accept, in whole or in part; only that part is held back."""

    class Reason(models.TextChoices):
        NOT_AGREED = "not_agreed", "not agreed, or unknown"
        WRONG_PRICE = "wrong_price"
        WRONG_QUANTITY = "wrong_quantity"
        FAULTY = "faulty", "faulty goods or work"
        LATE_DELIVERY = "late_delivery"
        MISSING_PO = "missing_po", "purchase order missing"
        INVOICE_ERROR = "invoice_error"
        INVOICE_NOT_RECEIVED = "invoice_not_received"
        DUPLICATE = "duplicate"
        ALREADY_PAID = "already_paid"
        CANNOT_PAY = "cannot_pay"
        OTHER = "other"

    class Resolution(models.TextChoices):
        CREDITED = "credited"
        ADJUSTED = "adjusted"
        UNJUSTIFIED = "unjustified"
        WITHDRAWN = "withdrawn"

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="disputes")
    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="disputes")
    reason = models.CharField(max_length=30, choices=Reason)
    amount_minor = models.BigIntegerField(null=True, blank=True, help_text="Empty: all that is open on it.")
    note = models.TextField(blank=True)
    reply = models.ForeignKey(Reply, models.SET_NULL, null=True, blank=True, related_name="disputes")
    opened_date = models.DateField()
    opened_by = models.CharField(max_length=200)
    owner = models.CharField(max_length=200, blank=True)
    due_date = models.DateField(help_text="By then it is to be resolved.")
    resolution = models.CharField(max_length=12, choices=Resolution, blank=True)
    resolution_note = models.TextField(blank=True)
    resolved_date = models.DateField(null=True, blank=True)
    resolved_by = models.CharField(max_length=200, blank=True)
    credit_minor = models.BigIntegerField(null=True, blank=True, help_text="What a credit note is expected over.")
    credit_until_date = models.DateField(null=True, blank=True, help_text="The last day on which it is waited for.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="dispute_amount_positive", condition=Q(amount_minor__isnull=True) | Q(amount_minor__gt=0)
            ),
            models.CheckConstraint(
                name="dispute_resolved_with_a_code",
                condition=Q(resolution="", resolved_date__isnull=True)
                | (~Q(resolution="") & Q(resolved_date__isnull=False)),
            ),
            models.CheckConstraint(
                name="dispute_credit_with_its_day",
                condition=Q(credit_minor__isnull=True, credit_until_date__isnull=True)
                | Q(credit_minor__gt=0, credit_until_date__isnull=False, resolution="credited"),
            ),
            models.UniqueConstraint(fields=["invoice"], name="dispute_open_once", condition=Q(resolution="")),
        ]
        indexes = [
            models.Index(fields=["organisation", "customer"], name="dispute_by_customer"),
            models.Index(fields=["organisation", "due_date"], name="dispute_open_by_due", condition=Q(resolution="")),
            models.Index(fields=["organisation", "resolved_date"], name="dispute_by_resolved_date"),
        ]

    def __str__(self) -> str:
        return f"{self.reason} on {self.invoice_id}"


class DisputeFile(models.Model):
    """A paper that belongs to a dispute: a delivery note, a photograph, a mail."""

    dispute = models.ForeignKey(Dispute, models.CASCADE, related_name="files")
    file_name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=100)
    size = models.BigIntegerField()
    content = models.BinaryField()
    content_sha256 = models.CharField(max_length=64)
    added_by = models.CharField(max_length=200)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dispute", "content_sha256"], name="dispute_file_once"),
        ]

    def __str__(self) -> str:
        return self.file_name


class Fee(models.Model):
    """Why a claim of its own (an Invoice of the kind fee) was made: once per reason and period, waived at most once."""

    class Reason(models.TextChoices):
        LATE_FEE = "late_fee"
        COMPENSATION = "compensation", "fixed compensation by law"
        INTEREST = "interest", "statutory interest"
        RETURNED_PAYMENT = "returned_payment"
        COSTS = "costs", "costs of collection"

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="fees")
    claim = models.OneToOneField(Invoice, models.CASCADE, related_name="fee")
    for_invoice = models.ForeignKey(Invoice, models.CASCADE, null=True, blank=True, related_name="fees")
    reason = models.CharField(max_length=20, choices=Reason)
    period = models.CharField(max_length=40, help_text="What it is charged for once: a cycle, a month, a span of days.")
    from_date = models.DateField(null=True, blank=True)
    until_date = models.DateField(null=True, blank=True)
    law = models.CharField(max_length=60, blank=True, help_text="The regime and rule it follows from.")
    charged_date = models.DateField()
    charged_by = models.CharField(max_length=200)
    waived_date = models.DateField(null=True, blank=True)
    waived_by = models.CharField(max_length=200, blank=True)
    waive_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "for_invoice", "reason", "period"], name="fee_once_per_reason_and_period"
            ),
            models.UniqueConstraint(
                fields=["customer", "reason", "period"],
                name="fee_of_customer_once_per_reason_and_period",
                condition=Q(for_invoice__isnull=True),
            ),
            models.CheckConstraint(
                name="fee_waived_with_reason", condition=Q(waived_date__isnull=True) | ~Q(waive_reason="")
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "customer"], name="fee_by_customer"),
            models.Index(fields=["organisation", "charged_date"], name="fee_by_charged_date"),
        ]

    def __str__(self) -> str:
        return f"{self.reason} for {self.period}"


class AgencyCase(models.Model):
    """A customer's claims in the hands of a collections agency; while they are, nothing else goes out."""

    class State(models.TextChoices):
        READY = "ready"
        APPROVED = "approved"
        HANDED_OVER = "handed_over"
        RECALLED = "recalled"
        CLOSED = "closed"

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="agency_cases")
    state = models.CharField(max_length=12, choices=State, default=State.READY)
    agency = models.CharField(max_length=200, blank=True)
    reference = models.CharField(max_length=100, blank=True, help_text="The agency's own number for it.")
    ready_date = models.DateField()
    ready_reason = models.TextField()
    approved_date = models.DateField(null=True, blank=True)
    approved_by = models.CharField(max_length=200, blank=True)
    handed_over_date = models.DateField(null=True, blank=True)
    file_name = models.CharField(max_length=255, blank=True)
    file_sha256 = models.CharField(max_length=64, blank=True)
    ended_date = models.DateField(null=True, blank=True)
    outcome = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer"],
                name="agency_case_running_once",
                condition=Q(state__in=["ready", "approved", "handed_over"]),
            ),
            models.CheckConstraint(
                name="agency_case_approved_by_someone",
                condition=Q(state__in=["ready", "recalled", "closed"]) | ~Q(approved_by=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.state}"


class LegalDecision(models.Model):
    """Court or forget: what was decided about a customer's claims, with the figures it was decided on."""

    class Choice(models.TextChoices):
        FILED = "filed"
        WRITTEN_OFF = "written_off"
        DROPPED = "dropped"
        ENDED = "ended", "the court case has ended"

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="legal_decisions")
    choice = models.CharField(max_length=12, choices=Choice)
    reason = models.TextField()
    figures = models.JSONField(help_text="Claim, fees, interest, cost, chance and expected net, as they were shown.")
    decided_date = models.DateField()
    decided_by = models.CharField(max_length=200)
    approved_by = models.CharField(max_length=200)

    class Meta:
        constraints = [models.CheckConstraint(name="legal_decision_has_reason", condition=~Q(reason=""))]
        indexes = [models.Index(fields=["organisation", "customer"], name="legal_decision_by_customer")]

    def __str__(self) -> str:
        return f"{self.choice} on {self.decided_date}"


class PostalProof(models.Model):
    """What proves that a letter was posted and received."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="postal_proofs")
    effect = models.OneToOneField(Effect, models.CASCADE, related_name="postal_proof")
    is_certified = models.BooleanField(default=True)
    sending_number = models.CharField(max_length=100, blank=True)
    posted_date = models.DateField(null=True, blank=True)
    posted_by = models.CharField(max_length=200, blank=True)
    posting_proof = models.BinaryField(null=True, blank=True)
    posting_proof_type = models.CharField(max_length=60, blank=True)
    posting_proof_sha256 = models.CharField(max_length=64, blank=True)
    received_date = models.DateField(null=True, blank=True)
    received_by = models.CharField(max_length=200, blank=True)
    receipt = models.BinaryField(null=True, blank=True)
    receipt_type = models.CharField(max_length=60, blank=True)
    receipt_sha256 = models.CharField(max_length=64, blank=True)
    returned_date = models.DateField(null=True, blank=True)
    returned_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["organisation", "customer"], name="postal_proof_by_customer")]

    def __str__(self) -> str:
        return self.sending_number or f"{self.effect_id}"


class ApProfile(models.Model):
    """How a customer's accounts payable work: what an invoice needs, and when they pay."""

    class PayRun(models.TextChoices):
        WEEKDAY = "weekday", "on a weekday"
        DAY_OF_MONTH = "day_of_month", "on a day of the month"

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    customer = models.OneToOneField(Customer, models.CASCADE, related_name="ap_profile", primary_key=True)
    system = models.CharField(max_length=100, blank=True, help_text="Their system or portal, such as Coupa.")
    portal_url = models.URLField(blank=True)
    needs_purchase_order = models.BooleanField(null=True, blank=True)
    invoice_format = models.CharField(max_length=40, blank=True)
    invoice_email = models.EmailField(blank=True)
    pay_run = models.CharField(max_length=12, choices=PayRun, blank=True)
    pay_run_days = models.JSONField(default=list, help_text="Weekdays 1 to 7, or days of the month 1 to 31.")
    cut_off_working_days = models.IntegerField(default=5, help_text="Invoices must be in this long before a pay run.")
    note = models.TextField(blank=True)
    confirmed_date = models.DateField(null=True, blank=True, help_text="Empty: only suggested by the payments.")
    confirmed_by = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.system or f"{self.customer_id}"


class OptOut(models.Model):
    """An address that must never be written to through a channel again."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, models.SET_NULL, null=True, blank=True, related_name="opt_outs")
    channel = models.CharField(max_length=20)
    address = models.CharField(max_length=254)
    asked_at = models.DateTimeField()
    words = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "channel", "address"], name="opt_out_once"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.address}"
