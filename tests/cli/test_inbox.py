"""``goodterms inbox``: fetched, listed, shown and handled."""

import json
from datetime import date
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from goodterms.cli.commands import app
from goodterms.followup.models import Promise, Reply
from tests.factories import make_customer, make_invoice, make_organisation
from tests.inbox.samples import as_mail

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("goodterms.cli.inbox.open_installation", lambda: None)
    monkeypatch.setattr("goodterms.cli.context.open_installation", lambda: None)


def goodterms(*words: str) -> Any:
    return CliRunner().invoke(app, list(words), catch_exceptions=False)


def deliver(home: Path, text: str, sender: str = "c1@customer.example") -> None:
    file = home / "mail.eml"
    file.write_bytes(as_mail(text, From=sender, Date=formatdate()))
    assert goodterms("inbox", "fetch", str(file)).exit_code == 0


def test_a_mail_is_taken_in_listed_shown_and_handled(home: Path) -> None:
    customer = make_customer(make_organisation())
    make_invoice(customer, "R1", due=date(2026, 2, 1), amount_minor=500_00)
    deliver(home, "We will pay half within 10 days.")
    (row,) = json.loads(goodterms("inbox", "list", "--format", "json").stdout)
    assert (row["customer"], row["reads_as"], row["state"]) == (customer.name, "promise", "waiting")
    shown = goodterms("inbox", "show", str(row["number"])).stdout
    assert "“We will pay half within 10 days.”" in shown
    refused = goodterms("inbox", "handle", str(row["number"]), "--as", "promise", "--by", "2099-01-01")
    assert refused.exit_code == 1
    assert "too far away" in refused.output
    assert goodterms("inbox", "handle", str(row["number"]), "--as", "promise").exit_code == 0
    assert Promise.objects.get().amount_minor == 250_00


def test_a_strangers_mail_is_put_to_a_customer(home: Path) -> None:
    customer = make_customer(make_organisation())
    deliver(home, "Thanks", sender="who@gmail.com")
    (row,) = json.loads(goodterms("inbox", "list", "--format", "json").stdout)
    assert row["customer"] == ""
    assert goodterms("inbox", "handle", str(row["number"]), "--as", "none", "--customer", "C1").exit_code == 0
    assert Reply.objects.get().customer == customer
    assert json.loads(goodterms("inbox", "list", "--format", "json").stdout) == []


def test_without_a_mailbox_fetching_says_how_to_name_one() -> None:
    make_organisation()
    refused = goodterms("inbox", "fetch")
    assert refused.exit_code == 1
    assert "There is no mailbox to fetch from" in refused.output


def test_an_unknown_number_is_said() -> None:
    make_organisation()
    assert "There is no answer number 7" in goodterms("inbox", "show", "7").output
