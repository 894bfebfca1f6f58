"""Follows up a company's unpaid invoices: get paid, and stay on good terms."""
