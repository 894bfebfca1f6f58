"""What a column can mean, for each kind of file, and how its heading is recognised."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from goodterms.core.money import CURRENCIES

Kind = Literal["customers", "invoices", "payments"]

PARTY = ("customer_number", "customer_name", "country", "language", "timezone", "terms", "is_protected")
POSTAL = ("address", "street", "street_2", "postcode", "city", "region")
CONTACT = ("relationship_owner", "contact_name", "contact_role", "email", "phone", "mobile")
FIELDS: dict[Kind, tuple[str, ...]] = {
    "customers": (*PARTY, *POSTAL, *CONTACT, "currency"),
    "invoices": (
        *PARTY,
        *POSTAL,
        *CONTACT,
        "number",
        "type",
        "status",
        "payment_status",
        "issue_date",
        "due_date",
        "settled_date",
        "currency",
        "amount",
        "open",
        "paid",
        "line_amount",
        "purchase_order",
        "disputed",
    ),
    "payments": (
        "customer_number",
        "customer_name",
        "payment_date",
        "number",
        "payment_amount",
        "currency",
        "payment_number",
        "reference",
        "status",
        "returned_date",
    ),
}
# What a person calls the field, in messages.
TITLES = {
    "number": "invoice number",
    "issue_date": "invoice date",
    "due_date": "due date",
    "amount": "amount",
    "open": "open amount",
    "customer_name": "customer",
    "payment_date": "payment date",
    "payment_amount": "amount",
    "beyond": "(no heading)",
}
_WORDINGS = Path(__file__).with_name("wordings.toml")
_UNIT = re.compile(r"^(?P<name>.*?)\s*(?:[(\[]\s*|\bin\s+|\s)(?P<code>[A-Z]{3})\s*[)\]]?\s*$")


@dataclass(frozen=True)
class Heading:
    """A heading as written, as compared, and the currency it names, as in "Amount (EUR)"."""

    text: str
    key: str
    currency: str | None = None


def fold_heading(text: str) -> str:
    """A heading without case, accents' variants, blanks and punctuation: "Invoice No." is invoiceno."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", text).casefold() if letter.isalnum())


def read_heading(text: str) -> Heading:
    """A heading of a file, with a currency code behind it taken off."""
    found = _UNIT.match(text)
    if found and found["code"] in CURRENCIES and found["name"]:
        return Heading(text, fold_heading(found["name"]), found["code"])
    return Heading(text, fold_heading(text))


@cache
def wordings() -> dict[str, dict[str, int]]:
    """For each field its folded headings with their rank, 0 being the surest."""
    given = tomllib.loads(_WORDINGS.read_text("utf-8"))
    return {
        field: {word: rank for rank, word in reversed(list(enumerate(map(fold_heading, entry["words"]))))}
        for field, entry in given.items()
    }


def is_known(heading: Heading) -> bool:
    """Whether any field goes by this heading."""
    return any(heading.key in words for words in wordings().values())


def assign(kind: Kind, headings: Sequence[Heading], named: Mapping[str, int]) -> dict[str, int]:
    """Which column holds which field: as named, else by the surest wording; a column serves one field.

    ``named`` maps fields to places of columns already decided.
    """
    taken = set(named.values())
    wanted = [field for field in FIELDS[kind] if field not in named]
    offers = sorted(
        (wordings()[field][heading.key], FIELDS[kind].index(field), place, field)
        for field in wanted
        for place, heading in enumerate(headings)
        if heading.key in wordings()[field]
    )
    found = dict(named)
    for _, _, place, field in offers:
        if field not in found and place not in taken:
            found[field] = place
            taken.add(place)
    return found


def missing(kind: Kind, found: Mapping[str, int], has_sections: bool) -> list[str]:
    """The fields without which this kind of file cannot be read and which it lacks, in a person's words."""
    has = found.keys()
    party = {"customer_number", "customer_name"}
    needs: dict[Kind, list[tuple[str, bool]]] = {
        "customers": [("customer_name", bool(party & has))],
        "invoices": [
            ("number", "number" in has),
            ("customer_name", has_sections or bool(party & has)),
            ("issue_date", bool({"issue_date", "due_date"} & has)),
            ("amount", bool({"amount", "open", "line_amount"} & has)),
        ],
        "payments": [
            ("payment_date", "payment_date" in has),
            ("payment_amount", "payment_amount" in has),
            ("customer_name", bool((party | {"number"}) & has)),
        ],
    }
    return [f"{field} ({TITLES[field]})" for field, is_there in needs[kind] if not is_there]
