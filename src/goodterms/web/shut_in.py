"""A message's own page, shown so that it may run nothing, fetch nothing and lead nowhere."""

from typing import Any

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.clickjacking import xframe_options_sameorigin

POLICY: dict[str, Any] = {
    "default-src": [NONE],
    "style-src": [UNSAFE_INLINE],
    "img-src": ["data:"],
    "form-action": [NONE],
    "base-uri": [NONE],
    "frame-ancestors": [SELF],
    "sandbox": True,
}


def shut_in(request: HttpRequest, page: str) -> HttpResponseBase:
    """The page with a policy of its own; it stands in a frame whose sandbox allows nothing either."""

    def answer(_: HttpRequest) -> HttpResponse:
        return HttpResponse(page)

    return xframe_options_sameorigin(csp(POLICY)(answer))(request)
