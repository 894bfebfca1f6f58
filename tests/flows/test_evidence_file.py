"""Everything about a customer in one file: nothing left out, every byte listed with its hash."""

import hashlib
import json
import zipfile
from importlib.resources import files
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from goodterms.channels.email import build_email
from goodterms.flows.evidence_file import make_evidence_file
from goodterms.flows.evidence_items import plain_name
from goodterms.flows.facts import write_timeline
from goodterms.flows.record_proof import record_posting, record_receipt, take_scan
from goodterms.flows.seal_timeline import seal_timeline
from goodterms.followup.models import Reply
from goodterms.ledger.models import Customer, InvoiceDocument
from goodterms.organizations.models import Organisation
from goodterms.outbox.chain import append_message, verify_chain
from tests.channels.messages import make_message
from tests.conftest import NOW
from tests.factories import make_customer, make_effect, make_invoice, make_organisation
from tests.flows.letters import send_letter

pytestmark = pytest.mark.django_db


@pytest.fixture
def organisation() -> Organisation:
    return make_organisation(postal_address="1 Example Street\nExampleton")


@pytest.fixture
def customer(organisation: Organisation) -> Customer:
    """A customer with an e-mail, a certified letter with its proofs, an answer and an invoice's copy."""
    customer = make_customer(organisation, postal_address="2 Sample Road\nExampleton")
    invoice = make_invoice(customer, "INV-1", due=NOW.date(), amount_minor=1_234_56)
    mail = make_effect(customer, state="sent")
    append_message(
        mail.pk, organisation.pk, mail.key, "message/rfc822", build_email(mail.key, make_message(), NOW), NOW
    )
    letter = send_letter(customer)
    scan = take_scan(b"\x89PNG\r\n\x1a\n signed")
    record_posting(organisation, letter, posted=NOW.date(), sending_number="RR 1", scan=scan, actor="Robin", now=NOW)
    record_receipt(organisation, letter, received=NOW.date(), received_by="S. E.", scan=scan, actor="Robin", now=NOW)
    write_timeline(customer, "note", "Said: #import $x$ ] they will pay.", actor="Robin", now=NOW)
    Reply.objects.create(
        organisation=organisation,
        customer=customer,
        message_key="<a@customer.example>",
        from_address="sam@customer.example",
        subject="Re: Invoice",
        received_at=NOW,
        received_date=NOW.date(),
        content=b"From: sam@customer.example\r\n\r\nWe will pay on Friday.",
        content_type="message/rfc822",
        text="We will pay on Friday.",
    )
    content = b"not really a PDF"
    InvoiceDocument.objects.create(
        organisation=organisation,
        invoice=invoice,
        file_name="../INV-1.pdf",
        content=content,
        content_sha256=hashlib.sha256(content).hexdigest(),
        added_at=NOW,
    )
    seal_timeline(organisation, NOW)
    return customer


def test_the_manifest_lists_every_file_with_its_hash_and_the_newest_links(
    organisation: Organisation, customer: Customer
) -> None:
    made = make_evidence_file(organisation, customer, actor="Robin Example", now=NOW)
    manifest = json.loads(made.files["manifest.json"])
    listed = {file["path"]: file["sha256"] for file in manifest["files"]}
    assert listed == {
        path: hashlib.sha256(content).hexdigest() for path, content in made.files.items() if path != "manifest.json"
    }
    folders = sorted(path.split("/")[1] for path in listed if path.startswith("originals/"))
    assert folders == ["invoices", "proofs", "proofs", "received", "sent", "sent"]
    assert manifest["chains"]["messages"]["head"] == verify_chain(organisation.pk).head
    assert manifest["chains"]["timeline"]["is_whole"]
    assert manifest["chains"]["timeline"]["checked"] >= 3
    assert not any(".." in path for path in listed)


def test_the_pages_hold_claims_timeline_words_and_letters(organisation: Organisation, customer: Customer) -> None:
    made = make_evidence_file(organisation, customer, actor="Robin Example", now=NOW)
    pages = [page.extract_text() for page in PdfReader(BytesIO(made.files["evidence.pdf"])).pages]
    text = " ".join(" ".join(pages).split())
    for words in ("INV-1", "£1,234.56", "#import $x$ ] they will pay", "We will pay on Friday.", "RR 1", "Contents"):
        assert words in text
    assert "Invoice 1 is 5 days overdue" in text, "the e-mail's words"
    assert "Reminder: 2 overdue invoices" in pages[-1], "the letter's own pages stand behind"
    index = next(page for page in pages if "Index of originals" in page and "Contents" not in page)
    assert str(len(pages)) in index.split(), "the index names the page where the letter stands"


def test_a_scanned_proof_is_seen_on_a_page_that_the_index_names(organisation: Organisation) -> None:
    customer = make_customer(organisation)
    scan = take_scan((files("goodterms.importers.example") / "logo.png").read_bytes())
    letter = send_letter(customer)
    record_posting(organisation, letter, posted=NOW.date(), sending_number="RR 1", scan=scan, actor="Robin", now=NOW)
    pdf = make_evidence_file(organisation, customer, actor="Robin", now=NOW).files["evidence.pdf"]
    pages = PdfReader(BytesIO(pdf)).pages
    (shown,) = [place for place, page in enumerate(pages, 1) if has_picture(page)]
    assert "Proof of posting" in pages[shown - 1].extract_text()
    texts = [page.extract_text() for page in pages]
    index = next(text for text in texts if "Index of originals" in text and "Contents" not in text)
    assert str(shown) in index.split()


def has_picture(part: Any) -> bool:
    """Whether a page, or a form on it, shows a bitmap."""
    objects = part.get("/Resources", {}).get("/XObject", {})
    found = [objects[name].get_object() for name in objects]
    return any(one["/Subtype"] == "/Image" or has_picture(one) for one in found)


def test_the_archive_is_the_same_each_time_and_holds_every_file(organisation: Organisation, customer: Customer) -> None:
    first, second = (make_evidence_file(organisation, customer, actor="Robin", now=NOW).pack() for _ in range(2))
    assert first == second
    with zipfile.ZipFile(BytesIO(first)) as archive:
        assert archive.testzip() is None
        assert "evidence-C1-2026-03-10/manifest.json" in archive.namelist()


def test_a_customer_of_whom_nothing_is_on_record_has_a_file_too(organisation: Organisation) -> None:
    made = make_evidence_file(organisation, make_customer(organisation, "C9"), actor="Robin", now=NOW)
    assert set(made.files) == {"evidence.pdf", "manifest.json"}


def test_file_names_stay_inside_their_folder() -> None:
    assert plain_name("../../etc/passwd") == "_.._etc_passwd"
    assert plain_name("...") == "file"
