"""The letter of an invitation, and the signed link in it."""

import logging
from smtplib import SMTPException

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from goodterms.organizations.models import Invitation

SALT = "goodterms.web.invitations"
logger = logging.getLogger(__name__)


def link_to(request: HttpRequest, invitation: Invitation) -> str:
    """The link that opens the invitation; sending it again with a later end makes this one void."""
    address = reverse("account-invitation", args=[write_token(invitation)])
    return (settings.CONFIGURATION.server.public_address or request.build_absolute_uri("/").rstrip("/")) + address


def write_token(invitation: Invitation) -> str:
    """The invitation's id and end, signed."""
    return signing.dumps([invitation.pk, int(invitation.expires_at.timestamp())], salt=SALT)


def find_invitation(token: str) -> Invitation | None:
    """The invitation that a token of ours names, while it is open; how long it holds the flow looks at."""
    try:
        pk, end = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    found = Invitation.objects.select_related("organisation").defer("organisation__logo").filter(pk=pk).first()
    is_open = found is not None and found.accepted_at is None and found.withdrawn_at is None
    return found if found and is_open and int(found.expires_at.timestamp()) == end else None


def send_invitation(request: HttpRequest, invitation: Invitation) -> bool:
    """Send the letter; False where it could not leave, so that the link can be handed over in another way."""
    words = {"invitation": invitation, "link": link_to(request, invitation)}
    names = {"name": invitation.invited_by, "organisation": invitation.organisation.name}
    letter = EmailMessage(
        subject=_("%(name)s invites you to goodterms at %(organisation)s") % names,
        body=render_to_string("web/account/email/invitation.txt", words),
        to=[invitation.email],
    )
    try:
        letter.send()
    except (OSError, SMTPException) as error:
        logger.error("The invitation %s could not be sent: %s", invitation.pk, error)
        return False
    return True
