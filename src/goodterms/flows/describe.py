"""A decision in the words of the documented JSON contract: names and numbers instead of ids."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

import polars as pl

from goodterms.core.plan_touches import WAIT_REASONS
from goodterms.core.policy import Policy
from goodterms.flows.claimable_interest import claimable_interest, sum_claimable
from goodterms.flows.decide_day import Decided
from goodterms.flows.follow_retention import retention_of
from goodterms.flows.import_job import read_by_ids
from goodterms.flows.write_standings import evidence_sentence

_NAMES = pl.Schema({"customer_id": pl.Int64(), "number": pl.String(), "name": pl.String()})
_INVOICES = pl.Schema({"invoice_id": pl.Int64(), "invoice": pl.String(), "due_date": pl.Date()})


def describe_touches(touches: pl.DataFrame, policy: Policy) -> list[dict[str, Any]]:
    """Planned touches (columns: PLANNED) as rows: customer, invoices with open amounts, channel, recipient, playbook,
    step, tone, due reason, profile, rule ids and evidence (as values and in a sentence).
    """
    names, invoices = _names(touches["customer_id"]), _invoices(touches)
    return [_touch(row, names, invoices, policy) for row in touches.iter_rows(named=True)]


def _touch(
    row: dict[str, Any], names: dict[int, dict[str, Any]], invoices: dict[int, dict[str, Any]], policy: Policy
) -> dict[str, Any]:
    return {
        "customer": _customer(row["customer_id"], names),
        "planned_date": row["planned_date"],
        "channel": row["channel"],
        "recipient": row["recipient"],
        "cc": list(row["cc"] or []),
        "playbook": row["playbook"],
        "step": row["step"],
        "occurrence": row["occurrence"],
        "level": row["level"],
        "tone": row["tone"],
        "template": row["template"],
        "language": row["language"],
        "sender": row["sender"],
        "needs_approval": row["needs_approval"],
        "deadline_date": row["deadline_date"],
        "cycle": row["cycle"],
        "invoices": [_item(item, invoices) for item in row["items"] or []],
        "due_reason": row["due_reason"],
        "profile": row["profile"],
        "rules": {"profile": row["profile_rule"], "step": f"{row['playbook']}/{row['step']}"},
        "evidence": json.loads(row["evidence"]),
        "because": evidence_sentence(policy, "profiles", row["profile_rule"], row["evidence"]),
        "policy": policy.hash,
    }


def _item(item: dict[str, Any], invoices: dict[int, dict[str, Any]]) -> dict[str, Any]:
    known = invoices.get(item["invoice_id"], {})
    return {
        "number": known.get("invoice"),
        "due_date": known.get("due_date"),
        "open_amount": {"amount_minor": item["open_amount_minor"], "currency": item["currency"]},
    }


def describe_waits(decided: Decided) -> list[dict[str, Any]]:
    """Customers with something overdue and no touch today: why, and until when."""
    names = _names(decided.decision.waits["customer_id"])
    return [
        {
            "customer": _customer(row["customer_id"], names),
            "reason": row["reason"],
            "words": WAIT_REASONS[row["reason"]],
            "until_date": row["until_date"],
            "next_step": row["step"] and f"{row['playbook']}/{row['step']}",
        }
        for row in decided.decision.waits.iter_rows(named=True)
    ]


def describe_customers(
    decided: Decided, today: date, customer_ids: Sequence[int] | None = None
) -> Iterator[dict[str, Any]]:
    """Per customer (all, or these): balances, habits, signal, profile and verdict, each with evidence in a sentence
    and as values.

    ``claimable_interest`` is what the law on late payment allows up to ``today``, whether or not it is claimed.
    """
    decision = decided.decision
    frame = decision.habits.join(decision.standings, on="customer_id", maintain_order="left")
    evidence = decided.evidence
    if customer_ids is not None:
        chosen = pl.Series(customer_ids, dtype=pl.Int64)
        frame = frame.filter(pl.col("customer_id").is_in(chosen.implode()))
        evidence = evidence.for_customers(chosen)
    names = _names(frame["customer_id"])
    balances = _grouped(decision.balances.join(frame, on="customer_id", how="semi"), _balance)
    claims = sum_claimable(claimable_interest(evidence, decided.policy, today))
    claimable = _grouped(claims.rename({"claimable_minor": "amount_minor"}), _amount)
    retention = retention_of(frame["customer_id"])
    for row in frame.iter_rows(named=True):
        key = row["customer_id"]
        yield {
            **_standing(row, names, balances.get(key, []), decided.policy),
            "claimable_interest": claimable.get(key, []),
            "retention": retention.get(key),
        }


def _grouped(
    frame: pl.DataFrame, describe: Callable[[dict[str, Any]], dict[str, Any]]
) -> dict[int, list[dict[str, Any]]]:
    """The rows of each customer, described."""
    found: dict[int, list[dict[str, Any]]] = {}
    for row in frame.iter_rows(named=True):
        found.setdefault(row["customer_id"], []).append(describe(row))
    return found


def _amount(row: dict[str, Any]) -> dict[str, Any]:
    return {"amount_minor": row["amount_minor"], "currency": row["currency"]}


def _standing(
    row: dict[str, Any], names: dict[int, dict[str, Any]], balances: list[dict[str, Any]], policy: Policy
) -> dict[str, Any]:
    answers = ("profile", "verdict")
    shown_apart = {f"{name}{part}" for name in answers for part in ("", "_rule", "_evidence")}
    shown_apart |= {"customer_id", "is_protected"}
    return {
        "customer": _customer(row["customer_id"], names),
        "balances": balances,
        **{name: _answer(row, name, policy) for name in answers},
        "signal": {
            "kind": row["signal"] or None,
            "strength": round(row["signal_strength"], 2),
            "seen_date": row["signal_seen_date"],
        },
        "habits": {
            name: round(value, 2) if isinstance(value, float) else value
            for name, value in row.items()
            if name not in shown_apart and not name.startswith("signal")
        },
    }


def _answer(row: dict[str, Any], name: str, policy: Policy) -> dict[str, Any]:
    rule, evidence = row[f"{name}_rule"], row[f"{name}_evidence"]
    return {
        "is": row[name],
        "rule": rule,
        "because": evidence_sentence(policy, "profiles" if name == "profile" else "verdicts", rule, evidence),
        "evidence": json.loads(evidence),
    }


def _balance(row: dict[str, Any]) -> dict[str, Any]:
    parts = ("open", "overdue", "days_0", "days_1_30", "days_31_60", "days_61_90", "days_over_90")
    return {part: {"amount_minor": row[f"{part}_minor"], "currency": row["currency"]} for part in parts}


def _customer(customer_id: int, names: dict[int, dict[str, Any]]) -> dict[str, Any]:
    known = names.get(customer_id, {})
    return {"number": known.get("number"), "name": known.get("name")}


def _by_id(frame: pl.DataFrame) -> dict[int, dict[str, Any]]:
    key = frame.columns[0]
    return {row[key]: row for row in frame.iter_rows(named=True)}


def _names(customer_ids: pl.Series) -> dict[int, dict[str, Any]]:
    query = "SELECT id, number, name FROM ledger_customer WHERE id IN ({ids})"
    return _by_id(read_by_ids(query, customer_ids.unique(), _NAMES))


def _invoices(touches: pl.DataFrame) -> dict[int, dict[str, Any]]:
    """Numbers and due dates of the invoices that the touches name."""
    ids = touches.select(pl.col("items").explode().struct.field("invoice_id")).to_series().drop_nulls().unique()
    return _by_id(read_by_ids("SELECT id, number, due_date FROM ledger_invoice WHERE id IN ({ids})", ids, _INVOICES))
