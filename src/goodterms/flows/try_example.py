"""A newcomer tries goodterms on an invented ledger, in an organisation of its own from which nothing ever leaves."""

from datetime import datetime
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from django.db import transaction

from goodterms.flows.import_ledger import import_path
from goodterms.flows.prepare_demo import PARTICULARS
from goodterms.flows.set_up_organisation import change_logo, change_test_mode, create_organisation
from goodterms.importers.example import write_example
from goodterms.importers.reading import Wishes
from goodterms.organizations.models import Membership, Organisation, User

CUSTOMERS = 40
SEED = 2026


@transaction.atomic
def try_example(user: User, *, now: datetime) -> Organisation:
    """The person's own example organisation, in test mode, with an invented ledger as of today; made once."""
    own = Organisation.objects.filter(name=PARTICULARS["name"], is_test_mode=True, memberships__user=user)
    if found := own.order_by("pk").first():
        return found
    made = create_organisation(PARTICULARS, now)
    change_test_mode(made.pk, is_test_mode=True, actor=str(user), now=now)
    logo = (resources.files("goodterms.importers.example") / "logo.png").read_bytes()
    change_logo(made.pk, logo, actor=str(user), now=now)
    Membership.objects.create(organisation=made, user=user, role=Membership.Role.OWNER)
    today = now.astimezone(ZoneInfo(made.timezone)).date()
    with TemporaryDirectory(prefix="goodterms-example-") as folder:
        write_example(Path(folder), today=today, seed=SEED, customers=CUSTOMERS)
        import_path(made.pk, Path(folder), Wishes(as_of=today), now=now, today=today)
    return Organisation.objects.get(pk=made.pk)
