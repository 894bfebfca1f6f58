"""The versions of an organisation's policy: written when something is published, read, and compared."""

from datetime import datetime

from goodterms.core.policy_parts import Content, PolicyChange, differing_parts, list_changes
from goodterms.core.refusal import Refusal
from goodterms.followup.models import PolicyVersion
from goodterms.followup.policy import compile_content, complete_content, content_of
from goodterms.organizations.changes import write_change
from goodterms.organizations.models import Change, Organisation

PROGRAM = "goodterms"


class NoSuchVersion(Refusal):
    """A version of the policy that was never published."""

    def __init__(self, number: int) -> None:
        super().__init__(f"There is no version {number} of the policy; the history lists the ones there are.")


def last_version(organisation: Organisation) -> PolicyVersion | None:
    """The version in force, unless something was changed without one."""
    return PolicyVersion.objects.filter(organisation=organisation).order_by("-number").first()


def find_version(organisation: Organisation, number: int) -> PolicyVersion:
    """The version of that number; raises NoSuchVersion."""
    found = PolicyVersion.objects.filter(organisation=organisation, number=number).first()
    if found is None:
        raise NoSuchVersion(number)
    return found


def catch_up(organisation: Organisation, now: datetime) -> PolicyVersion:
    """The newest version, which says what is in force: written now where the shipped rules have changed since, or
    where there was none yet.
    """
    last = last_version(organisation)
    if last is not None and is_in_force(last, organisation):
        return last
    reason = (
        "As it was before the first change."
        if last is None
        else "Changed by a new release of goodterms, or before its changes were versions."
    )
    return write_version(organisation, actor=PROGRAM, now=now, reason=reason)


def is_in_force(version: PolicyVersion, organisation: Organisation) -> bool:
    """Whether the version still says what the organisation goes by."""
    return not differing_parts(content_of(organisation), complete_content(version.content))


def write_version(
    organisation: Organisation, *, actor: str, now: datetime, reason: str, reverts_to: int | None = None
) -> PolicyVersion:
    """Keep what is in force as the next version.

    Call it in the transaction of the change, with the organisation's row locked.
    """
    last = last_version(organisation)
    content = content_of(organisation)
    return PolicyVersion.objects.create(
        organisation=organisation,
        number=last.number + 1 if last else 1,
        content=content,
        policy_hash=compile_content(content, organisation).hash,
        reason=reason,
        published_by=actor[:200],
        published_at=now,
        reverts_to=reverts_to,
    )


def record_change(before: PolicyVersion, after: PolicyVersion, *, actor: str, now: datetime) -> None:
    """Put what the newer version says differently on the record of changes."""
    changes = compare_versions(before, after)
    write_change(
        after.organisation,
        Change.Kind.PLAYBOOK,
        f"Rules and playbooks, version {after.number}",
        before={"version": before.number} | {name_of(change): change.before for change in changes},
        after={"version": after.number} | {name_of(change): change.after for change in changes},
        actor=actor,
        now=now,
        key=after.number,
    )


def name_of(change: PolicyChange) -> str:
    """Where a change stands, as one word: chronic/final/from_day."""
    return "/".join(part for part in (change.part, change.item, change.field) if part)


def compare_versions(older: PolicyVersion, newer: PolicyVersion) -> list[PolicyChange]:
    """What the newer one says differently."""
    return list_changes(read_content(older), read_content(newer))


def read_content(version: PolicyVersion) -> Content:
    """The version's policy in full."""
    return complete_content(version.content)
