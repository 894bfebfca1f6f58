"""The guide names every setting, and its settings file is one that the program takes."""

import re
import tomllib
from pathlib import Path

from pydantic import BaseModel

from goodterms.cli.setup import PARTICULARS
from goodterms.core.policy import PolicyNumbers
from goodterms.project.configuration import Configuration, read_configuration

GUIDE = (Path(__file__).parents[2] / "docs" / "guide" / "settings.md").read_text("utf-8")
EXAMPLE = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)[0]


def names_of(model: BaseModel, prefix: str = "") -> dict[str, object]:
    """Every setting with its value, nested ones by dotted name."""
    found: dict[str, object] = {}
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            found.update(names_of(value, f"{prefix}{name}."))
        else:
            found[prefix + name] = value
    return found


def flat(table: dict[str, object], prefix: str = "") -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            found.update(flat(value, f"{prefix}{name}."))
        else:
            found[prefix + name] = value
    return found


def test_the_guide_shows_every_setting_of_the_installation_with_its_default(home: Path) -> None:
    defaults = names_of(Configuration(home=home))
    del defaults["home"]
    assert flat(tomllib.loads(EXAMPLE)) == defaults


def test_the_settings_file_of_the_guide_is_taken(home: Path) -> None:
    (home / "settings.toml").write_text(EXAMPLE, "utf-8")
    assert read_configuration({"GOODTERMS_HOME": str(home)}).server.port == 8040


def test_the_guide_names_every_particular_of_an_organisation() -> None:
    options = {"--" + name.replace("_", "-") for name in PARTICULARS}
    assert {option for option in options if f"`{option}`" not in GUIDE} == set()


def test_the_guide_names_every_number_of_the_policy_and_what_is_shipped() -> None:
    for name, value in names_of(PolicyNumbers()).items():
        row = next((line for line in GUIDE.splitlines() if line.startswith("|") and f"`{name}`" in line), "")
        assert row, name
        if isinstance(value, int) and not isinstance(value, bool):
            assert f"| {value} |" in row
