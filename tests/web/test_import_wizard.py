"""Import: a file is brought, seen, asked about, tried without keeping anything, imported; and the first steps."""

import re
from unittest import mock

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from goodterms.flows.bring_file import give_file
from goodterms.flows.carry_out_import import run_next_upload
from goodterms.followup.models import ImportUpload, UploadedContent
from goodterms.ledger.models import Contact, DataProblem, ImportBatch, Invoice
from goodterms.organizations.models import Change, Membership, Organisation
from tests.conftest import NOW
from tests.factories import make_organisation, make_user
from tests.web.world import OPEN_ITEMS, World

pytestmark = pytest.mark.django_db

UNCLEAR = b"""Invoice Number,Customer,Invoice Date,Due Date,Currency,Open Amount
N-1,Example Newcomer Ltd,03/01/2026,03/02/2026,GBP,500.00
"""
MARKS = b"""Invoice Number;Customer;Invoice Date;Due Date;Currency;Open Amount
N-1;Example Newcomer Ltd;2026-01-03;2026-02-03;GBP;1.234
"""
OWN_HEADINGS = b"""Our Sign,Customer,Invoice Date,Due Date,Currency,Open Amount
N-1,Example Newcomer Ltd,2026-01-05,2026-02-04,GBP,500.00
"""
CONTACTS = b"""Customer Number,Customer,Contact,Email
C1,Example Customer C1 Ltd,Kim Example,kim@customer.example
"""


def at(world: World, name: str, *given: object) -> str:
    return reverse(name, args=[world.ours.slug, *given])


def bring(world: World, content: bytes, name: str = "list.csv") -> ImportUpload:
    answer = world.client("manager").post(at(world, "import-give"), {"file": SimpleUploadedFile(name, content)})
    assert answer.status_code == 303
    found = re.search(r"/import/(\d+)/", answer["Location"])
    assert found
    return ImportUpload.objects.get(pk=found[1])


def look(world: World, upload: ImportUpload) -> str:
    answer = world.client("manager").get(at(world, "import-file", upload.pk))
    assert answer.status_code == 200
    return str(answer.content.decode())


def attempt(world: World, upload: ImportUpload, **changed: str) -> ImportUpload:
    """Try the file with the form as it is shown, and these fields changed."""
    client = world.client("manager")
    form = client.get(at(world, "import-file", upload.pk)).context["form"]
    values = {name: form[name].value() for name in form.fields}
    shown = {name: str(value) for name, value in values.items() if value not in (None, False)}
    answer = client.post(at(world, "import-try", upload.pk), {**shown, **changed})
    assert answer.status_code == 303, answer.content.decode()
    return ImportUpload.objects.get(pk=upload.pk)


def keep(world: World, upload: ImportUpload) -> ImportUpload:
    assert world.client("manager").post(at(world, "import-do", upload.pk)).status_code == 303
    return ImportUpload.objects.get(pk=upload.pk)


def test_the_columns_are_shown_with_examples_and_what_they_are_taken_for(world: World) -> None:
    page = look(world, bring(world, OPEN_ITEMS))
    assert "Recognised as Invoices" in page
    assert "Example Newcomer Ltd" in page
    assert '<option value="due_date" selected>Due date</option>' in page


def test_a_trial_says_what_would_happen_and_keeps_nothing(world: World) -> None:
    before = Invoice.objects.count()
    tried = attempt(world, bring(world, OPEN_ITEMS))
    assert tried.state == "checked"
    assert (tried.report["counts"]["invoices_new"], tried.report["counts"]["rows_bad"]) == (2, 1)
    assert Invoice.objects.count() == before
    assert not ImportBatch.objects.exists()
    page = look(world, tried)
    assert "What the import would do" in page
    assert "not a day" in page


def test_a_file_that_was_tried_is_imported_and_then_forgotten(world: World) -> None:
    done = keep(world, attempt(world, bring(world, OPEN_ITEMS)))
    assert done.state == "done"
    assert Invoice.objects.filter(organisation=world.ours, number__in=["N-1", "N-2"]).count() == 2
    assert not UploadedContent.objects.filter(upload=done).exists()
    assert DataProblem.objects.filter(organisation=world.ours, file_name="list.csv").count() == 1
    assert at(world, "problems") in look(world, done)
    change = Change.objects.get(kind="import")
    assert (change.actor, change.after["invoices_new"]) == ("manager@supplies.example", 2)


def test_nothing_is_imported_that_was_not_tried_first(world: World) -> None:
    given = bring(world, OPEN_ITEMS)
    assert keep(world, given).state == "given"
    assert not ImportBatch.objects.exists()


def test_problems_are_a_table_to_work_through(world: World) -> None:
    tried = attempt(world, bring(world, OPEN_ITEMS.replace(b"not a day", b"=1+1")))
    answer = world.client("manager").get(at(world, "import-problems", tried.pk))
    table = answer.getvalue().decode()
    assert answer["Content-Type"].startswith("text/csv")
    assert "Due Date" in table
    assert "'=1+1" in table


def test_dates_that_can_be_read_in_two_ways_are_asked(world: World) -> None:
    asked = attempt(world, bring(world, UNCLEAR))
    assert asked.state == "asks"
    page = look(world, asked)
    assert "can be read day first or month first. Which is it?" in page
    assert "03/01/2026" in page
    assert "please say" in page
    assert "--dates" not in page
    keep(world, attempt(world, asked, dates="dmy"))
    assert str(Invoice.objects.get(number="N-1").due_date) == "2026-02-03"


def test_decimal_marks_are_asked(world: World) -> None:
    asked = attempt(world, bring(world, MARKS))
    assert "Which mark divides the decimals?" in look(world, asked)
    keep(world, attempt(world, asked, decimal=","))
    assert Invoice.objects.get(number="N-1").open_amount_minor == 1_234_00


def test_a_column_with_an_unknown_heading_is_chosen(world: World) -> None:
    given = bring(world, OWN_HEADINGS)
    assert "Say below which column it is." in look(world, given)
    tried = attempt(world, given, column_0="number")
    assert (tried.state, tried.report["counts"]["customers_new"]) == ("checked", 1)
    keep(world, tried)
    assert "were imported before" in look(world, bring(world, OWN_HEADINGS))


def test_one_field_cannot_be_in_two_columns(world: World) -> None:
    given = bring(world, OPEN_ITEMS)
    fields = {"column_0": "number", "column_1": "number"}
    answer = world.client("manager").post(at(world, "import-try", given.pk), fields)
    assert answer.status_code == 422
    assert "Another column is this already." in answer.content.decode()


def test_customers_with_their_contacts_are_imported_likewise(world: World) -> None:
    keep(world, attempt(world, bring(world, CONTACTS)))
    assert Contact.objects.filter(customer=world.customer, email="kim@customer.example").exists()


def test_a_file_of_another_kind_is_refused_where_it_was_chosen(world: World) -> None:
    for name, content in (("list.csv", b"%PDF-1.7"), ("list.csv", b"MZ\x90\0"), ("list.html", b"<html>")):
        sent = {"file": SimpleUploadedFile(name, content)}
        answer = world.client("manager").post(at(world, "import-give"), sent)
        assert answer.status_code == 422
        assert "not of a kind" in answer.content.decode()


def test_a_large_file_is_left_to_a_worker_and_its_progress_shown(world: World) -> None:
    with mock.patch("goodterms.web.views.imports.SMALL_BYTES", 0):
        waiting = attempt(world, bring(world, OPEN_ITEMS))
    assert waiting.state == "waiting"
    address = at(world, "import-progress", waiting.pk)
    assert "Waits for a worker" in look(world, waiting)
    assert "Waits for a worker" in world.client("manager").get(address).content.decode()
    done = run_next_upload("worker", lambda: NOW)
    assert done is not None
    assert ImportUpload.objects.get(pk=waiting.pk).state == "checked"
    assert world.client("manager").get(address)["HX-Refresh"] == "true"
    assert run_next_upload("worker", lambda: NOW) is None


def test_a_file_is_forgotten_when_somebody_says_so(world: World) -> None:
    given = bring(world, OPEN_ITEMS)
    world.client("manager").post(at(world, "import-drop", given.pk))
    assert not UploadedContent.objects.filter(upload=given).exists()
    assert world.client("manager").get(at(world, "import-file", given.pk)).status_code == 404


def newcomer() -> tuple[Organisation, Client]:
    organisation = make_organisation(slug="newcomer", iban="", sender_email="")
    client = Client()
    client.force_login(make_user(organisation, email="owner@newcomer.example"))
    return organisation, client


def steps_of(organisation: Organisation, client: Client) -> tuple[bool, bool] | None:
    guide = client.get(reverse("today", args=[organisation.slug])).context["guide"]
    return None if guide is None else (guide.is_set_up, guide.has_invoices)


def test_the_first_steps_tick_themselves_off() -> None:
    organisation, client = newcomer()
    assert steps_of(organisation, client) == (False, False)
    Organisation.objects.filter(pk=organisation.pk).update(iban="GB33BUKB20201555555555", sender_email="a@new.example")
    assert steps_of(organisation, client) == (True, False)
    upload = give_file(organisation, "open.csv", OPEN_ITEMS, actor="Robin Example", now=NOW)
    client.post(reverse("import-try", args=[organisation.slug, upload.pk]), {"column_1": "customer_name"} | COLUMNS)
    client.post(reverse("import-do", args=[organisation.slug, upload.pk]))
    assert steps_of(organisation, client) == (True, True)
    assert client.get(reverse("first-preview", args=[organisation.slug])).status_code == 200
    assert steps_of(organisation, client) is None


COLUMNS = {"column_0": "number", "column_2": "issue_date", "column_3": "due_date", "column_4": "currency",
           "column_5": "amount", "column_6": "open"}  # fmt: skip


def test_an_organisation_at_work_sees_no_first_steps(world: World) -> None:
    assert steps_of(world.ours, world.client("owner")) is None


def test_the_example_is_an_organisation_of_its_own_from_which_nothing_leaves() -> None:
    organisation, client = newcomer()
    answer = client.post(reverse("example-try", args=[organisation.slug]), follow=True)
    made = Organisation.objects.get(slug="example-supplies-ltd")
    assert made.is_test_mode
    assert Membership.objects.get(organisation=made).role == "owner"
    assert answer.context["total"] > 10
    assert not Invoice.objects.filter(organisation=organisation).exists()
    client.post(reverse("example-try", args=[organisation.slug]))
    assert Organisation.objects.count() == 2
