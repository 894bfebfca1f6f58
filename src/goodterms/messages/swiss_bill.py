"""The payment part of a Swiss QR bill: a transfer in francs or euros to a Swiss or Liechtenstein account."""

import re

from qrbill import QRBill
from qrbill.bill import StructuredAddress

from goodterms.messages.facts import Facts
from goodterms.messages.languages import Language
from goodterms.messages.letter_content import SwissSlip
from goodterms.messages.payment import draw_code_outline, format_iban, is_iban, quote_reference

# Swiss Implementation Guidelines QR-bill v2.3 (SIX): addresses are structured, free text has 140 characters.
_CURRENCIES = ("CHF", "EUR")
_COUNTRIES = ("CH", "LI")
_INFORMATION_LIMIT = 140
_NAME_LIMIT = 70
_TOWN = re.compile(r"(?:[A-Z]{1,3}[-‐ ])?(\d{3,6})\s+(\S.*)")
_STREET = re.compile(r"(.*\S)\s+(\d+\s?[A-Za-z]?(?:[-/]\d+\s?[A-Za-z]?)?)")


def make_swiss_slip(facts: Facts, language: Language) -> SwissSlip | None:
    """The slip over the whole total, or None where a QR bill cannot apply.

    It cannot with several currencies, another country's account, an amount beyond its limits, a sender's address that
    cannot be taken apart, or a QR-IBAN, which asks for a reference that only the bank's own scheme can give.
    """
    payment, total = facts.payment, [statement.total for statement in facts.statements]
    if payment is None or len(total) != 1 or total[0].currency not in _CURRENCIES or not is_iban(payment.iban):
        return None
    if payment.iban[:2] not in _COUNTRIES or _is_qr_iban(payment.iban):
        return None
    if total[0].currency == "EUR" and facts.sender.country not in _COUNTRIES:
        return None
    creditor = read_address(payment.account_holder, facts.sender.address, facts.sender.country or "CH")
    if creditor is None:
        return None
    debtor = read_address(facts.customer.name, facts.recipient.postal, facts.recipient.country or facts.sender.country)
    information = quote_reference(facts)[:_INFORMATION_LIMIT]
    try:
        bill = QRBill(
            account=payment.iban,
            creditor=creditor,
            amount=str(total[0].to_decimal()),
            currency=total[0].currency,
            debtor=debtor,
            additional_information=information,
        )
    except ValueError:
        return None
    return SwissSlip(
        code=draw_code_outline(bill.qr_data()),
        account=(format_iban(payment.iban), *_lines(creditor)),
        payable_by=_lines(debtor),
        currency=total[0].currency,
        amount=f"{total[0].to_decimal():,.2f}".replace(",", " "),
        information=information,
        labels={key: text for key, text in language.letter_labels.items() if key.startswith("swiss_")},
    )


def _is_qr_iban(iban: str) -> bool:
    """Bank identifiers from 30000 to 31999 mark an account for references by number."""
    return iban[4:9].isdigit() and 30_000 <= int(iban[4:9]) <= 31_999


def read_address(name: str, lines: tuple[str, ...], country: str) -> dict[str, str] | None:
    """An envelope's lines as street, number, postcode and town; None where they cannot be told apart."""
    for place in range(len(lines) - 1, -1, -1):
        town = _TOWN.fullmatch(lines[place])
        if town is None:
            continue
        street = _STREET.fullmatch(lines[place - 1]) if place else None
        plain = lines[place - 1] if place and lines[place - 1].casefold() != name.casefold() else ""
        address = {
            "name": name[:_NAME_LIMIT],
            "street": street[1] if street else plain,
            "house_num": street[2] if street else "",
            "pcode": town[1],
            "city": town[2],
            "country": country,
        }
        return address if _is_usable(address) else None
    return None


def _is_usable(address: dict[str, str]) -> bool:
    """Whether its parts have the lengths, and its country the code, that a QR bill allows."""
    try:
        StructuredAddress(**address)
    except ValueError:
        return False
    return True


def _lines(address: dict[str, str] | None) -> tuple[str, ...]:
    if address is None:
        return ()
    street = f"{address['street']} {address['house_num']}".strip()
    return tuple(line for line in (address["name"], street, f"{address['pcode']} {address['city']}") if line)
