"""Letters as they are printed: what the pages say, where it stands, and what they are made of."""

from dataclasses import replace
from io import BytesIO
from typing import Any, cast

import pytest
import segno
import typst
import zxingcpp
from pypdf import PdfReader

from goodterms.channels.headline import headline
from goodterms.channels.letter import LetterChannel, print_letter
from goodterms.channels.letter_layouts import LETTER_LAYOUTS, LetterLayout
from goodterms.channels.letter_rendering import render_letters
from goodterms.channels.port import Refused
from goodterms.messages.facts import Debtor, Facts, Payment, Recipient
from goodterms.messages.finishing import finish
from goodterms.messages.languages import language_of
from goodterms.messages.letter import fit_lines, write_envelope
from goodterms.messages.letter_content import SwissSlip
from goodterms.messages.message import Attachment, Image
from goodterms.messages.payment import draw_payment_code, write_payment_code
from tests.channels.messages import letter_facts, make_letter_message, make_message
from tests.conftest import NOW

POINTS_PER_MM = 72 / 25.4


def read_pages(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(BytesIO(pdf)).pages]


def print_facts(facts: Facts, template: str = "reminder_letter", language: str = "en") -> bytes:
    return print_letter(make_letter_message(facts, template, language), NOW)


def places(pdf: bytes, layout: LetterLayout) -> list[tuple[str, float, float]]:
    """Pieces of the first page's text, with millimetres from its left and top edges."""
    found: list[tuple[str, float, float]] = []

    def visit(text: str, matrix: list[float], place: list[float], *_: object) -> None:
        x, y = place[4] * matrix[0] + matrix[4], place[5] * matrix[3] + matrix[5]
        if text.strip():
            found.append((text.strip(), x / POINTS_PER_MM, layout.height - y / POINTS_PER_MM))

    PdfReader(BytesIO(pdf)).pages[0].extract_text(visitor_text=visit)
    return found


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("template", ["reminder_letter", "final_letter", "statement", "certified_notice"])
def test_every_amount_and_deadline_of_the_facts_is_on_the_pages(template: str, language: str) -> None:
    facts = letter_facts(4, deadline=None if template == "statement" else letter_facts().deadline)
    text = " ".join(read_pages(print_facts(facts, template, language))).replace("\N{NO-BREAK SPACE}", " ")
    tongue = language_of(language)
    for item in facts.items:
        assert item.number in text
        assert tongue.amount(item.open).replace("\N{NO-BREAK SPACE}", " ") in text
    assert tongue.amount(facts.statements[0].total).replace("\N{NO-BREAK SPACE}", " ") in text
    if facts.deadline:
        assert tongue.date(facts.deadline, "full") in " ".join(text.split())


def test_a_long_table_runs_over_pages_and_repeats_its_head() -> None:
    pages = read_pages(print_facts(letter_facts(70)))
    assert len(pages) >= 3
    for page in pages[:-1]:
        assert "Invoice" in page
        assert "Overdue" in page
    assert [f"Page {number} of {len(pages)}" in page for number, page in enumerate(pages, 1)] == [True] * len(pages)


@pytest.mark.parametrize("layout", list(LETTER_LAYOUTS.values()), ids=list(LETTER_LAYOUTS))
def test_the_address_and_nothing_else_shows_in_the_window(layout: LetterLayout) -> None:
    facts = letter_facts(2)
    facts = replace(facts, sender=replace(facts.sender, letter_layout=layout.name))
    pdf = print_facts(facts)
    letter = make_letter_message(facts).letter
    assert letter is not None
    shown = [text for text, left, top in places(pdf, layout) if layout.window.holds(left, top)]
    always = [text for text, left, top in places(pdf, layout) if layout.address.holds(left, top)]
    returned = [letter.return_line] if layout.return_line else []
    assert " ".join(always) == " ".join(letter.recipient)
    assert " ".join(shown) == " ".join([*returned, *letter.recipient])
    page = PdfReader(BytesIO(pdf)).pages[0].mediabox
    assert (float(page.width), float(page.height)) == pytest.approx(
        (layout.width * POINTS_PER_MM, layout.height * POINTS_PER_MM), abs=0.5
    )


def test_a_long_address_keeps_its_first_and_last_lines() -> None:
    lines = ("Company", "Attention", "Building", "Park", "Street", "Town", "Postcode", "COUNTRY")
    assert fit_lines(lines, 4)[0] == "Company"
    assert fit_lines(lines, 4)[-1] == "COUNTRY"
    assert len(fit_lines(lines, 4)) == 4
    assert all(word in " ".join(fit_lines(lines, 4)) for word in lines)


def test_the_country_stands_in_capitals_on_letters_abroad_alone() -> None:
    abroad = letter_facts()
    at_home = replace(abroad, sender=replace(abroad.sender, country="DE"))
    assert write_envelope(abroad, language_of("en"))[-1] == "GERMANY"
    assert write_envelope(at_home, language_of("en"))[-1] == "12345 Musterstadt"


@pytest.mark.parametrize("name", ["شركة المثال", "Παράδειγμα ΑΕ", "Пример ООО", "דוגמה בעמ", "Café Ñandú Ørsted ŁÓDŹ"])
def test_a_name_in_any_script_is_printed(name: str) -> None:
    text = "".join(read_pages(print_facts(letter_facts(customer=Debtor(number="C1", name=name)))))
    assert set(name.replace(" ", "")) - set(text) == set() or any(word[::-1] in text for word in name.split())


def test_japanese_is_printed_where_a_font_has_it() -> None:
    name = "株式会社サンプル"
    message = make_letter_message(letter_facts(customer=Debtor(number="C1", name=name)))
    assert message.letter is not None
    if "Noto Sans CJK JP" not in typst.Fonts().families():
        pytest.skip("no Japanese font on this machine (Debian: fonts-noto-cjk)")
    assert name in "".join(read_pages(render_letters([message.letter], NOW)))


def test_signs_that_no_font_has_are_refused_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = typst.Compiler(font_paths=typst.Fonts(include_system_fonts=False))
    monkeypatch.setattr("goodterms.channels.letter_rendering._compiler", lambda: bare)
    assert print_facts(letter_facts(customer=Debtor(number="C1", name="Παράδειγμα ΑΕ")))
    message = make_letter_message(letter_facts(customer=Debtor(number="C1", name="株式会社")))
    with pytest.raises(Refused, match="fonts-noto-cjk"):
        print_letter(message, NOW)


@pytest.mark.parametrize("name", ['#import "x": *', "$x^2$ #panic()", '] #read("/etc/passwd") [', "*bold* _it_ <a> @b"])
def test_a_hostile_name_stays_text(name: str) -> None:
    facts = letter_facts(customer=Debtor(number="C1", name=name))
    text = " ".join("".join(read_pages(print_facts(facts))).split())
    assert " ".join(name.split()) in text


def test_the_file_is_archivable_tagged_and_named() -> None:
    pdf = print_facts(letter_facts())
    root = cast(Any, PdfReader(BytesIO(pdf)).trailer["/Root"])
    metadata = root["/Metadata"].get_data().decode()
    assert "<pdfaid:part>3</pdfaid:part>" in metadata
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in metadata
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert headline("application/pdf", pdf) == "Reminder: 3 overdue invoices"


def test_copies_of_invoices_are_bound_behind_and_the_file_no_longer_claims_to_be_archivable() -> None:
    copy = Attachment("INV-3000", "application/pdf", print_letter(make_message(), NOW))
    broken = Attachment("INV-3001", "application/pdf", b"no PDF at all")
    message = make_letter_message(letter_facts(copies=(copy, broken)))
    alone = print_letter(replace(message, attachments=()), NOW)
    bound = print_letter(message, NOW)
    assert len(read_pages(bound)) == len(read_pages(alone)) + 1
    assert "Enclosed: INV-3000" in " ".join(read_pages(bound))
    assert "/Metadata" not in cast(Any, PdfReader(BytesIO(bound)).trailer["/Root"])
    assert bound == print_letter(message, NOW), "the same bytes each time"


def test_a_logo_stands_in_the_letterhead() -> None:
    facts = letter_facts()
    picture = BytesIO()
    segno.make("logo").save(picture, kind="png", scale=4)
    facts = replace(facts, sender=replace(facts.sender, logo=Image("logo", "image/png", picture.getvalue())))
    page = PdfReader(BytesIO(print_facts(facts))).pages[0]
    assert len(page.images) == 1
    assert facts.sender.name in page.extract_text()


def test_the_transfer_code_says_what_the_letter_asks_for() -> None:
    letter = make_letter_message(letter_facts()).letter
    assert letter is not None
    [payment] = [block for block in letter.blocks if block.kind == "payment"]
    assert payment.code.startswith("<?xml")
    assert payment.code_label == "Scan with your banking app"
    by_link = make_letter_message(letter_facts(payment=Payment(link="https://pay.supplies.example/c"))).letter
    assert by_link is not None
    assert [block.code_label for block in by_link.blocks if block.kind == "payment"] == ["Scan to pay online"]


def swiss_facts() -> Facts:
    facts = letter_facts(2, currency="CHF", deadline=None, home_currency="CHF")
    sender = replace(facts.sender, address=("Beispielstrasse 12", "8001 Zürich"), country="CH")
    payment = Payment(account_holder="Beispiel AG", iban="CH9300762011623852957")
    home = Recipient(email="", postal=("Musterweg 7", "3011 Bern"), country="CH")
    return replace(facts, sender=sender, payment=payment, recipient=home)


def slip_of(facts: Facts) -> SwissSlip | None:
    letter = make_letter_message(facts, "statement", "de").letter
    return letter.swiss_slip if letter else None


def test_a_swiss_letter_ends_with_a_qr_bill_over_the_total() -> None:
    slip = slip_of(swiss_facts())
    assert slip is not None
    assert (slip.currency, slip.amount) == ("CHF", "2 469.13")
    assert slip.account == ("CH93 0076 2011 6238 5295 7", "Beispiel AG", "Beispielstrasse 12", "8001 Zürich")
    last = read_pages(print_facts(swiss_facts(), "statement", "de"))[-1]
    for words in ("Zahlteil", "Empfangsschein", "2 469.13", "CH93 0076 2011 6238 5295 7", "Musterweg 7"):
        assert words in last


@pytest.mark.parametrize(
    "iban",
    ["DE89370400440532013000", "CH4431999123000889012"],
    ids=["foreign account", "account for numbered references"],
)
def test_without_a_plain_swiss_account_there_is_no_qr_bill(iban: str) -> None:
    facts = swiss_facts()
    facts = replace(facts, payment=replace(facts.payment, iban=iban)) if facts.payment else facts
    assert slip_of(facts) is None


def test_several_letters_in_one_document_each_count_their_own_pages() -> None:
    letters = [make_letter_message(letter_facts(count)).letter for count in (2, 45)]
    pages = read_pages(render_letters([letter for letter in letters if letter], NOW))
    assert "of 2" in pages[-1]
    assert f"Page {len(pages) - len(read_pages(print_facts(letter_facts(2))))} of" in pages[-1]


def test_a_message_without_letter_is_refused() -> None:
    with pytest.raises(Refused, match="makes no letter"):
        print_letter(make_message(letter=None), NOW)


def test_a_letter_needs_an_address() -> None:
    facts = letter_facts(recipient=Recipient(email="sam@customer.example"))
    assert [fault.code for fault in finish(facts, "reminder_letter", "en").faults] == ["address_missing"]
    assert LetterChannel.retry_is_safe


def test_the_code_on_the_page_can_be_read_by_a_machine() -> None:
    """The outline is the same code that the e-mail's picture shows."""
    content = write_payment_code(letter_facts())
    assert content.startswith("BCD\n002\n1\nSCT")
    assert draw_payment_code(letter_facts()) is not None
    assert zxingcpp.create_barcode(content, zxingcpp.BarcodeFormat.QRCode, ec_level="M").text == content
