"""The statutory tables on late payment that come with goodterms."""

from functools import lru_cache
from importlib import resources

from goodterms.core.interest import Regimes, load_regimes


@lru_cache(maxsize=1)
def shipped_regimes() -> Regimes:
    """Every shipped table, read and checked once."""
    tables = (resources.files("goodterms.core") / "statutory").iterdir()
    return load_regimes({table.name: table.read_text("utf-8") for table in tables if table.name.endswith(".toml")})
