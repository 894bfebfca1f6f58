"""``goodterms report``: every report as a table, as JSON, or as a file for a spreadsheet."""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from goodterms.cli.context import OrganisationOption, current_moment, open_organisation, today_of
from goodterms.cli.printing import Column, note, print_json, print_table, say
from goodterms.core.money import Money
from goodterms.core.refusal import Refusal
from goodterms.flows.refresh_reports import refresh_reports
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Organisation
from goodterms.reports.catalog import CATALOG, Report, find_report, make_report
from goodterms.reports.files import csv_lines, workbook
from goodterms.reports.frames import first_day_kept
from goodterms.reports.result import Figure, Result, Table
from goodterms.reports.segments import ReportFilter

DATE_FORMATS = ["%Y-%m-%d"]


class ReportFormat(StrEnum):
    """How the command answers."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"


class FileMissing(Refusal):
    """A file was to be written without saying where."""

    def __init__(self, form: str) -> None:
        super().__init__(f"Say where the {form} file goes: --output report.{form}")


NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", help=f"One of: {', '.join(CATALOG)}. Without: the list.", show_default=False)
]
FromOption = Annotated[
    datetime | None, typer.Option("--from", formats=DATE_FORMATS, metavar="DATE", help="Without: a year before --to.")
]
ToOption = Annotated[
    datetime | None, typer.Option("--to", formats=DATE_FORMATS, metavar="DATE", help="As known then; without: today.")
]
CurrencyOption = Annotated[str, typer.Option("--currency", metavar="CODE", help="Without: each currency by itself.")]
ProfileOption = Annotated[str, typer.Option("--profile", metavar="PROFILE", help="Customers of this profile only.")]
CountryOption = Annotated[str, typer.Option("--country", metavar="CODE", help="Customers in this country only.")]
ReportFormatOption = Annotated[
    ReportFormat, typer.Option("--format", help="A table, JSON, or a file for a spreadsheet.")
]
OutputOption = Annotated[Path | None, typer.Option("--output", "-o", help="Where a CSV or XLSX file goes.")]
TableOption = Annotated[int, typer.Option("--table", min=1, help="Which of its tables goes into the file.")]


def report(
    name: NameArgument = "",
    first: FromOption = None,
    last: ToOption = None,
    currency: CurrencyOption = "",
    profile: ProfileOption = "",
    country: CountryOption = "",
    output: OutputOption = None,
    table: TableOption = 1,
    organisation: OrganisationOption = "",
    format: ReportFormatOption = ReportFormat.TABLE,
) -> None:
    """Show a report: goodterms report ageing --to 2026-03-31 --format xlsx -o ageing.xlsx"""
    if not name:
        rows = [{"name": one.name, "title": str(one.title), "question": str(one.question)} for one in CATALOG.values()]
        columns = [Column("name", "Name"), Column("title", "Report"), Column("question", "Answers", is_wrapped=True)]
        print_table("Reports", columns, rows)
        return
    ours, found = open_organisation(organisation), find_report(name)
    today = today_of(ours)
    until = min(last.date() if last else today, today)
    since = first.date() if first else until - timedelta(days=364)
    earliest = first_day_kept(today) + timedelta(days=1)
    if since < earliest:
        since = earliest
        note(f"Sums begin with {earliest}: the report begins there.")
    wanted = ReportFilter(min(since, until), until, currency.upper(), profile, country.upper(), home=ours.currency)
    frames = refresh_reports(ours, current_moment())
    result = _named(ours, make_report(found, frames, wanted))
    if format in (ReportFormat.CSV, ReportFormat.XLSX):
        _write(found, result, table, format, output)
    elif format is ReportFormat.JSON:
        print_json(_as_json(found, wanted, result))
    else:
        _show(found, result)


def _named(organisation: Organisation, result: Result) -> Result:
    """Customers by number and name in place of their ids."""
    ids = {row.get(column.key) for table in result.tables for column in table.columns if column.unit == "customer"
           for row in table.rows}  # fmt: skip
    if not ids:
        return result
    found = Customer.objects.filter(organisation=organisation).in_bulk(ids)
    tables = []
    for table in result.tables:
        keys = [column.key for column in table.columns if column.unit == "customer"]
        rows = [
            {**row, **{key: f"{found[row[key]].number} {found[row[key]].name}" for key in keys}} for row in table.rows
        ]
        tables.append(replace(table, rows=rows))
    return replace(result, tables=tables)


def _value(value: Any, unit: str, currency: str) -> Any:
    """A value as JSON and tables have it: amounts as Money."""
    if value is None:
        return None
    if unit == "money" and currency:
        return Money(int(value), currency)
    if isinstance(value, float):
        return round(value, 4)
    return value if isinstance(value, int) or hasattr(value, "isoformat") else str(value)


def _rows(table: Table) -> list[dict[str, Any]]:
    return [
        {column.key: _value(row.get(column.key), column.unit, table.currency) for column in table.columns}
        for row in table.rows
    ]


def _as_json(found: Report, wanted: ReportFilter, result: Result) -> dict[str, Any]:
    return {
        "report": found.name,
        "from_date": wanted.from_date,
        "to_date": wanted.to_date,
        "definition": str(found.definition),
        "source": str(found.source),
        "figures": [
            {"name": str(one.heading), "value": _value(one.value, one.unit, one.currency), "unit": one.unit}
            for one in result.figures
        ],
        "tables": [
            {"title": str(one.title), "currency": one.currency or None, "rows": _rows(one)} for one in result.tables
        ],
        "notes": [str(one) for one in result.notes],
    }


def _show(found: Report, result: Result) -> None:
    say(str(found.title), style="bold")
    for figure in result.figures:
        say(f"  {figure.heading}: {_in_words(figure)}")
    for table in result.tables:
        title = f"{table.title} ({table.currency})" if table.currency else str(table.title)
        columns = [
            Column(one.key, str(one.heading), "right" if is_number(one.unit) else "left") for one in table.columns
        ]
        print_table(title, columns, [_in_row(table, row) for row in _rows(table)], empty=f"{title}: nothing.")
    for line in (str(found.definition), f"Source: {found.source}", *map(str, result.notes)):
        note(line)


def is_number(unit: str) -> bool:
    """Whether values of this unit stand to the right."""
    return unit in ("money", "days", "share", "count", "number")


def _in_row(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    units = {column.key: column.unit for column in table.columns}
    return {key: _percent(value) if units[key] == "share" else value for key, value in row.items()}


def _percent(value: Any) -> Any:
    return value if value is None else f"{value:.1%}"


def _in_words(figure: Figure) -> str:
    if figure.value is None:
        return "–"
    if figure.unit == "share" and isinstance(figure.value, int | float):
        return f"{figure.value:.1%}"
    value = _value(figure.value, figure.unit, figure.currency)
    if isinstance(value, Money):
        return f"{value.to_decimal():,} {value.currency}"
    days = " days" if figure.unit == "days" else ""
    return (
        f"{value:,.1f}{days}"
        if isinstance(value, float)
        else f"{value:,}{days}"
        if isinstance(value, int)
        else str(value)
    )


def _write(found: Report, result: Result, number: int, form: ReportFormat, output: Path | None) -> None:
    if output is None:
        raise FileMissing(form.value)
    if number > len(result.tables):
        raise Refusal(f"The report {found.name} has {len(result.tables)} tables; there is no table {number}.")
    table = result.tables[number - 1]
    headings = [
        f"{one.heading} ({table.currency})" if one.unit == "money" and table.currency else str(one.heading)
        for one in table.columns
    ]
    rows = [list(row.values()) for row in _rows(table)]
    if form is ReportFormat.CSV:
        output.write_text("".join(csv_lines(headings, rows)), encoding="utf-8", newline="")
    else:
        output.write_bytes(workbook(found.name, headings, rows))
    say(f"Written: {output}")
