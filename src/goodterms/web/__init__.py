"""Pages for people at work."""
