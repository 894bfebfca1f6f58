"""The doctor finds what is wrong and says how to mend it."""

import socket
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from goodterms.cli.context import current_moment
from goodterms.cli.heartbeat import write_heartbeat
from goodterms.cli.mailbox import fetch_mail
from goodterms.followup.models import DayRun, Task, Touch
from goodterms.ledger.models import Contact, DataProblem
from goodterms.organizations.models import Organisation
from goodterms.outbox.models import Effect
from goodterms.project.configuration import InboxSettings, MailSettings
from tests.cli.conftest import Run
from tests.factories import make_customer, make_invoice, make_organisation
from tests.inbox.imap_server import HOST, PASSWORD, USER, running_dovecot
from tests.inbox.samples import as_mail

pytestmark = pytest.mark.django_db(transaction=True)


def findings(run: Run, *arguments: str) -> dict[str, dict[str, Any]]:
    rows = run("doctor", "--format", "json", *arguments).json["findings"]
    return {row["code"]: row for row in rows}


def make_effect(organisation: Organisation, key: str, state: str, **given: Any) -> Effect:
    moment = current_moment()
    values: dict[str, Any] = {
        "channel": "email",
        "customer_id": 1,
        "recipient": "c1@customer.example",
        "not_before": moment,
        "created_at": moment,
    }
    return Effect.objects.create(organisation=organisation, key=key, state=state, **{**values, **given})


def run_on(organisation: Organisation, at: datetime) -> None:
    DayRun.objects.create(
        organisation=organisation, run_date=at.date(), started_at=at, finished_at=at, policy_hash="0" * 16
    )


@pytest.fixture
def healthy() -> Organisation:
    organisation = make_organisation()
    make_invoice(make_customer(organisation), "R1", due=date(2026, 3, 1))
    run_on(organisation, current_moment())
    return organisation


def test_an_empty_installation_is_told_how_to_begin(run: Run) -> None:
    answer = run("doctor")
    assert answer.exit_code == 1
    assert "goodterms import my.csv" in answer.output


def test_a_healthy_installation_leaves_nothing_to_mend(run: Run, healthy: Organisation) -> None:
    answer = run("doctor", "--format", "json")
    assert answer.exit_code == 0
    assert {row["severity"] for row in answer.json["findings"]} <= {"good", "info", "warning"}
    assert not [row for row in answer.json["findings"] if row["organisation"]]


def test_missing_sender_and_payment_details_are_errors(run: Run, healthy: Organisation) -> None:
    Organisation.objects.update(sender_email="", iban="", bic="", account_holder="")
    answer = run("doctor")
    assert answer.exit_code == 1
    assert "--sender-email" in answer.output
    assert "--iban" in answer.output


@pytest.mark.parametrize(
    ("values", "code", "severity"),
    [
        ({"is_test_mode": True}, "test_mode", "info"),
        ({"language": "ja"}, "language_unknown", "warning"),
        ({"policy": {"gap_dayz": 3}}, "policy_invalid", "error"),
        ({"account_holder": ""}, "account_holder_missing", "error"),
        ({"country": "JP", "policy": {"interest": {"enabled": True}}}, "interest_law_unknown", "error"),
    ],
)
def test_what_the_organisation_says_about_itself_is_checked(
    run: Run, healthy: Organisation, values: dict[str, Any], code: str, severity: str
) -> None:
    Organisation.objects.update(**values)
    assert findings(run)[code]["severity"] == severity
    assert findings(run)[code]["organisation"] == healthy.slug


def test_customers_and_invoices_that_cannot_be_followed_up_are_counted(run: Run, healthy: Organisation) -> None:
    silent = make_customer(healthy, "C2", email=None)
    make_invoice(silent, "R2", due=None)
    bounced = make_customer(healthy, "C3")
    make_invoice(bounced, "R3", due=date(2026, 3, 1))
    Contact.objects.filter(customer=bounced).update(email_failed_at=current_moment(), phone="")
    make_customer(healthy, "C4", email=None)
    found = findings(run)
    assert found["contact_missing"]["message"].endswith("telephone number: 2.")
    assert found["due_date_missing"]["message"].endswith("never chased: 1.")


def test_customers_whose_language_has_no_words_are_counted(run: Run, healthy: Organisation) -> None:
    for number, language in (("C5", "fr"), ("C6", "fr"), ("C7", "de")):
        make_invoice(make_customer(healthy, number, language=language), "R", due=date(2026, 3, 1))
    make_customer(healthy, "C8", language="nl")
    assert findings(run)["customer_language_without_words"]["message"].endswith(": fr 2.")


def test_open_data_problems_are_counted(run: Run, healthy: Organisation) -> None:
    for number, resolved in ((1, None), (2, current_moment())):
        DataProblem.objects.create(
            organisation=healthy,
            fingerprint=str(number),
            code="amount",
            message="?",
            remedy="!",
            found_at=current_moment(),
            resolved_at=resolved,
        )
    assert findings(run)["data_problems"]["message"].endswith(": 1.")


def test_messages_that_need_a_person_are_found(run: Run, healthy: Organisation) -> None:
    moment = current_moment()
    make_effect(healthy, "a", "uncertain")
    make_effect(healthy, "b", "queued", not_before=moment - timedelta(days=2))
    make_effect(healthy, "c", "withheld", finished_at=moment)
    Task.objects.create(
        organisation=healthy, kind=Task.Kind.FAILED, key="d", title="?", due_date=moment.date(), created_at=moment
    )
    found = findings(run)
    assert found["effects_uncertain"]["severity"] == "error"
    assert found["effects_stuck"]["severity"] == "error"
    assert found["effects_failed"]["severity"] == "warning"
    assert found["effects_withheld"]["severity"] == "info"


def test_a_day_that_was_not_run_is_an_error(run: Run, healthy: Organisation) -> None:
    DayRun.objects.all().delete()
    assert findings(run)["never_run"]["severity"] == "warning"
    run_on(healthy, current_moment() - timedelta(days=2))
    assert findings(run)["run_overdue"]["severity"] == "error"


def test_an_unusual_volume_is_noticed(run: Run, healthy: Organisation) -> None:
    today = current_moment().date()
    customer = healthy.customers.get()
    for day in range(8):
        for number in range(2 if day else 60):
            effect = make_effect(healthy, f"{day}/{number}", "planned")
            Touch.objects.create(
                organisation=healthy,
                customer=customer,
                effect=effect,
                level=1,
                occurrence=1,
                planned_date=today - timedelta(days=day),
                items="[]",
                evidence="{}",
            )
    assert "60 touches" in findings(run)["unusual_volume"]["message"]


def test_a_living_worker_is_seen(run: Run, healthy: Organisation) -> None:
    home = settings.CONFIGURATION.home
    write_heartbeat(home, "worker-1", current_moment())
    assert findings(run)["worker"]["severity"] == "good"
    write_heartbeat(home, "worker-1", datetime(2026, 3, 1, tzinfo=UTC))
    assert findings(run)["worker_silent"]["severity"] == "warning"
    (home / "worker.json").unlink()


def test_a_mail_server_that_does_not_answer_is_an_error(
    run: Run, healthy: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    mail = MailSettings(mode="smtp", host="127.0.0.1", port=port, security="none")
    monkeypatch.setattr(settings, "CONFIGURATION", settings.CONFIGURATION.model_copy(update={"mail": mail}))
    assert findings(run)["mail_server_unreachable"]["severity"] == "error"
    assert "mail_server_unreachable" not in findings(run, "--skip-network")


def test_a_mailbox_is_looked_into_for_what_was_set_aside(
    run: Run, healthy: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_dovecot() as dovecot:
        given = InboxSettings(
            mode="imap", host=HOST, port=dovecot.port, security="none", username=USER, password=PASSWORD
        )
        monkeypatch.setattr(settings, "CONFIGURATION", settings.CONFIGURATION.model_copy(update={"inbox": given}))
        assert findings(run)["mailbox"]["severity"] == "good"
        make_organisation(slug="other", name="Other Example Ltd")
        dovecot.deliver(as_mail("For nobody here", To="who@knows.example"))
        fetch_mail()
        assert findings(run)["mail_set_aside"]["message"].startswith("1 mail is flagged")
    assert findings(run)["mailbox_unreachable"]["severity"] == "error"


def test_a_folder_that_others_may_read_is_a_warning(
    run: Run, healthy: Organisation, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.chmod(0o755)
    monkeypatch.setattr(settings, "CONFIGURATION", settings.CONFIGURATION.model_copy(update={"home": home}))
    assert findings(run)["home_open_to_others"]["remedy"] == f"chmod 700 {home}"
