"""A person adds the recording of a call that was written down before."""

from datetime import datetime

from django.db import transaction

from goodterms.core.refusal import Refusal
from goodterms.flows.facts import write_timeline
from goodterms.flows.keep_recording import Recording, keep_recording
from goodterms.followup.models import Call
from goodterms.organizations.models import Organisation

# What a sound file begins with; the name a browser gives it proves nothing.
BEGINNINGS = (
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"\xff\xf2", "audio/mpeg"),
    (4, b"ftyp", "audio/mp4"),
    (0, b"OggS", "audio/ogg"),
    (8, b"WAVE", "audio/wav"),
    (0, b"\x1a\x45\xdf\xa3", "audio/webm"),
    (0, b"fLaC", "audio/flac"),
)


class RecordedAlready(Refusal):
    """A call has a recording; what was kept is never replaced."""

    def __init__(self) -> None:
        super().__init__("This call has its recording already; what was kept is not replaced.")


def sound_type(content: bytes) -> str:
    """The media type that the first bytes of a sound file tell; empty for anything else."""
    return next((kind for place, mark, kind in BEGINNINGS if content[place : place + len(mark)] == mark), "")


@transaction.atomic
def add_recording(organisation: Organisation, call: Call, recording: Recording, *, actor: str, now: datetime) -> None:
    """Keep the recording with its call. Raises RecordedAlready, or what keep_recording refuses."""
    locked = (
        Call.objects.select_for_update(of=("self",))
        .select_related("customer")
        .get(pk=call.pk, organisation=organisation)
    )
    if locked.recording is not None:
        raise RecordedAlready
    keep_recording(organisation, locked, recording, actor=actor)
    write_timeline(
        locked.customer,
        "recording_kept",
        f"The recording of the call on {locked.called_date} was kept.",
        actor=actor,
        now=now,
        data={"call_id": locked.pk, "sha256": locked.recording_sha256},
    )
