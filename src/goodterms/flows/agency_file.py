"""What an agency gets: a manifest, claims, fees, contacts and timeline as CSV and JSON, and all documents."""

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from goodterms.channels.agency import pack
from goodterms.core.money import Money
from goodterms.flows.facts import local_day
from goodterms.followup.gate_answer import GateAnswer
from goodterms.followup.models import AgencyCase, Fee, PostalProof, TimelineEvent, Touch
from goodterms.ledger.models import Contact, Customer, Invoice, InvoiceDocument
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


def judge_hand_overs(effect_keys: Sequence[str]) -> dict[str, GateAnswer]:
    """The gate for hand-overs: only while the case is handed over and something is still owed."""
    answers = {}
    touches = Touch.objects.filter(effect__key__in=effect_keys, playbook=PLAYBOOK)
    for touch in touches.select_related("customer__organisation"):
        customer = touch.customer
        refusal = _refusal(touch)
        answers[touch.effect_id] = GateAnswer(
            "withhold" if refusal else "go", refusal, customer.facts_version, customer.organisation.facts_version, None
        )
    return answers


def _refusal(touch: Touch) -> str:
    case = case_of(touch)
    if case is None or case.state != AgencyCase.State.HANDED_OVER:
        return "The case is not in the agency's hands any more."
    if not _claims(touch.customer):
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
    files = list(_files(case, customer, local_day(ours, customer, now), now))
    words = {
        "customer": customer.name,
        "number": customer.number,
        "owed": ", ".join(money.to_text() for money in _owed(customer)),
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


def _files(case: AgencyCase, customer: Customer, today: date, now: datetime) -> Iterator[Attachment]:
    """All files, the manifest first."""
    tables = {
        "claims": _claim_rows(customer, today),
        "fees": _fee_rows(customer),
        "contacts": _contact_rows(customer),
        "timeline": _timeline_rows(customer),
    }
    files = [file for name, rows in tables.items() for file in _table(name, rows)] + list(_documents(customer))
    manifest = {
        "version": VERSION,
        "made_at": now.astimezone(UTC).isoformat(),
        "creditor": {"name": customer.organisation.name, "address": customer.organisation.postal_address},
        "debtor": {"number": customer.number, "name": customer.name, "country": customer.country,
                   "address": customer.postal_address},
        "case": {"reference": f"{customer.organisation.slug}-{case.pk}", "agency": case.agency,
                 "reason": case.ready_reason, "approved_by": case.approved_by, "approved_date": case.approved_date},
        "owed": [money.to_json() for money in _owed(customer)],
        "files": [{"name": file.file_name, "size": len(file.content),
                   "sha256": hashlib.sha256(file.content).hexdigest()} for file in files],
    }  # fmt: skip
    yield Attachment("manifest.json", "application/json", _json(manifest))
    yield from files


def _claims(customer: Customer) -> list[Invoice]:
    open_items = Invoice.objects.filter(customer=customer, status=Invoice.Status.POSTED).exclude(open_amount_minor=0)
    return list(open_items.order_by("due_date", "pk"))


def _owed(customer: Customer) -> list[Money]:
    sums: dict[str, int] = {}
    for claim in _claims(customer):
        sums[claim.currency] = sums.get(claim.currency, 0) + claim.open_amount_minor
    return [Money(amount, currency) for currency, amount in sorted(sums.items())]


def _claim_rows(customer: Customer, today: date) -> list[dict[str, Any]]:
    return [
        {
            "number": claim.number,
            "kind": claim.kind,
            "issue_date": claim.issue_date,
            "due_date": claim.due_date,
            "days_overdue": max((today - claim.due_date).days, 0) if claim.due_date else None,
            "currency": claim.currency,
            "amount_minor": claim.amount_minor,
            "open_amount_minor": claim.open_amount_minor,
            "purchase_order": claim.purchase_order,
        }
        for claim in _claims(customer)
    ]


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


def _documents(customer: Customer) -> Iterator[Attachment]:
    """Copies of open invoices, every message exactly as it was sent, and proofs of posting and receipt."""
    copies = InvoiceDocument.objects.filter(invoice__in=_claims(customer)).select_related("invoice").order_by("pk")
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
