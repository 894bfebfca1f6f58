"""What was agreed and disputed in the world of the pages: each row is made when a test first asks for it."""

from datetime import date, timedelta
from functools import cached_property
from io import BytesIO

from pypdf import PdfWriter

from goodterms.core.money import Money
from goodterms.flows.accept_plan import accept_plan
from goodterms.flows.attach_to_dispute import attach_to_dispute
from goodterms.flows.charge_fee import charge_fee
from goodterms.flows.make_promise import make_promise
from goodterms.flows.open_dispute import open_dispute
from goodterms.flows.print_batch import make_batch
from goodterms.flows.propose_plan import Terms, propose_plan
from goodterms.flows.propose_settlement import propose_settlement
from goodterms.followup.models import AgencyCase, Dispute, DisputeFile, PaymentPlan, Promise, Settlement, Task
from goodterms.ledger.models import Customer, Invoice, InvoiceDocument
from goodterms.organizations.models import Organisation
from goodterms.outbox.chain import append_message
from goodterms.outbox.models import Effect
from tests.conftest import NOW
from tests.factories import make_effect, make_invoice, make_touch

TODAY = NOW.date()
OWNER, COLLECTOR = "Robin Example", "collector@supplies.example"
MONTHLY = Terms(rhythm="monthly", first=date(2026, 3, 31), count=3)


class AgreedRows:
    """Rows of ``customer``, whose invoice C1-R1 is overdue with 1,234.50 GBP."""

    ours: Organisation
    customer: Customer

    @cached_property
    def invoice(self) -> Invoice:
        return self.customer.invoices.get(number=f"{self.customer.number}-R1")

    @cached_property
    def documented(self) -> Invoice:
        InvoiceDocument.objects.create(
            organisation=self.ours, invoice=self.invoice, file_name="C1-R1.pdf", content=b"%PDF-1.7 invoice",
            content_sha256="0" * 64, added_at=NOW,
        )  # fmt: skip
        return self.invoice

    @cached_property
    def promise(self) -> Promise:
        by = TODAY + timedelta(days=10)
        return make_promise(
            self.ours, self.customer, amount=Money(600_00, "GBP"), by=by, source="call", actor=OWNER, now=NOW
        )

    @cached_property
    def plan(self) -> PaymentPlan:
        return propose_plan(self.ours, self.customer, terms=MONTHLY, actor=OWNER, now=NOW)

    @cached_property
    def running_plan(self) -> PaymentPlan:
        accept_plan(self.ours, self.plan, accepted_by="Sam Example", how="email", actor=OWNER, now=NOW)
        return self.plan

    @cached_property
    def large_plan(self) -> PaymentPlan:
        large = make_invoice(self.customer, "C1-L", due=TODAY - timedelta(days=3), amount_minor=20_000_00)
        return propose_plan(self.ours, self.customer, terms=MONTHLY, invoices=[large], actor=COLLECTOR, now=NOW)

    @cached_property
    def settlement(self) -> Settlement:
        return self.settle(OWNER)

    @cached_property
    def draft(self) -> Settlement:
        return self.settle(COLLECTOR)

    def settle(self, actor: str) -> Settlement:
        by = TODAY + timedelta(days=14)
        return propose_settlement(
            self.ours, self.customer, pay=Money(800_00, "GBP"), by=by, reason="They close down.", actor=actor, now=NOW
        )

    @cached_property
    def dispute(self) -> Dispute:
        return open_dispute(
            self.ours, self.customer, self.invoice, reason="wrong_price", amount=Money(200_00, "GBP"),
            note="The price list says less.", owner=OWNER, actor=OWNER, now=NOW,
        )  # fmt: skip

    @cached_property
    def dispute_file(self) -> DisputeFile:
        return attach_to_dispute(self.dispute, name="note.pdf", content=b"%PDF-1.7 note", actor=OWNER, now=NOW)

    @cached_property
    def claim(self) -> Invoice:
        fee = charge_fee(
            self.ours, self.customer, reason="returned_payment", amount=Money(12_00, "GBP"), for_invoice=self.invoice,
            actor=OWNER, now=NOW,
        )  # fmt: skip
        return fee.claim

    @cached_property
    def batch(self) -> Task:
        send_paper(self.customer)
        made = make_batch(self.ours, today=TODAY, actor=OWNER, now=NOW)
        return Task.objects.get(key=f"print:{made.name}")

    @cached_property
    def case(self) -> AgencyCase:
        return self.open_case("ready")

    @cached_property
    def approved_case(self) -> AgencyCase:
        return self.open_case("approved", approved_by=OWNER, approved_date=TODAY)

    @cached_property
    def handed_case(self) -> AgencyCase:
        case = self.open_case(
            "handed_over", approved_by=OWNER, approved_date=TODAY, handed_over_date=TODAY, agency="Example Collections"
        )
        effect = make_effect(self.customer, channel="agency", state="sent", transport="agency folder")
        make_touch(self.customer, effect=effect, playbook="agency", step="hand-over", cycle=f"agency-{case.pk}")
        append_message(effect.pk, self.ours.pk, effect.key, "application/zip", b"PK\x03\x04 packed", NOW)
        return case

    def open_case(self, state: str, **given: object) -> AgencyCase:
        reason = "Every step has been taken; 1,234.50 GBP overdue, the oldest for 12 days."
        return AgencyCase.objects.create(
            organisation=self.ours, customer=self.customer, state=state, ready_date=TODAY, ready_reason=reason, **given
        )


def send_paper(customer: Customer, pages: int = 1) -> Effect:
    """A letter that was written into the folder and is in no batch yet."""
    recipient = "2 Sample Road, Exampleton"
    effect = make_effect(customer, channel="letter", state="sent", transport="letter folder", recipient=recipient)
    writer, out = PdfWriter(), BytesIO()
    for _page in range(pages):
        writer.add_blank_page(width=595, height=842)
    writer.write(out)
    append_message(effect.pk, customer.organisation_id, effect.key, "application/pdf", out.getvalue(), NOW)
    return effect
