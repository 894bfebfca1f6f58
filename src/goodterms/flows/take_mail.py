"""A mail arrives at the installation: whose inbox it is for, and taken in there."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from goodterms.core.refusal import Refusal
from goodterms.flows.reply_address import customer_of_address
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
    mail = parse_mail(raw)
    told = (*(address.strip().lower() for address in also_to), *mail.recipients)
    mail = replace(mail, recipients=tuple(dict.fromkeys(told)))
    return take_reply(find_inbox(mail.recipients, slug), raw, now=now, parsed=mail)


def find_inbox(recipients: Sequence[str], slug: str) -> Organisation:
    """The organisation that one of these addresses belongs to: by a customer's token, as it stands there, then without
    what stands behind a plus; raises MailForNobody.
    """
    organisations = list(Organisation.objects.defer("logo").order_by("pk"))
    inboxes = [(one.inbox_address.lower(), one) for one in organisations if one.inbox_address]
    plain = {_PLUS.sub("@", address) for address in recipients}
    named = [one for one in organisations if one.slug == slug]
    candidates = [
        *(one for _, one in inboxes if any(customer_of_address(one, address) for address in recipients)),
        *(one for own, one in inboxes if own in recipients),
        *(one for own, one in inboxes if _PLUS.sub("@", own) in plain),
        *(named or (organisations if len(organisations) == 1 and not slug else [])),
    ]
    if not candidates:
        raise MailForNobody(recipients)
    return candidates[0]
