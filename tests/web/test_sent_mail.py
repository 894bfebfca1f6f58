"""What was sent is read back as what it is, whatever channel it left by."""

import pytest
from django.urls import reverse

from goodterms.channels.agency import pack
from goodterms.messages.message import Attachment
from goodterms.outbox.chain import append_message
from goodterms.web.sent_mail import read_bytes
from tests.channels.messages import make_message
from tests.conftest import NOW
from tests.factories import make_effect
from tests.web.world import World

pytestmark = pytest.mark.django_db


def test_a_hand_over_to_an_agency_is_its_letter_and_its_files(world: World) -> None:
    message = make_message(attachments=(Attachment("claims.csv", "text/csv", b"number;amount"),))
    content = pack(message, NOW)
    read = read_bytes(content, "application/zip")
    assert (read.subject, read.text.split("\n")[0]) == ("Invoice 1 is 5 days overdue", "Dear Sam,")
    assert [(file.file_name, file.size) for file in read.enclosures][1] == ("claims.csv", 13)
    effect = make_effect(world.customer, channel="agency", state="sent", transport="agency folder")
    append_message(effect.pk, effect.organisation_id, effect.key, "application/zip", content, NOW)
    client = world.client("owner")
    page = client.get(reverse("message", args=[world.ours.slug, effect.pk])).content.decode()
    assert "claims.csv" in page
    original = client.get(reverse("message-original", args=[world.ours.slug, effect.pk]))
    assert (original.content, ".zip" in original["Content-Disposition"]) == (content, True)
