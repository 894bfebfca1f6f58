"""A policy of the past comes into force again: as a new version, so that the history stays whole."""

from datetime import datetime

from django.db import transaction

from goodterms.core.policy_parts import differing_parts
from goodterms.core.refusal import Refusal
from goodterms.flows.policy_versions import find_version, read_content
from goodterms.flows.publish_playbook import ReasonMissing, put_in_force
from goodterms.followup.models import PolicyVersion
from goodterms.followup.policy import content_of
from goodterms.organizations.models import Organisation


class InForceAlready(Refusal):
    """The version to go back to says what is in force."""

    def __init__(self, number: int) -> None:
        super().__init__(f"Version {number} says what is in force; there is nothing to bring back.")


@transaction.atomic
def revert_policy(organisation: Organisation, number: int, *, reason: str, actor: str, now: datetime) -> PolicyVersion:
    """Bring version ``number`` back as the next version; a draft stays, on top of it.

    Raises NoSuchVersion, InForceAlready, ReasonMissing, or PolicyInvalid where today's program cannot use it any more.
    """
    locked = Organisation.objects.select_for_update().get(pk=organisation.pk)
    wanted = read_content(find_version(locked, number))
    if not differing_parts(content_of(locked), wanted):
        raise InForceAlready(number)
    if not reason.strip():
        raise ReasonMissing
    return put_in_force(locked, wanted, reason=reason, actor=actor, now=now, reverts_to=number)
