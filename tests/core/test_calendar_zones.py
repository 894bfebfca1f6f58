"""A customer whose file names no time zone lives in its country's."""

from zoneinfo import ZoneInfo

import pytest
from babel.core import get_global

from goodterms.core.calendar import BUSIEST_ZONE, zone_of_country


@pytest.mark.parametrize(
    ("country", "zone"),
    [("GB", "Europe/London"), ("AT", "Europe/Vienna"), ("DE", "Europe/Berlin"), ("US", "America/New_York")],
)
def test_a_country_has_the_zone_its_business_is_done_in(country: str, zone: str) -> None:
    assert zone_of_country(country) == zone


@pytest.mark.parametrize("country", ["", "XX", "ZZ", "AQ"])
def test_no_zone_is_guessed_where_none_is_known(country: str) -> None:
    assert zone_of_country(country) == ""


def test_every_zone_given_exists_and_lies_in_its_country() -> None:
    for country, zone in BUSIEST_ZONE.items():
        assert ZoneInfo(zone)
        assert zone in get_global("territory_zones")[country]
