"""What marks a touch as a person's own, and the gate that it passes before it leaves."""

from collections.abc import Sequence
from datetime import datetime

from goodterms.core.calendar import find_zone, next_window
from goodterms.flows.cautions import STOPS, cautions_for
from goodterms.followup.gate_answer import GateAnswer
from goodterms.followup.models import OptOut, PersonalTouch, Reply, Touch
from goodterms.followup.policy import policy_of
from goodterms.ledger.models import Contact

PLAYBOOK = "by-hand"
CYCLE_PREFIX = "by-hand-"
FIELDS = {"email": ("email", "email_failed_at"), "sms": ("mobile", "phone_failed_at")}
ADDRESS_GONE = "The contact's address has changed or no longer works."
OPTED_OUT = {
    "email": "They asked not to be written to at this address.",
    "sms": "They asked not to be written to at this number.",
}


def judge_by_hand(effect_keys: Sequence[str], now: datetime) -> dict[str, GateAnswer]:
    """The gate for messages by hand, with fresh facts: withheld when something speaks against one that its writer did
    not know of, or its address is gone; a text waits for the customer's working hours.

    The versions are read first, so that whatever changes afterwards makes the mark fail.
    """
    touches = Touch.objects.filter(effect__key__in=effect_keys, playbook=PLAYBOOK)
    answers = {}
    for touch in touches.select_related("customer__organisation", "effect", "personal"):
        customer = touch.customer
        refusal = _refusal(touch, now)
        opens = _opens(touch, now) if touch.channel == "sms" and not refusal else None
        answers[touch.effect_id] = GateAnswer(
            "withhold" if refusal else "wait" if opens else "go",
            refusal or ("Outside the customer's working hours." if opens else ""),
            customer.facts_version,
            customer.organisation.facts_version,
            opens,
        )
    return answers


def _refusal(touch: Touch, now: datetime) -> str:
    """Why it must not leave; empty when it may."""
    if not _is_reachable(touch):
        return ADDRESS_GONE
    if _has_opted_out(touch):
        return OPTED_OUT[touch.channel]
    personal: PersonalTouch = touch.personal
    known = {*personal.overruled.split(), *_answered(personal)}
    customer = touch.customer
    found = cautions_for(customer.organisation, customer, now, ignore=known)
    return next((f"Meanwhile: {caution.text}" for caution in found if caution.code in STOPS), "")


def _answered(personal: PersonalTouch) -> tuple[str, ...]:
    """An answer that came before this was written is no news, where this answers it."""
    if personal.reply_id is None:
        return ()
    touch = personal.touch
    waiting = Reply.objects.filter(customer=touch.customer_id, kind=Reply.Kind.ANSWER, handled_at__isnull=True)
    return () if waiting.filter(received_at__gt=touch.effect.created_at).exists() else ("reply",)


def _is_reachable(touch: Touch) -> bool:
    customer = touch.customer
    if touch.channel not in FIELDS:
        return bool(customer.postal_address) and customer.post_failed_at is None
    field, failed = FIELDS[touch.channel]
    contact = Contact.objects.filter(pk=touch.contact_id or 0, customer=customer).first()
    if contact is None or getattr(contact, failed) is not None:
        return False
    return str(getattr(contact, field)).strip().lower() == touch.effect.recipient.strip().lower()


def _has_opted_out(touch: Touch) -> bool:
    """Whether they asked for silence; for an e-mail its writer may have known, for a text it holds for ever."""
    is_overruled = touch.channel != "sms" and "opted_out" in touch.personal.overruled.split()
    if touch.channel not in OPTED_OUT or is_overruled:
        return False
    own = touch.effect.recipient.strip().lower()
    return OptOut.objects.filter(organisation=touch.organisation_id, channel=touch.channel, address=own).exists()


def _opens(touch: Touch, now: datetime) -> datetime | None:
    """The next moment at which a text may reach the customer; None: now."""
    customer = touch.customer
    numbers = policy_of(customer.organisation).numbers
    zone = find_zone(customer.timezone, customer.organisation.timezone).key
    country = customer.country or customer.organisation.country
    return next_window(zone, country, now, numbers.window_opens, numbers.window_closes)
