"""Statutory numbers as dated, cited data: one TOML file per regime, no code."""
