"""What is wrong with an organisation's set-up and data, each with how to mend it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from statistics import median
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from goodterms.followup.models import DayRun, Task, Touch
from goodterms.followup.policy import PolicyInvalid, policy_of
from goodterms.followup.statutory import shipped_regimes
from goodterms.ledger.models import Contact, Customer, DataProblem, Invoice
from goodterms.messages.facts import Payment
from goodterms.messages.languages import match_language
from goodterms.messages.payment import find_payment_faults, is_payable
from goodterms.organizations.models import Organisation
from goodterms.outbox.models import Effect

STALE_RUN = timedelta(days=1)
STUCK_AFTER = timedelta(hours=24)
RATES_WARNED_BEFORE = timedelta(days=45)
VOLUME_DAYS = 21
VOLUME_HISTORY = 5
VOLUME_FACTOR = 3
VOLUME_LEAST = 50


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    GOOD = "good"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: a stable code, what was found, and how to mend it."""

    code: str
    severity: Severity
    message: str
    remedy: str = ""
    organisation: str = ""


def examine_organisation(organisation: Organisation, now: datetime) -> list[Finding]:
    """Everything worth a person's attention, in the order in which one would mend it; a handful of queries."""
    today = now.astimezone(ZoneInfo(organisation.timezone)).date()
    parts = (
        _particulars(organisation),
        _policy(organisation, today),
        _ledger(organisation),
        _outbox(organisation, now),
        _rhythm(organisation, today),
    )
    return [_of(organisation, finding) for part in parts for finding in part]


def _of(organisation: Organisation, finding: Finding) -> Finding:
    return Finding(finding.code, finding.severity, finding.message, finding.remedy, organisation.slug)


def _particulars(organisation: Organisation) -> Iterator[Finding]:
    if not organisation.sender_email or not organisation.sender_name:
        yield Finding(
            "sender_missing",
            Severity.ERROR,
            "Messages have no sender, so none leaves.",
            'goodterms organisation set --sender-name "…" --sender-email …',
        )
    payment = _payment(organisation)
    if not is_payable(payment):
        yield Finding(
            "payment_details_missing",
            Severity.ERROR,
            "Customers are not told how to pay, so no message asking for money leaves.",
            'goodterms organisation set --account-holder "…" --iban … (or --payment-link, --payment-note)',
        )
    for fault in find_payment_faults(payment):
        yield Finding(fault.code, Severity.ERROR, fault.message, "goodterms organisation set --help")
    if match_language(organisation.language) is None:
        yield Finding(
            "language_unknown",
            Severity.WARNING,
            f"There are no messages in the organisation's language ({organisation.language}).",
            "Customers get another language; choose it with goodterms organisation set --language en",
        )
    if organisation.is_test_mode:
        yield Finding(
            "test_mode",
            Severity.INFO,
            "Test mode is on: everything is decided, nothing leaves.",
            "goodterms organisation set --live",
        )


def _payment(organisation: Organisation) -> Payment:
    return Payment(
        account_holder=organisation.account_holder,
        iban=organisation.iban,
        bic=organisation.bic,
        bank=organisation.bank_name,
        link=organisation.payment_link,
        note=tuple(organisation.payment_note.splitlines()),
    )


def _policy(organisation: Organisation, today: date) -> Iterator[Finding]:
    try:
        numbers = policy_of(organisation).numbers
    except PolicyInvalid as refusal:
        yield Finding(
            "policy_invalid",
            Severity.ERROR,
            str(refusal),
            "goodterms organisation policy KEY= takes a number back, goodterms playbooks revert a version",
        )
        return
    country = numbers.interest.country or organisation.country
    regime = shipped_regimes().for_country(country) if numbers.interest.enabled else None
    if numbers.interest.enabled and regime is None:
        yield Finding(
            "interest_law_unknown",
            Severity.ERROR,
            f"Interest is switched on, but no statutory table covers {country}.",
            "goodterms organisation policy interest.enabled=false, or name a covered country with interest.country=DE",
        )
    elif regime and regime.known_until - today < RATES_WARNED_BEFORE:
        is_over = regime.known_until < today
        yield Finding(
            "interest_rates_end",
            Severity.ERROR if is_over else Severity.WARNING,
            f"The interest rates of {regime.name} are known until {regime.known_until}.",
            "Update goodterms: a new version brings the next half-year's rate.",
        )


def _ledger(organisation: Organisation) -> Iterator[Finding]:
    customers = Customer.objects.filter(organisation=organisation)
    if not customers.exists():
        yield Finding("ledger_empty", Severity.WARNING, "There is no customer yet.", "goodterms import my.csv")
        return
    unreachable = unreachable_customers(organisation).count()
    undated = _open(organisation).filter(due_date__isnull=True).count()
    problems = DataProblem.objects.filter(organisation=organisation, resolved_at__isnull=True).count()
    if unreachable:
        yield Finding(
            "contact_missing",
            Severity.WARNING,
            f"Customers with open invoices and neither address nor telephone number: {unreachable:,}.",
            "Import a file with their e-mail addresses, or add contacts on their pages.",
        )
    if undated:
        yield Finding(
            "due_date_missing",
            Severity.WARNING,
            f"Open invoices without a due date, which are never chased: {undated:,}.",
            "Import a file with due dates, or name your terms: goodterms organisation policy terms_days=30",
        )
    if foreign := languages_without_words(organisation):
        yield Finding(
            "customer_language_without_words",
            Severity.INFO,
            "Customers with open invoices whose language has no words, and who are written to in the organisation's "
            f"({organisation.language}): {foreign}.",
            "Words for another language can be added (CONTRIBUTING.md).",
        )
    if problems:
        yield Finding(
            "data_problems",
            Severity.WARNING,
            f"Rows and values that an import could not use: {problems:,}.",
            "goodterms problems lists each with how to mend it.",
        )


def unreachable_customers(organisation: Organisation) -> QuerySet[Customer]:
    """The customers with something open and no contact that a message or a call could reach."""
    reachable = Contact.objects.filter(customer=OuterRef("pk")).filter(
        Q(~Q(email=""), email_failed_at__isnull=True) | ~Q(phone="")
    )
    has_open = _open(organisation).filter(customer=OuterRef("pk"))
    return Customer.objects.filter(Exists(has_open), ~Exists(reachable), organisation=organisation)


def languages_without_words(organisation: Organisation) -> str:
    """The languages of owing customers that have no words, with the number of customers: "fr 3, nl 7"."""
    owing = Customer.objects.filter(Exists(_open(organisation).filter(customer=OuterRef("pk"))))
    counts = owing.filter(organisation=organisation).exclude(language="").values_list("language").annotate(Count("pk"))
    return ", ".join(f"{language} {count:,}" for language, count in sorted(counts) if match_language(language) is None)


def _open(organisation: Organisation) -> QuerySet[Invoice]:
    return Invoice.objects.filter(organisation=organisation, open_amount_minor__gt=0)


def _outbox(organisation: Organisation, now: datetime) -> Iterator[Finding]:
    states = Effect.State
    effects = Effect.objects.filter(organisation=organisation)
    stuck = Q(state=states.QUEUED, not_before__lt=now - STUCK_AFTER)
    abandoned = Q(state=states.CLAIMED, claim_expires_at__lt=now)
    counts = effects.aggregate(
        uncertain=Count("pk", filter=Q(state=states.UNCERTAIN)),
        failed=Count("pk", filter=Q(state=states.FAILED)),
        stuck=Count("pk", filter=stuck | abandoned),
        withheld=Count("pk", filter=Q(state=states.WITHHELD, finished_at__gte=now - STUCK_AFTER)),
    )
    tasks = Task.objects.filter(organisation=organisation, done_at__isnull=True, kind=Task.Kind.FAILED).count()
    yield from _effect_findings(counts, tasks)


def _effect_findings(counts: Mapping[str, int], open_failures: int) -> Iterator[Finding]:
    if counts["uncertain"]:
        yield Finding(
            "effects_uncertain",
            Severity.ERROR,
            f"Messages that may or may not have left, and that nothing repeats by itself: {counts['uncertain']:,}.",
            "goodterms outbox list --state uncertain, then goodterms outbox settle (docs/runbooks/uncertain-effect.md)",
        )
    if counts["stuck"]:
        yield Finding(
            "effects_stuck",
            Severity.ERROR,
            f"Messages that should have left more than a day ago: {counts['stuck']:,}.",
            "Is the worker running? goodterms serve (or goodterms worker)",
        )
    if open_failures:
        yield Finding(
            "effects_failed",
            Severity.WARNING,
            f"Messages refused for good that nobody has looked at: {open_failures:,}.",
            "goodterms outbox list --state failed",
        )
    if counts["withheld"]:
        yield Finding(
            "effects_withheld",
            Severity.INFO,
            f"Messages withheld at the last moment since yesterday: {counts['withheld']:,}.",
            "goodterms outbox list --state withheld says why.",
        )


def _rhythm(organisation: Organisation, today: date) -> Iterator[Finding]:
    last = DayRun.objects.filter(organisation=organisation, run_date__lte=today).order_by("-run_date").first()
    if last is None:
        yield Finding(
            "never_run",
            Severity.WARNING,
            "No day has been run yet, so nobody is followed up.",
            "goodterms run, or leave goodterms serve running",
        )
    elif today - last.run_date > STALE_RUN:
        yield Finding(
            "run_overdue",
            Severity.ERROR,
            f"The last day that was run is {last.run_date}; it is {today} now.",
            "Leave goodterms serve (or goodterms worker) running; it catches up without a burst.",
        )
    yield from _volume(organisation, today)


def _volume(organisation: Organisation, today: date) -> Iterator[Finding]:
    """Far more touches on the newest day than on an ordinary one."""
    planned = Touch.objects.filter(organisation=organisation, planned_date__gt=today - timedelta(days=VOLUME_DAYS))
    by_day = planned.values_list("planned_date").annotate(Count("pk")).order_by("planned_date")
    counts = [count for _, count in by_day]
    if len(counts) <= VOLUME_HISTORY:
        return
    *earlier, newest = counts
    usual = median(earlier)
    if newest > max(VOLUME_FACTOR * usual, usual + VOLUME_LEAST):
        yield Finding(
            "unusual_volume",
            Severity.WARNING,
            f"The newest day has {newest:,} touches; an ordinary one has {usual:g}.",
            "Look at goodterms preview before it goes out; goodterms organisation policy daily_volume_cap=… limits it.",
        )
