"""How a page of an organisation is put together."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from goodterms.web.access import Visit
from goodterms.web.queries.attention import attention_of


def render_page(
    request: HttpRequest, visit: Visit, template: str, context: dict[str, Any], section: str = "", status: int = 200
) -> HttpResponse:
    """The page within the frame every page has: navigation, what needs attention, search."""
    frame = {"visit": visit, "section": section, "attention": attention_of(visit)}
    return render(request, f"web/{template}", {**frame, **context}, status=status)


def render_part(request: HttpRequest, visit: Visit, template: str, context: dict[str, Any]) -> HttpResponse:
    """A part that htmx puts into a page that is already there."""
    return render(request, f"web/{template}", {"visit": visit, **context})
