"""The year itself: every working day bills are written, money comes, the day is run and relayed, people answer."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from goodterms.channels.port import Channel
from goodterms.channels.wiring import channels_from
from goodterms.core.money import Money
from goodterms.flows.approve_effect import approve_effect
from goodterms.flows.record_call import record_call
from goodterms.flows.record_payment import record_payment
from goodterms.flows.relay import relay_due
from goodterms.flows.run_day import run_day
from goodterms.followup.models import Task, TimelineEvent, Touch
from goodterms.ledger.models import Customer, Invoice
from goodterms.organizations.models import Organisation
from goodterms.outbox.models import Effect
from tests.factories import make_customer, make_organisation
from tests.flows.daily import bill, pay

START, END = date(2026, 1, 5), date(2026, 12, 30)
DAY = timedelta(days=1)
ACTOR = "Robin Example"


@dataclass
class Character:
    """A customer who behaves: when they pay, and what they say.

    ``late_days`` are those of the settled invoices before the year began, ``pays`` says whether an open invoice is paid
    on a day, ``answers`` is called each day after the relay, with the world.
    """

    kind: str
    pays: "Pays"
    late_days: tuple[int, ...] = ()
    bills: tuple[date, ...] = ()
    amount_minor: int = 800_00
    answers: Callable[["World", "Character", date], None] = lambda world, who, day: None
    given: dict[str, Any] = field(default_factory=dict)
    customer: Customer = field(init=False)
    told: list[str] = field(init=False, default_factory=list)

    def touches(self, since: date = START) -> list[Touch]:
        """What was sent to them, oldest first."""
        sent = Touch.objects.filter(customer=self.customer, sent_date__gte=since, level__gte=1)
        return list(sent.order_by("sent_date", "pk"))


Pays = Callable[["World", Character, Invoice, date], bool]


class World:
    """One organisation, its customers, and the clock."""

    def __init__(self, home: Path, characters: list[Character]) -> None:
        self.organisation: Organisation = make_organisation(
            agency_name="Example Collections", postal_address="1 Example Street\nExampleton\nEX1 1EX"
        )
        self.characters = characters
        self.channels: dict[str, Channel] = dict(channels_from(home, None))
        self.now = datetime.combine(START, time(10), UTC)
        for place, one in enumerate(characters, start=1):
            one.customer = make_customer(
                self.organisation, f"C{place}", name=f"{one.kind.capitalize()} Example", **one.given
            )
            _remember(one)

    def live(self) -> None:
        """The whole year."""
        for day in _working_days():
            self.now = datetime.combine(day, time(10), UTC)
            for waiting in Effect.objects.filter(organisation=self.organisation, state="waiting"):
                approve_effect(self.organisation, waiting, actor=ACTOR, now=self.now)
            for one in self.characters:
                self._bill(one, day)
            self._pay_all(day)
            run_day(self.organisation, self.now)
            if Effect.objects.filter(state="queued").exists():
                relay_due(self.now, "story", self.channels)
            for one in self.characters:
                one.answers(self, one, day)

    def _bill(self, one: Character, day: date) -> None:
        for issued in one.bills:
            is_new = day - 3 * DAY < issued <= day
            if is_new and not Invoice.objects.filter(customer=one.customer, issue_date=issued).exists():
                due = issued + 30 * DAY
                bill(
                    one.customer,
                    f"{issued:%y%m}",
                    due,
                    issued=issued,
                    amount_minor=one.amount_minor,
                    imported_at=self.now,
                )
                amount = Money(one.amount_minor, "GBP").to_text()
                one.told.append(f"{day}  Invoice {issued:%y%m} over {amount}, due {due}.")

    def _pay_all(self, day: date) -> None:
        who = {one.customer.pk: one for one in self.characters}
        for owed in Invoice.objects.filter(open_amount_minor__gt=0).order_by("customer_id", "due_date"):
            one = who[owed.customer_id]
            if one.pays(self, one, owed, day):
                self.pay(one, owed, day)

    def pay(self, one: Character, owed: Invoice, day: date, amount_minor: int = 0) -> None:
        """Money for one invoice comes in."""
        money = Money(amount_minor or owed.open_amount_minor, owed.currency)
        record_payment(
            self.organisation.pk, one.customer.pk, money, on=day, today=day, now=self.now, actor=ACTOR,
            invoice_numbers=[owed.number], reference=f"{owed.number} {day}",
        )  # fmt: skip

    def call(self, one: Character, outcome: str, **given: Any) -> bool:
        """Make the call that waits, if there is one."""
        task = Task.objects.filter(customer=one.customer, kind="call", done_at__isnull=True).first()
        if task is not None:
            record_call(self.organisation, one.customer, outcome=outcome, actor=ACTOR, now=self.now, task=task, **given)
        return task is not None


def _working_days() -> Iterator[date]:
    day = START
    while day <= END:
        if day.isoweekday() <= 5:
            yield day
        day += DAY


def _remember(one: Character) -> None:
    """A settled invoice per month before the year began."""
    for place, late in enumerate(one.late_days):
        due = START - (40 + 30 * (len(one.late_days) - 1 - place)) * DAY
        pay(bill(one.customer, f"before-{place + 1}", due), due + late * DAY)


def tell(one: Character) -> str:
    """The story: each line a day and what happened, the reason below it."""
    lines = [(line, "") for line in one.told]
    touches = {touch.effect_id: touch for touch in Touch.objects.filter(customer=one.customer)}
    told: set[str] = set()
    for event in TimelineEvent.objects.filter(customer=one.customer).order_by("pk"):
        touch = touches.get(event.effect_key)
        why = ""
        if touch is not None and event.kind == "sent":
            why = f"{touch.due_reason} [{touch.profile}: {touch.playbook}/{touch.step}, {touch.channel}]"
        lines.append((f"{event.at:%Y-%m-%d}  {event.text}", why))
    for task in Task.objects.filter(customer=one.customer).exclude(kind="call").order_by("pk"):
        said = f"{task.created_at:%Y-%m-%d}  To do: {task.title}."
        if said not in told:
            told.add(said)
            lines.append((said, ""))
    lines.sort(key=lambda line: line[0][:10])
    head = f"{one.customer.name}: the year {START.year}, day by day\n"
    return head + "\n" + "\n".join(f"{what}\n            {why}" if why else what for what, why in lines) + "\n"
