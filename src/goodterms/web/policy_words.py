"""The words in which the pages of playbooks, rules and trials speak of a policy's fields and values."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from goodterms.web.words import sign_of

Word = str | Promise
ANCHORS: Mapping[str, Word] = {
    "first_invoice": lazy("After the first invoice"),
    "due": lazy("Around the due date"),
    "overdue": lazy("While something is overdue"),
    "promised": lazy("Around a promised day"),
    "paid": lazy("After everything overdue is paid"),
    "quiet": lazy("After a long silence"),
}
COUNTED_FROM: Mapping[str, Word] = {
    "first_invoice": lazy("counted from the day of the first invoice"),
    "due": lazy("counted from the due date; before it is negative"),
    "overdue": lazy("counted from the due date of the oldest unpaid invoice"),
    "promised": lazy("counted from the promised day; before it is negative"),
    "paid": lazy("counted from the last payment"),
    "quiet": lazy("counted from the last contact"),
}
SENDERS: Mapping[str, Word] = {
    "default": lazy("The organisation"),
    "owner": lazy("The relationship's owner"),
    "senior": lazy("The senior sender"),
}
NEEDS: Mapping[str, Word] = {
    "": lazy("Always"),
    "interest": lazy("Only where interest is switched on"),
    "late_fee": lazy("Only where a late fee is switched on"),
}
ENTRIES: Mapping[str, Word] = {
    "first": lazy("At the first step, however old the debt is"),
    "contextual": lazy("At the step that fits the age of the debt"),
}
ENDINGS: Mapping[str, Word] = {
    "agency": lazy("An agency: the customer is proposed for a hand-over"),
    "court": lazy("A court: somebody decides whether to sue or to forget"),
    "person": lazy("A person: nobody else is asked about"),
}
LEVELS: Mapping[int, Word] = {
    0: lazy("0 · courtesy"),
    1: lazy("1 · friendly reminder"),
    2: lazy("2 · clear reminder"),
    3: lazy("3 · firm reminder"),
    4: lazy("4 · last deadline"),
    5: lazy("5 · hand-over"),
}
KINDS: Mapping[str, Word] = {"profiles": lazy("Why late"), "verdicts": lazy("Worth keeping")}
FIELDS: Mapping[str, Word] = {
    "anchor": lazy("Counted from"),
    "from_day": lazy("First day"),
    "to_day": lazy("Last day"),
    "spacing_days": lazy("Days after the last message"),
    "repeat_days": lazy("Again after days"),
    "at_most": lazy("At most times"),
    "rest_days": lazy("Not again for days"),
    "channels": lazy("Channels and words"),
    "roles": lazy("Whom it is written to"),
    "level": lazy("Firmness"),
    "tone": lazy("Tone"),
    "sender": lazy("Sender"),
    "needs_approval": lazy("Needs approval"),
    "deadline_days": lazy("Sets a deadline of days"),
    "asks_why": lazy("Asks why"),
    "asks_process": lazy("Asks for their process"),
    "cc_roles": lazy("In copy"),
    "needs": lazy("Depends on"),
    "before_cut_off_days": lazy("Working days before their cut-off"),
    "name": lazy("Name"),
    "intent": lazy("Intent"),
    "entry": lazy("Entered"),
    "entry_level": lazy("Firmest step to enter at"),
    "ends_with": lazy("When no step is left"),
    "outcome": lazy("Answer"),
    "when": lazy("Condition"),
    "because": lazy("Sentence"),
    "grace_days": lazy("Days of grace after the due date"),
    "gap_days": lazy("Least days between two contacts"),
    "weekly_cap": lazy("Most messages in seven days"),
    "reply_wait_days": lazy("Days to wait for an unread answer"),
}
TRIAL_STATES: Mapping[str, Word] = {
    "waiting": lazy("Waits for a worker"),
    "running": lazy("Running"),
    "done": lazy("Done"),
    "failed": lazy("Failed"),
    "stopped": lazy("Stopped"),
}


def field_word(name: str) -> str:
    """A field of a step, a rule or the numbers as a person calls it."""
    return str(FIELDS.get(name, name.replace("_", " ").capitalize()))


def part_word(part: str) -> str:
    """A part of the policy: the numbers, a set of rules, or a playbook."""
    if part == "numbers":
        return _("Numbers")
    if part in KINDS:
        return _("Rules: %(kind)s") % {"kind": KINDS[part]}
    return _("Playbook: %(name)s") % {"name": sign_of("profile", part).label}


def value_word(value: Any) -> str:
    """A value of a policy, readable: yes and no, lists with commas, channels with their words."""
    if value is None or value in ("", [], {}):
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict):
        return ", ".join(f"{sign_of('channel', key).label}: {value_word(inner)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(value_word(inner) for inner in value)
    return str(value)


PLAIN_VALUES: Mapping[str, Any] = {
    "anchor": "overdue",
    "spacing_days": 7,
    "at_most": 1,
    "sender": "default",
    "roles": ["accounts_payable", "owner", "buyer", "executive", "other"],
}
"""Values that go without saying."""
READ_AS: Mapping[str, Mapping[Any, Word]] = {
    "anchor": ANCHORS,
    "sender": SENDERS,
    "needs": NEEDS,
    "entry": ENTRIES,
    "ends_with": ENDINGS,
}
SIGNED: Mapping[str, str] = {"tone": "tone", "roles": "role", "cc_roles": "role"}


def field_value(field: str, value: Any) -> str:
    """The value of a field, in the words of that field."""
    if field in READ_AS and value:
        return str(READ_AS[field].get(value, value))
    if field in SIGNED and value:
        values = value if isinstance(value, list | tuple) else [value]
        return ", ".join(str(sign_of(SIGNED[field], each).label) for each in values)
    if field == "channels" and isinstance(value, dict):
        shown = (f"{sign_of('channel', key).label}: {_plain(name)}" for key, name in value.items())
        return ", ".join(shown)
    if field == "outcome" and value:
        return str(sign_of("verdict" if value in ("keep", "watch", "part") else "profile", value).label)
    return value_word(value)


def told_fields(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A step's or rule's values that do not go without saying, by the fields' names."""
    said = {
        name: value
        for name, value in row.items()
        if name != "id" and value not in (None, "", False, []) and PLAIN_VALUES.get(name) != value
    }
    return [(field_word(name), field_value(name, value)) for name, value in said.items()]


def _plain(name: str) -> str:
    return name.replace("_", " ").capitalize()


def window_words(anchor: str, first: int, last: int | None) -> str:
    """When a step may go out: from day 11; days −4 to −1."""
    shown = str(first).replace("-", "−")
    if last is None:
        return _("from day %(first)s") % {"first": shown}
    if last == first:
        return _("on day %(first)s") % {"first": shown}
    return _("days %(first)s to %(last)s") % {"first": shown, "last": str(last).replace("-", "−")}


def days_words(days: int) -> str:
    """A number of days."""
    return ngettext("%(days)s day", "%(days)s days", days) % {"days": days}


HABITS: Mapping[str, Word] = {
    "settled_count": lazy("settled invoices looked at, 36 at most"),
    "median_days_late": lazy("how late they usually pay, in days"),
    "weighted_days_late": lazy("the same, weighted by amount"),
    "spread_days": lazy("how much that scatters, in days"),
    "late_share": lazy("share of invoices paid more than 3 days late (0 to 1)"),
    "worst_days_late": lazy("the latest payment, in days"),
    "older_median_days_late": lazy("how late without the six newest"),
    "recent_median_days_late": lazy("how late the six newest"),
    "slope_days": lazy("days later from one invoice to the next"),
    "pay_weekday": lazy("their usual weekday, 1 Monday to 7 Sunday"),
    "pay_weekday_share": lazy("share of payments on it"),
    "pay_day": lazy("their usual day of the month"),
    "pay_day_concentration": lazy("how strictly they keep to it (0 to 1)"),
    "part_payment_share": lazy("share of invoices paid in parts"),
    "disputed_late_share": lazy("share both late and disputed"),
    "prompted_share": lazy("of the late ones, paid within a week of a message"),
    "days_after_touch": lazy("days from the last message to payment"),
    "late_touch_share": lazy("of the late ones, paid only after the third message"),
    "expected_days_late": lazy("what to expect of them, in days late"),
    "current_days_late": lazy("weighted lateness with what is overdue today"),
    "tenure_days": lazy("days since the first invoice"),
    "is_history_known": lazy("all their payments are on record"),
    "open_count": lazy("open invoices"),
    "overdue_count": lazy("overdue invoices that may be asked for"),
    "oldest_days_overdue": lazy("days the oldest of them is overdue; 0: none"),
    "beyond_habit_days": lazy("days later than they usually are"),
    "exposure_percentile": lazy("place of the overdue amount among all overdue (0 to 1)"),
    "part_paid_open_count": lazy("overdue invoices paid in part"),
    "returned_count": lazy("payments sent back by the bank in a year"),
    "touch_count": lazy("messages in this cycle"),
    "unanswered_touch_count": lazy("messages since they last stirred"),
    "silence_days": lazy("days since the first unanswered message"),
    "reply_count": lazy("answers in a year"),
    "forewarning_count": lazy("times they told us before we asked"),
    "abuse_count": lazy("abusive answers in a year"),
    "hung_up_count": lazy("times they hung up in a year"),
    "promises_kept": lazy("promises kept in a year"),
    "promises_partly_kept": lazy("promises kept in part in a year"),
    "promises_broken": lazy("promises broken in a year"),
    "settlements_lapsed": lazy("settlements accepted and not paid in a year"),
    "promise_open": lazy("a promise is open"),
    "plan_active": lazy("they pay by a plan"),
    "plan_defaulted": lazy("a plan was not kept"),
    "open_dispute_count": lazy("open disputes"),
    "unjustified_dispute_count": lazy("disputes without ground in a year"),
    "last_reason": lazy("the reason last stated, such as 'cash'; '' is unknown"),
    "cash_reason_count": lazy("times they said money is short, in a year"),
    "process_reason_count": lazy("times their own process was the reason, in a year"),
    "is_protected": lazy("marked as a special bond"),
    "signal": lazy("change of habit: 'later', 'irregular' or ''"),
    "signal_strength": lazy("how certain the change is; from 1 on it counts"),
    "signal_seen_date": lazy("when it was first seen"),
    "first_issue_date": lazy("date of the first invoice"),
    "last_settled_date": lazy("date of the last payment"),
}
"""Columns that a condition may name; the others serve the program itself."""
