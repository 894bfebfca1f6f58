"""Who works in an organisation, and who was invited."""

from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db.models import Count, Exists, OuterRef

from goodterms.flows.invite_member import open_invitations
from goodterms.organizations.models import Invitation, Membership, Organisation

ORDER = {role: place for place, role in enumerate(Membership.Role)}


@dataclass(frozen=True)
class Member:
    """A member as the list shows them."""

    membership: Membership
    customers: int
    has_second_factor: bool


@dataclass(frozen=True)
class Invited:
    """An open invitation, and whether it has run out."""

    invitation: Invitation
    is_over: bool


def list_members(organisation: Organisation) -> list[Member]:
    """Everyone, owners first, then by name."""
    factors = Authenticator.objects.filter(user=OuterRef("user")).exclude(type=Authenticator.Type.RECOVERY_CODES)
    rows = Membership.objects.filter(organisation=organisation).select_related("user")
    rows = rows.annotate(customer_count=Count("customers"), is_guarded=Exists(factors))
    members = [Member(row, row.customer_count, row.is_guarded) for row in rows]
    return sorted(
        members, key=lambda one: (ORDER[Membership.Role(one.membership.role)], str(one.membership.user).lower())
    )


def find_member(organisation: Organisation, pk: int) -> Membership | None:
    """The member, or None where the organisation has no such member."""
    return Membership.objects.filter(organisation=organisation, pk=pk).select_related("user").first()


def list_invited(organisation: Organisation, now: datetime) -> list[Invited]:
    """Open invitations, the newest first."""
    return [Invited(row, row.expires_at <= now) for row in open_invitations(organisation)]


def find_invitation(organisation: Organisation, pk: int) -> Invitation | None:
    """The open invitation, or None."""
    return open_invitations(organisation).filter(pk=pk).first()
