"""An envelope's lines as the address fields of a print-and-mail provider."""

import re
from collections.abc import Sequence

from goodterms.channels.port import Refused

_AMERICAN = re.compile(r"(?P<city>.+?),?\s+(?P<state>[A-Z]{2})\s+(?P<zip>\d{5}(?:-\d{4})?)")
_TOWN = re.compile(r"(?:[A-Z]{1,2}-)?(?P<zip>\d{3,6}(?:\s?[A-Z]{2})?)\s+(?P<city>\S.*)")
_LINE_LIMIT = 64
_NAME_LIMIT = 40
# Lob's own limit for a line of addresses abroad and at home: lob.yml, components/schemas/address.


def read_address(lines: Sequence[str], country: str) -> dict[str, str]:
    """The first line is the name, the last ones town and country; raises Refused where they cannot be told apart."""
    rows = [line for line in lines if line.strip()]
    if len(rows) > 2 and country != "US" and rows[-1].isupper() and not any(sign.isdigit() for sign in rows[-1]):
        rows = rows[:-1]  # the country's name, which travels as a code
    if not country or len(rows) < 3:
        raise Refused(f"The address {', '.join(lines)!r} needs a street, a town and a country; complete it.")
    town = _read_town(rows[-1], country)
    name, streets = rows[0], rows[1:-1]
    fields = {
        "name": name[:_NAME_LIMIT],
        "address_line1": streets[0][:_LINE_LIMIT],
        "address_line2": ", ".join(streets[1:])[:_LINE_LIMIT],
        **town,
        "address_country": country,
    }
    return {key: value for key, value in fields.items() if value}


def _read_town(line: str, country: str) -> dict[str, str]:
    if country == "US":
        found = _AMERICAN.fullmatch(line)
        if found is None:
            raise Refused(f"{line!r} is no town of the United States; write it as Springfield, IL 62701.")
        return {"address_city": found["city"], "address_state": found["state"], "address_zip": found["zip"]}
    found = _TOWN.fullmatch(line)
    if found is None:
        return {"address_city": line}
    return {"address_city": found["city"], "address_zip": found["zip"]}
