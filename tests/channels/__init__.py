"""The channels, each and all."""
