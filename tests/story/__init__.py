"""A scripted year: one customer of each kind, lived day by day through the real flows, told as plain text."""
