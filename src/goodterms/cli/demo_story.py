"""What the demo tells: what was decided and why, three customers, and one message as it was sent."""

from collections import Counter
from datetime import date
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from goodterms.cli.printing import Column, print_table, say
from goodterms.flows.run_day import RunReport
from goodterms.flows.write_standings import evidence_sentence
from goodterms.followup.models import CustomerProfile, Touch
from goodterms.followup.policy import policy_of, shipped
from goodterms.ledger.models import Customer, DataProblem, Invoice, Payment
from goodterms.organizations.models import Organisation
from goodterms.outbox.models import Effect, SentMessage

SHOWN_FIRST = ("red_tape", "bad_patch", "failing", "forgetful", "chronic", "avoiding", "new")
SHOWN_CUSTOMERS = 3
SHOWN_LINES = 9

CHANNELS = {"email": "E-mails", "call": "Calls"}
STATES = {
    ("email", "sent"): "written into the outbox folder",
    ("call", "sent"): "on the worklist, each with its call sheet",
    "waiting": "waiting for a person's approval",
    "queued": "waiting for the customer's own working hours",
    "planned": "waiting for their day",
    "withheld": "withheld at the last moment",
}


def tell_ledger(organisation: Organisation) -> None:
    """How large the ledger is and how much of it was not clean."""
    counts = {model: model.objects.filter(organisation=organisation).count() for model in (Customer, Invoice, Payment)}
    problems = DataProblem.objects.filter(organisation=organisation, resolved_at__isnull=True).count()
    say(
        f"The ledger: {counts[Customer]:,} customers, {counts[Invoice]:,} invoices and credit notes, "
        f"{counts[Payment]:,} payments. As in life, not all of it was clean: {problems} rows or values need a look "
        "(goodterms problems)."
    )


def tell_decisions(report: RunReport) -> None:
    """Why they are late, whether to keep them, what is sent and what waits."""
    counts = report.counts
    intents = {playbook["id"]: playbook["intent"] for playbook in shipped()["playbooks"]}
    rows = [
        {"profile": profile.replace("_", " "), "customers": number, "playbook": intents.get(profile, "")}
        for profile, number in counts["profiles"].items()
    ]
    columns = [
        Column("profile", "why late"),
        Column("customers", "customers", "right"),
        Column("playbook", "what suits that", is_wrapped=True),
    ]
    say()
    print_table(f"Decided for {report.run_date:%A, %-d %B %Y}", columns, rows)
    verdicts = ", ".join(f"{verdict} {number}" for verdict, number in counts["verdicts"].items())
    say(f"Is the relationship worth keeping? {verdicts}.")


def tell_touches(organisation: Organisation, day: date) -> None:
    """The day's touches per channel, and what became of them."""
    effects = Effect.objects.filter(organisation=organisation, touch__planned_date=day)
    counts = Counter(effects.values_list("channel", "state"))
    say("Today's contacts, one per customer at most:")
    for channel, name in CHANNELS.items():
        parts = [
            f"{count} {STATES.get((channel, state)) or STATES.get(state, state)}"
            for (of, state), count in counts.most_common()
            if of == channel
        ]
        say(f"  {name}: {'; '.join(parts) or 'none'}.")
    for reason, count in Counter(effects.filter(state="withheld").values_list("reason", flat=True)).most_common(3):
        say(f"  Withheld ({count}): {reason}")


def tell_customers(organisation: Organisation, day: date) -> None:
    """Three customers with different reasons: the evidence in a sentence, and what they got."""
    touches = Touch.objects.filter(organisation=organisation, planned_date=day).select_related("customer__profile")
    chosen: dict[str, Touch] = {}
    for touch in touches.order_by("pk"):
        chosen.setdefault(touch.profile, touch)
    say()
    for profile in [name for name in SHOWN_FIRST if name in chosen][:SHOWN_CUSTOMERS]:
        _tell_customer(organisation, chosen[profile])


def _tell_customer(organisation: Organisation, touch: Touch) -> None:
    policy = policy_of(organisation)
    why = evidence_sentence(policy, "profiles", touch.profile_rule, touch.evidence)
    say(f"{touch.customer.name}: {touch.profile.replace('_', ' ')}", style="bold")
    say(f"  {why}")
    standing = CustomerProfile.objects.filter(customer=touch.customer_id).first()
    if standing:
        because = evidence_sentence(policy, "verdicts", standing.verdict_rule, standing.verdict_evidence)
        say(f"  {standing.verdict.capitalize()}: {because}")
    say(f"  So: {touch.channel}, {touch.tone}, step {touch.step!r}. {touch.due_reason}")


def tell_message(organisation: Organisation, day: date) -> None:
    """The first lines of one e-mail exactly as it was sent."""
    sent = SentMessage.objects.filter(organisation=organisation, content_type="message/rfc822")
    message = sent.filter(effect__touch__planned_date=day).order_by("position").first()
    if message is None:
        return
    letter = message_from_bytes(bytes(message.content), policy=default)
    say()
    say(f"One of the messages, from {letter['From']} to {letter['To']}:", style="bold")
    say(f"  Subject: {letter['Subject']}")
    for line in _first_lines(letter):
        say(f"  {line}")
    say("  …")


def _first_lines(letter: Any) -> list[str]:
    body = letter.get_body(("plain",)) if isinstance(letter, EmailMessage) else None
    lines = [line for line in body.get_content().splitlines() if line.strip()] if body else []
    return lines[:SHOWN_LINES]
