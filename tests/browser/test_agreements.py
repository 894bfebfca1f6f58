"""Agreeing on something with a customer, disputing an invoice, and printing letters, as a person does it."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from goodterms.followup.models import Dispute, PaymentPlan
from tests.browser.conftest import OpenScreen, Screen
from tests.web.agreed_world import send_paper
from tests.web.world import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def at(world: World, name: str, *arguments: object) -> str:
    return reverse(name, args=[world.ours.slug, *arguments])


def test_a_plan_is_worked_out_as_one_types_then_proposed_and_accepted(world: World, screen: Screen) -> None:
    page = screen.open(at(world, "customer", world.customer.pk))
    page.get_by_role("link", name="Plan", exact=True).click()
    schedule = page.locator("#plan-schedule")
    expect(schedule).to_contain_text("the schedule stands here")
    page.get_by_label("First day").fill("2026-03-31")
    page.get_by_label("Instalments").fill("4")
    expect(schedule.locator("tbody tr")).to_have_count(4)
    expect(schedule).to_contain_text("1,234.50")
    page.get_by_label("Rhythm").select_option(label="On days of its own")
    expect(page.get_by_label("Day 1")).to_be_visible()
    expect(schedule).to_contain_text("Name at least one day with its sum.")
    page.get_by_label("Rhythm").select_option(label="Every week")
    page.get_by_label("First day").fill("2026-03-20")
    page.get_by_label("Instalments").fill("3")
    expect(schedule).to_contain_text("411.50")
    page.get_by_role("button", name="Propose the plan").click()
    expect(page.get_by_text("Proposed; it runs once the customer has accepted it.")).to_be_visible()
    page.get_by_label("How").select_option(label="On the phone")
    page.get_by_role("button", name="Record the acceptance").click()
    expect(page.get_by_text("Accepted; chasing waits while the instalments")).to_be_visible()
    plan = PaymentPlan.objects.get()
    assert (plan.state, plan.accepted_by, plan.instalments.count()) == ("active", "Sam Example", 3)


def test_an_invoice_is_found_by_keyboard_disputed_and_resolved(world: World, screen: Screen) -> None:
    page = screen.open(at(world, "invoices"))
    expect(page.locator("[data-row]")).to_have_count(2)
    page.keyboard.press("/")
    page.keyboard.type("c1r1")
    expect(page).to_have_url(re.compile("q=c1r1"))
    expect(page.locator("[data-row]")).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Invoice C1-R1")).to_be_visible()
    page.get_by_text("Dispute this invoice").click()
    page.get_by_label("What is wrong").select_option(label="Wrong price")
    page.get_by_label("Disputed amount").fill("34.50")
    page.get_by_role("button", name="Hold it back").click()
    expect(page.get_by_role("heading", name="Dispute about C1-R1")).to_be_visible()
    page.get_by_label("Add a paper").set_input_files(
        {"name": "n.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1"}
    )
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("link", name="n.pdf")).to_be_visible()
    page.get_by_text("Justified: taken off").click()
    page.get_by_role("button", name="Resolve", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("The amount is taken off the invoice")
    assert Dispute.objects.get().resolution == "adjusted"
    world.invoice.refresh_from_db()
    assert world.invoice.open_amount_minor == 1200_00


def test_letters_are_put_together_downloaded_and_posted(world: World, screen: Screen) -> None:
    send_paper(world.customer)
    page = screen.open(at(world, "printing"))
    page.get_by_role("button", name="Put them together").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="All letters as one PDF").click()
    assert download.value.suggested_filename == "2026-03-10.pdf"
    page.get_by_role("button", name="They are printed and posted").click()
    expect(page.get_by_text("1 letter is in the post.")).to_be_visible()


@pytest.mark.parametrize(("width", "dark"), [(360, False), (768, True), (1440, False)])
def test_no_page_of_agreements_scrolls_sideways(world: World, open_screen: OpenScreen, width: int, dark: bool) -> None:
    rows = {"invoice": world.invoice, "promise": world.promise, "settlement": world.settlement, "hold": world.hold,
            "dispute": world.dispute, "batch": world.batch, "agency-case": world.case, "plan": world.plan}  # fmt: skip
    forms = ("promise-new", "plan-new", "settlement-new", "fee-new")
    lists = ("invoices", "promises", "plans", "settlements", "disputes", "holds", "fees", "printing", "agency")
    screen = open_screen(world.people["owner"], width=width, height=740, dark=dark)
    paths = [at(world, name, row.pk) for name, row in rows.items()]
    paths += [at(world, name, world.customer.pk) for name in forms] + [at(world, name) for name in lists]
    for path in paths:
        page = screen.open(path)
        beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert beyond <= 0, (path, beyond)
