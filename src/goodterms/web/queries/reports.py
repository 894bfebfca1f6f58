"""Reports for a page: the frames as kept, the report's answer, and the names that stand in it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from goodterms.flows.refresh_reports import frames_for_page, is_small
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Membership, Organisation
from goodterms.reports.balances import currencies_in
from goodterms.reports.catalog import Report, make_parts
from goodterms.reports.frames import Frames, FramesReplaced
from goodterms.reports.overview import overview
from goodterms.reports.result import Chart, Result, Table, joined
from goodterms.reports.segments import ReportFilter
from goodterms.reports.work_reports import without_names
from goodterms.web.report_cells import export_cell

TRIES = 3


@dataclass(frozen=True)
class Choices:
    """What the filters of a report offer."""

    currencies: Sequence[str]
    profiles: Sequence[str]
    countries: Sequence[str]
    collectors: Sequence[tuple[int, str]]


@dataclass(frozen=True)
class Part:
    """A report in one currency; charts and tables with the numbers by which the page and files name them."""

    currency: str
    result: Result
    charts: Sequence[tuple[str, Chart]]
    tables: Sequence[tuple[int, Table]]


@dataclass(frozen=True)
class ReportPage:
    """A report made, with what its page shows around it."""

    report: Report | None
    parts: Sequence[Part]
    result: Result
    wanted: ReportFilter
    choices: Choices
    customers: dict[int, Customer]
    as_of_date: date
    made_at: datetime
    is_live: bool


def open_report(
    organisation: Organisation, report: Report, wanted: ReportFilter, now: datetime, *, shows_names: bool
) -> ReportPage | None:
    """The report's page; None while its sums were never made."""

    def make(frames: Frames) -> ReportPage:
        shown = _known(wanted, frames)
        made = make_parts(report, frames, shown)
        if report.name == "activity" and not shows_names:
            made = [(code, without_names(result)) for code, result in made]
        return _page(organisation, report, made, shown, frames)

    return _with_frames(organisation, now, make)


def open_overview(organisation: Organisation, wanted: ReportFilter, now: datetime) -> ReportPage | None:
    """The six figures in one currency (the organisation's own where there is anything in it)."""

    def make(frames: Frames) -> ReportPage:
        codes = currencies_in(frames, replace(wanted, currency=""), organisation.currency)
        shown = wanted if wanted.currency in codes else wanted.with_currency(codes[0] if codes else "")
        made = [(shown.currency, overview(frames, shown))] if shown.currency else []
        return _page(organisation, None, made, shown, frames)

    return _with_frames(organisation, now, make)


def _with_frames(organisation: Organisation, now: datetime, make: Callable[[Frames], ReportPage]) -> ReportPage | None:
    """What ``make`` makes of the frames as kept; of the newer ones where they were replaced meanwhile."""
    for _ in range(TRIES):
        frames = frames_for_page(organisation, now)
        if frames is None:
            return None
        try:
            return make(frames)
        except FramesReplaced:
            continue
    raise FramesReplaced


def _known(wanted: ReportFilter, frames: Frames) -> ReportFilter:
    """Nothing is known later than the day the frames were made."""
    last = min(wanted.to_date, frames.as_of_date)
    return replace(wanted, to_date=last, from_date=min(wanted.from_date, last))


def _page(
    organisation: Organisation,
    report: Report | None,
    made: Sequence[tuple[str, Result]],
    wanted: ReportFilter,
    frames: Frames,
) -> ReportPage:
    result = joined([one for _code, one in made])
    ids = {
        row[column.key]
        for table in result.tables
        for column in table.columns
        if column.unit == "customer"
        for row in table.rows
    }
    customers = Customer.objects.filter(organisation=organisation).in_bulk(ids) if ids else {}
    return ReportPage(
        report,
        _numbered(made),
        result,
        wanted,
        _choices(organisation, frames),
        customers,
        frames.as_of_date,
        frames.made_at,
        is_small(organisation),
    )


def _numbered(made: Sequence[tuple[str, Result]]) -> list[Part]:
    parts: list[Part] = []
    tables = 0
    for number, (code, result) in enumerate(made):
        charts = [(f"report-chart-{number}-{place}", chart) for place, chart in enumerate(result.charts)]
        parts.append(Part(code, result, charts, list(enumerate(result.tables, start=tables))))
        tables += len(result.tables)
    return parts


def _choices(organisation: Organisation, frames: Frames) -> Choices:
    segments = frames["segments"]

    def found(name: str) -> list[Any]:
        return sorted(value for value in segments[name].unique().to_list() if value)

    everything = ReportFilter(frames.as_of_date, frames.as_of_date)
    members = Membership.objects.filter(organisation=organisation, pk__in=found("collector_id")).select_related("user")
    return Choices(
        currencies_in(frames, everything, organisation.currency),
        found("profile"),
        found("country"),
        sorted(((member.pk, str(member.user)) for member in members), key=lambda pair: pair[1]),
    )


def export_cells(page: ReportPage, place: int) -> tuple[list[str], Iterator[list[Any]]]:
    """Headings and rows of one of the report's tables, as web.exports takes them; IndexError where there is none."""
    table = page.result.tables[place]
    headings = [
        f"{column.heading} ({table.currency})" if column.unit == "money" and table.currency else str(column.heading)
        for column in table.columns
    ]
    rows = ([export_cell(page, table, column, row.get(column.key)) for column in table.columns] for row in table.rows)
    return headings, rows
