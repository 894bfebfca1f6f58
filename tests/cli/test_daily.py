"""run, preview and customers as a bookkeeper and a program use them."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

from benchmarks.storing import store_ledger
from goodterms.cli.context import current_moment, today_of
from goodterms.followup.models import DayRun, Touch
from goodterms.importers.example import generate
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Organisation
from goodterms.outbox.models import Effect
from goodterms.project.configuration import MailSettings
from tests.cli.conftest import Run
from tests.factories import make_customer, make_invoice, make_organisation
from tests.flows.test_describe import STANDING, TOUCH, WAIT, fits

pytestmark = pytest.mark.django_db(transaction=True)
DAY = date(2026, 3, 10)


Change = Callable[..., None]


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Change:
    """Change settings of the installation."""

    def change(**given: object) -> None:
        monkeypatch.setattr(settings, "CONFIGURATION", settings.CONFIGURATION.model_copy(update=given))

    return change


@pytest.fixture(autouse=True)
def _own_folder(home: Path, configure: Change) -> None:
    """Messages of these tests go into a folder of their own."""
    configure(home=home)


@pytest.fixture
def organisation() -> Organisation:
    """A ledger of sixty customers, as it stood on the day."""
    made = make_organisation()
    store_ledger(made, generate(21, 60, DAY, years=2))
    return made


def contents() -> dict[str, list[object]]:
    """Every row of every table."""
    return {
        model._meta.db_table: list(model._default_manager.order_by("pk").values())
        for model in apps.get_models()
        if model._meta.app_label in ("organizations", "ledger", "followup", "outbox")
    }


def test_a_dry_run_answers_by_the_contract_and_writes_nothing(run: Run, organisation: Organisation) -> None:
    before = contents()
    report = run("run", "--on", DAY, "--dry-run", "--format", "json").json
    assert contents() == before
    assert set(report) == {"date", "dry_run", "counts", "touches", "waits"}
    assert (report["date"], report["dry_run"]) == ("2026-03-10", True)
    assert len(report["touches"]) == sum(report["counts"]["touches"].values()) > 5
    fits(report["touches"], [TOUCH])
    fits(report["waits"], [WAIT])


def test_a_run_decides_and_hands_over_what_is_due(run: Run, organisation: Organisation) -> None:
    foreseen = run("run", "--on", DAY, "--dry-run", "--format", "json").json
    report = run("run", "--on", DAY, "--format", "json").json
    assert report["touches"] == foreseen["touches"]
    assert set(report) == {"date", "dry_run", "counts", "sent", "queued", "touches", "waits"}
    assert report["sent"]["sent"] == Effect.objects.filter(state="sent").count() > 5
    assert DayRun.objects.get().run_date == DAY
    assert Touch.objects.count() == report["counts"]["touches_new"] == len(report["touches"])


def test_processed_twice_sends_nothing_the_second_time(run: Run, organisation: Organisation) -> None:
    run("run", "--on", DAY)
    sent = Effect.objects.filter(state="sent").count()
    report = run("run", "--on", DAY, "--format", "json").json
    assert report["counts"]["touches_new"] == 0
    assert "sent" not in report["sent"]
    assert Effect.objects.filter(state="sent").count() == sent


def test_a_day_of_the_past_is_run_to_its_end_in_every_time_zone(run: Run) -> None:
    organisation = make_organisation()
    for number, zone in enumerate(("Asia/Tokyo", "Europe/London", "America/Los_Angeles")):
        make_invoice(make_customer(organisation, f"C{number}", timezone=zone), f"R{number}", due=date(2026, 2, 18))
    report = run("run", "--on", DAY, "--format", "json").json
    assert report["queued"] + report["sent"]["sent"] == 3
    assert set(Effect.objects.filter(state="sent").values_list("touch__customer__timezone", flat=True)) >= {
        "Europe/London", "America/Los_Angeles",
    }  # fmt: skip


def test_a_day_to_come_is_looked_at_and_never_run(run: Run, organisation: Organisation) -> None:
    ahead = today_of(organisation) + timedelta(days=7)
    before = contents()
    answer = run("run", "--on", ahead)
    assert answer.exit_code == 1
    assert "goodterms preview" in answer.errors
    assert contents() == before
    assert run("run", "--on", ahead, "--dry-run").exit_code == 0


def test_a_day_of_the_past_is_not_run_where_mail_really_leaves(
    run: Run, organisation: Organisation, configure: Change
) -> None:
    configure(mail=MailSettings(mode="smtp", host="localhost", port=9))
    before = contents()
    answer = run("run", "--on", DAY)
    assert answer.exit_code == 1
    assert "--dry-run" in answer.errors
    assert contents() == before
    Organisation.objects.update(is_test_mode=True)
    assert run("run", "--on", DAY).exit_code == 0


def test_a_day_before_one_that_was_run_can_only_be_looked_at(run: Run, organisation: Organisation) -> None:
    run("run")
    answer = run("run", "--on", DAY)
    assert answer.exit_code == 1
    assert "--dry-run" in answer.errors
    assert run("run", "--on", DAY, "--dry-run").exit_code == 0


def test_a_run_reads_as_a_day_at_the_office(run: Run, organisation: Organisation) -> None:
    output = run("run", "--on", DAY).output
    assert output.startswith("Tuesday, 10 March 2026: 60 customers\n")
    for word in ("Profiles", "Verdicts", "Today", "Outbox", "To call (", "By e-mail ("):
        assert word in output
    assert "red tape" in output
    assert "red_tape" not in output
    assert max(len(line) for line in output.splitlines()) <= 160


def test_on_a_quiet_day_it_says_that_nobody_is_due(run: Run) -> None:
    make_organisation()
    output = run("run").output
    assert "0 customers" in output
    assert "nobody is due" in output


def test_the_preview_answers_by_the_contract(run: Run, organisation: Organisation) -> None:
    before = contents()
    report = run("preview", "--days", 10, "--on", DAY, "--format", "json").json
    assert contents() == before
    assert report["days"] == 10
    fits(report["touches"], [TOUCH])
    days = {row["planned_date"] for row in report["touches"]}
    assert min(days) >= "2026-03-10"
    assert max(days) <= "2026-03-19"


def test_the_preview_counts_the_days(run: Run, organisation: Organisation) -> None:
    output = run("preview", "--days", 10, "--on", DAY).output
    assert "touches in 10 days, if nobody pays and nobody answers." in output
    assert "Tue 2026-03-10" in output


def test_customers_answer_by_the_contract(run: Run, organisation: Organisation) -> None:
    report = run("customers", "--on", DAY, "--format", "json").json
    assert report["date"] == "2026-03-10"
    assert len(report["customers"]) == 60
    fits(report["customers"], [STANDING])


def test_one_customer_is_told_in_full_and_as_among_all(run: Run, organisation: Organisation) -> None:
    number = Customer.objects.order_by("pk")[7].number
    everyone = run("customers", "--on", DAY, "--format", "json").json["customers"]
    (alone,) = run("customers", "--on", DAY, "--customer", number, "--format", "json").json["customers"]
    assert alone == next(row for row in everyone if row["customer"]["number"] == number)
    output = run("customers", "--on", DAY, "--customer", number).output
    assert alone["customer"]["name"] in output
    assert alone["profile"]["because"] in output


def test_an_unknown_customer_is_a_sentence(run: Run, organisation: Organisation) -> None:
    answer = run("customers", "--customer", "C-999")
    assert answer.exit_code == 1
    assert "no customer with the number 'C-999'" in answer.errors


def test_on_knows_nothing_later_than_its_day(run: Run, organisation: Organisation) -> None:
    early = run("customers", "--on", "2025-01-15", "--format", "json").json["customers"]
    late = run("customers", "--on", DAY, "--format", "json").json["customers"]
    assert 0 < len(early) < len(late)
    settled = [sum(row["habits"]["settled_count"] for row in rows) for rows in (early, late)]
    assert settled[0] < settled[1]
    assert current_moment().year >= 2026
