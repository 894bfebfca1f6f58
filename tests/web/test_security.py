"""Nothing a customer or a mail says can act in a person's browser."""

import re
from pathlib import Path

import pytest
from django.urls import reverse

from goodterms.ledger.models import Customer
from tests.web.world import World, mail_bytes, make_debtor, make_problem, make_touched

pytestmark = pytest.mark.django_db
NASTY = '<script>alert("x")</script><img src=x onerror=alert(1)>'
PAGES = ("today", "today-automatic", "today-waiting", "customers", "outbox", "problems", "search")


def policy(header: str) -> dict[str, list[str]]:
    return {part.split()[0]: part.split()[1:] for part in header.split(";") if part.strip()}


@pytest.mark.parametrize("name", PAGES)
def test_every_page_says_what_its_browser_may_load(world: World, name: str) -> None:
    answer = world.client("owner").get(reverse(name, args=[world.ours.slug]))
    rules = policy(answer["Content-Security-Policy"])
    assert rules["default-src"] == ["'none'"]
    assert "'unsafe-inline'" not in rules["script-src"] + rules["style-src"]
    assert "'unsafe-eval'" not in rules["script-src"]
    assert rules["frame-ancestors"] == rules["object-src"] == rules["base-uri"] == ["'none'"]
    assert answer["X-Frame-Options"] == "DENY"
    assert "no-store" in answer["Cache-Control"]


def test_the_sign_in_page_says_so_too(world: World) -> None:
    assert "script-src 'self'" in world.client("anonymous").get(reverse("account_login"))["Content-Security-Policy"]


def test_a_mail_is_shown_shut_in(world: World) -> None:
    """blocked twice: the frame's sandbox allows nothing, and so does the page's own policy."""
    client = world.client("owner")
    page = client.get(reverse("message", args=[world.ours.slug, world.sent.pk])).content.decode()
    frame = re.search(r"<iframe[^>]*>", page)
    assert frame is not None
    assert re.search(r"\ssandbox(\s|>)", frame[0])
    answer = client.get(reverse("message-html", args=[world.ours.slug, world.sent.pk]))
    rules = policy(answer["Content-Security-Policy"])
    assert rules["sandbox"] == []
    assert rules["default-src"] == ["'none'"]
    assert rules["frame-ancestors"] == ["'self'"]
    assert "script-src" not in rules
    assert answer["X-Frame-Options"] == "SAMEORIGIN"


def test_the_exact_bytes_come_as_a_file_and_never_as_a_page(world: World) -> None:
    answer = world.client("owner").get(reverse("message-original", args=[world.ours.slug, world.sent.pk]))
    assert answer.content == mail_bytes("<p>Dear customer</p>")
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == 'attachment; filename="message-1.eml"'
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_names_from_a_ledger_are_shown_and_never_run(world: World) -> None:
    customer = make_debtor(world.ours, "C2", name=NASTY)
    make_touched(customer, "queued", reason=NASTY)
    make_problem(world.ours, customer=customer, message=NASTY, value=NASTY, remedy=NASTY)
    client = world.client("owner")
    places = [reverse(name, args=[world.ours.slug]) for name in PAGES[:-1]]
    places += [reverse("customer", args=[world.ours.slug, customer.pk]), f"{places[3]}?q={NASTY}&sort=name"]
    for place in places:
        page = client.get(place).content.decode()
        assert NASTY not in page, place
        assert "<img src=x" not in page, place


def test_an_invoice_number_cannot_leave_the_charts_data(world: World) -> None:
    nasty = world.customer.invoices.exclude(settled_date=None).first()
    assert nasty is not None
    nasty.number = "</script><script>alert(1)</script>"
    nasty.save()
    page = world.client("owner").get(reverse("customer", args=[world.ours.slug, world.customer.pk])).content.decode()
    assert "<script>alert(1)" not in page


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/\\evil.example/", "javascript:alert(1)"]
)
def test_a_form_never_leads_out_of_the_house(world: World, target: str) -> None:
    address = reverse("problem-resolve", args=[world.ours.slug, world.problem.pk])
    answer = world.client("owner").post(address, {"next": target})
    assert answer["Location"] == reverse("problems", args=[world.ours.slug])


def test_a_deed_without_its_token_is_refused(world: World) -> None:
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(world.people["owner"])
    assert client.post(reverse("profile-restore", args=[world.ours.slug, world.customer.pk])).status_code == 403


def test_htmx_is_sent_to_the_sign_in_page_as_a_whole(world: World) -> None:
    address = reverse("customer-timeline", args=[world.ours.slug, world.customer.pk])
    answer = world.client("anonymous").get(address, headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"].startswith("/accounts/login/")) == (401, True)


def test_another_organisations_rows_stay_out_of_every_list(world: World) -> None:
    secret = make_debtor(world.theirs, "C1", name="Secret Example Ltd")
    make_touched(secret, "queued")
    make_touched(secret, "waiting")
    make_problem(world.theirs, customer=secret)
    assert Customer.objects.filter(name=secret.name).exists()
    client = world.client("owner")
    for name in PAGES:
        for query in ("", "?q=secret", "?sort=name"):
            assert secret.name not in client.get(reverse(name, args=[world.ours.slug]) + query).content.decode()


WEB = Path(__file__).resolve().parents[2] / "src/goodterms/web"


def test_no_page_asks_another_host_for_anything() -> None:
    for file in [*WEB.glob("templates/**/*.html"), *WEB.glob("static/web/*")]:
        words = file.read_text("utf-8").replace("http://www.w3.org/", "")
        assert not re.search(r"(src|href|url|import)\s*[=(]?\s*[\"']?(https?:)?//", words), file


def test_no_page_carries_a_script_of_its_own() -> None:
    for file in WEB.glob("templates/**/*.html"):
        words = file.read_text("utf-8")
        assert not re.search(r"<script(?![^>]*(\bsrc=|\btype=\"application/json\"))", words), file
        assert not re.search(r"\son[a-z]+\s*=\s*[\"']", words), file


def test_every_icon_that_a_page_names_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'<symbol id="([^"]+)"', (WEB / "static/vendor/icons/icons.svg").read_text("utf-8")))
    named = set()
    for file in WEB.glob("templates/**/*.html"):
        words = file.read_text("utf-8")
        named |= set(re.findall(r'\{% icon "([^"]+)"', words)) | set(re.findall(r'icon_name="([^"]+)"', words))
    from goodterms.web.words import VOCABULARIES

    named |= {sign.icon for vocabulary in VOCABULARIES.values() for sign in vocabulary.values()}
    assert named - sprite == set()
