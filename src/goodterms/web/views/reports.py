"""Reports: the six figures, each report with its filters, and its tables as files."""

from datetime import timedelta
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _

from goodterms.core.money import CURRENCIES
from goodterms.flows.refresh_reports import refresh_reports
from goodterms.reports.catalog import CATALOG, Report
from goodterms.reports.frames import first_day_kept
from goodterms.reports.overview import FIGURE_REPORTS
from goodterms.reports.segments import ReportFilter
from goodterms.web.access import Visit, acting, go_back, looking
from goodterms.web.days import read_day
from goodterms.web.exports import export_rows
from goodterms.web.pages import render_page
from goodterms.web.queries.reports import ReportPage, export_cells, open_overview, open_report

USUAL_DAYS = 365


@looking
def reports(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Six figures for those who look in for five minutes, and the way to every report."""
    wanted = read_wanted(request, visit)
    page = open_overview(visit.organisation, wanted, visit.now)
    figures = list(zip(page.result.figures, FIGURE_REPORTS, strict=False)) if page else []
    groups: dict[str, list[Report]] = {}
    for one in CATALOG.values():
        groups.setdefault(str(one.group), []).append(one)
    context = {"page": page, "figures": figures, "groups": groups, "wanted": page.wanted if page else wanted}
    return render_page(request, visit, "reports.html", context, section="reports")


@looking
def report(request: HttpRequest, visit: Visit, name: str) -> HttpResponse:
    """One report: figures, charts, tables, what they mean and by whose definition."""
    found = _find(name)
    wanted = read_wanted(request, visit)
    page = open_report(visit.organisation, found, wanted, visit.now, shows_names=visit.may_manage)
    context = {
        "page": page,
        "report": found,
        "wanted": page.wanted if page else wanted,
        "ranges": _ranges(request, visit),
        "first_day": first_day_kept(visit.today) + timedelta(days=1),
    }
    return render_page(request, visit, "report.html", context, section="reports")


@looking
def report_file(request: HttpRequest, visit: Visit, name: str) -> HttpResponseBase:
    """One of the report's tables as CSV or XLSX."""
    found = _find(name)
    page = open_report(visit.organisation, found, read_wanted(request, visit), visit.now, shows_names=visit.may_manage)
    place = _number(request.GET.get("table", "")) or 0
    if page is None or place >= len(page.result.tables):
        raise Http404
    headings, rows = export_cells(page, place)
    return export_rows(_file_name(page, place), headings, rows, request.GET.get("as", "csv"))


@acting
def reports_refresh(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Work the sums out anew from the facts as they stand."""
    refresh_reports(visit.organisation, visit.now, is_forced=True)
    messages.success(request, _("The reports show the facts as they stand now."))
    return go_back(request, reverse("reports", args=[visit.organisation.slug]))


def read_wanted(request: HttpRequest, visit: Visit) -> ReportFilter:
    """The filter in the address; what makes no sense is left out. Who sees only own customers has reports of those."""
    asked = request.GET.get
    last = read_day(asked("to", "")) or visit.today
    last = min(last, visit.today)
    earliest = first_day_kept(visit.today) + timedelta(days=1)
    first = read_day(asked("from", "")) or last - timedelta(days=USUAL_DAYS - 1)
    collector = visit.membership.pk if visit.is_limited else _number(asked("collector", ""))
    last = max(last, earliest)
    currency = asked("currency", "").upper()
    return ReportFilter(
        from_date=min(max(first, earliest), last),
        to_date=last,
        currency=currency if currency in CURRENCIES else "",
        profile=asked("profile", "")[:30],
        country=asked("country", "")[:2].upper(),
        collector_id=collector,
        home=visit.organisation.currency,
    )


def _find(name: str) -> Report:
    if name not in CATALOG:
        raise Http404
    return CATALOG[name]


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _ranges(request: HttpRequest, visit: Visit) -> list[tuple[str, str]]:
    """Periods that are asked for often: words, and the address's query with it."""
    today = visit.today
    choices = (
        (_("30 days"), today - timedelta(days=29)),
        (_("90 days"), today - timedelta(days=89)),
        (_("12 months"), today - timedelta(days=USUAL_DAYS - 1)),
        (_("This year"), today.replace(month=1, day=1)),
    )
    kept = {key: value for key, value in request.GET.items() if key not in ("from", "to")}
    return [
        (words, urlencode({**kept, "from": first.isoformat(), "to": today.isoformat()})) for words, first in choices
    ]


def _file_name(page: ReportPage, place: int) -> str:
    table = page.result.tables[place]
    parts = (page.report.name if page.report else "reports", slugify(str(table.title)), table.currency.lower())
    return "-".join((*filter(None, parts), page.wanted.to_date.isoformat()))
