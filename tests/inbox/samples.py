"""The public samples of bounces and replies, which stand beside the repository and not in it."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "formats"


def sample_files(folder: str) -> list[Path]:
    """Every sample of a set, or one skip with a clear line where the set is not on this machine."""
    files = sorted((FOLDER / folder).rglob("*.txt"))
    files = [file for file in files if file.name not in ("SOURCE.txt", "LICENSE.upstream.txt")]
    if not files:
        pytest.skip(f"The samples {folder} are not beside this repository (../shared/data/formats).")
    return files


def as_mail(body: str = "Hello", **headers: str) -> bytes:
    """A plain mail; headers by name, with ``_`` for ``-``."""
    given = {"From": "Kim Example <kim@customer.example>", "To": "inbox@supplies.example", "Subject": "Re: Invoice"}
    given |= {"Message-ID": "<1@customer.example>", "Date": "Tue, 10 Mar 2026 09:00:00 +0000"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items() if value)
    return f"{lines}\r\n{body}\r\n".encode()
