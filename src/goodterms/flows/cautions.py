"""What a person should know before they write to a customer by hand, in sentences."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from goodterms.core.cautions import find_cautions
from goodterms.flows.collect_evidence import collect_evidence
from goodterms.followup.models import OptOut
from goodterms.followup.policy import policy_of
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Organisation

STOPS = ("agency", "court", "hold", "promise", "plan", "reply")
"""What, found anew at the last moment, keeps a message by hand from leaving."""
WORDS = {
    "agency": "The case is in an agency's hands; nothing else should go out.",
    "court": "A court has the case; nothing else should go out.",
    "hold": "Chasing is paused{until}.",
    "promise": "They have promised to pay; we wait for it{until}.",
    "plan": "They pay by a plan, and keep to it{until}.",
    "reply": "An answer of theirs has not been read yet.",
    "pending": "Another message is on its way to them.",
    "gap": "There was a contact a short while ago; the gap between two contacts lasts{until}.",
    "deadline": "The deadline that our last message set has not passed; it lasts{until}.",
    "weekly_cap": "They had enough automatic messages for one week.",
    "protected": "A special bond: {owner} speaks with them.",
    "opted_out": "They asked not to be written to at this address.",
}


@dataclass(frozen=True, slots=True)
class Caution:
    """One reason to wait: a stable code, the last day of it, and the sentence."""

    code: str
    until_date: date | None
    text: str


def cautions_for(
    organisation: Organisation,
    customer: Customer,
    now: datetime,
    *,
    actor: str = "",
    channel: str = "email",
    address: str = "",
    is_answer: bool = False,
    ignore: Collection[str] = (),
) -> tuple[Caution, ...]:
    """Every reason to wait with a message by hand, the gravest first.

    ``is_answer``: it answers what they wrote, so neither the unread answer nor the contact that it was speak against
    it. For the relationship owner (``actor``) the bond is no reason.
    """
    evidence = collect_evidence(organisation, now, customer_ids=[customer.pk]).evidence
    rows = find_cautions(evidence, policy_of(organisation)).rows(named=True)
    found = [_say(row["code"], row["until_date"], customer) for row in rows]
    asked = OptOut.objects.filter(organisation=organisation, channel=channel, address=address.strip().lower())
    if address and asked.exists():
        found.append(_say("opted_out", None, customer))
    silent = {*ignore, *(("reply", "gap") if is_answer else ())}
    if actor and actor == customer.relationship_owner:
        silent.add("protected")
    return tuple(caution for caution in found if caution.code not in silent)


def _say(code: str, until: date | None, customer: Customer) -> Caution:
    ending = f" until {until}" if until else ""
    owner = customer.relationship_owner or "their own contact"
    return Caution(code, until, WORDS[code].format(until=ending, owner=owner))
