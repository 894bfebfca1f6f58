"""One message: exactly as it was sent, or as it would be; and what a person decides about it."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from goodterms.channels.content_types import ending_of
from goodterms.flows.approve_effect import approve_effect, refuse_effect, stamp_of_words
from goodterms.flows.settle_effect import Settlement, settle_effect
from goodterms.outbox.chain import content_hash
from goodterms.outbox.models import Effect, SentMessage
from goodterms.web.access import Visit, acting, go_back, looking
from goodterms.web.pages import render_page
from goodterms.web.preview import Preview, preview_of
from goodterms.web.queries.messages import asked_items, attempts_of, customer_of, find_effect, touch_of
from goodterms.web.sent_mail import ReadMail, read_sent
from goodterms.web.shut_in import shut_in

BEFORE_SENDING = (Effect.State.PLANNED, Effect.State.WAITING, Effect.State.QUEUED)
SETTLED_BY_PERSON = (Effect.State.UNCERTAIN, Effect.State.FAILED)


@looking
def message(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """The message with its headers, its parts, its record, and why it was sent."""
    effect = _find(visit, pk)
    sent, touch = _sent(effect), touch_of(effect)
    preview = _preview(effect, visit)
    context = {
        "effect": effect,
        "touch": touch,
        "customer": customer_of(effect),
        "personal": getattr(touch, "personal", None) if touch else None,
        "is_proved": effect.channel in ("letter", "certified") and effect.state == Effect.State.SENT,
        "items": asked_items(touch) if touch else [],
        "attempts": attempts_of(effect),
        "sent": sent,
        "is_intact": sent is not None and content_hash(bytes(sent.content)) == sent.content_sha256,
        "preview": preview,
        "mail": read_sent(sent) if sent else preview.mail if preview else None,
        "is_to_settle": effect.state in SETTLED_BY_PERSON,
        "seen": stamp_of_words(effect),
        "is_to_approve": effect.state == Effect.State.WAITING,
    }
    return render_page(request, visit, "message.html", context, section="outbox")


@looking
def message_html(request: HttpRequest, visit: Visit, pk: int) -> HttpResponseBase:
    """The HTML part alone, for the frame that shuts it in."""
    effect = _find(visit, pk)
    mail = _mail(effect, visit)
    if mail is None or not mail.html:
        raise Http404
    return shut_in(request, mail.html)


@looking
def message_original(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """The exact bytes, as a file to keep."""
    effect = _find(visit, pk)
    sent = _sent(effect)
    if sent is None:
        raise Http404
    ending = ending_of(sent.content_type)
    return HttpResponse(
        bytes(sent.content),
        content_type="application/octet-stream",
        headers={
            "Content-Disposition": f'attachment; filename="message-{sent.position}.{ending}"',
            "X-Content-Type-Options": "nosniff",
        },
    )


@acting
def message_approve(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Let it go out."""
    effect = _find(visit, pk)
    approve_effect(visit.organisation, effect, actor=visit.actor, now=visit.now, seen=request.POST.get("seen"))
    messages.success(request, _("Approved; it leaves as soon as its hour has come."))
    return go_back(request, _address(visit, effect))


@acting
def message_refuse(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Keep it from going out."""
    effect = _find(visit, pk)
    reason = request.POST.get("reason", "")[:1000]
    refuse_effect(visit.organisation, effect, reason=reason, actor=visit.actor, now=visit.now)
    messages.success(request, _("Refused; it will not go out."))
    return go_back(request, _address(visit, effect))


@acting
def message_settle(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Say what became of it."""
    effect = _find(visit, pk)
    answer = request.POST.get("settlement", "")
    if answer not in set(Settlement):
        messages.error(request, _("Say what became of it: sent, send again, or leave it."))
        return go_back(request, _address(visit, effect))
    note = request.POST.get("note", "")[:1000]
    settle_effect(visit.organisation, effect, Settlement(answer), actor=visit.actor, now=visit.now, note=note)
    messages.success(request, _("Settled."))
    return go_back(request, _address(visit, effect))


def _find(visit: Visit, pk: int) -> Effect:
    effect = find_effect(visit.organisation, pk)
    if effect is None:
        raise Http404
    if visit.is_limited:
        visit.find_customer(effect.customer_id)
    return effect


def _sent(effect: Effect) -> SentMessage | None:
    return getattr(effect, "message", None)


def _preview(effect: Effect, visit: Visit) -> Preview | None:
    """What would be sent now, for a message that has not left."""
    return preview_of(effect, visit.now) if effect.state in BEFORE_SENDING else None


def _mail(effect: Effect, visit: Visit) -> ReadMail | None:
    sent = _sent(effect)
    if sent:
        return read_sent(sent)
    preview = _preview(effect, visit)
    return preview.mail if preview else None


def _address(visit: Visit, effect: Effect) -> str:
    return reverse("message", args=[visit.organisation.slug, effect.pk])
