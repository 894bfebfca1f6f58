"""The table of every address and every kind of visitor; a new address without an entry fails here."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import cast

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.conftest import NOW
from tests.web.policy_world import RULE, STEP, TRIAL, WORDS
from tests.web.world import PORTAL_TOKEN, World, make_debtor, make_link

VISITORS = ("owner", "manager", "collector", "viewer", "limited", "stranger", "anonymous", "debtor")
SIGN_IN = "/accounts/login/"


@dataclass(frozen=True)
class Entry:
    """How an address answers each visitor: a status, with ``>`` before where it leads.

    ``row`` names the world's row that the address is about, ``arguments`` what else stands in it. ``manager`` and
    ``collector`` are answered as the owner is unless it says otherwise, ``limited`` (a collector of other customers
    alone) as the collector unless there is a row of a customer, ``debtor`` (another one, in the portal) as anybody.
    """

    owner: str
    viewer: str
    stranger: str
    anonymous: str
    method: str = "get"
    row: str = ""
    data: dict[str, str] = field(default_factory=dict)
    manager: str = ""
    collector: str = ""
    limited: str = ""
    debtor: str = ""
    arguments: dict[str, str] = field(default_factory=dict)

    def answer_for(self, visitor: str) -> str:
        """The status that this visitor gets, and where it leads."""
        answer = getattr(self, visitor)
        if answer:
            return str(answer)
        if visitor == "debtor":
            return self.anonymous
        if visitor == "limited":
            as_collector = self.answer_for("collector")
            return "404" if self.row and as_collector != "403" else as_collector
        return self.owner


def page(row: str = "", **given: str) -> Entry:
    """A page of an organisation: for its members, not there for strangers."""
    return Entry("200", "200", "404", f"302>{SIGN_IN}", row=row, **given)  # type: ignore[arg-type]  # visitors by name


def deed(row: str, **data: str) -> Entry:
    """Something a member with a right to act does."""
    return Entry("303>/o/", "403", "404", f"302>{SIGN_IN}", method="post", row=row, data=data)


def own_deed(row: str, **data: str) -> Entry:
    """Something that concerns nobody but the person, whatever their role."""
    return Entry("303>/o/", "303>/o/", "404", f"302>{SIGN_IN}", method="post", row=row, data=data)


def act_page(row: str) -> Entry:
    """A form for members with a right to act."""
    return Entry("200", "403", "404", f"302>{SIGN_IN}", row=row)


def unlimited(entry: Entry) -> Entry:
    """The same, and never for those who see their own customers alone."""
    return replace(entry, limited="403")


def managers_page(row: str = "") -> Entry:
    """A page for owners and managers."""
    return Entry("200", "403", "404", f"302>{SIGN_IN}", row=row, collector="403")


def managers_deed(row: str = "", **data: str) -> Entry:
    """Something that owners and managers do."""
    return Entry("303>/o/", "403", "404", f"302>{SIGN_IN}", method="post", row=row, data=data, collector="403")


def owners_page(row: str = "") -> Entry:
    """A page for owners alone."""
    return Entry("200", "403", "404", f"302>{SIGN_IN}", row=row, collector="403", manager="403")


def owners_deed(row: str = "", **data: str) -> Entry:
    """Something that owners alone do."""
    return Entry(
        "303>/o/", "403", "404", f"302>{SIGN_IN}", method="post", row=row, data=data, collector="403", manager="403"
    )


def everyones(status: str, method: str = "get", **arguments: str) -> Entry:
    """An address that answers all alike."""
    return Entry(status, status, status, status, method=method, arguments=arguments, limited=status)


def own_account(status: str = "200", method: str = "get", **arguments: str) -> Entry:
    """A page about the signed-in person's own account."""
    return Entry(status, status, status, f"302>{SIGN_IN}", method=method, arguments=arguments)


ENTRIES = {
    "start": Entry("302>/o/example-supplies/", "302>/o/example-supplies/", "302>/o/others/", f"302>{SIGN_IN}"),
    "organisations": Entry("200", "200", "200", f"302>{SIGN_IN}"),
    "today": page(),
    "today-automatic": page(),
    "today-waiting": page(),
    "approvals": page(),
    "approval": page("waiting"),
    "approval-approve": deed("waiting"),
    "approval-refuse": deed("waiting", reason="They called."),
    "approval-edit": replace(deed("waiting", subject="Hello", words="Nothing to pay."), owner="422"),
    "approvals-bulk": deed("", deed="approve"),
    "approvals-bulk-do": deed("", deed="approve"),
    "questions": page(),
    "repairs": page(),
    "tasks-bulk": deed("", deed="assign"),
    "tasks-bulk-do": deed("", deed="assign"),
    "view-save": own_deed("", name="Mine"),
    "view-drop": replace(own_deed("saved_view"), manager="404", collector="404", viewer="404"),
    "call-mode": page(),
    "call-next": deed(""),
    "call-sheet": page("task"),
    "notices": page(),
    "notices-read": own_deed(""),
    "notice-open": own_deed("task"),
    "task": page("task"),
    "task-snooze": deed("task", until="2026-03-20"),
    "task-assign": deed("task", owner="Robin Example"),
    "task-mend": replace(deed("task", role="buyer", email="kim@customer.example"), owner="422"),
    "task-sheet": page("task"),
    "task-finish": deed("task", outcome="Reached"),
    "call-log": deed("task", outcome="reached"),
    "customers": page(),
    "customer": page("customer"),
    "case": page("customer"),
    "case-decide": deed("customer", choice="dropped", reason="Too small."),
    "customer-items": page("customer"),
    "customer-timeline": page("customer"),
    "customer-coming": page("customer"),
    "customer-outlook": page("customer"),
    "note-add": deed("customer", text="They build a new hall."),
    "call-new": page("customer"),
    "call-record": deed("customer", outcome="reached"),
    "call": page("call"),
    "recording": page("call"),
    "recording-add": deed("call"),
    "compose": page("customer"),
    "compose-look": Entry("200", "403", "404", f"302>{SIGN_IN}", method="post", row="customer"),
    "compose-send": Entry("422", "403", "404", f"302>{SIGN_IN}", method="post", row="customer"),
    "compose-page": Entry("404", "404", "404", f"302>{SIGN_IN}", row="customer"),
    "compose-picture": Entry("404", "404", "404", f"302>{SIGN_IN}", row="customer"),
    "statement": page("customer"),
    "evidence": page("customer"),
    "evidence-make": Entry("200", "403", "404", f"302>{SIGN_IN}", method="post", row="customer"),
    "details": page("customer"),
    "details-write": deed("customer", language="de"),
    "ap-profile": page("customer"),
    "ap-write": deed("customer", system="Coupa"),
    "ap-accept": deed("customer"),
    "letter-proofs": page("letter"),
    "proof-record": deed("letter", what="posted", day="2026-03-10", sending_number="RR1"),
    "proof-scan": replace(page("proof"), arguments={"part": "posting"}),
    "profile-override": deed("customer", profile="red_tape", reason="They need a PO."),
    "profile-restore": deed("customer"),
    "hold-place": deed("customer", until="2026-03-31", reason="illness"),
    "hold-lift": deed("hold"),
    "portal-link-make": replace(deed("customer", days="60"), owner="200"),
    "portal-link-revoke": deed("portal_link"),
    "portal": everyones("200", token=PORTAL_TOKEN),
    "portal-logo": everyones("404", token=PORTAL_TOKEN),
    "portal-document": everyones("404", token=PORTAL_TOKEN, pk="1000000"),
    "portal-accept": everyones("404", "post", token=PORTAL_TOKEN, kind="plan", pk="1000000"),
    "portal-form": everyones("200", token=PORTAL_TOKEN, what="paid"),
    "portal-send": replace(
        everyones("303>/p/", "post", token=PORTAL_TOKEN, what="write"), data={"form_key": "1", "words": "Hello."}
    ),
    "contact-add": deed("customer", name="Kim", role="buyer", email="kim@customer.example"),
    "contact-correct": deed("contact", name="Sam", role="buyer", email="sam@customer.example"),
    "invoices": page(),
    "invoice": page("invoice"),
    "invoice-document": page("documented"),
    "invoice-hold": deed("invoice", until="2026-03-31", reason="illness"),
    "invoice-dispute": deed("invoice", reason="wrong_price", amount="20"),
    "fee-waive": deed("claim", kind="good_will", reason="A good customer."),
    "promises": page(),
    "promise": page("promise"),
    "promise-withdraw": deed("promise", reason="A mistake."),
    "promise-make": deed("customer", by="2026-03-20", source="call"),
    "promise-new": act_page("customer"),
    "plans": page(),
    "plan": page("plan"),
    "plan-approve": managers_deed("large_plan"),
    "plan-accept": deed("plan", accepted_by="Sam Example", how="email"),
    "plan-cancel": deed("plan", reason="They paid."),
    "plan-change": act_page("running_plan"),
    "plan-change-propose": deed("running_plan", rhythm="weekly", first="2026-03-20", count="4"),
    "plan-propose": deed("customer", rhythm="monthly", first="2026-03-31", count="3"),
    "plan-new": act_page("customer"),
    "settlements": page(),
    "settlement": page("settlement"),
    "settlement-approve": managers_deed("draft"),
    "settlement-accept": deed("settlement", accepted_by="Sam Example", how="email"),
    "settlement-cancel": deed("settlement", reason="No."),
    "settlement-propose": deed("customer", pay="800", by="2026-03-24", reason="They close down."),
    "settlement-new": act_page("customer"),
    "disputes": page(),
    "dispute": page("dispute"),
    "dispute-reassign": deed("dispute", owner="Robin Example", due="2026-03-31"),
    "dispute-resolve": deed("dispute", resolution="unjustified"),
    "dispute-attach": deed("dispute"),
    "dispute-file": page("dispute_file"),
    "holds": page(),
    "hold": page("hold"),
    "hold-extend": deed("hold", until="2026-04-20"),
    "fees": page(),
    "fee-charge": deed("customer", reason="costs", amount="20", currency="GBP", period="once"),
    "fee-new": act_page("customer"),
    "printing": unlimited(page()),
    "batch-make": unlimited(deed("")),
    "batch": unlimited(page("batch")),
    "batch-pdf": unlimited(page("batch")),
    "batch-list": unlimited(page("batch")),
    "batch-manifest": unlimited(page("batch")),
    "batch-printed": unlimited(deed("batch", posted="2026-03-10")),
    "agency": page(),
    "agency-report": unlimited(deed("")),
    "agency-case": page("case"),
    "agency-file": page("handed_case"),
    "agency-hand-over": managers_deed("approved_case", agency="Example Collections"),
    "agency-recall": deed("case", reason="They paid."),
    "agency-close": deed("handed_case", reason="Paid in full."),
    "agency-open": managers_deed("customer"),
    "inbox": page(),
    "reply": page("reply"),
    "reply-html": page("reply"),
    "reply-original": page("reply"),
    "reply-handle": deed("reply", reading="none"),
    "reply-refuse": deed("reply", kind="promise"),
    "reply-assign": deed("reply", customer="C1"),
    "reply-give": deed("reply", owner="Robin Example"),
    "reply-snooze": deed("reply", until="2026-03-12"),
    "reply-file": page("reply_file"),
    "mail-in": everyones("404", "post", secret="not-the-secret", provider="raw"),
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
    "playbooks": page(),
    "playbook": replace(page(), arguments={"book": "forgetful"}),
    "playbook-save": replace(
        managers_deed(intent="Kindly.", entry="first", entry_level="2"), arguments={"book": "forgetful"}
    ),
    "step-new": replace(managers_page(), arguments={"book": "forgetful"}),
    "step-edit": replace(managers_page(), arguments={"book": "forgetful", "step": "friendly"}),
    "step-save": replace(managers_deed(**STEP), arguments={"book": "forgetful"}),
    "step-remove": replace(managers_deed(step="call"), arguments={"book": "forgetful"}),
    "rules": replace(page(), arguments={"kind": "profiles"}),
    "rule-new": replace(managers_page(), arguments={"kind": "verdicts"}),
    "rule-edit": replace(managers_page(), arguments={"kind": "profiles", "rule": "pays-within-terms"}),
    "rule-save": replace(managers_deed(**RULE), arguments={"kind": "profiles"}),
    "rule-move": replace(managers_deed(rule="pays-within-terms", to="up"), arguments={"kind": "profiles"}),
    "rule-remove": replace(managers_deed(rule="pays-within-terms"), arguments={"kind": "profiles"}),
    "draft": managers_page(),
    "draft-check": managers_deed(),
    "draft-numbers": managers_deed(grace_days="3", gap_days="4", weekly_cap="2", reply_wait_days="7"),
    "draft-publish": replace(managers_deed(reason="Better."), owner="422"),
    "draft-discard": managers_deed(),
    "policy-history": page(),
    "policy-compare": page(),
    "policy-revert": managers_deed(number="1", reason="It was better."),
    "what-if": managers_page(),
    "what-if-start": managers_deed(**TRIAL),
    "trial": managers_page("trial"),
    "trial-progress": managers_page("trial"),
    "trial-stop": managers_deed("trial"),
    "templates": page(),
    "template": replace(page(), arguments=WORDS),
    "template-shown": replace(page(), arguments=WORDS),
    "template-save": replace(managers_deed(source="No mark"), owner="422", arguments=WORDS),
    "template-check": replace(managers_deed(source="No mark"), owner="200", arguments=WORDS),
    "template-preview": replace(managers_deed(source="No mark"), owner="200", arguments=WORDS),
    "template-test": replace(managers_deed(), owner="200", arguments=WORDS),
    "template-restore": replace(managers_deed(), arguments=WORDS),
    "sms-status": everyones("404", "post"),
    "sms-inbound": everyones("404", "post"),
    "members": managers_page(),
    "member": managers_page("member"),
    "member-invite": owners_deed(email="new@supplies.example", role="viewer"),
    "member-change": owners_deed("member", role="collector"),
    "member-remove": owners_deed("member"),
    "member-customers": managers_deed("member", numbers="C1"),
    "invitation-send": owners_deed("invitation"),
    "invitation-withdraw": owners_deed("invitation"),
    "customer-collector": deed("customer", collector=""),
    "reports": page(),
    "report": replace(page(), arguments={"name": "ageing"}),
    "report-file": replace(page(), arguments={"name": "ageing"}, limited="404"),
    "reports-refresh": deed(""),
    "experiment": managers_page(),
    "experiment-start": managers_deed(share_percent="10", last_date="2027-01-31", reason="To know."),
    "experiment-stop": managers_deed(reason="Enough."),
    "settings": managers_page(),
    "settings-part": replace(managers_page(), arguments={"part": "pace"}),
    "settings-save": replace(managers_deed(sender_name="Robin Example"), arguments={"part": "senders"}),
    "settings-letter": managers_page(),
    "settings-mail": managers_page(),
    "settings-logo": managers_deed(remove="yes"),
    "settings-test-mail": managers_deed(),
    "settings-payment": owners_deed(iban="GB33BUKB20201555555555"),
    "settings-test-mode": owners_deed(is_test_mode="yes"),
    "imports": managers_page(),
    "import-give": replace(managers_deed(), owner="422"),
    "import-file": managers_page("upload"),
    "import-try": managers_deed("upload"),
    "import-do": managers_deed("upload"),
    "import-drop": managers_deed("upload"),
    "import-progress": managers_page("upload"),
    "import-problems": managers_page("upload"),
    "first-preview": managers_page(),
    "example-try": owners_deed(),
    "changes": managers_page(),
    "api-keys": owners_page(),
    "api-key-make": replace(owners_deed(name="Shop", role="viewer"), owner="200"),
    "api-key-revoke": owners_deed("api_key"),
    "account_login": Entry("302>/", "302>/", "302>/", "200"),
    "account_logout": Entry("200", "200", "200", "302>/"),
    "account_signup": Entry("302>/", "302>/", "302>/", "200"),
    "account_inactive": everyones("200"),
    "account_change_password": own_account(),
    "account_set_password": own_account("302>/"),
    "account_reauthenticate": own_account(),
    "account_reset_password": everyones("200"),
    "account_reset_password_done": everyones("200"),
    "account_reset_password_from_key": everyones("200", uidb36="1", key="not-a-key"),
    "account_reset_password_from_key_done": everyones("200"),
    "account-session-end": Entry("404", "404", "404", f"302>{SIGN_IN}", method="post", arguments={"pk": "1000000"}),
    "account-sessions-end-others": own_account("303>/accounts/security/", "post"),
    "account-invitation": everyones("410", token="not-a-token"),
    "mfa_index": own_account(),
    "mfa_authenticate": Entry("302>/", "302>/", "302>/", f"302>{SIGN_IN}"),
    "mfa_reauthenticate": own_account("302>/accounts/reauthenticate/"),
    "mfa_activate_totp": own_account("302>/accounts/reauthenticate/"),
    "mfa_deactivate_totp": own_account("404"),
    "mfa_view_recovery_codes": own_account("404"),
    "mfa_generate_recovery_codes": own_account("302>/accounts/reauthenticate/"),
    "mfa_download_recovery_codes": own_account("404"),
    "mfa_login_webauthn": Entry("302>/", "302>/", "302>/", f"302>{SIGN_IN}"),
    "mfa_add_webauthn": own_account("302>/accounts/reauthenticate/"),
    "mfa_reauthenticate_webauthn": own_account("302>/accounts/reauthenticate/"),
    "mfa_remove_webauthn": own_account("302>/accounts/reauthenticate/", pk="1000000"),
    "mfa_edit_webauthn": own_account("302>/accounts/reauthenticate/", pk="1000000"),
}


@dataclass(frozen=True)
class Address:
    """A named address, and the names of what stands in it."""

    name: str
    arguments: frozenset[str]


def addresses(
    patterns: list[URLPattern | URLResolver], space: str = "", arguments: frozenset[str] = frozenset()
) -> Iterator[Address]:
    """Every address of the table, with names as ``reverse`` takes them."""
    for pattern in patterns:
        regex = pattern.pattern.regex.groupindex if hasattr(pattern.pattern, "regex") else {}
        here = arguments | set(pattern.pattern.converters) | set(regex)
        if isinstance(pattern, URLResolver):
            yield from addresses(
                pattern.url_patterns, f"{space}{pattern.namespace}:" if pattern.namespace else space, here
            )
        else:
            yield Address(f"{space}{pattern.name}", here)


ADDRESSES = {address.name: address for address in addresses(get_resolver().url_patterns)}


def address_of(name: str, world: World) -> str:
    entry, arguments = ENTRIES[name], dict(ENTRIES[name].arguments)
    wanted = ADDRESSES[name].arguments
    if entry.row:
        arguments["pk"] = getattr(world, entry.row).pk
    if "slug" in wanted and "slug" not in arguments:
        arguments["slug"] = world.ours.slug
    return reverse(name, kwargs=arguments)


def test_every_address_has_an_entry_in_the_matrix() -> None:
    assert set(ADDRESSES) == set(ENTRIES)


def visit(client: Client, address: str, method: str, data: dict[str, str]) -> HttpResponse:
    """The answer of one visit, of which nothing stays."""
    with transaction.atomic():
        answer = client.post(address, data) if method == "post" else client.get(address, data)
        transaction.set_rollback(True)
    return cast(HttpResponse, answer)


def faults_of(name: str, visitor: str, world: World) -> Iterator[str]:
    """What this visitor is answered otherwise than the table says."""
    entry = ENTRIES[name]
    status, _, target = entry.answer_for(visitor).partition(">")
    data = entry.data if entry.method == "post" else {}
    answer = visit(world.client(visitor), address_of(name, world), entry.method, data)
    if answer.status_code != int(status):
        yield f"{visitor}: {answer.status_code} instead of {status}"
    elif target and not answer["Location"].startswith(target):
        yield f"{visitor}: to {answer['Location']} instead of {target}"


@pytest.mark.parametrize("name", ENTRIES)
def test_matrix_of_every_address_and_visitor(name: str, world: World) -> None:
    """One world serves all visitors of an address: whatever one of them does is taken back."""
    faults = [fault for visitor in VISITORS for fault in faults_of(name, visitor, world)]
    entry, address = ENTRIES[name], address_of(name, world)
    if entry.method == "post" and visit(world.client("owner"), address, "get", {}).status_code != 405:
        faults.append("looking at it does it")
    if entry.row:
        # A member of one organisation cannot reach its neighbour's rows through their own address either.
        neighbours = address.replace(f"/o/{world.ours.slug}/", f"/o/{world.theirs.slug}/")
        answer = visit(world.client("stranger"), neighbours, entry.method, entry.data)
        if answer.status_code != 404:
            faults.append(f"the row is there in another organisation: {answer.status_code}")
    assert faults == []


LISTS = [
    name
    for name, entry in ENTRIES.items()
    if not entry.row and entry.method == "get" and entry.owner == "200" and not name.startswith("portal")
]


def test_matrix_of_the_portal_and_every_kind_of_link(world: World) -> None:
    """A debtor reaches their own rows alone; whatever opens nothing is the same page, whyever it does not."""
    other = make_debtor(world.ours, "C9")
    make_link(other, "the-token-of-another-debtor")
    make_link(world.customer, "an-old-token", expires_at=NOW)
    make_link(world.customer, "a-revoked-token", revoked_at=NOW)
    rows: dict[str, dict[str, object]] = {
        "portal": {},
        "portal-form": {"what": "paid"},
        "portal-send": {"what": "write"},
        "portal-document": {"pk": world.documented.pk},
        "portal-accept": {"kind": "plan", "pk": world.plan.pk},
    }
    own = {"portal": 200, "portal-form": 200, "portal-send": 303, "portal-document": 200, "portal-accept": 303}
    others = {**own, "portal-document": 404, "portal-accept": 404}
    kinds = {PORTAL_TOKEN: own, "the-token-of-another-debtor": others}
    closed = ("an-old-token", "a-revoked-token", PORTAL_TOKEN[:-1] + "x")
    client, faults, pages = world.client("debtor"), [], set()
    for token in (*kinds, *closed):
        for name, given in rows.items():
            address = reverse(name, kwargs={"token": token, **given})
            method = "post" if name in ("portal-send", "portal-accept") else "get"
            answer = visit(client, address, method, {"form_key": "1", "words": "Hello."})
            wanted = kinds[token][name] if token in kinds else 404
            if answer.status_code != wanted:
                faults.append(f"{name} with {token}: {answer.status_code} instead of {wanted}")
            if token in closed:
                pages.add(answer.content)
    assert faults == []
    assert len(pages) == 1


def test_matrix_of_pages_that_name_no_customer_of_a_colleague(world: World) -> None:
    """Who sees their own customers only finds no trace of another one on any list."""
    client, naming = world.client("limited"), []
    for name in LISTS:
        answer = client.get(address_of(name, world), {"q": "C1", "kind": "", "state": ""})
        page = answer.getvalue() if answer.streaming else answer.content
        if world.customer.name.encode() in page:
            naming.append(name)
    assert naming == []
