"""Customers of an imported file: found by number or name, made where they are new, brought up to date."""

import hashlib

import polars as pl

from goodterms.core.calendar import zone_of_country
from goodterms.database.identifiers import next_ids
from goodterms.database.reading import read_inside_transaction
from goodterms.database.writing import update_frame
from goodterms.flows.import_job import ImportJob, read_by_ids

_DETAILS = ("country", "language", "timezone", "postal_address", "relationship_owner", "relationship_owner_email")
_LEDGER = pl.Schema(
    {
        "customer_id": pl.Int64(),
        "number": pl.String(),
        "name": pl.String(),
        "country": pl.String(),
        "language": pl.String(),
        "timezone": pl.String(),
        "terms_days": pl.Int64(),
        "postal_address": pl.String(),
        "is_protected": pl.Boolean(),
        "relationship_owner": pl.String(),
        "relationship_owner_email": pl.String(),
        "known_from_date": pl.Date(),
    }
)
_QUERY = (
    "SELECT id, number, name, country, language, timezone, terms_days, postal_address, is_protected,"
    " relationship_owner, relationship_owner_email, known_from_date"
    " FROM ledger_customer WHERE organisation_id = %s ORDER BY id"
)
_LONGEST_NUMBER = 100


def apply_parties(job: ImportJob, parties: pl.DataFrame, earliest: pl.DataFrame) -> pl.DataFrame:
    """Find or make the customers named in a file (columns: importers.rows.PARTIES).

    ``earliest`` gives the first fact about them (customer_key, first_date). Returned: customer_key, customer_id,
    terms_days (the customer's own), is_new, known_from_date; a name that several customers bear is a fault.
    """
    ledger = read_inside_transaction(_QUERY, [job.organisation_id], _LEDGER).with_columns(folded=_fold("name"))
    parties = parties.with_columns(folded=_fold("customer_name"), country_zone=_country_zone(parties["country"])).join(
        earliest, on="customer_key", how="left", maintain_order="left"
    )
    numbered = _match_numbers(parties.filter(pl.col("customer_number").is_not_null()), ledger)
    made = _make(job, numbered.filter(pl.col("customer_id").is_null()))
    numbered = numbered.with_columns(customer_id=_filled(numbered, made))
    named = parties.filter(pl.col("customer_number").is_null())
    candidates = _candidates(ledger, numbered)
    matched = _match_names(job, named, candidates)
    made_too = _make(job, matched.filter(pl.col("customer_id").is_null()))
    matched = matched.with_columns(customer_id=_filled(matched, made_too))
    found = pl.concat([numbered, matched], how="diagonal")
    fresh = pl.concat([made, made_too])
    if not job.is_older:
        _update(job, found.join(fresh, on="customer_id", how="anti"), ledger)
    return _result(job, found, fresh, ledger)


def _country_zone(countries: pl.Series) -> pl.Series:
    """The time zone of each country, null where none is known: for customers whose file names no time zone."""
    zones = {country: zone_of_country(country) or None for country in countries.drop_nulls().unique().to_list()}
    return countries.replace_strict(zones, return_dtype=pl.String())


def _fold(column: str) -> pl.Expr:
    return pl.col(column).str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars()


def _match_numbers(parties: pl.DataFrame, ledger: pl.DataFrame) -> pl.DataFrame:
    """customer_id by number; else by name, where the ledger has known the customer by name only so far."""
    by_number = ledger.select(customer_number="number", by_number="customer_id")
    nameless = ledger.filter(pl.col("number") == pl.col("name"), pl.col("folded").is_unique())
    by_name = nameless.select("folded", by_name="customer_id")
    known = parties.join(by_number, on="customer_number", how="left", maintain_order="left")
    taken = known["by_number"].drop_nulls().implode()
    known = known.join(by_name, on="folded", how="left", maintain_order="left")
    may_adopt = pl.col("folded").is_unique() & ~pl.col("by_name").is_in(taken)
    return known.with_columns(
        customer_id=pl.coalesce("by_number", pl.when(may_adopt).then("by_name")),
        is_adopted=pl.col("by_number").is_null() & may_adopt & pl.col("by_name").is_not_null(),
    ).drop("by_number", "by_name")


def _candidates(ledger: pl.DataFrame, numbered: pl.DataFrame) -> pl.DataFrame:
    """Everybody who can be meant by a name: folded, customer_id, and how many bear it."""
    both = pl.concat([ledger.select("folded", "customer_id"), numbered.select("folded", "customer_id")])
    return both.drop_nulls().unique().group_by("folded").agg(pl.first("customer_id"), bearers=pl.len())


def _match_names(job: ImportJob, parties: pl.DataFrame, candidates: pl.DataFrame) -> pl.DataFrame:
    """customer_id by name; without the customers whose name several bear, which are a fault."""
    found = parties.join(candidates, on="folded", how="left", maintain_order="left")
    several = found.filter(pl.col("bearers") > 1).with_columns(subject=pl.format("customer {}", "customer_key"))
    job.add_fault(
        several,
        "customer_name",
        "customer_ambiguous",
        pl.format("{} customers are called '{}'; the file does not say which is meant.", "bearers", "customer_name"),
        "Export the file with a column for the customer number.",
        value=pl.col("customer_name"),
        kept=False,
    )
    return found.filter(pl.col("bearers").fill_null(1) == 1).drop("bearers").with_columns(is_adopted=pl.lit(False))


def _make(job: ImportJob, parties: pl.DataFrame) -> pl.DataFrame:
    """Insert new customers; returned: customer_key, customer_id."""
    ids = next_ids("ledger_customer", parties.height)
    rows = parties.with_columns(customer_id=ids)
    number = pl.coalesce("customer_number", "customer_name")
    job.insert(
        "ledger_customer",
        rows.select(
            id="customer_id",
            organisation_id=pl.lit(job.organisation_id),
            number=number.map_elements(_shorten, return_dtype=pl.String),
            name=pl.coalesce("customer_name", "customer_number"),
            **{name: pl.col(name).fill_null("") for name in _DETAILS if name != "timezone"},
            timezone=pl.coalesce("timezone", "country_zone", pl.lit("")),
            terms_days="terms_days",
            is_protected=pl.col("is_protected").fill_null(False),
            facts_version=pl.lit(1),
            known_from_date=pl.min_horizontal("first_date", pl.lit(job.as_of)),
        ),
    )
    job.counts["customers_new"] += rows.height
    return rows.select("customer_key", "customer_id")


def _shorten(number: str) -> str:
    """A number that fits its column; a longer one by its beginning and its SHA-256, the same on every machine."""
    if len(number) <= _LONGEST_NUMBER:
        return number
    return f"{number[:75]} #{hashlib.sha256(number.encode()).hexdigest()[:20]}"


def _filled(parties: pl.DataFrame, made: pl.DataFrame) -> pl.Series:
    new = made.rename({"customer_id": "made_id"})
    both = parties.select("customer_key", "customer_id").join(new, on="customer_key", how="left", maintain_order="left")
    return both.select(customer_id=pl.coalesce("customer_id", "made_id"))["customer_id"]


def _update(job: ImportJob, parties: pl.DataFrame, ledger: pl.DataFrame) -> None:
    """What the file says and the ledger does not; an empty cell says nothing, and nobody is unprotected by a file."""
    own = ledger.rename({name: f"own_{name}" for name in ledger.columns if name != "customer_id"})
    both = parties.unique("customer_id", keep="first", maintain_order=True).join(own, on="customer_id")
    is_numbered = pl.col("customer_number").is_not_null()
    changes = both.select(
        id="customer_id",
        number=pl.when("is_adopted").then("customer_number").otherwise("own_number"),
        name=pl.coalesce(pl.when(is_numbered).then("customer_name"), "own_name"),
        **{name: pl.coalesce(name, f"own_{name}") for name in (*_DETAILS, "terms_days") if name != "timezone"},
        timezone=pl.coalesce("timezone", pl.col("own_timezone").replace("", None), "country_zone", "own_timezone"),
        is_protected=pl.col("is_protected").fill_null(False) | pl.col("own_is_protected"),
    )
    before = both.select(**{name: pl.col("customer_id" if name == "id" else f"own_{name}") for name in changes.columns})
    differs = pl.any_horizontal(
        pl.Series(name, changes[name].ne_missing(before[name])) for name in changes.columns if name != "id"
    )
    changed = changes.filter(differs)
    update_frame("ledger_customer", changed, ["id"])
    _forget_returns(changes.filter(changes["postal_address"].ne_missing(before["postal_address"])))
    job.counts["customers_changed"] += changed.height
    job.add_changed(changed["id"])


def _forget_returns(moved: pl.DataFrame) -> None:
    """A letter came back from the old address; nothing is known of the new one."""
    nothing = pl.lit(None, dtype=pl.Datetime("us", "UTC"))
    update_frame("ledger_customer", moved.select("id", post_failed_at=nothing), ["id"])


def _result(job: ImportJob, found: pl.DataFrame, fresh: pl.DataFrame, ledger: pl.DataFrame) -> pl.DataFrame:
    """The customers found, their history taken back to the first fact known."""
    own = ledger.select("customer_id", "known_from_date", own_terms="terms_days")
    result = found.join(own, on="customer_id", how="left", maintain_order="left").with_columns(
        is_new=pl.col("customer_id").is_in(fresh["customer_id"].implode())
    )
    late = (
        result.filter(~pl.col("is_new"), pl.col("first_date") < pl.col("known_from_date"))
        .group_by("customer_id")
        .agg(pl.first("known_from_date"), pl.min("first_date"))
    )
    _take_back(late)
    return result.select(
        "customer_key",
        "customer_id",
        terms_days=pl.coalesce("terms_days", "own_terms"),
        is_new="is_new",
        known_from_date=pl.min_horizontal("known_from_date", "first_date", pl.when("is_new").then(pl.lit(job.as_of))),
    )


def _take_back(late: pl.DataFrame) -> None:
    """Customers known from an earlier day than thought, and the contacts that were there from their first day."""
    if late.is_empty():
        return
    update_frame("ledger_customer", late.select(id="customer_id", known_from_date="first_date"), ["id"])
    contacts = pl.Schema({"id": pl.Int64(), "customer_id": pl.Int64(), "known_from_date": pl.Date()})
    query = "SELECT id, customer_id, known_from_date FROM ledger_contact WHERE customer_id IN ({ids})"
    theirs = read_by_ids(query, late["customer_id"], contacts).join(late, on=["customer_id", "known_from_date"])
    update_frame("ledger_contact", theirs.select("id", known_from_date="first_date"), ["id"])
