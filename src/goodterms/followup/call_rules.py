"""The rules on recording telephone calls that come with goodterms."""

from functools import lru_cache
from importlib import resources

from goodterms.core.call_recording import RecordingRules, load_recording_rules


@lru_cache(maxsize=1)
def shipped_recording_rules() -> RecordingRules:
    """The shipped table, read and checked once."""
    table = resources.files("goodterms.core") / "statutory" / "calls" / "call_recording.toml"
    return load_recording_rules(table.read_text("utf-8"))
