"""Approvals: see exactly the message, change its words, let it go or refuse it with a reason; then the next one."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from goodterms.flows.approve_effect import approve_effect, refuse_effect, stamp_of_words
from goodterms.flows.edit_message import LONGEST_WORDS, WordsRefused, edit_message, read_words
from goodterms.messages.composing import SUBJECT_LIMIT
from goodterms.messages.editing import EditableWords
from goodterms.outbox.models import Effect
from goodterms.web.access import Visit, acting, go_back, looking
from goodterms.web.lists import count_up_to
from goodterms.web.pages import render_page
from goodterms.web.preview import preview_of
from goodterms.web.queries.approvals import expires_at, find_draft, next_draft, slice_drafts, waiting
from goodterms.web.queries.messages import asked_items
from goodterms.web.views.today import show_tab
from goodterms.web.words import CHANNELS


class WordsForm(forms.Form):
    """Subject and words as a person changes them; the check has the last word."""

    subject = forms.CharField(
        max_length=SUBJECT_LIMIT,
        error_messages={"required": gettext_lazy("Write a subject; nobody opens a message without.")},
    )
    words = forms.CharField(
        max_length=LONGEST_WORDS, error_messages={"required": gettext_lazy("Write what the message shall say.")}
    )


@looking
def approvals(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Everything that waits for approval, what expires first at the top."""
    asked = request.GET.get
    wanted = {
        "q": asked("q", "").strip()[:100],
        "channel": asked("channel", "") if asked("channel") in CHANNELS else "",
    }
    effects = waiting(visit, words=wanted["q"], channel=wanted["channel"])
    context = {
        "slice": slice_drafts(visit, effects, asked("cursor", "")),
        "count": count_up_to(effects),
        "wanted": wanted,
        "channels": CHANNELS,
    }
    return show_tab(request, visit, "today_approvals.html", "approvals", context)


@looking
def approval(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """One message that waits, exactly as it would leave now."""
    return _show(request, visit, _find(visit, pk))


@acting
def approval_approve(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Let it go out, and look at the next one."""
    effect = _find(visit, pk)
    approve_effect(visit.organisation, effect, actor=visit.actor, now=visit.now, seen=request.POST.get("seen"))
    messages.success(request, _("Approved: %(customer)s. It leaves as soon as its hour has come.") % _names(effect))
    return _go_on(visit, effect)


@acting
def approval_refuse(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Keep it from going out, and look at the next one."""
    effect = _find(visit, pk)
    reason = request.POST.get("reason", "").strip()[:1000]
    if not reason and effect.state == Effect.State.WAITING:
        return _show(request, visit, effect, refuse_fault=_("Say why; the reason is kept in the customer's timeline."))
    refuse_effect(visit.organisation, effect, reason=reason, actor=visit.actor, now=visit.now)
    messages.success(request, _("Refused: %(customer)s. It will not go out.") % _names(effect))
    return _go_on(visit, effect)


@acting
def approval_edit(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Keep other words for it, and (with "approve") let it go out with them."""
    effect = _find(visit, pk)
    form = WordsForm(request.POST)
    if not form.is_valid():
        return _show(request, visit, effect, form=form)
    words = EditableWords(form.cleaned_data["subject"], form.cleaned_data["words"])
    try:
        edit_message(visit.organisation, effect, words, actor=visit.actor, now=visit.now, seen=request.POST.get("seen"))
    except WordsRefused as refused:
        for fault in refused.faults:
            form.add_error("words", str(fault))
        return _show(request, visit, effect, form=form)
    messages.success(request, _("The words are kept; both versions stand in the customer's timeline."))
    if "approve" not in request.POST:
        return go_back(request, reverse("approval", args=[visit.organisation.slug, pk]))
    approve_effect(visit.organisation, effect, actor=visit.actor, now=visit.now)
    messages.success(request, _("Approved: %(customer)s. It leaves as soon as its hour has come.") % _names(effect))
    return _go_on(visit, effect)


def _find(visit: Visit, pk: int) -> Effect:
    effect = find_draft(visit, pk)
    if effect is None:
        raise Http404
    return effect


def _show(
    request: HttpRequest, visit: Visit, effect: Effect, *, form: WordsForm | None = None, refuse_fault: str = ""
) -> HttpResponse:
    is_waiting = effect.state == Effect.State.WAITING
    preview = preview_of(effect, visit.now) if is_waiting else None
    words = read_words(effect, visit.now) if is_waiting else None
    given = form or (WordsForm(initial={"subject": words.subject, "words": words.body}) if words else None)
    context = {
        "effect": effect,
        "seen": stamp_of_words(effect),
        "touch": effect.touch,
        "customer": effect.touch.customer,
        "preview": preview,
        "mail": preview.mail if preview else None,
        "items": asked_items(effect.touch),
        "expires_at": expires_at(effect),
        "is_waiting": is_waiting,
        "words_form": given if words else None,
        "is_editing": form is not None,
        "refuse_fault": refuse_fault,
        "following": next_draft(visit, effect),
    }
    is_faulty = form is not None or bool(refuse_fault)
    return render_page(request, visit, "approval.html", context, section="today", status=422 if is_faulty else 200)


def _go_on(visit: Visit, effect: Effect) -> HttpResponse:
    """To the next message that waits, or back to the list when this was the last one."""
    following, slug = next_draft(visit, effect), visit.organisation.slug
    target = reverse("approval", args=[slug, following]) if following else reverse("approvals", args=[slug])
    return HttpResponseRedirect(target, status=303)


def _names(effect: Effect) -> dict[str, str]:
    return {"customer": effect.touch.customer.name}
