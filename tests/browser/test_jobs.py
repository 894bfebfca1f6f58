"""Each job as a person does it, in a real browser."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from goodterms.followup.models import CustomerProfile, Hold, TimelineEvent
from tests.browser.conftest import OpenScreen, Screen
from tests.factories import make_invoice, make_task
from tests.web.world import TODAY, World, make_debtor, make_touched

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def at(world: World, name: str, *arguments: object) -> str:
    return reverse(name, args=[world.ours.slug, *arguments])


def test_signing_in_with_the_keyboard_leads_to_today(world: World, open_screen: OpenScreen) -> None:
    page = open_screen().open("/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.keyboard.type("owner@supplies.example")
    page.keyboard.press("Tab")
    page.keyboard.type("correct horse")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Today", level=1)).to_be_visible()
    expect(page).to_have_url(re.compile("/o/example-supplies/$"))


def test_the_first_tab_leads_past_the_navigation(world: World, screen: Screen) -> None:
    page = screen.open(at(world, "today"))
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_the_worklist_is_worked_with_the_keyboard_alone(world: World, screen: Screen) -> None:
    make_task(world.customer, title="Second task")
    page = screen.open(at(world, "today"))
    page.keyboard.press("j")
    expect(page.get_by_role("link", name=world.task.title).first).to_be_focused()
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Second task")).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What came of it")).to_be_visible()
    page.get_by_label("Reached").check()
    page.get_by_label("What was said").fill("Pays on Friday.")
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_text(f"Done: {world.task.title}")).to_be_visible()
    assert TimelineEvent.objects.filter(text__endswith="Pays on Friday.").exists()


def test_a_list_is_searched_as_one_types(world: World, screen: Screen) -> None:
    make_debtor(world.ours, "C2", name="Zebra Example Ltd")
    page = screen.open(at(world, "customers"))
    expect(page.locator("[data-row]")).to_have_count(2)
    page.keyboard.press("/")
    page.keyboard.type("zebra")
    expect(page.locator("[data-row]")).to_have_count(1)
    expect(page).to_have_url(re.compile("q=zebra"))
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Zebra Example Ltd")).to_be_visible()
    page.go_back()
    expect(page.locator("[data-row]")).to_have_count(1)


def test_the_question_mark_opens_help_and_letters_lead_elsewhere(world: World, screen: Screen) -> None:
    page = screen.open(at(world, "today"))
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keyboard")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Keyboard")).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("c")
    expect(page.get_by_role("heading", name="Customers", level=1)).to_be_visible()


def test_single_key_shortcuts_can_be_switched_off(world: World, screen: Screen) -> None:
    page = screen.open(at(world, "today"))
    page.keyboard.press("?")
    page.get_by_label("Single-key shortcuts").uncheck()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Keyboard")).to_be_hidden()
    page.keyboard.press("j")
    expect(page.locator("[data-row-link]:focus")).to_have_count(0)
    page.reload()
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keyboard")).to_be_hidden()


def test_a_customer_is_overruled_with_a_reason(world: World, screen: Screen) -> None:
    page = screen.open(at(world, "customer", world.customer.pk))
    page.get_by_text("Overrule", exact=True).click()
    page.get_by_label("The profile that fits").select_option(label="Red tape")
    page.get_by_label("Because").fill("They need a PO on every invoice.")
    page.get_by_role("button", name="Overrule the profile").click()
    expect(page.get_by_text("“They need a PO on every invoice.”")).to_be_visible()
    kept = CustomerProfile.objects.get()
    assert (kept.override_profile, kept.override_by) == ("red_tape", "Robin Example")
    page.get_by_role("button", name="Let the rules speak again").click()
    expect(page.get_by_text("The profile follows the rules again.")).to_be_visible()


def test_a_hold_is_placed_and_lifted(world: World, screen: Screen) -> None:
    Hold.objects.all().delete()
    page = screen.open(at(world, "customer", world.customer.pk))
    page.get_by_text("Place a hold").click()
    page.get_by_label("Last day").fill("2026-03-31")
    page.get_by_label("Reason").select_option(label="Illness")
    page.get_by_label("Note", exact=True).fill("Their bookkeeper is ill.")
    page.get_by_role("button", name="Pause chasing").click()
    expect(page.get_by_role("status").filter(has_text="Chasing is paused until 31 Mar 2026")).to_be_visible()
    page.get_by_role("button", name="Lift the hold").click()
    expect(page.get_by_text("Chasing is paused until")).to_have_count(0)
    assert Hold.objects.get().lifted_date == TODAY


def test_the_habit_picture_is_drawn_and_stands_as_a_table_too(world: World, screen: Screen) -> None:
    page = screen.open(at(world, "customer", world.customer.pk))
    canvas = page.locator("#habit-chart canvas")
    expect(canvas).to_be_visible()
    box = canvas.bounding_box()
    assert box is not None
    assert box["width"] > 300
    page.get_by_text("The same as a table").click()
    expect(page.get_by_role("rowheader", name="C1-S1")).to_be_visible()


def test_more_items_come_into_the_page_without_leaving_it(world: World, screen: Screen) -> None:
    for number in range(15):
        make_invoice(world.customer, f"L{number:02}", due=TODAY)
    page = screen.open(at(world, "customer", world.customer.pk))
    expect(page.get_by_role("cell", name="L14")).to_have_count(0)
    page.get_by_role("link", name="Show more").click()
    expect(page.get_by_role("cell", name="L14")).to_be_visible()


def test_a_message_is_looked_at_exactly_as_it_was_sent_and_cannot_act(world: World, screen: Screen) -> None:
    screen.expected = ("Blocked script execution",)
    html = "<p>Pay <b>now</b></p><script>document.body.innerHTML = 'taken over'</script>"
    effect = make_touched(world.customer, "sent", html=html)
    page = screen.open(at(world, "message", effect.pk))
    inside = page.frame_locator("iframe")
    expect(inside.get_by_text("Pay now")).to_be_visible()
    expect(inside.get_by_text("taken over")).to_have_count(0)
    page.get_by_role("tab", name="Text").click()
    expect(page.get_by_text("please look at the invoice.")).to_be_visible()
    expect(page.get_by_text(effect.message.content_sha256)).to_be_visible()


def test_an_uncertain_message_is_settled_from_the_worklist(world: World, screen: Screen) -> None:
    page = screen.open(at(world, "outbox"))
    page.get_by_label("State").select_option("uncertain")
    expect(page.locator("[data-row]")).to_have_count(1)
    page.locator("[data-row-link]").click()
    page.get_by_label("It was sent").check()
    page.get_by_label("How you know").fill("They rang us about it.")
    page.get_by_role("button", name="Settle").click()
    expect(page.get_by_text("Exactly as it was sent")).to_be_visible()
    world.uncertain.refresh_from_db()
    assert world.uncertain.state == "sent"


def test_dark_and_light_follow_the_system_until_a_person_chooses(world: World, open_screen: OpenScreen) -> None:
    screen = open_screen(world.people["owner"], dark=True)
    page = screen.open(at(world, "today"))
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.get_by_role("button", name="Account and settings").click()
    page.get_by_role("button", name="Light").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")


PLACES = ("today", "today-automatic", "today-waiting", "customers", "outbox", "problems", "search")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 768, 1440])
def test_no_page_scrolls_sideways(world: World, open_screen: OpenScreen, width: int, dark: bool) -> None:
    long = make_debtor(
        world.ours, "C2", name="Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamten GmbH"
    )
    make_touched(long, "queued", reason="x" * 90, recipient="a-very-long-address.of-a-very-long-name@customer.example")
    screen = open_screen(world.people["owner"], width=width, height=740, dark=dark)
    rows = {"customer": long.pk, "task": world.task.pk, "message": world.sent.pk}
    for path in [*(at(world, name) for name in PLACES), *(at(world, name, pk) for name, pk in rows.items())]:
        page = screen.open(path)
        beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert beyond <= 0, (path, beyond)


def test_a_phone_opens_the_navigation_with_a_button(world: World, open_screen: OpenScreen) -> None:
    page = open_screen(world.people["owner"], width=360, height=740).open(at(world, "today"))
    expect(page.get_by_role("link", name="Customers")).to_be_hidden()
    page.get_by_role("button", name="Open the navigation").click()
    page.get_by_role("link", name="Customers").click()
    expect(page.get_by_role("heading", name="Customers", level=1)).to_be_visible()


def test_a_viewer_looks_and_is_offered_nothing_to_do(world: World, open_screen: OpenScreen) -> None:
    page = open_screen(world.people["viewer"]).open(at(world, "customer", world.customer.pk))
    expect(page.get_by_role("heading", name=world.customer.name)).to_be_visible()
    expect(page.get_by_text("Overrule", exact=True)).to_have_count(0)
    expect(page.get_by_text("Place a hold")).to_have_count(0)
