"""Countries, languages, roles, terms, addresses and numbers come out in the ledger's form, or not at all."""

import polars as pl
import pytest

from goodterms.importers.parties import to_country, to_email, to_language, to_phone, to_role, to_terms_days, to_truth


def ask(function: object, text: str) -> object:
    return pl.select(function(pl.lit(text, dtype=pl.String))).item()  # type: ignore[operator]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("GB", "GB"),
        ("gb", "GB"),
        ("UK", "GB"),
        ("England", "GB"),
        ("Deutschland", "DE"),
        ("Germany", "DE"),
        ("Allemagne", "DE"),
        ("DEU", "DE"),
        ("276", "DE"),
        ("818", "EG"),
        ("USA", "US"),
        ("391", None),
        ("406", None),
        ("770", None),
        ("897", None),
        ("XX", None),
        ("EU", None),
        ("Narnia", None),
    ],
)
def test_countries(text: str, code: str | None) -> None:
    assert ask(to_country, text) == code


@pytest.mark.parametrize(
    ("text", "code"), [("German", "de"), ("Deutsch", "de"), ("de-AT", "de"), ("en_US", "en"), ("?", None)]
)
def test_languages(text: str, code: str | None) -> None:
    assert ask(to_language, text) == code


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("Accounts payable", "accounts_payable"),
        ("Buchhaltung", "accounts_payable"),
        ("Einkauf", "buyer"),
        ("Procurement", "buyer"),
        ("Owner", "owner"),
        ("Inhaberin", "owner"),
        ("CEO", "executive"),
        ("Geschäftsführung", "executive"),
        ("Yoga teacher", "other"),
    ],
)
def test_roles(text: str, role: str) -> None:
    assert ask(to_role, text) == role


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("30", 30),
        ("Net 30", 30),
        ("30 Tage netto", 30),
        ("14 days", 14),
        ("2/10 net 30", 30),
        ("Due on receipt", 0),
        ("sofort", 0),
        ("end of month", None),
        ("2026-04-03", None),
    ],
)
def test_terms(text: str, days: int | None) -> None:
    assert ask(to_terms_days, text) == days


def test_truth() -> None:
    assert [ask(to_truth, text) for text in ("Yes", "ja", "TRUE", "1", "No", "nein", "0")] == [True] * 4 + [False] * 3


def test_addresses_are_checked_and_in_small_letters() -> None:
    checked = to_email(
        pl.Series(["A@B.Example", "Sam <sam@x.example>", "bad@", "a b@c.de", "x@y.test", "o'neil@x.example", None])
    )
    emails = dict(checked.select("text", "email").iter_rows())
    assert emails == {
        "A@B.Example": "a@b.example",
        "Sam <sam@x.example>": "sam@x.example",
        "o'neil@x.example": "o'neil@x.example",
        "bad@": None,
        "a b@c.de": None,
        "x@y.test": None,
    }
    assert checked.filter(pl.col("email").is_null())["reason"].null_count() == 0


def test_telephone_numbers_become_international_where_the_country_is_known() -> None:
    frame = pl.DataFrame(
        {"phone": ["01632 960001", "01632 960001", "089 123456", "+441632960001", "ask for Sam", None]},
    ).with_columns(country=pl.Series(["GB", None, "DE", None, "GB", "GB"]))
    assert to_phone(frame, "phone", "country").to_list() == [
        "+44 1632 960001",
        "01632 960001",
        "+49 89 123456",
        "+44 1632 960001",
        "ask for Sam",
        None,
    ]
