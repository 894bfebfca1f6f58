"""Countries, trades and names that cannot belong to anybody real."""

import polars as pl

COUNTRIES = (
    ("DE", 36),
    ("GB", 14),
    ("US", 10),
    ("FR", 9),
    ("NL", 9),
    ("AT", 8),
    ("IE", 5),
    ("CH", 4),
    ("BE", 3),
    ("ES", 2),
)

# Telephone prefixes are of the ranges that regulators keep for fiction (Ofcom 01632 960xxx, NANPA 555-01xx,
# Bundesnetzagentur 030 23125xxx, Arcep 01 99 00 xx xx); countries without such a range borrow the British one.
_ROWS = [
    ("DE", "de", "EUR", "Europe/Berlin", "Muster", "GmbH", "Beispiel", "+49 30 231251"),
    ("GB", "en", "GBP", "Europe/London", "Example", "Ltd", "Example", "+44 1632 9601"),
    ("US", "en", "USD", "America/New_York", "Example", "Inc", "Sample", "+1 202-555-01"),
    ("FR", "fr", "EUR", "Europe/Paris", "Exemple", "SARL", "Exemple", "+33 1 99 00 10 "),
    ("NL", "nl", "EUR", "Europe/Amsterdam", "Voorbeeld", "BV", "Voorbeeld", "+44 1632 9602"),
    ("AT", "de", "EUR", "Europe/Vienna", "Muster", "GesmbH", "Muster", "+44 1632 9603"),
    ("IE", "en", "EUR", "Europe/Dublin", "Example", "DAC", "Example", "+44 1632 9604"),
    ("CH", "de", "CHF", "Europe/Zurich", "Muster", "AG", "Muster", "+44 1632 9605"),
    ("BE", "nl", "EUR", "Europe/Brussels", "Voorbeeld", "NV", "Voorbeeld", "+44 1632 9606"),
    ("ES", "es", "EUR", "Europe/Madrid", "Ejemplo", "SL", "Ejemplo", "+44 1632 9607"),
]

PLACES = pl.DataFrame(
    _ROWS,
    orient="row",
    schema=[
        "country",
        "language",
        "currency",
        "timezone",
        "name_prefix",
        "legal_form",
        "surname",
        "phone_prefix",
    ],
)

TIMEZONES = (("America/New_York", 5), ("America/Chicago", 3), ("America/Los_Angeles", 3))

# English, German.
TRADES = (
    ("Bakery", "Bäckerei"),
    ("Metalworks", "Metallbau"),
    ("Joinery", "Tischlerei"),
    ("Printing", "Druckerei"),
    ("Garden Supplies", "Gartenbedarf"),
    ("Electrical", "Elektrotechnik"),
    ("Plumbing", "Sanitärtechnik"),
    ("Packaging", "Verpackungen"),
    ("Catering", "Catering"),
    ("Transport", "Spedition"),
    ("Dental Supplies", "Dentalbedarf"),
    ("Hotel", "Hotel"),
    ("Software", "Software"),
    ("Cleaning", "Gebäudereinigung"),
    ("Roofing", "Dachtechnik"),
    ("Bicycles", "Fahrradhandel"),
    ("Textiles", "Textilhandel"),
    ("Brewery", "Brauerei"),
    ("Paints", "Farbenhandel"),
    ("Optics", "Optik"),
)

GIVEN_NAMES = (
    ("Alex", 1),
    ("Anna", 1),
    ("Chris", 1),
    ("Dana", 1),
    ("Eva", 1),
    ("Jan", 1),
    ("Kim", 1),
    ("Lena", 1),
    ("Maria", 1),
    ("Noel", 1),
    ("Paul", 1),
    ("Robin", 1),
    ("Sam", 1),
    ("Toni", 1),
)
