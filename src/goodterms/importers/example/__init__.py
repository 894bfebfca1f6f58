"""A seeded, invented ledger for the demo, the tests and the benchmarks."""

from goodterms.importers.example.ledger import ExampleLedger, generate, generate_large

__all__ = ["ExampleLedger", "generate", "generate_large"]
