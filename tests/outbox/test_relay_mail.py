"""The whole way, with the real gate, the real words and real SMTP servers: what the customer's mailbox gets."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from goodterms.channels.email import message_id
from goodterms.channels.folder import FolderChannel
from goodterms.channels.port import Channel
from goodterms.channels.smtp import SmtpChannel
from goodterms.core.money import Money
from goodterms.flows.compose_message import Composed, compose_touches
from goodterms.flows.gate_touches import judge_effects
from goodterms.flows.place_hold import place_hold
from goodterms.flows.record_payment import record_payment
from goodterms.flows.relay import RelayCounts, relay_due
from goodterms.followup.gate_answer import GateAnswer
from goodterms.followup.models import Task, Touch
from goodterms.ledger.models import Contact, Customer
from goodterms.organizations.models import Organisation
from goodterms.outbox.chain import verify_chain
from goodterms.outbox.keys import touch_key
from goodterms.outbox.models import Effect, SentMessage
from tests.channels.servers import Mailbox, bad_server, mail_server, plain_server
from tests.conftest import NOW
from tests.factories import make_customer, make_effect, make_invoice, make_organisation, make_touch

pytestmark = pytest.mark.django_db(transaction=True)


def queue_reminders(count: int) -> list[Effect]:
    """Customers with one invoice of 100.00 GBP, ten days overdue, and the first reminder about it queued."""
    organisation = make_organisation()
    return [queue_reminder(make_customer(organisation, f"C{number}")) for number in range(1, count + 1)]


def queue_reminder(customer: Customer) -> Effect:
    contact = Contact.objects.get(customer=customer)
    make_invoice(customer, f"{customer.number}-1", due=date(2026, 2, 28))
    key = touch_key(
        customer.organisation_id, customer.pk, "forgetful", "cycle-1", "friendly", 1, "email", contact.email
    )
    effect = make_effect(customer, key, recipient=contact.email)
    make_touch(customer, effect=effect, step="friendly", contact_id=contact.pk)
    return effect


def relay(port: int, now: datetime = NOW, **given: Any) -> RelayCounts:
    channel = SmtpChannel(plain_server(port))
    try:
        return relay_due(now, "worker-1", {"email": channel}, **given)
    finally:
        channel.close()


def pay(effect: Effect, amount_minor: int = 100_00) -> None:
    """Money comes in from the effect's customer."""
    money, today = Money(amount_minor, "GBP"), NOW.date()
    record_payment(effect.organisation_id, effect.customer_id, money, on=today, today=today, now=NOW, actor="Robin")


def states() -> list[str]:
    return list(Effect.objects.order_by("pk").values_list("state", flat=True))


def test_the_customers_mailbox_gets_the_reminder_with_the_live_amount() -> None:
    effect = queue_reminders(1)[0]
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        assert relay(port).sent == 1
    content = mailbox.taken[0].original_content or b""
    mail = message_from_bytes(content, policy=policy.SMTP)
    assert (mail["Message-ID"], mail["To"].addresses[0].addr_spec) == (
        message_id(effect.key, "accounts@supplies.example"),
        "c1@customer.example",
    )
    assert "100.00" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert bytes(SentMessage.objects.get().content) == content, "on record are the exact bytes"


@pytest.mark.parametrize("moment", ["before the claim", "between claim and gate", "between gate and mark"])
def test_a_payment_recorded_during_the_run_stops_the_mail(moment: str) -> None:
    """paid_between_plan_and_send, wherever the payment falls."""
    paid, other = queue_reminders(2)
    seen: list[str] = []

    def once(when: str) -> None:
        if moment == when and when not in seen:
            seen.append(when)
            pay(paid)

    def gate(effect_keys: Sequence[str], now: datetime) -> dict[str, GateAnswer]:
        once("between claim and gate")
        return judge_effects(effect_keys, now)

    def compose(touch_ids: Sequence[int], now: datetime) -> dict[int, Composed]:
        composed = compose_touches(touch_ids, now)
        once("between gate and mark")
        return composed

    once("before the claim")
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        counts = relay(port, gate=gate, compose=compose)
    assert (counts.sent, counts.withheld, seen) == (1, 1, [moment])
    assert [envelope.rcpt_tos for envelope in mailbox.taken] == [[other.recipient]]
    paid.refresh_from_db()
    assert (paid.state, paid.reason) == ("withheld", "Nothing is overdue any more that may be asked for.")
    assert Task.objects.count() == 0, "a paid debt leaves nobody anything to do"


def test_a_hold_for_everyone_placed_during_the_run_stops_all_mail() -> None:
    queue_reminders(3)
    organisation = Organisation.objects.get()
    placed: list[bool] = []

    def compose(touch_ids: Sequence[int], now: datetime) -> dict[int, Composed]:
        composed = compose_touches(touch_ids, now)
        if not placed:
            placed.append(True)
            until = NOW.date() + timedelta(days=3)
            place_hold(organisation, None, until=until, reason="legal", actor="Robin", now=NOW)
        return composed

    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        counts = relay(port, compose=compose)
    assert (counts.withheld, mailbox.taken, states()) == (3, [], ["withheld"] * 3)


def test_a_part_payment_during_the_run_changes_the_amount_in_the_mail() -> None:
    effect = queue_reminders(1)[0]
    paid: list[bool] = []

    def compose(touch_ids: Sequence[int], now: datetime) -> dict[int, Composed]:
        composed = compose_touches(touch_ids, now)
        if not paid:
            paid.append(True)
            pay(effect, 40_00)
        return composed

    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        assert relay(port, compose=compose).sent == 1
    assert b"60.00" in (mailbox.taken[0].original_content or b"")
    effect.refresh_from_db()
    assert effect.attempts == 1


def test_a_server_that_refuses_one_recipient_of_several_fails_that_one_alone() -> None:
    bad, *_ = queue_reminders(3)
    mailbox = Mailbox(answers={bad.recipient: "550 5.1.1 no such user"})
    with mail_server(mailbox) as port:
        counts = relay(port)
    assert (counts.sent, counts.failed, states()) == (2, 1, ["failed", "sent", "sent"])
    assert Task.objects.get().detail.startswith("127.0.0.1")
    assert Touch.objects.get(effect=bad).sent_date is None


def test_a_server_that_takes_each_message_and_dies_before_its_answer_gets_each_once() -> None:
    queue_reminders(3)
    with bad_server({"MESSAGE": "drop"}) as server:
        first, again = relay(server.port), relay(server.port, NOW + timedelta(days=1))
        assert (first.uncertain, again.sent, again.uncertain) == (3, 0, 0)
        assert len(server.messages) == 3
    assert states() == ["uncertain"] * 3
    assert Task.objects.filter(kind="uncertain").count() == 3


def test_a_server_that_is_down_delays_everything_and_loses_nothing() -> None:
    queue_reminders(3)
    with mail_server(Mailbox()) as port:
        pass
    assert (relay(port).unavailable, states()) == (3, ["queued"] * 3)
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        assert relay(port, NOW + timedelta(minutes=10)).sent == 3
    assert len(mailbox.taken) == 3


def test_a_server_that_goes_away_in_the_middle_leaves_the_rest_queued() -> None:
    queue_reminders(4)
    with bad_server({"MAIL": "421 closing for maintenance"}) as server:
        server.times = 0
        calls: list[int] = []

        def compose(touch_ids: Sequence[int], now: datetime) -> dict[int, Composed]:
            calls.append(len(touch_ids))
            server.times = 1000 if len(calls) > 1 else 0
            return compose_touches(touch_ids, now)

        counts = relay(server.port, batch=2, compose=compose)
        assert (counts.sent, counts.unavailable) == (2, 2)
        assert len(server.messages) == 2
    assert states() == ["sent", "sent", "queued", "queued"]


def test_without_payment_details_nothing_leaves_and_the_user_is_told() -> None:
    queue_reminders(1)
    Organisation.objects.update(iban="", account_holder="", bic="", bank_name="")
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        assert relay(port).withheld == 1
    assert (mailbox.taken, Task.objects.get().kind) == ([], "withheld")


def test_test_mode_keeps_all_mail_on_the_machine(home: Path) -> None:
    queue_reminders(2)
    Organisation.objects.update(is_test_mode=True)
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        folder = FolderChannel(home, "test folder")
        channels: dict[str, Channel] = {"email": SmtpChannel(plain_server(port)), "email:test": folder}
        assert relay_due(NOW, "worker-1", channels).sent == 2
    assert (mailbox.taken, len(list(home.glob("*.eml")))) == ([], 2)
    assert verify_chain(Organisation.objects.get().pk).checked == 2


def test_gate_and_words_take_the_same_few_queries_for_many(django_assert_max_num_queries: Callable[..., Any]) -> None:
    """Each mail costs its mark and its record, nothing else."""
    queue_reminders(12)
    mailbox = Mailbox()
    with mail_server(mailbox) as port, django_assert_max_num_queries(60 + 12 * 10):
        assert relay(port).sent == 12
