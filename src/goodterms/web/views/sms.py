"""What Twilio calls: what became of a text, and texts that came in; nobody else is listened to."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from goodterms.channels.twilio_signature import is_signed
from goodterms.flows.note_sms_status import note_sms_status
from goodterms.flows.take_sms import take_sms
from goodterms.web.clock import current_moment

NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
LONGEST_TEXT = 10_000
LONGEST_KEY = 250
Call = Callable[[HttpRequest], HttpResponse]


def from_twilio(view: Call) -> Call:
    """A call that only Twilio may make, proved by its signature; without Twilio there is nothing here."""

    @wraps(view)
    def checked(request: HttpRequest) -> HttpResponse:
        sms = settings.CONFIGURATION.sms
        if sms.mode != "twilio":
            raise Http404
        form = {name: request.POST.getlist(name) for name in request.POST}
        if not is_signed(sms.auth_token, _address(request), form, request.headers.get("X-Twilio-Signature", "")):
            raise PermissionDenied
        return view(request)

    return csrf_exempt(require_POST(checked))


def _address(request: HttpRequest) -> str:
    """The address as Twilio called it, whatever a proxy made of it."""
    public = settings.CONFIGURATION.server.public_address
    return public + request.get_full_path() if public else request.build_absolute_uri()


@from_twilio
def sms_status(request: HttpRequest) -> HttpResponse:
    """What became of a text."""
    status, code = request.POST.get("MessageStatus", ""), request.POST.get("ErrorCode", "")
    note_sms_status(request.GET.get("effect", ""), status, code, now=current_moment())
    return HttpResponse(status=204)


@from_twilio
def sms_inbound(request: HttpRequest) -> HttpResponse:
    """A text that came in."""
    sender, key = request.POST.get("From", ""), request.POST.get("MessageSid", "")
    if sender and key:
        take_sms(sender, request.POST.get("Body", "")[:LONGEST_TEXT], key[:LONGEST_KEY], now=current_moment())
    return HttpResponse(NOTHING_TO_SAY, content_type="text/xml")
