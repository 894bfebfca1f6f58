"""The year of each kind of customer reads as it was last read; ``--snapshot-update`` tells it anew, on purpose."""

from pathlib import Path

import pytest

from goodterms.flows.seal_timeline import verify_timeline
from goodterms.followup.models import CustomerProfile, Touch
from goodterms.outbox.chain import verify_chain
from goodterms.outbox.models import Effect
from tests.story.characters import cast
from tests.story.world import World, tell

pytestmark = pytest.mark.django_db(transaction=True)
GOLDEN = Path(__file__).parent / "golden"


def test_a_scripted_year_for_each_kind_of_customer(home: Path, request: pytest.FixtureRequest) -> None:
    """One year, ten customers, one organisation; then the whole record is checked."""
    world = World(home, cast())
    world.live()
    told = {one.kind.replace(" ", "_"): tell(one) for one in world.characters}
    if request.config.getoption("--snapshot-update"):
        for name, story in told.items():
            (GOLDEN / f"{name}.txt").write_text(story, "utf-8")
    assert told == {name: (GOLDEN / f"{name}.txt").read_text("utf-8") for name in told}
    _check_manners(world)
    _check_record(world)


def _check_manners(world: World) -> None:
    """Never two messages to one customer on a day, and nothing but the owner's word to a special bond."""
    sent = list(Touch.objects.filter(sent_date__isnull=False).values_list("customer_id", "sent_date"))
    assert len(sent) == len(set(sent))
    bond = next(one.customer for one in world.characters if one.kind == "special bond")
    assert set(Touch.objects.filter(customer=bond).values_list("sender", flat=True)) <= {"owner"}
    assert not Effect.objects.filter(state__in=["failed", "uncertain"]).exists()
    assert CustomerProfile.objects.count() == len(world.characters)


def _check_record(world: World) -> None:
    assert verify_timeline(world.organisation).broken is None
    assert verify_chain(world.organisation.pk).broken is None
