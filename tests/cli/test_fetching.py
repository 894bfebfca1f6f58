"""Mail is fetched on a schedule, from a real mailbox into rows; a mailbox out of reach holds nothing up."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings

from goodterms.cli.mailbox import fetch_mail, mail_fetcher
from goodterms.cli.worker import Worker
from goodterms.flows.reply_address import reply_address_of
from goodterms.flows.take_mail import MailForNobody, find_inbox, take_mail
from goodterms.followup.models import Reply
from goodterms.inbox.imap import InboxUnavailable
from goodterms.project.configuration import InboxSettings, UnusableSettings, read_configuration
from tests.factories import make_customer, make_organisation
from tests.inbox.imap_server import HOST, PASSWORD, USER, running_dovecot
from tests.inbox.samples import as_mail

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


def use(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    given = InboxSettings(mode="imap", host=HOST, port=port, security="none", username=USER, password=PASSWORD)
    monkeypatch.setattr(settings, "CONFIGURATION", settings.CONFIGURATION.model_copy(update={"inbox": given}))


def test_mail_goes_from_a_real_mailbox_into_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    customer = make_customer(make_organisation())
    with running_dovecot() as dovecot:
        use(monkeypatch, dovecot.port)
        raw = as_mail("We will pay on Friday.", From="c1@customer.example")
        dovecot.deliver(raw)
        assert fetch_mail().taken == 1
        assert fetch_mail().taken == 0
    reply = Reply.objects.get()
    assert (bytes(reply.content), reply.customer) == (raw, customer)


def test_the_worker_fetches_as_often_as_told_and_goes_on_without(home: Path) -> None:
    calls: list[datetime] = []
    moment = [NOON]

    def fetch() -> None:
        calls.append(moment[0])
        raise InboxUnavailable("The mailbox cannot be read.")

    worker = Worker(home=home, channels={}, clock=lambda: moment[0], run_hour=6, fetch_mail=fetch)
    for seconds in (0, 5, 59, 60, 90):
        moment[0] = NOON + timedelta(seconds=seconds)
        worker.work_once()
    assert calls == [NOON, NOON + timedelta(seconds=60)]


def test_without_a_mailbox_the_worker_fetches_nothing() -> None:
    assert mail_fetcher() is None


def test_a_mail_goes_to_the_organisation_whose_inbox_it_was_sent_to() -> None:
    one = make_organisation(inbox_address="inbox@one.example")
    other = make_organisation(slug="other", inbox_address="inbox+all@other.example")
    assert find_inbox(["x@y.example", "inbox+c1-abc@one.example"], "other") == one
    assert find_inbox(["inbox@other.example"], "") == other
    assert find_inbox(["x@y.example"], "other") == other
    with pytest.raises(MailForNobody):
        find_inbox(["x@y.example"], "")


def test_organisations_that_share_a_mailbox_are_told_apart_by_what_stands_behind_the_plus() -> None:
    acme = make_organisation(slug="acme", inbox_address="in+acme@supplies.example")
    beta = make_organisation(slug="beta", inbox_address="in+beta@supplies.example")
    assert find_inbox(["in+beta@supplies.example"], "") == beta
    assert find_inbox(["in+acme@supplies.example"], "") == acme
    customer = make_customer(beta, "B1")
    assert find_inbox(["in+acme@supplies.example", reply_address_of(beta, customer.pk)], "") == beta
    assert find_inbox(["in+else@supplies.example"], "") == acme


def test_the_envelope_leads_a_mail_to_its_customer_as_its_headers_do() -> None:
    organisation = make_organisation(inbox_address="inbox@supplies.example")
    customer = make_customer(organisation)
    raw = as_mail("Hello", From="who@elsewhere.example", To="undisclosed-recipients:;")
    reply = take_mail(raw, now=NOON, also_to=[reply_address_of(organisation, customer.pk)])
    assert reply.customer == customer


@pytest.mark.parametrize(
    ("line", "words"),
    [('mode = "imap"', "inbox.host or inbox.username is empty"), ('webhook_secret = "short"', "at least 20 letters")],
)
def test_settings_of_the_inbox_that_cannot_work_are_refused(home: Path, line: str, words: str) -> None:
    (home / "settings.toml").write_text(f"[inbox]\n{line}\n", "utf-8")
    with pytest.raises(UnusableSettings, match=words) as refused:
        read_configuration({"GOODTERMS_HOME": str(home)})
    assert "short'" not in str(refused.value)
