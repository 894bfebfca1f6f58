"""A person writes to a customer: looked at as it would leave, then sent through the outbox like everything else."""

import re
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction

from goodterms.core.refusal import Refusal
from goodterms.flows.by_hand import CYCLE_PREFIX, PLAYBOOK
from goodterms.flows.cautions import Caution, cautions_for
from goodterms.flows.compose_message import Composed, compose_preview
from goodterms.flows.facts import local_day, raise_facts_version, write_timeline
from goodterms.flows.handle_reply import NONE, handle_reply
from goodterms.flows.reply_deeds import Given
from goodterms.followup.models import CustomerProfile, OptOut, PersonalTouch, Reply, Touch
from goodterms.followup.policy import policy_of
from goodterms.ledger.models import Contact, Customer
from goodterms.messages.catalog import TemplateUnknown, find_template, template_catalog
from goodterms.messages.own_words import write_source
from goodterms.organizations.models import Organisation
from goodterms.outbox.keys import touch_key
from goodterms.outbox.models import Effect

CHANNELS = ("email", "letter", "certified", "sms")
OWN_WORDS = {"email": "own_words", "letter": "own_letter", "certified": "own_letter", "sms": "own_sms"}
MEDIA = {"email": "email", "letter": "letter", "certified": "letter", "sms": "sms"}
SENDERS = ("default", "owner")
CERTIFIED = "certified_notice"
REMINDS_OF_PROMISES = ("promise_reminder", "sms_promise_reminder")
LONGEST_WORDS = 6_000
LONGEST_RECIPIENT = 254
_FORM_KEY = re.compile(r"[0-9a-f]{16,32}")


class NotToBeSent(Refusal):
    """A message cannot leave as it is; every fault in a sentence."""


class OverruleWithoutReason(Refusal):
    """Something speaks against a message, and nobody said why it shall go all the same."""

    def __init__(self, cautions: tuple[Caution, ...]) -> None:
        said = " ".join(caution.text for caution in cautions)
        super().__init__(f"{said} Say why it shall go out all the same; the reason is kept in the timeline.")


class FormUnusable(Refusal):
    """A message came from no form of ours."""

    def __init__(self) -> None:
        super().__init__("This form cannot be used any more; open it again and look at the message once more.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message as its writer put it together. Without ``words`` the template speaks; ``reply`` is what it answers."""

    template: str
    channel: str = "email"
    contact: Contact | None = None
    language: str = ""
    sender: str = "default"
    subject: str = ""
    words: str = ""
    shows_invoices: bool = False
    shows_payment: bool = False
    deadline: date | None = None
    encloses_statement: bool = False
    reply: Reply | None = None

    @property
    def is_own_words(self) -> bool:
        return self.template in OWN_WORDS.values()

    @property
    def source(self) -> str | None:
        """The own words as the source of the message."""
        if not self.is_own_words:
            return None
        return write_source(
            self.subject, self.words, shows_invoices=self.shows_invoices, shows_payment=self.shows_payment
        )


def templates_for(channel: str) -> list[str]:
    """The templates a person may choose for a channel: own words first; reminders of a promise belong to the run."""
    medium = MEDIA[channel]
    fitting = [name for name, kind in template_catalog().items() if kind.medium == medium and not kind.by_hand]
    kept = [name for name in fitting if not _is_of_the_run(name) and (name != CERTIFIED or channel == "certified")]
    return [OWN_WORDS[channel], *kept]


def _is_of_the_run(template: str) -> bool:
    """Whether the template is about invoices or a promise that the day's run chose: nothing to choose by hand."""
    return find_template(template).looks_ahead or template in REMINDS_OF_PROMISES


def address_for(customer: Customer, draft: Draft) -> str:
    """Where the message would go; empty where there is no address."""
    if MEDIA[draft.channel] == "letter":
        lines = [line.strip() for line in customer.postal_address.splitlines() if line.strip()]
        return ", ".join(lines)[:LONGEST_RECIPIENT]
    if draft.contact is None:
        return ""
    return draft.contact.mobile if draft.channel == "sms" else draft.contact.email


def preview_message(customer: Customer, draft: Draft, now: datetime) -> Composed:
    """The message exactly as it would leave now, with everything that keeps it from leaving; nothing is written."""
    return compose_preview(
        customer,
        draft.template,
        now,
        language=draft.language,
        sender=draft.sender,
        contact=draft.contact,
        deadline_date=draft.deadline,
        source=draft.source,
        encloses_statement=draft.encloses_statement,
    )


def cautions_of(
    organisation: Organisation, customer: Customer, draft: Draft, *, actor: str, now: datetime
) -> tuple[Caution, ...]:
    """What speaks against this message now, and may be overruled with a reason."""
    return cautions_for(
        organisation,
        customer,
        now,
        actor=actor,
        channel=draft.channel,
        address=address_for(customer, draft),
        is_answer=draft.reply is not None,
    )


def send_message(
    organisation: Organisation,
    customer: Customer,
    draft: Draft,
    *,
    form_key: str,
    actor: str,
    now: datetime,
    overrule_reason: str = "",
    closes_reply: bool = False,
) -> Effect:
    """Queue the message under a unique key; the form it came from sends it once, however often it is submitted.

    With ``closes_reply`` the answer it answers is dealt with, and chasing may go on. The gate looks at fresh facts
    before it leaves. Raises FormUnusable, NotToBeSent (the message has faults, or the
    address may not be written to), or OverruleWithoutReason where something speaks against it and nobody said why not.
    """
    if not _FORM_KEY.fullmatch(form_key):
        raise FormUnusable
    if known := _sent_before(organisation, form_key):
        return known
    _check(organisation, customer, draft, now)
    cautions = cautions_of(organisation, customer, draft, actor=actor, now=now)
    if cautions and not overrule_reason.strip():
        raise OverruleWithoutReason(cautions)
    try:
        with transaction.atomic():
            effect = _queue(organisation, customer, draft, cautions, form_key, actor, now, overrule_reason.strip())
            if draft.reply is not None and closes_reply and draft.reply.handled_at is None:
                handle_reply(draft.reply, reading=NONE, given=Given(note="Answered."), actor=actor, now=now)
            return effect
    except IntegrityError:
        # A second click was quicker than its own first one could be seen.
        known = _sent_before(organisation, form_key)
        if known is None:
            raise
        return known


def _sent_before(organisation: Organisation, form_key: str) -> Effect | None:
    known = PersonalTouch.objects.filter(organisation=organisation, form_key=form_key)
    found = known.select_related("touch__effect").first()
    return found.touch.effect if found else None


def _check(organisation: Organisation, customer: Customer, draft: Draft, now: datetime) -> None:
    if draft.channel not in CHANNELS or draft.sender not in SENDERS:
        raise NotToBeSent("Choose a channel and a sender from the lists.")
    try:
        medium = find_template(draft.template).medium
    except TemplateUnknown as unknown:
        raise NotToBeSent(str(unknown)) from unknown
    if medium != MEDIA[draft.channel]:
        raise NotToBeSent("That template belongs to another channel; choose one of this channel's.")
    if draft.is_own_words and not draft.words.strip():
        raise NotToBeSent("There are no words yet; write what you want to say.")
    if draft.is_own_words and draft.channel != "sms" and not draft.subject.strip():
        raise NotToBeSent("There is no subject yet; say in a few words what it is about.")
    if len(draft.words) > LONGEST_WORDS:
        raise NotToBeSent(f"The text has {len(draft.words)} characters; shorten it to {LONGEST_WORDS}.")
    address = address_for(customer, draft)
    if not address:
        raise NotToBeSent("There is no address for this channel; add one to a contact, or choose another channel.")
    if (
        draft.channel == "sms"
        and OptOut.objects.filter(organisation=organisation, channel="sms", address=address.strip().lower()).exists()
    ):
        raise NotToBeSent("They asked not to be sent texts; that holds for ever. Choose another channel.")
    composed = preview_message(customer, draft, now)
    if composed.message is None:
        raise NotToBeSent(" ".join(str(fault) for fault in composed.faults))


def _queue(
    organisation: Organisation,
    customer: Customer,
    draft: Draft,
    cautions: tuple[Caution, ...],
    form_key: str,
    actor: str,
    now: datetime,
    reason: str,
) -> Effect:
    recipient, cycle = address_for(customer, draft), CYCLE_PREFIX + form_key
    step = draft.template.replace("_", "-")
    effect = Effect.objects.create(
        organisation=organisation,
        key=touch_key(organisation.pk, customer.pk, PLAYBOOK, cycle, step, 1, draft.channel, recipient),
        channel=draft.channel,
        customer_id=customer.pk,
        recipient=recipient,
        state=Effect.State.QUEUED,
        not_before=now,
        created_at=now,
    )
    touch = _write_touch(organisation, customer, draft, effect, cycle, step, actor, now)
    PersonalTouch.objects.create(
        organisation=organisation,
        touch=touch,
        form_key=form_key,
        written_by=actor,
        encloses_statement=draft.encloses_statement,
        overruled=" ".join(caution.code for caution in cautions),
        overrule_reason=reason if cautions else "",
        reply=draft.reply,
    )
    raise_facts_version(organisation, customer)
    in_spite = f" In spite of: {' '.join(caution.text for caution in cautions)} Because: {reason}" if cautions else ""
    what = f"“{draft.subject.strip()}”" if draft.is_own_words and draft.subject.strip() else f"“{draft.template}”"
    write_timeline(
        customer,
        "message_written",
        f"Message {what} to {recipient}.{in_spite}",
        actor=actor,
        now=now,
        effect_key=effect.key,
        data={"channel": draft.channel, "template": draft.template, "overruled": [one.code for one in cautions]},
    )
    return effect


def _write_touch(
    organisation: Organisation,
    customer: Customer,
    draft: Draft,
    effect: Effect,
    cycle: str,
    step: str,
    actor: str,
    now: datetime,
) -> Touch:
    standing = CustomerProfile.objects.filter(customer=customer).first()
    return Touch.objects.create(
        organisation=organisation,
        customer=customer,
        effect=effect,
        cycle=cycle,
        playbook=PLAYBOOK,
        step=step[:40],
        level=0,
        occurrence=1,
        channel=draft.channel,
        contact_id=draft.contact.pk if draft.contact else None,
        language=draft.language or customer.language or organisation.language,
        template=draft.template,
        own_words=draft.source or "",
        tone="",
        sender=draft.sender,
        planned_date=local_day(organisation, customer, now),
        deadline_date=draft.deadline,
        items="[]",
        due_reason=f"Written by {actor}.",
        profile=(standing.override_profile or standing.profile) if standing else "",
        profile_rule="",
        evidence="{}",
        policy_hash=policy_of(organisation).hash,
    )
