"""What the gate answers about one effect, with the versions of the facts it looked at."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class GateAnswer:
    """May this effect go now?

    ``go``, ``wait`` (until ``not_before``, when that is known) or ``withhold`` for good; ``reason`` in a sentence.
    ``facts_version`` (the customer's) and ``organisation_version`` were read before the facts, or together with them:
    as long as both still stand, nothing that the gate looked at has changed. ``needs_person`` says whether somebody
    must look after a withheld effect; a debt that was paid meanwhile needs nobody.
    """

    answer: Literal["go", "wait", "withhold"]
    reason: str
    facts_version: int
    organisation_version: int
    not_before: datetime | None = None
    needs_person: bool = True
