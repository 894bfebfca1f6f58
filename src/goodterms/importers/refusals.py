"""The ways in which a whole file cannot be read, each saying what, where and how to mend it."""

from collections.abc import Sequence

from goodterms.core.refusal import Refusal


class FileRefused(Refusal):
    """A file cannot be imported at all; nothing of it was taken."""


class FileUnreadable(FileRefused):
    """The file cannot be opened."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} cannot be read: {reason}.")


class FileEmpty(FileRefused):
    """The file has no content."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is empty. Export it again from the accounting program, with its heading row.")


class NotATable(FileRefused):
    """The file is something else than CSV or a workbook."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(
            f"{name} is {what}, not a table. Export the list as CSV or Excel (.xlsx) from the accounting program "
            "and import that file."
        )


class EncodingUnknown(FileRefused):
    """The file's text fits no encoding that was tried, or not the one that was named."""

    def __init__(self, name: str, tried: str, place: str) -> None:
        super().__init__(
            f"{name} is not text in {tried}: {place}. Name its encoding, for example --encoding cp850 or "
            "--encoding mac-roman, or save the file as UTF-8."
        )


class HeadingsMissing(FileRefused):
    """No row of the file looks like headings."""

    def __init__(self, name: str, first_row: str) -> None:
        super().__init__(
            f"{name} has no row of headings that is understood. Its first row reads: {first_row}. "
            "Put a row such as Invoice Number, Customer, Invoice Date, Due Date, Currency, Total, Open Amount on top, "
            "or name the columns in a file and give it with --map mapping.toml."
        )


class ColumnMissing(FileRefused):
    """A column without which nothing can be read is not there."""

    def __init__(self, name: str, kind: str, missing: Sequence[str], headings: Sequence[str]) -> None:
        super().__init__(
            f"{name}, read as {kind}, has no column for {' and none for '.join(missing)}. Its headings are: "
            f"{', '.join(headings)}. Name the right one in a file given with --map mapping.toml, for example: "
            f'[columns] {missing[0].split()[0]} = "its heading"; '
            "or say what the file holds with --kind invoices, payments or customers."
        )


class KindUnclear(FileRefused):
    """A file could hold invoices as well as payments."""

    def __init__(self, name: str, headings: Sequence[str]) -> None:
        super().__init__(
            f"{name} could list invoices or payments; its headings are: {', '.join(headings)}. "
            "Say which with --kind invoices or --kind payments."
        )


class HeadingTwice(FileRefused):
    """Two columns have the same heading and it is one that matters."""

    def __init__(self, name: str, heading: str, field: str) -> None:
        super().__init__(
            f"{name} has two columns called {heading!r}, and either could be the {field}. "
            "Rename or remove one of them in the file."
        )


class DatesAmbiguous(FileRefused):
    """Days and months cannot be told apart."""

    def __init__(self, name: str, column: str, examples: Sequence[str]) -> None:
        self.column, self.examples = column, tuple(examples)
        super().__init__(
            f"{name}, column {column!r}: {_listed(examples)} can be read day first or month first, and nothing in the "
            "file decides. Say --dates dmy (3 April is 03/04) or --dates mdy (April 3 is 04/03)."
        )


class DatesContradict(FileRefused):
    """Some dates only fit day first and others only fit month first."""

    def __init__(self, name: str, column: str, day_first: str, month_first: str) -> None:
        self.column, self.examples = column, (day_first, month_first)
        super().__init__(
            f"{name}, column {column!r}: {day_first} has its day first but {month_first} its month first. "
            "Export the file with one form of dates, or say --dates dmy or --dates mdy; rows that do not fit are "
            "then reported."
        )


class AmountsAmbiguous(FileRefused):
    """Decimal and thousands separators cannot be told apart."""

    def __init__(self, name: str, column: str, examples: Sequence[str]) -> None:
        self.column, self.examples = column, tuple(examples)
        super().__init__(
            f"{name}, column {column!r}: {_listed(examples)} can be thousands or a fraction, and nothing in the file "
            "decides. Say --decimal . (1.234 is a little over one) or --decimal , (1.234 is over a thousand)."
        )


class AmountsContradict(FileRefused):
    """Some amounts have a decimal point and others a decimal comma."""

    def __init__(self, name: str, column: str, point: str, comma: str) -> None:
        self.column, self.examples = column, (point, comma)
        super().__init__(
            f"{name}, column {column!r}: {point} has a decimal point but {comma} a decimal comma. Export the file "
            "with one form of amounts, or say --decimal . or --decimal ,; rows that do not fit are then reported."
        )


class MappingUnusable(FileRefused):
    """The file given with --map cannot be used."""

    def __init__(self, name: str, fault: str) -> None:
        super().__init__(f"{name}: {fault}")


class NothingReadable(FileRefused):
    """Every row of the file is bad, so that the columns are probably misread."""

    def __init__(self, name: str, rows: int, first: str) -> None:
        super().__init__(
            f"{name}: none of its {rows:,} rows can be read, so nothing was imported. The first: {first} "
            "If the columns were misread, name them with --map mapping.toml."
        )


class NoRows(FileRefused):
    """There is a heading row and nothing under it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} has headings but no rows under them. Nothing was changed.")


def _listed(examples: Sequence[str]) -> str:
    return " and ".join(repr(example)[1:-1] for example in examples)
