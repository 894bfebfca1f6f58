"""A person saves a choice of the worklist's filters under a name, shares it, or throws it away."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from goodterms.core.refusal import Refusal
from goodterms.followup.models import SavedView
from goodterms.organizations.models import Organisation, User

MOST_VIEWS = 30
LONGEST_NAME = 60


class ViewWithoutName(Refusal):
    """A view was to be saved without a name."""

    def __init__(self) -> None:
        super().__init__("Give the view a name; by that it stands above the list.")


class TooManyViews(Refusal):
    """A person saved more views than anybody finds one among."""

    def __init__(self) -> None:
        super().__init__(f"You have saved {MOST_VIEWS} views; delete one that you no longer need.")


@transaction.atomic
def keep_view(
    organisation: Organisation, user: User, *, name: str, filters: Mapping[str, str], is_shared: bool, now: datetime
) -> SavedView:
    """Save the filters that are set; one of the same name is replaced. Raises ViewWithoutName or TooManyViews."""
    said = " ".join(name.split())[:LONGEST_NAME]
    if not said:
        raise ViewWithoutName
    own = SavedView.objects.filter(organisation=organisation, user=user)
    if not own.filter(name=said).exists() and own.count() >= MOST_VIEWS:
        raise TooManyViews
    kept = {"filters": {key: value for key, value in filters.items() if value}, "is_shared": is_shared, "saved_at": now}
    view, _ = SavedView.objects.update_or_create(organisation=organisation, user=user, name=said, defaults=kept)
    return view


def drop_view(organisation: Organisation, user: User, view_id: int) -> bool:
    """Throw one's own view away; False where it is not (or no longer) one's own."""
    deleted, _ = SavedView.objects.filter(organisation=organisation, user=user, pk=view_id).delete()
    return bool(deleted)
