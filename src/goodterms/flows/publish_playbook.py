"""The draft of the policy comes into force: a version with who, when and why."""

import hashlib
import json
from datetime import datetime

from django.db import transaction
from django.db.models import F

from goodterms.core.policy_parts import Content, differing_parts
from goodterms.core.refusal import Refusal
from goodterms.flows.check_step import FieldFaults, check_step
from goodterms.flows.edit_draft import discard_draft, read_draft
from goodterms.flows.policy_versions import catch_up, record_change, write_version
from goodterms.followup.models import PolicyVersion
from goodterms.followup.policy import compile_content, content_of, own_rules_of, read_numbers
from goodterms.organizations.models import Organisation

LONGEST_REASON = 2000


class NothingToPublish(Refusal):
    """There is no draft, or it says what is in force."""

    def __init__(self) -> None:
        super().__init__("There is nothing to publish: the draft says what is in force already.")


class ReasonMissing(Refusal):
    """Nobody said why the policy is changed."""

    def __init__(self) -> None:
        super().__init__("Say why; the reason is kept with your name and the date.")


class DraftChanged(Refusal):
    """The draft to be published is not the one that was looked at."""

    def __init__(self) -> None:
        super().__init__("The draft, or what is in force, has changed since you looked; look again before you publish.")


def stamp_of_draft(before: Content, wanted: Content) -> str:
    """What tells the change a person looked at from any other: a hash of what is in force and what is wanted."""
    return hashlib.sha256(json.dumps([before, wanted], sort_keys=True, default=str).encode()).hexdigest()[:16]


@transaction.atomic
def publish_draft(
    organisation: Organisation, *, reason: str, actor: str, now: datetime, seen: str | None = None
) -> PolicyVersion:
    """Make the draft the policy in force, from the next run and the next gate on; the draft is gone afterwards.

    ``seen`` is the stamp_of_draft that was shown. Raises NothingToPublish, DraftChanged, ReasonMissing, PolicyInvalid,
    or FieldFaults when a changed step no longer fits.
    """
    locked = Organisation.objects.select_for_update().get(pk=organisation.pk)
    wanted, draft = read_draft(locked)
    changed = differing_parts(content_of(locked), wanted)
    if draft is None or not changed:
        raise NothingToPublish
    if seen is not None and seen != stamp_of_draft(content_of(locked), wanted):
        raise DraftChanged
    if not reason.strip():
        raise ReasonMissing
    check_changed_steps(content_of(locked), wanted)
    version = put_in_force(locked, wanted, reason=reason, actor=actor, now=now)
    discard_draft(locked)
    return version


def put_in_force(
    organisation: Organisation,
    content: Content,
    *,
    reason: str,
    actor: str,
    now: datetime,
    reverts_to: int | None = None,
) -> PolicyVersion:
    """Write the policy to the organisation's row, let every gate see it, and keep it as a version.

    The row must be locked. Raises PolicyInvalid.
    """
    before = catch_up(organisation, now)
    compile_content(content, organisation)
    rows = Organisation.objects.filter(pk=organisation.pk)
    rows.update(policy=content["numbers"], own_rules=own_rules_of(content), facts_version=F("facts_version") + 1)
    why = reason.strip()[:LONGEST_REASON]
    version = write_version(rows.get(), actor=actor, now=now, reason=why, reverts_to=reverts_to)
    record_change(before, version, actor=actor, now=now)
    return version


def check_changed_steps(present: Content, wanted: Content) -> None:
    """Raises FieldFaults for a changed step that cannot stand where it is: words that are gone, a gap too small."""
    numbers = read_numbers(wanted["numbers"])
    known = {(book["id"], str(step)) for book in present["playbooks"] for step in book["steps"]}
    for book in wanted["playbooks"]:
        for step in book["steps"]:
            if (book["id"], str(step)) not in known:
                try:
                    check_step(step, book["steps"], numbers)
                except FieldFaults as fault:
                    where = f"{book['name']}, step {step['id']}: {fault}"
                    raise FieldFaults({"": [where]}) from fault
