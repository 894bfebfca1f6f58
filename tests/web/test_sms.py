"""Only Twilio is listened to: its signature is checked over address and form."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.test import Client

from goodterms.channels.twilio_signature import is_signed, sign_request
from goodterms.followup.models import OptOut, Reply, TimelineEvent
from goodterms.ledger.models import Contact
from goodterms.project.configuration import ServerSettings, SmsSettings
from tests.factories import make_effect, make_touch
from tests.web.world import World

pytestmark = pytest.mark.django_db
TOKEN = "12345"
PUBLIC = "https://terms.example.com"
MOBILE = "+447700900123"


@pytest.fixture(autouse=True)
def _with_twilio(monkeypatch: pytest.MonkeyPatch) -> None:
    given = settings.CONFIGURATION.model_copy(
        update={
            "sms": SmsSettings(mode="twilio", account_sid="AC1", auth_token=TOKEN, sender="+15005550006"),
            "server": ServerSettings(public_address=PUBLIC),
        }
    )
    monkeypatch.setattr(settings, "CONFIGURATION", given)


def call(path: str, form: dict[str, str], signature: str | None = None, **query: str) -> Any:
    target = f"{path}?{urlencode(query)}" if query else path
    proof = sign_request(TOKEN, PUBLIC + target, {name: [value] for name, value in form.items()})
    headers = {"X-Twilio-Signature": proof if signature is None else signature}
    return Client(enforce_csrf_checks=True).post(target, form, headers=headers)


def test_the_signature_is_that_of_twilios_own_example() -> None:
    """From Twilio's documentation on validating requests."""
    form = {
        "CallSid": ["CA1234567890ABCDE"],
        "Caller": ["+12349013030"],
        "Digits": ["1234"],
        "From": ["+12349013030"],
        "To": ["+18005551212"],
    }
    address = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert sign_request(TOKEN, address, form) == "0/KCTR6DLpKmkAf8muzZqo1nDgQ="
    assert is_signed(TOKEN, address, form, "0/KCTR6DLpKmkAf8muzZqo1nDgQ=")


def test_a_text_that_comes_in_is_taken(world: World) -> None:
    Contact.objects.filter(customer=world.customer).update(mobile=MOBILE)
    answer = call("/sms/inbound/", {"From": MOBILE, "Body": "We pay on Friday.", "MessageSid": "SM1"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/xml")
    assert Reply.objects.get(message_key="SM1").customer == world.customer
    call("/sms/inbound/", {"From": MOBILE, "Body": "STOP", "MessageSid": "SM2"})
    assert OptOut.objects.get().address == MOBILE


def test_what_became_of_a_text_is_noted(world: World) -> None:
    effect = make_effect(world.customer, channel="sms", recipient=MOBILE, state="sent")
    make_touch(world.customer, effect=effect, channel="sms")
    form = {"MessageStatus": "undelivered", "ErrorCode": "30003"}
    assert call("/sms/status/", form, effect=effect.key).status_code == 204
    assert TimelineEvent.objects.filter(kind="sms_failed", effect_key=effect.key).exists()


@pytest.mark.parametrize("signature", ["", "wrong", "0/KCTR6DLpKmkAf8muzZqo1nDgQ=", "ü"])
def test_without_twilios_signature_nothing_is_done(world: World, signature: str) -> None:
    for path in ("/sms/inbound/", "/sms/status/"):
        answer = call(path, {"From": MOBILE, "Body": "STOP", "MessageSid": "SM1"}, signature)
        assert answer.status_code == 403
    assert not Reply.objects.filter(channel="sms").exists()


def test_a_changed_form_or_address_breaks_the_signature(world: World) -> None:
    form = {"From": MOBILE, "Body": "Hello", "MessageSid": "SM1"}
    proof = sign_request(TOKEN, f"{PUBLIC}/sms/inbound/", {name: [value] for name, value in form.items()})
    assert call("/sms/inbound/", {**form, "Body": "STOP"}, proof).status_code == 403
    assert call("/sms/inbound/", form, proof, more="1").status_code == 403
    assert not is_signed("", f"{PUBLIC}/sms/inbound/", {}, sign_request("", f"{PUBLIC}/sms/inbound/", {}))


def test_looking_at_them_does_nothing(world: World) -> None:
    assert Client().get("/sms/inbound/").status_code == 405
