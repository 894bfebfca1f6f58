"""A seeded, invented ledger for the demo, the tests and the benchmarks."""

from goodterms.importers.example.files import write_csv, write_example
from goodterms.importers.example.ledger import ExampleLedger, generate, generate_large
from goodterms.importers.example.mess import Blemish

__all__ = ["Blemish", "ExampleLedger", "generate", "generate_large", "write_csv", "write_example"]
