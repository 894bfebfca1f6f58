"""An organisation with something of everything, and visitors of every kind."""

from dataclasses import dataclass
from datetime import date, timedelta
from email.message import EmailMessage
from typing import Any

from django.test import Client

from goodterms.channels.email import build_email
from goodterms.flows.bring_file import give_file
from goodterms.flows.make_api_key import hash_key
from goodterms.flows.portal_links import hash_token
from goodterms.flows.take_reply import take_reply
from goodterms.flows.try_policy import ask_trial
from goodterms.followup.models import (
    Call,
    Hold,
    ImportUpload,
    PolicyTrial,
    PortalLink,
    PostalProof,
    Reply,
    ReplyAttachment,
    SavedView,
    Task,
    TimelineEvent,
)
from goodterms.followup.policy import content_of
from goodterms.ledger.models import Contact, Customer, DataProblem
from goodterms.messages.message import Message
from goodterms.organizations.models import ApiKey, Invitation, Membership, Organisation, User
from goodterms.outbox.chain import append_message
from goodterms.outbox.models import Effect
from tests.conftest import NOW
from tests.factories import (
    make_customer,
    make_effect,
    make_invoice,
    make_organisation,
    make_profile,
    make_task,
    make_touch,
    make_user,
)
from tests.web.agreed_world import AgreedRows

TODAY = NOW.date()
PORTAL_TOKEN = "the-token-of-a-working-link"
OPEN_ITEMS = b"""Invoice Number,Customer,Invoice Date,Due Date,Currency,Total,Open Amount
N-1,Example Newcomer Ltd,2026-01-05,2026-02-04,GBP,500.00,500.00
N-2,Example Newcomer Ltd,2026-01-20,2026-02-19,GBP,80.50,80.50
N-3,Example Other Ltd,2026-02-01,not a day,GBP,70.00,70.00
"""


@dataclass
class World(AgreedRows):
    """Two organisations; ``ours`` has one row of everything a page can show."""

    ours: Organisation
    theirs: Organisation
    customer: Customer
    task: Task
    sent: Effect
    waiting: Effect
    uncertain: Effect
    hold: Hold
    problem: DataProblem
    contact: Contact
    reply: Reply
    reply_file: ReplyAttachment
    call: Call
    letter: Effect
    proof: PostalProof
    people: dict[str, User]
    member: Membership
    invitation: Invitation
    api_key: ApiKey
    saved_view: SavedView
    trial: PolicyTrial
    portal_link: PortalLink
    upload: ImportUpload

    def client(self, who: str) -> Client:
        """A browser in which this person is signed in ("anonymous", "debtor": nobody)."""
        client = Client()
        if who not in ("anonymous", "debtor"):
            client.force_login(self.people[who])
        return client


def build_world() -> World:
    """Something of everything."""
    ours, theirs = make_organisation(), make_organisation(slug="others", name="Other Example Ltd")
    people = {
        "owner": make_user(ours, email="owner@supplies.example", first_name="Robin", last_name="Example"),
        "manager": make_user(ours, Membership.Role.MANAGER, email="manager@supplies.example"),
        "collector": make_user(ours, Membership.Role.COLLECTOR, email="collector@supplies.example"),
        "limited": make_user(ours, Membership.Role.COLLECTOR, email="limited@supplies.example"),
        "viewer": make_user(ours, Membership.Role.VIEWER, email="viewer@supplies.example"),
        "stranger": make_user(theirs, email="stranger@others.example"),
    }
    Membership.objects.filter(user=people["limited"]).update(has_own_customers_only=True)
    customer = make_debtor(ours, "C1")
    effects = {state: make_touched(customer, state) for state in ("sent", "waiting", "uncertain")}
    reply = make_reply(customer)
    letter = make_letter(customer)
    # Not among the tasks, which tests count.
    Task.objects.filter(kind=Task.Kind.REPLY).delete()
    return World(
        ours=ours,
        theirs=theirs,
        customer=customer,
        task=make_call(customer),
        hold=make_hold(customer),
        problem=make_problem(ours, customer=customer),
        contact=customer.contacts.get(),
        reply=reply,
        call=make_spoken_call(customer),
        letter=letter,
        proof=make_proof(letter, customer),
        reply_file=reply.attachments.get(),
        people=people,
        member=Membership.objects.get(user=people["viewer"]),
        invitation=make_invitation(ours),
        api_key=make_key(ours),
        saved_view=SavedView.objects.create(
            organisation=ours, user=people["owner"], name="Calls", filters={"kind": "call"}, saved_at=NOW
        ),
        trial=make_trial(ours),
        portal_link=make_link(customer, PORTAL_TOKEN),
        upload=give_file(ours, "open.csv", OPEN_ITEMS, actor="Robin Example", now=NOW),
        **effects,
    )


def make_link(customer: Customer, token: str, **given: Any) -> PortalLink:
    """A customer's link into the portal, whose token is known."""
    values: dict[str, Any] = {
        "contact": customer.contacts.first(),
        "token_sha256": hash_token(token),
        "created_at": NOW - timedelta(days=100),
        "created_by": "Robin Example",
        "expires_at": NOW + timedelta(days=60),
    }
    return PortalLink.objects.create(organisation=customer.organisation, customer=customer, **{**values, **given})


def make_trial(organisation: Organisation) -> PolicyTrial:
    """A question that waits for a worker: what if months of history were lived through under the policy in force."""
    content = content_of(organisation)
    return ask_trial(organisation, "history", content, days=91, actor="Robin Example", now=NOW)


def make_debtor(organisation: Organisation, number: str, **given: object) -> Customer:
    """A customer with a paid history, an overdue invoice, one not due, a profile and a word in the timeline."""
    customer = make_customer(organisation, number, **given)
    for month in range(1, 6):
        due = TODAY - timedelta(days=30 * month + 40)
        make_invoice(customer, f"{number}-S{month}", due=due, settled=due + timedelta(days=3 * month))
    make_invoice(customer, f"{number}-R1", due=TODAY - timedelta(days=12), amount_minor=1234_50)
    make_invoice(customer, f"{number}-R2", due=TODAY + timedelta(days=5), amount_minor=500_00)
    make_profile(customer)
    TimelineEvent.objects.create(
        organisation=organisation, customer=customer, at=NOW, kind="sent", text="Friendly reminder", actor="goodterms"
    )
    return customer


def make_touched(customer: Customer, state: str, html: str = "<p>Dear customer</p>", **given: object) -> Effect:
    """An effect with its touch in this state; a sent one with its bytes in the chain."""
    values: dict[str, Any] = {"state": state, **given}
    if state == "uncertain":
        values |= {"handed_over_at": NOW, "transport": "smtp", "content": mail_bytes(html), "claimed_by": "w"}
    effect = make_effect(customer, **values)
    make_touch(customer, effect=effect, step="friendly")
    if state == "sent":
        append_message(effect.pk, customer.organisation_id, effect.key, "message/rfc822", mail_bytes(html), NOW)
    return effect


def make_call(customer: Customer) -> Task:
    """A call that was prepared this morning: its effect, its sheet, its task."""
    effect = make_effect(customer, state="sent", channel="call", recipient="+44 1632 960001")
    make_touch(customer, effect=effect, step="call", channel="call", template="call_friendly")
    append_message(effect.pk, customer.organisation_id, effect.key, "text/plain", b"Call\n\nWhom to ask for", NOW)
    return make_task(customer, key=effect.key, detail="Whom to ask for")


def make_spoken_call(customer: Customer) -> Call:
    """A call that was made and recorded."""
    return Call.objects.create(
        organisation=customer.organisation,
        customer=customer,
        contact=customer.contacts.first(),
        called_at=NOW,
        called_date=TODAY,
        outcome="reached",
        note="They will look for it.",
        made_by="Robin Example",
        consent_rule="Ask first.",
        consent_by="Robin Example",
        recording=b"ID3 sound",
        recording_type="audio/mpeg",
        recording_sha256="0" * 64,
    )


def make_letter(customer: Customer) -> Effect:
    """A certified letter that left."""
    recipient = "1 Example Street, Exampletown"
    effect = make_effect(customer, state="sent", channel="certified", recipient=recipient)
    make_touch(customer, effect=effect, step="unceasing", channel="certified", template="certified_notice")
    append_message(effect.pk, customer.organisation_id, effect.key, "text/plain", b"Notice", NOW)
    return effect


def make_proof(effect: Effect, customer: Customer) -> PostalProof:
    """A letter's proof of posting."""
    return PostalProof.objects.create(
        organisation=customer.organisation,
        customer=customer,
        effect=effect,
        sending_number="RR123456785GB",
        posted_date=TODAY,
        posted_by="Robin Example",
        posting_proof=b"%PDF-1.7 slip",
        posting_proof_type="application/pdf",
        posting_proof_sha256="0" * 64,
    )


def mail_bytes(html: str, subject: str = "Friendly reminder") -> bytes:
    """An e-mail as the channel builds it."""
    message = Message(
        template="reminder_friendly",
        language="en",
        subject=subject,
        text="Dear customer,\n\nplease look at the invoice.",
        html=f"<html><body>{html}</body></html>",
        summary=subject,
        sender_name="Robin Example",
        sender_email="accounts@supplies.example",
        reply_to="",
        recipient_name="Sam Example",
        recipient_email="sam@customer.example",
    )
    return build_email("key", message, NOW)


def make_reply(customer: Customer, text: str = "We will pay half on 20 March.") -> Reply:
    """An answer with a page of its own and an enclosed file, as it is taken in."""
    mail = EmailMessage()
    mail["From"] = f"Sam Example <{customer.number.lower()}@customer.example>"
    mail["Message-ID"] = f"<{Reply.objects.count()}@customer.example>"
    mail["Subject"] = "Re: Friendly reminder"
    mail.set_content(text)
    mail.add_alternative(f"<p>{text}</p><script>alert(1)</script>", subtype="html")
    mail.add_attachment(b"%PDF-1.7 proof", maintype="application", subtype="pdf", filename="proof.pdf")
    return take_reply(customer.organisation, mail.as_bytes(), now=NOW)


def make_hold(customer: Customer, until: date = TODAY + timedelta(days=20)) -> Hold:
    return Hold.objects.create(
        organisation=customer.organisation,
        customer=customer,
        reason="illness",
        note="Their bookkeeper is ill.",
        from_date=TODAY,
        until_date=until,
        made_by="Robin Example",
        made_at=NOW,
    )


def make_invitation(organisation: Organisation, email: str = "invited@supplies.example") -> Invitation:
    """An invitation of this morning."""
    return Invitation.objects.create(
        organisation=organisation,
        email=email,
        role=Membership.Role.COLLECTOR,
        invited_by="Robin Example",
        invited_at=NOW,
        expires_at=NOW + timedelta(days=7),
    )


def make_key(organisation: Organisation) -> ApiKey:
    """A program's key of this morning."""
    return ApiKey.objects.create(
        organisation=organisation,
        name="Shop",
        prefix="gt_abcdefg",
        key_sha256=hash_key("gt_abcdefghij"),
        role=Membership.Role.VIEWER,
        made_by="Robin Example",
        made_at=NOW,
    )


def make_problem(organisation: Organisation, **given: object) -> DataProblem:
    number = DataProblem.objects.count() + 1
    values: dict[str, object] = {
        "fingerprint": f"problem-{number}",
        "code": "ambiguous_date",
        "file_name": "open.csv",
        "row": 12,
        "column": "Due date",
        "value": "03/04/2026",
        "message": "03/04/2026 can be 3 April or 4 March.",
        "remedy": "Say which with --date-order.",
        "found_at": NOW,
    }
    return DataProblem.objects.create(organisation=organisation, **{**values, **given})
