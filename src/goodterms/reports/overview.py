"""The six figures that matter, each with its way over the last twelve months."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from goodterms.reports.balances import ReadFrames, collected_of, flows_in, months_before, stocks_on
from goodterms.reports.measure_reports import measure_on
from goodterms.reports.result import Figure, Result
from goodterms.reports.segments import ReportFilter

MONTHS = 12


def overview(frames: ReadFrames, wanted: ReportFilter) -> Result:
    """What is open, what of it is overdue, DSO, days delinquent, CEI and what was collected, in one currency.

    The trend has the ends of the last twelve months, the present day last; collected is of the 30 days before each.
    """
    days = [last for _first, last in months_before(frames.as_of_date, MONTHS + 1)[::-1]]
    stocks = stocks_on(frames, wanted, days)
    measured = measure_on(frames, wanted, days)
    flows = flows_in(frames, wanted, [(day - timedelta(days=29), day) for day in days])
    collected = [collected_of(flow) for flow in flows]
    shares = [stock.overdue / stock.owed if stock.owed > 0 else None for stock in stocks]
    now, code = measured[-1], wanted.currency
    return Result(
        [
            Figure(_("Open"), stocks[-1].balance, "money", code, _("after credit notes and cash on account"),
                   [stock.balance for stock in stocks]),
            Figure(_("Share overdue"), shares[-1], "share", "", _("of open invoices and fees"), shares, True),
            Figure(_("Collected"), collected[-1], "money", code, _("in the last 30 days"), collected, False),
            Figure(_("DSO"), now.dso, "days", "", _("days of sales not paid yet"), [one.dso for one in measured], True),
            Figure(_("Average days delinquent"), now.delinquent, "days", "", _("of these owed to lateness"),
                   [one.delinquent for one in measured], True),
            Figure(_("Collection effectiveness"), now.effectiveness, "number", "",
                   _("CEI: 100 is all that fell due"), [one.effectiveness for one in measured], False),
        ]
    )  # fmt: skip


FIGURE_REPORTS = ("ageing", "ageing", "receivables", "dso", "dso", "cei")
"""The report in which each figure is explained, in the same order."""
