"""What the relay's tests share: a queue of touches, words and gate that can be steered, a channel that remembers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from goodterms.channels.port import Channel, Parcel, Receipt
from goodterms.channels.wiring import channels_from
from goodterms.flows.compose_message import Composed
from goodterms.flows.relay import RelayCounts, relay_due
from goodterms.followup.gate_answer import GateAnswer
from goodterms.followup.models import Touch
from goodterms.ledger.models import Customer
from goodterms.messages.message import Message
from goodterms.organizations.models import Organisation
from goodterms.outbox.keys import touch_key
from goodterms.outbox.models import Effect
from tests.channels.messages import make_message
from tests.channels.servers import plain_server
from tests.channels.twilio_server import TwilioServer
from tests.conftest import NOW
from tests.factories import make_customer, make_effect, make_organisation, make_touch

LEASE = timedelta(minutes=5)
LATER = NOW + LEASE + timedelta(seconds=1)


def make_queue(count: int = 3, **given: Any) -> list[Effect]:
    """One organisation, one reminder queued for each of its customers."""
    organisation = given.pop("organisation", None) or make_organisation()
    return [queue_touch(make_customer(organisation, f"C{number}"), **given).effect for number in range(1, count + 1)]


def queue_touch(customer: Customer, step: str = "reminder_friendly", **given: Any) -> Touch:
    """A reminder queued for now, under the key that planning would give it."""
    channel, cycle = given.pop("channel", "email"), given.pop("cycle", "cycle-1")
    recipient = given.pop("recipient", f"{customer.number.lower()}@customer.example")
    key = touch_key(customer.organisation_id, customer.pk, "forgetful", cycle, step, 1, channel, recipient)
    effect = make_effect(customer, key, channel=channel, recipient=recipient, **given)
    return make_touch(customer, effect=effect, step=step, channel=channel, cycle=cycle)


def compose(touch_ids: Sequence[int], now: datetime) -> dict[int, Composed]:
    """A short reminder for each touch."""
    touches = Touch.objects.filter(pk__in=touch_ids).values_list("pk", "effect__recipient")
    return {touch: Composed(make_message(recipient)) for touch, recipient in touches}


def open_gate(effect_keys: Sequence[str], now: datetime) -> dict[str, GateAnswer]:
    """Everything may go; the versions are those of this moment."""
    rows = list(Effect.objects.filter(key__in=effect_keys).values_list("key", "customer_id", "organisation_id"))
    asked = Customer.objects.filter(pk__in=[who for _, who, _ in rows])
    customers = dict(asked.values_list("pk", "facts_version"))
    organisations = dict(Organisation.objects.values_list("pk", "facts_version"))
    return {key: GateAnswer("go", "", customers[who], organisations[which]) for key, who, which in rows}


def gate_saying(**changes: Any) -> Callable[[Sequence[str], datetime], dict[str, GateAnswer]]:
    """The open gate, its answers changed."""

    def gate(effect_keys: Sequence[str], now: datetime) -> dict[str, GateAnswer]:
        return {key: replace(answer, **changes) for key, answer in open_gate(effect_keys, now).items()}

    return gate


@dataclass
class RememberingChannel:
    """A channel whose other side is a list; ``answers`` are called one after the other, then all is accepted."""

    name: str = "remembering"
    content_type: str = "message/rfc822"
    retry_is_safe: bool = False
    leaves_machine: bool = True
    accepted: list[tuple[str, Parcel]] = field(default_factory=list)
    answers: list[Callable[[], None]] = field(default_factory=list)
    is_reachable: Callable[[], None] | None = None

    def prepare(self, effect_key: str, message: Message, now: datetime, *, replies_to: str = "") -> Parcel:
        return Parcel(f"{message.text}\r\n{now}".encode(), (message.recipient_email,), message.sender_email)

    def open(self) -> None:
        if self.is_reachable:
            self.is_reachable()

    def hand_over(self, effect_key: str, parcel: Parcel) -> Receipt:
        if self.answers:
            self.answers.pop(0)()
        self.accepted.append((effect_key, parcel))
        return Receipt("250 taken")

    def close(self) -> None:
        """Nothing is kept open."""

    @property
    def keys(self) -> list[str]:
        return [key for key, _ in self.accepted]


def relay(channel: Channel | Mapping[str, Channel], now: datetime = NOW, **given: Any) -> RelayCounts:
    """One call of the relay with steered gate and words."""
    channels = {"email": channel} if not isinstance(channel, Mapping) else channel
    values: dict[str, Any] = {"worker": "worker-1", "lease": LEASE, "gate": open_gate, "compose": compose}
    return relay_due(now, channels=channels, **values | given)


def channels_for(order: Mapping[str, Any]) -> Mapping[str, Channel]:
    """The channels of an installation: an SMTP server on loopback at ``port``, else the folder."""
    server = plain_server(order["port"]) if order.get("port") else None
    twilio = TwilioServer(port=order["twilio"]).account() if order.get("twilio") else None
    return channels_from(Path(order["folder"]), server, twilio)


def raising(error: Exception) -> Callable[[], None]:
    """A function that raises this."""

    def fail() -> None:
        raise error

    return fail
