"""A person is invited to join an organisation; the invitation is renewed, withdrawn, or accepted."""

from datetime import datetime, timedelta

from django.db import models, transaction
from django.utils.translation import gettext as _

from goodterms.core.refusal import Refusal
from goodterms.flows.approvals import AT_THE_MACHINE
from goodterms.flows.read_agreed import GOODTERMS
from goodterms.flows.set_up_organisation import strong_password
from goodterms.organizations.changes import fields_of, write_change
from goodterms.organizations.models import Change, Invitation, Membership, Organisation, User
from goodterms.organizations.rights import LIMITABLE_ROLES
from goodterms.organizations.values import check_email

VALID_FOR = timedelta(days=7)
RESERVED_NAMES = {AT_THE_MACHINE, GOODTERMS}
"""Whose deeds are no person's."""
_FIELDS = ("email", "role", "has_own_customers_only")


class AlreadyMember(Refusal):
    """The person invited works here already."""

    def __init__(self, email: str) -> None:
        super().__init__(_("%(email)s is a member already; change their role in the list.") % {"email": email})


class AlreadyInvited(Refusal):
    """There is an open invitation to this address."""

    def __init__(self, email: str) -> None:
        super().__init__(_("%(email)s is invited already; send that invitation again.") % {"email": email})


class InvitationClosed(Refusal):
    """The invitation was accepted or withdrawn, or it is too old."""

    def __init__(self) -> None:
        super().__init__(_("This invitation does not hold any more; ask for a new one."))


class InvitedSomeoneElse(Refusal):
    """Somebody else than the person invited tried to accept."""

    def __init__(self, email: str) -> None:
        super().__init__(_("This invitation is for %(email)s; sign in with that account.") % {"email": email})


class NameTaken(Refusal):
    """Whoever joined would be taken for another member, or for goodterms itself."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _("Somebody here is called %(name)s already; choose a name by which you are told apart.") % {"name": name}
        )


@transaction.atomic
def invite_member(
    organisation: Organisation, email: str, *, role: str, is_limited: bool, actor: str, now: datetime
) -> Invitation:
    """Write an invitation down; it holds for VALID_FOR. The face sends the letter with the link.

    Raises UnusableValue for an impossible address, AlreadyMember or AlreadyInvited.
    """
    address = check_email(email.strip()).lower()
    if Membership.objects.filter(organisation=organisation, user__email__iexact=address).exists():
        raise AlreadyMember(address)
    still_open = open_invitations(organisation).filter(email__iexact=address)
    if still_open.exists():
        raise AlreadyInvited(address)
    invitation = Invitation.objects.create(
        organisation=organisation,
        email=address,
        role=Membership.Role(role),
        has_own_customers_only=is_limited and role in LIMITABLE_ROLES,
        invited_by=actor,
        invited_at=now,
        expires_at=now + VALID_FOR,
    )
    after = fields_of(invitation, *_FIELDS)
    write_change(organisation, Change.Kind.INVITATION, address, before={}, after=after, actor=actor, now=now)
    return invitation


@transaction.atomic
def renew_invitation(invitation: Invitation, *, actor: str, now: datetime) -> Invitation:
    """Let an open invitation hold for another VALID_FOR; links sent before lead nowhere. Raises InvitationClosed."""
    fresh = _lock(invitation.pk)
    before = fields_of(fresh, "expires_at")
    fresh.expires_at = now + VALID_FOR
    fresh.save(update_fields=["expires_at"])
    after = fields_of(fresh, "expires_at")
    write_change(
        fresh.organisation,
        Change.Kind.INVITATION,
        fresh.email,
        before=before,
        after=after,
        actor=actor,
        now=now,
        key=fresh.pk,
    )
    return fresh


@transaction.atomic
def withdraw_invitation(invitation: Invitation, *, actor: str, now: datetime) -> None:
    """Take an open invitation back. Raises InvitationClosed."""
    fresh = _lock(invitation.pk)
    fresh.withdrawn_at = now
    fresh.save(update_fields=["withdrawn_at"])
    before = fields_of(fresh, *_FIELDS)
    write_change(
        fresh.organisation,
        Change.Kind.INVITATION,
        fresh.email,
        before=before,
        after={},
        actor=actor,
        now=now,
        key=fresh.pk,
    )


@transaction.atomic
def accept_invitation(invitation: Invitation, *, user: User | None, name: str, password: str, now: datetime) -> User:
    """Join: with the signed-in account of that address, or with a new one that is made from name and password.

    Raises InvitationClosed, InvitedSomeoneElse, NameTaken or WeakPassword.
    """
    fresh = _lock(invitation.pk)
    if fresh.expires_at <= now:
        raise InvitationClosed
    known = User.objects.filter(email__iexact=fresh.email).first()
    if known is not None and (user is None or user.pk != known.pk):
        raise InvitedSomeoneElse(fresh.email)
    _check_name(fresh.organisation, known or User(email=fresh.email, first_name=_tidy(name)))
    if known is None:
        made = User(email=fresh.email, first_name=_tidy(name))
        made.set_password(strong_password(password, made))
        made.save()
        known = made
    Membership.objects.get_or_create(
        organisation=fresh.organisation,
        user=known,
        defaults={"role": fresh.role, "has_own_customers_only": fresh.has_own_customers_only},
    )
    fresh.accepted_at = now
    fresh.save(update_fields=["accepted_at"])
    after = fields_of(fresh, *_FIELDS)
    write_change(
        fresh.organisation,
        Change.Kind.MEMBER,
        known.email,
        before={},
        after=after,
        actor=str(known),
        now=now,
        key=known.pk,
    )
    return known


def _tidy(name: str) -> str:
    return " ".join(name.split())[:150]


def _check_name(organisation: Organisation, user: User) -> None:
    """Deeds are written down by name: nobody joins under that of another member, or of goodterms; raises NameTaken."""
    names = {str(user).casefold(), user.email.casefold()}
    members = Membership.objects.filter(organisation=organisation).select_related("user").exclude(user=user.pk)
    taken = {word.casefold() for member in members for word in (str(member.user), member.user.email)}
    if names & (taken | RESERVED_NAMES):
        raise NameTaken(str(user))


def open_invitations(organisation: Organisation) -> "models.QuerySet[Invitation]":
    """Invitations neither accepted nor withdrawn, the newest first; some may have run out."""
    rows = Invitation.objects.filter(organisation=organisation, accepted_at__isnull=True, withdrawn_at__isnull=True)
    return rows.order_by("-invited_at", "-pk")


def _lock(pk: int) -> Invitation:
    """The invitation, for this transaction alone; raises InvitationClosed."""
    open_rows = Invitation.objects.filter(pk=pk, accepted_at__isnull=True, withdrawn_at__isnull=True)
    fresh = open_rows.select_for_update(of=("self",)).select_related("organisation").first()
    if fresh is None:
        raise InvitationClosed
    return fresh
