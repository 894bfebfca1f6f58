"""A person lost phone and recovery codes: whoever runs the machine lets the password alone open the account again."""

from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db import transaction

from goodterms.core.refusal import Refusal
from goodterms.flows.set_up_organisation import UnknownPerson
from goodterms.organizations.changes import write_change
from goodterms.organizations.models import Change, Organisation, User


class NoSecondFactor(Refusal):
    """There is nothing to take away."""

    def __init__(self, email: str) -> None:
        super().__init__(f"{email} has no second factor; the password alone opens the account.")


@transaction.atomic
def remove_second_factor(email: str, *, actor: str, now: datetime) -> User:
    """Take app, passkeys and recovery codes of the account away; every organisation of the person has it on record.

    Raises UnknownPerson or NoSecondFactor.
    """
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        raise UnknownPerson(email)
    kept = Authenticator.objects.filter(user=user)
    if not kept.exists():
        raise NoSecondFactor(user.email)
    before = {"second_factor": sorted(kept.values_list("type", flat=True))}
    after: dict[str, list[str]] = {"second_factor": []}
    kept.delete()
    for organisation in Organisation.objects.filter(memberships__user=user):
        write_change(organisation, Change.Kind.MEMBER, user.email, before=before, after=after, actor=actor, now=now)
    return user
