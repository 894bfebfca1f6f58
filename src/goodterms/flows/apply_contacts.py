"""People of an imported file: recognised by address or name, added or brought up to date, never removed."""

import polars as pl

from goodterms.database.writing import insert_frame, update_frame
from goodterms.flows.import_job import ImportJob, read_by_ids
from goodterms.organizations.models import Organisation
from goodterms.organizations.phones import e164, mobile_number

_LEDGER = pl.Schema(
    {
        "contact_id": pl.Int64(),
        "customer_id": pl.Int64(),
        "name": pl.String(),
        "role": pl.String(),
        "email": pl.String(),
        "phone": pl.String(),
        "mobile": pl.String(),
    }
)
_QUERY = (
    "SELECT id, customer_id, name, role, email, phone, mobile FROM ledger_contact WHERE customer_id IN ({ids}) "
    "ORDER BY id"
)
_COUNTRY = pl.Schema({"customer_id": pl.Int64(), "country": pl.String()})
_COUNTRIES = "SELECT id, country FROM ledger_customer WHERE id IN ({ids})"
# Ways to recognise a person, the surest first: a role stays with an address, an address changes with a name.
_WAYS = (
    ("customer_id", "role", "email", "name"),
    ("customer_id", "role", "email"),
    ("customer_id", "role", "name"),
    ("customer_id", "email"),
)


def apply_contacts(job: ImportJob, contacts: pl.DataFrame, customers: pl.DataFrame) -> None:
    """Add or update the people (columns: importers.rows.CONTACTS) of the customers found by apply_parties.

    An empty cell takes nothing away; a new address clears the mark that mail to the old one came back.
    """
    keys = customers.select("customer_key", "customer_id", "known_from_date", "is_new")
    rows = contacts.join(keys, on="customer_key", maintain_order="left").unique(
        ["customer_id", "role", "email", "name"], keep="first", maintain_order=True
    )
    if rows.is_empty():
        return
    ledger = read_by_ids(_QUERY, rows["customer_id"].unique(), _LEDGER)
    pairs, new = _pair(rows, ledger)
    if not job.is_older:
        _update(job, pairs)
    added = new.select(
        organisation_id=pl.lit(job.organisation_id),
        customer_id="customer_id",
        name="name",
        role="role",
        email="email",
        phone="phone",
        mobile=_mobile_numbers(job, new, "phone"),
        known_from_date=pl.when("is_new").then("known_from_date").otherwise(pl.lit(job.as_of)),
    )
    job.counts["contacts_new"] += insert_frame("ledger_contact", added, skip_existing=True)
    job.add_changed(added["customer_id"])


def _mobile_numbers(job: ImportJob, rows: pl.DataFrame, column: str) -> pl.Series:
    """For each row the mobile number in international form: as the file names it, else what ``column`` tells."""
    with_number = rows.filter((pl.col(column) != "") | (pl.col("mobile") != ""))["customer_id"].unique()
    if with_number.is_empty():
        return pl.Series("mobile", [""] * rows.height, dtype=pl.String())
    countries = read_by_ids(_COUNTRIES, with_number, _COUNTRY)
    own = dict(countries.iter_rows())
    home = Organisation.objects.values_list("country", flat=True).get(pk=job.organisation_id)
    found = []
    for customer_id, mobile, phone in rows.select("customer_id", "mobile", column).iter_rows():
        country = own.get(customer_id) or home
        named = e164(mobile, country) if mobile else ""
        found.append(named or (mobile_number(phone, country) if phone else ""))
    return pl.Series("mobile", found, dtype=pl.String())


def add_unnamed_contacts(job: ImportJob, parties: pl.DataFrame, customers: pl.DataFrame) -> None:
    """Somebody for letters to reach: a contact without name, for customers who have an address and nobody."""
    addressed = parties.filter(pl.col("postal_address").is_not_null()).select("customer_key")
    found = customers.join(addressed, on="customer_key", how="semi").unique("customer_id", maintain_order=True)
    if found.is_empty():
        return
    ledger = read_by_ids(_QUERY, found["customer_id"], _LEDGER)
    added = found.join(ledger, on="customer_id", how="anti", maintain_order="left").select(
        organisation_id=pl.lit(job.organisation_id),
        customer_id="customer_id",
        name=pl.lit(""),
        role=pl.lit("other"),
        email=pl.lit(""),
        phone=pl.lit(""),
        known_from_date=pl.when("is_new").then("known_from_date").otherwise(pl.lit(job.as_of)),
    )
    job.counts["contacts_new"] += insert_frame("ledger_contact", added, skip_existing=True)
    job.add_changed(added["customer_id"])


def _pair(rows: pl.DataFrame, ledger: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows with the contact of the ledger they mean (own_… columns), and rows that are new."""
    left = rows.with_row_index("place")
    own = ledger.rename({name: f"own_{name}" for name in ("name", "role", "email", "phone", "mobile")})
    pairs = []
    for way in _WAYS:
        theirs = [name if name == "customer_id" else f"own_{name}" for name in way]
        # A phone without name and address recognises nobody.
        named = [pl.col(name) != "" for name in way[1:] if name in ("email", "name")]
        is_exact = len(way) == len(_WAYS[0])
        able = left if is_exact else left.filter(pl.all_horizontal(named), pl.struct(way).is_unique())
        other = own if is_exact else own.filter(pl.struct(theirs).is_unique())
        found = able.join(other, left_on=list(way), right_on=theirs, how="inner", coalesce=False, maintain_order="left")
        pairs.append(
            found.select(*left.columns, "contact_id", "own_name", "own_role", "own_email", "own_phone", "own_mobile")
        )
        left = left.join(found.select("place"), on="place", how="anti", maintain_order="left")
        own = own.join(found.select("contact_id"), on="contact_id", how="anti")
    return pl.concat(pairs), left


def _update(job: ImportJob, pairs: pl.DataFrame) -> None:
    def kept(name: str) -> pl.Expr:
        return pl.when(pl.col(name) != "").then(name).otherwise(f"own_{name}")

    role = pl.when(pl.col("role") != "other").then("role").otherwise("own_role")
    changes = pairs.with_columns(new_name=kept("name"), new_role=role, new_email=kept("email"), new_phone=kept("phone"))
    fields = ("name", "role", "email", "phone")
    changed = changes.filter(
        pl.any_horizontal(pl.col(f"new_{name}") != pl.col(f"own_{name}") for name in fields)
    ).unique(["customer_id", "new_role", "new_email", "new_name"], keep="first", maintain_order=True)
    columns = {name: pl.col(f"new_{name}") for name in fields}
    moved = pl.col("new_email") != pl.col("own_email")
    nothing = pl.lit(None, dtype=pl.Datetime("us", "UTC"))
    update_frame("ledger_contact", changed.filter(~moved).select(id="contact_id", **columns), ["id"])
    readdressed = changed.filter(moved).select(id="contact_id", **columns, email_failed_at=nothing)
    update_frame("ledger_contact", readdressed, ["id"])
    redialled = changed.filter(pl.col("new_phone") != pl.col("own_phone"))
    numbers = redialled.select(
        id="contact_id", mobile=_mobile_numbers(job, redialled, "new_phone"), phone_failed_at=nothing
    )
    update_frame("ledger_contact", numbers, ["id"])
    texted = _update_named_mobiles(job, changes.join(redialled, on="contact_id", how="anti", maintain_order="left"))
    also = texted.join(changed, on="contact_id", how="anti", maintain_order="left")
    job.counts["contacts_changed"] += changed.height + also.height
    job.add_changed(pl.concat([changed["customer_id"], also["customer_id"]]))


def _update_named_mobiles(job: ImportJob, rows: pl.DataFrame) -> pl.DataFrame:
    """Keep the mobile numbers that the file names as such where the ledger has another; those rows."""
    named = rows.filter(pl.col("mobile") != "").unique("contact_id", keep="first", maintain_order=True)
    named = named.with_columns(new_mobile=_mobile_numbers(job, named, "new_phone"))
    texted = named.filter((pl.col("new_mobile") != "") & (pl.col("new_mobile") != pl.col("own_mobile")))
    update_frame("ledger_contact", texted.select(id="contact_id", mobile="new_mobile"), ["id"])
    return texted
