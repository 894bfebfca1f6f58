"""Settings: every page keeps what it says, refuses at the field what cannot be, and writes down who changed it."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from goodterms.followup.models import PolicyVersion
from goodterms.followup.policy import read_numbers
from goodterms.organizations.models import Change, Organisation
from tests.web.world import World

pytestmark = pytest.mark.django_db

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xfc\xff\xff?\x03\x00\x08\xfc\x02\xfe\xa7\x9a\xa0\xa0\x00\x00\x00\x00IEND\xaeB`\x82"
)
PARTS = ("organisation", "branding", "payment", "senders", "pace", "interest", "agency", "test-mode")


def at(world: World, name: str, *given: object) -> str:
    return reverse(name, args=[world.ours.slug, *given])


def shown(world: World, part: str) -> dict[str, str]:
    """What the form of a page sends when nothing is changed."""
    form = world.client("owner").get(at(world, "settings-part", part)).context["form"]
    values = {name: form[name].value() for name in form.fields}
    return {name: str(value) for name, value in values.items() if value not in (None, False)}


def save(world: World, part: str, **changed: str) -> str:
    """Keep a page with these fields changed; returned is the page that refuses, empty where it is kept."""
    address = at(world, "settings-payment") if part == "payment" else at(world, "settings-save", part)
    answer = world.client("owner").post(address, {**shown(world, part), **changed})
    assert answer.status_code in (303, 422)
    return "" if answer.status_code == 303 else answer.content.decode()


def ours(world: World) -> Organisation:
    return Organisation.objects.get(pk=world.ours.pk)


@pytest.mark.parametrize("part", PARTS)
def test_every_page_is_shown_and_names_itself(world: World, part: str) -> None:
    answer = world.client("manager").get(at(world, "settings-part", part))
    assert answer.status_code == 200
    assert answer.context["part"] == part


def test_a_page_that_does_not_exist_is_not_found(world: World) -> None:
    assert world.client("owner").get(at(world, "settings-part", "weather")).status_code == 404
    assert world.client("owner").post(at(world, "settings-save", "weather"), {}).status_code == 404


@pytest.mark.parametrize("part", [part for part in PARTS if part != "test-mode"])
def test_a_page_kept_as_it_is_changes_nothing(world: World, part: str) -> None:
    before = Organisation.objects.filter(pk=world.ours.pk).values("policy", "country", "iban", "sender_email").get()
    assert save(world, part) == ""
    assert Organisation.objects.filter(pk=world.ours.pk).values(*before).get() == before
    assert not PolicyVersion.objects.exists()
    assert not Change.objects.filter(kind="policy").exists()


def test_particulars_are_kept_with_who_changed_them(world: World) -> None:
    assert save(world, "organisation", name="Example Supplies Group", country="IE", timezone="Europe/Dublin") == ""
    assert (ours(world).name, ours(world).country) == ("Example Supplies Group", "IE")
    change = Change.objects.latest("pk")
    assert (change.actor, change.before["country"], change.after["country"]) == ("Robin Example", "GB", "IE")


def test_an_iban_with_a_wrong_digit_is_refused_at_its_field(world: World) -> None:
    page = save(world, "payment", iban="GB34 BUKB 2020 1555 5555 55")
    assert "is not a valid IBAN" in page
    assert 'id="id_iban_error"' in page
    assert ours(world).iban == "GB33BUKB20201555555555"


def test_money_goes_where_an_owner_says(world: World) -> None:
    answer = world.client("manager").post(at(world, "settings-payment"), {"iban": "DE89370400440532013000"})
    assert answer.status_code == 403
    assert save(world, "payment", iban="de89 3704 0044 0532 0130 00", bic="") == ""
    assert ours(world).iban == "DE89370400440532013000"


def test_a_number_is_a_version_of_the_policy_and_the_shipped_one_takes_it_back(world: World) -> None:
    assert save(world, "pace", gap_days="5", window_opens="10:00") == ""
    assert ours(world).policy == {"gap_days": 5, "window_opens": "10:00:00"}
    assert PolicyVersion.objects.latest("number").published_by == "Robin Example"
    assert save(world, "pace", gap_days="3", window_opens="09:00") == ""
    assert ours(world).policy == {}


def test_an_amount_leaves_those_in_other_currencies_alone(world: World) -> None:
    assert save(world, "pace", minimum_balance="25.00") == ""
    least = read_numbers(ours(world).policy).minimum_balance_minor
    assert least == {"EUR": 2500 if ours(world).currency == "EUR" else 1000, "GBP": 1000, "USD": 1000, "CHF": 1000}


@pytest.mark.parametrize(
    ("part", "field", "value", "words"),
    [
        ("pace", "weekly_cap", "9", "less than or equal to 7"),
        ("pace", "window_closes", "08:00", "not later than"),
        ("pace", "minimum_balance", "a lot", "a lot"),
        ("interest", "fee_kind", "fixed", "Say how much."),
        ("branding", "brand_color", "blue", "is not a colour"),
        ("senders", "sender_email", "nobody", "is not an e-mail address"),
        ("organisation", "name", "", "This field is required"),
    ],
)
def test_what_cannot_be_is_said_at_the_field(world: World, part: str, field: str, value: str, words: str) -> None:
    assert words in save(world, part, **{field: value})


def test_interest_and_late_fees_are_switched_on_with_their_numbers(world: World) -> None:
    assert save(world, "interest", interest_enabled="on", fee_kind="percent", fee_percent="1.5") == ""
    numbers = read_numbers(ours(world).policy)
    assert numbers.interest.enabled
    assert (numbers.late_fee.kind, str(numbers.late_fee.percent)) == ("percent", "1.5")


def test_the_logo_is_a_picture_by_its_content(world: World) -> None:
    client, address = world.client("manager"), at(world, "settings-logo")
    refused = client.post(address, {"logo": SimpleUploadedFile("logo.png", b"<svg onload='alert(1)'/>", "image/png")})
    assert refused.status_code == 422
    assert "not of a kind" in refused.content.decode()
    assert client.post(address, {"logo": SimpleUploadedFile("logo.png", PNG)}).status_code == 303
    assert ours(world).logo_type == "image/png"
    assert "data:image/png;base64," in client.get(at(world, "settings-part", "branding")).content.decode()
    client.post(address, {"remove": "yes"})
    assert not ours(world).logo


def test_letter_and_mail_are_shown_as_they_will_look(world: World) -> None:
    client = world.client("owner")
    assert client.get(at(world, "settings-letter")).content.startswith(b"\x89PNG")
    mail = client.get(at(world, "settings-mail"))
    assert "GB33 BUKB 2020 1555 5555 55" in mail.content.decode()
    assert "sandbox" in mail["Content-Security-Policy"]


def test_test_mode_is_an_owners_and_says_so_on_every_page(world: World) -> None:
    client, address = world.client("owner"), at(world, "settings-test-mode")
    client.post(address, {"is_test_mode": "yes"})
    assert "Test mode: everything is decided, nothing leaves." in client.get(at(world, "inbox")).content.decode()
    client.post(address, {"is_test_mode": "no"})
    assert not ours(world).is_test_mode


def test_a_test_mail_goes_to_oneself(world: World) -> None:
    answer = world.client("manager").post(at(world, "settings-test-mail"), follow=True)
    assert "Sent to manager@supplies.example" in answer.content.decode()
