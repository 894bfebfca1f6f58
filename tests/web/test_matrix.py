"""The table of every address and every kind of visitor; a new address without an entry fails here."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.web.world import World

VISITORS = ("owner", "viewer", "stranger", "anonymous")
SIGN_IN = "/accounts/login/"


@dataclass(frozen=True)
class Entry:
    """How an address answers each visitor: a status, with ``>`` before where it leads."""

    owner: str
    viewer: str
    stranger: str
    anonymous: str
    method: str = "get"
    row: str = ""
    data: dict[str, str] = field(default_factory=dict)


def page(row: str = "") -> Entry:
    """A page of an organisation: for its members, not there for strangers."""
    return Entry("200", "200", "404", f"302>{SIGN_IN}", row=row)


def deed(row: str, **data: str) -> Entry:
    """Something a member with a right to act does."""
    return Entry("303>/o/", "403", "404", f"302>{SIGN_IN}", method="post", row=row, data=data)


ENTRIES = {
    "start": Entry("302>/o/example-supplies/", "302>/o/example-supplies/", "302>/o/others/", f"302>{SIGN_IN}"),
    "organisations": Entry("200", "200", "200", f"302>{SIGN_IN}"),
    "today": page(),
    "today-automatic": page(),
    "today-waiting": page(),
    "task": page("task"),
    "task-sheet": page("task"),
    "task-finish": deed("task", outcome="Reached"),
    "call-log": deed("task", outcome="reached"),
    "customers": page(),
    "customer": page("customer"),
    "case": page("customer"),
    "case-decide": deed("customer", choice="dropped", reason="Too small."),
    "customer-items": page("customer"),
    "customer-timeline": page("customer"),
    "profile-override": deed("customer", profile="red_tape", reason="They need a PO."),
    "profile-restore": deed("customer"),
    "hold-place": deed("customer", until="2026-03-31", reason="illness"),
    "hold-lift": deed("hold"),
    "contact-add": deed("customer", name="Kim", role="buyer", email="kim@customer.example"),
    "contact-correct": deed("contact", name="Sam", role="buyer", email="sam@customer.example"),
    "inbox": page(),
    "reply": page("reply"),
    "reply-html": page("reply"),
    "reply-original": page("reply"),
    "reply-handle": deed("reply", reading="none"),
    "reply-refuse": deed("reply", kind="promise"),
    "reply-assign": deed("reply", customer="C1"),
    "reply-file": page("reply_file"),
    "mail-in": Entry("404", "404", "404", "404", method="post"),
    "message": page("sent"),
    "message-html": page("sent"),
    "message-original": page("sent"),
    "message-approve": deed("waiting"),
    "message-refuse": deed("waiting", reason="They called."),
    "message-settle": deed("uncertain", settlement="sent"),
    "outbox": page(),
    "problems": page(),
    "problem-resolve": deed("problem"),
    "problem-reopen": deed("problem"),
    "search": page(),
    "sms-status": Entry("404", "404", "404", "404", method="post"),
    "sms-inbound": Entry("404", "404", "404", "404", method="post"),
    "account_login": Entry("302>/", "302>/", "302>/", "200"),
    "account_logout": Entry("200", "200", "200", "302>/"),
    "account_signup": Entry("302>/", "302>/", "302>/", "200"),
    "account_inactive": Entry("200", "200", "200", "200"),
    "account_change_password": Entry("200", "200", "200", f"302>{SIGN_IN}"),
    "account_set_password": Entry("302>/", "302>/", "302>/", f"302>{SIGN_IN}"),
    "account_reauthenticate": Entry("200", "200", "200", f"302>{SIGN_IN}"),
}


def addresses(patterns: list[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns)
        else:
            yield pattern


def address_of(name: str, world: World) -> str:
    pattern = next(one for one in addresses(get_resolver().url_patterns) if one.name == name)
    arguments: dict[str, object] = {}
    if "pk" in pattern.pattern.converters:
        arguments["pk"] = getattr(world, ENTRIES[name].row).pk
    if name == "mail-in":
        arguments |= {"secret": "not-the-secret", "provider": "raw"}
    elif not name.startswith("account") and name not in ("start", "organisations", "sms-status", "sms-inbound"):
        arguments["slug"] = world.ours.slug
    return reverse(name, kwargs=arguments)


def test_every_address_has_an_entry_in_the_matrix() -> None:
    names = {pattern.name for pattern in addresses(get_resolver().url_patterns)}
    assert names == set(ENTRIES)


@pytest.mark.parametrize("visitor", VISITORS)
@pytest.mark.parametrize("name", ENTRIES)
def test_matrix_of_every_address_and_visitor(name: str, visitor: str, world: World) -> None:
    entry = ENTRIES[name]
    status, _, target = getattr(entry, visitor).partition(">")
    client = world.client(visitor)
    address = address_of(name, world)
    answer = client.post(address, entry.data) if entry.method == "post" else client.get(address)
    assert answer.status_code == int(status), answer.content[:500]
    if target:
        assert answer["Location"].startswith(target)


DEEDS = [name for name, entry in ENTRIES.items() if entry.method == "post"]


@pytest.mark.parametrize("name", DEEDS)
def test_matrix_of_deeds_that_looking_at_never_does(name: str, world: World) -> None:
    assert world.client("owner").get(address_of(name, world)).status_code == 405


@pytest.mark.parametrize("name", [name for name, entry in ENTRIES.items() if entry.row])
def test_matrix_of_rows_that_belong_to_another_organisation(name: str, world: World) -> None:
    """A member of one organisation cannot reach its neighbour's rows through their own address either."""
    entry = ENTRIES[name]
    address = address_of(name, world).replace(f"/o/{world.ours.slug}/", f"/o/{world.theirs.slug}/")
    client = world.client("stranger")
    answer = client.post(address, entry.data) if entry.method == "post" else client.get(address)
    assert answer.status_code == 404
