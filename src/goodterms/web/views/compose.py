"""A message by hand: put together, looked at exactly as it will be, sent through the outbox."""

import secrets
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from goodterms.channels.letter_rendering import Unprintable, draw_letter
from goodterms.core.refusal import Refusal
from goodterms.flows.compose_message import Composed
from goodterms.flows.send_message import (
    CHANNELS,
    OWN_WORDS,
    Draft,
    OverruleWithoutReason,
    cautions_of,
    preview_message,
    send_message,
)
from goodterms.followup.models import Reply
from goodterms.ledger.models import Contact, Customer
from goodterms.messages.languages import match_language
from goodterms.messages.message import Message
from goodterms.messages.sms import measure_sms
from goodterms.web.access import Visit, acting, looking
from goodterms.web.compose_form import ComposeForm, draft_of, first_words, reachable
from goodterms.web.pages import render_page, render_part
from goodterms.web.preview import as_mail
from goodterms.web.queries.customer import customer_day
from goodterms.web.shut_in import shut_in

DEADLINE_DAYS = 10
MOST_PAGES = 12


@looking
def compose(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """The form with what is usual filled in, and what the message would be."""
    customer = visit.find_customer(pk)
    channel = request.GET.get("channel", "email")
    if channel not in CHANNELS:
        raise Http404
    initial = _initial(request, visit, customer, channel)
    form = ComposeForm(initial, customer=customer, today=customer_day(visit, customer), channel=channel)
    return _page(request, visit, customer, form, channel)


@acting
def compose_look(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """The message as it stands in the form: the preview alone for htmx, else the page."""
    customer = visit.find_customer(pk)
    form, channel = _read(request, visit, customer)
    if request.headers.get("HX-Request"):
        return render_part(request, visit, "parts/compose_preview.html", _look(visit, customer, form))
    return _page(request, visit, customer, form, channel)


@acting
def compose_send(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Queue it; the same form sends once, however often it is submitted."""
    customer = visit.find_customer(pk)
    form, channel = _read(request, visit, customer, is_sending=True)
    if not form.is_valid():
        return _page(request, visit, customer, form, channel, status=422)
    try:
        effect = send_message(
            visit.organisation,
            customer,
            form.draft(),
            form_key=form.cleaned_data["form_key"],
            actor=visit.actor,
            now=visit.now,
            overrule_reason=form.cleaned_data["overrule_reason"],
            closes_reply=form.cleaned_data["closes_reply"],
        )
    except Refusal as refusal:
        form.add_error("overrule_reason" if isinstance(refusal, OverruleWithoutReason) else None, str(refusal))
        return _page(request, visit, customer, form, channel, status=422)
    messages.success(request, _("On its way: it leaves as soon as a worker has looked at it once more."))
    return HttpResponseRedirect(reverse("message", args=[visit.organisation.slug, effect.pk]), status=303)


@looking
def compose_page(request: HttpRequest, visit: Visit, pk: int) -> HttpResponseBase:
    """The e-mail's own page, for the frame that shuts it in."""
    message = _previewed(request, visit, pk)
    mail = as_mail(message)
    if not mail.html:
        raise Http404
    return shut_in(request, mail.html)


@looking
def compose_picture(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """One page of the letter as a picture."""
    message = _previewed(request, visit, pk)
    number = request.GET.get("page", "1")
    if message.letter is None or not number.isdecimal():
        raise Http404
    pages = draw_letter(message.letter, visit.now)
    if not 1 <= int(number) <= len(pages):
        raise Http404
    return HttpResponse(pages[int(number) - 1], content_type="image/png", headers={"Cache-Control": "private"})


def _previewed(request: HttpRequest, visit: Visit, pk: int) -> Message:
    customer = visit.find_customer(pk)
    draft = draft_of(request.GET.get("draft", ""), customer, customer_day(visit, customer))
    composed = preview_message(customer, draft, visit.now) if draft else None
    if composed is None or composed.draft is None:
        raise Http404
    return composed.draft


def _read(
    request: HttpRequest, visit: Visit, customer: Customer, *, is_sending: bool = False
) -> tuple[ComposeForm, str]:
    """The form as it was submitted, with its channel."""
    asked = request.POST.get("channel", "email")
    channel = asked if asked in CHANNELS else "email"
    today = customer_day(visit, customer)
    return ComposeForm(request.POST, customer=customer, today=today, channel=channel, is_sending=is_sending), channel


def _initial(request: HttpRequest, visit: Visit, customer: Customer, channel: str) -> dict[str, Any]:
    """What is usual: the contact for accounts payable, the answer's sender, the customer's language, a new form key."""
    reply = _reply(request, customer)
    contact = _contact(customer, channel, request.GET.get("contact", ""), reply)
    asked = request.GET.get("template", "")
    language = match_language(customer.language) or match_language(visit.organisation.language) or "en"
    deadline = customer_day(visit, customer) + timedelta(days=DEADLINE_DAYS)
    subject = reply.subject if reply else ""
    return {
        "channel": channel,
        "template": asked or OWN_WORDS[channel],
        "contact": contact.pk if contact else "",
        "language": language,
        "sender": "owner" if customer.is_protected else "default",
        "subject": subject if subject.lower().startswith(("re:", "aw:")) or not subject else f"Re: {subject}"[:150],
        "words": first_words(contact, language) if channel != "sms" else f"{visit.organisation.name}: ",
        "deadline": deadline.isoformat(),
        "encloses_statement": "on" if request.GET.get("statement") and channel == "email" else "",
        "reply": reply.pk if reply else "",
        "closes_reply": "on" if reply else "",
        "form_key": secrets.token_hex(12),
    }


def _reply(request: HttpRequest, customer: Customer) -> Reply | None:
    number = request.GET.get("reply", "")
    return Reply.objects.filter(customer=customer, pk=number).first() if number.isdecimal() else None


def _contact(customer: Customer, channel: str, asked: str, reply: Reply | None) -> Contact | None:
    """Who was asked for, else whom it answers, else accounts payable, else whoever is known first."""
    people = list(reachable(customer, channel))
    wanted = int(asked) if asked.isdecimal() else reply.contact_id if reply else None
    sender = reply.from_address.lower() if reply else ""

    def fit(one: Contact) -> tuple[bool, bool, bool]:
        is_sender = bool(sender) and one.email.lower() == sender
        return one.pk == wanted, is_sender, one.role == Contact.Role.ACCOUNTS_PAYABLE

    return max(people, key=fit, default=None)


def _page(
    request: HttpRequest, visit: Visit, customer: Customer, form: ComposeForm, channel: str, status: int = 200
) -> HttpResponse:
    form.is_valid()
    context = {
        "customer": customer,
        "form": form,
        "channel": channel,
        "channels": CHANNELS,
        "own_template": OWN_WORDS[channel],
        "reply": form.cleaned_data.get("reply"),
        "is_letter": channel in ("letter", "certified"),
        **_look(visit, customer, form),
    }
    return render_page(request, visit, "compose.html", context, section="customers", status=status)


def _look(visit: Visit, customer: Customer, form: ComposeForm) -> dict[str, Any]:
    """The preview: the message, its faults, what speaks against it."""
    if not form.is_valid() and not _only_reason_is_missing(form):
        return {"customer": customer, "form": form, "composed": None}
    draft = form.draft()
    composed = preview_message(customer, draft, visit.now)
    message = composed.message or composed.draft
    pages, unprintable = _draw(message, visit)
    return {
        "customer": customer,
        "form": form,
        "composed": composed,
        "mail": as_mail(message) if message else None,
        "token": form.token(),
        "letter_pages": pages,
        "sms_length": measure_sms(message.text) if message and draft.channel == "sms" else None,
        "cautions": cautions_of(visit.organisation, customer, draft, actor=visit.actor, now=visit.now),
        "faults": [*_faults(draft, composed), *([unprintable] if unprintable else [])],
    }


def _only_reason_is_missing(form: ComposeForm) -> bool:
    """Whether the fields are sound and only the flow refused."""
    return not set(form.errors) - {"overrule_reason", "__all__"} and "template" in form.cleaned_data


def _faults(draft: Draft, composed: Composed) -> list[str]:
    if draft.is_own_words and not draft.words.strip():
        return [_("There are no words yet.")]
    own = {"subject_empty": _("There is no subject yet.")} if draft.is_own_words else {}
    return [own.get(fault.code, str(fault)) for fault in composed.faults]


def _draw(message: Message | None, visit: Visit) -> tuple[range, str]:
    """The pages of a letter, or why it cannot be printed."""
    if message is None or message.letter is None:
        return range(0), ""
    try:
        return range(1, min(len(draw_letter(message.letter, visit.now)), MOST_PAGES) + 1), ""
    except Unprintable as refusal:
        return range(0), str(refusal)
