"""Facts: who owes what, what was paid, and what an import could not read."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from goodterms.ledger.search_keys import NumberKey, PhoneKey
from goodterms.organizations.models import Membership, Organisation


class Customer(models.Model):
    """A debtor."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="customers", db_index=False)
    number = models.CharField(max_length=100, help_text="The accounting program's own key for this customer.")
    name = models.CharField(max_length=200)
    country = models.CharField(max_length=2, blank=True)
    region = models.CharField(
        max_length=3, blank=True, default="", db_default="", help_text="Such as CA in the United States."
    )
    language = models.CharField(max_length=8, blank=True)
    timezone = models.CharField(max_length=64, blank=True)
    terms_days = models.IntegerField(null=True, blank=True)
    postal_address = models.TextField(blank=True, default="", db_default="", help_text="Lines as on an envelope.")
    post_failed_at = models.DateTimeField(null=True, blank=True, help_text="A letter to this address came back.")
    is_protected = models.BooleanField(default=False, help_text="A special bond, marked by a person.")
    relationship_owner = models.CharField(max_length=200, blank=True)
    relationship_owner_email = models.EmailField(blank=True)
    collector = models.ForeignKey(
        Membership,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="customers",
        help_text="The colleague who serves this customer; some members see their own customers alone.",
    )
    facts_version = models.BigIntegerField(
        default=1, help_text="Raised in the same transaction as any fact about this customer."
    )
    known_from_date = models.DateField(help_text="The first day this customer was known.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "number"], name="customer_number_unique"),
        ]
        indexes = [models.Index(fields=["organisation", "name"], name="customer_by_name")]

    def __str__(self) -> str:
        return self.name


class Contact(models.Model):
    """A person at a customer, with a role."""

    class Role(models.TextChoices):
        ACCOUNTS_PAYABLE = "accounts_payable"
        BUYER = "buyer"
        EXECUTIVE = "executive"
        OWNER = "owner"
        OTHER = "other"

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="contacts")
    name = models.CharField(max_length=200, blank=True)
    role = models.CharField(max_length=20, choices=Role, default=Role.OTHER)
    email = models.CharField(max_length=254, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    mobile = models.CharField(max_length=40, blank=True, default="", db_default="", help_text="For SMS.")
    phone_failed_at = models.DateTimeField(null=True, blank=True, help_text="A wrong number.")
    email_failed_at = models.DateTimeField(null=True, blank=True, help_text="Mail to this address came back.")
    known_from_date = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "role", "email", "name"], name="contact_once_per_customer_and_role"
            )
        ]
        indexes = [
            models.Index(F("organisation"), Lower("email"), name="contact_by_email"),
            # Most contacts lack one of the two: without them the index is known to be worth asking.
            models.Index(F("organisation"), PhoneKey("phone"), name="contact_by_phone", condition=~Q(phone="")),
            models.Index(F("organisation"), PhoneKey("mobile"), name="contact_by_mobile", condition=~Q(mobile="")),
        ]

    def __str__(self) -> str:
        return self.name or self.email


class Invoice(models.Model):
    """An invoice or a credit note (negative amounts), with the live open balance.

    ``open_amount_minor`` equals ``amount_minor`` minus all allocations; flows keep both in one transaction.
    """

    class Kind(models.TextChoices):
        INVOICE = "invoice"
        CREDIT_NOTE = "credit_note"
        FEE = "fee"

    class Status(models.TextChoices):
        POSTED = "posted"
        VOID = "void"

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="invoices")
    number = models.CharField(max_length=100)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.INVOICE)
    status = models.CharField(max_length=10, choices=Status, default=Status.POSTED)
    currency = models.CharField(max_length=3)
    issue_date = models.DateField()
    due_date = models.DateField(null=True, blank=True, help_text="Empty: a data problem, never chased.")
    amount_minor = models.BigIntegerField()
    open_amount_minor = models.BigIntegerField()
    settled_date = models.DateField(null=True, blank=True)
    payment_count = models.IntegerField(
        default=0, help_text="Payments it took whose day is known; 0 when settled: nobody knows when."
    )
    purchase_order = models.CharField(max_length=100, blank=True)
    is_disputed = models.BooleanField(default=False, help_text="Marked as disputed by its source.")
    first_imported_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "customer", "kind", "number"], name="invoice_number_unique"
            ),
            models.CheckConstraint(
                name="invoice_open_amount_within_amount",
                condition=(
                    Q(kind__in=["invoice", "fee"], open_amount_minor__gte=0, open_amount_minor__lte=F("amount_minor"))
                    | Q(kind="credit_note", open_amount_minor__lte=0, open_amount_minor__gte=F("amount_minor"))
                ),
            ),
            models.CheckConstraint(
                name="invoice_settled_when_nothing_is_open",
                condition=(
                    Q(status="void", open_amount_minor=0)
                    | Q(status="posted", open_amount_minor=0, settled_date__isnull=False)
                    | (Q(status="posted", settled_date__isnull=True) & ~Q(open_amount_minor=0))
                ),
            ),
        ]
        indexes = [
            # Holds all that sums per customer need: one pass over it sums a million open items without the table.
            models.Index(
                fields=["organisation", "customer", "currency", "due_date", "kind", "open_amount_minor"],
                name="invoice_open_by_customer",
                condition=~Q(open_amount_minor=0),
            ),
            # The list of open items, by due date or amount: what it is filtered by stands in the index, so that a
            # filter which few rows pass reads a million entries of it, not a million rows of the table.
            models.Index(
                fields=["organisation", "due_date", "id", "currency", "kind", "open_amount_minor", "customer"],
                name="invoice_open_by_due",
                condition=~Q(open_amount_minor=0),
            ),
            models.Index(
                fields=["organisation", "currency", "open_amount_minor"],
                name="invoice_open_by_amount",
                condition=~Q(open_amount_minor=0),
            ),
            models.Index(F("organisation"), NumberKey("number"), name="invoice_by_number_key"),
            models.Index(
                fields=["organisation", "currency", "amount_minor"],
                name="invoice_open_by_original",
                condition=~Q(open_amount_minor=0),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class InvoiceDocument(models.Model):
    """The invoice as it was sent: the file that is enclosed when somebody asks for a copy."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    invoice = models.OneToOneField(Invoice, models.CASCADE, related_name="document")
    file_name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=60, default="application/pdf")
    content = models.BinaryField()
    content_sha256 = models.CharField(max_length=64)
    added_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.file_name


class Payment(models.Model):
    """Money that came in; what is not allocated is cash on account."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="payments")
    key = models.CharField(max_length=100, help_text="Recognises the same payment when it is imported again.")
    paid_date = models.DateField()
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    unallocated_minor = models.BigIntegerField()
    reference = models.CharField(max_length=200, blank=True)
    returned_date = models.DateField(null=True, blank=True, help_text="The bank sent it back on this day.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "customer", "key"], name="payment_key_unique"),
            models.CheckConstraint(name="payment_amount_positive", condition=Q(amount_minor__gt=0)),
            models.CheckConstraint(
                name="payment_unallocated_within_amount",
                condition=Q(unallocated_minor__gte=0, unallocated_minor__lte=F("amount_minor")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["organisation", "customer"],
                name="payment_on_account",
                condition=~Q(unallocated_minor=0),
            ),
            models.Index(
                fields=["organisation", "customer"],
                name="payment_returned",
                condition=Q(returned_date__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.reference or self.key


class Allocation(models.Model):
    """A part of an invoice's amount that is gone from a day on, and why.

    Positive amounts lower an invoice's open amount, negative ones restore it (a returned payment) or use up a
    credit note. For any day, open = amount minus the allocations dated up to it.
    """

    class Source(models.TextChoices):
        PAYMENT = "payment"
        CREDIT_NOTE = "credit_note"
        REPORTED = "reported", "reported by an imported open amount"
        RETURNED = "returned", "a payment sent back by the bank"
        FORGIVEN = "forgiven", "given up in a settlement"
        WRITTEN_OFF = "written_off"
        WAIVED = "waived", "a fee taken back"
        ADJUSTED = "adjusted", "taken off because a dispute was justified"

    GIVEN_UP = (Source.FORGIVEN.value, Source.WRITTEN_OFF.value, Source.ADJUSTED.value)
    """What we decided ourselves: the accounting program learns of it later, if ever."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="allocations")
    payment = models.ForeignKey(Payment, models.CASCADE, null=True, blank=True, related_name="allocations")
    source = models.CharField(max_length=20, choices=Source)
    allocated_date = models.DateField()
    is_date_known = models.BooleanField(
        default=True,
        db_default=True,
        help_text="False: it was gone when the invoice was first seen, nobody knows since when.",
    )
    amount_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="allocation_amount_not_zero", condition=~Q(amount_minor=0)),
            models.UniqueConstraint(
                fields=["payment", "invoice", "source", "allocated_date"],
                name="allocation_once_per_payment",
                condition=Q(payment__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_minor} of {self.invoice_id} on {self.allocated_date}"


class ImportBatch(models.Model):
    """One file read into the ledger."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="imports")
    file_name = models.CharField(max_length=255)
    file_sha256 = models.CharField(max_length=64)
    layout = models.CharField(max_length=60)
    mapping = models.JSONField(default=dict)
    is_complete = models.BooleanField(default=False, help_text="The file lists everything open.")
    as_of_date = models.DateField()
    imported_at = models.DateTimeField()
    counts = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.file_name} ({self.imported_at:%Y-%m-%d})"


class ColumnMapping(models.Model):
    """How the columns of files with this header are read, remembered from the last time."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    header_sha256 = models.CharField(max_length=64)
    mapping = models.JSONField()
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "header_sha256"], name="column_mapping_unique")]

    def __str__(self) -> str:
        return self.header_sha256[:12]


class DataProblem(models.Model):
    """Something a person must mend: which file, row and field, what is wrong, and how to mend it."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="data_problems", db_index=False)
    batch = models.ForeignKey(ImportBatch, models.SET_NULL, null=True, blank=True, related_name="problems")
    customer = models.ForeignKey(Customer, models.CASCADE, null=True, blank=True, related_name="+")
    invoice = models.ForeignKey(Invoice, models.CASCADE, null=True, blank=True, related_name="+")
    fingerprint = models.CharField(max_length=64, help_text="The same problem found again is one row.")
    subject = models.TextField(
        blank=True, db_default="", help_text="The thing it is about, as the next file names it; then it may be mended."
    )
    code = models.CharField(max_length=60)
    file_name = models.CharField(max_length=255, blank=True)
    row = models.IntegerField(null=True, blank=True)
    column = models.CharField(max_length=100, blank=True)
    value = models.TextField(blank=True)
    message = models.TextField()
    remedy = models.TextField()
    found_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "fingerprint"], name="data_problem_once")]
        indexes = [
            models.Index(
                fields=["organisation", "found_at"],
                name="data_problem_open_by_time",
                condition=Q(resolved_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return self.message
