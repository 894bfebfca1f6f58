"""The guide names every field of the JSON that the day's commands answer with."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.flows.test_describe import STANDING, TOUCH, WAIT

GUIDE = (Path(__file__).parents[2] / "docs" / "guide" / "commands.md").read_text("utf-8")


def names_in(shape: Any) -> Iterator[str]:
    """Every field of the shape, nested ones too."""
    if isinstance(shape, dict):
        for name, part in shape.items():
            yield name
            yield from names_in(part)
    elif isinstance(shape, list):
        yield from names_in(shape[0])


@pytest.mark.parametrize("name", sorted({*names_in(TOUCH), *names_in(STANDING), *names_in(WAIT)}))
def test_the_guide_names_every_field(name: str) -> None:
    assert f"`{name}`" in GUIDE or f'"{name}"' in GUIDE
