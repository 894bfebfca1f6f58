"""A day's letters for the printer: one PDF and a list of what is in it; a person says when they are printed."""

import csv
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from io import BytesIO, StringIO
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from pypdf import PdfWriter

from goodterms.core.refusal import Refusal
from goodterms.flows.record_proof import CHANNELS, check_days
from goodterms.followup.models import PostalProof, Task, TimelineEvent
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Organisation
from goodterms.outbox.models import Effect, SentMessage

BATCHED = "letter_batched"


class NothingToPrint(Refusal):
    """There is no letter that is not in a batch already."""

    def __init__(self) -> None:
        super().__init__("There is no new letter to print. goodterms letters lists those sent and their batches.")


class UnknownBatch(Refusal):
    """No letters were put together under this name."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        near = f" There is: {', '.join(known)}." if known else " There is none yet: goodterms letters batch makes one."
        super().__init__(f"There is no batch called {name!r}.{near}")


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLine:
    """One letter of a batch: whose, where in the PDF, and the hash of the very bytes that are on record."""

    effect_id: int
    key: str
    customer_number: str
    customer_name: str
    recipient: str
    channel: str
    first_page: int
    pages: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Letters put together: the printer's PDF, and its list in two forms."""

    name: str
    lines: tuple[BatchLine, ...]
    pdf: bytes
    manifest: bytes
    table: bytes


@transaction.atomic
def make_batch(organisation: Organisation, *, today: date, actor: str, now: datetime, two_sided: bool = False) -> Batch:
    """Put every letter that was sent into the folder and is in no batch yet into a new one, with a task to print it.

    ``two_sided`` adds an empty page after letters with an odd number of pages. Raises NothingToPrint.
    """
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    effects = list(
        Effect.objects.filter(
            organisation=organisation,
            channel__in=CHANNELS,
            state=Effect.State.SENT,
            transport__endswith=" folder",
            postal_proof__isnull=True,
        ).order_by("customer_id", "pk")
    )
    if not effects:
        raise NothingToPrint
    name = _next_name(organisation, today)
    customers = Customer.objects.in_bulk({effect.customer_id for effect in effects})
    PostalProof.objects.bulk_create(
        PostalProof(
            organisation=organisation,
            customer=customers[effect.customer_id],
            effect=effect,
            is_certified=effect.channel == "certified",
        )
        for effect in effects
    )
    data = {"batch": name, "is_two_sided": two_sided}
    _tell_all(organisation, effects, BATCHED, f"Letter put into the print batch {name}.", data, actor, now)
    Task.objects.create(
        organisation=organisation,
        kind=Task.Kind.PRINT,
        key=f"print:{name}",
        title=f"Print and post {len(effects)} letter{'' if len(effects) == 1 else 's'}: batch {name}",
        detail=f"When they are in the post: goodterms letters printed {name}",
        due_date=today,
        created_at=now,
    )
    return read_batch(organisation, name)


def read_batch(organisation: Organisation, name: str, *, two_sided: bool | None = None) -> Batch:
    """A batch again, from the bytes on record; printed on as many sides as when it was made, unless told otherwise.

    Raises UnknownBatch.
    """
    effects = _effects_of(organisation, name)
    if two_sided is None:
        two_sided = _events_of(organisation, name).filter(data__is_two_sided=True).exists()
    customers = Customer.objects.in_bulk({effect.customer_id for effect in effects})
    contents = dict(
        SentMessage.objects.filter(effect__in=[effect.pk for effect in effects]).values_list("effect_id", "content")
    )
    writer, lines = PdfWriter(), []
    for effect in effects:
        content, customer = bytes(contents[effect.pk]), customers[effect.customer_id]
        first = len(writer.pages)
        writer.append(BytesIO(content), import_outline=False)
        pages = len(writer.pages) - first
        if two_sided and pages % 2:
            writer.add_blank_page()
        lines.append(
            BatchLine(
                effect_id=effect.pk,
                key=effect.key,
                customer_number=customer.number,
                customer_name=customer.name,
                recipient=effect.recipient,
                channel=effect.channel,
                first_page=first + 1,
                pages=pages,
                sha256=hashlib.sha256(content).hexdigest(),
            )
        )
    out = BytesIO()
    writer.write(out)
    return _finish(organisation, name, tuple(lines), out.getvalue())


@transaction.atomic
def confirm_printed(organisation: Organisation, name: str, *, posted: date, actor: str, now: datetime) -> int:
    """A person says that the batch was printed and posted on that day; how many letters that was. Said twice it is
    the same. A certified letter still needs its sending number. Raises UnknownBatch or ProofInTheFuture.
    """
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    in_it = _effects_of(organisation, name)
    check_days(organisation, None, in_it, posted, now)
    unposted = PostalProof.objects.filter(effect__in=in_it, posted_date__isnull=True)
    waiting = set(unposted.values_list("effect_id", flat=True))
    effects = [effect for effect in in_it if effect.pk in waiting]
    unposted.update(posted_date=posted, posted_by=actor)
    text = f"Letter printed and posted on {posted} (batch {name})."
    _tell_all(organisation, effects, "letter_posted", text, {"batch": name}, actor, now)
    asked = Task.objects.filter(organisation=organisation, key=f"print:{name}", done_at__isnull=True)
    asked.update(done_at=now, done_by=actor, outcome="printed")
    return len(effects)


def _tell_all(
    organisation: Organisation,
    effects: Sequence[Effect],
    kind: str,
    text: str,
    data: Mapping[str, object],
    actor: str,
    now: datetime,
) -> None:
    """A line in the timeline of each letter's customer, in as many queries as for one."""
    Customer.objects.filter(pk__in={effect.customer_id for effect in effects}).update(
        facts_version=F("facts_version") + 1
    )
    TimelineEvent.objects.bulk_create(
        TimelineEvent(
            organisation=organisation,
            customer_id=effect.customer_id,
            effect_key=effect.key,
            at=now,
            kind=kind,
            text=text,
            data={**data, "effect_id": effect.pk},
            actor=actor,
        )
        for effect in effects
    )


def batch_names(organisation: Organisation) -> list[str]:
    """Every batch, the newest first."""
    asked = Task.objects.filter(organisation=organisation, kind=Task.Kind.PRINT).order_by("-pk")
    return [key.removeprefix("print:") for key in asked.values_list("key", flat=True)]


def batch_of(organisation: Organisation, effect_keys: Sequence[str]) -> dict[str, str]:
    """Effect key -> the batch it was put into."""
    events = TimelineEvent.objects.filter(organisation=organisation, kind=BATCHED, effect_key__in=effect_keys)
    return {key: data["batch"] for key, data in events.values_list("effect_key", "data")}


def _next_name(organisation: Organisation, today: date) -> str:
    """The day, and a number from the second batch of the day on."""
    known = set(batch_names(organisation))
    names = [today.isoformat(), *(f"{today}-{number}" for number in range(2, len(known) + 3))]
    return next(name for name in names if name not in known)


def _events_of(organisation: Organisation, name: str) -> "QuerySet[TimelineEvent]":
    return TimelineEvent.objects.filter(organisation=organisation, kind=BATCHED, data__batch=name)


def _effects_of(organisation: Organisation, name: str) -> list[Effect]:
    keys = list(_events_of(organisation, name).values_list("effect_key", flat=True))
    if not keys:
        raise UnknownBatch(name, batch_names(organisation)[:5])
    return list(Effect.objects.filter(organisation=organisation, key__in=keys).order_by("customer_id", "pk"))


def _finish(organisation: Organisation, name: str, lines: tuple[BatchLine, ...], pdf: bytes) -> Batch:
    rows: list[dict[str, Any]] = [asdict(line) for line in lines]
    manifest = {
        "batch": name,
        "organisation": organisation.slug,
        "pdf": f"{name}.pdf",
        "pdf_sha256": hashlib.sha256(pdf).hexdigest(),
        "letters": rows,
    }
    table = StringIO()
    writer = csv.DictWriter(table, [part.name for part in fields(BatchLine)], lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({name: _safe(value) for name, value in row.items()} for row in rows)
    return Batch(
        name, lines, pdf, json.dumps(manifest, ensure_ascii=False, indent=2).encode(), table.getvalue().encode()
    )


def _safe(value: object) -> object:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
