"""Hand-overs into a folder: the receipt names the file below the installation's folder."""

from pathlib import Path

from goodterms.channels.agency import AgencyChannel
from tests.channels.messages import make_message
from tests.conftest import NOW


def test_the_receipt_does_not_say_where_the_installation_lies(tmp_path: Path) -> None:
    channel = AgencyChannel(tmp_path / "agency")
    receipt = channel.hand_over("1/1/key", channel.prepare("1/1/key", make_message(), NOW))
    assert receipt.text.startswith("written to agency/")
    assert str(tmp_path) not in receipt.text
