"""Everything about a customer for a lawyer or a court: one PDF with index, all originals, a list of their hashes."""

import hashlib
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from goodterms.channels.evidence_rendering import Annex, render_evidence
from goodterms.core.money import Money
from goodterms.flows.evidence_items import Original, plain_name, read_originals
from goodterms.flows.facts import local_day
from goodterms.flows.seal_timeline import verify_timeline
from goodterms.followup.models import TimelineEvent
from goodterms.ledger.models import Allocation, Contact, Customer, Invoice, Payment
from goodterms.messages.languages import Language, language_of, match_language
from goodterms.messages.letter import draw_picture
from goodterms.messages.message import Image
from goodterms.organizations.models import Organisation
from goodterms.outbox.chain import verify_chain

PAGES = "evidence.pdf"
MANIFEST = "manifest.json"
PICTURES = ("image/png", "image/jpeg", "image/gif")


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """The files by path, the manifest last; ``name`` is what the folder or archive is called."""

    name: str
    files: dict[str, bytes]

    def pack(self) -> bytes:
        """All files in one ZIP, the same bytes each time."""
        out = BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, content in self.files.items():
                entry = zipfile.ZipInfo(f"{self.name}/{path}", date_time=(1980, 1, 1, 0, 0, 0))
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, content)
        return out.getvalue()


def make_evidence_file(organisation: Organisation, customer: Customer, *, actor: str, now: datetime) -> EvidenceFile:
    """The customer's evidence as it stands at ``now``; nothing is written into the database.

    The manifest names each file with its size and SHA-256, and the newest links of both hash chains, which prove that
    the record behind the file is whole (goodterms verify --noted). Raises Unprintable for signs that no font has.
    """
    language = language_of(organisation.language if match_language(organisation.language) else "en")
    originals = list(read_originals(customer))
    chains = _read_chains(organisation)
    data = _describe(organisation, customer, language, now) | {"chains": chains, "made_by": actor}
    annexes = [
        Annex(one.path, one.what, _when(one.at), _sha256(one.content), one.text, _picture(one)) for one in originals
    ]
    pdf = render_evidence(data, annexes, {one.path: one.content for one in originals if _is_pdf(one)}, now)
    files = {PAGES: pdf, **{f"originals/{one.path}": one.content for one in originals}}
    listed = [_list(PAGES, "All pages with index", "application/pdf", pdf)]
    listed += [_list(f"originals/{one.path}", one.what, one.media_type, one.content) for one in originals]
    manifest = {
        "organisation": organisation.name,
        "customer": {"number": customer.number, "name": customer.name},
        "made_at": now.isoformat(timespec="seconds"),
        "made_by": actor,
        "chains": chains,
        "files": listed,
    }
    files[MANIFEST] = json.dumps(manifest, ensure_ascii=False, indent=2).encode()
    return EvidenceFile(f"evidence-{plain_name(customer.number)}-{local_day(organisation, None, now)}", files)


def _list(path: str, what: str, media_type: str, content: bytes) -> dict[str, Any]:
    return {
        "path": path,
        "what": what,
        "media_type": media_type,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def _read_chains(organisation: Organisation) -> dict[str, dict[str, Any]]:
    """Whether both chains hold, and their newest links."""
    messages, timeline = verify_chain(organisation.pk), verify_timeline(organisation)
    return {
        "messages": {"checked": messages.checked, "head": messages.head, "is_whole": messages.broken is None},
        "timeline": {"checked": timeline.checked, "head": timeline.head, "is_whole": timeline.broken is None},
    }


def _describe(organisation: Organisation, customer: Customer, language: Language, now: datetime) -> dict[str, Any]:
    """The plain data of the pages before the annexes."""
    invoices = list(Invoice.objects.filter(customer=customer).order_by("issue_date", "pk"))
    return {
        "language": language.code,
        "title": f"{customer.name}: evidence file",
        "organisation": [organisation.name, *organisation.postal_address.splitlines()],
        "customer": [customer.name, *customer.postal_address.splitlines()],
        "number": customer.number,
        "made_on": language.date(local_day(organisation, None, now)),
        "contacts": [
            [contact.name, contact.get_role_display(), contact.email, contact.phone]
            for contact in Contact.objects.filter(customer=customer).order_by("pk")
        ],
        "totals": _sum_open(invoices, language),
        "claims": [_claim_row(invoice, language) for invoice in invoices],
        "payments": _payment_rows(customer, language),
        "timeline": [
            [f"{event.at:%Y-%m-%d %H:%M} UTC", event.kind, event.text, event.actor]
            for event in TimelineEvent.objects.filter(customer=customer).order_by("at", "pk")
        ],
    }


def _sum_open(invoices: Sequence[Invoice], language: Language) -> list[str]:
    sums: dict[str, int] = {}
    for invoice in invoices:
        sums[invoice.currency] = sums.get(invoice.currency, 0) + invoice.open_amount_minor
    return [language.amount(Money(sums[code], code)) for code in sorted(sums) if sums[code]]


def _claim_row(invoice: Invoice, language: Language) -> list[str]:
    def day(value: Any) -> str:
        return language.date(value, "short") if value else ""

    amounts = [Money(minor, invoice.currency) for minor in (invoice.amount_minor, invoice.open_amount_minor)]
    dates = [day(invoice.issue_date), day(invoice.due_date), day(invoice.settled_date)]
    return [invoice.number, invoice.get_kind_display(), *dates, *(language.amount(amount) for amount in amounts)]


def _payment_rows(customer: Customer, language: Language) -> list[list[str]]:
    """Each payment with the invoices it went to."""
    to: dict[int | None, list[str]] = {}
    for part in Allocation.objects.filter(customer=customer, payment__isnull=False).select_related("invoice"):
        to.setdefault(part.payment_id, []).append(part.invoice.number)
    return [
        [
            language.date(payment.paid_date, "short"),
            language.amount(Money(payment.amount_minor, payment.currency)),
            payment.reference,
            ", ".join(to.get(payment.pk, [])),
            language.date(payment.returned_date, "short") if payment.returned_date else "",
        ]
        for payment in Payment.objects.filter(customer=customer).order_by("paid_date", "pk")
    ]


def _when(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else ""


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _picture(original: Original) -> str:
    """A scanned paper or another picture, to be seen in the file itself; empty for what is none."""
    if original.media_type not in PICTURES:
        return ""
    return draw_picture(Image("", original.media_type, original.content))


def _is_pdf(original: Original) -> bool:
    return original.media_type == "application/pdf" and original.content.startswith(b"%PDF-")
