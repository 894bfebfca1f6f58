"""Customers and contacts named in a file: a list of its own, or beside every invoice."""

import zoneinfo

import polars as pl

from goodterms.importers.faults import FaultBook
from goodterms.importers.fields import POSTAL
from goodterms.importers.parties import (
    to_address,
    to_country,
    to_email,
    to_language,
    to_phone,
    to_role,
    to_terms_days,
    to_truth,
)
from goodterms.importers.rows import CONTACTS, PARTIES

_SEPARATED = r"[;,\s]+"
_TEXTS = ("customer_number", "customer_name", "country", "language", "timezone", "terms", "is_protected")
_PERSON = ("relationship_owner", "contact_name", "contact_role", "email", "phone", "mobile")


def with_customer(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with every customer column present, and customer_key: the number, else the name without case."""
    absent = [name for name in ("customer_number", "customer_name") if name not in rows.columns]
    rows = rows.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in absent)
    name = pl.col("customer_name").str.to_lowercase().str.replace_all(r"\s+", " ")
    return rows.with_columns(
        customer_key=pl.coalesce(pl.format("number {}", "customer_number"), pl.format("name {}", name))
    )


def read_parties(rows: pl.DataFrame, book: FaultBook) -> pl.DataFrame:
    """One row per customer of the rows (with customer_key); what cannot be understood is left empty and noted."""
    absent = [name for name in (*_TEXTS, *POSTAL, "relationship_owner") if name not in rows.columns]
    rows = rows.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in absent)
    named = rows.filter(pl.col("customer_key").is_not_null()).sort("row")
    first = (
        named.group_by("customer_key", maintain_order=True)
        .agg(pl.first("row"), *(pl.col(name).drop_nulls().first() for name in (*_TEXTS, *POSTAL, "relationship_owner")))
        .with_columns(subject=pl.format("customer {}", "customer_key"))
        .with_columns(
            country_code=to_country(pl.col("country")),
            language_code=to_language(pl.col("language")),
            terms_days=to_terms_days(pl.col("terms")),
            postal_address=to_address(),
            zone=pl.when(pl.col("timezone").is_in(sorted(zoneinfo.available_timezones()))).then("timezone"),
            owner_email=pl.col("relationship_owner").str.extract(r"([^\s<>]+@[^\s<>]+)", 1).str.to_lowercase(),
        )
    )
    _note_parties(first, book)
    owner = pl.col("relationship_owner").str.replace(r"\s*<?[^\s<>]+@[^\s<>]+>?", "").str.strip_chars()
    return first.select(
        "row",
        "customer_key",
        "customer_number",
        "customer_name",
        country="country_code",
        language="language_code",
        timezone="zone",
        terms_days="terms_days",
        postal_address="postal_address",
        is_protected=to_truth(pl.col("is_protected")),
        relationship_owner=pl.when(owner != "").then(owner),
        relationship_owner_email="owner_email",
    ).match_to_schema(PARTIES)


def _note_parties(first: pl.DataFrame, book: FaultBook) -> None:
    for field, read, what, example in (
        ("country", "country_code", "country (ISO 3166)", "GB or Germany"),
        ("language", "language_code", "language", "en or German"),
        ("timezone", "zone", "time zone", "Europe/London"),
    ):
        is_odd = pl.col(field).is_not_null() & pl.col(read).is_null()
        remedy = f"Write it like {example}; until then the customer's {field} stays empty."
        book.add(first, is_odd, field, f"unknown_{field}", f"{{value}} is not a {what}.", remedy, is_kept=True)


def read_contacts(rows: pl.DataFrame, parties: pl.DataFrame, book: FaultBook) -> pl.DataFrame:
    """One row per person and address of the rows (with customer_key and subject); bad addresses are noted."""
    present = [name for name in ("contact_name", "email", "phone", "mobile") if name in rows.columns]
    if not present:
        return pl.DataFrame(schema=CONTACTS)
    # An address without a role is where the invoices go.
    role = to_role(pl.col("contact_role")) if "contact_role" in rows.columns else pl.lit("accounts_payable")
    absent = [name for name in _PERSON if name not in rows.columns]
    people = (
        rows.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in absent)
        .filter(
            pl.col("customer_key").is_not_null() & pl.any_horizontal(pl.col(name).is_not_null() for name in present)
        )
        .unique(["customer_key", *_PERSON], keep="first", maintain_order=True)
        .join(parties.select("customer_key", region="country"), on="customer_key", how="left", maintain_order="left")
        .with_columns(role=role)
    )
    people = _with_emails(people, book)
    people = people.with_columns(phone=to_phone(people, "phone", "region"), mobile=to_phone(people, "mobile", "region"))
    # Whoever has a mobile telephone alone is called there.
    people = people.with_columns(phone=pl.coalesce("phone", "mobile"))
    texts = ("contact_name", "email_value", "phone", "mobile")
    return (
        people.with_columns(pl.col(name).fill_null("") for name in texts)
        .filter(pl.any_horizontal(pl.col(name) != "" for name in texts))
        .select(
            "row", "customer_key", name="contact_name", role="role", email="email_value", phone="phone", mobile="mobile"
        )
        .unique(["customer_key", "role", "email", "name"], keep="first", maintain_order=True)
        .match_to_schema(CONTACTS)
    )


def _with_emails(people: pl.DataFrame, book: FaultBook) -> pl.DataFrame:
    """One row per address: a cell may hold several."""
    several = pl.col("email").str.count_matches("@") > 1
    parts = pl.when(several).then(pl.col("email").str.replace_all(_SEPARATED, " ").str.split(" "))
    people = people.with_columns(email=pl.coalesce(parts, pl.concat_list("email"))).explode(
        "email", empty_as_null=True, keep_nulls=True
    )
    checked = to_email(people["email"]).rename({"text": "email", "email": "email_value"})
    people = people.join(checked, on="email", how="left", maintain_order="left")
    is_bad = pl.col("email").is_not_null() & pl.col("email_value").is_null()
    for reason in people.filter(is_bad)["reason"].unique(maintain_order=True):
        book.add(
            people,
            is_bad & pl.col("reason").eq_missing(reason),
            "email",
            "not_an_address",
            f"{{value}} is not an e-mail address: {reason}",
            "Correct the address; until then nothing can be sent to it.",
            is_kept=True,
        )
    return people


def note_missing_addresses(rows: pl.DataFrame, book: FaultBook) -> None:
    """In a list of customers: a contact without address, or no contact at all."""
    people = [name for name in ("contact_name", "email", "phone", "mobile") if name in rows.columns]
    if "email" not in people:
        return
    has_nobody = pl.all_horizontal(pl.col(name).is_null() for name in people)
    has_others = pl.col("email").is_not_null().any().over("customer_key")
    remedy = "Fill in an address in the accounting program, or in the customer's page."
    book.add(
        rows,
        has_nobody & ~has_others,
        "contact_name" if "contact_name" in people else "email",
        "contact_missing",
        "The customer has no contact, so that no message can reach them.",
        remedy,
        is_kept=True,
    )
    book.add(
        rows,
        pl.col("email").is_null() & ~has_nobody,
        "email",
        "email_missing",
        "The contact has no e-mail address.",
        remedy,
        is_kept=True,
    )
