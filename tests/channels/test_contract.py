"""What every channel must keep to: the contract of channels.port, for each of them and for the tests' own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from goodterms.channels.agency import AgencyChannel
from goodterms.channels.call import CallChannel
from goodterms.channels.certified import CertifiedChannel
from goodterms.channels.folder import FolderChannel, file_name
from goodterms.channels.letter import LetterChannel
from goodterms.channels.lob import LobAccount
from goodterms.channels.port import TEST_MODE, Channel, Unavailable
from goodterms.channels.sms_folder import SmsFolderChannel
from goodterms.channels.smtp import SmtpChannel
from goodterms.channels.twilio import TwilioChannel
from goodterms.channels.wiring import channels_from
from goodterms.followup.models import Task
from goodterms.outbox.models import Effect, SentMessage
from tests.channels.messages import make_message
from tests.channels.servers import Mailbox, bad_server, mail_server, plain_server
from tests.channels.twilio_server import TwilioServer, twilio_server
from tests.conftest import NOW
from tests.outbox.relaying import RememberingChannel, make_queue, relay

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Bench:
    """A channel, what reached its other side, and the same channel out of reach."""

    channel: Channel
    arrived: Callable[[], list[bytes]]
    unreachable: Channel | None = None


def folder_bench(folder: Path) -> Bench:
    (folder / "file").write_text("in the way of a folder")
    blocked = FolderChannel(folder / "file" / "outbox")
    return Bench(FolderChannel(folder), lambda: [path.read_bytes() for path in folder.glob("*.eml")], blocked)


def paper_bench(
    folder: Path, kind: type[LetterChannel | AgencyChannel | SmsFolderChannel], ending: str = "pdf"
) -> Bench:
    (folder / "file").write_text("in the way of a folder")
    written = lambda: [path.read_bytes() for path in folder.glob(f"*.{ending}")]  # noqa: E731
    return Bench(kind(folder), written, kind(folder / "file" / "letters"))


def call_bench() -> Bench:
    def sheets() -> list[bytes]:
        return [f"{task.title}\n\n{task.detail}".encode() for task in Task.objects.filter(kind="call")]

    return Bench(CallChannel(), sheets)


def remembering_bench() -> Bench:
    channel = RememberingChannel()

    def out_of_reach() -> None:
        raise Unavailable("gone", is_whole=True)

    return Bench(
        channel,
        lambda: [parcel.content for _, parcel in channel.accepted],
        RememberingChannel(is_reachable=out_of_reach),
    )


@pytest.fixture(params=["smtp", "folder", "letter", "certified", "agency", "call", "sms", "twilio", "remembering"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    if request.param == "smtp":
        mailbox = Mailbox()
        with mail_server(mailbox) as port, bad_server({"CONNECT": "drop"}) as down:
            channel = SmtpChannel(plain_server(port))
            arrived = lambda: [envelope.original_content or b"" for envelope in mailbox.taken]  # noqa: E731
            yield Bench(channel, arrived, SmtpChannel(plain_server(down.port)))
            channel.close()
    elif request.param == "twilio":
        with twilio_server() as server, bad_server({"CONNECT": "drop"}) as down:
            channel_to_twilio = TwilioChannel(server.account())
            sent = lambda: [form["Body"].encode() for form in server.taken]  # noqa: E731
            yield Bench(channel_to_twilio, sent, TwilioChannel(server.account(api=f"http://127.0.0.1:{down.port}")))
            channel_to_twilio.close()
    else:
        makers = {
            "folder": lambda: folder_bench(tmp_path),
            "letter": lambda: paper_bench(tmp_path, LetterChannel),
            "certified": lambda: paper_bench(tmp_path, CertifiedChannel),
            "agency": lambda: paper_bench(tmp_path, AgencyChannel, "zip"),
            "sms": lambda: paper_bench(tmp_path, SmsFolderChannel, "txt"),
            "call": call_bench,
            "remembering": remembering_bench,
        }
        yield makers[request.param]()


@pytest.fixture
def effect(bench: Bench) -> Effect:
    """An effect of the channel's kind, in the database."""
    kind = bench.channel.name.partition(" ")[0]
    return make_queue(1, channel=kind if kind in ("call", "letter", "certified", "agency", "sms") else "email")[0]


def test_contract_names_fit_their_columns(bench: Bench) -> None:
    assert 0 < len(bench.channel.name) <= Effect._meta.get_field("transport").max_length  # type: ignore[operator]
    assert 0 < len(bench.channel.content_type) <= SentMessage._meta.get_field("content_type").max_length  # type: ignore[operator]


def test_contract_preparing_is_pure(bench: Bench, effect: Effect) -> None:
    """The same key, message and moment give the same bytes, and nothing has happened."""
    parcels = [bench.channel.prepare(effect.key, make_message(), NOW) for _ in range(2)]
    assert parcels[0] == parcels[1]
    assert parcels[0].recipients[0] == "sam@customer.example"
    assert bench.arrived() == []


def test_contract_exactly_the_prepared_bytes_arrive(bench: Bench, effect: Effect) -> None:
    parcel = bench.channel.prepare(effect.key, make_message(), NOW)
    bench.channel.open()
    receipt = bench.channel.hand_over(effect.key, parcel)
    assert bench.arrived() == [parcel.content]
    assert receipt.text


def test_contract_opening_again_does_no_harm(bench: Bench, effect: Effect) -> None:
    for _ in range(3):
        bench.channel.open()
    bench.channel.close()
    bench.channel.close()
    bench.channel.hand_over(effect.key, bench.channel.prepare(effect.key, make_message(), NOW))
    assert len(bench.arrived()) == 1


def test_contract_a_repeat_is_harmless_where_the_channel_says_so(bench: Bench, effect: Effect) -> None:
    parcel = bench.channel.prepare(effect.key, make_message(), NOW)
    for _ in range(2):
        bench.channel.hand_over(effect.key, parcel)
    assert len(bench.arrived()) == (1 if bench.channel.retry_is_safe else 2)


def test_contract_out_of_reach_means_that_nothing_was_handed_over(bench: Bench, effect: Effect) -> None:
    if bench.unreachable is None:
        assert bench.channel.name == "call", "only the database itself cannot be out of reach"
        return
    with pytest.raises(Unavailable) as outage:
        bench.unreachable.open()
    assert outage.value.is_whole
    assert bench.arrived() == []


def test_contract_letters_never_printed_every_channel_is_relayed_to_its_end(bench: Bench, effect: Effect) -> None:
    counts = relay({effect.channel: bench.channel})
    effect.refresh_from_db()
    assert (counts.sent, effect.state, effect.transport) == (1, "sent", bench.channel.name)
    assert [bytes(message.content) for message in SentMessage.objects.all()] == bench.arrived()
    assert SentMessage.objects.get().content_type == bench.channel.content_type


def test_contract_every_wired_channel_is_of_this_shape(tmp_path: Path) -> None:
    by_smtp, by_folder = channels_from(tmp_path, plain_server(25)), channels_from(tmp_path, None)
    assert [by_smtp["email"].name, by_folder["email"].name] == ["smtp", "folder"]
    assert [by_smtp["email"].leaves_machine, by_folder["email"].leaves_machine] == [True, False]
    by_twilio = channels_from(tmp_path, None, TwilioServer().account())
    assert [by_twilio["sms"].name, by_folder["sms"].name] == ["twilio", "sms folder"]
    assert [by_twilio["sms"].leaves_machine, by_folder["sms"].leaves_machine] == [True, False]
    assert not by_twilio["sms" + TEST_MODE].leaves_machine
    by_lob = channels_from(tmp_path, None, lob=LobAccount("test_key"))
    assert [by_lob[kind].name for kind in ("letter", "certified")] == ["lob", "lob certified"]
    assert not by_lob["letter" + TEST_MODE].leaves_machine
    for channels in (by_smtp, by_folder, by_twilio, by_lob):
        assert not channels["email" + TEST_MODE].leaves_machine, "nothing leaves in test mode"
        assert len({channel.name for channel in channels.values()}) == len(channels)


def test_two_effects_never_share_a_file() -> None:
    keys = ["1/1/p/c/s/1/email/a@b.example", "1/1/p/c/s/1/email/A@b.example", "1/1/p/c/s/1/email/a%2Fb", "odd", "odd/"]
    assert len({file_name(key) for key in keys}) == len(keys)
    assert file_name(keys[0]).startswith("1-c-s-1-")
    assert all(len(file_name("/".join("x" * 200 for _ in range(8)))) < 120 for _ in keys)
