"""How to pay: what people read, and what their banking app scans."""

import zlib
from dataclasses import replace

import pytest
import zxingcpp

from goodterms.core.money import Money
from goodterms.messages.composing import compose
from goodterms.messages.facts import Facts, Payment
from goodterms.messages.message import PAYMENT_CODE_CID
from goodterms.messages.payment import draw_payment_code, format_iban, quote_reference, read_british_account
from goodterms.messages.samples import rich_facts, sample_item


class Picture:
    """The pixels of one of our one-bit PNGs, in the shape that the reader of codes takes."""

    def __init__(self, png: bytes) -> None:
        width, height = (int.from_bytes(png[start : start + 4], "big") for start in (16, 20))
        start = png.index(b"IDAT") + 4
        length = int.from_bytes(png[start - 8 : start - 4], "big")
        rows = zlib.decompress(png[start : start + length])
        stride = width // 8 + 1
        lines = [rows[row * stride + 1 : (row + 1) * stride] for row in range(height)]
        cells = (255 if byte & 1 << bit else 0 for line in lines for byte in line for bit in range(7, -1, -1))
        self.pixels = memoryview(bytes(cells)).cast("B", (height, width))


def scan(facts: Facts) -> list[str]:
    code = draw_payment_code(facts)
    assert code is not None
    found = zxingcpp.read_barcodes(Picture(code.content).pixels)
    assert len(found) == 1
    return found[0].text.split("\n")


def euros() -> Facts:
    facts = replace(rich_facts(), interest=None)
    return replace(facts, items=facts.items[:2], credits=(), cash=())


def test_the_payment_code_holds_account_amount_and_reference_as_the_epc_guideline_says() -> None:
    assert scan(euros()) == [
        *("BCD", "002", "1", "SCT", "COBADEFFXXX", "Example Supplies Ltd", "DE89370400440532013000", "EUR3060.75"),
        *("", "", "C1002, INV-2031, INV-2040"),
    ]


def test_the_payment_code_keeps_umlauts_and_leaves_an_invalid_bic_out() -> None:
    facts = euros()
    payment = replace(facts.payment or Payment(), account_holder="Müller & Söhne GmbH", bic="WRONG")
    lines = scan(replace(facts, payment=payment))
    assert lines[4:6] == ["", "Müller & Söhne GmbH"]


@pytest.mark.parametrize(
    "payment",
    [
        None,
        Payment(link="https://pay.example"),
        Payment(iban="DE00370400440532013000", account_holder="Example Ltd"),
        Payment(iban="BR1500000000000010932840814P2", account_holder="Example Ltd"),
        Payment(iban="DE89370400440532013000"),
    ],
)
def test_no_payment_code_where_a_sepa_transfer_cannot_go(payment: Payment | None) -> None:
    assert draw_payment_code(replace(euros(), payment=payment)) is None


def test_no_payment_code_for_other_currencies_or_sums_beyond_the_guideline() -> None:
    dollars = replace(euros(), items=(sample_item("1", 3, Money(5_00, "USD")),))
    too_much = replace(euros(), items=(sample_item("1", 3, Money(1_000_000_000_00, "EUR")),))
    assert draw_payment_code(dollars) is None
    assert draw_payment_code(too_much) is None


def test_no_payment_code_in_a_message_that_asks_for_nothing() -> None:
    message = compose(euros(), "welcome", "en")
    assert [image.cid for image in message.images] == []
    assert "3,060.75" not in message.text
    assert "DE89 3704 0044 0532 0130 00" in message.text
    assert PAYMENT_CODE_CID not in message.html


def test_the_reference_is_the_invoice_or_the_customer_with_up_to_five_invoices() -> None:
    facts = euros()
    items = tuple(sample_item(f"INV-{number}", number, Money(100, "EUR")) for number in range(1, 7))
    assert quote_reference(replace(facts, items=items[:1])) == "INV-1"
    assert quote_reference(replace(facts, items=items[:3])) == "C1002, INV-3, INV-2, INV-1"
    assert quote_reference(replace(facts, items=items)) == "C1002"
    long = tuple(replace(item, number=item.number * 10) for item in items[:5])
    assert quote_reference(replace(facts, items=long)) == "C1002"


def test_an_iban_is_printed_in_groups_of_four_and_a_british_one_also_as_sort_code_and_account() -> None:
    assert format_iban("gb33 bukb20201555555555") == "GB33 BUKB 2020 1555 5555 55"
    assert read_british_account("GB33BUKB20201555555555") == ("20-20-15", "55555555")
    assert read_british_account("DE89370400440532013000") is None
