"""A member's role changes, or a member leaves; one owner always stays."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from goodterms.core.refusal import Refusal
from goodterms.organizations.changes import fields_of, write_change
from goodterms.organizations.models import Change, Membership, Organisation
from goodterms.organizations.rights import LIMITABLE_ROLES

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
    """Give a member another role, or limit them to their own customers. Raises LastOwner or NoLongerMember."""
    member = _lock(organisation, membership_id)
    wanted = Membership.Role(role)
    if wanted != Membership.Role.OWNER:
        _refuse_last_owner(organisation, member)
    before = fields_of(member, *_FIELDS)
    member.role, member.has_own_customers_only = wanted, is_limited and wanted in LIMITABLE_ROLES
    member.save(update_fields=_FIELDS)
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

    Gives the person's name. Raises LastOwner or NoLongerMember.
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
    member.delete()
    return name


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
