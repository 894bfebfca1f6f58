"""The record of changes: written with the deed, never rewritten, shown with what was before and after."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from goodterms.flows.change_policy import change_policy
from goodterms.flows.extend_hold import extend_hold
from goodterms.flows.override_profile import override_profile
from goodterms.flows.place_hold import place_hold
from goodterms.flows.set_up_organisation import change_organisation
from goodterms.flows.write_ap_profile import write_ap_profile
from goodterms.flows.write_contact import Particulars, write_contact
from goodterms.organizations.changes import write_change
from goodterms.organizations.models import Change
from tests.conftest import NOW
from tests.web.world import TODAY, World

pytestmark = pytest.mark.django_db
ACTOR = "Robin Example"
PHONE = "+44 1632 960001"


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2026-02-30", "x"])
def test_a_day_of_no_century_of_ours_is_left_out_of_a_filter(world: World, day: str) -> None:
    client, slug = world.client("owner"), world.ours.slug
    pages = {
        reverse("changes", args=[slug]): ("since", "until"),
        reverse("customer-timeline", args=[slug, world.customer.pk]): ("since", "until"),
        reverse("report", args=[slug, "ageing"]): ("from", "to"),
    }
    for page, (first, last) in pages.items():
        assert client.get(page, {first: day}).status_code == 200, page
        assert client.get(page, {last: day}).status_code == 200, page


def test_only_what_differs_is_kept(world: World) -> None:
    before = {"name": "A", "iban": "1", "until": TODAY, "parts": ["x"], "logo": b"12345"}
    change = write_change(
        world.ours, Change.Kind.SETTINGS, "Payment", before=before, after={**before, "iban": "2", "logo": b"1"},
        actor=ACTOR, now=NOW,
    )  # fmt: skip
    assert change is not None
    assert change.before == {"iban": "1", "logo": "5 bytes"}
    assert change.after == {"iban": "2", "logo": "1 bytes"}
    same = write_change(world.ours, Change.Kind.SETTINGS, "Payment", before=before, after=before, actor=ACTOR, now=NOW)
    assert same is None


def test_flows_write_who_changed_what_before_and_after(world: World) -> None:
    change_organisation(world.ours.pk, {"bank_name": "New Bank"}, actor=ACTOR, now=NOW)
    change_policy(world.ours.pk, {"gap_days": "6"}, actor=ACTOR, now=NOW)
    override_profile(world.ours, world.customer, "red_tape", reason="They need a PO.", actor=ACTOR, now=NOW)
    given = Particulars("Kim", "buyer", "kim@customer.example", "")
    write_contact(world.ours, world.customer, given, contact=world.contact, actor=ACTOR, now=NOW)
    hold = place_hold(world.ours, world.customer, until=TODAY, reason="legal", actor=ACTOR, now=NOW)
    extend_hold(world.ours, hold, until=TODAY + timedelta(days=1), actor=ACTOR, now=NOW)
    write_ap_profile(world.ours, world.customer, system="Example AP", actor=ACTOR, now=NOW)
    found = [(row.kind, row.before, row.after) for row in Change.objects.order_by("pk")]
    assert found == [
        ("settings", {"bank_name": "Example Bank"}, {"bank_name": "New Bank"}),
        ("policy", {"gap_days": None}, {"gap_days": 6}),
        (
            "profile",
            {"override_profile": "", "override_reason": ""},
            {"override_profile": "red_tape", "override_reason": "They need a PO."},
        ),
        (
            "contact",
            {"name": "Sam Example", "role": "accounts_payable", "email": "c1@customer.example", "phone": PHONE},
            {"name": "Kim", "role": "buyer", "email": "kim@customer.example", "phone": ""},
        ),
        ("hold", {}, {"reason": "legal", "until_date": "2026-03-10", "note": "", "invoice": ""}),
        ("hold", {"until_date": "2026-03-10"}, {"until_date": "2026-03-11"}),
        ("ap_profile", {"system": ""}, {"system": "Example AP"}),
    ]  # fmt: skip
    assert set(Change.objects.values_list("actor", flat=True)) == {ACTOR}


def test_a_change_that_was_refused_leaves_no_trace(world: World) -> None:
    with pytest.raises(Exception, match="IBAN"):
        change_organisation(world.ours.pk, {"iban": "GB00"}, actor=ACTOR, now=NOW)
    assert not Change.objects.exists()


@pytest.mark.parametrize(
    "statement", ["UPDATE organizations_change SET actor = 'x'", "DELETE FROM organizations_change"]
)
def test_the_database_itself_keeps_the_record_as_it_is(world: World, statement: str) -> None:
    change_organisation(world.ours.pk, {"bank_name": "New Bank"}, actor=ACTOR, now=NOW)
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Change.objects.get().actor == ACTOR


def note(world: World, subject: str, days_ago: int = 0, actor: str = ACTOR, kind: str = "settings") -> None:
    moment = NOW - timedelta(days=days_ago)
    after = {"name": subject}
    write_change(world.ours, Change.Kind(kind), subject, before={"name": "=1+1"}, after=after, actor=actor, now=moment)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"One", "Two", "Three"}),
        ("?kind=hold", {"Two"}),
        ("?q=alex", {"Three"}),
        ("?q=one", {"One"}),
        ("?since=2026-03-09", {"One", "Two"}),
        ("?until=2026-03-05&kind=nonsense", {"Three"}),
        ("?since=no-day", {"One", "Two", "Three"}),
    ],
)
def test_the_page_is_filtered(world: World, query: str, expected: set[str]) -> None:
    note(world, "One")
    note(world, "Two", 1, kind="hold")
    note(world, "Three", 8, actor="Alex Example")
    page = world.client("manager").get(reverse("changes", args=[world.ours.slug]) + query).content.decode()
    assert {name for name in ("One", "Two", "Three") if f">{name}</span>" in page} == expected


def test_the_record_is_exported_and_nothing_in_it_acts(world: World) -> None:
    note(world, "One")
    answer = world.client("owner").get(reverse("changes", args=[world.ours.slug]) + "?as=csv")
    rows = list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert rows[1][1:] == [ACTOR, "settings", "One", "name", "'=1+1", "One"]
