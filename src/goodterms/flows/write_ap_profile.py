"""How a customer's accounts payable work: written down by a person, or suggested by the days on which they paid."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import polars as pl
from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms.models import model_to_dict

from goodterms.core.pay_runs import SUGGESTIONS, PayRunRule, suggest_pay_runs
from goodterms.core.red_tape import Gap, list_missing
from goodterms.core.refusal import Refusal
from goodterms.database.reading import read_frame
from goodterms.database.writing import upsert_frame
from goodterms.flows.facts import local_day, raise_facts_version, write_timeline
from goodterms.followup.models import ApProfile
from goodterms.ledger.models import Customer
from goodterms.organizations.changes import fields_of, write_change
from goodterms.organizations.models import Change, Organisation

TEXTS = ("system", "portal_url", "invoice_format", "invoice_email")
FIELDS = (*TEXTS, "needs_purchase_order", "pay_run", "pay_run_days", "cut_off_working_days", "note")
LONGEST_CUT_OFF = 30
CUT_OFF_WORKING_DAYS = 5
PAID = pl.Schema({"customer_id": pl.Int64(), "country": pl.String(), "paid_date": pl.Date()})
PAID_DAYS = """
SELECT DISTINCT p.customer_id, COALESCE(NULLIF(c.country, ''), '{country}'), p.paid_date
FROM ledger_payment p JOIN ledger_customer c ON c.id = p.customer_id
WHERE p.organisation_id = {organisation} AND p.returned_date IS NULL {these}
"""
UNASKED = """
AND p.customer_id IN ({ids})
AND NOT EXISTS (SELECT 1 FROM followup_approfile a WHERE a.customer_id = p.customer_id
                AND (a.confirmed_date IS NOT NULL OR a.pay_run <> ''))
"""
IDS_AT_ONCE = 10_000


class UnknownApField(Refusal):
    """A field of the AP profile does not exist."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is nothing called {name!r} to note about their process; there are {', '.join(FIELDS)}."
        )


class ApTextUnusable(Refusal):
    """A text of the AP profile that cannot be kept as it is."""

    def __init__(self, name: str, faults: Sequence[str]) -> None:
        super().__init__(f"{name.replace('_', ' ').capitalize()}: {' '.join(faults)}")


class PayRunUnusable(Refusal):
    """A pay run that cannot be one."""

    def __init__(self, fault: str) -> None:
        super().__init__(f"This pay run cannot be: {fault}. Say for example weekday 5 (Fridays) or day_of_month 25.")


@transaction.atomic
def write_ap_profile(
    organisation: Organisation, customer: Customer, *, actor: str, now: datetime, **given: Any
) -> ApProfile:
    """Note what is known (FIELDS); a pay run a person names is thereby confirmed, by its cut-off alone it is not.

    Raises UnknownApField, ApTextUnusable or PayRunUnusable. ``pay_run_days``: weekdays 1 (Monday) to 7 for
    ``pay_run="weekday"``, days 1 to 31 for ``"day_of_month"``.
    """
    for name in given:
        if name not in FIELDS:
            raise UnknownApField(name)
    profile = ApProfile.objects.filter(customer=customer).first()
    profile = profile or ApProfile(organisation=organisation, customer=customer)
    before = fields_of(profile, *FIELDS)
    for name, value in given.items():
        setattr(profile, name, value)
    _check_texts(profile, [name for name in TEXTS if name in given])
    _check(profile)
    if {"pay_run", "pay_run_days"} & set(given) and profile.pay_run:
        profile.confirmed_date, profile.confirmed_by = local_day(organisation, customer, now), actor
    profile.save()
    _tell(organisation, customer, "ap_profile_written", f"Their process: {describe(profile)}.", actor, now)
    write_change(
        organisation,
        Change.Kind.AP_PROFILE,
        customer.name,
        before=before,
        after=fields_of(profile, *FIELDS),
        actor=actor,
        now=now,
        key=customer.pk,
        customer_id=customer.pk,
    )
    return profile


@transaction.atomic
def confirm_pay_run(organisation: Organisation, customer: Customer, *, actor: str, now: datetime) -> ApProfile:
    """A person found that the suggested pay run is right. Raises PayRunUnusable when there is none to confirm."""
    profile = ApProfile.objects.filter(customer=customer).first()
    if profile is None or not profile.pay_run:
        raise PayRunUnusable("nothing has been suggested yet")
    profile.confirmed_date, profile.confirmed_by = local_day(organisation, customer, now), actor
    profile.save()
    _tell(organisation, customer, "ap_profile_confirmed", f"Confirmed: {describe(profile)}.", actor, now)
    return profile


def _check_texts(profile: ApProfile, names: Sequence[str]) -> None:
    for name in names:
        try:
            profile.clean_fields(exclude=[field.name for field in ApProfile._meta.fields if field.name != name])
        except ValidationError as fault:
            raise ApTextUnusable(name, fault.messages) from fault


def _check(profile: ApProfile) -> None:
    if not 0 <= profile.cut_off_working_days <= LONGEST_CUT_OFF:
        raise PayRunUnusable(f"a cut-off lies 0 to {LONGEST_CUT_OFF} working days before it")
    if not profile.pay_run:
        return
    if profile.pay_run not in ApProfile.PayRun.values:
        raise PayRunUnusable(f"{profile.pay_run!r} is neither weekday nor day_of_month")
    try:
        rule_of(profile)
    except (ValueError, TypeError) as fault:
        raise PayRunUnusable(str(fault)) from fault


def rule_of(profile: ApProfile) -> PayRunRule | None:
    """The profile's pay run as the core reckons with it; None without one."""
    if not profile.pay_run:
        return None
    kind = ApProfile.PayRun(profile.pay_run)
    return PayRunRule("weekday" if kind is ApProfile.PayRun.WEEKDAY else "day_of_month", tuple(profile.pay_run_days))


def missing_for(customer: Customer) -> tuple[Gap, ...]:
    """The questions still open about the customer's process: for the message that asks, and for the call sheet."""
    profile = ApProfile.objects.filter(customer=customer).first()
    return list_missing(model_to_dict(profile) if profile else None)


def suggestion_for(organisation: Organisation, customer: Customer) -> pl.DataFrame:
    """What the customer's own payments suggest (pay_runs.SUGGESTIONS; no row: nothing plain enough)."""
    return suggest_pay_runs(_paid_days(organisation, f"AND p.customer_id = {customer.pk}"))


def became_red_tape(before: pl.DataFrame, standings: pl.DataFrame) -> pl.Series:
    """The customers found to be stuck in red tape now and not before (both frames: customer_id, profile, …)."""
    stuck = standings.filter(pl.col("profile") == "red_tape")
    return stuck.join(before.filter(pl.col("profile") == "red_tape"), on="customer_id", how="anti")["customer_id"]


def suggestions_for(organisation: Organisation, customer_ids: pl.Series) -> pl.DataFrame:
    """What the payments of these customers suggest (pay_runs.SUGGESTIONS); nothing for whom a rule is written down."""
    parts = [
        _paid_days(organisation, UNASKED.format(ids=_listed(customer_ids[start : start + IDS_AT_ONCE])))
        for start in range(0, len(customer_ids), IDS_AT_ONCE)
    ]
    paid = pl.concat([pl.DataFrame(schema=PAID), *parts])
    return suggest_pay_runs(paid) if paid.height else pl.DataFrame(schema=SUGGESTIONS)


def _listed(ids: pl.Series) -> str:
    return ", ".join(map(str, ids))


def suggest_for_red_tape(organisation: Organisation, customer_ids: pl.Series) -> int:
    """Within the day's run: a pay run for each customer that became stuck in red tape; how many were suggested.

    It stands as unconfirmed until a person has asked; a rule anybody wrote down is left alone.
    """
    found = suggestions_for(organisation, customer_ids)
    if found.is_empty():
        return 0
    days = pl.concat_str(pl.lit("["), pl.col("pay_run_days").cast(pl.List(pl.String)).list.join(", "), pl.lit("]"))
    rows = found.select(
        "customer_id",
        pl.lit(organisation.pk).alias("organisation_id"),
        "pay_run",
        days.alias("pay_run_days"),
        pl.lit(CUT_OFF_WORKING_DAYS).alias("cut_off_working_days"),
        *(pl.lit("").alias(name) for name in (*TEXTS, "confirmed_by")),
        pl.format("Suggested by {} of {} days on which they paid.",
                  (pl.col("share") * pl.col("count")).round().cast(pl.Int64), "count").alias("note"),
    )  # fmt: skip
    return upsert_frame(ApProfile._meta.db_table, rows, ["customer_id"])


def _paid_days(organisation: Organisation, these: str) -> pl.DataFrame:
    query = PAID_DAYS.format(organisation=organisation.pk, country=organisation.country, these=these)
    return read_frame(query, [], PAID)


WEEKDAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


def describe(profile: ApProfile) -> str:
    """The profile in a line a person reads."""
    parts = [profile.system, profile.invoice_format, profile.invoice_email]
    if profile.needs_purchase_order is not None:
        parts.append("purchase order required" if profile.needs_purchase_order else "no purchase order required")
    if profile.pay_run:
        days = ", ".join(
            WEEKDAYS[day - 1] if profile.pay_run == "weekday" else f"{day}." for day in profile.pay_run_days
        )
        run = f"pay run on {days}" if profile.pay_run == "weekday" else f"pay run on the {days} of the month"
        parts.append(f"{run}, cut-off {profile.cut_off_working_days} working days before")
    return "; ".join(part for part in parts if part) or "nothing is known yet"


def _tell(organisation: Organisation, customer: Customer, kind: str, text: str, actor: str, now: datetime) -> None:
    raise_facts_version(organisation, customer)
    write_timeline(customer, kind, text, actor=actor, now=now)
