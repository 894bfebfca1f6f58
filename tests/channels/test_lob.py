"""Letters through Lob: the right form, one letter per effect however often it is handed over, its faults told apart.

Also the contract of channels.port, for this channel.
"""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO

import pytest
from pypdf import PdfReader

from goodterms.channels.lob import LobChannel, letter_id_of
from goodterms.channels.lob_address import read_address
from goodterms.channels.port import Refused, Unavailable
from goodterms.messages.facts import Recipient
from goodterms.messages.message import Message
from tests.channels.lob_server import LobServer, lob_server
from tests.channels.messages import letter_facts, make_letter_message, make_message
from tests.conftest import NOW


@pytest.fixture
def server() -> Iterator[LobServer]:
    with lob_server() as running:
        yield running


@pytest.fixture
def channel(server: LobServer) -> Iterator[LobChannel]:
    made = LobChannel(server.account())
    yield made
    made.close()


def american() -> Message:
    """A letter from Springfield to Springfield."""
    facts = letter_facts(2)
    sender = replace(facts.sender, address=("100 Example Ave", "Springfield, IL 62701"), country="US")
    home = Recipient(email="", name="Sam Example", postal=("200 Sample St", "Springfield, IL 62704"), country="US")
    return make_letter_message(replace(facts, sender=sender, recipient=home))


def test_contract_preparing_is_pure_and_the_prepared_bytes_arrive_once(server: LobServer, channel: LobChannel) -> None:
    parcels = [channel.prepare("1/1/key", american(), NOW) for _ in range(2)]
    assert parcels[0] == parcels[1]
    assert server.files == []
    receipts = [channel.hand_over("1/1/key", parcels[0]) for _ in range(2)]
    assert server.files == [parcels[0].content]
    assert {letter_id_of(receipt.text) for receipt in receipts} == {"ltr_0000000000000001"}
    assert PdfReader(BytesIO(server.files[0])).pages[0].extract_text()


def test_contract_another_process_repeats_without_a_second_letter_even_when_the_key_expired(
    server: LobServer, channel: LobChannel
) -> None:
    parcel = channel.prepare("1/1/key", american(), NOW)
    server.answers = [0]
    with pytest.raises(Exception) as lost:  # noqa: PT011  # whatever the network says, nobody knows
        channel.hand_over("1/1/key", parcel)
    assert not isinstance(lost.value, Refused | Unavailable)
    server.forgets_keys = True
    rescuer = LobChannel(server.account())
    assert letter_id_of(rescuer.hand_over("1/1/key", parcel).text) == "ltr_0000000000000001"
    rescuer.close()
    assert len(server.files) == 1


def test_contract_the_same_process_repeats_without_a_second_letter_even_when_the_key_expired(
    server: LobServer, channel: LobChannel
) -> None:
    parcel = channel.prepare("1/1/key", american(), NOW)
    first = channel.hand_over("1/1/key", parcel)
    server.forgets_keys = True
    assert letter_id_of(channel.hand_over("1/1/key", parcel).text) == letter_id_of(first.text)
    assert len(server.files) == 1


def test_the_way_of_a_letter_has_its_number_and_events(server: LobServer, channel: LobChannel) -> None:
    receipt = channel.hand_over("1/1/key", channel.prepare("1/1/key", american(), NOW))
    letter = next(iter(server.letters.values()))
    letter |= {"tracking_number": "9407 1", "tracking_events": [{"id": "evnt_1", "name": "Mailed"}]}
    told = channel.read_tracking(letter_id_of(receipt.text))
    assert (told.number, [event["name"] for event in told.events]) == ("9407 1", ["Mailed"])


def test_contract_out_of_reach_means_that_nothing_was_handed_over(server: LobServer) -> None:
    down = LobChannel(replace(server.account(), api="http://127.0.0.1:9"))
    stranger = LobChannel(server.account("test_wrong"))
    for channel in (down, stranger):
        parcel = channel.prepare("1/1/key", american(), NOW)
        with pytest.raises(Unavailable) as outage:
            channel.hand_over("1/1/key", parcel)
        assert outage.value.is_whole
        channel.close()
    assert server.files == []


@pytest.mark.parametrize(("status", "fault"), [(422, Refused), (429, Unavailable), (401, Unavailable)])
def test_refusals_and_outages_are_told_apart(
    server: LobServer, channel: LobChannel, status: int, fault: type[Exception]
) -> None:
    parcel = channel.prepare("1/1/key", american(), NOW)
    server.answers = [status]
    with pytest.raises(fault, match="not now"):
        channel.hand_over("1/1/key", parcel)
    assert channel.hand_over("1/1/key", parcel).text.startswith("lob ltr_")


def test_a_fault_on_their_side_leaves_it_open_whether_the_letter_was_taken(
    server: LobServer, channel: LobChannel
) -> None:
    parcel = channel.prepare("1/1/key", american(), NOW)
    server.answers = [500]
    with pytest.raises(Exception, match="500") as unclear:
        channel.hand_over("1/1/key", parcel)
    assert not isinstance(unclear.value, Refused | Unavailable)


def test_a_certified_letter_asks_for_a_return_receipt(server: LobServer) -> None:
    channel = LobChannel(server.account(), is_certified=True)
    channel.hand_over("1/1/key", channel.prepare("1/1/key", american(), NOW))
    channel.close()
    assert [letter["extra_service"] for letter in server.letters.values()] == ["certified_return_receipt"]


def test_an_address_that_cannot_be_read_is_refused_before_anything_leaves(
    server: LobServer, channel: LobChannel
) -> None:
    with pytest.raises(Refused, match="needs a street"):
        channel.prepare("1/1/key", make_message(), NOW)
    with pytest.raises(Refused, match="Springfield, IL"):
        read_address(("Example Inc", "200 Sample St", "Somewhere"), "US")


def test_addresses_abroad_keep_their_postcode_and_lose_the_country_line() -> None:
    lines = ("Muster GmbH", "z. Hd. Sam Muster", "Musterstraße 5", "12345 Musterstadt", "GERMANY")
    assert read_address(lines, "DE") == {
        "name": "Muster GmbH",
        "address_line1": "z. Hd. Sam Muster",
        "address_line2": "Musterstraße 5",
        "address_city": "Musterstadt",
        "address_zip": "12345",
        "address_country": "DE",
    }


@pytest.mark.parametrize(
    ("lines", "country", "street", "city", "postcode"),
    [
        (("Unit 1", "Main Street", "DUBLIN"), "IE", "Unit 1", "DUBLIN", ""),
        (("Unit 1", "Main Street", "DUBLIN", "IRELAND"), "IE", "Unit 1", "DUBLIN", ""),
        (("Main Street", "Dublin, D02 X285"), "IE", "Main Street", "Dublin", "D02 X285"),
        (("2 Sample Road", "London", "SW1A 1AA"), "GB", "2 Sample Road", "London", "SW1A 1AA"),
        (("2 Sample Road", "London SW1A 1AA", "United Kingdom"), "GB", "2 Sample Road", "London", "SW1A 1AA"),
        (("2 Sample Road", "EXAMPLETON"), "GB", "2 Sample Road", "EXAMPLETON", ""),
        (("200 Sample St", "Springfield, IL 62704", "UNITED STATES"), "US", "200 Sample St", "Springfield", "62704"),
    ],
)
def test_town_postcode_and_country_are_told_apart(
    lines: tuple[str, ...], country: str, street: str, city: str, postcode: str
) -> None:
    read = read_address(("Example Ltd", *lines), country)
    assert (read["address_line1"], read["address_city"], read.get("address_zip", "")) == (street, city, postcode)


def test_what_is_too_long_for_an_envelope_is_refused_and_never_cut() -> None:
    name = "Example Verwaltungs- und Beteiligungsgesellschaft mbH"
    read = read_address((name, "Musterstraße 5", "12345 Musterstadt"), "DE")
    assert f"{read['name']} {read['company']}" == name
    for lines in ((name, "x" * 65, "12345 Musterstadt"), (name * 2, "Musterstraße 5", "12345 Musterstadt")):
        with pytest.raises(Refused, match="too long"):
            read_address(lines, "DE")
    with pytest.raises(Refused, match="needs a street"):
        read_address(("Example Ltd", "London", "SW1A 1AA"), "GB")
