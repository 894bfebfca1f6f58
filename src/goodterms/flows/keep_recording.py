"""The recording of a call is kept only where the rule of both countries was shown and confirmed."""

import hashlib
from dataclasses import dataclass
from datetime import date

from goodterms.core.call_recording import Rule, recording_rule
from goodterms.core.refusal import Refusal
from goodterms.followup.call_rules import shipped_recording_rules
from goodterms.followup.models import Call
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Organisation

LARGEST_BYTES = 50 * 1024 * 1024
TYPES = ("audio/mpeg", "audio/mp4", "audio/ogg", "audio/wav", "audio/webm", "audio/x-wav", "audio/flac")


class RecordingNotConfirmed(Refusal):
    """Nobody confirmed that the rule on recording was kept."""

    def __init__(self, rule: Rule) -> None:
        super().__init__(f"A recording is kept only when you confirm that this was done: {rule.text}")


class UnusableRecording(Refusal):
    """A file is no recording that can be kept."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording as it was uploaded; ``confirmed_rule`` is the text that was shown and confirmed.

    ``region`` is that of the customer, such as CA in the United States; empty where nobody said.
    """

    content: bytes
    media_type: str
    confirmed_rule: str
    region: str = ""


def rule_for(organisation: Organisation, customer: Customer, on: date, region: str = "") -> Rule:
    """What recording a call with this customer needs; raises RecordingRulesOutdated."""
    return recording_rule(shipped_recording_rules(), organisation.country, customer.country, region, on=on)


def keep_recording(organisation: Organisation, call: Call, recording: Recording, *, actor: str) -> None:
    """Add the recording to its call, with the rule and who confirmed it; inside the flow's transaction.

    Raises RecordingNotConfirmed when the confirmed text is not the rule's own, UnusableRecording, or
    RecordingRulesOutdated.
    """
    rule = rule_for(organisation, call.customer, call.called_date, recording.region)
    if recording.confirmed_rule != rule.text:
        raise RecordingNotConfirmed(rule)
    if recording.media_type not in TYPES:
        raise UnusableRecording(
            f"{recording.media_type or 'This'} is no sound file; upload MP3, M4A, OGG, WAV or FLAC."
        )
    if not 0 < len(recording.content) <= LARGEST_BYTES:
        raise UnusableRecording(f"A recording has at most {LARGEST_BYTES // 1024 // 1024} MB, and is not empty.")
    call.consent_rule, call.consent_by = rule.text, actor
    call.recording, call.recording_type = recording.content, recording.media_type
    call.recording_sha256 = hashlib.sha256(recording.content).hexdigest()
    call.save(update_fields=["consent_rule", "consent_by", "recording", "recording_type", "recording_sha256"])
