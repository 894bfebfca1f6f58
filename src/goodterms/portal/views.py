"""The portal's pages and deeds."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import content_disposition_header

from goodterms.core.money import Money
from goodterms.core.refusal import Refusal
from goodterms.flows.portal_deeds import Portal, accept_offered_plan, accept_offered_settlement
from goodterms.flows.portal_links import LinkOver
from goodterms.followup.models import Settlement
from goodterms.inbox.files import plain_name
from goodterms.portal.access import PortalVisit, deed, page, show
from goodterms.portal.account import Account, find_own_document, read_account
from goodterms.portal.deeds import DEEDS, PortalDeed, make_form, refused_word
from goodterms.portal.forms import PortalForm

DONE = {*DEEDS, "accepted"}
OFFERS = ("plan", "settlement")
LOGO_TYPES = ("image/png", "image/jpeg", "image/gif")


@page
def portal(request: HttpRequest, visit: PortalVisit) -> HttpResponse:
    """What is owed, how to pay, and every way to answer."""
    return _overview(request, visit)


@page
def portal_form(request: HttpRequest, visit: PortalVisit, what: str) -> HttpResponse:
    """One way to answer, to be filled in."""
    found, account = _find(what), read_account(visit)
    if not found.is_open(account):
        return _overview(request, visit, "refused_plan_there" if account.plans else "refused_nothing_open")
    form = make_form(found, visit, account, initial=_initial(request, visit, account, what))
    return _form_page(request, visit, what, form)


@deed
def portal_send(request: HttpRequest, visit: PortalVisit, what: str) -> HttpResponse:
    """Take the answer in; the same form sent again is the same answer."""
    found, account = _find(what), read_account(visit)
    form = make_form(found, visit, account, request.POST, request.FILES)
    if not form.is_valid():
        return _form_page(request, visit, what, form, status=422)
    given = form.cleaned_data
    try:
        found.do(Portal(visit.link, given["form_key"], visit.now), visit, given)
    except LinkOver:
        raise
    except Refusal as refusal:
        form.add_error(None, visit.language.say(refused_word(refusal)))
        return _form_page(request, visit, what, form, status=422)
    return _back(visit, what)


@deed
def portal_accept(request: HttpRequest, visit: PortalVisit, kind: str, pk: int) -> HttpResponse:
    """Accept a plan or a settlement that was offered."""
    if kind not in OFFERS:
        raise Http404
    try:
        # Accepting the same offer again is the same answer, so the offer itself is the form's key.
        worker = Portal(visit.link, f"{kind}:{pk}", visit.now)
        if kind == "plan":
            plan = visit.customer.plans.filter(pk=pk).first()
            if plan is None:
                raise Http404
            accept_offered_plan(worker, plan)
        else:
            settlement = visit.customer.settlements.filter(pk=pk).first()
            if settlement is None:
                raise Http404
            accept_offered_settlement(worker, settlement)
    except LinkOver:
        raise
    except Refusal as refusal:
        return _overview(request, visit, refused_word(refusal), status=422)
    return _back(visit, "accepted")


@page
def portal_document(request: HttpRequest, visit: PortalVisit, pk: int) -> HttpResponse:
    """The copy of an invoice, as a file to keep."""
    found = find_own_document(visit, pk)
    if found is None:
        raise Http404
    answer = HttpResponse(bytes(found.content), content_type="application/octet-stream")
    name = plain_name(found.file_name)
    answer["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@page
def portal_logo(request: HttpRequest, visit: PortalVisit) -> HttpResponse:
    """The organisation's logo."""
    organisation = visit.organisation
    if not organisation.logo or organisation.logo_type not in LOGO_TYPES:
        raise Http404
    answer = HttpResponse(bytes(organisation.logo), content_type=organisation.logo_type)
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _find(what: str) -> PortalDeed:
    if what not in DEEDS:
        raise Http404
    return DEEDS[what]


def _initial(request: HttpRequest, visit: PortalVisit, account: Account, what: str) -> dict[str, Any]:
    """What is usual: all that is due, today, the invoice whose link was followed."""
    initial: dict[str, Any] = {"invoice": request.GET.get("invoice", ""), "reason": request.GET.get("reason", "")}
    owed = next((one for one in account.balances if one.total.amount_minor > 0), None)
    if owed is not None:
        amount = owed.due_now if owed.due_now.amount_minor else owed.total
        initial["currency"] = amount.currency
        if what in ("paid", "promise"):
            initial["amount"] = str(amount.to_decimal()).replace(".", visit.language.writing.decimal_mark)
    return initial


def _form_page(
    request: HttpRequest, visit: PortalVisit, what: str, form: PortalForm, status: int = 200
) -> HttpResponse:
    form.mark_faults()
    return show(
        request,
        visit,
        "form.html",
        {"form": form, "what": what, "heading": visit.language.say(f"link_{what}")},
        status=status,
    )


def _overview(request: HttpRequest, visit: PortalVisit, refused: str = "", status: int = 200) -> HttpResponse:
    done = request.GET.get("done", "")
    account, say = read_account(visit), visit.language.say
    context = {
        "account": account,
        "done": f"done_{done}" if done in DONE else "",
        "refused": refused,
        "deeds": [
            (name, say(f"link_{name}"), say(f"link_{name}_hint")) for name, one in DEEDS.items() if one.is_open(account)
        ],
        "promise_words": _promise_words(visit, account),
        "settlements": [(one, _settlement_words(visit, one, pay, owed)) for one, pay, owed in account.settlements],
    }
    return show(request, visit, "overview.html", context, status=status)


def _promise_words(visit: PortalVisit, account: Account) -> str:
    language, promise = visit.language, account.promise
    if promise is None or account.promised is None:
        return ""
    day = language.date(promise.promised_date)
    return language.say("promise_there", amount=language.amount(account.promised), day=day)


def _settlement_words(visit: PortalVisit, settlement: Settlement, pay: Money, owed: Money) -> str:
    language = visit.language
    name = "settlement_text" if settlement.state == Settlement.State.PROPOSED else "settlement_accepted"
    return language.say(
        name, pay=language.amount(pay), owed=language.amount(owed), day=language.date(settlement.pay_by_date)
    )


def _back(visit: PortalVisit, what: str) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('portal', args=[visit.token])}?done={what}", status=303)
