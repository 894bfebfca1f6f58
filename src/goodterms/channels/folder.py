"""E-mail into a folder of .eml files: nothing leaves the machine, every mail program can show them."""

import hashlib
import os
import re
from datetime import datetime
from pathlib import Path

from goodterms.channels.email import CONTENT_TYPE, prepare_email
from goodterms.channels.port import Parcel, Receipt, Unavailable
from goodterms.messages.message import Message
from goodterms.outbox.keys import key_parts

NAMED_PARTS = ("customer_id", "cycle", "step", "occurrence")


class FolderChannel:
    """Writes each message whole or not at all, under a name made from the effect's key: again is the same file.

    The bytes are written aside, brought onto the disk and renamed: a reader (and a power cut) sees all or nothing.
    """

    content_type = CONTENT_TYPE
    retry_is_safe = True
    leaves_machine = False

    def __init__(self, folder: Path, name: str = "folder") -> None:
        self.name = name
        self._folder = folder

    def prepare(self, effect_key: str, message: Message, now: datetime, *, replies_to: str = "") -> Parcel:
        return prepare_email(effect_key, message, now, replies_to)

    def open(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unwritable(error) from error

    def hand_over(self, effect_key: str, parcel: Parcel) -> Receipt:
        self.open()
        path = self._folder / file_name(effect_key)
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            _write_to_disk(aside, parcel.content)
        except OSError as error:
            raise self._unwritable(error) from error
        aside.replace(path)
        _bring_to_disk(self._folder)
        return Receipt(f"written to {path}")

    def close(self) -> None:
        """Nothing is kept open."""

    def _unwritable(self, error: OSError) -> Unavailable:
        return Unavailable(f"The folder {self._folder} cannot be written to: {error}.", is_whole=True)


def file_name(effect_key: str) -> str:
    """The name of an effect's file: what a person looks for, then a hash that belongs to this key alone."""
    parts = key_parts(effect_key)
    words = "-".join(parts[name] for name in NAMED_PARTS) if parts else ""
    readable = re.sub(r"[^A-Za-z0-9_-]+", "-", words)[:80].strip("-")
    sha256 = hashlib.sha256(effect_key.encode()).hexdigest()[:20]
    return f"{readable}-{sha256}.eml" if readable else f"{sha256}.eml"


def _write_to_disk(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _bring_to_disk(folder: Path) -> None:
    """Make a rename in the folder outlive a power cut (POSIX; elsewhere renames are written through)."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
