"""A telephone number that is certainly a mobile one takes texts: in international form, from import and by hand."""

from datetime import datetime
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodterms.flows.import_ledger import import_path
from goodterms.flows.write_contact import Particulars, write_contact
from goodterms.importers.reading import Wishes
from goodterms.ledger.models import Contact
from goodterms.organizations.phones import mobile_number
from tests.conftest import NOW
from tests.factories import make_customer, make_organisation
from tests.importing import write


@pytest.mark.parametrize(
    ("written", "country", "number"),
    [
        ("07700 900123", "GB", ""),  # kept free for fiction: no operator has it
        ("07400 123456", "GB", "+447400123456"),
        ("+44 (0)7400 123456", "GB", "+447400123456"),
        ("0044 7400-123456", "GB", "+447400123456"),
        ("01632 960001", "GB", ""),
        ("0151 23456789", "DE", "+4915123456789"),
        ("+49 151 23456789", "GB", "+4915123456789"),
        ("030 123456", "DE", ""),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("(212) 555-0100", "US", ""),
        ("+44 7400 123456", "", "+447400123456"),
        ("07400 123456", "", ""),
        ("ask for Sam", "GB", ""),
        ("", "GB", ""),
    ],
)
def test_mobile_numbers_in_international_form(written: str, country: str, number: str) -> None:
    assert mobile_number(written, country) == number


@given(st.sampled_from(["GB", "DE", "FR", "NL", "IE", "AT", "CH"]), st.integers(10**7, 10**11))
def test_the_quick_way_says_what_looking_it_up_in_full_says(country: str, digits: int) -> None:
    written = f"0{digits}"
    number = phonenumbers.parse(written, country)
    is_mobile = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
    full = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if is_mobile else ""
    assert mobile_number(written, country) == full


@pytest.mark.django_db
def test_a_contact_written_by_hand_gets_its_mobile_number_and_a_new_number_works_again(now: datetime) -> None:
    customer = make_customer(make_organisation(), email=None)
    given_first = Particulars(name="Kim", role="buyer", email="", phone="07400 123456")
    contact = write_contact(customer.organisation, customer, given_first, actor="Robin", now=now)
    assert contact.mobile == "+447400123456"
    Contact.objects.update(phone_failed_at=now)
    contact.refresh_from_db()
    same = Particulars(name="Kim Example", role="buyer", email="", phone="07400 123456")
    write_contact(customer.organisation, customer, same, actor="Robin", now=now, contact=contact)
    assert Contact.objects.get().phone_failed_at == now
    other = Particulars(name="Kim Example", role="buyer", email="", phone="01632 960001")
    write_contact(customer.organisation, customer, other, actor="Robin", now=now, contact=contact)
    kept = Contact.objects.get()
    assert (kept.mobile, kept.phone_failed_at) == ("", None)


@pytest.mark.django_db
def test_a_column_of_mobile_numbers_is_for_texts_and_updates_them(home: Path) -> None:
    organisation = make_organisation(country="US")

    def imported(lines: str) -> Contact:
        file = write(home, f"Customer No,Customer,Country,Contact,Email,Phone,Mobile\n{lines}", "customers.csv")
        import_path(organisation.pk, file, Wishes(), now=NOW, today=NOW.date())
        return Contact.objects.get(email="kim@customer.example")

    line = "C1,Example Inc,US,Kim Example,kim@customer.example,(212) 555-0100"
    assert imported(f"{line},\n").mobile == ""
    assert imported(f"{line},(212) 555-0123\n").mobile == "+12125550123"
    assert imported(f"{line},\n").mobile == "+12125550123"
    kept = imported(f"{line.replace('0100', '0199')},(212) 555-0124\n")
    assert (kept.phone, kept.mobile) == ("+1 212-555-0199", "+12125550124")


@pytest.mark.django_db
def test_whoever_has_a_mobile_number_alone_is_called_there(home: Path) -> None:
    organisation = make_organisation()
    lines = "Customer,Country,Contact,Mobile\nExample Ltd,GB,Kim Example,07400 123456\n"
    import_path(organisation.pk, write(home, lines, "customers.csv"), Wishes(), now=NOW, today=NOW.date())
    kept = Contact.objects.get()
    assert (kept.phone, kept.mobile) == ("+44 7400 123456", "+447400123456")
