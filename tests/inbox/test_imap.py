"""A mailbox read over IMAP, against a real server on loopback."""

from collections.abc import Iterator

import pytest
from imap_tools import BaseMailBox

from goodterms.core.refusal import Refusal
from goodterms.inbox.imap import FetchCounts, InboxUnavailable, check_mailbox, count_set_aside, fetch_unseen
from tests.inbox.imap_server import Dovecot, running_dovecot
from tests.inbox.samples import as_mail


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    with running_dovecot() as running:
        yield running


def test_every_unseen_mail_is_taken_once_and_byte_for_byte(dovecot: Dovecot) -> None:
    mails = [as_mail(f"Mail {number} Grüße", Message_ID=f"<{number}@x.example>") for number in range(3)]
    for mail in mails:
        dovecot.deliver(mail)
    assert check_mailbox(dovecot.server()) == 3
    taken: list[bytes] = []
    assert fetch_unseen(dovecot.server(), taken.append) == FetchCounts(3, 0)
    assert sorted(taken) == sorted(mails)
    assert fetch_unseen(dovecot.server(), taken.append) == FetchCounts(0, 0)


def test_a_mail_is_marked_only_once_it_was_taken_in(dovecot: Dovecot) -> None:
    dovecot.deliver(as_mail("bad"))
    dovecot.deliver(as_mail("good"))
    taken: list[bytes] = []

    def take(raw: bytes) -> None:
        if b"bad" in raw:
            raise ValueError("cannot be stored")
        taken.append(raw)

    assert fetch_unseen(dovecot.server(), take) == FetchCounts(1, 1)
    assert len(taken) == 1
    assert check_mailbox(dovecot.server()) == 1


def test_a_refused_or_huge_mail_is_flagged_and_keeps_nobody_waiting(
    dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("goodterms.inbox.imap.MOST_AT_ONCE", 2)
    monkeypatch.setattr("goodterms.inbox.imap.LARGEST_MAIL", 5_000)
    for body in ("for nobody", "x" * 6_000, "good"):
        dovecot.deliver(as_mail(body))

    def take(raw: bytes) -> None:
        if b"nobody" in raw:
            raise Refusal("No organisation has its inbox there.")

    assert fetch_unseen(dovecot.server(), take) == FetchCounts(taken=0, set_aside=2)
    assert count_set_aside(dovecot.server()) == 2
    assert fetch_unseen(dovecot.server(), take) == FetchCounts(taken=1)
    assert fetch_unseen(dovecot.server(), take) == FetchCounts()


def test_mails_taken_in_are_moved_where_a_folder_is_named(dovecot: Dovecot) -> None:
    dovecot.deliver(as_mail())
    server = dovecot.server(done_folder="Done")
    assert fetch_unseen(server, lambda raw: None).taken == 1
    assert list((dovecot.folder / "mail" / ".Done" / "cur").iterdir())


def test_a_wrong_password_is_said_in_a_sentence(dovecot: Dovecot) -> None:
    with pytest.raises(InboxUnavailable, match=r"refuses the name 'inbox' or its password; correct inbox\.username"):
        fetch_unseen(dovecot.server(password="wrong"), lambda raw: None)


def test_a_missing_folder_is_said_in_a_sentence(dovecot: Dovecot) -> None:
    with pytest.raises(InboxUnavailable, match=r"folder 'Nowhere' cannot be opened"):
        fetch_unseen(dovecot.server(folder="Nowhere"), lambda raw: None)


def test_a_server_that_is_not_there_is_said_in_a_sentence(dovecot: Dovecot) -> None:
    server = dovecot.server()
    unreachable = type(server)(server.host, 1, "none", "x", "y")
    with pytest.raises(InboxUnavailable, match=r"cannot be read: .*; no mail is lost"):
        fetch_unseen(unreachable, lambda raw: None)


def test_a_server_without_tls_is_said_in_a_sentence(dovecot: Dovecot) -> None:
    for security in ("tls", "starttls"):
        with pytest.raises(InboxUnavailable):
            fetch_unseen(dovecot.server(security=security), lambda raw: None)


def test_a_connection_lost_on_the_way_is_opened_again(dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
    import imaplib

    from goodterms.inbox import imap

    for number in range(2):
        dovecot.deliver(as_mail(str(number)))
    whole = imap._bytes_of
    lost: list[str] = []

    def drop_once(mailbox: BaseMailBox, uid: str) -> bytes | None:
        lost.append(uid)
        if len(lost) == 2:
            raise imaplib.IMAP4.abort("connection reset")
        return whole(mailbox, uid)

    monkeypatch.setattr(imap, "_bytes_of", drop_once)
    assert fetch_unseen(dovecot.server(), lambda raw: None) == FetchCounts(taken=2)
