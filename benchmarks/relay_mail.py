"""How fast one worker mails: gate, words, marks, SMTP and records, beside bare smtplib to the same server.

    python -m benchmarks.relay_mail --mails 5000

A new SQLite file is used, or the PostgreSQL database that DATABASE_URL names (it is emptied). The server is a process
of its own on loopback that takes everything. The first reference is bare smtplib on one connection, the second one
bare smtplib with the two commits that nobody can leave out who must not send twice: the bytes before, a word after.
Both send the very bytes that the relay sent, before and after it; the faster pass counts.
"""

import argparse
import smtplib
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from benchmarks.databases import installation
from benchmarks.measuring import Timing, print_table, timed

if TYPE_CHECKING:
    from goodterms.flows.relay import RelayCounts
    from goodterms.ledger.models import Customer

NOW = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
SENDER = "accounts@supplies.example"
INVOICES_EACH = 3
WARM_UP = 100
LOGO_PIXELS = 100


def main() -> None:
    """Run all passes and print the table."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--mails", type=int, default=5000)
    given.add_argument("--batch", type=int, default=200)
    asked = given.parse_args()
    with installation() as database, running_sink() as port:
        queue_mails(asked.mails + WARM_UP)
        hold_back(WARM_UP)
        relay(port, WARM_UP)
        contents = sent_bytes(WARM_UP)
        before = [send_bare(port, contents, asked.mails), send_and_commit(port, contents, asked.mails)]
        release()
        counts, timing = relay(port, asked.batch)
        after = [send_bare(port, contents, asked.mails), send_and_commit(port, contents, asked.mails)]
        assert counts.sent == asked.mails, counts
        bare, committing = (min(pair, key=lambda one: one.seconds) for pair in zip(before, after, strict=True))
        size = sum(map(len, contents)) / len(contents)
        show(f"{database}, {size / 1024:.0f} KiB per mail", asked.mails, bare, committing, timing)


def queue_mails(count: int) -> None:
    """An organisation with so many customers, some invoices overdue at each, and a reminder queued for each."""
    from goodterms.ledger.models import Contact, Customer, Invoice
    from goodterms.organizations.models import Organisation

    organisation = Organisation.objects.create(
        name="Example Supplies Ltd",
        slug="example-supplies",
        created_at=NOW,
        sender_name="Robin Example",
        sender_email=SENDER,
        account_holder="Example Supplies Ltd",
        iban="GB33BUKB20201555555555",
        bic="BUKBGB22",
        currency="GBP",
        logo=draw_logo(),
        logo_type="image/png",
    )
    known = date(2020, 1, 1)
    customers = Customer.objects.bulk_create(
        Customer(
            organisation=organisation,
            number=f"C{number}",
            name=f"Example Customer {number} Ltd",
            country="GB",
            language="en",
            timezone="Europe/London",
            known_from_date=known,
        )
        for number in range(count)
    )
    Contact.objects.bulk_create(
        Contact(
            organisation=organisation,
            customer=customer,
            name="Sam Example",
            role="accounts_payable",
            email=address_of(customer.number),
            known_from_date=known,
        )
        for customer in customers
    )
    due = NOW.date() - timedelta(days=10)
    Invoice.objects.bulk_create(
        Invoice(
            organisation=organisation,
            customer=customer,
            number=f"{customer.number}-{number}",
            currency="GBP",
            issue_date=due - timedelta(days=30),
            due_date=due,
            amount_minor=123_45 * number,
            open_amount_minor=123_45 * number,
            first_imported_at=NOW - timedelta(days=60),
        )
        for customer in customers
        for number in range(1, INVOICES_EACH + 1)
    )
    queue_touches(organisation.pk, customers)


def queue_touches(organisation_id: int, customers: Sequence["Customer"]) -> None:
    """A friendly reminder for each customer, as planning writes it."""
    from goodterms.followup.models import Touch
    from goodterms.ledger.models import Contact
    from goodterms.outbox.keys import touch_key
    from goodterms.outbox.models import Effect

    contacts = dict(Contact.objects.values_list("customer_id", "pk"))
    step = ("forgetful", "cycle-1", "friendly", 1, "email")
    effects = Effect.objects.bulk_create(
        Effect(
            organisation_id=organisation_id,
            key=touch_key(organisation_id, customer.pk, *step, address_of(customer.number)),
            channel="email",
            customer_id=customer.pk,
            recipient=address_of(customer.number),
            state="queued",
            not_before=NOW,
            created_at=NOW,
        )
        for customer in customers
    )
    Touch.objects.bulk_create(
        Touch(
            organisation_id=organisation_id,
            customer_id=effect.customer_id,
            effect_id=effect.key,
            cycle="cycle-1",
            playbook="forgetful",
            step="friendly",
            level=1,
            occurrence=1,
            channel="email",
            contact_id=contacts[effect.customer_id],
            language="en",
            template="reminder_friendly",
            tone="friendly",
            sender="default",
            planned_date=NOW.date(),
            deadline_date=NOW.date() + timedelta(days=7),
            items="[]",
            due_reason="The oldest invoice is 10 days overdue.",
            profile="forgetful",
            profile_rule="forgetful",
            evidence="{}",
            policy_hash="benchmark",
        )
        for effect in effects
    )


def hold_back(but: int) -> None:
    """Let only so many effects be due."""
    from goodterms.outbox.models import Effect

    first = Effect.objects.order_by("pk").values_list("pk", flat=True)[but]
    Effect.objects.filter(pk__gte=first).update(not_before=NOW + timedelta(days=1))


def release() -> None:
    from goodterms.outbox.models import Effect

    Effect.objects.filter(state="queued").update(not_before=NOW)


def address_of(number: str) -> str:
    return f"{number.lower()}@customer.example"


def draw_logo() -> bytes:
    """A small PNG picture of noise: the size of a real logo."""
    noise = bytes((row * column * 7919) % 251 for row in range(LOGO_PIXELS) for column in range(LOGO_PIXELS))
    rows = b"".join(b"\0" + noise[start : start + LOGO_PIXELS] for start in range(0, len(noise), LOGO_PIXELS))
    head = struct.pack(">IIBBBBB", LOGO_PIXELS, LOGO_PIXELS, 8, 0, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    chunks = (struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def relay(port: int, batch: int) -> "tuple[RelayCounts, Timing]":
    """Everything that is queued, by one worker as it is set up (the first call: a batch to warm up with)."""
    from goodterms.channels.smtp import SmtpChannel, SmtpServer
    from goodterms.cli.serve import count_relays
    from goodterms.cli.worker import take_short_turns
    from goodterms.flows.relay import relay_due

    take_short_turns()
    server = SmtpServer("127.0.0.1", port, "none")
    own, *beside = [{"email": SmtpChannel(server)} for _ in range(count_relays(0))]
    done = timed(lambda: relay_due(NOW, "benchmark", own, batch, beside=beside))
    for channels in (own, *beside):
        channels["email"].close()
    return done


def sent_bytes(count: int) -> list[bytes]:
    """The first messages that the relay sent."""
    from goodterms.outbox.models import SentMessage

    return [bytes(one) for one in SentMessage.objects.order_by("position").values_list("content", flat=True)[:count]]


def send_bare(port: int, contents: Sequence[bytes], count: int) -> Timing:
    """So many messages by the standard library alone, on one connection."""

    def send() -> None:
        with smtplib.SMTP("127.0.0.1", port) as connection:
            for number in range(count):
                connection.sendmail(SENDER, [address_of(f"C{number}")], contents[number % len(contents)])

    return timed(send)[1]


def send_and_commit(port: int, contents: Sequence[bytes], count: int) -> Timing:
    """The same with a commit before and after each message, that waits for the disk."""
    from django.db import connection, transaction

    from goodterms.outbox.durable import durable_commits

    with connection.cursor() as cursor:
        kind = "BLOB" if connection.vendor == "sqlite" else "BYTEA"
        cursor.execute(f"CREATE TABLE IF NOT EXISTS bare_mail (id INTEGER PRIMARY KEY, content {kind}, word TEXT)")
        cursor.execute("DELETE FROM bare_mail")

    def send() -> None:
        with durable_commits(), smtplib.SMTP("127.0.0.1", port) as mail, connection.cursor() as cursor:
            for number in range(count):
                content = contents[number % len(contents)]
                with transaction.atomic():
                    cursor.execute("INSERT INTO bare_mail VALUES (%s, %s, '')", [number, content])
                mail.sendmail(SENDER, [address_of(f"C{number}")], content)
                with transaction.atomic():
                    cursor.execute("UPDATE bare_mail SET word = 'sent' WHERE id = %s", [number])

    return timed(send)[1]


def show(title: str, mails: int, bare: Timing, committing: Timing, relaying: Timing) -> None:
    passes = {
        "bare smtplib": bare,
        "bare smtplib and two commits": committing,
        "relay: gate, words, mark, SMTP, record": relaying,
    }
    rows = [
        [name, mails, one.seconds, mails / one.seconds, bare.seconds / one.seconds, one.peak_mib]
        for name, one in passes.items()
    ]
    heads = ["pass", "mails", "seconds", "mails/s", "ratio", "peak MiB"]
    print_table(f"One worker's mail on {title}", heads, rows)


@contextmanager
def running_sink() -> Iterator[int]:
    """The server's port, as long as the block lasts."""
    command = [sys.executable, "-m", "benchmarks.smtp_sink"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


if __name__ == "__main__":
    main()
