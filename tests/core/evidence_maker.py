"""Builds small evidence from few words: days late, days overdue, days ago, amounts in whole units of the currency."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from goodterms.core import evidence as frames
from goodterms.core.evidence import Evidence
from tests.core.shipped_policy import make_policy

TODAY = date(2026, 3, 10)
"""A Tuesday without any holiday near it."""
SCHEMAS = {
    "customers": frames.CUSTOMERS,
    "open_items": frames.OPEN_ITEMS,
    "settled": frames.SETTLED,
    "cash": frames.CASH,
    "returned": frames.RETURNED,
    "contacts": frames.CONTACTS,
    "touches": frames.TOUCHES,
    "replies": frames.REPLIES,
    "calls": frames.CALLS,
    "promises": frames.PROMISES,
    "instalments": frames.INSTALMENTS,
    "planned": frames.PLANNED,
    "settlements": frames.SETTLEMENTS,
    "disputes": frames.DISPUTES,
    "reasons": frames.REASONS,
    "ap_profiles": frames.AP_PROFILES,
    "holds": frames.HOLDS,
}
Row = dict[str, Any]


def minor(amount: float | str) -> int:
    """1200 or 1200.50 as minor units."""
    return int(Decimal(str(amount)) * 100)


class EvidenceMaker:
    """Collects rows; ``customer`` opens a new customer, ``evidence`` gives the frames."""

    def __init__(self, today: date = TODAY) -> None:
        self.today = today
        self.rows: dict[str, list[Row]] = {name: [] for name in SCHEMAS}
        self._last_id = 100

    def next_id(self) -> int:
        """A number no other row has."""
        self._last_id += 1
        return self._last_id

    def customer(self, **words: Any) -> "CustomerMaker":
        """One more customer, described by the words that CustomerMaker.describe knows."""
        made = CustomerMaker(self, len(self.rows["customers"]) + 1)
        made.describe(words)
        return made

    def hold_everyone(self, *, until_in: int, from_ago: int = 0) -> None:
        """A hold of the whole organisation."""
        self.rows["holds"].append(_hold(self, None, None, {"until_in": until_in, "from_ago": from_ago}))

    def evidence(self) -> Evidence:
        """The frames, in the order in which the rows were made."""
        parts: dict[str, Any] = {
            name: pl.DataFrame(self.rows[name], schema=schema, orient="row") for name, schema in SCHEMAS.items()
        }
        return Evidence(**parts)


def evidence_of(*cases: Mapping[str, Any], today: date = TODAY) -> Evidence:
    """One customer per case, numbered from 1."""
    maker = EvidenceMaker(today)
    for case in cases:
        maker.customer(**case)
    return maker.evidence()


class CustomerMaker:
    """The rows of one customer."""

    def __init__(self, maker: EvidenceMaker, customer_id: int) -> None:
        self.maker, self.id = maker, customer_id
        self.playbook = "good"
        self.row: Row = {
            "customer_id": customer_id,
            "country": "GB",
            "language": "en",
            "timezone": "Europe/London",
            "local_date": maker.today,
            "is_protected": False,
        }
        maker.rows["customers"].append(self.row)

    def describe(self, words: Mapping[str, Any]) -> None:
        """Each word is a method of this class, or a column of the customer."""
        given = dict(words)
        for column in ("country", "language", "timezone", "is_protected", "cycle", "signal_seen_date"):
            if column in given:
                self.row[column] = given.pop(column)
        self.override(given.pop("override", None))
        self.history(given.pop("history", ()))
        self.owes(given.pop("open", ()))
        self.contacts(given.pop("contacts", ("accounts_payable email phone",)))
        for word in sorted(given):
            getattr(self, word)(given[word])

    def override(self, profile: str | None) -> None:
        """A person's word; touches sent are then of this profile's playbook."""
        self.row["override_profile"] = profile
        self.playbook = profile or self.playbook

    def history(self, given: Mapping[str, Any] | Sequence[Any]) -> None:
        """Settled invoices, oldest first: days late, or ``{late, amount, currency, parts, disputed}``.

        As a mapping: ``late`` (the list; "12 x 0" is twelve times 0), ``every`` (days between due dates, 30),
        ``newest_due_ago`` (days; by itself at least 30, and everything is paid by today). An invoice may also say
        ``{due, paid}``, both dates.
        """
        spec: Mapping[str, Any] = given if isinstance(given, Mapping) else {"late": given}
        invoices = [one if isinstance(one, Mapping) else {"late": one} for one in _spread_out(spec["late"])]
        every, places = spec.get("every", 30), range(len(invoices) - 1, -1, -1)
        least = [one.get("late", 0) - place * every for one, place in zip(invoices, places, strict=True)]
        newest = spec.get("newest_due_ago", max([30, *least]))
        for one, place in zip(invoices, places, strict=True):
            due = one.get("due") or self._ago(newest + place * every)
            self._add(
                "settled",
                invoice_id=self.maker.next_id(),
                currency=one.get("currency", "EUR"),
                issue_date=due - timedelta(days=30),
                due_date=due,
                settled_date=one.get("paid") or due + timedelta(days=one["late"]),
                amount_minor=minor(one.get("amount", 1000)),
                payment_count=one.get("parts", 1),
                was_disputed=one.get("disputed", False),
            )

    def owes(self, given: Iterable[Any]) -> None:
        """Open items: days overdue (negative: due in so many days), or a mapping.

        ``{overdue, amount, of (invoiced amount), currency, disputed, kind, due, issued_ago, held_until_in}``;
        a negative amount is a credit note; ``overdue: none`` has no due date.
        """
        for item in given:
            self._owe(item if isinstance(item, Mapping) else {"overdue": item})

    def _owe(self, one: Mapping[str, Any]) -> None:
        overdue = one["overdue"]
        due = None if overdue is None else self._ago(overdue)
        amount = minor(one.get("amount", 500))
        issued = self._ago(one["issued_ago"]) if "issued_ago" in one else (due or self.maker.today) - timedelta(days=30)
        invoice_id = self.maker.next_id()
        self._add(
            "open_items",
            invoice_id=invoice_id,
            kind=one.get("kind", "invoice" if amount > 0 else "credit_note"),
            currency=one.get("currency", "EUR"),
            issue_date=issued,
            due_date=due,
            amount_minor=minor(one["of"]) if "of" in one else amount,
            open_amount_minor=amount,
            disputed_amount_minor=minor(one.get("disputed", 0)),
        )
        if "held_until_in" in one:
            span = {"until_in": one["held_until_in"], "from_ago": one.get("held_from_ago", 5)}
            self.maker.rows["holds"].append(_hold(self.maker, self.id, invoice_id, span))

    def cash(self, amounts: Mapping[str, float]) -> None:
        """Cash on account per currency."""
        for currency, amount in amounts.items():
            self._add("cash", currency=currency, unallocated_minor=minor(amount))

    def returned(self, ago: Iterable[int]) -> None:
        """Payments the bank sent back so many days ago."""
        for days in ago:
            self._add("returned", payment_id=self.maker.next_id(), returned_date=self._ago(days))

    def contacts(self, given: Iterable[str]) -> None:
        """Each a role followed by what is known of the person: "owner phone"."""
        for words in given:
            role, *known = words.split()
            number = self.maker.next_id()
            self._add(
                "contacts",
                contact_id=number,
                role=role,
                email=f"{role}{number}@debtor.example" if "email" in known else None,
                phone=f"+44 20 7946 0{number:03}" if "phone" in known else None,
                postal=f"{number} Example Street, Exampleton" if "postal" in known else None,
                mobile=f"+44 7700 900{number:03}" if "mobile" in known else None,
            )

    def sent(self, given: Iterable[Mapping[str, Any] | str]) -> None:
        """Touches: "clear 7" (step, days ago), or a mapping.

        ``{step, ago, playbook, level, cycle, state (sent | pending | failed), planned_ago, by_person, deadline_in,
        channel}``. Level, deadline and channel are those of the playbook; without a word the cycle is the running one.
        """
        for touch in given:
            if isinstance(touch, str):
                step, ago = touch.split()
                self._send({"step": step, "ago": int(ago)})
            else:
                self._send(touch)

    def _send(self, one: Mapping[str, Any]) -> None:
        state, ago = one.get("state", "sent"), one["ago"]
        playbook = one.get("playbook", self.playbook)
        level, deadline_days, channel = _step_facts(playbook, one["step"])
        deadline = None if deadline_days is None else self._ago(ago) + timedelta(days=deadline_days)
        if "deadline_in" in one:
            deadline = self._ago(-one["deadline_in"])
        cycle = one.get("cycle", self._running_cycle())
        if cycle == self._running_cycle():
            self.row["cycle"] = self.row.get("cycle") or cycle
        self._add(
            "touches",
            touch_id=self.maker.next_id(),
            cycle=cycle,
            playbook=playbook,
            step=one["step"],
            level=one.get("level", level),
            occurrence=1,
            channel=one.get("channel", channel),
            planned_date=self._ago(one.get("planned_ago", ago)),
            sent_date=self._ago(ago) if state == "sent" else None,
            is_pending=state == "pending",
            is_automatic=not one.get("by_person", False),
            deadline_date=deadline,
        )

    def _running_cycle(self) -> str:
        own = [row["due_date"] for row in self.maker.rows["open_items"] if row["customer_id"] == self.id]
        due = [day for day in own if day is not None and day < self.maker.today]
        began = min(due, default=self.maker.today) + timedelta(days=1)
        return str(self.row.get("cycle") or f"since-{began.isoformat()}")

    def replies(self, given: Iterable[Mapping[str, Any]]) -> None:
        """``{ago, reading, handled}``."""
        for one in given:
            self._add(
                "replies",
                reply_id=self.maker.next_id(),
                received_date=self._ago(one["ago"]),
                reading=one.get("reading"),
                is_handled=one.get("handled", True),
            )

    def calls(self, given: Iterable[Mapping[str, Any]]) -> None:
        """``{ago, outcome}``."""
        for one in given:
            self._add("calls", call_id=self.maker.next_id(), called_date=self._ago(one["ago"]), outcome=one["outcome"])

    def promises(self, given: Iterable[Mapping[str, Any]]) -> None:
        """``{in (days until it is due), made_ago, state, tolerance, amount}``."""
        for one in given:
            self._add(
                "promises",
                promise_id=self.maker.next_id(),
                currency="EUR",
                amount_minor=minor(one.get("amount", 500)),
                made_date=self._ago(one.get("made_ago", 5)),
                promised_date=self._ago(-one["in"]),
                tolerance_days=one.get("tolerance", 2),
                state=one.get("state", "open"),
                is_pausing=one.get("pausing", True),
            )

    def settlement(self, given: Mapping[str, Any]) -> None:
        """``{in, state, tolerance, proposed_ago}``."""
        self._add(
            "settlements",
            settlement_id=self.maker.next_id(),
            proposed_date=self._ago(given.get("proposed_ago", 1)),
            pay_by_date=self._ago(-given["in"]),
            tolerance_days=given.get("tolerance", 3),
            state=given.get("state", "accepted"),
        )

    def reasons(self, given: Iterable[Mapping[str, Any]]) -> None:
        """``{reason, ago}``."""
        for one in given:
            stated = self._ago(one.get("ago", 5))
            number = self.maker.next_id()
            self._add("reasons", reason_id=number, invoice_id=None, reason=one["reason"], stated_date=stated)

    def ap(self, given: Mapping[str, Any]) -> None:
        """``{run (weekday | day_of_month), days, cut_off, confirmed}``."""
        self._add(
            "ap_profiles",
            pay_run=given["run"],
            pay_run_days=list(given["days"]),
            cut_off_working_days=given.get("cut_off", 5),
            is_confirmed=given.get("confirmed", True),
        )

    def plan(self, given: Mapping[str, Any]) -> None:
        """``{state, grace, instalments: [{in, amount, paid}], covers: [{item (place among the open), amount}]}``."""
        plan_id = self.maker.next_id()
        for one in given["instalments"]:
            self._add(
                "instalments",
                instalment_id=self.maker.next_id(),
                plan_id=plan_id,
                currency="EUR",
                due_date=self._ago(-one["in"]),
                amount_minor=minor(one.get("amount", 100)),
                paid_minor=minor(one.get("paid", 0)),
                grace_days=given.get("grace", 0),
                plan_state=given.get("state", "active"),
            )
        for one in given.get("covers", ()):
            covered = self._open_item(one["item"])
            amount = minor(one["amount"]) if "amount" in one else covered["open_amount_minor"]
            self._add("planned", plan_id=plan_id, invoice_id=covered["invoice_id"], amount_minor=amount)

    def _open_item(self, place: int) -> Row:
        return [row for row in self.maker.rows["open_items"] if row["customer_id"] == self.id][place]

    def disputes(self, given: Iterable[Mapping[str, Any]]) -> None:
        """``{opened_ago, resolved_ago, justified, reason, item (its place among the open), amount}``.

        And ``credit`` with ``credit_until_in``: a credit note over so much is waited for so many days.
        """
        for one in given:
            self._add(
                "disputes",
                dispute_id=self.maker.next_id(),
                invoice_id=self._open_item(one["item"])["invoice_id"] if "item" in one else self.maker.next_id(),
                reason=one.get("reason", "other"),
                amount_minor=minor(one["amount"]) if "amount" in one else None,
                opened_date=self._ago(one["opened_ago"]),
                resolved_date=self._ago(one["resolved_ago"]) if "resolved_ago" in one else None,
                is_justified=one.get("justified"),
                credit_minor=minor(one["credit"]) if "credit" in one else None,
                credit_until_date=self._ago(-one["credit_until_in"]) if "credit" in one else None,
            )

    def holds(self, given: Iterable[Mapping[str, Any]]) -> None:
        """``{until_in, from_ago, reason}``: the last day is so many days from today."""
        for one in given:
            self.maker.rows["holds"].append(_hold(self.maker, self.id, None, one))

    def _ago(self, days: int) -> date:
        return self.maker.today - timedelta(days=days)

    def _add(self, frame: str, **values: Any) -> None:
        self.maker.rows[frame].append({"customer_id": self.id, **values})


def _spread_out(late: Iterable[Any]) -> list[Any]:
    """ "12 x 0" stands for twelve times 0."""
    spread: list[Any] = []
    for one in late:
        if isinstance(one, str):
            times, days = one.split(" x ")
            spread += [int(days)] * int(times)
        else:
            spread.append(one)
    return spread


def _hold(maker: EvidenceMaker, customer_id: int | None, invoice_id: int | None, one: Mapping[str, Any]) -> Row:
    return {
        "hold_id": maker.next_id(),
        "customer_id": customer_id,
        "invoice_id": invoice_id,
        "reason": one.get("reason", "goodwill"),
        "from_date": maker.today - timedelta(days=one.get("from_ago", 5)),
        "until_date": maker.today + timedelta(days=one["until_in"]),
    }


def _step_facts(playbook: str, step: str) -> tuple[int, int | None, str]:
    """Level, deadline days and first channel of a shipped step; a person's own contact has no such step."""
    try:
        known = make_policy(interest={"enabled": True}).playbooks.step(playbook, step)
    except KeyError:
        return 0, None, "email"
    return known.level, known.deadline_days, next(iter(known.channels))
