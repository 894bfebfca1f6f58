"""A customer's time zone is the file's, else its country's; one that is known is never replaced by a guess."""

from pathlib import Path

import pytest

from goodterms.ledger.models import Customer
from tests.factories import make_organisation
from tests.importing import run_import, write

HEAD = "Customer Number,Customer Name,Country,Time zone\n"


def zone_after(folder: Path, *rows: str) -> str:
    organisation = make_organisation()
    for row in rows:
        run_import(organisation, write(folder, HEAD + row + "\n", "customers.csv"))
    return Customer.objects.get(organisation=organisation).timezone


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("rows", "zone"),
    [
        (["C1,Example Ltd,US,"], "America/New_York"),
        (["C1,Example Ltd,US,America/Los_Angeles"], "America/Los_Angeles"),
        (["C1,Example Ltd,US,America/Los_Angeles", "C1,Example Ltd,US,"], "America/Los_Angeles"),
        (["C1,Example Ltd,,", "C1,Example Ltd,Germany,"], "Europe/Berlin"),
        (["C1,Example Ltd,,"], ""),
    ],
)
def test_the_time_zone_is_the_file_s_else_the_country_s(tmp_path: Path, rows: list[str], zone: str) -> None:
    assert zone_after(tmp_path, *rows) == zone
