"""What the pages of a customer and of a message tell."""

import json
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from goodterms.followup.models import DayRun
from goodterms.web.queries.habit_picture import draw_habits
from tests.conftest import NOW
from tests.factories import make_customer, make_effect, make_invoice, make_profile, make_touch
from tests.web.world import TODAY, World, make_touched

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(world: World) -> Client:
    return world.client("owner")


def page_of(client: Client, world: World, name: str, pk: int) -> str:
    return client.get(reverse(name, args=[world.ours.slug, pk])).content.decode()


def test_the_evidence_stands_in_a_sentence_with_the_customers_values(world: World, client: Client) -> None:
    customer = make_customer(world.ours, "C2")
    evidence = {"median_days_late": 9.0, "spread_days": 1.5, "settled_count": 12, "late_share": 0.9}
    make_profile(
        customer, "red_tape", profile_rule="late-and-steady", profile_evidence=json.dumps(evidence), changed_date=TODAY
    )
    page = page_of(client, world, "customer", customer.pk)
    assert "Steadily 9 days late, with a spread of only 1.5 days over 12 invoices" in page
    assert "90 %" in page


def test_a_sentence_that_asks_for_more_than_was_kept_leaves_the_values(world: World, client: Client) -> None:
    """after an upgrade a rule may name another habit than the evidence of yesterday holds."""
    customer = make_customer(world.ours, "C2")
    make_profile(customer, "red_tape", profile_rule="late-and-steady", profile_evidence='{"median_days_late": 9.0}')
    assert "Median days late" in page_of(client, world, "customer", customer.pk)


def test_a_customer_the_rules_have_not_seen_says_so(world: World, client: Client) -> None:
    customer = make_customer(world.ours, "C2")
    page = page_of(client, world, "customer", customer.pk)
    assert "Not decided yet" in page
    assert "there is no habit to draw" in page
    assert "Nothing is open." in page


def test_an_invoice_without_due_date_is_shown_as_what_it_is(world: World, client: Client) -> None:
    make_invoice(world.customer, "ND1", due=None, amount_minor=10_00)
    assert "Invoice ND1 has no due date" in page_of(client, world, "customer", world.customer.pk)


def test_what_comes_next_is_foreseen_where_nothing_is_planned(world: World, client: Client) -> None:
    customer = make_customer(world.ours, "C2")
    make_invoice(customer, "R1", due=TODAY - timedelta(days=20), amount_minor=900_00)
    assert "/outlook/" in page_of(client, world, "customer", customer.pk)
    page = page_of(client, world, "customer-outlook", customer.pk)
    assert "with the next run" in page or "Goes on" in page


def test_the_habit_picture_shows_lateness_open_items_and_touches(world: World) -> None:
    make_touched(world.customer, "sent")
    picture = draw_habits(world.customer, world.ours, TODAY)
    assert [point.days_late for point in picture.settled] == [15, 12, 9, 6, 3]
    assert [(point.number, point.days_late) for point in picture.still_open] == [("C1-R1", 12)]
    assert [band.middle for band in picture.band] == [12, 10.5, 9]
    assert len(picture.touches) == 4


def test_the_picture_has_the_same_values_as_a_table(world: World, client: Client) -> None:
    page = page_of(client, world, "customer", world.customer.pk)
    data = json.loads(re.search(r'id="habit-data" type="application/json">(.*?)</script>', page)[1])  # type: ignore[index]
    assert data["open"][0][:2] == ["2026-03-10", 12]
    assert "C1-R1 · 1,234.50 GBP · still open · 12 days late" in data["open"][0][2]
    assert page.count('<th scope="row">C1-') == len(data["settled"]) + len(data["open"])


def test_a_long_timeline_and_many_items_come_in_parts(world: World, client: Client) -> None:
    for number in range(25):
        make_invoice(world.customer, f"L{number:02}", due=TODAY - timedelta(days=number))
    page = page_of(client, world, "customer", world.customer.pk)
    more = re.search(r'href="([^"]+/items/\?cursor=[^"]+)"', page)
    assert more is not None
    part = client.get(more[1]).content.decode()
    assert "<html" not in part
    numbers = re.findall(r'/invoices/\d+/">(L\d\d|C1-R\d)<', page + part)
    assert len(numbers) == len(set(numbers)) == 20


def test_a_sent_message_shows_headers_parts_hash_and_place_in_the_chain(world: World, client: Client) -> None:
    page = page_of(client, world, "message", world.sent.pk)
    sent = world.sent.message
    for words in ("Exactly as it was sent", "Friendly reminder", "sam@customer.example", sent.content_sha256):
        assert words in page
    assert "the bytes are unchanged" in page
    assert f"{sent.position} in the chain of everything sent" in page
    assert "Dear customer,\n\nplease look at the invoice." in page.replace("\r\n", "\n")


def test_a_message_that_has_not_left_is_previewed_with_what_would_hold_it_back(world: World, client: Client) -> None:
    customer = make_customer(world.ours, "C2")
    invoice = make_invoice(customer, "R1", due=TODAY - timedelta(days=20), amount_minor=900_00)
    effect = make_effect(customer, recipient="c2@customer.example")
    contact = customer.contacts.get()
    items = json.dumps([{"invoice_id": invoice.pk, "currency": "GBP", "open_amount_minor": 900_00}])
    make_touch(customer, effect=effect, items=items, contact_id=contact.pk)
    page = page_of(client, world, "message", effect.pk)
    assert "As it would be sent now" in page
    html = client.get(reverse("message-html", args=[world.ours.slug, effect.pk])).content.decode()
    assert "900.00" in html
    invoice.open_amount_minor = 0
    invoice.settled_date = TODAY
    invoice.save()
    assert "As things stand it would be held back" in page_of(client, world, "message", effect.pk)


def test_dates_and_amounts_follow_the_persons_own_way_of_writing(world: World, client: Client) -> None:
    address = reverse("customer", args=[world.ours.slug, world.customer.pk])
    british = client.get(address, headers={"Accept-Language": "en-GB"}).content.decode()
    american = client.get(address, headers={"Accept-Language": "en-US,en;q=0.9"}).content.decode()
    assert "26 Feb 2026" in british
    assert "Feb 26, 2026" in american


def test_amounts_have_the_digits_of_their_currency(world: World, client: Client) -> None:
    customer = make_customer(world.ours, "C2")
    make_invoice(customer, "Y1", due=TODAY, amount_minor=1234567, currency="JPY")
    make_invoice(customer, "K1", due=TODAY, amount_minor=1234567, currency="KWD")
    page = page_of(client, world, "customer", customer.pk)
    assert "1,234,567<" in page
    assert "1,234.567<" in page


def test_todays_head_tells_what_the_last_run_decided(world: World, client: Client) -> None:
    DayRun.objects.create(
        organisation=world.ours,
        run_date=TODAY,
        started_at=NOW,
        finished_at=NOW,
        policy_hash="0",
        counts={"touches": {"email": 64, "call": 30}, "waits": {"hold": 2, "promise": 1}},
    )
    page = client.get(reverse("today", args=[world.ours.slug])).content.decode()
    assert "E-mail: 64 · Call: 30 · 3 wait" in page


def test_test_mode_is_said_on_every_page(world: World, client: Client) -> None:
    world.ours.is_test_mode = True
    world.ours.save()
    assert "nothing leaves" in client.get(reverse("today", args=[world.ours.slug])).content.decode()


def test_signing_in_by_hand_leads_to_today_and_a_wrong_password_does_not(world: World) -> None:
    client = Client()
    wrong = client.post(reverse("account_login"), {"login": "owner@supplies.example", "password": "wrong"})
    assert "not correct" in wrong.content.decode()
    right = {"login": "owner@supplies.example", "password": "correct horse"}
    answer = client.post(reverse("account_login"), right, follow=True)
    assert answer.redirect_chain[-1][0] == "/o/example-supplies/"


def test_nobody_signs_up(world: World) -> None:
    given = {"email": "new@example.com", "password1": "correct horse battery", "password2": "correct horse battery"}
    answer = Client().post(reverse("account_signup"), given)
    assert "Accounts are by invitation" in answer.content.decode()
    assert not world.ours.memberships.filter(user__email="new@example.com").exists()
