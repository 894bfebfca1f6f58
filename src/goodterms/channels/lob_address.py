"""An envelope's lines as the address fields of a print-and-mail provider."""

import re
import textwrap
from collections.abc import Mapping, Sequence

from goodterms.channels.port import Refused
from goodterms.messages.letter import is_country_line

_AMERICAN = re.compile(r"(?P<city>.+?),?\s+(?P<state>[A-Z]{2})\s+(?P<zip>\d{5}(?:-\d{4})?)")
_TOWN = re.compile(r"(?:[A-Z]{1,2}-)?(?P<zip>\d{3,6}(?:\s?[A-Z]{2})?)\s+(?P<city>\S.*)")
# Where the postcode stands behind the town, or on a line of its own.
_BEHIND: Mapping[str, re.Pattern[str]] = {
    "GB": re.compile(r"(?:^|[\s,])(?P<zip>[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2})$", re.IGNORECASE),
    "IE": re.compile(r"(?:^|[\s,])(?P<zip>[A-Z]\d[\dW]\s?[A-Z\d]{4})$", re.IGNORECASE),
}
_LINE_LIMIT = 64
_NAME_LIMIT = 40
# Lob's own limit for a line of addresses abroad and at home: lob.yml, components/schemas/address.


def read_address(lines: Sequence[str], country: str) -> dict[str, str]:
    """The first line is the name, the last ones town and country; raises Refused where they cannot be told apart, or
    a line is longer than the provider prints.
    """
    rows = [line.strip() for line in lines if line.strip()]
    if len(rows) > 2 and is_country_line(rows[-1], country):
        rows.pop()  # it travels as a code
    streets, town = _read_town(rows, country)
    if not country or len(streets) < 2:
        raise Refused(f"The address {', '.join(lines)!r} needs a street, a town and a country; complete it.")
    name, street, *more = streets
    fields = {
        **_read_name(name),
        "address_line1": street,
        "address_line2": ", ".join(more),
        **town,
        "address_country": country,
    }
    for value in fields.values():
        if len(value) > _LINE_LIMIT:
            raise Refused(f"{value!r} is too long for one line of an address ({_LINE_LIMIT} letters); shorten it.")
    return {key: value for key, value in fields.items() if value}


def _read_name(name: str) -> dict[str, str]:
    """A long name takes the line of the company as well."""
    parts = textwrap.wrap(name, _NAME_LIMIT)
    if len(parts) > 2:
        raise Refused(f"{name!r} is too long for a name on an envelope ({2 * _NAME_LIMIT} letters); shorten it.")
    return dict(zip(("name", "company"), parts, strict=False))


def _read_town(rows: list[str], country: str) -> tuple[list[str], dict[str, str]]:
    """What stands above the town, and the town."""
    *above, last = rows or [""]
    if country == "US":
        found = _AMERICAN.fullmatch(last)
        if found is None:
            raise Refused(f"{last!r} is no town of the United States; write it as Springfield, IL 62701.")
        return above, {"address_city": found["city"], "address_state": found["state"], "address_zip": found["zip"]}
    if country in _BEHIND and (found := _BEHIND[country].search(last)):
        city = last[: found.start()].rstrip(" ,") or (above.pop() if above else "")
        return above, {"address_city": city, "address_zip": found["zip"]}
    found = _TOWN.fullmatch(last)
    return above, {"address_city": found["city"], "address_zip": found["zip"]} if found else {"address_city": last}
