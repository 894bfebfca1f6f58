"""Incoming mail by webhook: a mail provider's, read by django-anymail, or a mail server's own bytes."""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from goodterms.core.refusal import Refusal
from goodterms.flows.take_mail import take_mail
from goodterms.web.clock import current_moment

RAW = "raw"
# Providers whose webhooks anymail protects by the shared secret alone.
PROVIDERS: Mapping[str, str] = {
    "postmark": "PostmarkInboundWebhookView",
    "mailjet": "MailjetInboundWebhookView",
    "sparkpost": "SparkPostInboundWebhookView",
    "sendgrid": "SendGridInboundWebhookView",
}

logger = logging.getLogger(__name__)


@csrf_exempt
@require_http_methods(["POST", "HEAD"])
def mail_in(request: HttpRequest, secret: str, provider: str) -> HttpResponse:
    """Take in what the provider posts; answered with 200 once it is committed, so that it is posted again otherwise.

    Without the secret of the settings there is no such page.
    """
    wanted = settings.CONFIGURATION.inbox.webhook_secret
    if not wanted or not constant_time_compare(secret, wanted) or not (provider == RAW or provider in PROVIDERS):
        raise Http404
    if request.method == "HEAD":
        return HttpResponse()
    try:
        if int(request.headers.get("Content-Length") or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return HttpResponse("The mail is too large.", status=413, content_type="text/plain")
        mails = list(_read(request, provider, wanted))
    except (ValueError, KeyError, TypeError, AttributeError, SuspiciousOperation, ImproperlyConfigured) as fault:
        logger.warning("Mail by webhook from %s could not be read: %r", provider, fault)
        return HttpResponse("This is no mail as the provider describes it.", status=400, content_type="text/plain")
    try:
        for raw, recipients in mails:
            take_mail(raw, now=current_moment(), slug=settings.CONFIGURATION.inbox.organisation, also_to=recipients)
    except Refusal as refusal:
        logger.warning("Mail by webhook: %s", refusal)
        return HttpResponse(str(refusal), status=422, content_type="text/plain")
    return HttpResponse()


def _read(request: HttpRequest, provider: str, secret: str) -> Iterator[tuple[bytes, tuple[str, ...]]]:
    """Each mail's bytes with the recipients of its envelope."""
    if provider == RAW:
        if not request.body:
            raise ValueError("The request is empty.")
        yield request.body, ()
        return
    view = _view(provider)(webhook_secret=f"goodterms:{secret}")
    try:
        events = list(view.parse_events(request))
    except json.JSONDecodeError as error:
        raise ValueError(str(error)) from error
    for event in events:
        if event.message is not None:
            to = event.message.envelope_recipient
            yield event.message.as_bytes(), (to,) if to else ()


def _view(provider: str) -> Callable[..., Any]:
    view: Callable[..., Any] = getattr(import_module(f"anymail.webhooks.{provider}"), PROVIDERS[provider])
    return view
