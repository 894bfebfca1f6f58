"""An organisation's own words for a template come into force, or give way to the shipped ones again."""

from datetime import datetime

from django.db import transaction

from goodterms.core.refusal import Refusal
from goodterms.followup.models import TemplateVersion
from goodterms.messages.catalog import TemplateUnknown, find_template
from goodterms.messages.languages import WORDS, LanguageUnknown, language_of
from goodterms.messages.message import Fault
from goodterms.messages.validating import validate_template
from goodterms.organizations.changes import write_change
from goodterms.organizations.models import Change, Organisation

LONGEST_REASON = 500


class WordsFaulty(Refusal):
    """Words that cannot be used; ``faults`` holds every reason."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        super().__init__(" ".join(str(fault) for fault in faults))


class NoSuchTemplate(Refusal):
    """There is no such template, or no words in that language."""


class SameWords(Refusal):
    """The words are those in force."""

    def __init__(self) -> None:
        super().__init__("These are the words in force already; nothing was kept.")


@transaction.atomic
def publish_template(
    organisation: Organisation, template: str, language: str, source: str, *, reason: str, actor: str, now: datetime
) -> TemplateVersion:
    """Make ``source`` the organisation's words, from the next message on.

    Raises WordsFaulty with every fault (a name that is no fact, an amount or date of its own, rude or missing words),
    NoSuchTemplate, or SameWords.
    """
    plain = tidy_source(source)
    faults = check_source(template, language, plain)
    if faults:
        raise WordsFaulty(faults)
    return _put_in_force(organisation, template, language, plain, reason=reason, actor=actor, now=now)


@transaction.atomic
def restore_shipped(
    organisation: Organisation, template: str, language: str, *, reason: str, actor: str, now: datetime
) -> TemplateVersion:
    """Let the shipped words speak again, as a version of its own. Raises NoSuchTemplate or SameWords."""
    shipped_source(template, language)
    return _put_in_force(organisation, template, language, "", reason=reason, actor=actor, now=now)


def check_source(template: str, language: str, source: str) -> tuple[Fault, ...]:
    """Every fault of a source; raises NoSuchTemplate."""
    try:
        return validate_template(tidy_source(source), template, language)
    except (TemplateUnknown, LanguageUnknown) as error:
        raise NoSuchTemplate(str(error)) from error


def shipped_source(template: str, language: str) -> str:
    """The shipped words as they are written; raises NoSuchTemplate."""
    try:
        find_template(template)
        folder = WORDS / language_of(language).code
    except (TemplateUnknown, LanguageUnknown) as error:
        raise NoSuchTemplate(str(error)) from error
    file = folder / f"{template}.liquid"
    if not file.is_file():
        raise NoSuchTemplate(f"There are no words for {template} in the language {language}.")
    return file.read_text("utf-8")


def tidy_source(source: str) -> str:
    """With line ends as the shipped files have them; forms send others."""
    return source.replace("\r\n", "\n").replace("\r", "\n").strip("\n") + "\n"


def _put_in_force(
    organisation: Organisation, template: str, language: str, source: str, *, reason: str, actor: str, now: datetime
) -> TemplateVersion:
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    rows = TemplateVersion.objects.filter(organisation=organisation, template=template, language=language)
    last = rows.filter(is_current=True).first()
    before = last.source if last else ""
    if before == source or (not before and source == tidy_source(shipped_source(template, language))):
        raise SameWords
    newest = rows.order_by("-number").values_list("number", flat=True).first() or 0
    rows.filter(is_current=True).update(is_current=False)
    version = TemplateVersion.objects.create(
        organisation=organisation,
        template=template,
        language=language,
        number=newest + 1,
        source=source,
        reason=reason.strip()[:LONGEST_REASON],
        published_by=actor[:200],
        published_at=now,
    )
    write_change(
        organisation,
        Change.Kind.TEMPLATE,
        f"Template {template} in {language}, version {version.number}",
        before={"source": before or "the shipped words"},
        after={"source": source or "the shipped words"},
        actor=actor,
        now=now,
        key=f"{template}/{language}",
    )
    return version
