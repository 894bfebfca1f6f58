"""``goodterms outbox`` lists, shows, settles and verifies."""

import pytest
from django.db import connection

from goodterms.outbox.models import Effect, SentMessage
from tests.cli.conftest import Run
from tests.outbox.relaying import RememberingChannel, make_queue, raising, relay

pytestmark = pytest.mark.django_db(transaction=True)
FIELDS = {
    "number", "key", "state", "reason", "customer", "channel", "recipient", "playbook", "step", "not_before",
    "attempts", "handed_over_at", "finished_at", "receipt",
}  # fmt: skip


@pytest.fixture
def uncertain() -> Effect:
    """Two sent messages, and one whose connection broke."""
    make_queue(3)
    relay(RememberingChannel(answers=[raising(ConnectionResetError("gone"))]))
    return Effect.objects.get(state="uncertain")


def test_the_outbox_is_listed_by_state(run: Run, uncertain: Effect) -> None:
    everything, some = run("outbox"), run("outbox", "--state", "uncertain")
    assert everything.exit_code == 0, everything.errors
    assert everything.output.count("sent") == 2
    assert uncertain.recipient in some.output
    assert "sent" not in some.output
    assert run("outbox", "list", "--state", "uncertain").output == some.output
    assert run("outbox", "--state", "planned").output == "Nothing is planned.\n"


def test_the_list_is_a_documented_contract(run: Run, uncertain: Effect) -> None:
    rows = run("outbox", "--format", "json").json
    assert [set(row) for row in rows] == [FIELDS] * 3
    assert [row["state"] for row in rows] == ["sent", "sent", "uncertain"]
    assert rows[2]["customer"] == {"number": "C1", "name": "Example Customer C1 Ltd"}
    assert rows[2]["key"] == uncertain.key
    assert rows[2]["handed_over_at"] == "2026-03-10T09:00:00+00:00"


def test_a_message_is_shown_byte_for_byte(run: Run, uncertain: Effect) -> None:
    kept = SentMessage.objects.order_by("pk")[0]
    by_key, by_number = run("outbox", "show", kept.effect.key), run("outbox", "show", kept.effect_id)
    # The test's runner reads line ends as a terminal does.
    assert by_key.output == by_number.output == bytes(kept.content).decode().replace("\r\n", "\n")
    shown = run("outbox", "show", uncertain.key)
    assert shown.output.startswith("Dear Sam"), "what may have left is kept, too"


def test_what_has_not_been_written_cannot_be_shown(run: Run) -> None:
    effect = make_queue(1)[0]
    answer = run("outbox", "show", effect.key)
    assert (answer.exit_code, answer.output) == (1, "")
    assert "nothing was handed over" in answer.errors
    assert "goodterms outbox lists" in run("outbox", "show", "nonsense").errors


@pytest.mark.parametrize(("answer", "state"), [("sent", "sent"), ("not-sent", "queued"), ("dropped", "failed")])
def test_a_person_settles_what_is_uncertain(run: Run, uncertain: Effect, answer: str, state: str) -> None:
    settled = run("outbox", "settle", uncertain.key, "--as", answer, "--note", "asked the customer")
    assert settled.exit_code == 0, settled.errors
    uncertain.refresh_from_db()
    assert uncertain.state == state
    assert run("outbox", "verify").exit_code == 0
    assert run("outbox", "settle", uncertain.key, "--as", "sent").exit_code == 1, "settled once"


def test_settled_as_not_sent_it_goes_out_once(run: Run, uncertain: Effect) -> None:
    run("outbox", "settle", uncertain.key, "--as", "not-sent")
    channel = RememberingChannel()
    uncertain.refresh_from_db()
    assert relay(channel, uncertain.not_before).sent == 1
    assert channel.keys == [uncertain.key]


def test_the_record_is_verified(run: Run, uncertain: Effect) -> None:
    held = run("outbox", "verify")
    assert (held.exit_code, "All 2 messages are exactly as they were sent." in held.output) == (0, True)
    assert run("outbox", "verify", "--format", "json").json["broken"] is None
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM outbox_sentmessage WHERE position = 1")
    broken = run("outbox", "verify")
    assert (broken.exit_code, "the message at position 1 is missing" in broken.errors) == (1, True)
    as_json = run("outbox", "verify", "--format", "json")
    assert (as_json.exit_code, as_json.json["broken"]["position"]) == (1, 2)
