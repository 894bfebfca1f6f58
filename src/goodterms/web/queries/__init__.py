"""What the pages read: set-based, scoped to one organisation, a constant number of queries each."""
