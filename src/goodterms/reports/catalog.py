"""Every report by name: its title, what it means and by whose definition, and the function that makes it."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from goodterms.core.refusal import Refusal
from goodterms.reports import (
    agreement_reports,
    balance_reports,
    cash_reports,
    debtor_reports,
    effect_reports,
    measure_reports,
    work_reports,
)
from goodterms.reports.balances import ReadFrames, currencies_in
from goodterms.reports.result import Result, Words, joined
from goodterms.reports.segments import ReportFilter

Maker = Callable[[ReadFrames, ReportFilter], Result]
FOUNDATION = _("Credit Research Foundation, Measures of credit and collections performance")


class UnknownReport(Refusal):
    """A report was asked for that is not there."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no report called {name!r}; there are: {', '.join(CATALOG)}.")


@dataclass(frozen=True)
class Report:
    """One report. ``is_per_currency``: made once for each currency, never added together."""

    name: str
    group: Words
    title: Words
    question: Words
    definition: Words
    source: Words
    make: Maker
    is_per_currency: bool = True
    has_period: bool = True


OWED, PAID, WORK, RESULT = _("What is owed"), _("How it is paid"), _("Our work"), _("What it achieves")
OURS = _("goodterms' own definition")

_REPORTS = (
    Report(
        "ageing", OWED, _("Ageing"), _("How old is what is owed?"),
        _("Open amounts of invoices and fees by days since the due date; overdue from the day after it. Credit "
          "notes and "
          "cash on account stand beside the ages, not in them. Every day is as it was known that day: invoices issued "
          "and amounts gone by then."),
        _("Ages 1–30, 31–60, 61–90 and over 90 days as is usual in the trade"), balance_reports.ageing,
    ),
    Report(
        "receivables", OWED, _("Movement of receivables"), _("Where did the balance go?"),
        _("Open at the start + billed + fees + credit notes (negative) − collected − forgiven, waived or written off "
          "− other = open at the end. Collected is money put to invoices, less what the bank sent back; payments "
          "that are not put to an invoice yet are cash on account."),
        OURS, balance_reports.receivables,
    ),
    Report(
        "debtors", OWED, _("Top debtors and concentration"), _("Who owes most, and how much hangs on few?"),
        _("Customers by balance: invoices and fees less credit notes and cash on account. Concentration is the sum "
          "of the "
          "squared shares in percent. At risk is what is more than 90 days overdue, of all open invoices."),
        _("Herfindahl–Hirschman index, as in the merger guidelines of the United States"), debtor_reports.top_debtors,
        has_period=False,
    ),
    Report(
        "movers", OWED, _("Worst movers"), _("Whose overdue debt grew?"),
        _("What is overdue now less what was overdue 30 days ago, as known then, per customer."),
        OURS, debtor_reports.movers, has_period=False,
    ),
    Report(
        "roll-rates", OWED, _("Roll rates"), _("How much grows older?"),
        _("What stands in an age at a month's end, divided by what stood in the age before it a month earlier."),
        _("Net roll rate, as used for loan portfolios"), balance_reports.roll_rates,
    ),
    Report(
        "dso", PAID, _("Days sales outstanding"), _("How many days of sales are not paid yet?"),
        _("DSO: receivables (open invoices and fees less credit notes) at the end of a day ÷ sales of the 90 days "
          "before × "
          "90. By count-back: whole months of the newest sales are taken off the receivables, with their days, "
          "until the rest "
          "is part of a month. Best possible DSO: the same with what is not due yet. Average days delinquent: DSO "
          "less best "
          "possible DSO. Sales are invoices and fees less credit notes."),
        FOUNDATION, measure_reports.sales_outstanding,
    ),
    Report(
        "cei", PAID, _("Collection effectiveness (CEI)"), _("How much of what could be collected was?"),
        _("(open at the start + sales − open at the end) ÷ (open at the start + sales − not yet due at the end) × "
          "100, over "
          "the 90 days before each day."),
        FOUNDATION, measure_reports.effectiveness,
    ),
    Report(
        "behaviour", PAID, _("Payment behaviour"), _("How late are invoices paid?"),
        _("Invoices settled by payments in the period: days from the due date (and from the day of issue) to the "
          "day of "
          "settlement, weighted by amount. Paid in time: on the due date at the latest."),
        OURS, measure_reports.payment_behaviour,
    ),
    Report(
        "cohorts", PAID, _("Cohorts"), _("What became of a month's invoices?"),
        _("Of all invoices that fell due in a month: the share paid on the due date, and 30, 60 and 90 days after it."),
        OURS, measure_reports.cohorts,
    ),
    Report(
        "forecast", PAID, _("Cash forecast"), _("What will come in, and when?"),
        _("For each open invoice the chance to be paid in each of 13 weeks, from how long invoices of customers "
          "with the "
          "same habit (median days late) stayed open. The interval comes from the same forecast made on past days with "
          "what was known then: the middle 80 % of actual to expected amounts."),
        _("Product-limit estimate: E. L. Kaplan and P. Meier, 1958; intervals from the back-test"),
        cash_reports.forecast,
        has_period=False,
    ),
    Report(
        "promises", WORK, _("Promises"), _("Are promises kept?"),
        _("Promises for a day within the period, as judged by its end. Kept: the promised amount came in time, "
          "within the "
          "days of tolerance; partly kept: a part of it; broken: nothing. The share leaves out those still open or "
          "withdrawn."),
        OURS, agreement_reports.promises,
    ),
    Report(
        "plans", WORK, _("Payment plans"), _("Are plans kept?"),
        _("Instalments that fell due in the period; paid in time within the plan's days of grace."),
        OURS, agreement_reports.plans,
    ),
    Report(
        "disputes", WORK, _("Disputes"), _("What is not accepted, and for how long?"),
        _("Disputes open at the end of the period by reason and days since they were opened; where no amount was "
          "named, all "
          "that is open on the invoice. Justified: credited or adjusted."),
        OURS, agreement_reports.disputes,
    ),
    Report(
        "touches", WORK, _("Touches"), _("Which words are answered, and which are followed by money?"),
        _("Touches sent, by channel and step. Answered: a reply, a call that reached somebody or a promise within 7 "
          "days. "
          "Paid: a payment of any size within 14 days. Both count for the last touch before them alone."),
        OURS, work_reports.touches, is_per_currency=False,
    ),
    Report(
        "activity", WORK, _("Collectors' work"), _("What was done, and what waits?"),
        _("Calls, answers handled, promises taken and tasks done in the period, by the person who did them; tasks "
          "waiting are as of now. Owners and managers see names."),
        OURS, work_reports.activity, is_per_currency=False,
    ),
    Report(
        "costs", RESULT, _("Cost of collecting"), _("What does it cost to collect 100?"),
        _("Time and fees of all touches sent in the period ÷ what was collected in it × 100."),
        OURS, work_reports.costs, is_per_currency=False,
    ),
    Report(
        "retention", RESULT, _("Retention"), _("Do they come back after we collected?"),
        _("Of the customers whose overdue debt was paid after a reminder: the share that was billed again, and who "
          "sent "
          "others."),
        OURS, work_reports.retention, is_per_currency=False,
    ),
    Report(
        "effect", RESULT, _("Before and after"), _("Is it better than before goodterms?"),
        _("Months of due dates wholly before the first run against those wholly after it: the days invoices stayed "
          "open "
          "after the due date, 60 at most, and the share paid within 30 and 60 days, weighted by amount. Only "
          "months whose "
          "60 days are over."),
        _("A comparison over time proves nothing by itself: seasons and customers change too. The control group does."),
        effect_reports.before_after, has_period=False,
    ),
)  # fmt: skip
CATALOG = {report.name: report for report in _REPORTS}


def find_report(name: str) -> Report:
    """The report of that name; raises UnknownReport."""
    try:
        return CATALOG[name]
    except KeyError:
        raise UnknownReport(name) from None


def make_parts(report: Report, frames: ReadFrames, wanted: ReportFilter) -> list[tuple[str, Result]]:
    """The report's answer; without a currency asked for, one part for each currency there is, under its code."""
    if not report.is_per_currency:
        return [("", report.make(frames, wanted))]
    codes = [wanted.currency] if wanted.currency else currencies_in(frames, wanted, wanted.home)
    return [(code, report.make(frames, wanted.with_currency(code))) for code in codes]


def make_report(report: Report, frames: ReadFrames, wanted: ReportFilter) -> Result:
    """The same as one answer."""
    return joined([result for _code, result in make_parts(report, frames, wanted)])
