"""Numbers of different reports agree with each other and with the ledger, on any ledger and any day."""

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goodterms.flows.collect_evidence import Scope
from goodterms.flows.evidence_queries import OPEN_ITEMS_ON
from goodterms.reports.balance_reports import receivables
from goodterms.reports.balances import collected_of, flows_in, stocks_on
from goodterms.reports.facts import INVOICES, PAYMENTS, TAKEN, arrange
from goodterms.reports.frames import MadeFrames
from goodterms.reports.ledger_sums import AGES, sum_changes, sum_moves, thin_out
from goodterms.reports.segments import ReportFilter, number_segments

TODAY = date(2026, 3, 10)
START = date(2024, 3, 1)
ON = st.integers(-300, -1).map(lambda days: TODAY + timedelta(days=days))
Ledger = tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]


@st.composite
def ledgers(draw: st.DrawFn) -> Ledger:
    """Invoices, credit notes and fees of two customers, payments, and what was put to what: open amounts in order."""
    invoices: list[dict[str, Any]] = []
    taken: list[dict[str, Any]] = []
    payments: list[dict[str, Any]] = []
    for number in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from(["invoice", "invoice", "fee", "credit_note"]))
        sign = -1 if kind == "credit_note" else 1
        amount = sign * draw(st.integers(1, 1000))
        issued = TODAY - timedelta(days=draw(st.integers(-5, 400)))
        terms = draw(st.none() | st.integers(0, 60))
        due = None if terms is None else issued + timedelta(days=terms)
        row = {"invoice_id": number, "customer_id": draw(st.integers(1, 2)), "kind": kind, "currency": "EUR",
               "issue_date": issued, "due_date": due, "amount_minor": amount, "settled_date": None,
               "payment_count": 0}  # fmt: skip
        left = amount
        for _ in range(draw(st.integers(0, 3))):
            part = sign * draw(st.integers(0, abs(left)))
            if not part:
                continue
            left -= part
            on = issued + timedelta(days=draw(st.integers(-3, 200)))
            source = draw(st.sampled_from(["payment", "reported", "credit_note", "forgiven", "written_off", "waived"]))
            payment_id = None
            if source == "payment" and sign > 0:
                payment_id = len(payments)
                payments.append(_payment(draw, row, payment_id, on, part))
            elif source == "payment":
                source = "reported"
            taken.append({"invoice_id": number, "customer_id": row["customer_id"], "payment_id": payment_id,
                          "source": source, "taken_date": on, "taken_minor": part})  # fmt: skip
        # Now and then something is gone that no allocation explains.
        hidden = draw(st.sampled_from([0, 0, 0, abs(left) // 2])) * sign
        row["open_amount_minor"] = left - hidden
        if row["open_amount_minor"] == 0:
            row["settled_date"] = issued + timedelta(days=30)
        invoices.append(row)
    return invoices, taken, payments


def _payment(draw: st.DrawFn, row: dict[str, Any], number: int, on: date, part: int) -> dict[str, Any]:
    rest = draw(st.integers(0, 50))
    return {"payment_id": number, "customer_id": row["customer_id"], "currency": "EUR", "paid_date": on,
            "returned_date": None, "paid_minor": part + rest, "unallocated_minor": rest}  # fmt: skip


def frames_of(ledger: Ledger, most_rows: int = 10**9) -> MadeFrames:
    invoices, taken, payments = (
        pl.DataFrame(rows, schema=schema) if rows else pl.DataFrame(schema=schema)
        for rows, schema in zip(ledger, (INVOICES, TAKEN, PAYMENTS), strict=True)
    )
    numbers = {"customer_id": pl.Int64, "person": pl.UInt32}
    persons = pl.DataFrame({"customer_id": [1, 2], "person": [0, 1]}, schema=numbers)
    known = {"person": [0, 1], "country": ["GB", "DE"], "profile": ["good", "new"], "collector_id": [0, 0]}
    traits = pl.DataFrame(known, schema_overrides={"person": pl.UInt32})
    facts = arrange(invoices, taken, payments, persons, START, TODAY)
    sums = {"changes": sum_changes(facts), "moves": sum_moves(facts)}
    sums = {name: thin_out(frame, TODAY, most_rows) for name, frame in sums.items()}
    return MadeFrames(number_segments(sums, traits), TODAY)


def wanted(first: date, last: date = TODAY, **given: Any) -> ReportFilter:
    return ReportFilter(first, last, "EUR", home="EUR", **given)


OPTIONS = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@OPTIONS
@given(ledgers())
def test_ageing_today_is_the_live_balance_and_the_list_of_open_invoices(ledger: Ledger) -> None:
    (stock,) = stocks_on(frames_of(ledger), wanted(TODAY), [TODAY])
    invoices, _taken, payments = ledger
    owed = sum(row["open_amount_minor"] for row in invoices if row["kind"] != "credit_note")
    assert stock.owed == owed == sum(stock.ages)
    assert stock.credits == sum(row["open_amount_minor"] for row in invoices if row["kind"] == "credit_note")
    assert stock.cash == sum(row["unallocated_minor"] for row in payments)
    overdue = [row for row in invoices if row["kind"] != "credit_note" and row["due_date"] and row["due_date"] < TODAY]
    assert stock.overdue == sum(row["open_amount_minor"] for row in overdue)


@OPTIONS
@given(ledgers(), ON, ON)
def test_opening_plus_billed_less_collected_less_credited_is_closing(ledger: Ledger, one: date, other: date) -> None:
    first, last = min(one, other), max(one, other)
    result = receivables(frames_of(ledger), wanted(first, last))
    whole = result.tables[0].rows[0]
    months = result.tables[1].rows
    for row in (whole, *months):
        added = sum(row[key] for key in ("opening", "billed", "fees", "credited", "collected", "losses", "other"))
        assert added == row["closing"]
    for key in ("billed", "fees", "credited", "collected", "losses", "other"):
        assert whole[key] == sum(row[key] for row in months)


@OPTIONS
@given(ledgers(), ON)
def test_collected_in_a_period_is_what_payments_were_put_to_invoices(ledger: Ledger, first: date) -> None:
    invoices, taken, _payments = ledger
    issued = {row["invoice_id"]: min(row["issue_date"], TODAY) for row in invoices}
    (flow,) = flows_in(frames_of(ledger), wanted(first), [(first, TODAY)])
    expected = sum(
        row["taken_minor"]
        for row in taken
        if row["source"] in ("payment", "reported")
        and first <= min(max(row["taken_date"], issued[row["invoice_id"]]), TODAY)
    )
    assert collected_of(flow) == expected


@OPTIONS
@given(ledgers(), ON)
def test_each_day_is_as_known_then(ledger: Ledger, on: date) -> None:
    """The same ageing as of a ledger from which everything later is cut away."""
    invoices, taken, payments = ledger
    known = {row["invoice_id"]: dict(row) for row in invoices if row["issue_date"] <= on}
    by_then = [row for row in taken if row["taken_date"] <= on and row["invoice_id"] in known]
    hidden = {row["invoice_id"]: row["amount_minor"] - row["open_amount_minor"] for row in invoices}
    for row in taken:
        hidden[row["invoice_id"]] -= row["taken_minor"]
    if any(hidden.values()):
        return
    for row in known.values():
        row["open_amount_minor"] = row["amount_minor"] - sum(
            one["taken_minor"] for one in by_then if one["invoice_id"] == row["invoice_id"]
        )
    (stock,) = stocks_on(frames_of((list(known.values()), by_then, [])), wanted(on), [on])
    (whole,) = stocks_on(frames_of((invoices, taken, payments)), wanted(on), [on])
    assert (whole.ages, whole.credits) == (stock.ages, stock.credits)


@OPTIONS
@given(ledgers())
def test_filters_part_the_whole_and_lose_nothing(ledger: Ledger) -> None:
    frames = frames_of(ledger)
    days = [TODAY - timedelta(days=30), TODAY]
    parts = [stocks_on(frames, wanted(TODAY, country=code), days) for code in ("GB", "DE")]
    whole = stocks_on(frames, wanted(TODAY), days)
    for place in range(len(days)):
        assert sum(part[place].balance for part in parts) == whole[place].balance


@OPTIONS
@given(ledgers())
def test_a_thinned_out_ledger_says_the_same_today_and_at_the_ends_of_weeks(ledger: Ledger) -> None:
    whole, thin = frames_of(ledger), frames_of(ledger, most_rows=0)
    sundays = [day for day in (TODAY - timedelta(days=step) for step in range(300)) if day.isoweekday() == 7]
    assert stocks_on(whole, wanted(TODAY), [TODAY, *sundays]) == stocks_on(thin, wanted(TODAY), [TODAY, *sundays])


@pytest.mark.django_db
@pytest.mark.parametrize("days_ago", [0, 1, 45, 200])
def test_the_example_ledger_ages_as_the_evidence_of_that_day_does(days_ago: int) -> None:
    from benchmarks.storing import store_ledger
    from goodterms.core.evidence import OPEN_ITEMS
    from goodterms.importers.example import generate
    from goodterms.reports.frames import make_frames
    from tests.conftest import NOW
    from tests.factories import make_organisation

    organisation = make_organisation()
    store_ledger(organisation, generate(11, 40, TODAY, invoices_per_customer=20))
    on = TODAY - timedelta(days=days_ago)
    frames = MadeFrames(make_frames(organisation, TODAY), TODAY)
    if not days_ago:
        balances_agree(organisation, frames)
    items = Scope(organisation, NOW, None, on).read(OPEN_ITEMS_ON, OPEN_ITEMS)
    for code in items["currency"].unique().to_list():
        own = items.filter((pl.col("currency") == code) & (pl.col("open_amount_minor") > 0))
        (stock,) = stocks_on(frames, ReportFilter(on, on, code), [on])
        assert stock.owed == own["open_amount_minor"].sum()
        assert stock.overdue == own.filter(pl.col("due_date") < on)["open_amount_minor"].sum()
        assert len(stock.ages) == len(AGES)


def balances_agree(organisation: Any, frames: MadeFrames) -> None:
    """What the customers' pages show, added up per currency, is the report's balance, and the list of debtors'."""
    from goodterms.ledger.models import Customer
    from goodterms.web.queries.balances import balances_of

    ids = list(Customer.objects.filter(organisation=organisation).values_list("pk", flat=True))
    shown: dict[str, int] = {}
    for accounts in balances_of(organisation, ids, TODAY).values():
        for account in accounts:
            shown[account.currency] = shown.get(account.currency, 0) + account.open_minor
    segments = frames["segments"].select("segment", "currency")
    debtors = frames["debtors"].join(segments, on="segment").group_by("currency").agg(pl.col("open_minor").sum())
    listed = dict(debtors.iter_rows())
    for code, balance in shown.items():
        (stock,) = stocks_on(frames, ReportFilter(TODAY, TODAY, code), [TODAY])
        assert stock.balance == balance == listed[code]
