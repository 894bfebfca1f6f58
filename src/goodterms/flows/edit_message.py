"""A person changes the words of a message before approving it: kept, told in the timeline, checked like any other."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from goodterms.core.refusal import Refusal
from goodterms.flows.approve_effect import NotWaitingForApproval, check_words_seen
from goodterms.flows.compose_message import compose_touches, render_touch
from goodterms.flows.facts import write_timeline
from goodterms.followup.models import Touch
from goodterms.messages.editing import EditableWords, from_edit, to_edit
from goodterms.messages.message import Fault
from goodterms.organizations.models import Organisation
from goodterms.outbox.models import Effect
from goodterms.outbox.moves import State

LONGEST_WORDS = 10_000


class NoWordsToEdit(Refusal):
    """The effect has no words that a person could change: a call's sheet, an agency's file."""

    def __init__(self) -> None:
        super().__init__("The words of this one are made anew for whoever reads it; approve or refuse it as it is.")


class WordsRefused(Refusal):
    """The check found faults in the changed message."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        # The same fault stands in every part of the message: once is enough.
        self.faults = tuple({fault.code: fault for fault in reversed(faults)}.values())[::-1]
        sentences = " ".join(str(fault) for fault in self.faults)
        super().__init__(f"Not kept; the message may not leave like this. {sentences}")


def read_words(effect: Effect, now: datetime) -> EditableWords | None:
    """The words of the effect's message as they stand now; None where there are none to change."""
    touch: Touch | None = getattr(effect, "touch", None)
    rendered = render_touch(touch, now) if touch is not None else None
    return to_edit(rendered) if rendered else None


@transaction.atomic
def edit_message(
    organisation: Organisation,
    effect: Effect,
    words: EditableWords,
    *,
    actor: str,
    now: datetime,
    seen: str | None = None,
) -> EditableWords:
    """Keep these words for the message that waits for approval; both versions stand in the timeline.

    Blocks (invoices, how to pay) stay live; amounts and dates written out are checked against the ledger, now and
    again when it leaves. ``seen`` is the stamp_of_words they were written over. Raises NotWaitingForApproval,
    WordsChanged, NoWordsToEdit or WordsRefused. Returns the words before.
    """
    current = (
        Effect.objects.select_for_update(of=("self",))
        .select_related("touch__customer")
        .get(pk=effect.pk, organisation=organisation)
    )
    if current.state != State.WAITING:
        raise NotWaitingForApproval(current)
    check_words_seen(current, seen)
    before = read_words(current, now)
    if before is None:
        raise NoWordsToEdit
    if words == before:
        return before
    touch = current.touch
    Touch.objects.filter(pk=touch.pk).update(own_words=from_edit(words))
    composed = compose_touches([touch.pk], now)[touch.pk]
    if composed.faults:
        raise WordsRefused(composed.faults)
    data = {"before": _plain(before), "after": _plain(words)}
    text = f"Words changed before approval: “{words.subject}”."
    write_timeline(touch.customer, "words_edited", text, actor=actor, now=now, effect_key=current.key, data=data)
    return before


def _plain(words: EditableWords) -> dict[str, str]:
    return {"subject": words.subject, "words": words.body}
