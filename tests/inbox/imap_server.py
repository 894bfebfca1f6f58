"""A real IMAP server on loopback for the tests: Debian's dovecot with a private configuration, without privileges."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from goodterms.inbox.imap import ImapServer

HOST = "127.0.0.1"
USER, PASSWORD = "inbox", "a-test-word"
DOVECOT = shutil.which("dovecot") or ("/usr/sbin/dovecot" if Path("/usr/sbin/dovecot").exists() else "")
CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
mail_uid = {user}
mail_gid = {group}
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:{folder}/mail
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/home
}}
"""


@dataclass
class Dovecot:
    """The running server; ``deliver`` lays a mail into its inbox as a mail server would."""

    port: int
    folder: Path
    count: int = 0

    def deliver(self, raw: bytes) -> None:
        self.count += 1
        inbox = self.folder / "mail"
        name = f"{1_700_000_000 + self.count}.M{self.count}P1.test"
        (inbox / "tmp" / name).write_bytes(raw)
        if os.getuid() == 0:
            shutil.chown(inbox / "tmp" / name, "nobody")
        (inbox / "tmp" / name).rename(inbox / "new" / name)

    def server(self, **given: object) -> ImapServer:
        values: dict[str, object] = {"security": "none", "username": USER, "password": PASSWORD, "timeout_seconds": 5}
        return ImapServer(HOST, self.port, **(values | given))  # type: ignore[arg-type]  # a test's own values


@contextmanager
def running_dovecot() -> Iterator[Dovecot]:
    """Start dovecot for a test; where it is not installed: one clear line, and with CI=true a failure."""
    if not DOVECOT:
        if os.environ.get("CI") == "true":
            pytest.fail("dovecot is not on this machine; install Debian's dovecot-imapd (tools/test-parts does).")
        pytest.skip("dovecot is not on this machine: the tests of IMAP were left out.")
    folder = Path(tempfile.mkdtemp(prefix="goodterms-imap-"))
    with socket.create_server((HOST, 0)) as probe:
        port = probe.getsockname()[1]
    process = _start(folder, port)
    try:
        _wait_for(port, folder)
        yield Dovecot(port, folder)
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def _start(folder: Path, port: int) -> "subprocess.Popen[bytes]":
    is_root = os.getuid() == 0
    user = "nobody" if is_root else pwd.getpwuid(os.getuid()).pw_name
    entry = pwd.getpwnam(user)
    group = _group_name(entry.pw_gid)
    for name in ("run", "state", "home", "mail", "mail/tmp", "mail/new", "mail/cur"):
        (folder / name).mkdir()
    words = {"folder": folder, "user": user, "group": group, "port": port, "password": PASSWORD}
    (folder / "dovecot.conf").write_text(CONFIGURATION.format(**words))
    if is_root:
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, entry.pw_uid, entry.pw_gid)
    ids = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []} if is_root else {}
    return subprocess.Popen([DOVECOT, "-F", "-c", str(folder / "dovecot.conf")], **ids)  # type: ignore[call-overload,no-any-return]


def _group_name(gid: int) -> str:
    import grp

    return grp.getgrgid(gid).gr_name


def _wait_for(port: int, folder: Path) -> None:
    for _ in range(100):
        try:
            with socket.create_connection((HOST, port), timeout=1) as connection:
                if connection.recv(4) == b"* OK":
                    return
        except OSError:
            time.sleep(0.05)
    log = folder / "log"
    pytest.fail(f"dovecot did not start: {log.read_text() if log.exists() else 'no log'}")
