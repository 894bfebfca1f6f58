"""The one helper through which faces reach an organisation's rows."""

from typing import TypeVar

from django.db.models import Model, QuerySet

from goodterms.organizations.models import Membership, Organisation, User

Row = TypeVar("Row", bound=Model)


def organisations_of(user: User) -> QuerySet[Organisation]:
    """The organisations this user is a member of."""
    return Organisation.objects.filter(memberships__user=user).order_by("name")


def membership_in(user: User, organisation: Organisation) -> Membership | None:
    """The user's membership, or None for a stranger."""
    return Membership.objects.filter(user=user, organisation=organisation).first()


def within(organisation: Organisation, rows: QuerySet[Row]) -> QuerySet[Row]:
    """These rows of this organisation alone; every view starts from here."""
    return rows.filter(organisation=organisation)
