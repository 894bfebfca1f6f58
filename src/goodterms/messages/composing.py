"""Facts and a template into a finished message."""

from dataclasses import replace

from goodterms.messages.catalog import find_template
from goodterms.messages.context import describe_facts
from goodterms.messages.facts import Facts
from goodterms.messages.html_layout import lay_out_html
from goodterms.messages.languages import Language, language_of
from goodterms.messages.letter import make_letter, one_line
from goodterms.messages.message import PAYMENT_CODE_CID, Image, Message
from goodterms.messages.parts import Part, PaymentDetails, take_apart
from goodterms.messages.payment import draw_payment_code
from goodterms.messages.templates import BLOCK_START, Rendered, TemplateFault, compile_words, find_words, render_words
from goodterms.messages.text_layout import lay_out_text

SUBJECT_LIMIT = 150


def compose(facts: Facts, template: str, language: str, source: str | None = None) -> Message:
    """The message of a template (or of a user's own ``source`` for it) in a language.

    Raises TemplateUnknown, LanguageUnknown, or TemplateFault when the words print a fact that is not there. Composing
    does not judge: a message may leave only when ``check`` finds no fault in it.
    """
    tongue = language_of(language)
    kind = find_template(template)
    words = compile_words(source, tongue) if source is not None else find_words(template, tongue)
    rendered = render_words(words, describe_facts(facts, tongue))
    if BLOCK_START in rendered.subject:
        raise TemplateFault("The subject holds a block such as a table; only the body may.")
    parts = take_apart(rendered, facts, tongue, asks_money=kind.asks_money)
    images = _pictures(parts, facts, asks_money=kind.asks_money)
    subject = _fit_subject(rendered)
    has_code = any(image.cid == PAYMENT_CODE_CID for image in images)
    message = Message(
        template=template,
        language=tongue.code,
        subject=subject,
        text=lay_out_text(parts, facts, tongue),
        html=lay_out_html(subject, parts, facts, tongue, has_payment_code=has_code),
        summary=_summarise(subject, facts, tongue) if kind.asks_money else subject,
        sender_name=f"{facts.speaker.name}, {facts.sender.name}" if facts.speaker.is_person else facts.sender.name,
        sender_email=facts.sender.email,
        reply_to=facts.speaker.email,
        recipient_name=facts.recipient.name,
        recipient_email=facts.recipient.email,
        images=images,
    )
    if kind.medium != "letter":
        return message
    letter = make_letter(subject, parts, facts, tongue, kind)
    return replace(message, letter=letter, recipient_email=one_line(facts.recipient.postal), attachments=facts.copies)


def _pictures(parts: tuple[Part, ...], facts: Facts, *, asks_money: bool) -> tuple[Image, ...]:
    has_payment = any(isinstance(part, PaymentDetails) for part in parts)
    code = draw_payment_code(facts) if has_payment and asks_money else None
    return tuple(image for image in (facts.sender.logo, code) if image)


def _fit_subject(rendered: Rendered) -> str:
    """At most the limit, cut between words."""
    subject = rendered.subject
    if len(subject) <= SUBJECT_LIMIT:
        return subject
    return subject[: SUBJECT_LIMIT - 1].rsplit(" ", 1)[0] + "…"


def _summarise(subject: str, facts: Facts, language: Language) -> str:
    """One line for the timeline: the subject, and what was asked for."""
    total = language.amounts([statement.total for statement in facts.statements])
    return f"{subject} ({total})" if total and total not in subject else subject
