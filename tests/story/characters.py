"""The ten kinds of customer, as people would act them."""

import json
from datetime import date, timedelta

from goodterms.core.money import Money
from goodterms.flows.accept_plan import accept_plan
from goodterms.flows.agency_cases import approve_hand_over, close_case, hand_over
from goodterms.flows.approvals import AT_THE_MACHINE
from goodterms.flows.decide_case import decide_case
from goodterms.flows.make_promise import make_promise
from goodterms.flows.propose_plan import Terms, propose_plan
from goodterms.flows.state_reason import state_reason
from goodterms.flows.take_agency_report import take_agency_report
from goodterms.flows.write_ap_profile import write_ap_profile
from goodterms.followup.models import AgencyCase, LegalDecision, PaymentPlan, Promise, Task
from goodterms.ledger.models import Invoice
from tests.story.world import ACTOR, DAY, Character, Pays, World

MONTHLY = tuple(date(2026, month, 7) for month in range(1, 11))
QUARTERLY = tuple(date(2026, month, 7) for month in (1, 4, 7, 10))
ADDRESS = "7 Sample Road\nExampleton\nEX2 2EX"


def never(world: World, who: Character, owed: Invoice, day: date) -> bool:
    return False


def in_time(world: World, who: Character, owed: Invoice, day: date) -> bool:
    """Two days early, but for the invoice of June, which was overlooked until the reminder."""
    if owed.number == "2606":
        return any(touch.sent_date <= day - 3 * DAY for touch in who.touches(owed.due_date or day) if touch.sent_date)
    return owed.due_date is not None and day >= owed.due_date - 2 * DAY


def after_a_reminder(days: int, least: int = 1) -> Pays:
    """So many days after the reminder of that rank."""

    def pays(world: World, who: Character, owed: Invoice, day: date) -> bool:
        touches = who.touches(owed.due_date or day)
        return len(touches) >= least and (touches[least - 1].sent_date or day) <= day - days * DAY

    return pays


def at_the_pay_run(world: World, who: Character, owed: Invoice, day: date) -> bool:
    """On the 25th, or the working day after it, of the month after the due date's."""
    return owed.due_date is not None and day > owed.due_date + 10 * DAY and 25 <= day.day <= 27


def explain_process(world: World, who: Character, day: date) -> None:
    asked = [touch for touch in who.touches() if touch.step == "process" and touch.sent_date == day - 2 * DAY]
    if asked:
        state_reason(
            world.organisation, who.customer, reason="pay_run", quote="We pay on the 25th.", actor=ACTOR, now=world.now
        )
        run = {"pay_run": "day_of_month", "pay_run_days": [25], "cut_off_working_days": 5}
        known = {"system": "Example Portal", "needs_purchase_order": True, **run}
        write_ap_profile(world.organisation, who.customer, actor=ACTOR, now=world.now, **known)


def until_april(world: World, who: Character, owed: Invoice, day: date) -> bool:
    """In time for years, then nothing but what the plan says; when it is completed, the rest."""
    if PaymentPlan.objects.filter(customer=who.customer, state="completed").exists():
        return True
    return owed.number < "2604" and owed.due_date is not None and day >= owed.due_date


def agree_on_a_plan(world: World, who: Character, day: date) -> None:
    plan = PaymentPlan.objects.filter(customer=who.customer).first()
    if plan is None:
        if world.call(who, "reached", note="A big customer of theirs went under. They want to pay in three parts."):
            state_reason(world.organisation, who.customer, reason="cash", quote="Our largest customer went under.",
                         actor=ACTOR, now=world.now)  # fmt: skip
            terms = Terms(first=day + 10 * DAY, count=3, rhythm="monthly")
            plan = propose_plan(world.organisation, who.customer, terms=terms, actor=ACTOR, now=world.now)
            accept_plan(world.organisation, plan, accepted_by="Sam Example", how="call", actor=ACTOR, now=world.now)
        return
    for part in plan.instalments.filter(due_date__lte=day, due_date__gt=day - 4 * DAY, paid_minor=0):
        owed = Invoice.objects.filter(customer=who.customer, open_amount_minor__gt=0).order_by("due_date").first()
        if owed is not None:
            world.pay(who, owed, day, min(part.amount_minor, owed.open_amount_minor))


def promise_and_break(world: World, who: Character, day: date) -> None:
    """Reached each time, promises each time, pays a little once; in November the owner gives it up."""
    count = Promise.objects.filter(customer=who.customer).count()
    said = "They say the money comes next week."
    if world.call(who, "reached", note=said) and count < 3:
        make_promise(world.organisation, who.customer, amount=Money(800_00, "GBP"), by=day + 8 * DAY, source="call",
                     actor=ACTOR, now=world.now)  # fmt: skip
    if day == date(2026, 5, 18):
        owed = Invoice.objects.filter(customer=who.customer, open_amount_minor__gt=0).order_by("due_date").first()
        if owed is not None:
            world.pay(who, owed, day, 150_00)
    is_asked = Task.objects.filter(customer=who.customer, kind="agency_ready", done_at__isnull=True).exists()
    if is_asked and not LegalDecision.objects.filter(customer=who.customer).exists():
        decide_case(world.organisation, who.customer, choice="written_off", approved_by="Kim Example",
                    actor=AT_THE_MACHINE, now=world.now,
                    reason="Insolvency was opened; a court order would only add cost.")  # fmt: skip


def end_at_the_agency(world: World, who: Character, day: date) -> None:
    world.call(who, "no_answer")
    case = AgencyCase.objects.filter(customer=who.customer).first()
    if case is None:
        return
    if case.state == "ready" and day >= case.ready_date + 3 * DAY:
        approve_hand_over(world.organisation, who.customer, actor=AT_THE_MACHINE, now=world.now)
        hand_over(world.organisation, who.customer, actor=ACTOR, now=world.now)
    elif case.state == "handed_over" and case.handed_over_date and day >= case.handed_over_date + timedelta(days=60):
        row = {
            "customer": who.customer.number,
            "date": day.isoformat(),
            "status": "paid",
            "text": "Paid in full to us.",
        }
        take_agency_report(world.organisation, json.dumps([row]).encode(), actor=ACTOR, now=world.now)
        for owed in Invoice.objects.filter(customer=who.customer, open_amount_minor__gt=0):
            world.pay(who, owed, day)
        close_case(world.organisation, who.customer, outcome="Collected in full.", actor=ACTOR, now=world.now)


def hang_up(world: World, who: Character, day: date) -> None:
    world.call(who, "hung_up")


def be_reached(world: World, who: Character, day: date) -> None:
    world.call(who, "reached", note="They will look into it.")


def cast() -> list[Character]:
    """One of each kind."""
    steady = (0, 1, 0, 2, 1, 0, 1, 0, 0, 1)
    return [
        Character("good", in_time, steady, MONTHLY, answers=be_reached),
        Character("new", after_a_reminder(6), (), QUARTERLY, answers=be_reached),
        Character("forgetful", after_a_reminder(2), (4, 14, 2, 19, 6, 1, 12, 7, 3, 16), MONTHLY, answers=be_reached),
        Character("red tape", at_the_pay_run, (18, 19, 18, 20, 19, 18, 19, 18, 20, 19), MONTHLY,
                  answers=explain_process),
        Character("bad patch", until_april, steady, MONTHLY[:5], 900_00, answers=agree_on_a_plan),
        Character("special bond", after_a_reminder(4), (9, 12, 10, 14, 8), QUARTERLY, answers=be_reached,
                  given={"is_protected": True, "relationship_owner": "Kim Example",
                         "relationship_owner_email": "kim@supplies.example"}),
        Character("failing", never, (2, 4, 8, 10, 15, 19, 24, 28, 33, 39), MONTHLY[:3], answers=promise_and_break,
                  given={"postal_address": ADDRESS}),
        Character("cannot pay", never, (), MONTHLY[:3], 6_000_00, answers=end_at_the_agency,
                  given={"postal_address": ADDRESS}),
        Character("avoiding", after_a_reminder(5, 6), (5, 9, 12, 3, 20, 8), QUARTERLY[:2], answers=hang_up,
                  given={"postal_address": ADDRESS}),
        Character("chronic", after_a_reminder(2, 4), (34, 41, 29, 38, 45, 36, 31, 40, 52, 33), QUARTERLY,
                  answers=be_reached),
    ]  # fmt: skip
