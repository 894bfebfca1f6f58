"""Members and invitations: who joins, who leaves, and who may say so."""

from datetime import timedelta

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse

from goodterms.flows.approvals import is_manager
from goodterms.followup.models import TimelineEvent
from goodterms.organizations.models import Change, Invitation, Membership, User
from goodterms.web.invitations import write_token
from tests.conftest import NOW
from tests.factories import make_task
from tests.web.test_accounts import link_in
from tests.web.world import World, make_debtor, make_invitation

pytestmark = pytest.mark.django_db


def at(world: World, name: str, *arguments: object) -> str:
    return reverse(name, args=[world.ours.slug, *arguments])


def invite(world: World, email: str = "kim@supplies.example", **given: str) -> Client:
    client = world.client("owner")
    data = {"email": email, "role": "collector", **given}
    client.post(at(world, "member-invite"), data)
    return client


def test_a_colleague_joins_by_the_link_in_a_letter(world: World, mailoutbox: list[EmailMessage]) -> None:
    invite(world, is_limited="on")
    (letter,) = mailoutbox
    assert letter.to == ["kim@supplies.example"]
    assert "Robin Example invites you" in letter.subject
    browser, link = Client(), link_in(letter)
    assert "Join Example Supplies Ltd" in browser.get(link).content.decode()
    joined = browser.post(link, {"name": "Kim Example", "password": "a sentence of my own"})
    assert joined["Location"] == at(world, "today")
    assert browser.get(at(world, "today")).status_code == 200, "and is signed in"
    member = Membership.objects.get(user__email="kim@supplies.example")
    assert (member.role, member.has_own_customers_only, str(member.user)) == ("collector", True, "Kim Example")
    assert Client().get(link).status_code == 410, "the link works once"


def test_a_weak_password_is_refused_at_the_field_and_nobody_joins(world: World, mailoutbox: list[EmailMessage]) -> None:
    invite(world)
    answer = Client().post(link_in(mailoutbox[0]), {"name": "Kim", "password": "short"})
    assert answer.status_code == 422
    assert "at least 10 characters" in answer.content.decode()
    assert not User.objects.filter(email="kim@supplies.example").exists()


@pytest.mark.parametrize(
    "name", ["Robin Example", " robin  EXAMPLE ", "manager@supplies.example", "command line", "GoodTerms"]
)
def test_nobody_joins_under_the_name_of_another(world: World, mailoutbox: list[EmailMessage], name: str) -> None:
    invite(world)
    answer = Client().post(link_in(mailoutbox[0]), {"name": name, "password": "a sentence of my own"})
    assert (answer.status_code, "choose a name by which you are told apart" in answer.content.decode()) == (422, True)
    assert not User.objects.filter(email="kim@supplies.example").exists()


def test_an_address_is_asked_before_a_name(world: World) -> None:
    User.objects.filter(pk=world.people["collector"].pk).update(first_name="manager@supplies.example")
    assert is_manager(world.ours, "manager@supplies.example")
    User.objects.filter(pk=world.people["collector"].pk).update(first_name="Robin", last_name="Example")
    assert is_manager(world.ours, "Robin Example") is False
    assert is_manager(world.ours, "Nobody") is None


def test_a_person_with_an_account_joins_with_that_one_alone(world: World, mailoutbox: list[EmailMessage]) -> None:
    invite(world, "stranger@others.example")
    link = link_in(mailoutbox[0])
    data = {"name": "Somebody", "password": "a sentence of my own"}
    Client().post(link, data)
    world.client("viewer").post(link, data)
    assert not Membership.objects.filter(organisation=world.ours, user=world.people["stranger"]).exists()
    assert not world.people["stranger"].check_password("a sentence of my own")
    known = world.client("stranger")
    assert known.post(link)["Location"] == at(world, "today")
    assert known.get(at(world, "today")).status_code == 200


@pytest.mark.parametrize("why", ["old", "withdrawn", "renewed", "forged"])
def test_a_link_that_does_not_hold_opens_nothing(world: World, why: str) -> None:
    invitation = world.invitation
    token = write_token(invitation)
    if why == "old":
        Invitation.objects.update(expires_at=NOW - timedelta(seconds=1))
        invitation.refresh_from_db()
        token = write_token(invitation)
    elif why == "forged":
        token = token[:-1] + ("a" if token[-1] != "a" else "b")
    else:
        world.client("owner").post(at(world, "invitation-withdraw", invitation.pk))
        if why == "renewed":
            Invitation.objects.update(withdrawn_at=None, expires_at=NOW + timedelta(days=9))
    page = reverse("account-invitation", args=[token])
    assert Client().get(page).status_code == 410
    assert Client().post(page, {"name": "Kim", "password": "a sentence of my own"}).status_code == 410
    assert not User.objects.filter(email=invitation.email).exists()


@pytest.mark.parametrize(
    ("email", "why"),
    [
        ("viewer@supplies.example", "is a member already"),
        ("invited@supplies.example", "is invited already"),
        ("nobody", "is not an e-mail address"),
    ],
)
def test_an_impossible_invitation_is_explained_at_the_field(world: World, email: str, why: str) -> None:
    answer = world.client("owner").post(at(world, "member-invite"), {"email": email, "role": "viewer"})
    assert answer.status_code == 422
    assert why in answer.content.decode()
    assert Invitation.objects.count() == 1


def test_a_letter_that_cannot_leave_gives_the_inviter_the_link(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise ConnectionRefusedError("no server")

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    page = invite(world).get(at(world, "members")).content.decode()
    assert "Hand them this link yourself" in page
    assert "/accounts/invitation/" in page


def test_a_role_is_changed_and_the_change_is_on_record(world: World) -> None:
    data = {"role": "collector", "is_limited": "on"}
    world.client("owner").post(at(world, "member-change", world.member.pk), data)
    world.member.refresh_from_db()
    assert (world.member.role, world.member.has_own_customers_only) == ("collector", True)
    change = Change.objects.get(kind="member")
    assert (change.actor, change.subject) == ("Robin Example", "viewer@supplies.example")
    assert change.before == {"role": "viewer", "has_own_customers_only": False}
    assert change.after == {"role": "collector", "has_own_customers_only": True}


def test_owners_and_managers_are_never_limited(world: World) -> None:
    world.client("owner").post(at(world, "member-change", world.member.pk), {"role": "manager", "is_limited": "on"})
    world.member.refresh_from_db()
    assert (world.member.role, world.member.has_own_customers_only) == ("manager", False)


@pytest.mark.parametrize("deed", ["member-change", "member-remove"])
def test_the_last_owner_stays(world: World, deed: str) -> None:
    own = Membership.objects.get(user=world.people["owner"])
    answer = world.client("owner").post(at(world, deed, own.pk), {"role": "viewer"})
    assert answer.status_code == 422
    assert "is the only owner" in answer.content.decode()
    assert Membership.objects.get(pk=own.pk).role == "owner"
    Membership.objects.filter(pk=world.member.pk).update(role="owner")
    assert world.client("owner").post(at(world, deed, own.pk), {"role": "viewer"}).status_code == 303


def test_who_is_removed_looks_in_no_more_and_leaves_the_customers_to_others(world: World) -> None:
    world.customer.collector = world.member
    world.customer.save()
    visitor = world.client("viewer")
    assert visitor.get(at(world, "today")).status_code == 200
    world.client("owner").post(at(world, "member-remove", world.member.pk))
    assert visitor.get(at(world, "today")).status_code == 404
    world.customer.refresh_from_db()
    assert world.customer.collector is None


@pytest.mark.parametrize("deed", ["member-remove", "member-change"])
def test_what_somebody_had_in_hand_is_everybodys_when_they_do_it_no_more(world: World, deed: str) -> None:
    own = Membership.objects.get(user=world.people["collector"])
    name = "collector@supplies.example"
    for row in (world.task, world.reply, world.dispute):
        type(row).objects.filter(pk=row.pk).update(owner=name)
    done = make_task(world.customer, owner=name, done_at=NOW, done_by=name)
    theirs = make_task(make_debtor(world.theirs, "T1"), owner=name)
    world.client("owner").post(at(world, deed, own.pk), {"role": "viewer"})
    for row in (world.task, world.reply, world.dispute, done, theirs):
        row.refresh_from_db()
    assert [world.task.owner, world.reply.owner, world.dispute.owner] == ["", "", ""]
    assert (done.owner, theirs.owner) == (name, name)
    (line,) = TimelineEvent.objects.filter(kind="owner_left")
    assert (line.customer, line.actor) == (world.customer, "Robin Example")
    assert line.text == f"{name} no longer looks after 3 open matters here; they are anybody's now."


def test_a_member_of_another_organisation_cannot_be_touched(world: World) -> None:
    other = Membership.objects.get(user=world.people["stranger"])
    theirs = make_invitation(world.theirs, "x@others.example")
    client = world.client("owner")
    for name, pk in (("member-change", other.pk), ("member-remove", other.pk), ("invitation-withdraw", theirs.pk)):
        assert client.post(at(world, name, pk), {"role": "viewer"}).status_code == 404
    assert Membership.objects.filter(pk=other.pk, role="owner").exists()


def test_customers_are_given_by_their_numbers(world: World) -> None:
    client = world.client("manager")
    answer = client.post(at(world, "member-customers", world.member.pk), {"numbers": "C1, C99\nC1"}, follow=True)
    page = answer.content.decode()
    assert "1 customer is now served" in page
    assert "No customer has the number C99" in page
    world.customer.refresh_from_db()
    assert world.customer.collector == world.member
    change = Change.objects.get(kind="customer")
    assert (change.before, change.after) == ({"collector": None}, {"collector": "viewer@supplies.example"})
