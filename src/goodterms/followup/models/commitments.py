"""What was agreed: promises to pay, plans in instalments, settlements; each names the invoices it is about."""

from django.db import models
from django.db.models import F, Q

from goodterms.followup.models.answers import Call, Reply
from goodterms.ledger.models import Customer, Invoice
from goodterms.organizations.models import Organisation


class Source(models.TextChoices):
    """How a commitment reached us."""

    EMAIL = "email"
    CALL = "call"
    LETTER = "letter"
    SMS = "sms"
    PORTAL = "portal"
    PERSON = "person", "told in person"


class Acceptance(models.Model):
    """Who at the customer accepted an agreement, when and how."""

    accepted_date = models.DateField(null=True, blank=True)
    accepted_by = models.CharField(max_length=200, blank=True, help_text="The person at the customer.")
    accepted_how = models.CharField(max_length=10, choices=Source, blank=True)
    accepted_detail = models.TextField(blank=True, help_text="Address, time, or the words it was accepted with.")

    class Meta:
        abstract = True


class AgreedMoney(models.Model):
    """The money that was there for the invoices when an agreement about them was made, and so is not paid for it."""

    cash_then_minor = models.BigIntegerField(default=0, db_default=0, help_text="Cash on account, up to what was open.")

    class Meta:
        abstract = True


class AgreedInvoice(models.Model):
    """An invoice that an agreement is about."""

    gone_then_minor = models.BigIntegerField(
        default=0, db_default=0, help_text="Gone from it then, but for what was credited on that very day."
    )

    class Meta:
        abstract = True


class Promise(AgreedMoney):
    """An amount promised by a day. Its state is judged by the day's run; a new promise closes the open one before."""

    class State(models.TextChoices):
        OPEN = "open"
        KEPT = "kept"
        PARTLY_KEPT = "partly_kept"
        BROKEN = "broken"
        WITHDRAWN = "withdrawn"

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="promises")
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    made_date = models.DateField()
    promised_date = models.DateField()
    tolerance_days = models.IntegerField(default=0)
    source = models.CharField(max_length=10, choices=Source)
    note = models.TextField(blank=True)
    reply = models.ForeignKey(Reply, models.SET_NULL, null=True, blank=True, related_name="promises")
    call = models.ForeignKey(Call, models.SET_NULL, null=True, blank=True, related_name="promises")
    made_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=200)
    is_pausing = models.BooleanField(default=True, help_text="Chasing waits for it.")
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    paid_minor = models.BigIntegerField(default=0, help_text="What came in on its invoices in time.")
    judged_date = models.DateField(null=True, blank=True, help_text="Since when it is no longer open.")
    reminded_date = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="promise_amount_positive", condition=Q(amount_minor__gt=0)),
            models.CheckConstraint(name="promise_not_for_the_past", condition=Q(promised_date__gte=F("made_date"))),
            models.CheckConstraint(
                name="promise_judged_when_not_open",
                condition=Q(state="open", judged_date__isnull=True) | (~Q(state="open") & Q(judged_date__isnull=False)),
            ),
            models.UniqueConstraint(
                fields=["customer", "currency"], name="promise_open_once", condition=Q(state="open")
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "customer"], name="promise_by_customer"),
            models.Index(fields=["organisation", "state", "promised_date"], name="promise_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.amount_minor} {self.currency} by {self.promised_date}"


class PromisedInvoice(AgreedInvoice):
    """An invoice that a promise is about, and what was open on it then."""

    promise = models.ForeignKey(Promise, models.CASCADE, related_name="invoices")
    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="+")
    open_amount_minor = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["promise", "invoice"], name="promised_invoice_once")]

    def __str__(self) -> str:
        return f"{self.invoice_id}"


class PaymentPlan(Acceptance, AgreedMoney):
    """Several invoices paid in instalments. A change by agreement is a new plan that replaces this one."""

    class Rhythm(models.TextChoices):
        WEEKLY = "weekly"
        TWO_WEEKLY = "two_weekly"
        MONTHLY = "monthly"
        CUSTOM = "custom"

    class State(models.TextChoices):
        PROPOSED = "proposed"
        ACTIVE = "active"
        COMPLETED = "completed"
        DEFAULTED = "defaulted"
        CANCELLED = "cancelled"
        REPLACED = "replaced"

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="plans")
    currency = models.CharField(max_length=3)
    total_minor = models.BigIntegerField()
    down_payment_minor = models.BigIntegerField(default=0)
    rhythm = models.CharField(max_length=12, choices=Rhythm)
    default_after_missed = models.IntegerField(default=1, help_text="So many instalments missed end the plan.")
    grace_days = models.IntegerField(default=3, help_text="An instalment counts as missed this long after its day.")
    state = models.CharField(max_length=12, choices=State, default=State.PROPOSED)
    proposed_date = models.DateField()
    proposed_by = models.CharField(max_length=200)
    ended_date = models.DateField(null=True, blank=True)
    end_reason = models.TextField(blank=True)
    replaces = models.OneToOneField(
        "self", models.SET_NULL, null=True, blank=True, related_name="replaced_by", help_text="The plan it changed."
    )
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="plan_down_payment_within_total",
                condition=Q(total_minor__gt=0, down_payment_minor__gte=0, down_payment_minor__lte=F("total_minor")),
            ),
            models.CheckConstraint(
                name="plan_active_was_accepted", condition=~Q(state="active") | Q(accepted_date__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["customer", "currency"], name="plan_active_once", condition=Q(state="active")
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "customer"], name="plan_by_customer"),
            models.Index(fields=["organisation", "state", "proposed_date"], name="plan_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.total_minor} {self.currency}, {self.rhythm}"


class PlanInvoice(AgreedInvoice):
    """An invoice in a plan, with the part of it that the plan covers."""

    plan = models.ForeignKey(PaymentPlan, models.CASCADE, related_name="invoices")
    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="+")
    amount_minor = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["plan", "invoice"], name="plan_invoice_once")]

    def __str__(self) -> str:
        return f"{self.invoice_id}"


class Instalment(models.Model):
    """One payment of a plan; ``paid_minor`` is derived from the payments on the plan's invoices by the day's run."""

    plan = models.ForeignKey(PaymentPlan, models.CASCADE, related_name="instalments")
    position = models.IntegerField(help_text="0: the down payment.")
    due_date = models.DateField()
    amount_minor = models.BigIntegerField()
    paid_minor = models.BigIntegerField(default=0)
    paid_date = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "position"], name="instalment_position_once"),
            models.CheckConstraint(
                name="instalment_paid_within_amount",
                condition=Q(amount_minor__gt=0, paid_minor__gte=0, paid_minor__lte=F("amount_minor")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_minor} on {self.due_date}"


class Settlement(Acceptance, AgreedMoney):
    """Pay a part by a day, and the rest is forgiven; booked only when the agreed money is in."""

    class State(models.TextChoices):
        DRAFT = "draft", "waits for approval"
        PROPOSED = "proposed"
        ACCEPTED = "accepted"
        FULFILLED = "fulfilled"
        LAPSED = "lapsed"
        CANCELLED = "cancelled"

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="settlements")
    currency = models.CharField(max_length=3)
    owed_minor = models.BigIntegerField(
        help_text="Open on its invoices when it was proposed, less what was in their favour."
    )
    pay_minor = models.BigIntegerField()
    pay_by_date = models.DateField()
    tolerance_days = models.IntegerField(default=3)
    state = models.CharField(max_length=10, choices=State)
    reason = models.TextField()
    proposed_date = models.DateField()
    proposed_by = models.CharField(max_length=200)
    approved_date = models.DateField(null=True, blank=True)
    approved_by = models.CharField(max_length=200, blank=True)
    paid_minor = models.BigIntegerField(default=0)
    forgiven_minor = models.BigIntegerField(default=0, help_text="Booked on the day it was fulfilled.")
    ended_date = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="settlement_pays_a_part", condition=Q(pay_minor__gt=0, pay_minor__lt=F("owed_minor"))
            ),
            models.CheckConstraint(
                name="settlement_forgives_only_when_fulfilled",
                condition=Q(state="fulfilled") | Q(forgiven_minor=0),
            ),
            models.UniqueConstraint(
                fields=["customer", "currency"],
                name="settlement_running_once",
                condition=Q(state__in=["draft", "proposed", "accepted"]),
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "customer"], name="settlement_by_customer"),
            models.Index(fields=["organisation", "state", "pay_by_date"], name="settlement_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.pay_minor} of {self.owed_minor} {self.currency} by {self.pay_by_date}"


class SettledInvoice(AgreedInvoice):
    """An invoice that a settlement is about, and what was open on it then."""

    settlement = models.ForeignKey(Settlement, models.CASCADE, related_name="invoices")
    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="+")
    open_amount_minor = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["settlement", "invoice"], name="settled_invoice_once")]

    def __str__(self) -> str:
        return f"{self.invoice_id}"
