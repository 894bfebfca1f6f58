"""The unique key of an effect, built from stable ids: the same intention always gets the same key."""

import hashlib
from typing import Any

import polars as pl

PARTS = ("organisation_id", "customer_id", "playbook", "cycle", "step", "occurrence", "channel", "recipient")
KEY_LIMIT = 240  # ten less than the column holds, so that a task's key can carry a word in front of it
PLAIN_RECIPIENT_LIMIT = 40
SEPARATOR = "/"
ESCAPES = {"%": "%25", "/": "%2F", "#": "%23"}


def touch_key(
    organisation_id: int,
    customer_id: int,
    playbook: str,
    cycle: str,
    step: str,
    occurrence: int,
    channel: str,
    recipient: str,
) -> str:
    """The key of one intended contact: its parts, escaped and joined; a long recipient as its SHA-256.

    Different parts give different keys. Raises ValueError when the parts are too long for the column.
    """
    words = [playbook, cycle, step, str(occurrence), channel]
    parts = [str(organisation_id), str(customer_id), *(_escape(word) for word in words), _short(_escape(recipient))]
    key = SEPARATOR.join(parts)
    if len(key) > KEY_LIMIT:
        raise ValueError(f"The parts of {key!r} are longer than an effect's key may be ({KEY_LIMIT} characters).")
    return key


def touch_key_expr() -> pl.Expr:
    """``touch_key`` over the columns named in PARTS: the same text for every row (type: String)."""
    recipient = _escape_expr(pl.col("recipient")).map_batches(_short_all, return_dtype=pl.String)
    parts = [recipient if name == "recipient" else _escape_expr(pl.col(name).cast(pl.String)) for name in PARTS]
    return pl.concat_str(parts, separator=SEPARATOR)


def key_sha256(key: str) -> str:
    """The key's hash: what stands before the @ in the Message-ID of its mail."""
    return hashlib.sha256(key.encode()).hexdigest()


def key_parts(key: str) -> dict[str, str]:
    """The readable parts of a key, by name; empty for a key of another form."""
    words = key.split(SEPARATOR)
    if len(words) != len(PARTS):
        return {}
    return {name: _unescape(word) for name, word in zip(PARTS, words, strict=True)}


def _escape(word: str) -> str:
    for plain, escaped in ESCAPES.items():
        word = word.replace(plain, escaped)
    return word


def _unescape(word: str) -> str:
    for plain, escaped in reversed(ESCAPES.items()):
        word = word.replace(escaped, plain)
    return word


def _escape_expr(column: pl.Expr) -> pl.Expr:
    for plain, escaped in ESCAPES.items():
        column = column.str.replace_all(plain, escaped, literal=True)
    return column


def _short(recipient: str) -> str:
    if len(recipient) <= PLAIN_RECIPIENT_LIMIT:
        return recipient
    return "#" + hashlib.sha256(recipient.encode()).hexdigest()[:32]


def _short_all(recipients: Any) -> Any:
    """Hash the long ones alone: nearly every address is short, and a Python call per row is slow."""
    is_long = recipients.str.len_chars() > PLAIN_RECIPIENT_LIMIT
    if not is_long.any():
        return recipients
    hashed = recipients.filter(is_long).map_elements(_short, return_dtype=pl.String)
    return recipients.scatter(is_long.arg_true(), hashed)
