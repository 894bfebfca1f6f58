"""The worklist: open tasks by what doing them now is worth, filtered, a page at a time, with the reasons in facts."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from django.db.models import Q, QuerySet
from django.http import QueryDict

from goodterms.core.money import Money, UnknownCurrency
from goodterms.followup.models import SavedView, Task
from goodterms.organizations.models import Organisation, User
from goodterms.web.access import Visit
from goodterms.web.lists import Slice, slice_rows
from goodterms.web.queries.balances import Balance, balances_of
from goodterms.web.queries.customers import named_like
from goodterms.web.typed_amounts import minor_of, readings_of

SORTS = {
    "rank": ("-rank", "pk"),
    "due": ("due_date", "pk"),
    "newest": ("-created_at", "-pk"),
    "title": ("title", "pk"),
}
MINE, FREE = "mine", "free"


@dataclass(frozen=True)
class WorkFilter:
    """What a person asked the worklist for; empty words leave everything in.

    ``whose``: ``mine``, ``free`` (nobody's), or a colleague's name. ``least``: the smallest amount at risk, as typed,
    in ``currency`` (or the organisation's). ``when``: ``later`` for what is put off or not due yet.
    """

    q: str = ""
    kind: str = ""
    whose: str = ""
    channel: str = ""
    profile: str = ""
    currency: str = ""
    least: str = ""
    when: str = ""
    sort: str = "rank"

    @classmethod
    def read(cls, given: Any) -> Self:
        """From the words of an address, or those saved; what no filter knows is left out."""
        names = [part.name for part in fields(cls)]
        words = {name: str(given.get(name, "")).strip()[:100] for name in names}
        words["sort"] = words["sort"] if words["sort"] in SORTS else "rank"
        words["when"] = "later" if words["when"] == "later" else ""
        return cls(**words)

    def set_words(self) -> dict[str, str]:
        """Only what differs from an unfiltered list."""
        plain = asdict(WorkFilter())
        return {name: value for name, value in asdict(self).items() if value != plain[name]}

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the order was asked for."""
        return bool(self.set_words().keys() - {"sort"})


@dataclass
class WorkRow:
    """A task with what its customer owes, and what its rank was made of."""

    task: Task
    balances: list[Balance] = field(default_factory=list)
    reasons: list[dict[str, Any]] = field(default_factory=list)


def open_work(visit: Visit, wanted: WorkFilter) -> "QuerySet[Task]":
    """The open tasks this person may see and asked for."""
    tasks = visit.limit(Task.objects.filter(organisation=visit.organisation, done_at__isnull=True))
    later = Q(due_date__gt=visit.today)
    tasks = tasks.filter(later if wanted.when else ~later)
    if wanted.q:
        tasks = tasks.filter(Q(title__icontains=wanted.q) | Q(customer_id__in=named_like(visit.organisation, wanted.q)))
    for name in ("kind", "channel"):
        if value := getattr(wanted, name):
            tasks = tasks.filter(**{name: value})
    if wanted.whose:
        owners = {MINE: visit.actor, FREE: ""}
        tasks = tasks.filter(owner=owners.get(wanted.whose, wanted.whose))
    if wanted.profile:
        tasks = tasks.filter(_has_profile(wanted.profile))
    return tasks.filter(_at_risk(visit.organisation, wanted))


def slice_work(visit: Visit, tasks: "QuerySet[Task]", sort: str, cursor: str) -> Slice[WorkRow]:
    """A page of tasks with their customers and what they owe."""
    page = slice_rows(tasks.select_related("customer__profile"), SORTS[sort], cursor)
    return Slice(work_rows(visit, page.rows), page.next, page.previous)


def work_rows(visit: Visit, tasks: Any) -> list[WorkRow]:
    """These tasks (with their customers) and what their customers owe, in two queries."""
    listed = list(tasks)
    ids = {task.customer_id for task in listed if task.customer_id}
    accounts = balances_of(visit.organisation, ids, visit.today) if ids else {}
    return [
        WorkRow(task, accounts.get(task.customer_id or 0, []), json.loads(task.rank_reasons or "[]")) for task in listed
    ]


def chosen_tasks(visit: Visit, ids: list[int]) -> list[Task]:
    """The tasks of these ids that this person may see, in the order of the worklist; done ones too."""
    tasks = visit.limit(Task.objects.filter(organisation=visit.organisation, pk__in=ids))
    return list(tasks.select_related("customer__profile", "organisation").order_by(*SORTS["rank"]))


@dataclass(frozen=True)
class ViewLink:
    """A saved view as it stands above the list."""

    pk: int
    user_id: int
    name: str
    is_shared: bool
    filters: dict[str, str]

    @property
    def query(self) -> str:
        """Its filters as the end of an address."""
        return as_query(self.filters)


def views_of(organisation: Organisation, user: User) -> list[ViewLink]:
    """The views this person saved, and those colleagues share, by name."""
    seen = SavedView.objects.filter(Q(user=user) | Q(is_shared=True), organisation=organisation)
    return [
        ViewLink(view.pk, view.user_id, view.name, view.is_shared, WorkFilter.read(view.filters).set_words())
        for view in seen.order_by("name", "pk")
    ]


def as_query(words: Mapping[str, str]) -> str:
    """Filters as the end of an address."""
    query = QueryDict(mutable=True)
    query.update(dict(words))
    return query.urlencode()


def read_least(organisation: Organisation, wanted: WorkFilter) -> Money | None:
    """The smallest amount asked for; None without one, or for words that are no amount."""
    currency = wanted.currency or organisation.currency
    try:
        minors = [minor_of(value, currency) for value in readings_of(wanted.least)]
    except UnknownCurrency:
        return None
    return next((Money(minor, currency) for minor in minors if minor is not None), None)


def _has_profile(profile: str) -> Q:
    by_hand = Q(customer__profile__override_profile=profile)
    return by_hand | Q(customer__profile__override_profile="", customer__profile__profile=profile)


def _at_risk(organisation: Organisation, wanted: WorkFilter) -> Q:
    """By the amounts kept with the rank, so that nothing is summed to filter."""
    condition = Q(at_risk_currency=wanted.currency) if wanted.currency else Q()
    least = read_least(organisation, wanted)
    if least is None:
        return condition
    return condition & Q(at_risk_currency=least.currency, at_risk_minor__gte=least.amount_minor)
