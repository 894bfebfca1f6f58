"""Organisations (the creditors), their users and roles, and the one scope helper."""
