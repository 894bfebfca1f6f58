"""An organisation changes what stands on one page of its settings: particulars and numbers of its policy together."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from goodterms.flows.change_policy import change_policy
from goodterms.flows.set_up_organisation import change_organisation
from goodterms.organizations.models import Organisation


@transaction.atomic
def change_settings(
    organisation_id: int,
    particulars: Mapping[str, str],
    numbers: Mapping[str, str],
    *,
    actor: str,
    now: datetime,
) -> Organisation:
    """Change particulars (by field name) and numbers (by dotted key, as ``change_policy`` takes them), or neither.

    Raises UnusableValue or PolicyInvalid, and changes nothing, where one of them cannot be used.
    """
    if particulars:
        change_organisation(organisation_id, particulars, actor=actor, now=now)
    if numbers:
        change_policy(organisation_id, numbers, actor=actor, now=now)
    return Organisation.objects.get(pk=organisation_id)
