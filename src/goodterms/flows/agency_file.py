"""What an agency gets: a manifest, claims, fees, contacts and timeline as CSV and JSON, and all documents."""

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import polars as pl

from goodterms.channels.agency import pack
from goodterms.core.ageing import age_items
from goodterms.core.money import Money
from goodterms.flows.collect_evidence import collect_evidence
from goodterms.followup.gate_answer import GateAnswer
from goodterms.followup.models import AgencyCase, Dispute, Fee, PostalProof, TimelineEvent, Touch
from goodterms.ledger.models import Contact, Customer, Invoice, InvoiceDocument, Payment
from goodterms.messages.message import Attachment, Message
from goodterms.outbox.models import SentMessage

PLAYBOOK, STEP = "agency", "hand-over"
VERSION = 1
FORMULA = ("=", "+", "-", "@", "\t", "\r")
ENDINGS = {"message/rfc822": ".eml", "application/pdf": ".pdf", "application/zip": ".zip"}
SUBJECT = {
    "de": "Übergabe zum Einzug: {customer} ({number})",
    "en": "Hand-over for collection: {customer} ({number})",
}
TEXT = {
    "de": "Guten Tag,\n\nwir übergeben Ihnen zum Einzug unsere Forderungen gegen {customer}. Offen sind {owed}.\n"
    "manifest.json nennt jede Datei mit ihrem Hash. Unser Zeichen: {reference}.\n\n{sender}",
    "en": "Dear Sir or Madam,\n\nwe hand over for collection our claims against {customer}. Open: {owed}.\n"
    "manifest.json lists every file with its hash. Our reference: {reference}.\n\n{sender}",
}


@dataclass(frozen=True)
class Claim:
    """An overdue invoice or fee, and what of it an agency may collect: nothing paid, credited or disputed."""

    invoice: Invoice
    asked: Money
    days_overdue: int


def read_claims(customer: Customer, now: datetime) -> list[Claim]:
    """What an agency may collect now, the oldest first: the same reckoning as messages ask by (core.ageing)."""
    evidence = collect_evidence(customer.organisation, now, customer_ids=[customer.pk]).evidence
    items = age_items(evidence).filter((pl.col("days_overdue") > 0) & (pl.col("chase_minor") > 0))
    invoices = Invoice.objects.in_bulk(items["invoice_id"].to_list())
    rows = items.sort("due_date", "invoice_id").select("invoice_id", "chase_minor", "days_overdue").iter_rows()
    return [Claim(invoices[pk], Money(asked, invoices[pk].currency), days) for pk, asked, days in rows]


def judge_hand_overs(effect_keys: Sequence[str], now: datetime) -> dict[str, GateAnswer]:
    """The gate for hand-overs: only while the case is handed over and there is something to collect."""
    answers = {}
    touches = Touch.objects.filter(effect__key__in=effect_keys, playbook=PLAYBOOK)
    for touch in touches.select_related("customer__organisation"):
        customer = touch.customer
        refusal = _refusal(touch, now)
        answers[touch.effect_id] = GateAnswer(
            "withhold" if refusal else "go", refusal, customer.facts_version, customer.organisation.facts_version, None
        )
    return answers


def _refusal(touch: Touch, now: datetime) -> str:
    case = case_of(touch)
    if case is None or case.state != AgencyCase.State.HANDED_OVER:
        return "The case is not in the agency's hands any more."
    if not read_claims(touch.customer, now):
        return "Nothing is owed any more."
    return ""


def case_of(touch: Touch) -> AgencyCase | None:
    """The case behind a hand-over's touch."""
    number = touch.cycle.removeprefix("agency-")
    return AgencyCase.objects.filter(pk=number, customer_id=touch.customer_id).first() if number.isdecimal() else None


def compose_hand_over(touch: Touch, now: datetime) -> Message | None:
    """The hand-over with its files, as everything stands now; None without a case."""
    case, customer = case_of(touch), touch.customer
    if case is None:
        return None
    ours = customer.organisation
    claims = read_claims(customer, now)
    files = list(_files(case, customer, claims, now))
    words = {
        "customer": customer.name,
        "number": customer.number,
        "owed": ", ".join(money.to_text() for money in _sum_asked(claims)),
        "reference": f"{ours.slug}-{case.pk}",
        "sender": ours.sender_name or ours.name,
    }
    language = ours.language[:2] if ours.language[:2] in TEXT else "en"
    message = Message(
        template=touch.template,
        language=language,
        subject=SUBJECT[language].format(**words),
        text=TEXT[language].format(**words),
        html="",
        summary=f"Handed over to {case.agency}: {words['owed']}",
        sender_name=ours.sender_name or ours.name,
        sender_email=ours.sender_email,
        reply_to=ours.inbox_address,
        recipient_name=case.agency,
        recipient_email=touch.effect.recipient,
        attachments=tuple(files),
    )
    if touch.channel != "email":
        return message
    packed = Attachment(f"hand-over-{words['reference']}.zip", "application/zip", pack(message, now))
    html = "".join(f"<p>{part}</p>" for part in message.text.split("\n\n"))
    return replace(message, attachments=(packed,), html=html)


def _files(case: AgencyCase, customer: Customer, claims: Sequence[Claim], now: datetime) -> Iterator[Attachment]:
    """All files, the manifest first."""
    tables = {
        "claims": [_claim_row(claim) for claim in claims],
        "fees": _fee_rows(customer),
        "contacts": _contact_rows(customer),
        "timeline": _timeline_rows(customer),
    }
    files = [file for name, rows in tables.items() for file in _table(name, rows)]
    files += _documents(customer, claims)
    manifest = {
        "version": VERSION,
        "made_at": now.astimezone(UTC).isoformat(),
        "creditor": {"name": customer.organisation.name, "address": customer.organisation.postal_address},
        "debtor": {"number": customer.number, "name": customer.name, "country": customer.country,
                   "address": customer.postal_address},
        "case": {"reference": f"{customer.organisation.slug}-{case.pk}", "agency": case.agency,
                 "reason": case.ready_reason, "approved_by": case.approved_by, "approved_date": case.approved_date},
        "owed": [money.to_json() for money in _sum_asked(claims)],
        "not_claimed": _not_claimed(customer),
        "files": [{"name": file.file_name, "size": len(file.content),
                   "sha256": hashlib.sha256(file.content).hexdigest()} for file in files],
    }  # fmt: skip
    yield Attachment("manifest.json", "application/json", _json(manifest))
    yield from files


def _sum_asked(claims: Sequence[Claim]) -> list[Money]:
    sums: dict[str, Money] = {}
    for claim in claims:
        sums[claim.asked.currency] = sums.get(claim.asked.currency, Money.zero(claim.asked.currency)) + claim.asked
    return [sums[currency] for currency in sorted(sums)]


def _not_claimed(customer: Customer) -> dict[str, Any]:
    """What lowers the claims, or is kept out of them: cash on account, credit notes, disputes."""
    cash = Payment.objects.filter(customer=customer, unallocated_minor__gt=0, returned_date__isnull=True)
    notes = Invoice.objects.filter(customer=customer, open_amount_minor__lt=0)
    disputes = Dispute.objects.filter(customer=customer, resolution="").select_related("invoice")
    return {
        "cash_on_account": [
            {"paid_date": payment.paid_date, **Money(payment.unallocated_minor, payment.currency).to_json()}
            for payment in cash.order_by("paid_date", "pk")
        ],
        "credit_notes": [
            {"number": note.number, **Money(-note.open_amount_minor, note.currency).to_json()}
            for note in notes.order_by("pk")
        ],
        "disputes": [
            {"invoice": dispute.invoice.number, "reason": dispute.reason, "opened_date": dispute.opened_date,
             "amount_minor": dispute.amount_minor, "currency": dispute.invoice.currency}
            for dispute in disputes.order_by("pk")
        ],
    }  # fmt: skip


def _claim_row(claim: Claim) -> dict[str, Any]:
    invoice = claim.invoice
    return {
        "number": invoice.number,
        "kind": invoice.kind,
        "issue_date": invoice.issue_date,
        "due_date": invoice.due_date,
        "days_overdue": claim.days_overdue,
        "currency": invoice.currency,
        "amount_minor": invoice.amount_minor,
        "open_amount_minor": invoice.open_amount_minor,
        "claimed_minor": claim.asked.amount_minor,
        "purchase_order": invoice.purchase_order,
    }


def _fee_rows(customer: Customer) -> list[dict[str, Any]]:
    fees = Fee.objects.filter(customer=customer).select_related("claim", "for_invoice").order_by("pk")
    return [
        {
            "number": fee.claim.number,
            "reason": fee.reason,
            "for_invoice": fee.for_invoice.number if fee.for_invoice else "",
            "period": fee.period,
            "law": fee.law,
            "charged_date": fee.charged_date,
            "waived_date": fee.waived_date,
            "currency": fee.claim.currency,
            "amount_minor": fee.claim.amount_minor,
            "open_amount_minor": fee.claim.open_amount_minor,
        }
        for fee in fees
    ]


def _contact_rows(customer: Customer) -> list[dict[str, Any]]:
    names = ("name", "role", "email", "phone", "mobile")
    return list(Contact.objects.filter(customer=customer).order_by("pk").values(*names))


def _timeline_rows(customer: Customer) -> list[dict[str, Any]]:
    events = TimelineEvent.objects.filter(customer=customer).order_by("pk")
    rows = events.values("at", "kind", "text", "actor", "invoice__number", "link__chain_hash")
    return [{**row, "at": row["at"].astimezone(UTC).isoformat()} for row in rows]


def _documents(customer: Customer, claims: Sequence[Claim]) -> Iterator[Attachment]:
    """Copies of the claims, every message exactly as it was sent, and proofs of posting and receipt."""
    copies = (
        InvoiceDocument.objects.filter(invoice__in=[claim.invoice for claim in claims])
        .select_related("invoice")
        .order_by("pk")
    )
    for copy in copies:
        yield Attachment(f"documents/invoice-{copy.pk}-{_plain(copy.file_name)}", copy.media_type, bytes(copy.content))
    for sent in SentMessage.objects.filter(effect__customer_id=customer.pk).order_by("position"):
        name = f"documents/sent-{sent.sent_at:%Y-%m-%d}-{sent.position}{ENDINGS.get(sent.content_type, '.txt')}"
        yield Attachment(name, sent.content_type, bytes(sent.content))
    for proof in PostalProof.objects.filter(customer=customer).order_by("pk"):
        for part, content, kind in (
            ("posting", proof.posting_proof, proof.posting_proof_type),
            ("receipt", proof.receipt, proof.receipt_type),
        ):
            if content:
                ending = "." + kind.rpartition("/")[2][:8]
                yield Attachment(f"documents/{part}-{proof.pk}{_plain(ending)}", kind, bytes(content))


def _plain(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in name)


def _table(name: str, rows: list[dict[str, Any]]) -> Iterator[Attachment]:
    yield Attachment(f"{name}.json", "application/json", _json(rows))
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else ["none"])
    writer.writeheader()
    writer.writerows([{key: _cell(value) for key, value in row.items()} for row in rows])
    yield Attachment(f"{name}.csv", "text/csv", text.getvalue().encode("utf-8-sig"))


def _cell(value: Any) -> Any:
    """A spreadsheet must not run what a customer wrote."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2, default=str).encode()
