"""What is owed, paid and done, in sums over time: facts in, tables and charts out; nothing is written here."""
