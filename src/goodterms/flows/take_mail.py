"""A mail arrives at the installation: whose inbox it is for, and taken in there."""

import re
from collections.abc import Sequence
from datetime import datetime

from goodterms.core.refusal import Refusal
from goodterms.flows.take_reply import take_reply
from goodterms.followup.models import Reply
from goodterms.inbox.parse_mail import parse_mail
from goodterms.organizations.models import Organisation

_PLUS = re.compile(r"\+[^@]*@")


class MailForNobody(Refusal):
    """Nobody can say which organisation a mail is for."""

    def __init__(self, recipients: Sequence[str]) -> None:
        super().__init__(
            f"No organisation has its inbox at {', '.join(recipients[:3]) or 'the address it was sent to'}; give the "
            "organisation this inbox address, or name one organisation for the mailbox in the settings ([inbox])."
        )


def take_mail(raw: bytes, *, now: datetime, slug: str = "", also_to: Sequence[str] = ()) -> Reply:
    """Take the mail in for the organisation whose inbox it was sent to, else for ``slug``, else for the only one.

    ``also_to`` are recipients that the envelope names. Raises MailForNobody.
    """
    recipients = (*(address.lower() for address in also_to), *parse_mail(raw).recipients)
    return take_reply(find_inbox(recipients, slug), raw, now=now)


def find_inbox(recipients: Sequence[str], slug: str) -> Organisation:
    """The organisation that one of these addresses belongs to; raises MailForNobody."""
    wanted = {_PLUS.sub("@", address) for address in recipients}
    organisations = list(Organisation.objects.defer("logo").order_by("pk"))
    for organisation in organisations:
        own = organisation.inbox_address.lower()
        if own and _PLUS.sub("@", own) in wanted:
            return organisation
    named = [organisation for organisation in organisations if organisation.slug == slug]
    found = named or (organisations if len(organisations) == 1 and not slug else [])
    if not found:
        raise MailForNobody(recipients)
    return found[0]
