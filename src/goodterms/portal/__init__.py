"""The debtor's pages: what is owed and every way to answer, by a signed link and without a password."""
