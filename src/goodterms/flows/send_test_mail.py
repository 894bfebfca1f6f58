"""A message as a test to oneself: through the channel that messages leave by, and never to a customer."""

from dataclasses import replace
from datetime import datetime

from goodterms.channels.email import mail_address
from goodterms.channels.port import Channel, Receipt, Refused, Unavailable
from goodterms.core.refusal import Refusal
from goodterms.ledger.models import Contact, Customer
from goodterms.messages.message import Message
from goodterms.organizations.models import Organisation, User


class TestMailRefused(Refusal):
    """The test mail was not sent."""

    __test__ = False


def send_test_mail(
    organisation: Organisation, user: User, message: Message, channel: Channel, now: datetime
) -> Receipt:
    """Hand the message to ``channel`` with the person's own account address as its only recipient.

    The address is the account's, never one that is typed in; copies and the reply address are taken away; and an
    address that any customer's contact has is refused. Raises TestMailRefused, also where the channel cannot take it.
    """
    address = user.email
    if is_address_of_customer(organisation, address):
        raise TestMailRefused(f"{address} is also an address of a customer, so no test is sent there.")
    if not message.html:
        raise TestMailRefused("Only words of an e-mail or a letter can be sent as a test mail.")
    test = replace(
        message,
        subject=f"[Test] {message.subject}",
        recipient_email=address,
        recipient_name=str(user),
        reply_to=address,
        cc=(),
        attachments=(),
        letter=None,
    )
    key = f"test/{organisation.pk}/{user.pk}/{message.template}/{now.isoformat()}"
    try:
        parcel = channel.prepare(key, test, now)
        if set(parcel.recipients) != {mail_address(address)}:
            raise TestMailRefused("The test mail would have gone to somebody else, so it was not sent.")
        channel.open()
        return channel.hand_over(key, parcel)
    except (Refused, Unavailable) as error:
        raise TestMailRefused(f"The test mail was not sent: {error}") from error
    finally:
        channel.close()


def is_address_of_customer(organisation: Organisation, address: str) -> bool:
    """Whether a contact of any customer has this address."""
    contacts = Contact.objects.filter(organisation=organisation, email__iexact=address)
    owners = Customer.objects.filter(organisation=organisation)
    return contacts.filter(customer__in=owners).exists()
