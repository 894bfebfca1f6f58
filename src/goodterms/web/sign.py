"""How one value of a vocabulary is shown."""

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True)
class Sign:
    """How a value is shown: its label, what it means, a colour of the kit, an icon of the sprite."""

    label: str | Promise
    colour: str = "secondary"
    icon: str = "circle-dashed"
    meaning: str | Promise = ""
