"""The rules of profile and verdict in their order: read with whom they speak for, and changed in the draft."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from goodterms.core.refusal import Refusal
from goodterms.flows.check_step import FieldFaults
from goodterms.flows.edit_draft import RuleKind, move_rule, remove_rule, save_rule
from goodterms.flows.override_profile import PROFILES
from goodterms.web.access import Visit, go_back, looking, looking_to_manage, managing
from goodterms.web.pages import render_page
from goodterms.web.policy_forms import RuleForm
from goodterms.web.policy_words import HABITS, KINDS
from goodterms.web.queries.playbooks import last_counts, list_rules, read_policy
from goodterms.web.words import VERDICTS, sign_of

SECTION = "playbooks"
STEPS = {"up": -1, "down": 1}


@looking
def rules(request: HttpRequest, visit: Visit, kind: str) -> HttpResponse:
    """The rules, first to last, with how many customers each spoke for and what it said of some."""
    known = _kind(kind)
    view, counts = (
        read_policy(visit.organisation, in_force=request.GET.get("of") == "force"),
        last_counts(visit.organisation),
    )
    visible = visit.customers() if visit.is_limited else None
    context = {
        "view": view,
        "counts": counts,
        "kind": known,
        "kind_word": KINDS[known],
        "rules": list_rules(view, known, counts, visit.organisation, visible),
        "tab": known,
    }
    return render_page(request, visit, "rules.html", context, section=SECTION)


@looking_to_manage
def rule_new(request: HttpRequest, visit: Visit, kind: str) -> HttpResponse:
    """The form of a rule that is to be added."""
    return _rule_page(request, visit, _kind(kind), _form(_kind(kind)), "")


@looking_to_manage
def rule_edit(request: HttpRequest, visit: Visit, kind: str, rule: str) -> HttpResponse:
    """The form of a rule."""
    known = _kind(kind)
    for row in read_policy(visit.organisation).content[known]:
        if row["id"] == rule:
            return _rule_page(request, visit, known, _form(known, initial=row), rule)
    raise Http404


@managing
def rule_save(request: HttpRequest, visit: Visit, kind: str) -> HttpResponse:
    """Put the rule into the draft, or say at its fields what cannot be."""
    known, rule = _kind(kind), request.POST.get("rule", "")
    form = _form(known, request.POST)
    if form.is_valid():
        try:
            save_rule(visit.organisation, known, rule, form.cleaned_data, actor=visit.actor, now=visit.now)
        except FieldFaults as refusal:
            form.take_faults(refusal)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
    if form.errors:
        return _rule_page(request, visit, known, form, rule, status=422)
    messages.success(request, _("Kept in the draft; look under Draft at whom it would judge anew."))
    return go_back(request, _address(visit, known))


@managing
def rule_move(request: HttpRequest, visit: Visit, kind: str) -> HttpResponse:
    """Ask a rule earlier or later."""
    known, by = _kind(kind), STEPS.get(request.POST.get("to", ""), 0)
    rule = request.POST.get("rule", "")
    move_rule(visit.organisation, known, rule, by, actor=visit.actor, now=visit.now)
    messages.success(request, _("Moved in the draft."))
    return go_back(request, _address(visit, known))


@managing
def rule_remove(request: HttpRequest, visit: Visit, kind: str) -> HttpResponse:
    """Take a rule out of the draft."""
    known = _kind(kind)
    remove_rule(visit.organisation, known, request.POST.get("rule", ""), actor=visit.actor, now=visit.now)
    messages.success(request, _("Taken out of the draft; the rules after it judge those it spoke for."))
    return go_back(request, _address(visit, known))


def _kind(kind: str) -> RuleKind:
    if kind == "profiles":
        return "profiles"
    if kind == "verdicts":
        return "verdicts"
    raise Http404


def _form(kind: RuleKind, *given: Any, **more: Any) -> RuleForm:
    names = PROFILES if kind == "profiles" else tuple(VERDICTS)
    vocabulary = kind.removesuffix("s")
    return RuleForm(*given, outcomes=[(name, sign_of(vocabulary, name).label) for name in names], **more)


def _rule_page(
    request: HttpRequest, visit: Visit, kind: RuleKind, form: RuleForm, rule: str, status: int = 200
) -> HttpResponse:
    context = {"kind": kind, "kind_word": KINDS[kind], "form": form, "rule_id": rule, "habits": list(HABITS.items())}
    return render_page(request, visit, "rule.html", context, section=SECTION, status=status)


def _address(visit: Visit, kind: str) -> str:
    return reverse("rules", args=[visit.organisation.slug, kind])
