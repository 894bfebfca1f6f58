"""Readers of other programs' files, and the seeded example ledger."""
