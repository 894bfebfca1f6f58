"""The list of customers."""

from django.http import HttpRequest, HttpResponse

from goodterms.flows.override_profile import PROFILES
from goodterms.web.access import Visit, looking
from goodterms.web.pages import render_page
from goodterms.web.queries.balances import AGES, open_currencies
from goodterms.web.queries.customers import SORTS_BY_NAME, CustomerFilter, list_customers
from goodterms.web.words import VERDICTS

AGE_CHOICES = ("overdue", *AGES)


@looking
def customers(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Every customer, a page at a time."""
    home = visit.organisation.currency
    currencies = sorted(open_currencies(visit.organisation), key=lambda code: (code != home, code))
    wanted = read_filter(request, currencies)
    page = list_customers(visit, wanted, request.GET.get("cursor", ""))
    return render_page(
        request,
        visit,
        "customers.html",
        {
            "page": page,
            "wanted": wanted,
            "currencies": currencies,
            "owing_in": wanted.sort.removeprefix("overdue:") if wanted.sort.startswith("overdue:") else "",
            "profiles": PROFILES,
            "verdicts": VERDICTS,
            "ages": AGE_CHOICES,
        },
        section="customers",
    )


def read_filter(request: HttpRequest, currencies: list[str]) -> CustomerFilter:
    """The filter in the address; whoever owes most comes first where nothing else is asked."""
    sorts = [*SORTS_BY_NAME, *(f"overdue:{currency}" for currency in currencies)]
    usual = f"overdue:{currencies[0]}" if currencies else "name"
    asked = request.GET.get
    return CustomerFilter(
        words=asked("q", "").strip()[:100],
        profile=_one_of(asked("profile", ""), PROFILES),
        verdict=_one_of(asked("verdict", ""), tuple(VERDICTS)),
        age=_one_of(asked("age", ""), AGE_CHOICES),
        sort=_one_of(asked("sort", ""), tuple(sorts)) or usual,
        is_mine=asked("of") == "me",
    )


def _one_of(value: str, known: tuple[str, ...]) -> str:
    return value if value in known else ""
