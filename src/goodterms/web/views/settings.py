"""Settings: the organisation, how it looks and is paid, who speaks, at which pace, and what is charged."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from goodterms.channels.letter_rendering import draw_letter
from goodterms.core.refusal import Refusal
from goodterms.flows.change_settings import change_settings
from goodterms.flows.send_test_mail import TestMailRefused, send_test_mail
from goodterms.flows.set_up_organisation import change_logo, change_test_mode
from goodterms.messages.message import Message
from goodterms.organizations.values import LARGEST_LOGO_BYTES, LOGO_TYPES
from goodterms.web.access import Visit, go_back, looking_to_manage, managing, owning
from goodterms.web.mail_channel import email_channel
from goodterms.web.pages import render_page
from goodterms.web.queries.settings import (
    EMAIL,
    LETTER,
    closed_days,
    compose_sample,
    logo_address,
    read_mail_set_up,
)
from goodterms.web.sent_mail import embed_pictures
from goodterms.web.settings_forms import (
    AgencyForm,
    BrandingForm,
    InterestForm,
    OrganisationForm,
    PaceForm,
    PaymentForm,
    SendersForm,
    SettingsForm,
)
from goodterms.web.shut_in import shut_in
from goodterms.web.uploads import read_upload

PARTS: dict[str, tuple[str | Promise, str, type[SettingsForm] | None]] = {
    "organisation": (gettext_lazy("Organisation"), "building", OrganisationForm),
    "branding": (gettext_lazy("Logo and letters"), "file-text", BrandingForm),
    "payment": (gettext_lazy("Payment details"), "coins", PaymentForm),
    "senders": (gettext_lazy("Senders and mail"), "mail", SendersForm),
    "pace": (gettext_lazy("Pace and hours"), "clock", PaceForm),
    "interest": (gettext_lazy("Interest and fees"), "trending-up", InterestForm),
    "agency": (gettext_lazy("Agency"), "flag", AgencyForm),
    "test-mode": (gettext_lazy("Test mode"), "player-pause", None),
}
OWNERS = ("payment", "test-mode")
"""Where money goes, and whether messages leave, is for owners to say."""


@looking_to_manage
def settings(request: HttpRequest, visit: Visit, part: str = "organisation") -> HttpResponse:
    """One page of the settings, with the values in force."""
    return _page(request, visit, part, _form(visit, part))


@managing
def settings_save(request: HttpRequest, visit: Visit, part: str) -> HttpResponse:
    """Keep a page of the settings; those for owners have addresses of their own."""
    if part in OWNERS:
        raise Http404
    return _save(request, visit, part)


@owning
def settings_payment(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Keep the payment details."""
    return _save(request, visit, "payment")


@owning
def settings_test_mode(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Switch test mode on or off."""
    is_on = request.POST.get("is_test_mode") == "yes"
    change_test_mode(visit.organisation.pk, is_on, actor=visit.actor, now=visit.now)
    told = _("Test mode is on: nothing leaves.") if is_on else _("Test mode is off: what is due leaves from now on.")
    messages.success(request, told)
    return go_back(request, _address(visit, "test-mode"))


@managing
def settings_logo(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Keep another logo, or none."""
    try:
        content = b"" if "remove" in request.POST else _read_logo(request)
        change_logo(visit.organisation.pk, content, actor=visit.actor, now=visit.now)
    except Refusal as refusal:
        return _page(request, visit, "branding", _form(visit, "branding"), logo_fault=str(refusal))
    messages.success(request, _("The logo is kept.") if content else _("Messages have no logo now."))
    return go_back(request, _address(visit, "branding"))


@managing
def settings_test_mail(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Send the sample to the person's own address, by the way that messages leave."""
    try:
        message = _sample(visit, EMAIL)
        receipt = send_test_mail(visit.organisation, visit.user, message, email_channel(visit.organisation), visit.now)
    except Refusal as refusal:
        return _page(request, visit, "senders", _form(visit, "senders"), mail_fault=str(refusal))
    told = {"address": visit.user.email, "receipt": receipt.text.rstrip(".")}
    messages.success(request, _("Sent to %(address)s: %(receipt)s.") % told)
    return go_back(request, _address(visit, "senders"))


@looking_to_manage
def settings_mail(request: HttpRequest, visit: Visit) -> HttpResponseBase:
    """A reminder as it will look, for the frame that shuts it in."""
    found = compose_sample(visit.organisation, EMAIL)
    message = found.message or found.draft
    if message is None or not message.html:
        lines = "".join(f"<p>{escape(str(fault))}</p>" for fault in found.faults)
        return shut_in(request, f"<!doctype html><meta charset=utf-8><title>{_('Nothing to show')}</title>{lines}")
    pictures = {image.cid: (image.media_type, image.content) for image in message.images}
    return shut_in(request, embed_pictures(message.html, pictures))


@looking_to_manage
def settings_letter(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The first page of a letter as it will look."""
    found = compose_sample(visit.organisation, LETTER)
    message = found.message or found.draft
    if message is None or message.letter is None:
        raise Http404
    pages = draw_letter(message.letter, visit.now)
    return HttpResponse(pages[0], content_type="image/png", headers={"Cache-Control": "private, no-store"})


def _sample(visit: Visit, template: str) -> Message:
    found = compose_sample(visit.organisation, template)
    if found.message is None:
        raise TestMailRefused(" ".join(map(str, found.faults)))
    return found.message


def _read_logo(request: HttpRequest) -> bytes:
    return read_upload(request.FILES.get("logo"), frozenset(LOGO_TYPES.values()), largest=LARGEST_LOGO_BYTES).content


def _form(visit: Visit, part: str, *given: Any) -> SettingsForm | None:
    if part not in PARTS:
        raise Http404
    kind = PARTS[part][2]
    return kind(*given, organisation=visit.organisation) if kind else None


def _save(request: HttpRequest, visit: Visit, part: str) -> HttpResponse:
    form = _form(visit, part, request.POST)
    if form is None:
        raise Http404
    if form.is_valid():
        numbers = form.changed_numbers()
        if not form.errors:
            try:
                change_settings(visit.organisation.pk, form.particulars(), numbers, actor=visit.actor, now=visit.now)
            except Refusal as refusal:
                form.refuse(refusal)
    if form.errors:
        return _page(request, visit, part, form)
    messages.success(request, _("Kept. The next messages follow it."))
    return go_back(request, _address(visit, part))


def _page(
    request: HttpRequest, visit: Visit, part: str, form: SettingsForm | None, *, logo_fault: str = "",
    mail_fault: str = "",
) -> HttpResponse:  # fmt: skip
    is_refused = bool(logo_fault or mail_fault or (form is not None and form.is_bound))
    context: dict[str, Any] = {
        "part": part,
        "parts": [(name, title, icon) for name, (title, icon, _form) in PARTS.items()],
        "title": PARTS[part][0],
        "form": form,
        "may_change": visit.may_own if part in OWNERS else visit.may_manage,
        "logo_fault": logo_fault,
        "mail_fault": mail_fault,
    }
    if part == "branding":
        context["logo"] = logo_address(visit.organisation)
    if part == "senders":
        context["mail"] = read_mail_set_up()
    if part == "pace":
        context["closed"] = closed_days(visit.organisation, visit.today)
    template = f"settings/{part.replace('-', '_')}.html"
    return render_page(request, visit, template, context, section="settings", status=422 if is_refused else 200)


def _address(visit: Visit, part: str) -> str:
    return reverse("settings-part", args=[visit.organisation.slug, part])
