"""A member's role changes, or a member leaves; one owner always stays."""

from collections import Counter
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from goodterms.core.refusal import Refusal
from goodterms.flows.facts import write_timeline
from goodterms.followup.models import Dispute, Reply, Task
from goodterms.ledger.models import Customer
from goodterms.organizations.changes import fields_of, write_change
from goodterms.organizations.models import Change, Membership, Organisation
from goodterms.organizations.rights import LIMITABLE_ROLES, Right, is_allowed

_FIELDS = ("role", "has_own_customers_only")


class LastOwner(Refusal):
    """The only owner was to be given another role, or removed."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _("%(name)s is the only owner; make somebody else an owner first, so that one is left.") % {"name": name}
        )


class NoLongerMember(Refusal):
    """The member was removed in the meantime."""

    def __init__(self) -> None:
        super().__init__(_("This person is no longer a member."))


@transaction.atomic
def change_member(
    organisation: Organisation, membership_id: int, *, role: str, is_limited: bool, actor: str, now: datetime
) -> Membership:
    """Give a member another role, or limit them to their own customers; raises LastOwner or NoLongerMember.

    What somebody had in hand who may only look from now on is anybody's.
    """
    member = _lock(organisation, membership_id)
    wanted = Membership.Role(role)
    if wanted != Membership.Role.OWNER:
        _refuse_last_owner(organisation, member)
    before = fields_of(member, *_FIELDS)
    member.role, member.has_own_customers_only = wanted, is_limited and wanted in LIMITABLE_ROLES
    member.save(update_fields=_FIELDS)
    if not is_allowed(wanted, Right.ACT):
        _free_matters(organisation, member, actor, now)
    write_change(
        organisation,
        Change.Kind.MEMBER,
        member.user.email,
        before=before,
        after=fields_of(member, *_FIELDS),
        actor=actor,
        now=now,
        key=member.user_id,
    )
    return member


@transaction.atomic
def remove_member(organisation: Organisation, membership_id: int, *, actor: str, now: datetime) -> str:
    """Take a member out of the organisation; their customers have no collector then. The account itself stays.

    What they had in hand is anybody's. Gives the person's name. Raises LastOwner or NoLongerMember.
    """
    member = _lock(organisation, membership_id)
    _refuse_last_owner(organisation, member)
    write_change(
        organisation,
        Change.Kind.MEMBER,
        member.user.email,
        before=fields_of(member, *_FIELDS),
        after={},
        actor=actor,
        now=now,
        key=member.user_id,
    )
    name = str(member.user)
    _free_matters(organisation, member, actor, now)
    member.delete()
    return name


def _free_matters(organisation: Organisation, member: Membership, actor: str, now: datetime) -> None:
    """What the member had in hand is anybody's, so that it does not wait for someone who does it no more."""
    theirs = {"organisation": organisation, "owner__in": {str(member.user), member.user.email}}
    matters: list[QuerySet[Any]] = [
        Task.objects.filter(**theirs, done_at__isnull=True),
        Reply.objects.filter(**theirs, handled_at__isnull=True),
        Dispute.objects.filter(**theirs, resolution=""),
    ]
    counts = Counter(pk for rows in matters for pk in rows.values_list("customer_id", flat=True))
    for rows in matters:
        rows.update(owner="")
    for customer in Customer.objects.filter(pk__in=[pk for pk in counts if pk]):
        count = counts[customer.pk]
        what = "an open matter here; it is" if count == 1 else f"{count} open matters here; they are"
        text = f"{member.user} no longer looks after {what} anybody's now."
        write_timeline(customer, "owner_left", text, actor=actor, now=now, data={"count": count})


def _lock(organisation: Organisation, membership_id: int) -> Membership:
    """The member, while nobody else changes this organisation's members."""
    Organisation.objects.select_for_update().only("pk").get(pk=organisation.pk)
    found = Membership.objects.filter(organisation=organisation, pk=membership_id).select_related("user").first()
    if found is None:
        raise NoLongerMember
    return found


def _refuse_last_owner(organisation: Organisation, member: Membership) -> None:
    if member.role != Membership.Role.OWNER:
        return
    owners = Membership.objects.filter(organisation=organisation, role=Membership.Role.OWNER, user__is_active=True)
    if not owners.exclude(pk=member.pk).exists():
        raise LastOwner(str(member.user))
