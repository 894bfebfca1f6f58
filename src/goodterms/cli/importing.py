"""Facts in: importing files, recording a payment, and the list of what could not be read."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from django.db.models import QuerySet

from goodterms.cli.context import (
    FormatOption,
    OrganisationOption,
    current_moment,
    open_installation,
    open_or_make_organisation,
    open_organisation,
    today_of,
)
from goodterms.cli.documents import import_documents
from goodterms.cli.printing import Column, Format, money_text, note, print_json, print_table, progress, say
from goodterms.flows.approvals import AT_THE_MACHINE
from goodterms.flows.import_ledger import ImportResult, files_of, import_path
from goodterms.flows.record_payment import PaymentRecorded, find_customer, record_payment
from goodterms.importers.amounts import read_amount
from goodterms.importers.layouts import FileMapping, read_mapping
from goodterms.importers.reading import Wishes, read_file
from goodterms.ledger.models import DataProblem
from goodterms.organizations.models import Organisation

SHOWN_PROBLEMS = 12
ACTOR = AT_THE_MACHINE
_WORKBOOKS = {".xlsx", ".xls", ".xlsb", ".ods"}


class Kind(StrEnum):
    """What a file lists."""

    INVOICES = "invoices"
    PAYMENTS = "payments"
    CUSTOMERS = "customers"


class Dates(StrEnum):
    """The order of day, month and year."""

    DMY = "dmy"
    MDY = "mdy"
    YMD = "ymd"


def import_file(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="A CSV or Excel file, or a folder with customers, invoices, payments."),
    ],
    map: Annotated[
        Path | None, typer.Option("--map", metavar="FILE", help="A TOML file that names the columns.")
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            "--as-of", formats=["%Y-%m-%d"], metavar="DATE", help="The day the file speaks of, e.g. 2026-03-31."
        ),
    ] = None,
    complete: Annotated[
        bool, typer.Option("--complete", help="The file lists everything open: what is missing from it is settled.")
    ] = False,
    dates: Annotated[
        Dates | None, typer.Option(help="How the file writes 3 April: 03/04 (dmy) or 04/03 (mdy).")
    ] = None,
    decimal: Annotated[str | None, typer.Option(metavar=". or ,", help="The file's decimal mark.")] = None,
    encoding: Annotated[str | None, typer.Option(metavar="NAME", help="Such as utf-8, cp1252 or cp850.")] = None,
    kind: Annotated[Kind | None, typer.Option(help="What the file lists, where its headings leave it open.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen and keep nothing.")] = False,
    documents: Annotated[
        bool, typer.Option("--documents", help="FILE is a folder of PDF copies, each named as its invoice.")
    ] = False,
    organisation: OrganisationOption = "",
    format: FormatOption = Format.TABLE,
) -> None:
    """Import invoices, payments or customers from CSV or Excel, or copies of invoices (--documents)."""
    if documents:
        if not file.is_dir():
            raise typer.BadParameter("name a folder", param_hint="FILE")
        import_documents(open_organisation(organisation), file, format)
        return
    if decimal not in (None, ".", ","):
        raise typer.BadParameter("give . or ,", param_hint="--decimal")
    wishes = _wishes(map, as_of, dates=dates, decimal=decimal, encoding=encoding, kind=kind)
    current = _organisation(organisation, file, wishes)
    with progress(f"Importing {file.name}", _line_count(file)) as advance:
        results = import_path(
            current.pk,
            file,
            wishes,
            now=current_moment(),
            today=today_of(current),
            is_complete=complete,
            is_dry_run=dry_run,
            progress=advance,
        )
    if format is Format.JSON:
        print_json({"organisation": current.slug, "dry_run": dry_run, "files": [_described(r) for r in results]})
        return
    for result in results:
        _print_result(result)


def _wishes(map: Path | None, as_of: datetime | None, **given: str | None) -> Wishes:
    """The mapping file with the options on top."""
    mapping = read_mapping(map) if map else FileMapping()
    options = {name: str(value) for name, value in given.items() if value is not None}
    return Wishes(mapping.model_copy(update=options), as_of.date() if as_of else None)


def _organisation(slug: str, path: Path, wishes: Wishes) -> Organisation:
    """The organisation meant; an empty installation gets one only if the first file can be read."""
    open_installation()
    if not slug and not Organisation.objects.exists():
        today = datetime.now(UTC).date()
        for file, _ in files_of(path):
            read_file(file, wishes, today=today, currency="EUR")
    return open_or_make_organisation(slug)


def _line_count(path: Path) -> int | None:
    """About as many rows as there are lines; nobody knows for a workbook."""
    files = [file for file, _ in files_of(path) if file.is_file()]
    if not files or any(file.suffix.lower() in _WORKBOOKS for file in files):
        return None
    return sum(file.read_bytes().count(b"\n") for file in files)


def _described(result: ImportResult) -> dict[str, Any]:
    """An import in the JSON contract."""
    return {
        "file": result.file_name,
        "kind": result.kind,
        "layout": result.layout,
        "as_of": result.as_of,
        "counts": result.counts,
        "notes": result.notes,
        "problems": result.faults.drop("subject"),
    }


def _print_result(result: ImportResult) -> None:
    done = "would be imported" if result.is_dry_run else "imported"
    say(f"{result.file_name} {done}: {result.layout_title}, as of {result.as_of}.", style="bold")
    for text in result.notes:
        note(text)
    rows = [{"what": name.replace("_", " "), "count": count} for name, count in result.counts.items()]
    print_table("", [Column("what", ""), Column("count", "rows", align="right")], rows)
    problems = result.faults.head(SHOWN_PROBLEMS).to_dicts()
    if problems:
        count = result.faults.height
        _print_problems(f"{count:,} problem{'s' if count > 1 else ''}", problems)
        if count > SHOWN_PROBLEMS:
            say(f"… and {count - SHOWN_PROBLEMS:,} more.")
        if not result.is_dry_run:
            say("goodterms problems lists all that is open; importing a corrected file takes them off the list.")


def _print_problems(title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    columns = [
        Column("row", "row", align="right"),
        Column("column", "column"),
        Column("message", "what is wrong", is_wrapped=True),
        Column("remedy", "how to mend it", is_wrapped=True),
    ]
    file_column = [Column("file", "file")] if rows and "file" in rows[0] else []
    print_table(title, [*file_column, *columns], rows, empty=f"{title}: none.")


def pay(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="The customer's number or name.")],
    amount: Annotated[str, typer.Argument(metavar="AMOUNT", help="Such as 1234.50.")],
    currency: Annotated[str, typer.Argument(metavar="CURRENCY", help="Such as EUR.")],
    invoice: Annotated[
        list[str] | None,
        typer.Option(metavar="NUMBER", help="What it was for; several in the order to be paid. Without: on account."),
    ] = None,
    on: Annotated[
        datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], metavar="DATE", help="When it came; today.")
    ] = None,
    reference: Annotated[str, typer.Option(metavar="TEXT", help="As on the bank statement.")] = "",
    organisation: OrganisationOption = "",
    format: FormatOption = Format.TABLE,
) -> None:
    """Record a payment that came in."""
    current = open_organisation(organisation)
    today = today_of(current)
    recorded = record_payment(
        current.pk,
        find_customer(current, customer).pk,
        read_amount(amount, currency.upper()),
        on=on.date() if on else today,
        today=today,
        now=current_moment(),
        actor=ACTOR,
        invoice_numbers=invoice or (),
        reference=reference,
    )
    if format is Format.JSON:
        print_json(_payment_described(recorded))
        return
    say(f"{money_text(recorded.amount)} from {recorded.customer_name} recorded, received {recorded.paid_date}.")
    for number, part in recorded.allocations:
        say(f"  {money_text(part)} for invoice {number}")
    if recorded.on_account:
        say(f"  {money_text(recorded.on_account)} on account; it is set off against what they owe")


def _payment_described(recorded: PaymentRecorded) -> dict[str, Any]:
    """A payment in the JSON contract."""
    return {
        "payment_id": recorded.payment_id,
        "customer": {"number": recorded.customer_number, "name": recorded.customer_name},
        "paid_date": recorded.paid_date,
        "amount": recorded.amount,
        "allocations": [{"invoice": number, "amount": part} for number, part in recorded.allocations],
        "on_account": recorded.on_account,
    }


def problems(
    all: Annotated[bool, typer.Option("--all", help="Those that are mended, too.")] = False,
    organisation: OrganisationOption = "",
    format: FormatOption = Format.TABLE,
) -> None:
    """List what could not be read and how to mend it."""
    current = open_organisation(organisation)
    rows = DataProblem.objects.filter(organisation=current).order_by("file_name", "row", "pk")
    if not all:
        rows = rows.filter(resolved_at__isnull=True)
    described = _problems_described(rows)
    if format is Format.JSON:
        print_json(described)
        return
    _print_problems("Data problems", described)


def _problems_described(rows: QuerySet[DataProblem]) -> list[dict[str, Any]]:
    """Data problems in the JSON contract."""
    return [
        {
            "id": problem.pk,
            "code": problem.code,
            "file": problem.file_name,
            "row": problem.row,
            "column": problem.column,
            "value": problem.value,
            "message": problem.message,
            "remedy": problem.remedy,
            "customer": problem.customer.number if problem.customer else None,
            "invoice": problem.invoice.number if problem.invoice else None,
            "found_at": problem.found_at,
            "resolved_at": problem.resolved_at,
        }
        for problem in rows.select_related("customer", "invoice")
    ]
