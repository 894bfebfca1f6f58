"""A day's letters for the printer: one PDF and a list of what is in it; a person says when they are printed."""

import csv
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from io import BytesIO, StringIO
from typing import Any

from django.db import transaction
from pypdf import PdfWriter

from goodterms.core.refusal import Refusal
from goodterms.flows.facts import raise_facts_version, write_timeline
from goodterms.flows.record_proof import CHANNELS
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
    for effect in effects:
        customer = customers[effect.customer_id]
        PostalProof.objects.create(
            organisation=organisation, customer=customer, effect=effect, is_certified=effect.channel == "certified"
        )
        raise_facts_version(organisation, customer)
        text = f"Letter put into the print batch {name}."
        data = {"batch": name, "effect_id": effect.pk}
        write_timeline(customer, BATCHED, text, actor=actor, now=now, effect_key=effect.key, data=data)
    Task.objects.create(
        organisation=organisation,
        kind=Task.Kind.PRINT,
        key=f"print:{name}",
        title=f"Print and post {len(effects)} letter{'' if len(effects) == 1 else 's'}: batch {name}",
        detail=f"When they are in the post: goodterms letters printed {name}",
        due_date=today,
        created_at=now,
    )
    return read_batch(organisation, name, two_sided=two_sided)


def read_batch(organisation: Organisation, name: str, *, two_sided: bool = False) -> Batch:
    """A batch again, from the bytes on record. Raises UnknownBatch."""
    effects = _effects_of(organisation, name)
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
    the same. A certified letter still needs its sending number. Raises UnknownBatch.
    """
    count = 0
    for effect in _effects_of(organisation, name):
        proofs = PostalProof.objects.filter(effect=effect, posted_date__isnull=True)
        if not proofs.update(posted_date=posted, posted_by=actor):
            continue
        count += 1
        customer = Customer.objects.get(pk=effect.customer_id)
        raise_facts_version(organisation, customer)
        text = f"Letter printed and posted on {posted} (batch {name})."
        data = {"batch": name, "effect_id": effect.pk}
        write_timeline(customer, "letter_posted", text, actor=actor, now=now, effect_key=effect.key, data=data)
    waiting = Task.objects.filter(organisation=organisation, key=f"print:{name}", done_at__isnull=True)
    waiting.update(done_at=now, done_by=actor, outcome="printed")
    return count


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


def _effects_of(organisation: Organisation, name: str) -> list[Effect]:
    events = TimelineEvent.objects.filter(organisation=organisation, kind=BATCHED, data__batch=name)
    keys = list(events.values_list("effect_key", flat=True))
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
