"""An agency: ready by rule, approved, handed over as one file, reported on, recalled or closed."""

import io
import json
import zipfile
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from pytest_django import DjangoAssertNumQueries

from goodterms.channels.wiring import channels_from
from goodterms.core.money import Money
from goodterms.flows.agency_cases import (
    CaseElsewhere,
    NoAgency,
    NothingToHandOver,
    OutcomeUnsaid,
    approve_hand_over,
    close_case,
    hand_over,
    recall_case,
    settle_files,
)
from goodterms.flows.approvals import NotYoursToApprove
from goodterms.flows.decide_day import Decided, decide_for
from goodterms.flows.judge_agency import find_ready, judge_agency
from goodterms.flows.open_dispute import open_dispute
from goodterms.flows.record_payment import record_payment
from goodterms.flows.relay import relay_due
from goodterms.flows.run_day import run_day
from goodterms.flows.take_agency_report import ReportUnreadable, take_agency_report
from goodterms.followup.models import AgencyCase, Task, TimelineEvent, Touch
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Membership, User
from goodterms.outbox.models import Effect, SentMessage
from tests.conftest import NOW
from tests.factories import make_customer, make_organisation, make_touch
from tests.flows.daily import bill, pay

pytestmark = pytest.mark.django_db(transaction=True)
CHAIN = ("friendly", "clear", "call", "firm", "final")


def make_exhausted(number: str = "C1", *, amount_minor: int = 300_00, overdue: int = 80, **given: object) -> Customer:
    """A new customer who got every word of the playbook, with one invoice left."""
    ours = (
        make_organisation(agency_name="Example Collections")
        if number == "C1"
        else Customer.objects.all()[0].organisation
    )
    customer = make_customer(ours, number, **given)
    due = NOW.date() - timedelta(days=overdue)
    bill(customer, f"R-{number}", due, amount_minor=amount_minor)
    for place, step in enumerate(CHAIN):
        sent = NOW.date() - timedelta(days=60 - 5 * place)
        make_touch(customer, state="sent", cycle=f"since-{due + timedelta(days=1)}", playbook="new", step=step,
                   level=place + 1, planned_date=sent, sent_date=sent)  # fmt: skip
    run_day(ours, NOW - timedelta(days=1))
    return customer


def relay(home: Path) -> None:
    relay_due(NOW + timedelta(minutes=1), "tester", channels_from(home, None))


def handed_over(customer: Customer, home: Path) -> AgencyCase:
    approve_hand_over(customer.organisation, customer, actor="command line", now=NOW)
    case = hand_over(customer.organisation, customer, actor="Robin", now=NOW)
    relay(home)
    return case


def test_who_is_left_with_no_step_is_ready_once() -> None:
    customer = make_exhausted()
    run_day(customer.organisation, NOW)
    case = AgencyCase.objects.get()
    assert case.state == "ready"
    assert case.ready_reason == "Every step has been taken; 300.00 GBP overdue, the oldest for 79 days."
    assert Task.objects.filter(kind="agency_ready", done_at__isnull=True).count() == 1
    run_day(customer.organisation, NOW + timedelta(days=1))
    assert AgencyCase.objects.count() == 1


@pytest.mark.parametrize("given", [{"amount_minor": 249_99}, {"is_protected": True}])
def test_small_sums_and_special_bonds_are_never_ready(given: dict[str, object]) -> None:
    customer = make_exhausted(**given)  # type: ignore[arg-type]
    run_day(customer.organisation, NOW)
    assert not AgencyCase.objects.exists()


def end_with(customer: Customer, ending: str) -> Decided:
    """The decision where the customer's playbook ends so."""
    decided = decide_for(customer.organisation, NOW)
    books = decided.policy.playbooks
    own = {pk: book.model_copy(update={"ends_with": ending}) for pk, book in books.by_id.items()}
    return replace(decided, policy=replace(decided.policy, playbooks=replace(books, by_id=own)))


def test_a_playbook_that_ends_with_the_court_asks_for_that_decision_once_and_opens_no_case() -> None:
    customer = make_exhausted()
    AgencyCase.objects.all().delete()
    Task.objects.filter(kind="agency_ready").delete()
    for _ in range(2):
        assert judge_agency(customer.organisation, end_with(customer, "court"), NOW.date(), NOW) == 0
    assert not AgencyCase.objects.exists()
    task = Task.objects.get(kind="legal")
    assert (task.title, task.key) == (
        f"Court or forget? {customer.name}",
        f"court_ready:{customer.pk}:since-{NOW.date() - timedelta(days=79)}",
    )


def test_a_playbook_that_ends_with_a_person_asks_about_nobody_else() -> None:
    customer = make_exhausted()
    AgencyCase.objects.all().delete()
    numbers = decide_for(customer.organisation, NOW).policy.numbers.agency
    assert find_ready(end_with(customer, "person"), numbers).is_empty()
    assert find_ready(end_with(customer, "agency"), numbers).height == 1


def test_a_case_taken_back_is_not_ready_again_in_the_same_cycle() -> None:
    customer = make_exhausted()
    run_day(customer.organisation, NOW)
    recall_case(customer.organisation, customer, reason="we found a way", actor="Robin", now=NOW)
    assert judge_agency(customer.organisation, decide_for(customer.organisation, NOW), NOW.date(), NOW) == 0


def test_the_hand_over_is_one_zip_with_everything_and_its_hashes(home: Path) -> None:
    customer = make_exhausted()
    handed_over(customer, home)
    sent = SentMessage.objects.get(effect__channel="agency")
    with zipfile.ZipFile(io.BytesIO(bytes(sent.content))) as archive:
        names = set(archive.namelist())
        manifest = json.loads(archive.read("manifest.json"))
        claims = json.loads(archive.read("claims.json"))
        letter = archive.read("letter.txt").decode()
    assert "Open: 300.00 GBP." in letter
    assert {"claims.csv", "fees.csv", "contacts.csv", "timeline.csv", "letter.txt"} <= names
    assert {file["name"] for file in manifest["files"]} == names - {"manifest.json", "letter.txt"}
    assert manifest["owed"] == [{"amount_minor": 30000, "currency": "GBP"}]
    assert [(row["number"], row["days_overdue"]) for row in claims] == [("R-C1", 80)]
    assert settle_files(customer.organisation) == 1
    case = AgencyCase.objects.get()
    assert case.file_sha256 == sent.content_sha256
    assert (home / "agency" / case.file_name).read_bytes() == bytes(sent.content)


def test_by_e_mail_where_the_agency_has_an_address(home: Path) -> None:
    customer = make_exhausted()
    customer.organisation.agency_email = "intake@agency.example"
    customer.organisation.save()
    handed_over(customer, home)
    sent = SentMessage.objects.get(effect__touch__playbook="agency")
    assert (sent.effect.recipient, sent.content_type) == ("intake@agency.example", "message/rfc822")
    assert b"application/zip" in bytes(sent.content)


def test_while_it_is_handed_over_nothing_else_goes_out(home: Path) -> None:
    customer = make_exhausted()
    handed_over(customer, home)
    bill(customer, "R2", NOW.date() - timedelta(days=20))
    decided = decide_for(customer.organisation, NOW + timedelta(days=7))
    assert decided.decision.touches.is_empty()
    recall_case(customer.organisation, customer, reason="they want a plan", actor="Robin", now=NOW)
    waits = decide_for(customer.organisation, NOW + timedelta(days=7)).decision.waits
    assert "hold" not in waits["reason"].to_list()


def test_paid_between_plan_and_send_the_hand_over_stays_here(home: Path) -> None:
    customer = make_exhausted()
    approve_hand_over(customer.organisation, customer, actor="command line", now=NOW)
    hand_over(customer.organisation, customer, actor="Robin", now=NOW)
    pay(customer.invoices.get(), date(2026, 3, 10))
    relay(home)
    assert Effect.objects.get(channel="agency").state == "withheld"


def on_account(customer: Customer, amount_minor: int) -> None:
    record_payment(
        customer.organisation_id, customer.pk, Money(amount_minor, "GBP"), on=NOW.date(), today=NOW.date(), now=NOW,
        actor="Robin",
    )  # fmt: skip


def test_paid_on_account_between_plan_and_send_the_hand_over_stays_here(home: Path) -> None:
    customer = make_exhausted()
    approve_hand_over(customer.organisation, customer, actor="command line", now=NOW)
    hand_over(customer.organisation, customer, actor="Robin", now=NOW)
    on_account(customer, 300_00)
    relay(home)
    assert Effect.objects.get(channel="agency").state == "withheld"


def test_nobody_is_handed_over_who_has_paid_on_account_or_disputes_it_all() -> None:
    customer, other = make_exhausted(), make_exhausted("C2")
    on_account(customer, 300_00)
    dispute(other, None)
    for each in (customer, other):
        approve_hand_over(each.organisation, each, actor="command line", now=NOW)
        with pytest.raises(NothingToHandOver):
            hand_over(each.organisation, each, actor="Robin", now=NOW)
    AgencyCase.objects.all().delete()
    with pytest.raises(NothingToHandOver):
        approve_hand_over(customer.organisation, customer, actor="command line", now=NOW)


def test_only_a_credit_note_is_nothing_to_hand_over(home: Path) -> None:
    customer = make_exhausted()
    approve_hand_over(customer.organisation, customer, actor="command line", now=NOW)
    hand_over(customer.organisation, customer, actor="Robin", now=NOW)
    pay(customer.invoices.get(), NOW.date())
    bill(customer, "CN", NOW.date() - timedelta(days=3), amount_minor=-20_00)
    relay(home)
    assert Effect.objects.get(channel="agency").state == "withheld"


def test_the_agency_gets_what_may_be_asked_for_and_is_told_of_the_rest(home: Path) -> None:
    """Of 300.00, 40.00 are on account and 50.00 disputed; 70.00 are not due yet."""
    customer = make_exhausted()
    on_account(customer, 40_00)
    dispute(customer, Money(50_00, "GBP"))
    bill(customer, "R-later", NOW.date() + timedelta(days=9), amount_minor=70_00)
    handed_over(customer, home)
    sent = SentMessage.objects.get(effect__channel="agency")
    with zipfile.ZipFile(io.BytesIO(bytes(sent.content))) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        claims = json.loads(archive.read("claims.json"))
        assert "Open: 210.00 GBP." in archive.read("letter.txt").decode()
    assert manifest["owed"] == [{"amount_minor": 210_00, "currency": "GBP"}]
    assert manifest["not_claimed"]["cash_on_account"][0]["amount_minor"] == 40_00
    assert [(row["invoice"], row["amount_minor"]) for row in manifest["not_claimed"]["disputes"]] == [("R-C1", 50_00)]
    assert [(row["number"], row["open_amount_minor"], row["claimed_minor"]) for row in claims] == [
        ("R-C1", 300_00, 210_00)
    ]


def dispute(customer: Customer, amount: Money | None) -> None:
    open_dispute(
        customer.organisation, customer, customer.invoices.get(kind="invoice"), reason="faulty", amount=amount,
        actor="Robin", now=NOW,
    )  # fmt: skip


def test_what_is_disputed_or_covered_makes_nobody_ready() -> None:
    customer = make_exhausted()
    AgencyCase.objects.all().delete()
    dispute(customer, Money(50_01, "GBP"))
    run_day(customer.organisation, NOW)
    assert not AgencyCase.objects.exists()


def test_a_special_bond_by_a_persons_word_is_never_ready() -> None:
    customer = make_exhausted()
    decided = decide_for(customer.organisation, NOW)
    bond = decided.decision.standings.with_columns(profile=pl.lit("special_bond"))
    judged = replace(decided, decision=replace(decided.decision, standings=bond))
    assert find_ready(decided, decided.policy.numbers.agency).height == 1
    assert find_ready(judged, decided.policy.numbers.agency).is_empty()


def test_when_nothing_is_overdue_any_more_a_task_asks_to_close_the_case(home: Path) -> None:
    customer = make_exhausted()
    handed_over(customer, home)
    run_day(customer.organisation, NOW + timedelta(days=1))
    assert not Task.objects.filter(key__startswith="agency_over").exists()
    pay(customer.invoices.get(), NOW.date() + timedelta(days=1))
    for days in (2, 3):
        run_day(customer.organisation, NOW + timedelta(days=days))
    task = Task.objects.get(key__startswith="agency_over")
    assert task.title == "Nothing of Example Customer C1 Ltd is overdue any more: end the case of the agency"
    close_case(customer.organisation, customer, outcome="collected", actor="Robin", now=NOW + timedelta(days=3))
    task.refresh_from_db()
    assert task.done_at is not None


def test_a_case_taken_back_before_the_relay_is_never_sent(home: Path) -> None:
    customer = make_exhausted()
    approve_hand_over(customer.organisation, customer, actor="command line", now=NOW)
    hand_over(customer.organisation, customer, actor="Robin", now=NOW)
    recall_case(customer.organisation, customer, reason="they called", actor="Robin", now=NOW)
    relay(home)
    assert Effect.objects.get(channel="agency").state == "cancelled"


def test_reports_come_back_into_the_same_timeline_once(home: Path) -> None:
    customer = make_exhausted()
    handed_over(customer, home)
    report = (
        b"customer,date,status,text,reference\nC1,2026-03-20,paid,They paid us in full,AG-77\nC9,2026-03-20,open,?,\n"
    )
    first = take_agency_report(customer.organisation, report, actor="Robin", now=NOW)
    again = take_agency_report(customer.organisation, report, actor="Robin", now=NOW)
    assert (first.added, first.strangers, again.added, again.known) == (1, ("C9",), 0, 1)
    line = TimelineEvent.objects.get(kind="agency_report")
    assert line.text == "Example Collections reports on 2026-03-20: paid: They paid us in full"
    assert AgencyCase.objects.get().reference == "AG-77"
    assert Task.objects.filter(key__startswith="agency_report:").count() == 1
    as_json = json.dumps([{"customer": "C1", "date": "2026-04-01", "status": "open"}]).encode()
    assert take_agency_report(customer.organisation, as_json, actor="Robin", now=NOW).added == 1
    close_case(customer.organisation, customer, outcome="collected", actor="Robin", now=NOW)
    assert AgencyCase.objects.get().state == "closed"


@pytest.mark.parametrize(
    "content", [b"customer,date\nC1,2026-01-01", b"\xff\xfe\x00", b"[1]", b"customer,date,status\nC1,soon,open"]
)
def test_a_report_that_cannot_be_read_is_refused_whole(content: bytes) -> None:
    with pytest.raises(ReportUnreadable):
        take_agency_report(make_organisation(), content, actor="Robin", now=NOW)


def test_a_long_report_takes_no_more_queries_than_a_short_one(
    home: Path, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    customer = make_exhausted()
    handed_over(customer, home)
    rows = [{"customer": "C1", "date": "2026-04-01", "status": "paid", "text": f"Part {n}"} for n in range(40)]
    content = json.dumps([*rows, rows[0]]).encode()
    with django_assert_max_num_queries(12):
        taken = take_agency_report(customer.organisation, content, actor="Robin", now=NOW)
    assert (taken.added, taken.known) == (40, 1)
    assert Task.objects.filter(key__startswith="agency_report:").count() == 40


def test_steps_out_of_order_are_refused() -> None:
    customer = make_exhausted()
    ours = customer.organisation
    approve_hand_over(ours, customer, actor="command line", now=NOW)
    with pytest.raises(CaseElsewhere):
        approve_hand_over(ours, customer, actor="command line", now=NOW)
    with pytest.raises(CaseElsewhere):
        close_case(ours, customer, outcome="done", actor="Robin", now=NOW)
    with pytest.raises(OutcomeUnsaid):
        recall_case(ours, customer, reason=" ", actor="Robin", now=NOW)
    ours.agency_name = ""
    with pytest.raises(NoAgency):
        hand_over(ours, customer, actor="Robin", now=NOW)
    pay(customer.invoices.get(), NOW.date())
    with pytest.raises(NothingToHandOver):
        hand_over(ours, customer, actor="Robin", now=NOW, agency="Example Collections")


def test_the_hand_over_is_a_touch_at_the_last_level(home: Path) -> None:
    handed_over(make_exhausted(), home)
    assert Touch.objects.get(playbook="agency").sent_date == NOW.date()


@pytest.mark.parametrize("actor", ["col@supplies.example", "Anybody"])
def test_only_a_manager_hands_a_customer_over(actor: str) -> None:
    customer = make_exhausted()
    member = User.objects.create_user("col@supplies.example", "a long enough word")
    Membership.objects.create(organisation=customer.organisation, user=member, role="collector")
    with pytest.raises(NotYoursToApprove):
        approve_hand_over(customer.organisation, customer, actor=actor, now=NOW)
