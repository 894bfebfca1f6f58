"""The words: templates, rendering, and the check every message must pass."""
