"""The goodterms command."""
