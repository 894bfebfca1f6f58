"""A person's other words for a message that waits: kept, told, checked like any other, and what leaves."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from goodterms.flows.approve_effect import NotWaitingForApproval
from goodterms.flows.compose_message import compose_touches
from goodterms.flows.edit_message import NoWordsToEdit, WordsRefused, edit_message, read_words
from goodterms.followup.models import TimelineEvent, Touch
from goodterms.messages.editing import EditableWords
from goodterms.outbox.models import Effect
from tests.factories import make_customer, make_effect, make_invoice, make_organisation, make_touch

pytestmark = pytest.mark.django_db


def waiting(now: datetime, **given: Any) -> Effect:
    customer = make_customer(make_organisation())
    make_invoice(customer, "R1", due=now.date() - timedelta(days=12), amount_minor=1234_50)
    touch = make_touch(customer, effect=make_effect(customer, state="waiting"), **given)
    return Effect.objects.get(key=touch.effect_id)


def test_the_words_to_change_say_what_would_leave(now: datetime) -> None:
    words = read_words(waiting(now), now)
    assert words is not None
    assert words.subject == "A friendly reminder: invoice R1"
    assert "[invoices]" in words.body
    assert "[how to pay]" in words.body
    assert "**£1,234.50**" in words.body


def test_unchanged_words_make_the_very_same_message(now: datetime) -> None:
    effect = waiting(now)
    before = compose_touches([effect.touch.pk], now)[effect.touch.pk].message
    words = read_words(effect, now)
    assert words is not None
    edit_message(effect.organisation, effect, words, actor="Kim", now=now)
    assert Touch.objects.get().own_words == ""
    edit_message(effect.organisation, effect, EditableWords(words.subject, words.body + "\n"), actor="Kim", now=now)
    after = compose_touches([effect.touch.pk], now)[effect.touch.pk].message
    assert before is not None
    assert after is not None
    assert (after.subject, after.text) == (before.subject, before.text)


def test_other_words_are_kept_told_and_leave(now: datetime) -> None:
    effect = waiting(now)
    words = read_words(effect, now)
    assert words is not None
    body = words.body.replace("Perhaps it has slipped through; that happens to all of us.", "As we said on the phone.")
    edit_message(effect.organisation, effect, EditableWords("About R1", body), actor="Kim", now=now)
    composed = compose_touches([effect.touch.pk], now)[effect.touch.pk]
    assert composed.message is not None
    assert composed.message.subject == "About R1"
    assert "As we said on the phone." in composed.message.text
    assert "GB33 BUKB 2020 1555 5555 55" in composed.message.text
    event = TimelineEvent.objects.get(kind="words_edited")
    assert event.actor == "Kim"
    assert event.data["before"]["subject"] == "A friendly reminder: invoice R1"
    assert event.data["after"]["subject"] == "About R1"


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("**£1,234.50**", "**£9,999.00**", "9,999.00"),
        ("[how to pay]", "Pay to GB29NWBK60161331926819.", "bank account"),
        ("[how to pay]", "", "how to pay"),
        ("Kind regards,", "Pay, you liar!", "liar"),
        ("Kind regards,", "{{ total }} {% x", "unfinished"),
    ],
)
def test_words_that_fail_the_check_are_not_kept(now: datetime, old: str, new: str, fault: str) -> None:
    effect = waiting(now)
    words = read_words(effect, now)
    assert words is not None
    assert old in words.body
    wrong = EditableWords(words.subject, words.body.replace(old, new))
    with pytest.raises(WordsRefused, match=fault):
        edit_message(effect.organisation, effect, wrong, actor="Kim", now=now)
    assert Touch.objects.get().own_words == ""
    assert not TimelineEvent.objects.exists()


def test_words_are_changed_only_while_the_message_waits(now: datetime) -> None:
    effect = waiting(now)
    words = read_words(effect, now)
    assert words is not None
    Effect.objects.update(state="queued")
    with pytest.raises(NotWaitingForApproval):
        edit_message(effect.organisation, effect, words, actor="Kim", now=now)


def test_a_call_has_no_words_to_change(now: datetime) -> None:
    effect = waiting(now, channel="call", template="call_friendly")
    assert read_words(effect, now) is None
    with pytest.raises(NoWordsToEdit):
        edit_message(effect.organisation, effect, EditableWords("a", "b"), actor="Kim", now=now)
