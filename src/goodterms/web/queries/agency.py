"""Cases for a collections agency: who is ready and why, who is with it, what it reported, the file it got."""

from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default

from django.http import Http404

from goodterms.flows.agency_file import PLAYBOOK
from goodterms.followup.models import AgencyCase, TimelineEvent
from goodterms.outbox.models import Effect, SentMessage
from goodterms.web.access import Visit
from goodterms.web.lists import Count, Slice, count_up_to, slice_rows
from goodterms.web.queries.balances import Balance, balances_of

VIEWS = ("ready", "approved", "handed_over", "ended")
ORDER = ("-ready_date", "-pk")
ZIP = "application/zip"
MOST = 100


@dataclass(frozen=True)
class CaseRow:
    """A case with what its customer owes now."""

    case: AgencyCase
    balances: Sequence[Balance]


@dataclass(frozen=True)
class CasePage:
    """One page of the list."""

    slice: Slice[CaseRow]
    count: Count


def list_cases(visit: Visit, view: str, words: str, cursor: str) -> CasePage:
    """A page of cases in one state, the newest first."""
    state = AgencyCase.State
    rows = visit.limit(AgencyCase.objects.filter(organisation=visit.organisation))
    rows = rows.filter(state__in=[state.RECALLED, state.CLOSED] if view == "ended" else [view])
    if words:
        rows = rows.filter(customer__name__icontains=words)
    page = slice_rows(rows.select_related("customer"), ORDER, cursor)
    owed = balances_of(visit.organisation, [case.customer_id for case in page.rows], visit.today)
    found = [CaseRow(case, owed.get(case.customer_id, [])) for case in page.rows]
    return CasePage(Slice(found, page.next, page.previous), count_up_to(rows))


def find_case(visit: Visit, pk: int) -> AgencyCase:
    """The case with its customer; raises Http404 where this person has no such case."""
    rows = visit.limit(AgencyCase.objects.filter(organisation=visit.organisation))
    found = rows.select_related("customer__profile", "customer__organisation").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def hand_over_of(case: AgencyCase) -> Effect | None:
    """The effect that carries the case's file to the agency."""
    effects = Effect.objects.filter(
        touch__playbook=PLAYBOOK, touch__cycle=f"agency-{case.pk}", touch__customer_id=case.customer_id
    )
    return effects.defer("content").order_by("-pk").first()


def file_of(case: AgencyCase) -> tuple[str, bytes]:
    """The very ZIP that left, with a name; raises Http404 where none has left."""
    effect = hand_over_of(case)
    sent = SentMessage.objects.filter(effect=effect).first() if effect else None
    content = _zip_in(sent) if sent else None
    if content is None:
        raise Http404
    return f"hand-over-{case.customer.number}-{case.pk}.zip", content


def _zip_in(sent: SentMessage) -> bytes | None:
    """The bytes themselves, or the ZIP that an e-mail encloses."""
    if sent.content_type == ZIP:
        return bytes(sent.content)
    mail = message_from_bytes(bytes(sent.content), policy=default)
    for part in mail.walk():
        if part.get_content_type() == ZIP:
            packed = part.get_payload(decode=True)
            return packed if isinstance(packed, bytes) else None
    return None


def events_of(case: AgencyCase) -> list[TimelineEvent]:
    """What the timeline says about the hand-over and what the agency reported, the newest first."""
    events = TimelineEvent.objects.filter(
        organisation=case.organisation_id,
        customer=case.customer_id,
        kind__startswith="agency_",
        at__date__gte=case.ready_date,
    )
    return list(events.order_by("-at", "-pk")[:MOST])
