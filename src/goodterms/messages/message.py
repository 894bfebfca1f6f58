"""A finished message as a channel takes it, and the faults that keep one from leaving."""

from dataclasses import dataclass

from goodterms.messages.letter_content import Letter


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason why a message must not leave: a stable code, and a sentence saying what, where, how to mend."""

    code: str
    message: str

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True)
class Image:
    """A picture that the HTML part shows by ``cid:<cid>`` and that travels with the message."""

    cid: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that travels with the message."""

    file_name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """An e-mail in all its parts; ``text`` and ``html`` say the same, and so does ``letter``, where it is one.

    ``images`` holds what ``html`` refers to by ``cid:`` (logo, payment code). ``summary`` is one line for the timeline.
    ``recipient_email`` is the address that the medium needs: a call's phone number, a letter's address on one line.
    """

    template: str
    language: str
    subject: str
    text: str
    html: str
    summary: str
    sender_name: str
    sender_email: str
    reply_to: str
    recipient_name: str
    recipient_email: str
    cc: tuple[str, ...] = ()
    images: tuple[Image, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    letter: Letter | None = None

    @property
    def logo(self) -> Image | None:
        """The organisation's logo, when it has one."""
        return next((image for image in self.images if image.cid == LOGO_CID), None)


LOGO_CID = "logo"
PAYMENT_CODE_CID = "payment-code"
