"""The dirt of real exports, put into the example's files on purpose and written down."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from goodterms.importers.example.draws import Draws
from goodterms.importers.example.ledger import ExampleLedger

_CONTACT_COLUMNS = ("Contact Name", "Contact Role", "Email", "Phone")
_MISSING_DUE_DATES = 4


@dataclass(frozen=True)
class Blemish:
    """One thing that an importer must notice; row is the line of the file, the header being line 1."""

    file: str
    row: int
    column: str
    value: str
    problem: str


def mess_up_customers(rows: pl.DataFrame, ledger: ExampleLedger) -> tuple[pl.DataFrame, list[Blemish]]:
    """Missing addresses, capitals, spaces, and one overdue customer with no contact at all."""
    rows, draws = _counted(rows)
    lonely = _lonely_customer(ledger)
    is_lonely = pl.col("Customer Number") == lonely
    email = pl.when(~draws.chance("no email", 30)).then("Email")
    loud = pl.when(draws.chance("capitals", 30)).then(email.str.to_uppercase()).otherwise(email)
    messy = (
        rows.with_columns(
            _with_spaces(draws, "Customer Name", 25),
            pl.when(draws.chance("small country", 20)).then(pl.col("Country").str.to_lowercase()).otherwise("Country"),
            Email=loud,
        )
        .with_columns(pl.when(~is_lonely).then(name).alias(name) for name in _CONTACT_COLUMNS)
        .filter(~is_lonely | (is_lonely.cast(pl.Int32).cum_sum() == 1))
        .with_columns(row=pl.int_range(pl.len(), dtype=pl.UInt64))
    )
    return messy.drop("row"), _missing_emails(messy, lonely)


def mess_up_invoices(rows: pl.DataFrame, ledger: ExampleLedger) -> tuple[pl.DataFrame, list[Blemish]]:
    """Missing and impossible dates, an unknown currency, a repeated row, thousands separators, spaces."""
    rows, draws = _counted(rows)
    messy = rows.with_columns(
        _with_spaces(draws, "Customer Name", 15),
        _with_spaces(draws, "Invoice Number", 6),
        _in_small_letters(draws, "Currency", 10),
        _in_small_letters(draws, "Type", 15),
        *(_with_separators(draws, name) for name in ("Total", "Open Amount")),
    )
    blemishes = _invoice_blemishes(ledger)
    for blemish in blemishes:
        here = pl.col("row") == blemish.row - 2
        new = pl.lit(blemish.value or None, dtype=pl.String)
        messy = messy.with_columns(pl.when(here).then(new).otherwise(blemish.column).alias(blemish.column))
    repeated = messy.slice(messy.height // 2, 1)
    blemishes.append(
        Blemish(
            "invoices.csv",
            messy.height + 2,
            "Invoice Number",
            str(repeated["Invoice Number"][0]),
            "repeated row",
        )
    )
    return pl.concat([messy, repeated]).drop("row"), blemishes


def mess_up_payments(rows: pl.DataFrame) -> pl.DataFrame:
    """Spaces behind invoice numbers, thousands separators, small letters."""
    rows, draws = _counted(rows)
    return rows.with_columns(
        _with_spaces(draws, "Invoice Number", 15),
        _in_small_letters(draws, "Currency", 10),
        _with_separators(draws, "Amount"),
    ).drop("row")


def _counted(rows: pl.DataFrame) -> tuple[pl.DataFrame, Draws]:
    return rows.with_columns(row=pl.int_range(pl.len(), dtype=pl.UInt64)), Draws(rows.height, "row")


def _with_spaces(draws: Draws, column: str, per_mille: int) -> pl.Expr:
    text = pl.col(column)
    return pl.when(draws.chance(f"spaces {column}", per_mille)).then(text + "  ").otherwise(text).alias(column)


def _in_small_letters(draws: Draws, column: str, per_mille: int) -> pl.Expr:
    small = pl.col(column).str.to_lowercase()
    return pl.when(draws.chance(f"small {column}", per_mille)).then(small).otherwise(column).alias(column)


def _with_separators(draws: Draws, column: str) -> pl.Expr:
    """1284.50 as 1,284.50 in some rows that have between four and six digits before the point."""
    text = pl.col(column)
    separated = text.str.replace(r"^(-?\d{1,3})(\d{3}\.\d\d)$", "${1},${2}")
    return pl.when(draws.chance("separators", 80)).then(separated).otherwise(text).alias(column)


def _lonely_customer(ledger: ExampleLedger) -> str:
    """A customer with something overdue, so that the missing contact matters; "" where nobody is late."""
    overdue = ledger.invoices.filter((pl.col("open_amount_minor") > 0) & (pl.col("due_date") < pl.lit(ledger.today)))
    numbers = overdue["customer_number"].unique().sort()
    return str(numbers[numbers.len() // 2]) if numbers.len() else ""


def _missing_emails(messy: pl.DataFrame, lonely: str) -> list[Blemish]:
    found = []
    for row, number in messy.filter(pl.col("Email").is_null()).select("row", "Customer Number").iter_rows():
        if number == lonely:
            found.append(Blemish("customers.csv", row + 2, "Contact Name", "", "no contact"))
        else:
            found.append(Blemish("customers.csv", row + 2, "Email", "", "no email"))
    return found


def _invoice_blemishes(ledger: ExampleLedger) -> list[Blemish]:
    """Put into open invoices that nothing was paid on, so that each spoils one row and no other."""
    rows = _untouched_rows(ledger, _MISSING_DUE_DATES + 2)
    problems = [("Invoice Date", f"{ledger.today.year}-02-30", "impossible date")]
    problems += [("Currency", "ZZZ", "unknown currency")]
    problems += [("Due Date", "", "no due date")] * _MISSING_DUE_DATES
    return [
        Blemish("invoices.csv", row + 2, column, value, problem)
        for row, (column, value, problem) in zip(rows, problems, strict=False)
    ]


def _untouched_rows(ledger: ExampleLedger, wanted: int) -> Sequence[int]:
    """So many rows, spread over the last year's open invoices without any allocation."""
    rows = (
        ledger.invoices.with_row_index("row")
        .filter(
            (pl.col("kind") == "invoice")
            & (pl.col("open_amount_minor") == pl.col("amount_minor"))
            & (pl.col("issue_date") > pl.lit(ledger.today - timedelta(days=365)))
        )
        .join(ledger.allocations, left_on="number", right_on="invoice_number", how="anti")
        .get_column("row")
        .sort()
        .to_list()
    )
    return [rows[len(rows) * place // wanted] for place in range(min(wanted, len(rows)))]
