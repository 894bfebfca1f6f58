"""The statutory tables that come with goodterms: late payment, and what a court costs."""

from functools import lru_cache
from importlib import resources

from goodterms.core.court_costs import CourtTable, load_court_tables
from goodterms.core.interest import Regimes, load_regimes


@lru_cache(maxsize=1)
def shipped_regimes() -> Regimes:
    """Every shipped table, read and checked once."""
    tables = (resources.files("goodterms.core") / "statutory").iterdir()
    return load_regimes({table.name: table.read_text("utf-8") for table in tables if table.name.endswith(".toml")})


@lru_cache(maxsize=1)
def shipped_court_tables() -> dict[str, CourtTable]:
    """Every shipped table of court fees by country, read and checked once."""
    tables = (resources.files("goodterms.core") / "statutory" / "court").iterdir()
    return load_court_tables({table.name: table.read_text("utf-8") for table in tables if table.name.endswith(".toml")})
