"""``goodterms letters`` and ``goodterms evidence``: print, post, prove, and hand everything over."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from goodterms.followup.models import PostalProof
from goodterms.ledger.models import Customer
from tests.cli.conftest import Run
from tests.factories import make_customer, make_organisation
from tests.flows.letters import send_letter

pytestmark = pytest.mark.django_db
DAY = datetime.now(UTC).date().isoformat()


@pytest.fixture
def customer() -> Customer:
    return make_customer(make_organisation(timezone="UTC"), "C1")


def test_a_batch_is_written_confirmed_and_listed(run: Run, customer: Customer, home: Path) -> None:
    effect = send_letter(customer, "letter")
    made = run("letters", "batch", "--out", home)
    assert made.exit_code == 0, made.errors
    name = next(home.glob("*.pdf")).stem
    manifest = json.loads((home / f"{name}.json").read_text("utf-8"))
    assert manifest["letters"][0]["effect_id"] == effect.pk
    assert (home / f"{name}.csv").exists()
    assert run("letters", "printed", name).output.startswith("1 letters of batch")
    [row] = run("letters", "list", "--format", "json").json
    assert (row["batch"], row["posted_date"]) == (name, DAY)
    again = home / "again"
    assert run("letters", "batch", "--again", name, "--out", again).exit_code == 0
    assert (again / f"{name}.pdf").read_bytes() == (home / f"{name}.pdf").read_bytes()
    assert "no new letter" in run("letters", "batch").errors


def test_proofs_are_recorded_with_their_scan(run: Run, customer: Customer, home: Path) -> None:
    effect = send_letter(customer)
    scan = home / "receipt.pdf"
    scan.write_bytes(b"%PDF-1.7 scan")
    posted = run("letters", "proof", effect.pk, "--posted", "2026-03-10", "--number", "RR 1", "--scan", scan)
    assert posted.exit_code == 0, posted.errors
    assert run("letters", "proof", effect.pk, "--received", "2026-03-12", "--by", "S. Example").exit_code == 0
    proof = PostalProof.objects.get()
    assert (proof.sending_number, proof.received_by, bytes(proof.posting_proof or b"")) == (
        "RR 1",
        "S. Example",
        scan.read_bytes(),
    )


def test_a_proof_needs_a_letter_and_says_what_it_proves(run: Run, customer: Customer) -> None:
    effect = send_letter(customer)
    assert "Say what happened" in run("letters", "proof", effect.pk).errors
    assert "no letter number" in run("letters", "proof", 4711, "--posted", "2026-03-10").errors


def test_everything_about_a_customer_is_written_into_a_folder_or_an_archive(
    run: Run, customer: Customer, home: Path
) -> None:
    send_letter(customer)
    assert run("evidence", "C1", "--out", home).exit_code == 0
    [folder] = home.glob("evidence-C1-*")
    assert {path.name for path in folder.iterdir()} == {"evidence.pdf", "manifest.json", "originals"}
    assert run("evidence", "C1", "--out", home, "--zip").exit_code == 0
    assert len(list(home.glob("evidence-C1-*.zip"))) == 1
    assert "no customer" in run("evidence", "nobody", "--out", home).errors
