"""Templates: the organisation's own words, tried on a customer as they are written, checked before they are kept."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from goodterms.core.refusal import Refusal
from goodterms.flows.publish_template import (
    NoSuchTemplate,
    WordsFaulty,
    check_source,
    publish_template,
    restore_shipped,
    tidy_source,
)
from goodterms.flows.send_test_mail import send_test_mail
from goodterms.ledger.models import Customer
from goodterms.messages.validating import SOURCE_LIMIT
from goodterms.web.access import Visit, go_back, looking, managing
from goodterms.web.mail_channel import email_channel
from goodterms.web.pages import render_page, render_part
from goodterms.web.queries.words import (
    INVENTED,
    Tried,
    WordsPage,
    list_placeholders,
    list_templates,
    read_words,
    sample_customers,
    try_words,
)
from goodterms.web.sent_mail import embed_pictures
from goodterms.web.shut_in import shut_in

SECTION = "templates"


class WordsForm(forms.Form):
    """The words, why they are changed, and whom they are tried on."""

    source = forms.CharField(
        max_length=SOURCE_LIMIT + 1000,
        strip=False,
        widget=forms.Textarea({"rows": 20, "spellcheck": "true"}),
        error_messages={"required": gettext_lazy("There are no words; write some, or go back to the shipped ones.")},
    )
    reason = forms.CharField(required=False, max_length=500)


@looking
def templates(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Every template, with the languages in which it has words of the organisation's own."""
    context = {"rows": list_templates(visit.organisation), "language": visit.organisation.language}
    return render_page(request, visit, "templates.html", context, section=SECTION)


@looking
def template(request: HttpRequest, visit: Visit, name: str, language: str) -> HttpResponse:
    """The words of one template in one language."""
    found = _find(visit, name, language)
    form = WordsForm(initial={"source": found.source})
    return _page(request, visit, found, form)


@managing
def template_save(request: HttpRequest, visit: Visit, name: str, language: str) -> HttpResponse:
    """Keep the words, which are then in force; or say what is wrong with them."""
    found, form = _find(visit, name, language), WordsForm(request.POST)
    faults: tuple[str, ...] = ()
    if form.is_valid():
        given = form.cleaned_data
        try:
            version = publish_template(
                visit.organisation,
                name,
                language,
                given["source"],
                reason=given["reason"],
                actor=visit.actor,
                now=visit.now,
            )
        except WordsFaulty as refusal:
            faults = tuple(str(fault) for fault in refusal.faults)
            form.add_error("source", _("These words cannot be kept yet; see what is wrong with them below."))
        else:
            messages.success(
                request, _("Kept as version %(number)s; the next messages use it.") % {"number": version.number}
            )
            return go_back(request, _address(visit, name, language))
    return _page(request, visit, found, form, faults=faults, status=422)


@managing
def template_check(request: HttpRequest, visit: Visit, name: str, language: str) -> HttpResponse:
    """What is wrong with the words as they stand in the editor: for everybody, and for whom they are tried on."""
    found, form = _find(visit, name, language), WordsForm(request.POST)
    form.is_valid()
    source = tidy_source(form.cleaned_data.get("source", ""))
    tried = _try(request, visit, found, source)
    faults = tuple(str(fault) for fault in check_source(name, language, source))
    context = {"faults": faults, "tried": tried, "is_checked": True}
    if request.headers.get("HX-Request"):
        return render_part(request, visit, "parts/words_check.html", context)
    return _page(request, visit, found, form, faults=faults, tried=tried)


@managing
def template_preview(request: HttpRequest, visit: Visit, name: str, language: str) -> HttpResponseBase:
    """The message as it would look, for the frame that shuts it in."""
    found = _find(visit, name, language)
    return _shown(request, _try(request, visit, found, tidy_source(request.POST.get("source", ""))))


@looking
def template_shown(request: HttpRequest, visit: Visit, name: str, language: str) -> HttpResponseBase:
    """The same of the words in force."""
    found = _find(visit, name, language)
    return _shown(request, _try(request, visit, found, found.source))


@managing
def template_test(request: HttpRequest, visit: Visit, name: str, language: str) -> HttpResponse:
    """Send the words in the editor to the person's own address, and to nobody else."""
    found = _find(visit, name, language)
    source = tidy_source(request.POST.get("source", "") or found.source)
    tried = _try(request, visit, found, source)
    form = WordsForm(request.POST)
    if tried.message is None:
        return _page(request, visit, found, form, faults=tuple(map(str, tried.faults)), status=422)
    try:
        receipt = send_test_mail(
            visit.organisation, visit.user, tried.message, email_channel(visit.organisation), visit.now
        )
    except Refusal as refusal:
        return _page(request, visit, found, form, faults=(str(refusal),), status=422)
    messages.success(
        request,
        _("Sent to %(address)s: %(receipt)s.") % {"address": visit.user.email, "receipt": receipt.text.rstrip(".")},
    )
    return _page(request, visit, found, form)


@managing
def template_restore(request: HttpRequest, visit: Visit, name: str, language: str) -> HttpResponse:
    """Back to the words of a version, or to the shipped ones."""
    found = _find(visit, name, language)
    number, reason = request.POST.get("number", ""), request.POST.get("reason", "")
    kept = next((version for version in found.versions if str(version.number) == number), None)
    if kept is not None and kept.source:
        why = reason or _("Back to version %(number)s.") % {"number": kept.number}
        publish_template(visit.organisation, name, language, kept.source, reason=why, actor=visit.actor, now=visit.now)
    else:
        why = reason or _("Back to the shipped words.")
        restore_shipped(visit.organisation, name, language, reason=why, actor=visit.actor, now=visit.now)
    messages.success(request, _("These words are in force again."))
    return go_back(request, _address(visit, name, language))


def _find(visit: Visit, name: str, language: str) -> WordsPage:
    try:
        return read_words(visit.organisation, name, language)
    except NoSuchTemplate as refusal:
        raise Http404(str(refusal)) from refusal


def _chosen(request: HttpRequest, visit: Visit) -> tuple[Customer | None, str]:
    """Whom the words are tried on: a customer's id, or an invented one."""
    given = request.POST.get("customer") or request.GET.get("customer") or INVENTED[0]
    if given in INVENTED or not given.isdecimal():
        return None, given if given in INVENTED else INVENTED[0]
    return visit.find_customer(int(given)), given


def _try(request: HttpRequest, visit: Visit, found: WordsPage, source: str) -> Tried:
    customer, which = _chosen(request, visit)
    return try_words(found.template.name, found.language, source, customer, which, visit.now)


def _shown(request: HttpRequest, tried: Tried) -> HttpResponseBase:
    message = tried.message
    if message is None:
        lines = "".join(f"<p>{escape(str(fault))}</p>" for fault in tried.faults)
        return shut_in(request, f"<!doctype html><meta charset=utf-8><title>{_('Nothing to show')}</title>{lines}")
    if message.html:
        pictures = {image.cid: (image.media_type, image.content) for image in message.images}
        return shut_in(request, embed_pictures(message.html, pictures))
    text = f"<pre style='white-space:pre-wrap;font:15px/1.5 system-ui,sans-serif'>{escape(message.text)}</pre>"
    return shut_in(request, f"<!doctype html><meta charset=utf-8><title>{escape(message.subject)}</title>{text}")


def _page(
    request: HttpRequest,
    visit: Visit,
    found: WordsPage,
    form: WordsForm,
    *,
    faults: tuple[str, ...] = (),
    tried: Tried | None = None,
    status: int = 200,
) -> HttpResponse:
    customer, which = _chosen(request, visit)
    people = sample_customers(visit.organisation, visit.customers())
    if customer is not None and customer not in people:
        people = [customer, *people]
    context = {
        "words": found,
        "form": form,
        "faults": faults,
        "tried": tried,
        "is_checked": bool(faults or tried),
        "placeholders": list_placeholders(found.language),
        "people": people,
        "chosen": which,
        "can_mail": found.template.medium in ("email", "letter"),
    }
    return render_page(request, visit, "template.html", context, section=SECTION, status=status)


def _address(visit: Visit, name: str, language: str) -> str:
    return reverse("template", args=[visit.organisation.slug, name, language])
