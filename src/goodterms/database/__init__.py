"""Frames in and out of either database, set-based; no models."""
