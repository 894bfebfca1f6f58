"""The example ledger is consistent, has every kind of customer, and is the same wherever it is made."""

import hashlib
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from goodterms.importers.example import ExampleLedger, generate, write_csv, write_example
from goodterms.importers.example.draws import Draws, exponential
from goodterms.importers.example.kinds import KINDS, STEADY_KINDS

TODAY = date(2026, 11, 20)
FRAMES = ("customers", "contacts", "invoices", "payments", "allocations", "truth")

ledgers = st.builds(
    generate,
    seed=st.integers(0, 2**40),
    customers=st.integers(12, 60),
    today=st.dates(date(2015, 1, 1), date(2030, 12, 31)),
    years=st.sampled_from([1, 2.5, 3]),
    invoices_per_customer=st.sampled_from([6, 15, 40]),
    open_share=st.sampled_from([None, 0.2]),
    change=st.sampled_from([None, "never", date(2020, 5, 1)]),
)
few = settings(max_examples=8, deadline=None)


@pytest.fixture(scope="module")
def demo() -> ExampleLedger:
    return generate(2026, 400, TODAY)


@given(ledger=ledgers)
@few
def test_open_is_total_less_payments_and_credits(ledger: ExampleLedger) -> None:
    settled = (
        ledger.allocations.filter(~pl.col("is_returned"))
        .group_by(number="invoice_number")
        .agg(settled=pl.sum("amount_minor"))
    )
    credited = (
        ledger.allocations.drop_nulls("credit_note_number")
        .group_by(number="credit_note_number")
        .agg(credited=pl.sum("amount_minor"))
    )
    rows = ledger.invoices.join(settled, on="number", how="left").join(credited, on="number", how="left")
    expected = pl.col("amount_minor") - pl.col("settled").fill_null(0) + pl.col("credited").fill_null(0)
    assert rows.filter(pl.col("open_amount_minor") != expected).is_empty()
    assert rows.filter((pl.col("kind") == "invoice") & (pl.col("open_amount_minor") < 0)).is_empty()
    assert rows.filter((pl.col("open_amount_minor") == 0) != pl.col("settled_date").is_not_null()).is_empty()


@given(ledger=ledgers)
@few
def test_a_payment_covers_its_allocations_in_its_own_currency(ledger: ExampleLedger) -> None:
    lines = ledger.allocations.join(ledger.payments, left_on="payment_number", right_on="number").join(
        ledger.invoices, left_on="invoice_number", right_on="number", suffix="_invoice"
    )
    assert lines.height == ledger.allocations["payment_number"].drop_nulls().len()
    assert lines.filter(pl.col("currency") != pl.col("currency_invoice")).is_empty()
    assert lines.filter(pl.col("customer_number") != pl.col("customer_number_invoice")).is_empty()
    used = lines.group_by("payment_number").agg(pl.sum("amount_minor"), pl.first("amount_minor_right"))
    assert used.filter(pl.col("amount_minor") > pl.col("amount_minor_right")).is_empty()
    assert (ledger.payments["amount_minor"] > 0).all()


@given(ledger=ledgers)
@few
def test_nothing_is_paid_before_its_issue_or_known_after_today(ledger: ExampleLedger) -> None:
    lines = ledger.allocations.join(ledger.invoices, left_on="invoice_number", right_on="number")
    assert lines.filter(pl.col("allocation_date") <= pl.col("issue_date")).is_empty()
    for frame in (ledger.invoices.drop("due_date"), ledger.payments, ledger.allocations):
        assert frame.filter(pl.any_horizontal(pl.col(pl.Date) > pl.lit(ledger.today))).is_empty()
    assert ledger.invoices.filter(pl.col("dispute_date") < pl.col("issue_date")).is_empty()


@given(ledger=ledgers)
@few
def test_numbers_are_unique_and_everything_belongs_to_a_customer(ledger: ExampleLedger) -> None:
    for frame in (ledger.customers, ledger.invoices, ledger.payments):
        assert frame["number"].is_unique().all()
    for frame in (ledger.contacts, ledger.invoices, ledger.payments, ledger.truth):
        assert frame["customer_number"].is_in(ledger.customers["number"].implode()).all()
    assert ledger.contacts["customer_number"].n_unique() == ledger.customers.height


def test_the_same_seed_gives_the_same_ledger_and_another_seed_another() -> None:
    first, again, other = (generate(seed, 50, TODAY) for seed in (1, 1, 2))
    for name in FRAMES:
        assert_frame_equal(getattr(first, name), getattr(again, name))
    assert not first.invoices.equals(other.invoices)


def test_the_demo_has_about_6000_invoices_and_every_kind_in_its_share(demo: ExampleLedger) -> None:
    invoices = demo.invoices.filter(pl.col("kind") == "invoice")
    assert 5_700 < invoices.height < 6_300
    assert 250 < invoices.filter(pl.col("open_amount_minor") > 0).height < 500
    shares = dict(demo.truth.group_by("kind").len().iter_rows())
    assert set(shares) == set(KINDS)
    assert 170 <= shares["good"] <= 180
    assert min(shares.values()) >= 8


def test_the_demo_has_credit_notes_part_payments_returns_and_cash_on_account(demo: ExampleLedger) -> None:
    used = demo.allocations["payment_number"].drop_nulls()
    per_invoice = demo.allocations.filter(~pl.col("is_returned")).group_by("invoice_number").len()
    assert (demo.invoices["kind"] == "credit_note").sum() > 50
    assert (per_invoice["len"] > 1).sum() > 50
    assert demo.payments["is_returned"].sum() > 15
    assert 5 < (~demo.payments["number"].is_in(used.implode())).sum() < 40
    assert (
        demo.invoices.group_by("customer_number")
        .agg(pl.col("currency").n_unique())
        .filter(pl.col("currency") > 1)
        .height
        > 5
    )


def test_each_kind_pays_as_its_name_says(demo: ExampleLedger) -> None:
    late = (
        _days_late(demo)
        .group_by("kind")
        .agg(middle=pl.median("late"), share_late=(pl.col("late") > 3).mean(), disputed=pl.mean("is_disputed"))
    )
    by_kind = {row["kind"]: row for row in late.iter_rows(named=True)}
    assert by_kind["good"]["share_late"] < 0.1
    assert 1 < by_kind["forgetful"]["middle"] < 12
    assert 8 < by_kind["red_tape"]["middle"] < 30
    assert by_kind["chronic"]["share_late"] > 0.95
    assert by_kind["avoiding"]["disputed"] > 0.3
    assert demo.customers.filter("is_protected").height == 9


def test_failing_customers_grow_later_and_bad_patches_come_after_a_good_history(demo: ExampleLedger) -> None:
    rows = _days_late(demo).join(demo.truth.select("customer_number", "change_date"), on="customer_number")
    after = pl.col("due_date") > pl.col("change_date")
    for kind, at_least in (("failing", 15), ("bad_patch", 25)):
        own = rows.filter(pl.col("kind") == kind)
        before_days = _middle(own.filter(~after))
        assert before_days < 8
        assert _middle(own.filter(after)) > before_days + at_least


def test_who_cannot_pay_never_paid_and_owes_much(demo: ExampleLedger) -> None:
    rows = demo.invoices.join(demo.truth, on="customer_number").filter(pl.col("kind") == "invoice")
    broke = rows.filter(pl.col("kind_right") == "cannot_pay")
    assert broke.filter(pl.col("settled_date").is_not_null()).height <= 2
    assert _middle(broke, "amount_minor") > 3 * _middle(rows, "amount_minor")


def test_pay_runs_fall_on_one_weekday(demo: ExampleLedger) -> None:
    days = (
        _days_late(demo)
        .filter(pl.col("kind") == "red_tape")
        .group_by("customer_number")
        .agg(top=pl.col("settled_date").dt.weekday().value_counts(sort=True).struct.field("count").first() / pl.len())
    )
    assert days.filter(pl.col("top") > 0.9).height >= 10


def test_customers_that_do_not_change_keep_their_habit() -> None:
    ledger = generate(5, 600, TODAY, invoices_per_customer=30, change="never")
    assert set(ledger.truth["kind"]) == set(STEADY_KINDS)
    assert ledger.truth["change_date"].null_count() == 600
    rows = _days_late(ledger)
    cut = TODAY - timedelta(days=200)
    early, late = (
        rows.filter(pl.col("due_date") < cut),
        rows.filter(pl.col("due_date").is_between(cut, TODAY - timedelta(days=90))),
    )
    for kind in STEADY_KINDS:
        assert abs(_middle(early.filter(kind=kind)) - _middle(late.filter(kind=kind))) <= 4


def test_customers_that_change_pay_later_from_that_date_only() -> None:
    change = TODAY - timedelta(days=300)
    steady, changed = (generate(5, 300, TODAY, invoices_per_customer=30, change=c) for c in ("never", change))
    both = _days_late(steady).join(_days_late(changed), on="number", suffix="_changed")
    before = both.filter(pl.col("settled_date") < change)
    after = both.filter(pl.col("settled_date") > change + timedelta(days=5))
    assert (before["late"] == before["late_changed"]).all()
    # Settled by a credit note, or the rest of a part payment made before: no new habit shows there.
    assert after.filter(pl.col("late_changed") >= pl.col("late") + 10).height > 0.97 * after.height
    assert changed.truth["change_days"].is_between(12, 45).all()


def test_an_asked_for_share_of_open_invoices_is_met() -> None:
    ledger = generate(3, 2_000, TODAY, invoices_per_customer=30, open_share=1 / 6)
    invoices = ledger.invoices.filter(pl.col("kind") == "invoice")
    assert invoices.filter(pl.col("open_amount_minor") > 0).height / invoices.height == pytest.approx(1 / 6, abs=0.02)


def test_addresses_and_telephones_can_reach_nobody(demo: ExampleLedger) -> None:
    fictitious = r"^(\+49 30 23125|\+44 1632 960|\+1 202-555-01|\+33 1 99 00 )"
    assert demo.contacts["email"].str.ends_with(".example").all()
    assert demo.contacts["phone"].str.contains(fictitious).all()
    assert demo.customers["name"].str.contains(r"^(Example|Muster|Exemple|Voorbeeld|Ejemplo) ").all()


def test_clean_files_say_what_the_ledger_says(demo: ExampleLedger, tmp_path: Path) -> None:
    assert write_csv(demo, tmp_path, mess=False) == []
    invoices, payments = (pl.read_csv(tmp_path / name, infer_schema=False) for name in ("invoices.csv", "payments.csv"))
    assert invoices["Invoice Number"].to_list() == demo.invoices["number"].to_list()
    assert _minor(invoices["Total"]).to_list() == demo.invoices["amount_minor"].to_list()
    assert _minor(invoices["Open Amount"]).to_list() == demo.invoices["open_amount_minor"].to_list()
    assert _minor(payments["Amount"]).sum() == demo.payments["amount_minor"].sum()
    assert payments["Status"].drop_nulls().len() >= demo.payments["is_returned"].sum()
    assert invoices.join(
        demo.customers, left_on=["Customer Number", "Customer Name"], right_on=["number", "name"], how="anti"
    ).is_empty()


def test_messy_files_have_each_fault_where_the_list_says(tmp_path: Path) -> None:
    blemishes = write_example(tmp_path, today=TODAY)
    assert {blemish.problem for blemish in blemishes} == {
        "no email",
        "no contact",
        "impossible date",
        "unknown currency",
        "no due date",
        "repeated row",
    }
    for blemish in blemishes:
        rows = pl.read_csv(tmp_path / blemish.file, infer_schema=False).fill_null("")
        assert rows[blemish.row - 2, blemish.column] == blemish.value
    text = (tmp_path / "invoices.csv").read_text(encoding="utf-8")
    assert '"1,' in text
    assert "  ," in text
    assert ",eur," in text


@pytest.mark.parametrize("customers", [1, 2, 10])
def test_a_tiny_ledger_keeps_all_its_customers_in_the_files(tmp_path: Path, customers: int) -> None:
    write_example(tmp_path, today=TODAY, customers=customers)
    rows = pl.read_csv(tmp_path / "customers.csv", infer_schema=False)
    assert rows["Customer Number"].n_unique() == customers


def test_the_files_are_the_same_bytes_on_every_machine(tmp_path: Path) -> None:
    write_example(tmp_path, today=TODAY, seed=1, customers=60)
    content = b"".join((tmp_path / f"{name}.csv").read_bytes() for name in ("customers", "invoices", "payments"))
    assert hashlib.sha256(content).hexdigest()[:16] == "525d3915671db54e"


def test_draws_are_splitmix64() -> None:
    counters = [0, 1, 2**40]
    bits = Draws(7, "n").bits("any label")
    drawn = pl.DataFrame({"n": pl.Series(counters, dtype=pl.UInt64)}).select(bits).to_series().to_list()
    key = _stream_key(7, "any label")
    assert drawn == [_splitmix64((key + counter * 0x9E3779B97F4A7C15) % 2**64) for counter in counters]


def test_the_exponential_is_close_to_the_real_one() -> None:
    powers = pl.DataFrame({"x": [-4.0, -1.0, 0.0, 0.5, 4.0]})
    ours = powers.select(exponential("x", 1.0)).to_series()
    assert (ours / powers["x"].exp()).is_between(1 - 1e-6, 1 + 1e-6).all()


def _splitmix64(state: int) -> int:
    state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    state = (state ^ state >> 27) * 0x94D049BB133111EB % 2**64
    return state ^ state >> 31


def _stream_key(seed: int, label: str) -> int:
    key = 0xCBF29CE484222325
    for byte in f"{seed}/{label}".encode():
        key = (key ^ byte) * 0x100000001B3 % 2**64
    return key


def _days_late(ledger: ExampleLedger) -> pl.DataFrame:
    return (
        ledger.invoices.filter((pl.col("kind") == "invoice") & pl.col("settled_date").is_not_null())
        .drop("kind")
        .join(ledger.truth.select("customer_number", "kind"), on="customer_number")
        .with_columns(late=(pl.col("settled_date") - pl.col("due_date")).dt.total_days())
    )


def _middle(rows: pl.DataFrame, column: str = "late") -> float:
    return float(rows.select(pl.median(column)).item())


def _minor(amounts: pl.Series) -> pl.Series:
    return amounts.str.replace_all(r"\.", "").cast(pl.Int64)
