"""Who may agree to what: a manager's word where an agreement is above the organisation's limit."""

from collections.abc import Mapping
from datetime import date, datetime

from goodterms.core.money import Money
from goodterms.core.refusal import Refusal
from goodterms.flows.ask_person import ask_person
from goodterms.followup.models import Task
from goodterms.followup.policy import policy_of
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Membership, Organisation

APPROVED = "approved"
AT_THE_MACHINE = "command line"
"""The actor of commands: whoever may run them may read and write the database itself."""
_MANAGERS = {Membership.Role.OWNER, Membership.Role.MANAGER}


class NotYoursToApprove(Refusal):
    """Somebody without the role was to approve something."""

    def __init__(self, actor: str) -> None:
        super().__init__(f"{actor} may not approve this: it takes an owner or a manager of the organisation.")


class ApprovalMissing(Refusal):
    """An agreement was to be accepted before a manager approved it."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is above the limit and waits for a manager's approval; approve it first.")


class NothingToApprove(Refusal):
    """An approval of something that does not wait for one."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} does not wait for approval.")


def is_manager(organisation: Organisation, actor: str) -> bool | None:
    """Whether the actor is an owner or manager; None where nobody of that name or address is a member.

    An address is one person's; only where it is nobody's is it a name, and all who bear that have to be managers.
    """
    members = list(Membership.objects.filter(organisation=organisation).select_related("user"))
    named = [member for member in members if member.user.email == actor]
    roles = {member.role for member in named or members if actor in (str(member.user), member.user.email)}
    return roles <= _MANAGERS if roles else None


def require_manager(organisation: Organisation, actor: str) -> None:
    """Raises NotYoursToApprove for everybody but owners, managers and whoever works at the machine itself."""
    if actor != AT_THE_MACHINE and not is_manager(organisation, actor):
        raise NotYoursToApprove(actor)


def is_above(limits: Mapping[str, int], amount: Money) -> bool:
    """Whether the amount is above the limit of its currency; without a limit of its own, anything is."""
    return amount.amount_minor > limits.get(amount.currency, 0)


def require_for_amount(organisation: Organisation, actor: str, amount: Money) -> None:
    """Taking off more than the policy's settlement_approval_minor takes a manager; raises NotYoursToApprove."""
    if is_above(policy_of(organisation).numbers.settlement_approval_minor, amount):
        require_manager(organisation, actor)


def ask_approval(customer: Customer, key: str, title: str, detail: str, today: date, now: datetime) -> Task:
    """The task of approving something."""
    return ask_person(
        customer.organisation,
        customer,
        Task.Kind.APPROVAL,
        key,
        title,
        now=now,
        detail=detail,
        due=today,
        owner="",
        reopens=False,
    )


def is_approved(organisation: Organisation, key: str) -> bool:
    """Whether nothing was to be approved under this key, or it was."""
    task = Task.objects.filter(organisation=organisation, key=key).first()
    return task is None or task.outcome == APPROVED
