"""Writes the example ledger as the files that a person might get from an accounting program."""

from datetime import date
from pathlib import Path

import polars as pl

from goodterms.importers.example.layout import lay_out_customers, lay_out_invoices, lay_out_payments
from goodterms.importers.example.ledger import ExampleLedger, generate
from goodterms.importers.example.mess import Blemish, mess_up_customers, mess_up_invoices, mess_up_payments


def write_csv(ledger: ExampleLedger, folder: Path, mess: bool = True) -> list[Blemish]:
    """Write customers.csv, invoices.csv and payments.csv: UTF-8, commas, ISO dates, decimal points.

    With ``mess`` the files have the faults of real exports; returned are those that an importer must notice.
    """
    customers, invoices = lay_out_customers(ledger), lay_out_invoices(ledger)
    payments = lay_out_payments(ledger)
    blemishes: list[Blemish] = []
    if mess:
        customers, of_customers = mess_up_customers(customers, ledger)
        invoices, of_invoices = mess_up_invoices(invoices, ledger)
        payments = mess_up_payments(payments)
        blemishes = of_customers + of_invoices
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in _named(customers, invoices, payments):
        rows.write_csv(folder / name)
    return blemishes


def write_example(folder: Path, *, today: date, seed: int = 2026, customers: int = 400) -> list[Blemish]:
    """Invent a ledger as of today and write it, with its mess, into the folder."""
    return write_csv(generate(seed, customers, today), folder)


def _named(*frames: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    return list(zip(("customers.csv", "invoices.csv", "payments.csv"), frames, strict=True))
