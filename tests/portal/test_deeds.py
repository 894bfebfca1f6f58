"""What a customer does through the portal, and where it is found afterwards."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from goodterms.core.money import Money
from goodterms.flows.accept_plan import approve_plan
from goodterms.flows.portal_links import revoke_portal_link
from goodterms.flows.propose_plan import Terms, propose_plan
from goodterms.flows.propose_settlement import propose_settlement
from goodterms.followup.models import (
    Dispute,
    LateReason,
    PaymentPlan,
    Promise,
    Reply,
    Settlement,
    Task,
    TimelineEvent,
)
from goodterms.ledger.models import Customer
from tests.conftest import NOW
from tests.factories import make_customer, make_invoice, make_user
from tests.portal.conftest import TODAY, Desk

pytestmark = pytest.mark.django_db

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40


def status(answer: Any) -> int:
    return int(answer.status_code)


def timeline(desk: Desk) -> str:
    return "\n".join(TimelineEvent.objects.filter(customer=desk.customer).values_list("text", flat=True))


def test_we_have_paid_is_an_answer_to_read_and_a_payment_to_look_for(desk: Desk) -> None:
    version = Customer.objects.get(pk=desk.customer.pk).facts_version
    assert status(desk.send("paid", day="2026-03-09", amount="1,234.50", reference="R1", currency="GBP")) == 303
    reply = Reply.objects.get()
    assert (reply.channel, reply.customer, reply.handled_at) == ("portal", desk.customer, None)
    assert "1234.50 GBP on 2026-03-09, reference R1" in reply.text
    assert set(Task.objects.values_list("kind", flat=True)) == {"reply", "fix"}
    assert LateReason.objects.get().reason == "already_paid"
    assert "through the portal" in timeline(desk)
    assert Customer.objects.get(pk=desk.customer.pk).facts_version > version


def test_a_form_sent_twice_is_one_answer(desk: Desk) -> None:
    given = {"day": "2026-03-20", "amount": "500", "currency": "GBP"}
    assert [status(desk.send("promise", **given)) for _ in range(3)] == [303, 303, 303]
    assert (Promise.objects.count(), Reply.objects.count(), Task.objects.count()) == (1, 1, 1)
    desk.send("promise", "form-2", **given)
    assert Promise.objects.filter(state="open").count() == 1
    assert Reply.objects.count() == 2


def test_a_promise_is_made_in_the_portal_and_pauses_as_the_organisation_chose(desk: Desk) -> None:
    desk.send("promise", day="2026-03-20", amount="1234.50", currency="GBP", words="After the holidays.")
    promise = Promise.objects.get()
    assert (promise.source, promise.amount_minor, promise.is_pausing) == ("portal", 1234_50, False)
    assert promise.reply == Reply.objects.get()
    assert promise.recorded_by.endswith("(portal)")
    desk.organisation.policy = {"promises_pause_from_portal": True}
    desk.organisation.save()
    desk.send("promise", "form-2", day="2026-03-21", amount="1234.50", currency="GBP")
    assert Promise.objects.get(state="open").is_pausing


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"day": "2026-03-09"}, "Choose a day from today"),
        ({"day": "2027-03-09"}, "Choose a day from today"),
        ({"amount": "99999"}, "more than is open"),
        ({"amount": "much"}, "Write the amount as a number"),
        ({"amount": "0"}, "Write the amount as a number"),
        ({"currency": "USD"}, "Please look at this again"),
    ],
)
def test_a_promise_that_cannot_be_is_explained_and_nothing_is_kept(
    desk: Desk, given: dict[str, str], word: str
) -> None:
    answer = desk.send("promise", **{"day": "2026-03-20", "amount": "500", "currency": "GBP", **given})
    assert status(answer) == 422
    assert word in answer.content.decode()
    assert not Reply.objects.exists()
    assert not Promise.objects.exists()


def test_a_dispute_holds_its_part_back_and_keeps_the_papers(desk: Desk) -> None:
    paper = SimpleUploadedFile("photo.png", PNG, "text/html")
    answer = desk.send(
        "dispute", invoice=desk.overdue.pk, reason="faulty", amount="234.50", words="Two are broken.", papers=paper
    )
    assert status(answer) == 303
    dispute = Dispute.objects.get()
    assert (dispute.invoice, dispute.amount_minor, dispute.note) == (desk.overdue, 234_50, "Two are broken.")
    file = dispute.files.get()
    assert (file.media_type, bytes(file.content)) == ("image/png", PNG)
    page = desk.client.get(desk.address()).content.decode()
    assert "in dispute" in page
    assert "£1,000.00" in page


def test_a_file_that_may_do_harm_is_refused_and_nothing_is_kept(desk: Desk) -> None:
    paper = SimpleUploadedFile("photo.png", b"<html><script>", "image/png")
    answer = desk.send("dispute", invoice=desk.overdue.pk, reason="faulty", words="Look.", papers=paper)
    assert status(answer) == 422
    assert "photo.png cannot be taken" in answer.content.decode()
    assert not Dispute.objects.exists()


def test_nobody_disputes_the_invoice_of_another(desk: Desk) -> None:
    others = make_invoice(make_customer(desk.organisation, "C2"), "X1", due=TODAY, amount_minor=100)
    assert status(desk.send("dispute", invoice=others.pk, reason="faulty", words="Mine?")) == 422
    assert not Dispute.objects.exists()


def test_what_keeps_the_invoice_from_being_paid_becomes_a_task(desk: Desk) -> None:
    assert status(desk.send("process", reason="missing_po", words="PO 4711")) == 303
    assert LateReason.objects.get().reason == "missing_po"
    assert Task.objects.get(kind="fix").title.startswith("Get the purchase order number")


def test_free_words_are_read_as_any_answer(desk: Desk) -> None:
    assert status(desk.send("write", words="We will pay 500 pounds on 20 March.")) == 303
    assert [one["kind"] for one in Reply.objects.get().suggestion["suggestions"]] == ["promise"]


def test_a_plan_is_asked_for_approved_and_accepted(desk: Desk) -> None:
    assert status(desk.send("plan", count="3", first="2026-03-31")) == 303
    plan = PaymentPlan.objects.get()
    assert (plan.state, plan.total_minor, plan.instalments.count()) == ("proposed", 1234_50, 3)
    accept = desk.address("offers", "plan", plan.pk, "accept")
    assert status(desk.client.post(accept)) == 422
    make_user(desk.organisation, first_name="Robin", last_name="Example")
    approve_plan(desk.organisation, plan, actor="Robin Example", now=NOW)
    assert [status(desk.client.post(accept)) for _ in range(2)] == [303, 303]
    plan.refresh_from_db()
    assert (plan.state, plan.accepted_how) == ("active", "portal")


def test_a_contact_who_is_called_as_the_owner_is_approves_nothing(desk: Desk) -> None:
    make_user(desk.organisation, first_name="Robin", last_name="Example")
    desk.customer.contacts.update(name="Robin Example")
    desk.send("plan", count="3", first="2026-03-31")
    accept = desk.address("offers", "plan", PaymentPlan.objects.get().pk, "accept")
    assert status(desk.client.post(accept)) == 422


def test_a_wish_does_not_sweep_an_offer_away(desk: Desk) -> None:
    terms = Terms(rhythm="monthly", first=TODAY + timedelta(days=20), count=2)
    offer = propose_plan(desk.organisation, desk.customer, terms=terms, actor="command line", now=NOW)
    assert status(desk.send("plan", count="3", first="2026-03-31")) == 422
    offer.refresh_from_db()
    assert offer.state == "proposed"
    assert not Reply.objects.exists()


def test_an_offered_settlement_is_accepted(desk: Desk) -> None:
    make_user(desk.organisation, first_name="Robin", last_name="Example")
    settlement = propose_settlement(
        desk.organisation,
        desk.customer,
        pay=Money(1000_00, "GBP"),
        by=TODAY + timedelta(days=10),
        reason="They close down.",
        actor="Robin Example",
        now=NOW,
    )
    assert settlement.state == Settlement.State.PROPOSED
    assert "the rest of £1,234.50 is forgiven" in desk.client.get(desk.address()).content.decode()
    assert status(desk.client.post(desk.address("offers", "settlement", settlement.pk, "accept"))) == 303
    settlement.refresh_from_db()
    assert (settlement.state, settlement.accepted_how) == ("accepted", "portal")


def test_a_link_revoked_while_the_form_is_filled_in_takes_nothing(desk: Desk) -> None:
    revoke_portal_link(desk.organisation, desk.link, actor="Robin Example", now=NOW)
    assert status(desk.send("write", words="Hello.")) == 404
    assert not Reply.objects.exists()
