"""What the portal shows, in whose language, and what its answers carry."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from goodterms.ledger.models import InvoiceDocument
from goodterms.portal.deeds import DEEDS, REFUSED_WORDS
from goodterms.portal.forms import DISPUTE_REASONS
from goodterms.portal.language import known_languages, load_language
from tests.conftest import NOW
from tests.factories import make_customer, make_invoice
from tests.portal.conftest import TODAY, Desk

pytestmark = pytest.mark.django_db


def page(desk: Desk, *parts: object, **headers: str) -> str:
    answer = desk.client.get(desk.address(*parts), headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_overview_says_what_is_due_and_how_to_pay_it(desk: Desk) -> None:
    text = page(desk)
    for words in ("£1,234.50", "12 days overdue", "£500.00", "GB33 BUKB 2020 1555 5555 55", "20-20-15", "R1"):
        assert words in text


def test_credit_is_taken_off_what_is_due(desk: Desk) -> None:
    make_invoice(desk.customer, "CN1", due=TODAY, amount_minor=-234_50, kind="credit_note")
    text = page(desk)
    assert '<p class="figure"><span class="amount">£1,000.00</span></p>' in text
    assert "In your favour" in text


def test_where_nothing_is_open_there_is_nothing_to_promise(desk: Desk) -> None:
    desk.customer.invoices.update(open_amount_minor=0, settled_date=TODAY)
    text = page(desk)
    assert "Nothing is open. Thank you." in text
    assert "We will pay on" not in text


def test_an_euro_account_has_a_payment_code(desk: Desk) -> None:
    desk.customer.invoices.update(currency="EUR")
    assert 'src="data:image/png;base64,' in page(desk)


def test_the_customers_language_goes_first_then_the_browsers(desk: Desk) -> None:
    desk.customer.language = "de"
    desk.customer.save()
    assert "Jetzt fällig" in page(desk, **{"accept-language": "en"})
    desk.customer.language = ""
    desk.customer.save()
    assert "Jetzt fällig" in page(desk, **{"accept-language": "de-AT,en;q=0.5"})
    assert "Due now" in page(desk, **{"accept-language": "fr"})


def test_every_language_says_the_same_things() -> None:
    languages = [load_language(code) for code in known_languages()]
    assert known_languages() == ("de", "en")
    assert len({frozenset(language.words) for language in languages}) == 1
    wanted = {*REFUSED_WORDS.values(), *(f"reason_{one}" for one in DISPUTE_REASONS)}
    wanted |= {f"{kind}_{name}" for name in DEEDS for kind in ("link", "done")} | {
        f"link_{name}_hint" for name in DEEDS
    }
    assert wanted <= set(languages[0].words)


@pytest.mark.parametrize("what", DEEDS)
def test_every_form_opens(desk: Desk, what: str) -> None:
    assert "<form" in page(desk, what)


def test_documents_are_downloads_and_only_ones_own(desk: Desk) -> None:
    other = make_invoice(make_customer(desk.organisation, "C2"), "X1", due=TODAY)
    for invoice in (desk.overdue, other):
        InvoiceDocument.objects.create(
            organisation=desk.organisation,
            invoice=invoice,
            file_name="R1.pdf",
            content=b"%PDF-1.7",
            content_sha256="0" * 64,
            added_at=NOW,
        )
    answer = desk.client.get(desk.address("documents", desk.overdue.pk))
    assert answer.content == b"%PDF-1.7"
    assert answer["Content-Disposition"].startswith("attachment")
    assert desk.client.get(desk.address("documents", other.pk)).status_code == 404


def test_no_answer_can_be_kept_indexed_framed_or_followed(desk: Desk) -> None:
    answer = desk.client.get(desk.address())
    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer["X-Robots-Tag"]
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy
    assert not answer.cookies


def test_what_the_customer_is_called_is_never_markup(desk: Desk) -> None:
    desk.customer.name = "<script>alert(1)</script>"
    desk.customer.save()
    assert "<script>" not in page(desk)


def test_a_colour_that_is_none_is_left_out(desk: Desk) -> None:
    desk.organisation.brand_color = "red;}x"
    desk.organisation.save()
    assert "red;}x" not in page(desk)


def test_the_page_asks_a_constant_number_of_questions(desk: Desk) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            page(desk)
        return len(captured)

    page(desk)
    before = count()
    for number in range(20):
        make_invoice(desk.customer, f"M{number}", due=TODAY - timedelta(days=number), amount_minor=100)
    assert count() == before <= 35


def test_a_page_is_fetched_by_get_alone_and_a_deed_done_by_post_alone(desk: Desk) -> None:
    assert Client().post(desk.address("paid")).status_code == 405
    assert Client().get(desk.address("paid", "send")).status_code == 405
