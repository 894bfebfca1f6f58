"""Playbooks as data: the steps for each profile, read from TOML and checked once."""

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from goodterms.core.recipients import CHANNEL_ADDRESS

Tone = Literal["courtesy", "friendly", "clear", "firm", "final"]
Anchor = Literal["overdue", "due", "promised", "first_invoice", "paid", "quiet"]
Role = Literal["accounts_payable", "buyer", "executive", "owner", "other"]
ANCHORS_IN_ORDER: tuple[Anchor, ...] = ("overdue", "due", "promised", "first_invoice", "paid", "quiet")
SPOKEN = ("call",)
"""Channels on which the same words may come again."""

STEPS = pl.Schema(
    {
        "playbook": pl.String(),
        "position": pl.Int32(),  # order within the playbook and anchor
        "step": pl.String(),
        "anchor": pl.String(),
        "from_day": pl.Int32(),
        "to_day": pl.Int32(),
        "spacing_days": pl.Int32(),  # whole days since the last touch of the cycle was sent
        "repeat_days": pl.Int32(),  # null: not repeated
        "at_most": pl.Int32(),
        "rest_days": pl.Int32(),  # null: said anew in every cycle
        "channels": pl.List(pl.String()),
        "templates": pl.List(pl.String()),  # one per channel
        "role_order": pl.Int32(),  # index into Playbooks.role_orders
        "level": pl.Int32(),
        "entry_level": pl.Int32(),  # the playbook's
        "tone": pl.String(),
        "sender": pl.String(),
        "needs_approval": pl.Boolean(),
        "deadline_days": pl.Int32(),  # null: sets no deadline
        "asks_why": pl.Boolean(),
        "asks_process": pl.Boolean(),  # left out where a person has confirmed how their accounts payable work
        "cc_roles": pl.List(pl.String()),  # in copy of an e-mail
        "before_cut_off_days": pl.Int32(),  # null: not timed to the customer's pay run
    }
)


class PlaybookFault(Exception):
    """A playbook cannot be used; the message names it, the step, what is wrong, and how to mend it."""


class Step(BaseModel):
    """One step: when it is due, how firm it is, through which channel it goes and in which words."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str = Field(min_length=1, max_length=40)
    anchor: Anchor = "overdue"
    from_day: int
    to_day: int | None = None
    spacing_days: int = Field(7, ge=1)
    repeat_days: int | None = Field(None, ge=1)
    at_most: int = Field(1, ge=1)
    rest_days: int | None = Field(None, ge=1, description="Not said again to the same customer for so long.")
    channels: dict[str, str] = Field(min_length=1, description="Channel -> template, in order of preference.")
    roles: tuple[str, ...] = ("accounts_payable", "owner", "buyer", "executive", "other")
    level: int = Field(ge=0, le=5)
    tone: Tone
    sender: Literal["default", "owner", "senior"] = "default"
    needs_approval: bool = False
    deadline_days: int | None = Field(None, ge=1)
    asks_why: bool = False
    asks_process: bool = Field(
        False, description="Asks how their accounts payable work: left out once a person has confirmed it."
    )
    cc_roles: tuple[Role, ...] = Field((), description="Who of the customer is in copy, where it is an e-mail.")
    needs: Literal["interest", "late_fee"] | None = None
    before_cut_off_days: int | None = Field(
        None, ge=0, le=20, description="Where the pay run is known: so many working days before its cut-off instead."
    )

    @model_validator(mode="after")
    def _consistent(self) -> "Step":
        if self.anchor != "overdue" and self.to_day is None:
            raise ValueError("a step that is not anchored to 'overdue' needs to_day: the last day it may still go out")
        if self.to_day is not None and self.to_day < self.from_day:
            raise ValueError("to_day lies before from_day")
        if self.rest_days is not None and self.anchor != "overdue":
            raise ValueError("rest_days belongs to steps anchored to 'overdue'; the others are said once each")
        if self.cc_roles and "email" not in self.channels:
            raise ValueError("only an e-mail has copies: give the step the channel email, or leave cc_roles out")
        if (self.repeat_days is None) != (self.at_most == 1):
            raise ValueError("a repeated step needs both repeat_days and at_most (2 or more)")
        return self


class Playbook(BaseModel):
    """The steps for one profile."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str
    name: str
    intent: str
    entry: Literal["first", "contextual"] = "first"
    entry_level: int = Field(2, ge=0, le=5, description="A contextual entry is never firmer than this: no jumps.")
    ends_with: Literal["agency", "court", "person"] = Field(
        "agency", description="Who is asked about when no step is left: an agency, a court, or nobody but a person."
    )
    steps: tuple[Step, ...]

    @model_validator(mode="after")
    def _ordered(self) -> "Playbook":
        names = [step.id for step in self.steps]
        if len(set(names)) != len(names):
            raise ValueError("two steps have the same id")
        chain = [step for step in self.steps if step.anchor == "overdue"]
        for earlier, later in itertools.pairwise(chain):
            if later.from_day < earlier.from_day:
                raise ValueError(f"step {later.id!r} stands after {earlier.id!r} but is due before it")
            if later.level < earlier.level:
                raise ValueError(f"step {later.id!r} is milder than {earlier.id!r} before it; tones rise, never fall")
        return self


@dataclass(frozen=True)
class Playbooks:
    """All playbooks; ``steps`` has the columns STEPS."""

    by_id: Mapping[str, Playbook]
    steps: pl.DataFrame
    role_orders: tuple[tuple[str, ...], ...]

    def step(self, playbook: str, step: str) -> Step:
        """The step of that name; KeyError if there is none."""
        for candidate in self.by_id[playbook].steps:
            if candidate.id == step:
                return candidate
        raise KeyError(step)

    @cached_property
    def words_by_reach(self) -> pl.DataFrame:
        """The chains' steps (STEPS) for every reach, with ``words`` (the template to go out) and ``is_reached``.

        A reach is a number with one bit per channel of recipients.CHANNEL_ADDRESS. ``words`` is null for a call, which
        is never the same twice, and where no channel of the step is within reach.
        """
        chain = self.steps.filter(pl.col("anchor") == "overdue")
        rows = [
            (playbook, step, reach, _first_reached(channels, templates, reach), _is_reached(channels, reach))
            for playbook, step, channels, templates in chain.select(_SAID).iter_rows()
            for reach in range(1 << len(CHANNEL_ADDRESS))
        ]
        schema = {"playbook": pl.String, "step": pl.String, "reach": pl.Int32, "words": pl.String}
        words = pl.DataFrame(rows, schema={**schema, "is_reached": pl.Boolean}, orient="row")
        return words.join(chain, on=["playbook", "step"])


_SAID = ("playbook", "step", "channels", "templates")


def _first_reached(channels: list[str], templates: list[str], reach: int) -> str | None:
    for channel, template in zip(channels, templates, strict=True):
        if _is_reached([channel], reach):
            return None if channel in SPOKEN else template
    return None


def _is_reached(channels: list[str], reach: int) -> bool:
    known = list(CHANNEL_ADDRESS)
    return any(channel in known and bool(reach >> known.index(channel) & 1) for channel in channels)


def load_playbooks(
    rows: Iterable[Mapping[str, Any]], *, interest_enabled: bool, late_fee_enabled: bool = False
) -> Playbooks:
    """Check parsed TOML playbooks and lay their steps out as a frame; raises PlaybookFault.

    Steps that need interest, or a late fee, are left out where the organisation has not switched it on; where both are,
    the warning of interest is enough.
    """
    playbooks: dict[str, Playbook] = {}
    charged = "interest" if interest_enabled else "late_fee" if late_fee_enabled else None
    wanted = {None, charged}
    for row in rows:
        try:
            playbook = Playbook.model_validate(row)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise PlaybookFault(f"playbook {row.get('id', '?')}: {where}: {first['msg']}.") from error
        if playbook.id in playbooks:
            raise PlaybookFault(f"playbook {playbook.id}: two playbooks are called so; give each its own id.")
        kept = [step for step in playbook.steps if step.needs in wanted]
        playbooks[playbook.id] = playbook.model_copy(update={"steps": tuple(kept)})
    role_orders = tuple(dict.fromkeys(step.roles for book in playbooks.values() for step in book.steps))
    return Playbooks(playbooks, _step_frame(playbooks.values(), role_orders), role_orders)


def _step_frame(playbooks: Iterable[Playbook], role_orders: tuple[tuple[str, ...], ...]) -> pl.DataFrame:
    rows = []
    for playbook in playbooks:
        places = dict.fromkeys(ANCHORS_IN_ORDER, 0)
        for step in playbook.steps:
            rows.append(
                {
                    **step.model_dump(include=set(STEPS) - {"channels"}),
                    "playbook": playbook.id,
                    "entry_level": playbook.entry_level,
                    "position": places[step.anchor],
                    "step": step.id,
                    "channels": list(step.channels),
                    "templates": list(step.channels.values()),
                    "role_order": role_orders.index(step.roles),
                }
            )
            places[step.anchor] += 1
    return pl.DataFrame(rows, schema=STEPS)
