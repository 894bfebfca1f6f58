"""A message composed and judged in one go: what it would say, and whether it may leave."""

from dataclasses import dataclass

from goodterms.messages.call_background import Background
from goodterms.messages.call_sheet import prepare_call
from goodterms.messages.catalog import TemplateUnknown, find_template
from goodterms.messages.checking import check, check_call, check_purpose, check_sms, doubt
from goodterms.messages.composing import compose
from goodterms.messages.facts import Facts
from goodterms.messages.languages import LanguageUnknown
from goodterms.messages.message import Fault, Message
from goodterms.messages.sms import compose_sms
from goodterms.messages.templates import TemplateFault


@dataclass(frozen=True, slots=True)
class Finished:
    """``message`` is there only without faults; ``draft`` is what could be composed all the same, to look at.

    ``doubts`` keep nothing from leaving: what a person's own words say and the account does not.
    """

    message: Message | None
    faults: tuple[Fault, ...]
    draft: Message | None
    doubts: tuple[Fault, ...] = ()


def finish(
    facts: Facts, template: str, language: str, *, background: Background | None = None, source: str | None = None
) -> Finished:
    """Compose and check; every way in which that can fail is a fault in a sentence. A call needs ``background``."""
    try:
        kind = find_template(template)
        faults = tuple(check_purpose(kind, facts))
        if faults:
            return Finished(None, faults, None)
        if kind.medium == "call" and background is not None:
            message = prepare_call(facts, background, template, language, source).as_message(facts)
            faults = check_call(message, facts)
        elif kind.medium == "sms":
            message = compose_sms(facts, template, language, source)
            faults = check_sms(message, facts)
        else:
            message = compose(facts, template, language, source)
            faults = check(message, facts)
    except TemplateUnknown as error:
        return _refuse("template_unknown", str(error))
    except LanguageUnknown as error:
        return _refuse("language_unknown", str(error))
    except TemplateFault as error:
        return _refuse("template_invalid", f"The template {template} cannot be used: {error} Mend the template.")
    return Finished(None if faults else message, faults, message, doubt(message, facts))


def _refuse(code: str, text: str) -> Finished:
    return Finished(None, (Fault(code, text),), None)
