"""What every channel must be able to do, and the three ways in which it may fail."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from goodterms.messages.message import Message

TEST_MODE = ":test"  # ends the name under which the channel of organisations in test mode is kept


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the other side said when it took the message, word for word."""

    text: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is handed over: the exact bytes, and the envelope (``recipients``: the first must be reached)."""

    content: bytes
    recipients: tuple[str, ...]
    sender: str = ""


class Refused(Exception):
    """The other side will never take this message: nothing was handed over, trying again is useless."""


class Unavailable(Exception):
    """Nothing was handed over, and later it may work.

    ``is_whole`` says that the channel itself is out of reach, so that other messages need not even be tried now.
    """

    def __init__(self, text: str, *, is_whole: bool = False) -> None:
        super().__init__(text)
        self.is_whole = is_whole


class Channel(Protocol):
    """A way to reach a customer. One object serves one worker; it is not shared between threads.

    ``hand_over`` raises Refused or Unavailable only when nothing can have been handed over. Any other exception
    means that nobody knows, and makes the effect uncertain.
    """

    name: str
    """The transport, as the effect's row remembers it."""
    content_type: str
    """What ``prepare`` makes, as an Internet media type."""
    retry_is_safe: bool
    """Whether handing over again under the same key has no further effect."""
    leaves_machine: bool
    """Whether it reaches anybody outside; an organisation in test mode never uses such a channel."""

    def prepare(self, effect_key: str, message: Message, now: datetime, *, replies_to: str = "") -> Parcel:
        """What to hand over, dated ``now``; ``replies_to`` is the Message-ID of the cycle's first message.

        Raises Refused for a message that this channel can never carry.
        """
        ...

    def open(self) -> None:
        """Make sure that the other side can be reached; raises Unavailable. Cheap when it is open already."""
        ...

    def hand_over(self, effect_key: str, parcel: Parcel) -> Receipt:
        """Hand it over; returns once it was accepted."""
        ...

    def close(self) -> None:
        """Let go of connections; the channel may be opened again."""
        ...
