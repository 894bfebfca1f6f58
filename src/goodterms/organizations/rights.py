"""What each role may do: the one table of rights.

| right                                                             | owner | manager | collector | viewer |
|-------------------------------------------------------------------|-------|---------|-----------|--------|
| look: every page of their customers                               | yes   | yes     | yes       | yes    |
| act: promises, holds, messages, calls, contacts                   | yes   | yes     | yes       | no     |
| manage: approvals above limits, playbooks, templates, settings,   | yes   | yes     | no        | no     |
|   imports, the record of changes                                  |       |         |           |        |
| own: members, invitations, API keys                               | yes   | no      | no        | no     |

Collectors and viewers may be limited to the customers whose collector they are; owners and managers never are.
"""

from collections.abc import Mapping
from enum import Enum

from goodterms.organizations.models import Membership

Role = Membership.Role


class Right(Enum):
    """What somebody may do in an organisation."""

    LOOK = "look"
    ACT = "act"
    MANAGE = "manage"
    OWN = "own"


ROLES_WITH: Mapping[Right, frozenset[str]] = {
    Right.LOOK: frozenset(Role),
    Right.ACT: frozenset({Role.OWNER, Role.MANAGER, Role.COLLECTOR}),
    Right.MANAGE: frozenset({Role.OWNER, Role.MANAGER}),
    Right.OWN: frozenset({Role.OWNER}),
}
LIMITABLE_ROLES = frozenset({Role.COLLECTOR, Role.VIEWER})


def is_allowed(role: str, right: Right) -> bool:
    """Whether the role holds the right."""
    return role in ROLES_WITH[right]
