"""How to pay: bank details as people read them, and the payment code their banking app scans."""

import struct
import zlib
from dataclasses import replace
from functools import lru_cache
from typing import Any, cast

import zxingcpp
from stdnum import bic as bic_numbers
from stdnum import iban as iban_numbers
from stdnum.exceptions import ValidationError

from goodterms.core.money import Money
from goodterms.messages.facts import Facts, Payment
from goodterms.messages.message import PAYMENT_CODE_CID, Fault, Image

_REFERENCE_LIMIT = 140
_REFERENCE_INVOICES = 5
# European Payments Council, EPC069-12 v3.1: amounts from 0.01 to 999,999,999.99 EUR, names up to 70 characters.
_CODE_AMOUNT_LIMIT_MINOR = 999_999_999_99
_CODE_NAME_LIMIT = 70
# EPC409-09: the countries and territories whose IBANs a SEPA credit transfer reaches, by IBAN prefix.
_SEPA_PREFIXES = (
    "AD AL AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IS IT LI LT LU LV MC MD ME MK MT NL NO PL PT RO RS "
    "SE SI SK SM VA"
)
_SEPA = frozenset(_SEPA_PREFIXES.split())


def is_payable(payment: Payment | None) -> bool:
    """Whether the details name at least one way to pay."""
    return payment is not None and bool(payment.iban or payment.link or payment.note)


@lru_cache(maxsize=1_000)
def find_payment_faults(payment: Payment) -> tuple[Fault, ...]:
    """What is wrong with the bank details themselves."""
    faults = []
    if payment.iban and not is_iban(payment.iban):
        text = f"The IBAN {payment.iban} of the organisation is not valid; correct it under payment details."
        faults.append(Fault("iban_invalid", text))
    if payment.bic and not is_bic(payment.bic):
        text = f"The BIC {payment.bic} of the organisation is not valid; correct it under payment details."
        faults.append(Fault("bic_invalid", text))
    if payment.iban and not payment.account_holder:
        text = "The account holder is missing beside the IBAN; name it under payment details."
        faults.append(Fault("account_holder_missing", text))
    return tuple(faults)


@lru_cache(maxsize=10_000)
def is_iban(text: str) -> bool:
    """Whether length, structure and check digits are those of an IBAN."""
    try:
        iban_numbers.validate(text, check_country=False)
    except ValidationError:
        return False
    return True


@lru_cache(maxsize=10_000)
def compact_iban(text: str) -> str:
    """The IBAN without the spaces and signs that people put into it."""
    return str(iban_numbers.compact(text))


def is_bic(text: str) -> bool:
    return bool(bic_numbers.is_valid(text))


@lru_cache(maxsize=1_000)
def format_iban(iban: str) -> str:
    """In groups of four, as printed on paper."""
    compact = compact_iban(iban)
    return " ".join(compact[start : start + 4] for start in range(0, len(compact), 4))


def read_british_account(iban: str) -> tuple[str, str] | None:
    """Sort code and account number inside a British IBAN: what a British payer types."""
    compact = compact_iban(iban)
    if not compact.startswith("GB") or not is_iban(compact):
        return None
    sort_code, account = compact[8:14], compact[14:]
    return f"{sort_code[:2]}-{sort_code[2:4]}-{sort_code[4:]}", account


def quote_reference(facts: Facts) -> str:
    """What the payer is asked to quote: the invoice, or the customer number and up to five invoices."""
    numbers = [item.number for item in facts.asked_items]
    if len(numbers) == 1:
        return numbers[0]
    full = ", ".join([facts.customer.number, *numbers])
    if len(numbers) <= _REFERENCE_INVOICES and len(full) <= _REFERENCE_LIMIT:
        return full
    return facts.customer.number


def draw_payment_code(facts: Facts) -> Image | None:
    """The EPC code (EPC069-12) of a SEPA transfer over the whole EUR total, or None where it cannot apply."""
    content = write_payment_code(facts)
    return Image(PAYMENT_CODE_CID, "image/png", _draw_code(content)) if content else None


def write_payment_code(facts: Facts) -> str:
    """What that code says; empty where it cannot apply."""
    total = next((statement.total for statement in facts.statements if statement.currency == "EUR"), None)
    payment = facts.payment
    if total is None or payment is None or not is_iban(payment.iban):
        return ""
    compact = replace(payment, iban=compact_iban(payment.iban), bic=payment.bic.replace(" ", ""))
    if compact.iban[:2] not in _SEPA or total.amount_minor > _CODE_AMOUNT_LIMIT_MINOR or not compact.account_holder:
        return ""
    return _write_epc(compact, total, quote_reference(facts))


def draw_code_outline(content: str) -> str:
    """A QR code without its quiet zone as an SVG picture, which stays sharp at any size."""
    code = zxingcpp.create_barcode(content, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    return str(code.to_svg(scale=1, add_quiet_zones=False))


def _write_epc(payment: Payment, total: Money, reference: str) -> str:
    lines = (
        "BCD",
        "002",
        "1",  # UTF-8
        "SCT",
        payment.bic if is_bic(payment.bic) else "",
        payment.account_holder[:_CODE_NAME_LIMIT],
        payment.iban,
        f"EUR{total.to_decimal()}",
        "",
        "",
        reference[:_REFERENCE_LIMIT],
    )
    return "\n".join(lines)


def _draw_code(content: str) -> bytes:
    """A PNG of the code with its quiet zone, eight pixels per module."""
    code = zxingcpp.create_barcode(content, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    picture = memoryview(cast(Any, code.to_image(scale=1, add_quiet_zones=True)))
    height, width = picture.shape or (0, 0)
    cells = picture.tobytes()
    rows = (b"\0" + cells[start : start + width] for start in range(0, width * height, width))
    # A white cell is the byte 255: read as eight one-bit pixels it is already a white row of the enlarged cell.
    pixels = b"".join(row * 8 for row in rows)
    header = struct.pack(">IIBBBBB", width * 8, height * 8, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(pixels, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
